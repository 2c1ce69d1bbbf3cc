/* Runs that are killed at any moment and resumed give the rows of the run that was not. */
#include "rng.h"
#include "support.h"

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

/* Starts the program, and ends it with signal after a while; returns whether it was still there. */
static bool killed(const char *arguments, int number, int milliseconds) {
    char command[1024];
    gb_format(command, sizeof command, "exec " GB_BUILD "/gibbs %s >/dev/null", arguments);
    pid_t pid = fork();
    if (!pid) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000L}, NULL);
    kill(pid, number);
    int status;
    waitpid(pid, &status, 0);
    if (number == SIGKILL) return WIFSIGNALED(status);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %d", command, status);
    return true;
}

START_TEST(killed_anywhere_resumed_exactly) {
    char start[512], resume[512];
    gb_rng rng = gb_rng_stream((uint64_t)_i, 1);
    ck_assert_int_eq(
        test_shell("gibbs train sac pendulum " RUN " --out %s/whole", test_folder())->code, 0);
    char *whole = rows("whole");
    gb_format(start, sizeof start, "train sac pendulum " RUN " --out %s/cut", test_folder());
    gb_format(resume, sizeof resume, "train --resume %s/cut --quiet", test_folder());
    int kills = 0;
    bool alive = killed(start, SIGKILL, 100 + (int)gb_rng_below(&rng, 300));
    for (; alive && kills < 6; kills++)
        alive = killed(resume, SIGKILL, 60 + (int)gb_rng_below(&rng, 250));
    const test_run *run = test_shell("gibbs %s", resume);
    ck_assert_msg(run->code == 0, "%s", run->err);
    char *cut = rows("cut");
    ck_assert_msg(!strcmp(whole, cut), "after %d kills:\n%s\nnot\n%s", kills, cut, whole);
    free(whole);
    free(cut);
}
END_TEST

START_TEST(killed_before_the_first_checkpoint) {
    char start[512];
    gb_format(start, sizeof start, "train sac pendulum " RUN " --save_every 0 --out %s/cut",
              test_folder());
    killed(start, SIGKILL, 150);
    const test_run *run = test_shell("gibbs train --resume %s/cut --quiet", test_folder());
    ck_assert_msg(run->code == 0, "%s", run->err);
    ck_assert_int_eq(
        test_shell("gibbs train sac pendulum " RUN " --out %s/whole", test_folder())->code, 0);
    char *cut = rows("cut"), *whole = rows("whole");
    ck_assert_str_eq(cut, whole);
    free(cut);
    free(whole);
}
END_TEST

START_TEST(interrupted_politely) {
    char start[512];
    gb_format(start, sizeof start, "train sac pendulum " RUN " --out %s/cut", test_folder());
    killed(start, SIGINT, 200); /* finishes the step, saves, exits with 0 */
    char path[256];
    char *status = test_read(gb_format(path, sizeof path, "%s/cut/run.json", test_folder()), NULL);
    ck_assert(strstr(status, "interrupted") || strstr(status, "finished"));
    free(status);
    ck_assert_int_eq(test_shell("gibbs train --resume %s/cut --quiet", test_folder())->code, 0);
    ck_assert_int_eq(
        test_shell("gibbs train sac pendulum " RUN " --out %s/whole", test_folder())->code, 0);
    char *cut = rows("cut"), *whole = rows("whole");
    ck_assert_str_eq(cut, whole);
    free(cut);
    free(whole);
}
END_TEST

START_TEST(threads_may_change_in_between) {
    ck_assert_int_eq(test_shell("gibbs train sac pendulum --envs 4 --threads 2 " RUN " --out %s/a",
                                test_folder())
                         ->code,
                     0);
    ck_assert_int_eq(
        test_shell("gibbs train sac pendulum --envs 4 " RUN " --out %s/b", test_folder())->code, 0);
    char *a = rows("a"), *b = rows("b");
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
}
END_TEST

START_TEST(one_process_a_folder) {
    char start[512];
    gb_format(start, sizeof start, "%s/busy", test_folder());
    pid_t pid = fork();
    if (!pid) {
        gb_format(start, sizeof start,
                  "exec " GB_BUILD
                  "/gibbs train sac pendulum --steps 100000000 --quiet --out %s/busy",
                  test_folder());
        execl("/bin/sh", "sh", "-c", start, (char *)NULL);
        _exit(127);
    }
    /* until it has its folder */
    while (test_shell("test -f %s/busy/metrics.csv", test_folder())->code)
        nanosleep(&(struct timespec){0, 20000000L}, NULL);
    const test_run *run = test_shell("gibbs train --resume %s/busy", test_folder());
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
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
    const TTest *const tests[] = {killed_before_the_first_checkpoint, interrupted_politely,
                                  threads_may_change_in_between,      one_process_a_folder,
                                  only_some_options_may_change,       NULL};
    Suite *suite = test_suite("resume", tests, 300);
    TCase *kills = tcase_create("kills");
    tcase_set_timeout(kills, 300);
    tcase_add_loop_test(kills, killed_anywhere_resumed_exactly, 0, 4);
    suite_add_tcase(suite, kills);
    return suite;
}
