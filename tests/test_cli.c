/* The program as a user meets it: what it says to bad input, what it does to files and folders, and
 * where options come from. */
#include "cli_things.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- wrong usage ------------------------------------------------------------------------------*/

START_TEST(wrong_usage_is_one_line_and_code_2) {
    static const char *const cases[][2] = {
        {"did you mean train", "gibbs trian sac pendulum"},
        {"did you mean sac", "gibbs train sax pendulum"},
        {"did you mean pendulum", "gibbs train sac pendulun"},
        {"usage", "gibbs train sac"},
        {"usage", "gibbs train"},
        {"one word too many", "gibbs train sac pendulum twice"},
        {"did you mean steps", "gibbs train sac pendulum --step 10"},
        {"did you mean gamma", "gibbs train sac pendulum --gama 0.9"},
        {"did you mean max_speed", "gibbs train sac pendulum --env.maxspeed 9"},
        {"outside", "gibbs train sac pendulum --gamma 1.5"},
        {"--gamma", "gibbs train sac pendulum --gamma nan"},
        {"--steps", "gibbs train sac pendulum --steps 0"},
        {"--steps", "gibbs train sac pendulum --steps 10.5"},
        {"--steps", "gibbs train sac pendulum --steps 99999999999999999999999"},
        {"--steps", "gibbs train sac pendulum --steps ten"},
        {"value is missing", "gibbs train sac pendulum --steps"},
        {"value is missing", "gibbs train sac pendulum --steps --seed 3"},
        {"takes no value", "gibbs train sac pendulum --quiet=1"},
        {"relu|tanh|silu", "gibbs train sac pendulum --activation gelu"},
        {"--hidden", "gibbs train sac pendulum --hidden 64,x"},
        {"--hidden", "gibbs train sac pendulum --hidden 1,2,3,4,5,6,7,8,9"},
        {"--env.g", "gibbs train sac pendulum --env.g heavy"},
        {"no such option", "gibbs eval runs/x --episode 3"},
        {"--episodes", "gibbs eval runs/x --episodes 0"},
        {"usage", "gibbs eval"},
        {"usage", "gibbs bench"},
        {"usage", "gibbs bench walk"},
        {"did you mean cartpole", "gibbs bench env cartpoel"},
        {"random", "gibbs bench update random"},
        {"gibbs bench act AGENT", "gibbs bench act"},
        {"envs, agents, solvers or studies", "gibbs list everything"},
        {"no command, agent, environment, solver or study", "gibbs help nothing_like_it"},
        {"no variable", "gibbs rollout pendulum --state angle=1"},
        {"not a number", "gibbs rollout pendulum --state theta=left"},
        {"name=value", "gibbs rollout pendulum --state theta"},
        {"not one of 0..9", "gibbs rollout corridor --state cell=99"},
        {"leave agent", "gibbs train sac pendulum --resume runs/x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) fails(2, cases[i][0], cases[i][1]);
}
END_TEST

/* --- files and folders ------------------------------------------------------------------------*/

START_TEST(missing_things_are_one_line_and_code_1) {
    fails(1, "no run there", "gibbs eval /nowhere/at/all");
    fails(1, "no run there", "gibbs train --resume /nowhere/at/all");
    fails(1, "/nowhere/env.so", "gibbs train sac /nowhere/env.so");
    fails(1, "/nowhere/env.so", "gibbs train sac pendulum --plugin /nowhere/env.so");
    fails(1, "/nowhere/a.ini", "gibbs train sac pendulum --config /nowhere/a.ini");
    fails(1, "/nowhere/acts", "gibbs rollout pendulum --actions /nowhere/acts");
    fails(1, "choose another --out", "gibbs train sac pendulum --steps 10 --out /proc/nowhere/run");
}
END_TEST

START_TEST(a_second_run_does_not_touch_the_first) {
    char command[512], path[256];
    const char *dir = tiny_run();
    gb_format(path, sizeof path, "%s/metrics.csv", dir);
    char *before = test_read(path, NULL);
    gb_format(command, sizeof command, "gibbs train sac pendulum " QUICK " --out %s", dir);
    fails(1, "not empty", command);
    char *after = test_read(path, NULL);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);

    /* without --out each run gets a folder of its own */
    char *here = realpath(GB_BUILD, NULL);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(test_shell("cd %s && %s/gibbs train sac pendulum " QUICK " --seed 4",
                                    test_folder(), here)
                             ->code,
                         0);
    free(here);
    struct stat info;
    gb_format(path, sizeof path, "%s/runs/pendulum-sac-s4/checkpoint.safetensors", test_folder());
    ck_assert_int_eq(stat(path, &info), 0);
    gb_format(path, sizeof path, "%s/runs/pendulum-sac-s4-2/checkpoint.safetensors", test_folder());
    ck_assert_int_eq(stat(path, &info), 0);
}
END_TEST

START_TEST(damaged_checkpoints_are_refused) {
    char command[512], path[256];
    size_t n;
    const char *dir = tiny_run();
    gb_format(path, sizeof path, "%s/checkpoint.safetensors", dir);
    char *bytes = test_read(path, &n);
    static const char *const verbs[] = {"eval", "rollout", "train --resume"};
    for (int v = 0; v < 3; v++) {
        gb_format(command, sizeof command, "gibbs %s %s", verbs[v], dir);
        for (size_t at = 3; at < n; at += n / 5) { /* a flipped bit, here and there */
            bytes[at] ^= 4;
            test_write(path, bytes, n);
            fails(1, path, command);
            bytes[at] ^= 4;
        }
        for (size_t cut = 0; cut < n; cut += n / 4) {
            test_write(path, bytes, cut);
            fails(1, path, command);
        }
    }
    remove(path);
    mkdir(path, 0777); /* unreadable in a way that binds root too */
    fails(1, path, command);
    gb_format(command, sizeof command, "gibbs eval %s", dir);
    fails(1, path, command);
    rmdir(path);
    test_write(path, bytes, n);
    ck_assert_int_eq(test_shell("gibbs eval %s --episodes 2", dir)->code, 0);
    free(bytes);
}
END_TEST

START_TEST(a_full_disk_keeps_the_last_good_checkpoint) {
    char path[256];
    size_t n, m;
    const char *dir = tiny_run();
    gb_format(path, sizeof path, "%s/checkpoint.safetensors", dir);
    char *before = test_read(path, &n);
    /* ulimit -f counts blocks of 512 bytes: room for config and metrics, none for the checkpoint */
    const test_run *run = test_shell("ulimit -f 16; exec " GB_BUILD
                                     "/gibbs train --resume %s --steps 2000 --save_every "
                                     "300 --quiet",
                                     dir);
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
    ck_assert_ptr_nonnull(strstr(run->err, "checkpoint.safetensors"));
    char *after = test_read(path, &m);
    ck_assert(n == m && !memcmp(before, after, n));
    free(before);
    free(after);
    run = test_shell("ls -A %s", dir);
    ck_assert_msg(!strstr(run->out, "tmp"), "left behind: %s", run->out);
    run = test_shell("gibbs train --resume %s --steps 2000 --save_every 300 --quiet", dir);
    ck_assert_msg(run->code == 0, "%s", run->err);
}
END_TEST

START_TEST(full_standard_output_is_an_error) {
    fails(1, "standard output", "gibbs list > /dev/full");
    fails(1, "standard output", "gibbs rollout pendulum > /dev/full");
}
END_TEST

/* --- configuration ----------------------------------------------------------------------------*/

START_TEST(closed_standard_files_are_not_mixed_up) {
    /* descriptor 1 must not become metrics.csv, which would take the progress lines in */
    char path[256];
    const test_run *run = test_shell("exec " GB_BUILD "/gibbs train sac pendulum --steps 300 "
                                     "--hidden 8 --batch 8 --out %s/run <&- >&-",
                                     test_folder());
    ck_assert_msg(run->code == 0, "%s", run->err);
    char *rows = test_read(gb_format(path, sizeof path, "%s/run/metrics.csv", test_folder()), NULL);
    ck_assert_int_eq(strncmp(rows, "step,episodes,", 14), 0);
    ck_assert_ptr_null(strstr(rows, "steps/s"));
    free(rows);
}
END_TEST

START_TEST(precedence_and_repetition) {
    char path[256], again[256];
    gb_format(path, sizeof path, "%s/my.ini", test_folder());
    const char ini[] = "[run]\nsteps = 250\nseed = 9\n[agent]\nhidden = 8,8\ngamma = 0.9\n"
                       "[env]\ng = 9.81\n";
    test_write(path, ini, sizeof ini - 1);
    const test_run *run = test_shell("gibbs train sac pendulum --config %s --gamma 0.8 --batch=8 "
                                     "--quiet --out %s/a",
                                     path, test_folder());
    ck_assert_msg(run->code == 0, "%s", run->err);
    gb_format(path, sizeof path, "%s/a/config.ini", test_folder());
    char *config = test_read(path, NULL);
    static const char *const lines[] = {"\nagent = sac\n", "\nsteps = 250\n", /* file over preset */
                                        "\nseed = 9\n",    "\ngamma = 0.8\n", /* words over file */
                                        "\ng = 9.81",      "\nlr = 0.001\n",  /* preset */
                                        "\nbatch = 8\n",   "\ntau = 0.005\n" /* default */};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(strstr(config, lines[i]), "no %s in %s", lines[i] + 1, config);
    free(config);

    run = test_shell("gibbs train --config %s --out %s/b --quiet", path, test_folder());
    ck_assert_msg(run->code == 0, "%s", run->err);
    gb_format(path, sizeof path, "%s/a/metrics.csv", test_folder());
    gb_format(again, sizeof again, "%s/b/metrics.csv", test_folder());
    char *a = test_read(path, NULL), *b = test_read(again, NULL);
    ck_assert_str_eq(a, b);
    free(a);
    free(b);

    run = test_shell("gibbs train sac pendulum --no-preset " QUICK " --out %s/c", test_folder());
    ck_assert_int_eq(run->code, 0);
    gb_format(path, sizeof path, "%s/c/config.ini", test_folder());
    config = test_read(path, NULL);
    ck_assert_ptr_nonnull(strstr(config, "\nlr = 0.0003\n"));
    free(config);
}
END_TEST

START_TEST(faults_in_ini_files_name_file_and_line) {
    static const char *const cases[][2] = {
        {":2: ", "[agent]\nalhpa = 3\n"},       {"did you mean alpha", "[agent]\nalhpa = 3\n"},
        {":3: ", "[run]\nseed = 1\nsteps = x"}, {"[agents]", "[agents]\nlr = 1\n"},
        {":1: ", "no equals sign\n"},
    };
    char path[256], command[512];
    gb_format(path, sizeof path, "%s/bad.ini", test_folder());
    gb_format(command, sizeof command, "gibbs train sac pendulum --config %s", path);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_write(path, cases[i][1], strlen(cases[i][1]));
        fails(2, cases[i][0], command);
    }
}
END_TEST

Suite *cli_suite(void) {
    const TTest *const tests[] = {
        wrong_usage_is_one_line_and_code_2,         missing_things_are_one_line_and_code_1,
        a_second_run_does_not_touch_the_first,      damaged_checkpoints_are_refused,
        a_full_disk_keeps_the_last_good_checkpoint, full_standard_output_is_an_error,
        closed_standard_files_are_not_mixed_up,     precedence_and_repetition,
        faults_in_ini_files_name_file_and_line,     NULL};
    return test_suite("cli", tests, 120);
}
