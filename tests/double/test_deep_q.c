/* Q-learning with networks: complete losses against central differences, targets against their
 * formulas, and the limit of Munchausen DQN against the entropy-regularised optimum. */
#include "../../agents/deep_q.h"
#include "opt.h"
#include "rng.h"
#include "support.h"

#include <math.h>
#include <string.h>

extern const gb_agent_type gb_agent_dqn;

enum { OBS = 3, ACTIONS = 4, BATCH = 16, MEMORY = 90 };

/* Makes a dqn with options "name=value name=value" that then stays as it is: all rates are 0. */
static struct deep_q *make(gb_agent *agent, const gb_space *obs, int actions, const char *options) {
    gb_err err = {""};
    gb_setting setting = {.spec = {.obs = *obs, .act = {.kind = GB_DISCRETE, .n = actions}},
                          .envs = 1,
                          .threads = 1,
                          .seed = 3,
                          .total_steps = 1000};
    ck_assert_int_eq(gb_agent_init(agent, &gb_agent_dqn, &err), GB_OK);
    char text[512], *left = NULL;
    gb_format(text, sizeof text, "lr=0 lr_variance=0 lr_eta=0 learning_starts=100000 %s", options);
    for (char *name = strtok_r(text, " ", &left); name; name = strtok_r(NULL, " ", &left)) {
        char *value = strchr(name, '=');
        *value++ = 0;
        const gb_opt *row = gb_opts_find(gb_agent_dqn.opts, name);
        ck_assert_msg(row && !gb_opt_set(row, agent->config, value, name, &err), "%s", name);
    }
    if (obs->kind == GB_DISCRETE) /* linear, which cannot be asked for by an option */
        ((struct deep_q_config *)agent->config)->hidden[0] = 0;
    ck_assert_msg(!gb_agent_open(agent, &setting, &err), "%s", err.msg);
    return agent->state;
}

static void tell(gb_agent *agent, const float *obs, int a, double reward, const float *next,
                 bool terminal, bool truncated) {
    float action = (float)a, r = (float)reward;
    uint8_t end = terminal, cut = truncated;
    gb_batch batch = {1, obs, &action, &r, next, &end, &cut};
    gb_err err;
    ck_assert_msg(!agent->type->observe(agent->state, &batch, &err), "%s", err.msg);
}

/* --- losses -----------------------------------------------------------------------------------*/

static void scatter(double *x, size_t n, gb_rng *rng) {
    for (size_t i = 0; i < n; i++) x[i] += 0.3 * gb_rng_normal(rng);
}

/* One with random transitions, in episodes, and networks that all differ. */
static struct deep_q *make_busy(gb_agent *agent, const char *options) {
    const gb_space box = {.kind = GB_BOX, .n = OBS};
    char text[400];
    gb_format(text, sizeof text, "hidden=7,6 activation=tanh batch=16 max_grad_norm=0 gamma=0.9 %s",
              options);
    struct deep_q *s = make(agent, &box, ACTIONS, text);
    gb_rng rng = gb_rng_stream(4, 1);
    float obs[OBS] = {0}, next[OBS];
    for (int i = 0; i < MEMORY; i++) {
        for (int k = 0; k < OBS; k++) next[k] = (float)gb_rng_normal(&rng);
        bool terminal = gb_rng_below(&rng, 6) == 0, cut = !terminal && gb_rng_below(&rng, 6) == 0;
        tell(agent, obs, (int)gb_rng_below(&rng, ACTIONS), 2 * gb_rng_normal(&rng), next, terminal,
             cut);
        for (int k = 0; k < OBS; k++)
            obs[k] = terminal || cut ? (float)gb_rng_normal(&rng) : next[k];
    }
    scatter(s->target, s->net.n_params, &rng);
    if (!s->c.dvw) return s;
    scatter(s->previous, s->net.n_params, &rng);
    scatter(s->frozen, s->net.n_params, &rng);
    s->log_eta = 0.3;
    return s;
}

/* Learns from the same batch each time: priorities and random stream are as they were. */
static double loss_again(struct deep_q *s, const gb_rng *rng, const double *priorities, int which) {
    s->rng = *rng;
    if (s->c.prioritized)
        memcpy(s->replay.priority.sum, priorities,
               2 * (size_t)s->replay.priority.leaves * sizeof *priorities);
    gb_deep_q_learn(s);
    return s->last[which];
}

static void check_gradient(struct deep_q *s, struct deep_q_learner *learner, int which,
                           const char *what) {
    const double step = 1e-6;
    const size_t n = s->net.n_params, leaves = 2 * (size_t)s->replay.priority.leaves;
    const gb_rng rng = s->rng;
    double *kept = gb_alloc(n, sizeof *kept, NULL), size = 0;
    double *priorities = gb_alloc(leaves, sizeof *priorities, NULL);
    if (s->c.prioritized) memcpy(priorities, s->replay.priority.sum, leaves * sizeof *priorities);
    loss_again(s, &rng, priorities, which);
    memcpy(kept, learner->grad, n * sizeof *kept);
    for (size_t i = 0; i < n; i++) {
        const double was = learner->params[i];
        learner->params[i] = was + step;
        double slope = loss_again(s, &rng, priorities, which);
        learner->params[i] = was - step;
        slope = (slope - loss_again(s, &rng, priorities, which)) / (2 * step);
        learner->params[i] = was;
        size = fmax(size, fabs(slope));
        ck_assert_msg(fabs(slope - kept[i]) <= 1e-6 * fabs(slope) + 1e-8, "%s %zu: %g, not %g",
                      what, i, kept[i], slope);
    }
    ck_assert_double_gt(size, 1e-2); /* there was something to compare */
    gb_dealloc(kept);
    gb_dealloc(priorities);
}

static const char *const variants[] = {
    "loss=squared",
    "loss=huber",
    "double=1",
    "dueling=1 loss=squared",
    "lambda=0.5 tau=0.2",
    "tau=0.4 double=1 dueling=1",
    "tau=0.4 dueling=1",
    "lambda=0.5 n_step=3 target_noise=0.3 l0=-0.1",
    "prioritized=1 lambda=0.1 n_step=2",
    "dvw=1 loss=squared",
    "dvw=1 lambda=0.5 tau=0.2 dueling=1 prioritized=1",
};
enum { VARIANTS = sizeof variants / sizeof *variants };

START_TEST(losses) {
    gb_agent agent;
    struct deep_q *s = make_busy(&agent, variants[_i]);
    if (!s->c.double_q || s->c.lambda + s->c.tau <= 0) /* else targets move with the parameters */
        check_gradient(s, &s->q, DEEP_Q_LOSS, variants[_i]);
    if (s->c.dvw) check_gradient(s, &s->variance, DEEP_Q_VARIANCE_LOSS, variants[_i]);
    gb_agent_free(&agent);
}
END_TEST

/* --- targets and weights ----------------------------------------------------------------------*/

/* The values of one observation by params, by the definition of each kind of head. */
static void values_of(struct deep_q *s, const double *params, const double *x, double q[ACTIONS]) {
    gb_tape tape;
    ck_assert_int_eq(gb_tape_init(&tape, &s->net, 1, NULL), GB_OK);
    const double *head = gb_net_forward(&s->net, params, x, 1, &tape);
    double mean = 0;
    for (int a = 0; s->c.dueling && a < ACTIONS; a++) mean += head[1 + a] / ACTIONS;
    for (int a = 0; a < ACTIONS; a++) q[a] = s->c.dueling ? head[0] + head[1 + a] - mean : head[a];
    gb_tape_free(&tape);
}

/* log pi of softmax(q / T), at T = 0 of the greedy policy. */
static void log_policy(const double q[ACTIONS], double t, double out[ACTIONS]) {
    int best = 0;
    double sum = 0;
    for (int a = 1; a < ACTIONS; a++)
        if (q[a] > q[best]) best = a;
    for (int a = 0; t > 0 && a < ACTIONS; a++) sum += exp(q[a] / t);
    for (int a = 0; a < ACTIONS; a++)
        out[a] = t > 0 ? q[a] / t - log(sum) : a == best ? 0 : -INFINITY;
}

/* y of row i, with the target network in params, as deep_q.h defines it. */
static double target_of(struct deep_q *s, const double *params, bool by_online, int i) {
    const double t = s->c.lambda + s->c.tau, *x = s->x + i * OBS, *next = x + BATCH * OBS;
    double q[ACTIONS], chosen[ACTIONS], log_pi[ACTIONS], y = s->reward[i];
    values_of(s, params, x, q);
    log_policy(q, t, log_pi);
    if (s->c.lambda > 0) {
        double term = t * log_pi[s->taken[i]];
        y += s->c.lambda / t * (s->c.l0 < 0 ? fmax(term, s->c.l0) : term);
    }
    values_of(s, params, next, q);
    values_of(s, by_online ? s->q.params : params, next, chosen);
    log_policy(chosen, t, log_pi);
    for (int a = 0; a < ACTIONS; a++)
        if (log_pi[a] > -INFINITY) y += s->discount[i] * exp(log_pi[a]) * (q[a] - t * log_pi[a]);
    return y;
}

START_TEST(targets_and_weights) {
    gb_agent agent;
    if (strstr(variants[_i], "noise")) return;
    struct deep_q *s = make_busy(&agent, variants[_i]);
    for (int k = 0; k < 20; k++) {
        double mean = 0, eta = exp(s->log_eta);
        gb_deep_q_learn(s);
        for (int i = 0; i < BATCH; i++)
            ck_assert_double_eq_tol(s->y[i], target_of(s, s->target, s->c.double_q, i), 1e-12);
        for (int i = 0; s->c.dvw && i < BATCH; i++) {
            double q[ACTIONS], log_variance[ACTIONS];
            values_of(s, s->target, s->x + i * OBS, q);
            double error = target_of(s, s->previous, false, i) - q[s->taken[i]];
            ck_assert_double_eq_tol(s->y_previous[i], error * error, 1e-9);
            values_of(s, s->frozen, s->x + i * OBS, log_variance);
            double w = eta / (exp(log_variance[s->taken[i]]) + 0.1);
            mean += w / BATCH;
            if (!s->c.prioritized) ck_assert_double_eq_tol(s->weight[i], fmax(w, 0.1), 1e-12);
        }
        if (s->c.dvw) /* d (mean - 1)^2 / d log eta */
            ck_assert_double_eq_tol(s->log_eta_grad, 2 * (mean - 1) * mean, 1e-12);
    }
    gb_agent_free(&agent);
}
END_TEST

START_TEST(weights_come_to_mean_one) {
    gb_agent agent;
    struct deep_q *s = make_busy(&agent, "dvw=1 loss=squared");
    s->eta_adam.lr = 1e-2;
    double mean = 0;
    for (int k = 0; k < 3000; k++) {
        gb_deep_q_learn(s);
        if (k >= 2000) mean += s->last[DEEP_Q_WEIGHT] / 1000;
        ck_assert_double_le(s->last[DEEP_Q_ESS], BATCH + 1e-9);
    }
    ck_assert_double_eq_tol(mean, 1, 0.1); /* the floor of 0.1 and the square make it inexact */
    gb_agent_free(&agent);
}
END_TEST

START_TEST(target_networks_follow) {
    gb_agent agent;
    struct deep_q *s = make_busy(&agent, "dvw=1 polyak=0.25");
    const size_t n = s->net.n_params, last = n - 1;
    double target = s->target[last], online = s->q.params[last], frozen = s->frozen[last];
    gb_deep_q_move_target(s);
    ck_assert_double_eq(s->previous[last], target);
    ck_assert_double_eq_tol(s->target[last], target + 0.25 * (online - target), 1e-15);
    ck_assert_double_eq_tol(s->frozen[last], frozen + 0.25 * (s->variance.params[last] - frozen),
                            1e-15);
    s->c.polyak = 1;
    gb_deep_q_move_target(s);
    ck_assert(!memcmp(s->target, s->q.params, n * sizeof *s->target));
    ck_assert(!memcmp(s->frozen, s->variance.params, n * sizeof *s->frozen));
    gb_agent_free(&agent);
}
END_TEST

/* --- the limit --------------------------------------------------------------------------------*/

enum { STATES = 4, CHOICES = 3 };

/* From s with a: to one of two states, equally likely; rewards in -1..1. */
static void outcome(int s, int a, int which, int *next, double *reward, bool *terminal) {
    gb_rng rng = gb_rng_stream((uint64_t)(100 + 10 * s + a), (uint64_t)which);
    *next = (int)gb_rng_below(&rng, STATES);
    *reward = gb_rng_uniform(&rng, -1, 1);
    *terminal = gb_rng_below(&rng, 5) == 0;
}

/* The entropy-regularised optimum by soft value iteration; the discount is 0.8. */
static void soft_optimum(double tau, double q[STATES][CHOICES]) {
    double v[STATES] = {0};
    for (int sweep = 0; sweep < 300; sweep++) {
        for (int s = 0; s < STATES; s++)
            for (int a = 0; a < CHOICES; a++) {
                q[s][a] = 0;
                for (int k = 0; k < 2; k++) {
                    int next;
                    double reward;
                    bool terminal;
                    outcome(s, a, k, &next, &reward, &terminal);
                    q[s][a] += (reward + (terminal ? 0 : 0.8 * v[next])) / 2;
                }
            }
        for (int s = 0; s < STATES; s++) {
            double sum = 0, most = fmax(q[s][0], fmax(q[s][1], q[s][2]));
            for (int a = 0; tau > 0 && a < CHOICES; a++) sum += exp((q[s][a] - most) / tau);
            v[s] = tau > 0 ? most + tau * log(sum) : most;
        }
    }
}

static const struct {
    const char *options;
    double lambda, tau;
} limits[] = {
    {"lambda=0 tau=0", 0, 0},
    {"lambda=0 tau=0.3", 0, 0.3},
    {"lambda=0.3 tau=0.2 l0=0", 0.3, 0.2},
    {"lambda=0.3 tau=0.2 l0=0 prioritized=1 per_beta=1", 0.3, 0.2},
    {"lambda=0.3 tau=0.2 l0=0 dvw=1", 0.3, 0.2},
};
enum { LIMITS = sizeof limits / sizeof *limits };

/* A linear network of one-hot states is a table: with all transitions as often as they are likely,
 * it comes to MD-VI's fixed point, where q - lambda log pi are the values of the entropy alone. */
START_TEST(linear_networks_come_to_the_regularised_optimum) {
    const gb_space states = {.kind = GB_DISCRETE, .n = STATES};
    const double t = limits[_i].lambda + limits[_i].tau;
    gb_agent agent;
    char text[300];
    gb_format(text, sizeof text, "gamma=0.8 batch=64 polyak=0.02 loss=squared max_grad_norm=0 %s",
              limits[_i].options);
    struct deep_q *s = make(&agent, &states, CHOICES, text);
    for (int i = 0; i < STATES * CHOICES * 2; i++) {
        int from = i / 6, a = i / 2 % CHOICES, next;
        double reward;
        bool terminal;
        outcome(from, a, i % 2, &next, &reward, &terminal);
        tell(&agent, &(float){(float)from}, a, reward, &(float){(float)next}, terminal, true);
    }
    ck_assert_int_eq(s->replay.count, STATES * CHOICES * 2);
    s->variance.adam.lr = 1e-3;
    for (int k = 0; k < 20000; k++) {
        s->lr.from = s->lr.to = 0.02 * (1 - k / 20000.0);
        gb_deep_q_learn(s);
        gb_deep_q_move_target(s);
    }
    double truth[STATES][CHOICES];
    soft_optimum(limits[_i].tau, truth);
    for (int from = 0; from < STATES; from++) {
        double sum = 0;
        const double *q = s->q.params, *bias = q + STATES * CHOICES;
        double row[CHOICES];
        for (int a = 0; a < CHOICES; a++) row[a] = q[from * CHOICES + a] + bias[a];
        for (int a = 0; t > 0 && a < CHOICES; a++) sum += exp(row[a] / t);
        for (int a = 0; a < CHOICES; a++) {
            double log_pi = t > 0 ? row[a] / t - log(sum) : 0;
            ck_assert_msg(fabs(row[a] - limits[_i].lambda * log_pi - truth[from][a]) < 0.02,
                          "%s: %g, not %g", limits[_i].options, row[a] - limits[_i].lambda * log_pi,
                          truth[from][a]);
        }
    }
    gb_agent_free(&agent);
}
END_TEST

Suite *double_deep_q_suite(void) {
    Suite *suite = suite_create("deep_q in double");
    TCase *tests = tcase_create("deep_q");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, losses, 0, VARIANTS);
    tcase_add_loop_test(tests, targets_and_weights, 0, VARIANTS);
    tcase_add_test(tests, weights_come_to_mean_one);
    tcase_add_test(tests, target_networks_follow);
    tcase_add_loop_test(tests, linear_networks_come_to_the_regularised_optimum, 0, LIMITS);
    suite_add_tcase(suite, tests);
    return suite;
}
