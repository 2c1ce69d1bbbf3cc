/* What agents on tables converge to. */
#include "tabular_agents.h"

#include "rng.h"

#include <math.h>
#include <stdlib.h>

/* A small task: rewards, where actions lead, and how likely they end the episode. */
static const double reward_of[S][A] = {{0.1, -0.2}, {0.5, 0}, {-0.3, 1}};
static const double leads[S][A][S] = {{{0.7, 0.3, 0}, {0, 0.2, 0.8}},
                                      {{0.5, 0.5, 0}, {0, 0, 1}},
                                      {{1, 0, 0}, {0.3, 0.3, 0.4}}};
static const double ends[S][A] = {{0, 0}, {0.2, 0}, {0, 0.5}};
/* The same without chance. */
static const double surely[S][A][S] = {{{0, 1, 0}, {0, 0, 1}},
                                       {{0, 1, 0}, {1, 0, 0}},
                                       {{1, 0, 0}, {0, 0, 1}}};
static const double never[S][A];

struct task {
    const double (*leads)[A][S], (*ends)[A];
};
static const struct task chancy = {leads, ends}, sure = {surely, never};

/* One sampled transition of every state and action. */
static void sweep(gb_agent *agent, const struct task *task, gb_rng *rng) {
    for (int s = 0; s < S; s++)
        for (int a = 0; a < A; a++) {
            int next = 0;
            double left = gb_rng_unit(rng);
            while (next < S - 1 && (left -= task->leads[s][a][next]) >= 0) next++;
            tell(agent, s, a, reward_of[s][a], next, gb_rng_unit(rng) < task->ends[s][a], false);
        }
}

/* --- exact solutions -------------------------------------------------------------------------- */

typedef double state_value(const double q[A], double parameter);

static double best(const double q[A], double unused) {
    (void)unused;
    return fmax(q[0], q[1]);
}
static double soft(const double q[A], double tau) {
    return tau * log(exp(q[0] / tau) + exp(q[1] / tau));
}
static double mellow(const double q[A], double tau) {
    return soft(q, tau) - tau * log(2);
}
static double sparse(const double q[A], double tau) {
    double p = fmin(fmax(0.5 + (q[0] - q[1]) / (2 * tau), 0), 1);
    return p * q[0] + (1 - p) * q[1] - tau / 2 * (p * p + (1 - p) * (1 - p) - 1);
}
static double epsilon_greedy(const double q[A], double epsilon) {
    return (1 - epsilon) * best(q, 0) + epsilon / 2 * (q[0] + q[1]);
}

/* Value iteration: the fixed point of q = r + gamma P (1 - end) V(q). */
static void solve(const struct task *task, state_value *value, double parameter, double q[S][A]) {
    memset(q, 0, sizeof(double[S][A]));
    for (int k = 0; k < 400; k++) {
        double v[S];
        for (int s = 0; s < S; s++) v[s] = value(q[s], parameter);
        for (int s = 0; s < S; s++)
            for (int a = 0; a < A; a++) {
                double next = 0;
                for (int z = 0; z < S; z++) next += task->leads[s][a][z] * v[z];
                q[s][a] = (double)(float)reward_of[s][a] + gamma_ * (1 - task->ends[s][a]) * next;
            }
    }
}

/* --- convergence ------------------------------------------------------------------------------ */

static const struct {
    const gb_agent_type *type;
    const char *options;
    state_value *value;
    double parameter;
    double lambda; /* of mdqn: its table holds q + lambda log pi */
} limits[] = {
    {&gb_agent_qlearning, "", best, 0, 0},
    {&gb_agent_expected_sarsa, "epsilon=0.3 epsilon_end=0.3", epsilon_greedy, 0.3, 0},
    {&gb_agent_soft_qlearning, "tau=0.4", soft, 0.4, 0},
    {&gb_agent_soft_qlearning, "tau=0.4 regularizer=kl", mellow, 0.4, 0},
    {&gb_agent_soft_qlearning, "tau=2 regularizer=sparsemax", sparse, 2, 0},
    {&gb_agent_soft_qlearning, "tau=0.4 regularizer=tsallis index=1", soft, 0.4, 0},
    {&gb_agent_soft_qlearning, "tau=0", best, 0, 0},
    {&gb_agent_mdqn, "tau=0.4 lambda=0", soft, 0.4, 0},
    {&gb_agent_mdqn, "tau=0.4 lambda=0.6", soft, 0.4, 0.6},
    {&gb_agent_mdqn, "tau=0 lambda=0", best, 0, 0},
};
enum { LIMITS = sizeof limits / sizeof *limits };

/* Trains over `sweeps` samples of each pair; returns the largest distance to the exact values. */
static double distance(int i, const char *steps, const struct task *task, int sweeps) {
    gb_agent agent = {0};
    gb_rng rng = gb_rng_stream(8, 1);
    char options[128];
    double exact[S][A], worst = 0;
    gb_format(options, sizeof options, "%s %s", limits[i].options, steps);
    struct tabular *t = make(&agent, limits[i].type, options);
    for (int k = 0; k < sweeps; k++) sweep(&agent, task, &rng);
    solve(task, limits[i].value, limits[i].parameter, exact);
    for (int s = 0; s < S; s++) {
        const double *q = gb_tabular_q(t, s, 0);
        double T = limits[i].lambda + limits[i].parameter;
        double v = limits[i].lambda > 0 ? soft(q, T) : 0;
        for (int a = 0; a < A; a++) {
            double log_policy = limits[i].lambda > 0 ? (q[a] - v) / T : 0;
            worst = fmax(worst, fabs(q[a] - limits[i].lambda * log_policy - exact[s][a]));
        }
    }
    gb_agent_free(&agent);
    return worst;
}

START_TEST(without_chance_values_are_exact) {
    for (int i = 0; i < LIMITS; i++)
        for (int half = 0; half < 2; half++) {
            double error = distance(i, half ? "lr=0.5" : "lr=1", &sure, 1000);
            ck_assert_msg(error < 1e-9, "%s %s: %g", limits[i].type->name, limits[i].options,
                          error);
        }
}
END_TEST

START_TEST(decaying_steps_average_chance_away) {
    /* a target's noise is below 1, of which the last step size x leaves sqrt(x/2), here 0.011; the
     * bound is more than four of these */
    for (int i = 0; i < LIMITS; i++) {
        double error = distance(i, "lr=1 lr_decay=0.7", &chancy, 150000);
        ck_assert_msg(error < 0.05, "%s %s: %g", limits[i].type->name, limits[i].options, error);
        double constant = distance(i, "lr=0.5", &chancy, 1000);
        ck_assert_msg(constant > error, "%s %s: %g", limits[i].type->name, limits[i].options,
                      constant);
    }
}
END_TEST

/* In how many of the last 400 of 800 sweeps every best action is right. */
static int right_sweeps(const gb_agent_type *type, const char *options) {
    gb_agent agent = {0};
    gb_rng rng = gb_rng_stream(8, 1);
    double exact[S][A];
    int right = 0;
    struct tabular *t = make(&agent, type, options);
    solve(&chancy, best, 0, exact);
    for (int k = 0; k < 800; k++) {
        bool all = true;
        sweep(&agent, &chancy, &rng);
        for (int s = 0; s < S; s++)
            all = all && gb_tabular_best(t, s) == (exact[s][1] > exact[s][0]);
        right += all && k >= 400;
    }
    gb_agent_free(&agent);
    return right;
}

START_TEST(kl_averages_the_errors_of_whole_steps) {
    /* step size 1: Q-learning forgets all but the last sample, mirror descent averages them */
    ck_assert_int_lt(right_sweeps(&gb_agent_qlearning, "lr=1"), 340);
    ck_assert_int_eq(right_sweeps(&gb_agent_mdqn, "lr=1 lambda=1 tau=0"), 400);
}
END_TEST

/* Trains with the preset; returns the mean return of 1000 fresh episodes. */
static double learned(const char *agent, const char *options) {
    static int runs;
    const test_run *run = test_shell("gibbs train %s frozen_lake %s --quiet --out %s/run%d", agent,
                                     options, test_folder(), ++runs);
    ck_assert_msg(run->code == 0, "%s", run->err);
    run = test_shell("gibbs eval %s/run%d --episodes 1000 --json", test_folder(), runs);
    const char *mean = strstr(run->out, "\"return_mean\":");
    ck_assert_ptr_nonnull(mean);
    return atof(mean + strlen("\"return_mean\":"));
}

START_TEST(presets_cross_the_lake) {
    /* the optimum within 100 steps is 0.74; 1000 episodes are within 0.042 of their mean */
    ck_assert_double_ge(learned("qlearning", ""), 0.68);
    ck_assert_double_ge(learned("soft_qlearning", "--envs 4"), 0.68);
    ck_assert_double_ge(learned("expected_sarsa", ""), 0.68);
    ck_assert_double_ge(learned("mdqn", "--envs 3"), 0.68);
    ck_assert_double_eq(learned("mdqn", "--env.slippery 0"), 1);
}
END_TEST

Suite *tabular_limits_suite(void) {
    const TTest *const tests[] = {without_chance_values_are_exact,
                                  decaying_steps_average_chance_away,
                                  kl_averages_the_errors_of_whole_steps, presets_cross_the_lake,
                                  NULL};
    return test_suite("tabular_limits", tests, 60);
}
