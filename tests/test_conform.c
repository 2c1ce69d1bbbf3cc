/* The conformance checks: each bad plugin fails the check that is about it and no other, and what
 * is correct passes all. */
#include "canvas.h"
#include "conform.h"
#include "plugin.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

#define PLUGIN(name) GB_BUILD "/tests/plugins/" name ".so"

extern const gb_env_type *const gb_builtin_envs[]; /* cli/builtins.c */

static gb_registry registry;

/* Loads and opens the plugin called name. */
static void open_plugin(const char *name, gb_env *env) {
    char path[300];
    gb_err err;
    const gb_env_type *type = NULL;
    snprintf(path, sizeof path, "%s/tests/plugins/%s.so", GB_BUILD, name);
    ck_assert_msg(gb_plugin_load(&registry, path, &type, &err) == GB_OK, "%s", err.msg);
    ck_assert_int_eq(gb_env_init(env, type, &err), GB_OK);
    ck_assert_msg(gb_env_open(env, &err) == GB_OK, "%s", err.msg);
}

static void close_plugin(gb_env *env) {
    gb_env_free(env);
    gb_registry_free(&registry);
}

static void assert_message(const gb_check *check, const gb_err *why) {
    ck_assert_msg(why->msg[0] && !strchr(why->msg, '\n'), "%s: '%s'", check->name, why->msg);
}

/* Asserts that env passes all checks that apply to it. */
static void assert_passes(const gb_env *env, uint64_t seed) {
    for (const gb_check *check = gb_checks; check->name; check++) {
        gb_err why = {""};
        gb_verdict verdict = check->run(env, seed, &why);
        ck_assert_msg(verdict != GB_FAILED, "%s, %s: %s", env->type->name, check->name, why.msg);
        if (verdict == GB_INAPPLICABLE) assert_message(check, &why);
    }
}

START_TEST(table_is_sound) {
    for (const gb_check *check = gb_checks; check->name; check++) {
        ck_assert(gb_is_name(check->name) && check->help && check->run);
        ck_assert_ptr_eq(gb_check_find(check->name), check); /* so no name is there twice */
    }
    ck_assert_ptr_null(gb_check_find("there_is_none"));
}
END_TEST

/* But for those of a simulator, which take minutes: see test_mujoco_env.c. */
START_TEST(builtins_pass) {
    for (const gb_env_type *const *type = gb_builtin_envs; *type; type++) {
        if ((*type)->bare) continue;
        gb_env env;
        gb_err err;
        ck_assert_int_eq(gb_env_init(&env, *type, &err), GB_OK);
        ck_assert_msg(gb_env_open(&env, &err) == GB_OK, "%s", err.msg);
        for (uint64_t seed = 1; seed <= 3; seed++) assert_passes(&env, seed);
        gb_env_free(&env);
    }
}
END_TEST

START_TEST(good_plugins_pass) {
    static const char *const names[] = {"good",        "good_box",  "good_still",
                                        "good_bandit", "good_bits", "older_struct"};
    for (int i = 0; i < 6; i++) {
        gb_env env;
        open_plugin(names[i], &env);
        for (uint64_t seed = 0; seed < 20; seed++) assert_passes(&env, seed);
        close_plugin(&env);
    }
}
END_TEST

/* The finite one has all that a check can be about. */
START_TEST(all_checks_apply) {
    gb_env env;
    gb_err why;
    open_plugin("good", &env);
    for (const gb_check *check = gb_checks; check->name; check++)
        ck_assert_msg(check->run(&env, 1, &why) == GB_PASSED, "%s", check->name);
    close_plugin(&env);
}
END_TEST

START_TEST(bad_plugins_fail_their_own_check) {
    static const struct {
        const char *plugin, *check, *says;
    } rows[] = {
        {"private_random", "seed", "draw from rng"},
        {"own_generator", "seed", "rng was never drawn from"},
        {"state_pointer", "clone", "no pointers"},
        {"static_scratch", "instances", "static or global"},
        {"leftover", "reset", "observation 1 (side)"},
        {"sets_stream", "stream", "reset sets the random stream"},
        {"sets_stream_in_step", "stream", "step sets the random stream"},
        {"global_random", "global", "rand()"},
        {"global_drand48", "global", "drand48()"},
        {"nan_observation", "observation", "observation 1 (side) is nan"},
        {"out_of_bounds", "observation", "not in [-1, 1]"},
        {"infinite_reward", "observation", "reward is inf"},
        {"bits_differ", "observation", "observation 1 (side) is 1, and 0 in observe_bits"},
        {"bits_beyond", "observation", "observe_bits set bit 2"},
        {"action_bound", "action", "after action (-1)"},
        {"observe_beyond", "memory", "more numbers than spec"},
        {"observe_changes", "memory", "observe changed state"},
        {"state_beyond", "memory", "beyond state_size"},
        {"unwritten", "written", "observation 1 (side)"},
        {"endless", "end", "set max_steps"},
        {"resets_itself", "terminal", "the host calls reset"},
        {"resets_itself_plainly", "terminal", "the host calls reset"},
        {"counts_steps", "limit", "terminal at step 12"},
        {"resets_at_limit", "limit", "reset inside step at step 12"},
        {"model_sum", "model", "sum to 0.99"},
        {"model_next", "model", "leads to state 7, not one of 0..6"},
        {"model_differs", "model", "probability 0.9"},
        {"model_reward", "model", "reward -0.01"},
        {"start_sum", "start", "sum to 0.99"},
        {"start_differs", "start", "start says probability 0.333"},
        {"block_tail", "block", "a block of 1: after step and observe the observation was"},
        {"block_beyond", "block", "beside the terminals"},
        {"draw_nan", "draw", "line"},
        {"cell_empty", "draw", "area"},
        {"draw_changes", "draw", "only look"},
        {"key_unknown", "keys", "there is no key 'rihgt'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gb_env env;
        open_plugin(rows[i].plugin, &env);
        for (const gb_check *check = gb_checks; check->name; check++) {
            gb_err why = {""};
            bool own = !strcmp(check->name, rows[i].check);
            bool failed = check->run(&env, 1, &why) == GB_FAILED;
            ck_assert_msg(failed == own, "%s %s %s: %s", rows[i].plugin,
                          failed ? "fails" : "passes", check->name, why.msg);
            if (!own) continue;
            assert_message(check, &why);
            ck_assert_msg(strstr(why.msg, rows[i].says) != NULL, "%s: '%s' does not say '%s'",
                          rows[i].plugin, why.msg, rows[i].says);
        }
        close_plugin(&env);
    }
}
END_TEST

START_TEST(bad_plugins_fail_for_any_seed) {
    static const struct {
        const char *plugin, *check;
    } rows[] = {{"state_pointer", "clone"},    {"leftover", "reset"},
                {"resets_itself", "terminal"}, {"counts_steps", "limit"},
                {"model_differs", "model"},    {"start_differs", "start"},
                {"resets_at_limit", "limit"},  {"static_scratch", "instances"},
                {"block_tail", "block"},       {"block_beyond", "block"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gb_env env;
        gb_err why;
        open_plugin(rows[i].plugin, &env);
        for (uint64_t seed = 100; seed < 120; seed++)
            ck_assert_msg(gb_check_find(rows[i].check)->run(&env, seed, &why) == GB_FAILED,
                          "%s passes with seed %d", rows[i].plugin, (int)seed);
        close_plugin(&env);
    }
}
END_TEST

/* Sampling must not call a correct model or start wrong by chance. */
START_TEST(correct_models_pass_for_any_seed) {
    gb_env env;
    gb_err why;
    open_plugin("good", &env);
    for (uint64_t seed = 0; seed < 500; seed++)
        for (int i = 0; i < 2; i++)
            ck_assert_msg(gb_check_find(i ? "start" : "model")->run(&env, seed, &why) == GB_PASSED,
                          "seed %d: %s", (int)seed, why.msg);
    close_plugin(&env);
}
END_TEST

START_TEST(out_of_memory_is_no_crash) {
    gb_env env;
    open_plugin("good", &env);
    for (const gb_check *check = gb_checks; check->name; check++)
        for (long after = 0; after < 8; after++) {
            gb_err why = {""};
            gb_alloc_fail_after(after);
            gb_verdict verdict = check->run(&env, 1, &why);
            gb_alloc_fail_after(-1);
            if (verdict == GB_FAILED)
                ck_assert_msg(!strncmp(why.msg, "out of memory", 13), "%s: %s", check->name,
                              why.msg);
        }
    close_plugin(&env);
}
END_TEST

START_TEST(null_canvas_finds_faults) {
    gb_null_canvas null;
    gb_canvas *c = &null.canvas;
    const double corners[] = {0, 0, 1, 0, 1, 1}, bad[] = {0, 0, 1, 0, 1, NAN};
    gb_null_canvas_init(&null);
    ck_assert_uint_eq(c->size, sizeof(gb_canvas));
    c->view(c, 0, 0, 1, 1);
    c->line(c, 0, 0, 1, 1, 0, GB_INK);
    c->rect(c, 0, 0, 1, 1, GB_INK);
    c->disc(c, 0, 0, 1, GB_INK);
    c->polygon(c, corners, 3, GB_INK);
    c->text(c, 0, 0, 1, "text", GB_INK);
    ck_assert(null.viewed && null.calls == 5 && null.faults == 0 && !null.fault);
    c->polygon(c, bad, 3, GB_INK);
    ck_assert_str_eq(null.fault, "polygon");
    c->polygon(c, corners, 2, GB_INK);
    c->polygon(c, NULL, 3, GB_INK);
    c->line(c, 0, INFINITY, 1, 1, 0, GB_INK);
    c->rect(c, 0, 0, -1, 1, GB_INK);
    c->disc(c, 0, 0, -1, GB_INK);
    c->text(c, 0, 0, 1, NULL, GB_INK);
    c->disc(c, 0, 0, 1, GB_COLORS);
    c->disc(c, 0, 0, 1, (gb_color)-1);
    c->view(c, 1, 0, 0, 1);
    c->view(c, 0, 0, NAN, 1);
    ck_assert_int_eq(null.faults, 11);
}
END_TEST

/* --- the command ------------------------------------------------------------------------------*/

static int count_lines(const char *text, const char *start) {
    int n = 0;
    for (const char *line = text; line && *line; line = strchr(line, '\n') + 1)
        n += !strncmp(line, start, strlen(start));
    return n;
}

START_TEST(command_prints_a_line_a_check) {
    const test_run *run = test_shell("gibbs check " PLUGIN("good"));
    ck_assert_msg(run->code == 0, "%s%s", run->out, run->err);
    ck_assert_int_eq(count_lines(run->out, "ok   "), 18);
    ck_assert_ptr_nonnull(strstr(run->out, "ok   same seed, same path\n"));
    ck_assert_ptr_nonnull(strstr(run->out, "tiny: 18 passed, 0 failed, 0 not applicable\n"));

    run = test_shell("gibbs check " PLUGIN("nan_observation") " --seed 5");
    ck_assert_int_eq(run->code, 1);
    ck_assert_int_eq(count_lines(run->out, "FAIL "), 1);
    ck_assert_ptr_nonnull(strstr(run->out, "-    model: none given\n"));
    ck_assert_ptr_nonnull(strstr(run->out, "seed 5"));

    run = test_shell("gibbs check corridor --env.length 3");
    ck_assert_msg(run->code == 0, "%s%s", run->out, run->err);
}
END_TEST

/* One check ends badly; it is named, and the others still run. */
START_TEST(command_survives_what_it_checks) {
    static const struct {
        const char *plugin, *says;
    } rows[] = {{PLUGIN("crashes"), "crashed (signal 6"},
                {PLUGIN("exits"), "ended the process (exit code 0)"},
                {PLUGIN("hangs"), "did not come to an end"}};
    for (int i = 0; i < 3; i++) {
        const test_run *run =
            test_shell("ulimit -t 3; " GB_BUILD "/gibbs check %s", rows[i].plugin);
        ck_assert_int_eq(run->code, 1);
        ck_assert_int_eq(count_lines(run->out, "FAIL draw: during this check it "), 1);
        ck_assert_int_eq(count_lines(run->out, "ok   "), 16);
        ck_assert_msg(strstr(run->out, rows[i].says) != NULL, "%s", run->out);
    }
    const test_run *run = test_shell("gibbs check " PLUGIN("spec_crashes"));
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
    ck_assert_msg(strstr(run->err, "configured it crashed") != NULL, "%s", run->err);
}
END_TEST

START_TEST(command_refuses_wrong_usage) {
    static const char *const lines[] = {"gibbs check",
                                        "gibbs check pendlum",
                                        "gibbs check pendulum --seed x",
                                        "gibbs check pendulum --sed 1",
                                        "gibbs check pendulum --env.nothing 1",
                                        "gibbs check pendulum cartpole"};
    for (int i = 0; i < 6; i++) {
        const test_run *run = test_shell("%s", lines[i]);
        ck_assert_msg(run->code == 2, "%s: %d", lines[i], run->code);
        test_one_line(run->err);
        ck_assert_str_eq(run->out, "");
    }
    const test_run *run = test_shell("gibbs check " PLUGIN("wrong_abi"));
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
}
END_TEST

Suite *conform_suite(void);
Suite *conform_suite(void) {
    static const TTest *tests[20];
    int n = 0;
    tests[n++] = table_is_sound;
    tests[n++] = builtins_pass;
    tests[n++] = good_plugins_pass;
    tests[n++] = all_checks_apply;
    tests[n++] = bad_plugins_fail_their_own_check;
    tests[n++] = bad_plugins_fail_for_any_seed;
    tests[n++] = correct_models_pass_for_any_seed;
    tests[n++] = out_of_memory_is_no_crash;
    tests[n++] = null_canvas_finds_faults;
    tests[n++] = command_prints_a_line_a_check;
    tests[n++] = command_survives_what_it_checks;
    tests[n++] = command_refuses_wrong_usage;
    return test_suite("conform", tests, 300);
}
