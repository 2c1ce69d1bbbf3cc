/* What the program prints: evaluations, rollouts, benchmarks, help. */
#include "cli_things.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double number(const cJSON *json, const char *key) {
    const cJSON *item = cJSON_GetObjectItem(json, key);
    ck_assert_msg(cJSON_IsNumber(item), "%s", key);
    return item->valuedouble;
}

START_TEST(eval_json) {
    const char *dir = tiny_run();
    const test_run *run = test_shell("gibbs eval %s --episodes 7 --seed 3 --json", dir);
    ck_assert_int_eq(run->code, 0);
    cJSON *json = cJSON_Parse(run->out);
    ck_assert_ptr_nonnull(json);
    ck_assert_str_eq(cJSON_GetObjectItem(json, "env")->valuestring, "pendulum");
    ck_assert_str_eq(cJSON_GetObjectItem(json, "agent")->valuestring, "sac");
    ck_assert_double_eq(number(json, "episodes"), 7);
    ck_assert_double_eq(number(json, "length_mean"), 200);
    ck_assert_double_eq(number(json, "terminal_fraction"), 0);
    double mean = number(json, "return_mean");
    ck_assert(number(json, "return_min") <= mean && mean <= number(json, "return_max"));
    ck_assert_double_gt(number(json, "return_std"), 0);
    cJSON_Delete(json);
    char first[1024];
    gb_format(first, sizeof first, "%s", run->out);
    ck_assert_str_eq(test_shell("gibbs eval %s --episodes 7 --seed 3 --json", dir)->out, first);
    ck_assert_str_ne(test_shell("gibbs eval %s --episodes 7 --seed 4 --json", dir)->out, first);
}
END_TEST

/* Pendulum's own equations, for the one step that the test asks for. */
START_TEST(rollout_lines) {
    char path[256];
    gb_format(path, sizeof path, "%s/actions", test_folder());
    test_write(path, "[1.5]\n-3\n", 9);
    const test_run *run = test_shell("gibbs rollout Pendulum-v1 --actions %s --state "
                                     "theta=0.5,theta_dot=-0.25",
                                     path);
    ck_assert_msg(run->code == 0, "%s", run->err);
    double theta = 0.5, speed = -0.25;
    const char *line = run->out;
    for (int t = 0; t < 2; t++) {
        cJSON *json = cJSON_Parse(line);
        ck_assert_ptr_nonnull(json);
        const cJSON *state = cJSON_GetObjectItem(json, "state");
        double u = t ? -2 : 1.5;
        ck_assert_double_eq(number(json, "t"), t);
        ck_assert_double_eq_tol(number(state, "theta"), theta, 1e-12);
        ck_assert_double_eq_tol(number(state, "theta_dot"), speed, 1e-12);
        ck_assert_double_eq_tol(number(json, "reward"),
                                -(theta * theta + 0.1 * speed * speed + 0.001 * u * u), 1e-12);
        ck_assert_double_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "action"), 0)->valuedouble,
                            t ? -3 : 1.5);
        ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(json, "terminal")));
        ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(json, "truncated")));
        ck_assert_double_eq_tol(
            cJSON_GetArrayItem(cJSON_GetObjectItem(json, "obs"), 0)->valuedouble, cos(theta), 1e-7);
        speed += (3 * 10 / 2.0 * sin(theta) + 3 * u) * 0.05;
        theta += speed * 0.05;
        ck_assert_double_eq_tol(
            cJSON_GetArrayItem(cJSON_GetObjectItem(json, "next_obs"), 1)->valuedouble, sin(theta),
            1e-7);
        cJSON_Delete(json);
        line = strchr(line, '\n') + 1;
    }
    ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(rollout_ends_and_limits) {
    const test_run *run = test_shell("gibbs rollout cartpole --seed 2 --steps 60 | grep -c "
                                     "'\"terminal\":true'");
    ck_assert_int_ge(atoi(run->out), 1); /* goes on with new episodes */
    run = test_shell("gibbs rollout pendulum | tail -1");
    ck_assert_ptr_nonnull(strstr(run->out, "{\"t\":199"));
    ck_assert_ptr_nonnull(strstr(run->out, "\"truncated\":true"));
    run = test_shell("gibbs rollout %s --steps 3 | wc -l", tiny_run());
    ck_assert_int_eq(atoi(run->out), 3);
    char path[256], command[512];
    gb_format(path, sizeof path, "%s/actions", test_folder());
    gb_format(command, sizeof command, "gibbs rollout cartpole --actions %s", path);
    test_write(path, "7\n", 2);
    fails(2, ":1: 7 is no action", command);
    test_write(path, "\n1 1\n", 5);
    fails(2, ":2: too many numbers", command);
    test_write(path, "up\n", 3);
    fails(2, ":1: not a number", command);
}
END_TEST

START_TEST(bench_json) {
    const test_run *run = test_shell("gibbs bench env cartpole --envs 64 --seconds 0.05 --json");
    cJSON *json = cJSON_Parse(run->out);
    ck_assert_double_gt(number(json, "steps_per_s"), 0);
    ck_assert_double_eq(number(json, "envs"), 64);
    cJSON_Delete(json);
    run = test_shell("gibbs bench update sac --hidden 16,16 --batch 8 --seconds 0.05 --json");
    json = cJSON_Parse(run->out);
    ck_assert_msg(json != NULL, "%s%s", run->out, run->err);
    ck_assert_double_gt(number(json, "updates_per_s"), 0);
    double fraction = number(json, "fraction_of_peak");
    ck_assert_double_eq_tol(number(json, "gflops") / number(json, "peak_gflops") / fraction, 1,
                            1e-3);
    cJSON_Delete(json);
    run = test_shell("gibbs bench solve --states 2000 --actions 3 --branching 4 --seconds 0.05 "
                     "--threads 2 --json");
    json = cJSON_Parse(run->out);
    ck_assert_msg(json != NULL, "%s%s", run->out, run->err);
    ck_assert_double_eq(number(json, "outcomes"), 2000 * 3 * 4);
    ck_assert_double_gt(number(json, "sweeps_per_s"), 0);
    /* 20 bytes an outcome, 8 a pair, 16 a state; or 12 an outcome */
    const double per_gb = number(json, "sweeps_per_s") * 1e-9;
    ck_assert_double_eq_tol(number(json, "gb_per_s") / per_gb, 24000 * 20 + 6000 * 8 + 2000 * 16,
                            100);
    ck_assert_double_eq_tol(number(json, "once_gb_per_s") / per_gb,
                            24000 * 12 + 6000 * 8 + 2000 * 16, 100);
    fraction = number(json, "fraction_of_peak");
    ck_assert_double_eq_tol(number(json, "gb_per_s") / number(json, "peak_gb_per_s") / fraction, 1,
                            1e-3);
    cJSON_Delete(json);
    run = test_shell("gibbs bench solve --states 2000000000 --seconds 0.05");
    ck_assert_int_eq(run->code, 1);
    ck_assert_ptr_nonnull(strstr(run->err, "MiB are available"));
    run = test_shell("gibbs bench act sac --hidden 16,16 --envs 70 --seconds 0.05 --json");
    json = cJSON_Parse(run->out);
    ck_assert_msg(json != NULL, "%s%s", run->out, run->err);
    ck_assert_double_eq(number(json, "envs"), 70);
    ck_assert_double_eq_tol(number(json, "us_per_act") * number(json, "acts_per_s"), 1e6, 100);
    cJSON_Delete(json);
}
END_TEST

START_TEST(help_tells_of_everything) {
    static const char *const names[] = {"train",       "eval",      "rollout",  "check",
                                        "bench",       "list",      "help",     "sac",
                                        "random",      "pendulum",  "cartpole", "corridor",
                                        "frozen_lake", "Acrobot-v1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const test_run *run = test_shell("gibbs help %s", names[i]);
        ck_assert_msg(run->code == 0 && run->out[0], "%s: %s", names[i], run->err);
    }
    ck_assert_ptr_nonnull(strstr(test_shell("gibbs help sac")->out, "--entropy_scale"));
    ck_assert_ptr_nonnull(strstr(test_shell("gibbs help pendulum")->out, "--env.g"));
    ck_assert_ptr_nonnull(strstr(test_shell("gibbs help pendulum")->out, "preset for sac"));
    ck_assert_ptr_nonnull(strstr(test_shell("gibbs train --help")->out, "--resume DIR"));
    ck_assert_ptr_nonnull(strstr(test_shell("gibbs help")->out, "gibbs train sac pendulum"));
    ck_assert_ptr_nonnull(strstr(test_shell("gibbs list envs")->out, "mountain_car_continuous"));
    ck_assert_int_eq(test_shell("gibbs list solvers")->code, 0);
}
END_TEST

Suite *cli_output_suite(void) {
    const TTest *const tests[] = {
        eval_json, rollout_lines, rollout_ends_and_limits, bench_json, help_tells_of_everything,
        NULL};
    return test_suite("cli_output", tests, 120);
}
