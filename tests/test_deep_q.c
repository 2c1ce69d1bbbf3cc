/* dqn and mdqn with networks: settings of one agent, when they explore and learn, pictures, exact
 * resume with all options on, and what the command line says. */
#include "../agents/deep_q.h"
#include "opt.h"
#include "rng.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const gb_agent_type gb_agent_dqn, gb_agent_mdqn;

enum { ENVS = 2, ACTIONS = 3, OBS = 32 };
static float zeros[OBS], ones[OBS];

/* Observations of OBS numbers or, as a picture, 4 x 4 of two channels. */
static void make(gb_agent *agent, const gb_agent_type *type, bool picture, const char *options) {
    gb_err err = {""};
    gb_setting setting = {.spec = {.obs = {.kind = GB_BOX, .n = OBS, .low = zeros, .high = ones},
                                   .act = {.kind = GB_DISCRETE, .n = ACTIONS},
                                   .max_steps = 50},
                          .envs = ENVS,
                          .threads = 1,
                          .seed = 5,
                          .total_steps = 400};
    for (int k = 0; k < OBS; k++) ones[k] = 1;
    if (picture) memcpy(setting.spec.obs_shape, (int[]){4, 4, 2}, sizeof setting.spec.obs_shape);
    ck_assert_int_eq(gb_agent_init(agent, type, &err), GB_OK);
    char text[512], *left = NULL;
    gb_format(text, sizeof text, "hidden=8 channels=3 batch=8 learning_starts=20 %s", options);
    for (char *name = strtok_r(text, " ", &left); name; name = strtok_r(NULL, " ", &left)) {
        char *value = strchr(name, '=');
        *value++ = 0;
        const gb_opt *row = gb_opts_find(type->opts, name);
        ck_assert_msg(row && !gb_opt_set(row, agent->config, value, name, &err), "%s", name);
    }
    ck_assert_msg(gb_agent_open(agent, &setting, &err) == GB_OK, "%s", err.msg);
}

/* One step of a made-up task of zeros and ones; returns a digest of the actions. */
static double step(gb_agent *agent, gb_rng *rng) {
    static float obs[ENVS * OBS], next[ENVS * OBS];
    float action[ENVS], reward[ENVS];
    uint8_t terminal[ENVS], truncated[ENVS];
    gb_err err;
    for (int i = 0; i < ENVS * OBS; i++) {
        obs[i] = (float)gb_rng_below(rng, 2);
        next[i] = (float)gb_rng_below(rng, 2);
    }
    agent->type->act(agent->state, ENVS, obs, action, true);
    for (int i = 0; i < ENVS; i++) {
        reward[i] = action[i] + obs[i * OBS];
        terminal[i] = gb_rng_below(rng, 9) == 0;
        truncated[i] = !terminal[i] && gb_rng_below(rng, 9) == 0;
    }
    gb_batch batch = {ENVS, obs, action, reward, next, terminal, truncated};
    ck_assert_msg(!agent->type->observe(agent->state, &batch, &err), "%s", err.msg);
    return action[0] + 3.0 * action[1];
}

static double figure(gb_agent *agent, const char *name) {
    gb_metric out[GB_MAX_METRICS];
    int n = agent->type->metrics(agent->state, out);
    for (int k = 0; k < n; k++)
        if (!strcmp(out[k].name, name)) return out[k].value;
    ck_abort_msg("no figure %s", name);
    return 0;
}

/* Asserts that two agents do the same, to the last bit, for some steps. */
static void same(gb_agent *one, gb_agent *two, gb_rng rng, int steps) {
    gb_rng again = rng;
    gb_metric x[GB_MAX_METRICS], y[GB_MAX_METRICS];
    for (int t = 0; t < steps; t++) ck_assert_double_eq(step(one, &rng), step(two, &again));
    int n = one->type->metrics(one->state, x);
    ck_assert_int_eq(two->type->metrics(two->state, y), n);
    for (int k = 0; k < n; k++) {
        ck_assert_str_eq(x[k].name, y[k].name);
        ck_assert_msg(!memcmp(&x[k].value, &y[k].value, sizeof x[k].value), "%s", x[k].name);
    }
}

START_TEST(mdqn_without_weights_is_dqn) {
    gb_agent one = {0}, two = {0};
    make(&one, &gb_agent_mdqn, false, "lambda=0 tau=0 lr=1e-3");
    make(&two, &gb_agent_dqn, false, "exploration_fraction=0.5 lr=1e-3");
    same(&one, &two, gb_rng_stream(1, 1), 100);
    gb_agent_free(&one);
    gb_agent_free(&two);
    make(&one, &gb_agent_mdqn, false, "lr=1e-3");
    make(&two, &gb_agent_dqn, false, "exploration_fraction=0.5 lr=1e-3 lambda=0.027 tau=0.003");
    same(&one, &two, gb_rng_stream(1, 1), 100);
    gb_agent_free(&one);
    gb_agent_free(&two);
}
END_TEST

START_TEST(explores_and_learns_when_it_should) {
    gb_agent agent = {0};
    gb_rng rng = gb_rng_stream(2, 1);
    make(&agent, &gb_agent_dqn, false,
         "epsilon=0.8 epsilon_end=0.2 exploration_fraction=0.5 train_every=8 utd=0.75 "
         "target_update_interval=50 lr=0.01 lr_end=0.1");
    struct deep_q *s = agent.state;
    const size_t bytes = s->net.n_params * sizeof *s->target;
    for (int t = 0; t < 10; t++) step(&agent, &rng);
    ck_assert_double_eq(figure(&agent, "updates"), 0); /* 20 steps: still collecting */
    for (int t = 10; t < 20; t++) step(&agent, &rng);
    ck_assert_double_eq(figure(&agent, "updates"), 15); /* 0.75 of 20 steps */
    ck_assert_double_eq_tol(figure(&agent, "epsilon"), 0.8 - 0.6 * 40 / 200, 1e-12);
    ck_assert_double_eq_tol(s->q.adam.lr, 0.01 - 0.009 * 40 / 400, 1e-12);
    ck_assert(memcmp(s->target, s->q.params, bytes) != 0);
    for (int t = 20; t < 25; t++) step(&agent, &rng);
    ck_assert(!memcmp(s->target, s->q.params, bytes)); /* at 50 */
    for (int t = 25; t < 150; t++) step(&agent, &rng);
    ck_assert_double_eq(figure(&agent, "epsilon"), 0.2);
    ck_assert_double_eq(figure(&agent, "buffer_fill"), 300.0 / 400);
    gb_agent_free(&agent);
}
END_TEST

START_TEST(random_actions_are_as_many_and_as_long_as_asked_for) {
    static const char *const options[] = {
        "epsilon=0.3 epsilon_end=0.3 learning_starts=0",
        "epsilon=0.05 epsilon_end=0.05 learning_starts=0 hold=10"};
    const int n = 40000;
    for (int k = 0; k < 2; k++) {
        gb_agent agent = {0};
        float rows[ENVS * OBS], action[ENVS], best;
        int other = 0, changes = 0;
        make(&agent, &gb_agent_dqn, false, options[k]);
        for (int i = 0; i < ENVS; i++) memcpy(rows + i * OBS, ones, OBS * sizeof *ones);
        agent.type->act(agent.state, 1, rows, &best, false);
        for (int t = 0, was = 0; t < n; t++, was = action[0] != best) {
            agent.type->act(agent.state, ENVS, rows, action, true);
            other += action[0] != best, changes += was != (action[0] != best);
        }
        /* a part p of decisions is random, and those count for `hold` steps */
        const double p = k ? 0.05 * 10 / (0.95 + 0.05 * 10) : 0.3;
        const double share = p * (ACTIONS - 1) / ACTIONS, hold = k ? 10 : 1;
        ck_assert_double_le(fabs(other - n * share), 5 * sqrt(n * hold * share * (1 - share)));
        if (k) ck_assert_int_lt(changes, other / 4); /* in runs */
        gb_agent_free(&agent);
    }
}
END_TEST

static void through_file(gb_agent *from, gb_agent *to) {
    char path[128];
    gb_err err;
    gb_format(path, sizeof path, "%s/agent.safetensors", test_folder());
    gb_archive *archive = gb_archive_create(&err);
    from->type->archive(from->state, archive, false);
    ck_assert_msg(!gb_archive_write(archive, path, &err), "%s", err.msg);
    gb_archive_close(archive);
    archive = gb_archive_open(path, &err);
    to->type->archive(to->state, archive, false);
    ck_assert_msg(!gb_archive_status(archive, &err), "%s", err.msg);
    gb_archive_close(archive);
}

START_TEST(goes_on_exactly_with_all_options_on) {
    static const char all[] =
        "n_step=3 prioritized=1 dvw=1 double=1 dueling=1 polyak=0.5 buffer=70 "
        "target_update_interval=20 lambda=0.3 target_noise=0.1 hold=4";
    for (int picture = 0; picture < 2; picture++) {
        gb_agent one = {0}, two = {0};
        gb_rng rng = gb_rng_stream(3, 1);
        make(&one, &gb_agent_mdqn, picture, all);
        make(&two, &gb_agent_mdqn, picture, all);
        for (int t = 0; t < 60; t++) step(&one, &rng);
        through_file(&one, &two);
        same(&one, &two, rng, 60);
        ck_assert_double_gt(figure(&one, "updates"), 10);
        gb_agent_free(&one);
        gb_agent_free(&two);
    }
}
END_TEST

START_TEST(pictures_are_remembered_as_bits_to_the_same_numbers) {
    gb_agent one = {0}, two = {0};
    make(&one, &gb_agent_dqn, true, "lr=0.01");
    make(&two, &gb_agent_dqn, true, "lr=0.01 bits=0");
    const struct deep_q *s = one.state, *whole = two.state;
    ck_assert_int_eq(s->net.layer[0].kind, GB_CONV);
    ck_assert_uint_eq(s->replay.obs_bytes, 4);
    ck_assert_uint_eq(whole->replay.obs_bytes, OBS * sizeof(float));
    same(&one, &two, gb_rng_stream(4, 1), 100);
    gb_agent_free(&one);
    gb_agent_free(&two);
}
END_TEST

START_TEST(bounded_observations_are_scaled) {
    static const float low[4] = {-1.2f, 0, -(float)HUGE_VAL, 3},
                       high[4] = {0.6f, 4, (float)HUGE_VAL, 3}, obs[4] = {0.6f, 1, 7, 3};
    static const double seen[4] = {1, -0.5, 7, 3};
    gb_agent agent = {0};
    gb_real x[4];
    make(&agent, &gb_agent_dqn, false, "scale_obs=1");
    gb_err err;
    gb_setting setting = {.spec = {.obs = {.kind = GB_BOX, .n = 4, .low = low, .high = high},
                                   .act = {.kind = GB_DISCRETE, .n = ACTIONS}},
                          .envs = 1,
                          .threads = 1};
    const struct deep_q_config config = ((struct deep_q *)agent.state)->c;
    struct deep_q *own = gb_alloc(1, sizeof *own, NULL);
    ck_assert_int_eq(gb_deep_q_init(own, &config, "dqn", &setting, &err), GB_OK);
    gb_deep_q_encode(own, 1, obs, x);
    for (int k = 0; k < 4; k++) ck_assert_double_eq_tol((double)x[k], seen[k], 1e-6);
    gb_deep_q_free(own);
    gb_dealloc(own);
    gb_agent_free(&agent);
}
END_TEST

/* --- the command line -------------------------------------------------------------------------*/

static void says(int code, const char *part, const char *command) {
    static int runs;
    const test_run *run = test_shell("%s --quiet --out %s/run%d", command, test_folder(), runs++);
    ck_assert_msg(run->code == code, "%s: %d %s", command, run->code, run->err);
    if (!code) return;
    test_one_line(run->err);
    ck_assert_msg(strstr(run->err, part) != NULL, "%s: %s", command, run->err);
}

START_TEST(one_name_for_tables_and_networks) {
    says(0, "", "gibbs train mdqn frozen_lake --steps 300");
    says(2, "--table 1: the observations are real numbers", "gibbs train mdqn cartpole --table 1");
    says(2, "needs discrete actions", "gibbs train dqn pendulum");
    says(1, "--bits 0", "gibbs train dqn cartpole --bits 1");
    char *metrics, path[160];
    const test_run *run = test_shell("gibbs train mdqn frozen_lake --table 0 --no-preset --steps "
                                     "2000 --quiet --out %s/net",
                                     test_folder());
    ck_assert_msg(run->code == 0, "%s", run->err);
    gb_format(path, sizeof path, "%s/net/metrics.csv", test_folder());
    metrics = test_read(path, NULL);
    ck_assert_ptr_nonnull(strstr(metrics, "clipped")); /* a network's figure */
    free(metrics);
}
END_TEST

/* A network large enough that threads share each pass, and all options that learn from it. */
START_TEST(threads_do_not_matter) {
    char *metrics[2], path[160];
    for (int t = 0; t < 2; t++) {
        const test_run *run = test_shell(
            "gibbs train dqn breakout --no-preset --steps 600 --envs 4 --learning_starts 100 "
            "--dvw 1 --double 1 --dueling 1 --prioritized 1 --lambda 0.027 --tau 0.003 --n_step 3 "
            "--log_every 300 --threads %d --quiet --out %s/threads%d",
            t + 1, test_folder(), t);
        ck_assert_msg(run->code == 0, "%s", run->err);
        gb_format(path, sizeof path, "%s/threads%d/metrics.csv", test_folder(), t);
        metrics[t] = test_read(path, NULL);
    }
    ck_assert_str_eq(metrics[0], metrics[1]);
    free(metrics[0]);
    free(metrics[1]);
}
END_TEST

START_TEST(updates_are_measured) {
    const test_run *run = test_shell("gibbs bench update mdqn --obs 6x6x2 --act 3 --channels 4 "
                                     "--hidden 8 --batch 4 --seconds 0.05 --json");
    ck_assert_msg(run->code == 0, "%s", run->err);
    ck_assert_ptr_nonnull(strstr(run->out, "fraction_of_peak"));
    run = test_shell("gibbs bench update dqn --obs 6x6 --seconds 0.05");
    ck_assert_int_eq(run->code, 2);
    test_one_line(run->err);
    ck_assert_ptr_nonnull(strstr(run->err, "10x10x4"));
    run = test_shell("gibbs bench update dqn --obs 4x4x1 --channels 4,4 --seconds 0.05");
    ck_assert_int_eq(run->code, 2);
    ck_assert_ptr_nonnull(strstr(run->err, "--channels: 2 convolutions leave nothing"));
}
END_TEST

Suite *deep_q_suite(void) {
    const TTest *const tests[] = {mdqn_without_weights_is_dqn,
                                  explores_and_learns_when_it_should,
                                  random_actions_are_as_many_and_as_long_as_asked_for,
                                  goes_on_exactly_with_all_options_on,
                                  pictures_are_remembered_as_bits_to_the_same_numbers,
                                  bounded_observations_are_scaled,
                                  one_name_for_tables_and_networks,
                                  updates_are_measured,
                                  threads_do_not_matter,
                                  NULL};
    return test_suite("deep_q", tests, 60);
}
