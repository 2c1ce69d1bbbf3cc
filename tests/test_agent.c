/* Property tests over every agent that is compiled in. */
#include "agent.h"
#include "opt.h"
#include "registry.h"
#include "rng.h"
#include "space.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

extern const gb_agent_type gb_agent_sac;

static const float low[2] = {-1, 0}, high[2] = {3, 1}, infinite[2] = {-1, (float)HUGE_VAL};

/* Task 0 has continuous actions, 1 discrete ones, 2 discrete observations too. */
static gb_setting setting_of(int task) {
    gb_setting setting = {.envs = 3, .threads = 1, .seed = 5, .total_steps = 1000};
    setting.spec.obs = task == 2 ? (gb_space){GB_DISCRETE, 6, NULL, NULL, NULL}
                                 : (gb_space){GB_BOX, 4, NULL, NULL, NULL};
    setting.spec.act = task ? (gb_space){GB_DISCRETE, 3, NULL, NULL, NULL}
                            : (gb_space){GB_BOX, 2, low, high, NULL};
    setting.spec.max_steps = 50;
    return setting;
}

/* Makes the agent small, where it has such options. */
static bool make(gb_agent *agent, const gb_agent_type *type, const gb_setting *setting) {
    static const char *const small[][2] = {{"hidden", "8,8"},         {"batch", "8"},
                                           {"learning_starts", "20"}, {"noise", "pink"},
                                           {"n_steps", "7"},          {"episodes", "1"},
                                           {"norm_obs", "1"},         {"norm_reward", "1"}};
    gb_err err;
    if (type->reject(&setting->spec)) return false;
    ck_assert_int_eq(gb_agent_init(agent, type, &err), GB_OK);
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        const gb_opt *row = gb_opts_find(type->opts, small[i][0]);
        if (row) ck_assert_int_eq(gb_opt_set(row, agent->config, small[i][1], "", &err), GB_OK);
    }
    ck_assert_msg(gb_agent_open(agent, setting, &err) == GB_OK, "%s", err.msg);
    return true;
}

/* One step of a made-up environment for all three instances; returns a digest of the actions. */
static double step(gb_agent *agent, const gb_setting *setting, gb_rng *rng) {
    float obs[12], next[12], action[6], reward[3];
    uint8_t terminal[3], truncated[3];
    gb_err err;
    int n = gb_space_size(&setting->spec.obs), act = gb_space_size(&setting->spec.act);
    double digest = 0;
    for (int i = 0; i < 3 * n; i++) {
        bool box = setting->spec.obs.kind == GB_BOX;
        obs[i] = box ? (float)gb_rng_normal(rng) : (float)gb_rng_below(rng, 6);
        next[i] = box ? (float)gb_rng_normal(rng) : (float)gb_rng_below(rng, 6);
    }
    agent->type->act(agent->state, 3, obs, action, true);
    for (int i = 0; i < 3; i++) {
        ck_assert(gb_space_contains(&setting->spec.act, action + i * act));
        reward[i] = action[i * act];
        terminal[i] = gb_rng_below(rng, 9) == 0;
        truncated[i] = !terminal[i] && gb_rng_below(rng, 9) == 0;
        for (int k = 0; k < act; k++) digest = digest * 1.1 + (double)action[i * act + k];
    }
    gb_batch batch = {3, obs, action, reward, next, terminal, truncated};
    ck_assert_msg(!agent->type->observe(agent->state, &batch, &err), "%s", err.msg);
    return digest;
}

static void save(gb_agent *agent, const char *path) {
    gb_err err;
    gb_archive *archive = gb_archive_create(&err);
    agent->type->archive(agent->state, archive, false);
    ck_assert_msg(!gb_archive_write(archive, path, &err), "%s", err.msg);
    gb_archive_close(archive);
}

static void load(gb_agent *agent, const char *path, bool policy_only) {
    gb_err err;
    gb_archive *archive = gb_archive_open(path, &err);
    ck_assert_msg(archive != NULL, "%s", err.msg);
    agent->type->archive(agent->state, archive, policy_only);
    ck_assert_msg(!gb_archive_status(archive, &err), "%s", err.msg);
    gb_archive_close(archive);
}

START_TEST(saved_agents_go_on_as_if_nothing_had_been) {
    char path[128];
    snprintf(path, sizeof path, "%s/agent.safetensors", test_folder());
    for (int a = 0; gb_builtin_agents[a]; a++)
        for (int task = 0; task < 3; task++) {
            gb_agent one = {0}, two = {0};
            gb_setting setting = setting_of(task);
            gb_rng rng = gb_rng_stream(9, 1);
            if (!make(&one, gb_builtin_agents[a], &setting)) continue;
            for (int t = 0; t < 60; t++) step(&one, &setting, &rng);
            save(&one, path);
            setting.seed = 77; /* all that matters must come from the file */
            make(&two, gb_builtin_agents[a], &setting);
            load(&two, path, false);
            gb_rng same = rng;
            for (int t = 0; t < 60; t++)
                ck_assert_double_eq(step(&one, &setting, &rng), step(&two, &setting, &same));
            gb_metric x[GB_MAX_METRICS], y[GB_MAX_METRICS];
            int n = one.type->metrics(one.state, x);
            ck_assert_int_eq(two.type->metrics(two.state, y), n);
            for (int k = 0; k < n; k++) {
                ck_assert_str_eq(x[k].name, y[k].name);
                ck_assert(!memcmp(&x[k].value, &y[k].value, sizeof x[k].value));
            }
            gb_agent_free(&one);
            gb_agent_free(&two);
        }
}
END_TEST

/* All that an agent keeps, as bytes. */
static void *pack(const gb_agent *agent, bool all, size_t *n) {
    gb_err err;
    gb_archive *archive = gb_archive_create(&err);
    if (all)
        agent->type->archive(agent->state, archive, false);
    else
        gb_agent_archive_policy(agent, archive);
    void *bytes = gb_archive_pack(archive, n, &err);
    ck_assert_msg(bytes != NULL, "%s", err.msg);
    gb_archive_close(archive);
    return bytes;
}

static void unpack_policy(gb_agent *agent, const void *bytes, size_t n) {
    gb_err err;
    gb_archive *archive = gb_archive_parse(bytes, n, "copy", &err);
    ck_assert_msg(archive != NULL, "%s", err.msg);
    gb_agent_archive_policy(agent, archive);
    ck_assert_msg(!gb_archive_status(archive, &err), "%s", err.msg);
    gb_archive_close(archive);
}

/* Same or both unknown. */
static bool same(double x, double y) {
    return x == y || (isnan(x) && isnan(y));
}

/* What is shown of a copy of an agent is what the agent does, and looking changes nothing. */
START_TEST(insight_tells_what_the_agent_does) {
    for (int a = 0; gb_builtin_agents[a]; a++)
        for (int task = 0; task < 3; task++) {
            const gb_agent_type *type = gb_builtin_agents[a];
            gb_agent one = {0}, two = {0};
            gb_setting setting = setting_of(task);
            gb_rng rng = gb_rng_stream(9, 1), look = gb_rng_stream(4, 4);
            gb_insight in, copy;
            size_t n, m;
            if (!make(&one, type, &setting)) continue;
            for (int t = 0; t < 60; t++) step(&one, &setting, &rng);
            ck_assert(!gb_insight_init(&in, &setting.spec.act, NULL));
            ck_assert(!gb_insight_init(&copy, &setting.spec.act, NULL));
            const float obs[4] = {2, -1, 0.5f, 3};
            float action[2];
            void *before = pack(&one, true, &n);
            gb_rng again = look;
            gb_agent_insight(&one, obs, &look, &in);
            void *after = pack(&one, true, &m);
            ck_assert_msg(n == m && !memcmp(before, after, n), "%s: looking changes", type->name);
            ck_assert_msg(in.has_policy, "%s has no policy", type->name);
            one.type->act(one.state, 1, obs, action, false);
            if (strcmp(type->name, "random"))
                ck_assert_msg(!memcmp(action, in.mode, task ? sizeof *action : sizeof action),
                              "%s acts otherwise", type->name);
            double sum = 0;
            for (int k = 0; task && k < 3; k++) sum += in.prob[k];
            if (task) ck_assert_double_eq_tol(sum, 1, 1e-5);
            if (task && in.critics == 2) {
                double value = in.temperature * in.entropy;
                for (int k = 0; k < 3; k++) value += in.prob[k] * fmin(in.q[k], in.q[3 + k]);
                ck_assert_double_eq_tol(in.value, value, 1e-6);
            }
            gb_dealloc(before);
            gb_dealloc(after);
            before = pack(&one, false, &n);
            setting.envs = 1, setting.total_steps = 0, setting.seed = 6;
            make(&two, type, &setting);
            unpack_policy(&two, before, n);
            gb_agent_insight(&two, obs, &again, &copy);
            ck_assert_msg(same(in.value, copy.value) && same(in.entropy, copy.entropy),
                          "%s: a copy knows less", type->name);
            ck_assert(!memcmp(in.sample, copy.sample, task ? sizeof *action : sizeof action));
            ck_assert(same(in.visits, copy.visits) && in.critics == copy.critics);
            for (int k = 0; k < in.critics * (task ? 3 : 1); k++)
                ck_assert(same(in.q[k], copy.q[k]));
            gb_dealloc(before);
            gb_insight_free(&in);
            gb_insight_free(&copy);
            gb_agent_free(&one);
            gb_agent_free(&two);
        }
}
END_TEST

START_TEST(deterministic_policy_comes_with_policy_only) {
    char path[128];
    snprintf(path, sizeof path, "%s/agent.safetensors", test_folder());
    for (int a = 0; gb_builtin_agents[a]; a++)
        for (int task = 0; task < 3; task++) {
            gb_agent one = {0}, two = {0};
            gb_setting setting = setting_of(task);
            gb_rng rng = gb_rng_stream(9, 1);
            if (!make(&one, gb_builtin_agents[a], &setting)) continue;
            for (int t = 0; t < 60; t++) step(&one, &setting, &rng);
            save(&one, path);
            setting.envs = 1, setting.total_steps = 0, setting.seed = 6;
            make(&two, gb_builtin_agents[a], &setting);
            load(&two, path, true);
            float obs[200 * 4], x[200 * 2], y[200 * 2]; /* more rows than either has instances */
            int n = gb_space_size(&setting.spec.obs), act = gb_space_size(&setting.spec.act);
            for (int i = 0; i < 200 * n; i++)
                obs[i] = task == 2 ? (float)(i % 6) : (float)gb_rng_normal(&rng);
            one.type->act(one.state, 200, obs, x, false);
            two.type->act(two.state, 200, obs, y, false);
            for (int i = 0; i < 200 * act; i++) ck_assert_float_eq(x[i], y[i]);
            gb_agent_free(&one);
            gb_agent_free(&two);
        }
}
END_TEST

START_TEST(evaluation_changes_nothing) {
    for (int a = 0; gb_builtin_agents[a]; a++)
        for (int task = 0; task < 3; task++) {
            gb_agent one = {0}, two = {0};
            gb_setting setting = setting_of(task);
            gb_rng rng = gb_rng_stream(9, 1), same = rng;
            float obs[8] = {0}, action[4];

            if (!make(&one, gb_builtin_agents[a], &setting)) continue;
            make(&two, gb_builtin_agents[a], &setting);
            for (int t = 0; t < 60; t++) {
                two.type->act(two.state, 2, obs, action, false);
                ck_assert_double_eq(step(&one, &setting, &rng), step(&two, &setting, &same));
            }
            gb_agent_free(&one);
            gb_agent_free(&two);
        }
}
END_TEST

START_TEST(unsuitable_spaces_are_refused_with_a_reason) {
    gb_err err;
    for (int a = 0; gb_builtin_agents[a]; a++) {
        gb_agent agent = {0};
        gb_setting setting = setting_of(0);
        setting.spec.act.high = infinite;
        const char *reason = gb_builtin_agents[a]->reject(&setting.spec);
        if (!reason) continue;
        ck_assert_int_eq(gb_agent_init(&agent, gb_builtin_agents[a], &err), GB_OK);
        ck_assert_int_eq(gb_agent_open(&agent, &setting, &err), GB_USAGE);
        ck_assert_ptr_nonnull(strstr(err.msg, gb_builtin_agents[a]->name));
        ck_assert_ptr_nonnull(strstr(err.msg, reason));
        gb_agent_free(&agent);
    }
    gb_setting setting = setting_of(0);
    setting.spec.act.high = infinite;
    ck_assert_ptr_nonnull(gb_agent_sac.reject(&setting.spec)); /* one of them */
}
END_TEST

START_TEST(every_failing_allocation_is_an_error) {
    /* run under AddressSanitizer this also finds what is not freed on the way out */
    for (int a = 0; gb_builtin_agents[a]; a++)
        for (int task = 0; task < 3; task++) {
            int failures = 0;
            gb_setting setting = setting_of(task);
            if (gb_builtin_agents[a]->reject(&setting.spec)) continue;
            for (long n = 0; n < 200; n++) {
                gb_agent agent = {0};
                gb_err err = {""};
                gb_alloc_fail_after(n);
                int code = gb_agent_init(&agent, gb_builtin_agents[a], &err);
                if (!code) code = gb_agent_open(&agent, &setting, &err);
                gb_alloc_fail_after(-1);
                gb_agent_free(&agent);
                if (!code) break;
                ck_assert_int_eq(code, GB_FAIL);
                ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
                failures++;
            }
            ck_assert_int_ge(failures, 2);
            ck_assert_int_lt(failures, 200);
        }
}
END_TEST

START_TEST(names_do_not_collide) {
    /* loop and agent options share one space on the command line */
    extern const gb_opt gb_train_opts[];
    static const char *const words[] = {"out",     "plugin", "config", "no-preset",
                                        "resume",  "quiet",  "json",   "help",
                                        "seconds", "obs",    "act",    "threads"};
    for (int a = 0; gb_builtin_agents[a]; a++) {
        const gb_agent_type *type = gb_builtin_agents[a];
        char fault[256];
        ck_assert(gb_is_name(type->name));
        const char *wrong = gb_opts_fault(type->opts, type->config_size, fault, sizeof fault);
        ck_assert_msg(!wrong, "%s: %s", type->name, fault);
        for (const gb_opt *row = type->opts; row->name; row++) {
            ck_assert_msg(!gb_opts_find(gb_train_opts, row->name), "%s: --%s", type->name,
                          row->name);
            for (size_t w = 0; w < sizeof words / sizeof *words; w++)
                ck_assert_str_ne(row->name, words[w]);
        }
    }
}
END_TEST

Suite *agent_suite(void) {
    const TTest *const tests[] = {saved_agents_go_on_as_if_nothing_had_been,
                                  insight_tells_what_the_agent_does,
                                  deterministic_policy_comes_with_policy_only,
                                  evaluation_changes_nothing,
                                  unsuitable_spaces_are_refused_with_a_reason,
                                  every_failing_allocation_is_an_error,
                                  names_do_not_collide,
                                  NULL};
    return test_suite("agent", tests, 60);
}
