/* Soft actor-critic's numbers, worked out here from the published formulas on tasks of two
 * observations: networks of one layer of ReLUs that are tables, so that every Q and every policy is
 * known; then when it updates, how far it steps, and when its noise begins anew.
 *
 * Haarnoja et al. 2018 (arXiv 1812.05905) for continuous actions, Christodoulou 2019 (arXiv
 * 1910.07207) for discrete ones.
 */
#include "sac_things.h"

#include <math.h>
#include <string.h>

enum { BATCH = 64 };
static const double gamma_ = 0.9, alpha = 0.2;
static const float low[1] = {-2}, high[1] = {4};

/* What ends an episode: rewards 1, 2 and 3 tell the rows apart after they are drawn. */
enum { PLAIN = 1, TERMINAL, TRUNCATED };

/* Opens an agent for observations 0 and 1 and one continuous or three discrete actions. */
static struct sac *open_agent(gb_agent *agent, bool discrete, int envs,
                              const char *const options[][2]) {
    gb_err err;
    gb_setting setting = {.spec = {.obs = {.kind = GB_DISCRETE, .n = 2},
                                   .act = {.kind = GB_BOX, .n = 1, .low = low, .high = high}},
                          .envs = envs,
                          .threads = 1,
                          .seed = 5,
                          .total_steps = 1000};
    if (discrete) setting.spec.act = (gb_space){.kind = GB_DISCRETE, .n = 3};
    ck_assert_int_eq(gb_agent_init(agent, &gb_agent_sac, &err), GB_OK);
    set(agent, "hidden", discrete ? "2" : "3");
    set(agent, "batch", "64");
    set(agent, "gamma", "0.9");
    set(agent, "alpha", "0.2");
    for (; options && (*options)[0]; options++) set(agent, (*options)[0], (*options)[1]);
    ck_assert_msg(!gb_agent_open(agent, &setting, &err), "%s", err.msg);
    return agent->state;
}

/* One step of every instance from observation 0 to 1; all end in the same way. */
static void observe(gb_agent *agent, int kind, float action) {
    const struct sac *s = agent->state;
    gb_err err;
    float obs[4] = {0}, next[4] = {1, 1, 1, 1}, act[4], reward[4];
    uint8_t terminal[4], truncated[4];
    for (int i = 0; i < s->envs; i++) {
        act[i] = action, reward[i] = (float)kind;
        terminal[i] = kind == TERMINAL, truncated[i] = kind == TRUNCATED;
    }
    gb_batch batch = {s->envs, obs, act, reward, next, terminal, truncated};
    ck_assert_msg(!agent->type->observe(agent->state, &batch, &err), "%s", err.msg);
}

/* --- networks that are tables -----------------------------------------------------------------*/

/* Makes a network's hidden layer repeat its input: the observation as one of two, then the action
 * plus 1, which ReLU leaves as it is; and its output rows (hidden, out), without a bias. */
static void make_table(const gb_net *net, double *params, const double *rows) {
    const gb_layer *first = &net->layer[0], *last = &net->layer[net->n_layers - 1];
    memset(params, 0, net->n_params * sizeof *params);
    for (int i = 0; i < first->in; i++) params[first->param + (size_t)(i * first->out + i)] = 1;
    if (first->in == 3) params[first->param + 9 + 2] = 1;
    memcpy(params + last->param, rows, (size_t)(last->in * last->out) * sizeof *rows);
}

/* Rates of 0, and one transition of each kind in the memory. */
static struct sac *open_frozen(gb_agent *agent, bool discrete, float action) {
    static const char *const frozen[][2] = {
        {"lr", "0"},  {"lr_critic", "0"},          {"lr_alpha", "0"},
        {"tau", "0"}, {"learning_starts", "1000"}, {NULL, NULL}};
    struct sac *s = open_agent(agent, discrete, 1, frozen);
    for (int kind = PLAIN; kind <= TRUNCATED; kind++) observe(agent, kind, action);
    return s;
}

/* Compares the targets with value(row) behind the successor, and the critics' losses with theirs,
 * where q[i] is what critic i says of the action taken. */
static void check_targets(const struct sac *s, double (*value)(const struct sac *, int),
                          const double q[2]) {
    int seen[4] = {0};
    double loss[2] = {0};
    for (int i = 0; i < BATCH; i++) {
        int kind = (int)s->reward[i];
        double y = kind == TERMINAL ? 2 : kind + gamma_ * value(s, i);
        seen[kind]++;
        ck_assert_msg(fabs(s->y[i] - y) < 1e-12, "row of kind %d: y %.12g, not %.12g", kind,
                      s->y[i], y);
        for (int k = 0; k < 2; k++) loss[k] += (q[k] - y) * (q[k] - y) / 2 / BATCH;
    }
    for (int kind = PLAIN; kind <= TRUNCATED; kind++) ck_assert_int_gt(seen[kind], 0);
    for (int k = 0; k < 2; k++) ck_assert_double_eq_tol(s->critic[k].loss, loss[k], 1e-12);
}

/* --- discrete actions -------------------------------------------------------------------------*/

static double discrete_value(const struct sac *s, int i) {
    static const double q[3] = {1, 0.5, -0.2}, pi[3] = {0.6, 0.3, 0.1};
    double v = 0;
    (void)s, (void)i;
    for (int a = 0; a < 3; a++) v += pi[a] * (q[a] - alpha * log(pi[a]));
    return v;
}

START_TEST(discrete_targets_and_losses) {
    /* targets differ from critics, the observation from its successor, and which critic is the
     * smaller from action to action */
    static const double target[2][6] = {{7, 8, 9, 1, 0.9, -0.2}, {7, 8, 9, 1.5, 0.5, 0.3}};
    static const double online[2][6] = {{2, -1, 0.5, 9, 9, 9}, {1, 3, 0, 9, 9, 9}};
    gb_agent agent;
    struct sac *s = open_frozen(&agent, true, 1);
    const double logits[6] = {log(0.2), log(0.5), log(0.3), log(0.6), log(0.3), log(0.1)};
    make_table(&s->actor_net, s->actor, logits);
    for (int k = 0; k < 2; k++) {
        make_table(&s->critic_net, s->critic[k].target, target[k]);
        make_table(&s->critic_net, s->critic[k].params, online[k]);
    }
    gb_sac_learn(s);
    ck_assert_double_eq_tol(discrete_value(s, 0), 0.9095891, 5e-8); /* worked out elsewhere */
    check_targets(s, discrete_value, (double[2]){-1, 3});

    static const double pi[3] = {0.2, 0.5, 0.3}, least[3] = {1, -1, 0};
    double loss = 0, entropy = 0;
    for (int a = 0; a < 3; a++) {
        loss += pi[a] * (alpha * log(pi[a]) - least[a]);
        entropy -= pi[a] * log(pi[a]);
    }
    ck_assert_double_eq_tol(s->actor_loss, loss, 1e-12);
    ck_assert_double_eq_tol(s->entropy, entropy, 1e-12);
    ck_assert_double_eq_tol(s->log_alpha_grad, entropy - 0.98 * log(3), 1e-12);
    gb_agent_free(&agent);
}
END_TEST

/* --- continuous actions -----------------------------------------------------------------------*/

/* Mean, deviation and critics in each observation: Q_i = base + slope a, with a in [-1, 1]. */
static const double mean[2] = {-0.4, 0.3}, deviation[2] = {0.8, 0.5};

static double squash(int obs, double noise) {
    return tanh(mean[obs] + deviation[obs] * noise);
}

static double log_pi(int obs, double noise) {
    double a = squash(obs, noise);
    return -noise * noise / 2 - log(deviation[obs]) - log(2 * acos(-1)) / 2 - log(1 - a * a);
}

/* Of the action that the agent drew after row i, from the noise that it took. */
static double continuous_value(const struct sac *s, int i) {
    double noise = s->eps[BATCH + i], a = squash(1, noise);
    return fmin(1 + a, 0.5 - a) - alpha * log_pi(1, noise);
}

START_TEST(continuous_targets_and_losses) {
    /* output rows for observation 0, 1 and the action plus 1 */
    static const double target[2][3] = {{7, 1 - 1, 1}, {7, 0.5 + 1, -1}};
    static const double online[2][3] = {{2, 9, 0.5}, {2.5, 9, -0.7}};
    gb_agent agent;
    struct sac *s = open_frozen(&agent, false, 2.5f); /* 0.5 in [-1, 1] */
    const double head[6] = {mean[0], log(deviation[0]), mean[1], log(deviation[1]), 0, 0};
    make_table(&s->actor_net, s->actor, head);
    for (int k = 0; k < 2; k++) {
        make_table(&s->critic_net, s->critic[k].target, target[k]);
        make_table(&s->critic_net, s->critic[k].params, online[k]);
    }
    gb_sac_learn(s);
    ck_assert_double_eq_tol(log_pi(1, 0.8), -0.0912508939, 5e-11); /* worked out elsewhere */
    check_targets(s, continuous_value, (double[2]){2 + 0.5 * 1.5, 2.5 - 0.7 * 1.5});

    double loss = 0, entropy = 0, moments[2] = {0};
    for (int i = 0; i < BATCH; i++) {
        double noise = s->eps[i], a = squash(0, noise);
        double least = fmin(2 + 0.5 * (a + 1), 2.5 - 0.7 * (a + 1));
        loss += (alpha * log_pi(0, noise) - least) / BATCH;
        entropy -= log_pi(0, noise) / BATCH;
    }
    ck_assert_double_eq_tol(s->actor_loss, loss, 1e-12);
    ck_assert_double_eq_tol(s->entropy, entropy, 1e-12);
    ck_assert_double_eq_tol(s->log_alpha_grad, entropy + 1, 1e-12);
    for (int i = 0; i < 2 * BATCH; i++) /* the noise is noise: 128 numbers, bounds of 4 sigma */
        moments[0] += s->eps[i] / 128, moments[1] += s->eps[i] * s->eps[i] / 128;
    ck_assert_double_lt(fabs(moments[0]), 4 / sqrt(128));
    ck_assert_double_lt(fabs(moments[1] - 1), 4 * sqrt(2.0 / 128));
    gb_agent_free(&agent);
}
END_TEST

/* --- when it learns ---------------------------------------------------------------------------*/

/* Random actions for 10 steps; then, at each whole multiple of train_every, all updates that the
 * steps since have earned. */
START_TEST(updates_follow_the_steps) {
    static const char *const ratios[] = {"0.5", "1", "2"}, *const every[] = {"1", "4", "7"};
    for (int r = 0; r < 3; r++)
        for (int e = 0; e < 3; e++)
            for (int envs = 1; envs <= 2; envs++) {
                const char *const options[][2] = {{"utd", ratios[r]},
                                                  {"train_every", every[e]},
                                                  {"learning_starts", "10"},
                                                  {"batch", "2"},
                                                  {NULL, NULL}};
                gb_agent agent;
                struct sac *s = open_agent(&agent, true, envs, options);
                int64_t expected = 0, bouts = 0;
                for (int steps = envs; steps <= 40; steps += envs) {
                    observe(&agent, PLAIN, 0);
                    if (steps / s->c.train_every > bouts && steps > 10)
                        expected = (int64_t)floor(s->c.utd * (steps - 10));
                    bouts = steps / s->c.train_every;
                    ck_assert_msg(s->updates == expected,
                                  "utd %s, train_every %s, %d envs: %d updates after %d steps, not "
                                  "%d",
                                  ratios[r], every[e], envs, (int)s->updates, steps, (int)expected);
                }
                gb_agent_free(&agent);
            }
}
END_TEST

/* A policy that is sure of action 0 takes others only before learning_starts. */
START_TEST(first_steps_are_random) {
    static const char *const noises[] = {"white", "pink"};
    for (int n = 0; n < 2; n++) {
        const char *const options[][2] = {{"noise", noises[n]},
                                          {"learning_starts", "100"},
                                          {"utd", "0"},
                                          {NULL, NULL}};
        static const double sure[6] = {80, 0, 0, 80, 0, 0};
        gb_agent agent;
        struct sac *s = open_agent(&agent, true, 1, options);
        make_table(&s->actor_net, s->actor, sure);
        int taken[2][3] = {{0}}, last = 0;
        for (int t = 0; t < 200; t++) {
            float obs = 0, action;
            agent.type->act(agent.state, 1, &obs, &action, true);
            taken[t >= 100][(int)action]++;
            if (action > 0) last = t;
            observe(&agent, PLAIN, action);
        }
        for (int a = 0; a < 3; a++) ck_assert_int_gt(taken[0][a], 10);
        ck_assert_int_eq(taken[1][0], 100);
        ck_assert_int_ge(last, 80); /* to the end of those steps */
        gb_agent_free(&agent);
    }
}
END_TEST

/* --- how far it steps -------------------------------------------------------------------------*/

/* Norm of the gradient that Adam was given at its first step: its first moment is 0.1 of it. */
static double first_gradient(const gb_adam *adam) {
    double sum = 0;
    ck_assert_int_eq(adam->t, 1);
    for (size_t i = 0; i < adam->n; i++) sum += adam->m[i] * adam->m[i];
    return sqrt(sum) / 0.1;
}

START_TEST(gradients_are_clipped) {
    for (int discrete = 0; discrete < 2; discrete++) {
        double norm[2][3];
        for (int clip = 0; clip < 2; clip++) {
            const char *const options[][2] = {{"clip", clip ? "1e-3" : "0"}, {NULL, NULL}};
            gb_agent agent;
            struct sac *s = open_agent(&agent, discrete, 1, options);
            observe(&agent, PLAIN, 0);
            gb_sac_learn(s);
            norm[clip][0] = first_gradient(&s->actor_adam);
            for (int k = 0; k < 2; k++) norm[clip][1 + k] = first_gradient(&s->critic[k].adam);
            gb_agent_free(&agent);
        }
        for (int k = 0; k < 3; k++) {
            ck_assert_double_gt(norm[0][k], 2e-3); /* there was something to clip */
            ck_assert_double_eq_tol(norm[1][k], 1e-3, 1e-12);
        }
    }
}
END_TEST

START_TEST(targets_move_by_tau) {
    static const char *const options[][2] = {{"tau", "0.25"}, {"lr_critic", "0.01"}, {NULL, NULL}};
    for (int discrete = 0; discrete < 2; discrete++) {
        gb_agent agent;
        struct sac *s = open_agent(&agent, discrete, 1, options);
        size_t n = s->critic_net.n_params;
        double *was = gb_alloc(n, sizeof *was, NULL);
        observe(&agent, PLAIN, 0);
        for (int k = 0; k < 2; k++)
            ck_assert_mem_eq(s->critic[k].target, s->critic[k].params, n * sizeof *was);
        for (int update = 0; update < 3; update++)
            for (int k = 0; k < 2; k++) { /* critic k alone is looked at in each update */
                const double *target = s->critic[k].target, *params = s->critic[k].params;
                double moved = 0;
                memcpy(was, target, n * sizeof *was);
                gb_sac_learn(s);
                for (size_t i = 0; i < n; i++) {
                    double expected = 0.75 * was[i] + 0.25 * params[i];
                    ck_assert_double_eq_tol(target[i], expected, 1e-14);
                    moved = fmax(moved, fabs(target[i] - was[i]));
                }
                ck_assert_double_gt(moved, 1e-4);
            }
        gb_dealloc(was);
        gb_agent_free(&agent);
    }
}
END_TEST

/* Too much entropy lowers the temperature, too little raises it; a fixed one stays. */
START_TEST(temperature_moves_to_the_target) {
    static const struct {
        const char *scale, *tune;
        double step; /* of log alpha: Adam's first is the rate */
    } cases[] = {{"-5", "1", -0.01}, {"5", "1", 0.01}, {"5", "0", 0}};
    for (int k = 0; k < 3; k++) {
        const char *const options[][2] = {{"entropy_scale", cases[k].scale},
                                          {"tune_alpha", cases[k].tune},
                                          {"lr_alpha", "0.01"},
                                          {NULL, NULL}};
        gb_agent agent;
        struct sac *s = open_agent(&agent, true, 1, options);
        observe(&agent, PLAIN, 0);
        gb_sac_learn(s);
        ck_assert_double_eq_tol(s->log_alpha, log(alpha) + cases[k].step, 1e-8);
        gb_agent_free(&agent);
    }
}
END_TEST

/* --- noise ------------------------------------------------------------------------------------*/

START_TEST(episodes_begin_with_new_noise) {
    static const char *const options[][2] = {{"noise", "pink"}, {"utd", "0"}, {NULL, NULL}};
    gb_agent agent;
    gb_err err;
    struct sac *s = open_agent(&agent, false, 3, options);
    size_t n = (size_t)s->noise.horizon;
    double *was = gb_alloc(3 * n, sizeof *was, NULL);
    float obs[3] = {0}, action[3], reward[3] = {0};
    uint8_t terminal[3] = {1, 0, 0}, truncated[3] = {0, 1, 0}, no[3] = {0};
    for (int t = 0; t < 4; t++) {
        agent.type->act(agent.state, 3, obs, action, true);
        gb_batch batch = {
            3, obs, action, reward, obs, t == 2 ? terminal : no, t == 2 ? truncated : no};
        if (t < 3) memcpy(was, s->noise.table, 3 * n * sizeof *was);
        ck_assert_int_eq(agent.type->observe(agent.state, &batch, &err), GB_OK);
        if (t == 1) ck_assert_int_eq(s->noise.age[0], 2);
    }
    /* by the fourth action instance 0 met an end, 1 a step limit, 2 neither */
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(!memcmp(was + i * n, s->noise.table + i * n, n * sizeof *was), i == 2);
    ck_assert_int_eq(s->noise.age[0], 1);
    ck_assert_int_eq(s->noise.age[1], 1);
    ck_assert_int_eq(s->noise.age[2], 4);
    gb_dealloc(was);
    gb_agent_free(&agent);
}
END_TEST

Suite *double_sac_targets_suite(void) {
    const TTest *const tests[] = {
        discrete_targets_and_losses,     continuous_targets_and_losses, updates_follow_the_steps,
        first_steps_are_random,          gradients_are_clipped,         targets_move_by_tau,
        temperature_moves_to_the_target, episodes_begin_with_new_noise, NULL};
    return test_suite("targets of sac in double", tests, 30);
}
