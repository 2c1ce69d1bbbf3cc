/* cli_things.h - a tiny run, and commands that fail, for the suites of the command line. */
#ifndef GB_TESTS_CLI_THINGS_H
#define GB_TESTS_CLI_THINGS_H

#include "support.h"

#include <string.h>

#define QUICK "--steps 300 --hidden 8,8 --batch 8 --quiet"

/* Trains a tiny run in the test's folder; returns the folder of the run. */
static inline const char *tiny_run(void) {
    static char dir[128];
    gb_format(dir, sizeof dir, "%s/run", test_folder());
    const test_run *run = test_shell("gibbs train sac pendulum " QUICK " --out %s", dir);
    ck_assert_msg(run->code == 0, "%s", run->err);
    ck_assert_str_eq(run->out, "");
    return dir;
}

/* Asserts that a command fails with this code, one line on stderr that holds `says`, and nothing
 * on stdout. */
static inline void fails(int code, const char *says, const char *command) {
    const test_run *run = test_shell("%s", command);
    ck_assert_msg(run->code == code, "%s: exit code %d, not %d: %s", command, run->code, code,
                  run->err);
    test_one_line(run->err);
    ck_assert_msg(strstr(run->err, says), "%s: '%s' is not in: %s", command, says, run->err);
    ck_assert_msg(!run->out[0], "%s: prints %s", command, run->out);
}

#endif
