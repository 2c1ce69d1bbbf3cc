/* Runs that are killed at any moment and resumed give the rows of the run that was not. */
#include "rng.h"
#include "support.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUN "--steps 6000 --hidden 32,32 --batch 16 --save_every 500 --log_every 250 --quiet"

static char *rows(const char *name) {
    char path[256];
    return test_read(gb_format(path, sizeof path, "%s/%s/metrics.csv", test_folder(), name), NULL);
}

/* Asserts that two runs hold the same rows. */
static void same_rows(const char *a, const char *b) {
    char *x = rows(a), *y = rows(b);
    size_t at = 0, row = 0; /* where they part, and the row that this is in */
    for (; x[at] && x[at] == y[at]; at++)
        if (x[at] == '\n') row = at + 1;
    ck_assert_msg(x[at] == y[at], "%s:\n%.200s\nnot as %s:\n%.200s", a, x + row, b, y + row);
    free(x);
    free(y);
}

/* Runs the program to its end, which must be a good one. */
#define RUN_WELL(...)                                                                              \
    do {                                                                                           \
        const test_run *well = test_shell(__VA_ARGS__);                                            \
        ck_assert_msg(well->code == 0, "%s", well->err);                                           \
    } while (0)

static bool exists(const char *name) {
    char path[256];
    return !access(gb_format(path, sizeof path, "%s/%s", test_folder(), name), F_OK);
}

static void wait_milliseconds(int n) {
    nanosleep(&(struct timespec){n / 1000, n % 1000 * 1000000L}, NULL);
}

/* Starts the program with arguments. If name is not NULL, returns once that file exists in the
 * test's folder. */
static pid_t start(const char *arguments, const char *name) {
    char command[1024];
    gb_format(command, sizeof command, "exec " GB_BUILD "/gibbs %s >/dev/null", arguments);
    pid_t pid = fork();
    if (!pid) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    siginfo_t info = {0};
    while (name && !exists(name)) {
        wait_milliseconds(2);
        ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
        ck_assert_msg(!info.si_pid || exists(name), "ended without %s: %s", name, command);
    }
    return pid;
}

/* Sends a signal and returns how the process ended. */
static int end(pid_t pid, int number) {
    int status;
    kill(pid, number);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

/* The moments are random and the machine's speed decides where they fall: any must do. */
START_TEST(killed_anywhere_resumed_exactly) {
    char first[512], resume[512];
    gb_rng rng = gb_rng_stream((uint64_t)_i, 1);
    RUN_WELL("gibbs train sac pendulum " RUN " --out %s/whole", test_folder());
    gb_format(first, sizeof first, "train sac pendulum " RUN " --out %s/cut", test_folder());
    gb_format(resume, sizeof resume, "train --resume %s/cut --quiet", test_folder());
    pid_t pid = start(first, "cut/metrics.csv"); /* from here on there is a run */
    for (int kills = 0; kills < 6; kills++) {
        wait_milliseconds((int)gb_rng_below(&rng, 300));
        if (!WIFSIGNALED(end(pid, SIGKILL))) break;
        pid = kills < 5 ? start(resume, NULL) : 0;
    }
    RUN_WELL("gibbs %s", resume);
    same_rows("cut", "whole");
}
END_TEST

/* Returns whether the folder of a run holds a checkpoint that is being written. */
static bool is_half_written(const char *name) {
    char path[256];
    bool found = false;
    DIR *dir = opendir(gb_format(path, sizeof path, "%s/%s", test_folder(), name));
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        found |= !strncmp(entry->d_name, "checkpoint.", 11) && strstr(entry->d_name, ".tmp");
    if (dir) closedir(dir);
    return found;
}

/* Large checkpoints, one after another: 6 MB each 300 steps that cost next to nothing. */
#define LARGE                                                                                      \
    "--steps 3000 --hidden 512,512 --batch 8 --learning_starts 2900 --save_every 300 "             \
    "--log_every 250 --quiet"

START_TEST(killed_while_it_writes) {
    char first[512], resume[512];
    RUN_WELL("gibbs train sac pendulum " LARGE " --out %s/whole", test_folder());
    gb_format(first, sizeof first, "train sac pendulum " LARGE " --steps 100000000 --out %s/cut",
              test_folder());
    gb_format(resume, sizeof resume, "train --resume %s/cut --quiet --steps ", test_folder());
    bool half = false;
    while (!half) { /* chance decides whether the rest was written before the signal came */
        test_shell("rm -rf %s/cut", test_folder());
        pid_t pid = start(first, "cut/checkpoint.safetensors");
        siginfo_t info = {0};
        while (!is_half_written("cut")) {
            ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
            ck_assert_msg(!info.si_pid, "ended by itself");
        }
        end(pid, SIGKILL);
        half = is_half_written("cut");
    }
    const test_run *run = test_shell("gibbs %s1 --save_every 0", resume);
    ck_assert_int_eq(run->code, 2); /* the checkpoint is good: it says where the run is */
    const char *at = strstr(run->err, "at step ");
    ck_assert_msg(at != NULL, "%s", run->err);
    const long step = strtol(at + strlen("at step "), NULL, 10);
    ck_assert_msg(step >= 300 && step % 300 == 0, "%s", run->err);
    RUN_WELL("gibbs %s%ld", resume, step + 1000);
    RUN_WELL("gibbs train sac pendulum " LARGE " --steps %ld --out %s/as_long", step + 1000,
             test_folder());
    ck_assert(!is_half_written("cut"));
    same_rows("cut", "as_long");
}
END_TEST

/* Ends by itself, long before its last step. */
static void fails_alone(const char *arguments, const char *before, const char *says) {
    const test_run *run = test_shell("%s exec " GB_BUILD "/gibbs train sac pendulum --hidden 32 "
                                     "--learning_starts 1000000000 --steps 1000000000 --quiet "
                                     "--log_every 10000 --out %s/run %s",
                                     before, test_folder(), arguments);
    ck_assert_msg(run->code == 1, "%d: %s", run->code, run->err);
    test_one_line(run->err);
    ck_assert_msg(strstr(run->err, says) != NULL, "%s", run->err);
    test_shell("rm -rf %s/run", test_folder());
}

START_TEST(a_checkpoint_that_cannot_be_written_ends_the_run) {
    char before[300];
    /* blocks of 512 bytes: room for some rows and for no checkpoint */
    fails_alone("", "ulimit -f 100;", "checkpoint.safetensors: cannot be written");
    fails_alone("--save_every 700", "ulimit -f 100;", "checkpoint.safetensors: cannot be written");
    gb_format(before, sizeof before,
              "(until [ -e %s/run/checkpoint.safetensors ]; do sleep 0.01; done; "
              "until rm -rf %s/run 2>&-; do :; done) &", /* new files come meanwhile */
              test_folder(), test_folder());
    fails_alone("--save_every 5000", before, "checkpoint.safetensors: cannot be written");
}
END_TEST

/* A run that says it is running, without a checkpoint: killed before its first, if its rows do not
 * reach its second. */
static void lose_checkpoint(const char *name) {
    const test_run *run =
        test_shell("cd %s/%s && rm checkpoint.safetensors && sed -i s/finished/running/ run.json",
                   test_folder(), name);
    ck_assert_int_eq(run->code, 0);
}

START_TEST(a_run_without_checkpoint_starts_again_or_not) {
    RUN_WELL("gibbs train sac pendulum " RUN " --save_every 4000 --out %s/early", test_folder());
    char *whole = rows("early");
    lose_checkpoint("early");
    RUN_WELL("gibbs train --resume %s/early --quiet", test_folder());
    char *again = rows("early");
    ck_assert_str_eq(whole, again);
    RUN_WELL("gibbs train sac pendulum " RUN " --save_every 2500 --out %s/late", test_folder());
    lose_checkpoint("late");
    const test_run *run = test_shell("gibbs train --resume %s/late --quiet", test_folder());
    ck_assert_int_eq(run->code, 1);
    ck_assert_ptr_nonnull(strstr(run->err, "checkpoint.safetensors"));
    char *kept = rows("late");
    ck_assert_str_eq(whole, kept);
    free(whole), free(again), free(kept);
}
END_TEST

START_TEST(killed_before_the_first_checkpoint) {
    char first[512];
    gb_format(first, sizeof first,
              "train sac pendulum " RUN " --steps 100000000 --save_every 0 --out %s/cut",
              test_folder());
    end(start(first, "cut/metrics.csv"), SIGKILL);
    ck_assert(!exists("cut/checkpoint.safetensors"));
    RUN_WELL("gibbs train --resume %s/cut --steps 6000 --quiet", test_folder());
    RUN_WELL("gibbs train sac pendulum " RUN " --out %s/whole", test_folder());
    same_rows("cut", "whole");
}
END_TEST

/* Finishes the step, saves, exits with 0. */
START_TEST(interrupted_politely) {
    char first[512], path[256];
    gb_format(first, sizeof first, "train sac pendulum " RUN " --steps 100000000 --out %s/cut",
              test_folder());
    int status = end(start(first, "cut/checkpoint.safetensors"), SIGINT);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
    char *text = test_read(gb_format(path, sizeof path, "%s/cut/run.json", test_folder()), NULL);
    ck_assert_ptr_nonnull(strstr(text, "interrupted"));
    const char *step = strstr(text, "\"step\":");
    ck_assert_msg(step != NULL, "%s", text);
    long done = strtol(step + strlen("\"step\":"), NULL, 10), more = (done / 250 + 5) * 250;
    ck_assert_int_ge(done, 500);
    free(text);
    RUN_WELL("gibbs train --resume %s/cut --steps %ld --quiet", test_folder(), more);
    RUN_WELL("gibbs train sac pendulum " RUN " --steps %ld --out %s/whole", more, test_folder());
    same_rows("cut", "whole");
}
END_TEST

START_TEST(threads_may_change_in_between) {
    static const int threads[] = {1, 2, 1};
    RUN_WELL("gibbs train sac pendulum --envs 4 --norm_obs 1 " RUN " --out %s/whole",
             test_folder());
    RUN_WELL("gibbs train sac pendulum --envs 4 --norm_obs 1 " RUN " --steps 2000 --out %s/parts",
             test_folder());
    for (int part = 1; part < 3; part++) {
        char path[256], line[32];
        RUN_WELL("gibbs train --resume %s/parts --steps %d --threads %d --quiet", test_folder(),
                 2000 * (part + 1), threads[part]);
        char *config =
            test_read(gb_format(path, sizeof path, "%s/parts/config.ini", test_folder()), NULL);
        gb_format(line, sizeof line, "threads = %d\n", threads[part]);
        ck_assert_msg(strstr(config, line) != NULL, "no %s in %s", line, config);
        free(config);
    }
    same_rows("parts", "whole");
}
END_TEST

/* Ended at a step that has a row anyway. */
START_TEST(a_longer_run_is_the_longer_run) {
    RUN_WELL("gibbs train sac pendulum " RUN " --out %s/whole", test_folder());
    RUN_WELL("gibbs train sac pendulum " RUN " --steps 2500 --out %s/short", test_folder());
    RUN_WELL("gibbs train --resume %s/short --steps 6000 --quiet", test_folder());
    same_rows("short", "whole");
}
END_TEST

START_TEST(one_process_a_folder) {
    char first[512];
    gb_format(first, sizeof first, "train sac pendulum --steps 100000000 --quiet --out %s/busy",
              test_folder());
    pid_t pid = start(first, "busy/metrics.csv"); /* it has its folder */
    const test_run *run = test_shell("gibbs train --resume %s/busy", test_folder());
    end(pid, SIGKILL);
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
    ck_assert_ptr_nonnull(strstr(run->err, "another process"));
}
END_TEST

START_TEST(only_some_options_may_change) {
    ck_assert_int_eq(
        test_shell("gibbs train sac pendulum --steps 300 --hidden 8 --quiet --out %s/a",
                   test_folder())
            ->code,
        0);
    const test_run *run = test_shell("gibbs train --resume %s/a --gamma 0.5", test_folder());
    ck_assert_int_eq(run->code, 2);
    test_one_line(run->err);
    run = test_shell("gibbs train --resume %s/a --steps 500 --quiet", test_folder());
    ck_assert_msg(run->code == 0, "%s", run->err);
    char *a = rows("a");
    ck_assert_ptr_nonnull(strstr(a, "\n500,"));
    free(a);
}
END_TEST

Suite *resume_suite(void) {
    const TTest *const tests[] = {killed_while_it_writes,
                                  a_checkpoint_that_cannot_be_written_ends_the_run,
                                  a_run_without_checkpoint_starts_again_or_not,
                                  killed_before_the_first_checkpoint,
                                  interrupted_politely,
                                  threads_may_change_in_between,
                                  a_longer_run_is_the_longer_run,
                                  one_process_a_folder,
                                  only_some_options_may_change,
                                  NULL};
    Suite *suite = test_suite("resume", tests, 300);
    TCase *kills = tcase_create("kills");
    tcase_set_timeout(kills, 300);
    tcase_add_loop_test(kills, killed_anywhere_resumed_exactly, 0, 4);
    suite_add_tcase(suite, kills);
    return suite;
}
