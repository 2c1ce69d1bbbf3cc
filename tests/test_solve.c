/* gibbs solve: its JSON, its files, its refusals. */
#include "support.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double number(const cJSON *json, const char *key) {
    const cJSON *item = cJSON_GetObjectItem(json, key);
    ck_assert_msg(cJSON_IsNumber(item), "%s", key);
    return item->valuedouble;
}

/* Solves and parses what is printed. */
static cJSON *solved(int code, const char *arguments) {
    const test_run *run = test_shell("gibbs solve %s --json", arguments);
    ck_assert_msg(run->code == code, "%s: %s", arguments, run->err);
    cJSON *json = cJSON_Parse(run->out);
    ck_assert_msg(json != NULL, "%s: %.200s", arguments, run->out);
    return json;
}

START_TEST(keys_and_values) {
    cJSON *json = solved(0, "policy_iteration FrozenLake-v1 --gamma 0.99");
    ck_assert_str_eq(cJSON_GetObjectItem(json, "solver")->valuestring, "policy_iteration");
    ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(json, "converged")));
    ck_assert_double_ge(number(json, "iterations"), 1);
    ck_assert_double_lt(number(json, "residual"), 1e-10);
    const cJSON *v = cJSON_GetObjectItem(json, "v"), *q = cJSON_GetObjectItem(json, "q");
    const cJSON *policy = cJSON_GetObjectItem(json, "policy");
    ck_assert_int_eq(cJSON_GetArraySize(v), 16);
    ck_assert_int_eq(cJSON_GetArraySize(q), 16);
    /* the value of the slippery 4x4 lake at discount 0.99, known to every textbook */
    ck_assert_double_eq_tol(cJSON_GetArrayItem(v, 0)->valuedouble, 0.5420, 5e-5);
    for (int s = 0; s < 16; s++) {
        const cJSON *row = cJSON_GetArrayItem(q, s), *p = cJSON_GetArrayItem(policy, s);
        double best = -INFINITY, sum = 0;
        for (int a = 0; a < 4; a++) {
            best = fmax(best, cJSON_GetArrayItem(row, a)->valuedouble);
            sum += cJSON_GetArrayItem(p, a)->valuedouble;
        }
        ck_assert_double_eq_tol(best, cJSON_GetArrayItem(v, s)->valuedouble, 1e-10);
        ck_assert_double_eq_tol(sum, 1, 1e-12);
    }
    cJSON_Delete(json);
}
END_TEST

START_TEST(solvers_agree_on_the_tasks_that_are_built_in) {
    static const char *const envs[] = {"corridor", "cliff_walking", "maze4",      "windy_grid",
                                       "deep_sea", "river_swim",    "four_rooms", "gridworld"};
    for (int e = 0; e < 8; e++) {
        char arguments[256];
        cJSON *a = solved(0, gb_format(arguments, sizeof arguments,
                                       "policy_iteration %s --gamma 0.95", envs[e]));
        cJSON *b = solved(0, gb_format(arguments, sizeof arguments,
                                       "value_iteration %s --gamma 0.95 --tol 1e-11", envs[e]));
        cJSON *c = solved(0, gb_format(arguments, sizeof arguments,
                                       "soft_value_iteration %s --gamma 0.95 --tau 1e-9", envs[e]));
        double start = number(a, "start_value");
        ck_assert_double_eq_tol(number(b, "start_value"), start, 1e-9);
        ck_assert_double_eq_tol(number(c, "start_value"), start, 1e-6);
        ck_assert_double_lt(number(b, "gap"), 1e-8);
        cJSON_Delete(a);
        cJSON_Delete(b);
        cJSON_Delete(c);
    }
}
END_TEST

START_TEST(the_gap_is_the_price_of_entropy) {
    /* the bound tau ln A / (1 - gamma) holds, and more entropy costs more */
    double last = 0;
    static const char *const taus[] = {"0.001", "0.01", "0.1"};
    for (int i = 0; i < 3; i++) {
        char arguments[256];
        cJSON *json =
            solved(0, gb_format(arguments, sizeof arguments,
                                "soft_policy_iteration frozen_lake --gamma 0.9 --tau %s", taus[i]));
        double gap = number(json, "gap");
        ck_assert_double_le(gap, atof(taus[i]) * log(4) / (1 - 0.9));
        ck_assert_double_gt(gap, last);
        last = gap;
        cJSON_Delete(json);
    }
}
END_TEST

START_TEST(not_converged_is_said) {
    cJSON *json = solved(1, "value_iteration frozen_lake --iterations 7");
    ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(json, "converged")));
    ck_assert_double_eq(number(json, "iterations"), 7);
    cJSON_Delete(json);
    const test_run *run = test_shell("gibbs solve value_iteration frozen_lake --iterations 7");
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
    ck_assert_ptr_nonnull(strstr(run->err, "not converged after 7 iterations: residual"));
}
END_TEST

/* Unreached states are noted, if there are any. */
START_TEST(states_that_are_not_reached_are_noted) {
    const test_run *run = test_shell("gibbs solve value_iteration maze4");
    ck_assert_ptr_nonnull(strstr(run->out, "not reached           4 states")); /* its walls */
    run = test_shell("gibbs solve value_iteration river_swim");
    ck_assert_ptr_null(strstr(run->out, "not reached"));
    cJSON *json = solved(0, "value_iteration maze4");
    ck_assert_double_eq(number(json, "reached"), 12);
    cJSON_Delete(json);
}
END_TEST

/* Where a number is not finite the JSON says null: it must stay JSON. */
START_TEST(json_stays_json) {
    char path[256], arguments[400];
    gb_format(path, sizeof path, "%s/large.mdp", test_folder());
    const char text[] = "mdp 1\nstates 1\nactions 1\ngamma 0.99\n0 0 0 1 1e308\n";
    test_write(path, text, sizeof text - 1);
    cJSON *json = solved(1, gb_format(arguments, sizeof arguments,
                                      "value_iteration mdp --env.file %s --iterations 1", path));
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(json, "residual")));
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(json, "gap")));
    cJSON_Delete(json);
    const test_run *run = test_shell("gibbs solve value_iteration mdp --env.file %s", path);
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
    ck_assert_ptr_nonnull(strstr(run->err, "no longer finite"));
}
END_TEST

START_TEST(files) {
    char path[256];
    const test_run *run =
        test_shell("gibbs solve value_iteration corridor --out %s/solved", test_folder());
    ck_assert_msg(run->code == 0, "%s", run->err);
    ck_assert_ptr_nonnull(strstr(run->out, "wall time"));
    char *values =
        test_read(gb_format(path, sizeof path, "%s/solved/values.csv", test_folder()), NULL);
    ck_assert_int_eq(strncmp(values, "state,v,q0,q1,policy0,policy1\n0,", 32), 0);
    char *history =
        test_read(gb_format(path, sizeof path, "%s/solved/iterations.csv", test_folder()), NULL);
    ck_assert_int_eq(strncmp(history, "iteration,residual,start_value,entropy\n1,", 41), 0);
    free(values);
    free(history);
    run = test_shell("gibbs solve value_iteration corridor --out %s/solved", test_folder());
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
}
END_TEST

START_TEST(files_of_mdps) {
    char path[256];
    const char text[] = "mdp 1\nstates 2\nactions 2\ngamma 0.5\n0 0 1 1 1\n0 1 0 1 0\n1 0 1 1 2\n"
                        "1 1 0 1 0\n";
    gb_format(path, sizeof path, "%s/two.mdp", test_folder());
    test_write(path, text, sizeof text - 1);
    char arguments[400];
    cJSON *json =
        solved(0, gb_format(arguments, sizeof arguments, "value_iteration mdp --env.file %s",
                            path)); /* v(1) = 2 / (1 - 0.5), v(0) = 1 + 0.5 v(1) */
    ck_assert_double_eq_tol(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "v"), 0)->valuedouble, 3,
                            1e-9);
    ck_assert_double_eq_tol(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "v"), 1)->valuedouble, 4,
                            1e-9);
    cJSON_Delete(json);
    test_write(path, "mdp 1\nstates 2\nactions 1\ngamma 0.5\n0 0 1 0.7\n1 0 1 1\n", 51);
    const test_run *run = test_shell("gibbs solve value_iteration mdp --env.file %s", path);
    ck_assert_int_eq(run->code, 2);
    test_one_line(run->err);
}
END_TEST

START_TEST(refusals) {
    static const char *const cases[][2] = {
        {"did you mean value_iteration", "gibbs solve valu_iteration corridor"},
        {"has no model", "gibbs solve value_iteration pendulum"},
        {"--gamma", "gibbs solve value_iteration corridor --gamma 1"},
        {"did you mean tau", "gibbs solve soft_value_iteration corridor --tua 1"},
        {"usage", "gibbs solve value_iteration"},
        {"--tol", "gibbs solve value_iteration corridor --tol -1"},
        {"--out", "gibbs solve value_iteration corridor --out ''"},
        {"is a folder", "gibbs solve value_iteration mdp --env.file /tmp"},
        {"MiB are available", "gibbs solve value_iteration mdp --env.states 16000000 "
                              "--env.actions 16000"},
        {"finite", "gibbs solve soft_value_iteration corridor --tau nan"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const test_run *run = test_shell("%s", cases[i][1]);
        ck_assert_msg(run->code == 2, "%s: %d", cases[i][1], run->code);
        test_one_line(run->err);
        ck_assert_msg(strstr(run->err, cases[i][0]), "%s: %s", cases[i][1], run->err);
    }
}
END_TEST

Suite *solve_suite(void) {
    const TTest *const tests[] = {keys_and_values,
                                  solvers_agree_on_the_tasks_that_are_built_in,
                                  the_gap_is_the_price_of_entropy,
                                  not_converged_is_said,
                                  states_that_are_not_reached_are_noted,
                                  json_stays_json,
                                  files,
                                  files_of_mdps,
                                  refusals,
                                  NULL};
    return test_suite("solve", tests, 120);
}
