/* A window whose display dies, or which another program takes away, on a server of its own (Xvfb,
 * if it and xdotool are there): training goes on to the numbers it would have had, watch and play
 * end with one line and keep what was played. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#ifdef GB_SDL

/* Starts "gibbs ARGS" at a display, and when its window is there, does `deed` to the server X or
 * the window W. */
static const test_run *lose(const char *args, const char *deed) {
    return test_shell("G=$PWD/%s/gibbs; cd %s; " TEST_DISPLAY
                      "ASAN_OPTIONS=detect_leaks=0 " /* a lost window is left as it is */
                      "timeout -s KILL 100 $G %s & P=$!; "
                      "until W=$(xdotool search --name gibbs 2>/dev/null); do "
                      "kill -0 $P || exit 98; sleep 0.05; done; "
                      "%s; wait $P; C=$?; " TEST_DISPLAY_END "exit $C",
                      GB_BUILD, test_folder(), args, deed);
}

static const char *const deeds[] = {
    "kill -9 $X",             /* the server dies */
    "xdotool windowkill $W",  /* the connection is cut, as by xkill */
    "xdotool windowclose $W", /* the window is destroyed */
};
enum { DEEDS = sizeof deeds / sizeof *deeds };

START_TEST(training_outlives_its_display) {
    if (!test_has_display()) return;
    const char *const train = "train qlearning corridor --steps 3000000 --log_every 100000 "
                              "--save_every 0";
    const test_run *run = test_shell("cd %s; $OLDPWD/%s/gibbs %s --quiet --out alone",
                                     test_folder(), GB_BUILD, train);
    ck_assert_msg(!run->code, "%s", run->err);
    for (int k = 0; k < DEEDS; k++) {
        char args[256];
        gb_format(args, sizeof args, "%s --out run%d --watch", train, k);
        run = lose(args, deeds[k]);
        ck_assert_msg(!run->code, "%s: %d %s", deeds[k], run->code, run->err);
        test_one_line(run->err);
        ck_assert_msg(strstr(run->err, "training goes on") != NULL, "%s", run->err);
        ck_assert_msg(strstr(run->out, "done after 3,000,000 steps") != NULL, "%s", run->out);
        run = test_shell("cd %s && cmp alone/metrics.csv run%d/metrics.csv", test_folder(), k);
        ck_assert_msg(!run->code, "%s: %s", deeds[k], run->out);
    }
}
END_TEST

START_TEST(watching_ends_with_one_line) {
    if (!test_has_display()) return;
    for (int k = 0; k < DEEDS; k++) {
        const test_run *run = lose("watch pendulum --size 200x150", deeds[k]);
        ck_assert_msg(run->code == 1, "%s: %d %s", deeds[k], run->code, run->err);
        test_one_line(run->err);
        ck_assert_msg(strstr(run->err, "the display has gone") != NULL, "%s", run->err);
    }
}
END_TEST

START_TEST(what_was_played_is_kept) {
    if (!test_has_display()) return;
    const test_run *run = lose("play frozen_lake --save a.jsonl --size 200x150",
                               "until [ -s a.jsonl ]; do xdotool windowfocus $W key Left; "
                               "kill -0 $P || exit 97; sleep 0.1; done; kill -9 $X");
    ck_assert_msg(run->code == 1, "%d %s", run->code, run->err);
    test_one_line(run->err);
    size_t n;
    char *text = test_read(gb_format((char[256]){0}, 256, "%s/a.jsonl", test_folder()), &n);
    ck_assert_msg(n > 0 && text[n - 1] == '\n', "%s", text);
    free(text);
}
END_TEST

Suite *display_suite(void);
Suite *display_suite(void) {
    const TTest *const tests[] = {training_outlives_its_display, watching_ends_with_one_line,
                                  what_was_played_is_kept, NULL};
    return test_suite("display", tests, 180);
}

#else

Suite *display_suite(void);
Suite *display_suite(void) {
    return suite_create("display");
}

#endif
