/* Soft actor-critic: its complete losses against central differences, and what it learns on
 * one-step tasks against the soft-optimal policy in closed form. */
#include "dist.h"
#include "sac_things.h"
#include "train.h"

#include <math.h>
#include <string.h>

/* --- losses -----------------------------------------------------------------------------------*/

/* An agent that never moves (all rates 0), with 64 random transitions in its memory. */
static void make_frozen(gb_agent *agent, bool discrete, const char *activation) {
    static const float low[2] = {-2, -1}, high[2] = {2, 3};
    gb_err err;
    gb_setting setting = {.spec = {.obs = {.kind = GB_BOX, .n = 3},
                                   .act = {discrete ? GB_DISCRETE : GB_BOX, 2, low, high, NULL}},
                          .envs = 1,
                          .threads = 1,
                          .seed = 3,
                          .total_steps = 64};
    ck_assert_int_eq(gb_agent_init(agent, &gb_agent_sac, &err), GB_OK);
    static const char *const zeros[] = {"lr", "lr_critic", "lr_alpha", "tau"};
    for (int i = 0; i < 4; i++) set(agent, zeros[i], "0");
    set(agent, "hidden", "7,6");
    set(agent, "batch", "16");
    set(agent, "alpha", "0.4");
    set(agent, "learning_starts", "1000");
    set(agent, "activation", activation);
    ck_assert_int_eq(gb_agent_open(agent, &setting, &err), GB_OK);
    gb_rng rng = gb_rng_stream(4, 1);
    for (int i = 0; i < 64; i++) {
        float obs[3], next[3], action[2], reward = (float)gb_rng_normal(&rng);
        for (int k = 0; k < 3; k++) {
            obs[k] = (float)gb_rng_normal(&rng);
            next[k] = (float)gb_rng_normal(&rng);
        }
        for (int k = 0; k < 2; k++)
            action[k] = discrete ? (float)gb_rng_below(&rng, 2)
                                 : (float)gb_rng_uniform(&rng, (double)low[k], (double)high[k]);
        uint8_t terminal = gb_rng_below(&rng, 4) == 0, no = 0;
        gb_batch batch = {1, obs, action, &reward, next, &terminal, &no};
        ck_assert_int_eq(agent->type->observe(agent->state, &batch, &err), GB_OK);
    }
}

static double critic1_loss(const struct sac *s) {
    return s->critic[0].loss;
}
static double critic2_loss(const struct sac *s) {
    return s->critic[1].loss;
}
static double actor_loss(const struct sac *s) {
    return s->actor_loss;
}

/* Compares grad (n) with differences of a loss as params (n) move; the batch and the noise stay. */
static void check(struct sac *s, double *params, const double *grad, size_t n,
                  double (*loss)(const struct sac *), const char *what) {
    const double step = 1e-6;
    gb_rng rng = s->rng;
    gb_sac_learn(s);
    double *kept = gb_alloc(n, sizeof *kept, NULL);
    memcpy(kept, grad, n * sizeof *kept);
    double size = 0;
    for (size_t i = 0; i < n; i++) {
        double was = params[i], side[2];
        for (int k = 0; k < 2; k++) {
            params[i] = was + (k ? -step : step);
            s->rng = rng;
            gb_sac_learn(s);
            side[k] = loss(s);
        }
        params[i] = was;
        double slope = (side[0] - side[1]) / (2 * step);
        size = fmax(size, fabs(slope));
        ck_assert_msg(fabs(slope - kept[i]) <= 1e-6 * fabs(slope) + 1e-9, "%s %zu: %g, not %g",
                      what, i, kept[i], slope);
    }
    ck_assert_double_gt(size, 1e-2); /* there was something to compare */
    gb_dealloc(kept);
}

static void check_losses(bool discrete, const char *activation) {
    gb_agent agent;
    make_frozen(&agent, discrete, activation);
    struct sac *s = agent.state;
    size_t n = s->critic_net.n_params;
    check(s, s->critic[0].params, s->critic[0].grad, n, critic1_loss, "critic 1");
    check(s, s->critic[1].params, s->critic[1].grad, n, critic2_loss, "critic 2");
    check(s, s->actor, s->actor_grad[0], s->actor_net.n_params, actor_loss, "actor");
    double target = discrete ? 0.98 * log(2) : -2;
    ck_assert_double_eq_tol(s->log_alpha_grad, s->entropy - target, 1e-12);
    gb_agent_free(&agent);
}

START_TEST(continuous_losses) {
    check_losses(false, "tanh");
    check_losses(false, "relu");
}
END_TEST

START_TEST(discrete_losses) {
    check_losses(true, "silu");
    check_losses(true, "relu");
}
END_TEST

/* --- one-step tasks ---------------------------------------------------------------------------*/

static const double centre = 0.3, width = 0.5, arms[4] = {1, 0.4, 0, -0.5};

static void bandit_reset(void *state, const void *config, gb_rng *rng) {
    (void)state, (void)config, (void)rng;
}
static void bandit_observe(const void *state, const void *config, float *obs) {
    (void)state, (void)config;
    obs[0] = 1;
}
static gb_step quadratic_step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)state, (void)config, (void)rng;
    double off = (double)action[0] - centre;
    return (gb_step){-off * off / (2 * width * width), true};
}
static gb_step arms_step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)state, (void)config, (void)rng;
    return (gb_step){arms[(int)action[0]], true};
}
static void quadratic_spec(const void *config, gb_spec *out) {
    static const float low[] = {-1}, high[] = {1};
    (void)config;
    *out = (gb_spec){.obs = {GB_BOX, 1, NULL, NULL, NULL}, .act = {GB_BOX, 1, low, high, NULL}};
}
static void arms_spec(const void *config, gb_spec *out) {
    (void)config;
    *out =
        (gb_spec){.obs = {GB_BOX, 1, NULL, NULL, NULL}, .act = {GB_DISCRETE, 4, NULL, NULL, NULL}};
}

static const gb_env_type quadratic = {GB_ENV_HEADER,          .name = "quadratic",
                                      .help = "one step",     .state_size = 8,
                                      .spec = quadratic_spec, .reset = bandit_reset,
                                      .step = quadratic_step, .observe = bandit_observe};
static const gb_env_type four_arms = {GB_ENV_HEADER,      .name = "four_arms",
                                      .help = "one step", .state_size = 8,
                                      .spec = arms_spec,  .reset = bandit_reset,
                                      .step = arms_step,  .observe = bandit_observe};

/* Trains at a fixed temperature; returns the agent. */
static struct sac *solve(gb_env *env, gb_agent *agent, const gb_env_type *type, const char *alpha,
                         const char *steps) {
    gb_err err;
    ck_assert_int_eq(gb_env_init(env, type, &err), GB_OK);
    ck_assert_int_eq(gb_env_open(env, &err), GB_OK);
    ck_assert_int_eq(gb_agent_init(agent, &gb_agent_sac, &err), GB_OK);
    set(agent, "tune_alpha", "0");
    set(agent, "alpha", alpha);
    set(agent, "hidden", "24,24");
    set(agent, "batch", "64");
    set(agent, "lr", "1e-3");
    set(agent, "lr_critic", "1e-3");
    gb_train train = {.env = env, .agent = agent, .dir = test_folder()};
    gb_opts_default(gb_train_opts, &train.config);
    ck_assert_int_eq(gb_opt_set(gb_opts_find(gb_train_opts, "steps"), &train.config, steps, "",
                                &err),
                     GB_OK);
    ck_assert_msg(!gb_train_open(&train, false, &err) && !gb_train_run(&train, &err), "%s",
                  err.msg);
    gb_train_close(&train);
    return agent->state;
}

/* The policy that maximises E[r] + alpha H is exp(r / alpha) normalised: a Gaussian around the
 * centre with deviation sqrt(alpha) width. */
START_TEST(quadratic_bandit) {
    gb_env env;
    gb_agent agent;
    const double alpha = 0.04, deviation = sqrt(alpha) * width;
    struct sac *s = solve(&env, &agent, &quadratic, "0.04", "8000");
    gb_tape tape;
    ck_assert_int_eq(gb_tape_init(&tape, &s->actor_net, 1, NULL), GB_OK);
    const double one = 1, *head = gb_net_forward(&s->actor_net, s->actor, &one, 1, &tape);
    double sum = 0, squares = 0;
    for (int i = 0; i < 1000; i++) { /* quantiles of the noise: no sampling error */
        double noise = 0, u = (i + 0.5) / 1000, action;
        for (double low = -8, high = 8; high - low > 1e-9;) {
            noise = (low + high) / 2;
            if (erfc(-noise / sqrt(2)) / 2 < u)
                low = noise;
            else
                high = noise;
        }
        gb_squashed_forward(1, 1, head, &noise, &action, NULL);
        sum += action / 1000, squares += action * action / 1000;
    }
    ck_assert_double_eq_tol(sum, centre, 0.02);
    ck_assert_double_eq_tol(sqrt(squares - sum * sum), deviation, 0.1 * deviation);
    gb_tape_free(&tape);

    gb_tape critic;
    ck_assert_int_eq(gb_tape_init(&critic, &s->critic_net, 1, NULL), GB_OK);
    for (int k = -2; k <= 2; k++)
        for (int i = 0; i < 2; i++) {
            double xa[2] = {1, centre + k * deviation}, off = k * deviation;
            double q = *gb_net_forward(&s->critic_net, s->critic[i].params, xa, 1, &critic);
            ck_assert_double_eq_tol(q, -off * off / (2 * width * width), 0.02);
        }
    gb_tape_free(&critic);
    gb_agent_free(&agent);
    gb_env_free(&env);
}
END_TEST

START_TEST(four_armed_bandit) {
    gb_env env;
    gb_agent agent;
    const double alpha = 0.5;
    struct sac *s = solve(&env, &agent, &four_arms, "0.5", "6000");
    double log_prob[4], prob[4], total = 0;
    gb_tape tape;
    ck_assert_int_eq(gb_tape_init(&tape, &s->actor_net, 1, NULL), GB_OK);
    const double one = 1;
    gb_categorical_forward(1, 4, gb_net_forward(&s->actor_net, s->actor, &one, 1, &tape), log_prob,
                           prob);
    gb_tape_free(&tape);
    ck_assert_int_eq(gb_tape_init(&tape, &s->critic_net, 1, NULL), GB_OK);
    const double *q = gb_net_forward(&s->critic_net, s->critic[0].params, &one, 1, &tape);
    for (int a = 0; a < 4; a++) total += exp(arms[a] / alpha);
    for (int a = 0; a < 4; a++) {
        ck_assert_double_eq_tol(prob[a], exp(arms[a] / alpha) / total, 0.02);
        ck_assert_double_eq_tol(q[a], arms[a], 0.02);
    }
    gb_tape_free(&tape);
    gb_agent_free(&agent);
    gb_env_free(&env);
}
END_TEST

Suite *double_sac_suite(void) {
    const TTest *const tests[] = {continuous_losses, discrete_losses, quadratic_bandit,
                                  four_armed_bandit, NULL};
    return test_suite("sac in double", tests, 120);
}
