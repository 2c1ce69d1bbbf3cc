/* support.h - what several test suites use. */
#ifndef GB_TESTS_SUPPORT_H
#define GB_TESTS_SUPPORT_H

#include "base.h"
#include "registry.h"

#include <check.h>

/* How many random cases to try: a tenth under sanitizers, which look at memory and not at numbers,
 * and make everything ten times as slow. */
#ifdef __SANITIZE_ADDRESS__
#define TEST_CASES(n) ((n) / 10)
#else
#define TEST_CASES(n) (n)
#endif

/* Makes a suite of one test case from a NULL-terminated list of tests, with a time limit each. */
Suite *test_suite(const char *name, const TTest *const tests[], double seconds);

/* Returns the path of a folder of this test's own, empty at first, removed when the test ends. */
const char *test_folder(void);

/* Reads a whole file; the caller frees it with free(). Fails the test if it cannot be read. *n may
 * be NULL; the bytes are followed by a zero. */
char *test_read(const char *path, size_t *n);
void test_write(const char *path, const void *bytes, size_t n);

/* What a command line did. */
typedef struct test_run {
    int code; /* exit code; 128 + signal if one ended it */
    char out[1 << 16], err[1 << 13];
} test_run;

/* Runs a shell command line in which "gibbs " at the start stands for the built program, with
 * standard output and error caught. Returns what it did, valid until the next call. */
const test_run *test_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* In a shell command line: starts an X server that nobody sees, X its process, and uses it from
 * then on; it lasts when a client leaves it (otherwise it would begin anew, and refuse who comes
 * meanwhile). At the end, removes what a killed server leaves, unless it is another's by now. Where
 * test_has_display(). */
#define TEST_DISPLAY                                                                               \
    "rm -f display; exec 3>display; "                                                              \
    "Xvfb -noreset -displayfd 3 -screen 0 400x300x24 2>/dev/null & X=$!; "                         \
    "while ! [ -s display ]; do kill -0 $X || exit 99; sleep 0.05; done; "                         \
    "export DISPLAY=:$(cat display); "
#define TEST_DISPLAY_END                                                                           \
    "kill $X 2>/dev/null; wait $X; L=/tmp/.X$(cat display)-lock; "                                 \
    "if grep -qsw $X $L; then rm -f $L /tmp/.X11-unix/X$(cat display); fi; "

/* Whether Xvfb and xdotool are there. */
bool test_has_display(void);

/* Asserts that err is one line that starts with "gibbs: ". */
void test_one_line(const char *err);

#endif
