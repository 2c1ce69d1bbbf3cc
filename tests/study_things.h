/* study_things.h - running gibbs study, and reading what it leaves. */
#ifndef GB_TESTS_STUDY_THINGS_H
#define GB_TESTS_STUDY_THINGS_H

#include "support.h"

/* Runs a study into a folder of that name in the test's own; asserts its exit code. */
static inline const test_run *study(int code, const char *folder, const char *arguments) {
    const test_run *run =
        test_shell("gibbs study %s --out %s/%s", arguments, test_folder(), folder);
    ck_assert_msg(run->code == code, "%s: exit code %d: %s", arguments, run->code, run->err);
    if (code) test_one_line(run->err);
    return run;
}

/* Reads a file of such a folder, as test_read does. */
static inline char *read_file(const char *folder, const char *name, size_t *n) {
    char path[400];
    return test_read(gb_format(path, sizeof path, "%s/%s/%s", test_folder(), folder, name), n);
}

#endif
