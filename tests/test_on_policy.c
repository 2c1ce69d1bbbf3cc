/* On-policy agents as a whole: threads, resuming with every option that keeps something, what they
 * learn on a task with a known answer. Gradients are compared in tests/double. */
#include "agent.h"
#include "opt.h"
#include "rng.h"
#include "space.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

extern const gb_agent_type gb_agent_a2c, gb_agent_npg, gb_agent_pmd, gb_agent_ppo,
    gb_agent_reinforce, gb_agent_trpo;
static const gb_agent_type *const types[] = {&gb_agent_a2c, &gb_agent_npg,       &gb_agent_pmd,
                                             &gb_agent_ppo, &gb_agent_reinforce, &gb_agent_trpo};
enum { TYPES = 6, ENVS = 3 };

static const float low[] = {-2, -1}, high[] = {2, 3};

/* options: "name value name value ...", those the agent does not have are left out. */
static void make(gb_agent *agent, const gb_agent_type *type, bool discrete, int threads,
                 const char *options) {
    const gb_setting setting = {.spec = {.obs = {.kind = GB_BOX, .n = 3},
                                         .act = {discrete ? GB_DISCRETE : GB_BOX, 2, low, high,
                                                 NULL},
                                         .max_steps = 20},
                                .envs = ENVS,
                                .threads = threads,
                                .seed = 3,
                                .total_steps = 3000};
    gb_err err;
    char name[32], value[32];
    int used;
    ck_assert_int_eq(gb_agent_init(agent, type, &err), GB_OK);
    for (; sscanf(options, "%31s %31s%n", name, value, &used) == 2; options += used) {
        const gb_opt *row = gb_opts_find(type->opts, name);
        if (row) ck_assert_msg(!gb_opt_set(row, agent->config, value, name, &err), "%s", err.msg);
    }
    ck_assert_msg(!gb_agent_open(agent, &setting, &err), "%s", err.msg);
}

/* Steps of a task that rewards actions near the first observation's sign. */
static double play(gb_agent *agent, bool discrete, gb_rng *rng, int steps) {
    double digest = 0;
    for (int t = 0; t < steps; t++) {
        float obs[ENVS * 3], next[ENVS * 3], action[ENVS * 2], reward[ENVS];
        uint8_t terminal[ENVS], truncated[ENVS];
        gb_err err;
        for (int i = 0; i < ENVS * 3; i++)
            obs[i] = (float)gb_rng_normal(rng), next[i] = (float)gb_rng_normal(rng);
        agent->type->act(agent->state, ENVS, obs, action, true);
        for (int i = 0; i < ENVS; i++) {
            float a = discrete ? action[i] : action[i * 2];
            reward[i] = obs[i * 3] > 0 ? a : -a;
            terminal[i] = gb_rng_below(rng, 6) == 0;
            truncated[i] = !terminal[i] && gb_rng_below(rng, 6) == 0;
            digest = digest * 1.01 + (double)a;
        }
        gb_batch batch = {ENVS, obs, action, reward, next, terminal, truncated};
        ck_assert_msg(!agent->type->observe(agent->state, &batch, &err), "%s: %s",
                      agent->type->name, err.msg);
    }
    return digest;
}

static const char *const option_sets[] = {
    "n_steps 7 batch 8 episodes 1 hidden 6 lr 1e-2:1e-3:0.5 norm_obs 1 norm_reward 1",
    "n_steps 5 batch 9 episodes 2 hidden 6 policy squashed ent_coef 0.1 tune_ent_coef 1",
    "n_steps 6 batch 50 episodes 1 hidden 5 policy beta loss kl_penalty baseline mean "
    "target_kl 0.02 sub_sampling_factor 2 clip_range lin_0.3",
};
enum { SETS = sizeof option_sets / sizeof *option_sets };

START_TEST(threads_do_not_matter) {
    for (int k = 0; k < TYPES; k++)
        for (int set = 0; set < SETS; set++)
            for (int discrete = 0; discrete < 2; discrete++) {
                gb_agent one, two;
                gb_rng rng = gb_rng_stream(1, 1), same = rng;
                make(&one, types[k], discrete, 1, option_sets[set]);
                make(&two, types[k], discrete, 2, option_sets[set]);
                ck_assert_double_eq(play(&one, discrete, &rng, 20),
                                    play(&two, discrete, &same, 20));
                gb_agent_free(&one);
                gb_agent_free(&two);
            }
}
END_TEST

START_TEST(resumed_with_all_that_matters) {
    char path[128];
    snprintf(path, sizeof path, "%s/agent.safetensors", test_folder());
    for (int k = 0; k < TYPES; k++)
        for (int set = 0; set < SETS; set++)
            for (int discrete = 0; discrete < 2; discrete++) {
                gb_agent one, two;
                gb_err err;
                gb_rng rng = gb_rng_stream(1, 1);
                make(&one, types[k], discrete, 1, option_sets[set]);
                make(&two, types[k], discrete, 1, option_sets[set]);
                play(&one, discrete, &rng, 17); /* in the middle of a rollout */
                gb_rng same = rng;
                gb_archive *archive = gb_archive_create(&err);
                one.type->archive(one.state, archive, false);
                ck_assert_msg(!gb_archive_write(archive, path, &err), "%s", err.msg);
                gb_archive_close(archive);
                archive = gb_archive_open(path, &err);
                two.type->archive(two.state, archive, false);
                ck_assert_msg(!gb_archive_status(archive, &err), "%s", err.msg);
                gb_archive_close(archive);
                ck_assert_double_eq(play(&one, discrete, &rng, 40),
                                    play(&two, discrete, &same, 40));
                gb_agent_free(&one);
                gb_agent_free(&two);
            }
}
END_TEST

/* The best action is known: 1 or 0 by the sign of the first observation; on a box the bounds. */
START_TEST(each_learns_a_plain_task) {
    static const char *const policies[] = {"gaussian", "squashed", "beta"};
    for (int k = 0; k < TYPES; k++)
        for (int head = -1; head < (k == 3 ? 3 : 1); head++) { /* of ppo, all heads */
            gb_agent agent;
            const bool discrete = head < 0;
            gb_rng rng = gb_rng_stream(1, 1);
            char options[256];
            snprintf(options, sizeof options,
                     "n_steps 20 batch 60 episodes 5 hidden 12 lr 2e-2 gamma 0 gae_lambda 0.9 "
                     "n_epochs 4 "
                     "normalize_advantage 1 use_rms_prop 0 eta 1 policy %s",
                     discrete ? "gaussian" : policies[head]);
            make(&agent, types[k], discrete, 1, options);
            play(&agent, discrete, &rng, 1200);
            int good = 0;
            for (int i = 0; i < 200; i++) {
                float obs[3] = {0, (float)gb_rng_normal(&rng), (float)gb_rng_normal(&rng)};
                float action[2];
                obs[0] = i % 2 ? 1 : -1;
                agent.type->act(agent.state, 1, obs, action, false);
                good += discrete ? action[0] == (obs[0] > 0) : action[0] * obs[0] > 0.7f;
            }
            ck_assert_msg(good >= 190, "%s %s: %d of 200", agent.type->name,
                          discrete ? "categorical" : policies[head], good);
            gb_agent_free(&agent);
        }
}
END_TEST

/* ent_coef is moved until the entropy is where it should be. */
START_TEST(entropy_is_held) {
    gb_agent agent;
    gb_rng rng = gb_rng_stream(1, 1);
    gb_metric out[GB_MAX_METRICS];
    make(&agent, &gb_agent_ppo, true, 1,
         "n_steps 20 batch 20 hidden 12 n_epochs 4 lr 1e-2 gamma 0 ent_coef 0.1 tune_ent_coef 1 "
         "entropy_scale 0.5");
    play(&agent, true, &rng, 2400);
    agent.type->metrics(agent.state, out);
    play(&agent, true, &rng, 800);
    int n = agent.type->metrics(agent.state, out), at = 0;
    while (at < n && strcmp(out[at].name, "entropy")) at++;
    ck_assert_double_eq_tol(out[at].value, 0.5 * 0.98 * log(2), 0.03);
    gb_agent_free(&agent);
}
END_TEST

START_TEST(what_cannot_move_is_refused) {
    static const char *const cases[][2] = {
        {"--kl_coef 0", "ppo cartpole --loss kl_penalty --kl_coef 0"},
        {"--tune_ent_coef", "ppo cartpole --tune_ent_coef 1 --ent_coef 0"},
    };
    for (int i = 0; i < 2; i++) {
        const test_run *run = test_shell("gibbs train %s --steps 100 --quiet --out %s/run%d",
                                         cases[i][1], test_folder(), i);
        ck_assert_msg(run->code == 2, "%s: %d %s", cases[i][1], run->code, run->err);
        test_one_line(run->err);
        ck_assert_msg(strstr(run->err, cases[i][0]) != NULL, "%s", run->err);
    }
    const test_run *run = test_shell("gibbs train ppo cartpole --loss kl_penalty --kl_coef 0 "
                                     "--kl_target 0 --steps 100 --quiet --out %s/still",
                                     test_folder());
    ck_assert_msg(!run->code, "%s", run->err);
}
END_TEST

START_TEST(names_of_agent_and_solver) {
    const test_run *run = test_shell("gibbs help npg");
    ck_assert_int_eq(run->code, 0);
    ck_assert_ptr_nonnull(strstr(run->out, "cg_damping"));
    ck_assert_ptr_nonnull(strstr(run->out, "and the solver\nnpg - "));
    run = test_shell("gibbs train ppo cartpole --lr fast --out %s/x", test_folder());
    ck_assert_int_eq(run->code, 2);
    ck_assert_str_eq(run->err, "gibbs: --lr fast: not a schedule; give a number, lin_A (falls to "
                               "0), A:B or A:B:PART\n");
}
END_TEST

Suite *on_policy_suite(void) {
    const TTest *const tests[] = {threads_do_not_matter,
                                  resumed_with_all_that_matters,
                                  each_learns_a_plain_task,
                                  entropy_is_held,
                                  what_cannot_move_is_refused,
                                  names_of_agent_and_solver,
                                  NULL};
    return test_suite("on_policy", tests, 120);
}
