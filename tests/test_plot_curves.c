/* gibbs plot: the numbers of its curves on runs made by hand. */
#include "support.h"

#ifdef GB_CAIRO

#include "metrics.h"
#include "plot_things.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_centers) {
    static const struct {
        const char *args;
        double y;
    } cases[] = {{"", 3}, {"--center mean", 3}, {"--center iqm", 1.5}, {"--center median", 1.5}};
    struct line l[64];
    char args[128];
    four_seeds();
    for (int i = 0; i < 4; i++) {
        gb_format(args, sizeof args, "r0 r1 r2 r3 --y return_mean %s", cases[i].args);
        ck_assert_int_eq(lines_of(args, l), 2);
        ck_assert(l[0].x == 100 && l[0].y == cases[i].y && l[0].seeds == 4);
        ck_assert(l[1].x == 200 && l[1].y == 4 && l[1].low == 4 && l[1].high == 4);
        ck_assert(l[0].low >= 0 && l[0].low < l[0].y && l[0].high > l[0].y && l[0].high <= 9);
        ck_assert_str_eq(l[0].env, "pendulum");
        ck_assert_str_eq(l[0].name, "sac");
        ck_assert_str_eq(l[0].column, "return_mean");
    }
    /* evaluations come first, where all runs have them; empty cells are no points */
    ck_assert_int_eq(lines_of("r0 r1 r2 r3", l), 1);
    ck_assert(l[0].x == 200 && l[0].y == 7.5 && !strcmp(l[0].column, "eval_return_mean"));
    put_run("r3", "sac", "pendulum", 3, "lr = 1\n", "100,9,\n200,4,\n");
    ck_assert_int_eq(lines_of("r0 r1 r2 r3", l), 2);
    ck_assert_str_eq(l[0].column, "return_mean");
}
END_TEST

/* Resamples of three seeds are 0, 1/3, ... with known chances: 1, 3, 3, ... of 27. */
START_TEST(test_band) {
    struct line l[64];
    put_run("a", "sac", "pendulum", 1, "", "1,0,\n");
    put_run("b", "sac", "pendulum", 2, "", "1,1,\n");
    put_run("c", "sac", "pendulum", 3, "", "1,10,\n");
    ck_assert_int_eq(lines_of("a b c --band 80", l), 1);
    ck_assert_double_eq_tol(l[0].low, 1 / 3.0, 1e-12);
    ck_assert_double_eq_tol(l[0].high, 7, 1e-12);
    ck_assert_int_eq(lines_of("c a b --band 99", l), 1);
    ck_assert(l[0].low == 0 && l[0].high == 10);
    ck_assert_int_eq(lines_of("a b c --band 0", l), 1);
    ck_assert(isnan(l[0].low) && isnan(l[0].high));
    ck_assert_int_eq(lines_of("a", l), 1);
    ck_assert(isnan(l[0].low) && l[0].y == 0 && l[0].seeds == 1);
}
END_TEST

/* Two runs of different rows meet on the rows of both, where both have values. */
START_TEST(test_interpolation) {
    static const double expected[][2] = {{50, 2.5}, {100, 30}, {150, 57.5}, {200, 85}};
    struct line l[64];
    put_run("a", "sac", "pendulum", 1, "", "0,0,\n100,10,\n200,20,\n");
    put_run("b", "sac", "pendulum", 2, "", "50,0,\n100,,\n150,100,\n250,200,\n");
    ck_assert_int_eq(lines_of("a b", l), 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq(l[i].x, expected[i][0]);
        ck_assert_double_eq_tol(l[i].y, expected[i][1], 1e-12);
    }
    ck_assert_ptr_nonnull(strstr(plot("a b -o a.svg")->out, "ends where a ends"));
}
END_TEST

START_TEST(test_smoothing) {
    static const double three[] = {0, 3, 3, 5, 9}, two[] = {0, 4.5, 3, 4.5, 9};
    struct line l[64];
    put_run("a", "sac", "pendulum", 1, "", "1,0,\n2,3,\n3,6,\n4,0,\n5,,\n6,9,\n");
    ck_assert_int_eq(lines_of("a --smooth 3", l), 5);
    for (int i = 0; i < 5; i++) ck_assert_double_eq_tol(l[i].y, three[i], 1e-12);
    ck_assert_int_eq(lines_of("a --smooth 2", l), 5);
    for (int i = 0; i < 5; i++) ck_assert_double_eq_tol(l[i].y, two[i], 1e-12);
}
END_TEST

START_TEST(test_many_rows_are_thinned) {
    char path[256];
    put_run("a", "sac", "pendulum", 1, "", "");
    gb_format(path, sizeof path, "%s/a/metrics.csv", test_folder());
    FILE *file = fopen(path, "w");
    fputs("step,return_mean\n", file);
    for (int i = 0; i < 5000; i++) fprintf(file, "%d,%d\n", i, 2 * i);
    fclose(file);
    plots("a --csv out.csv -o a.svg");
    const test_run *run =
        test_shell("cd %s && wc -l < out.csv && sed -n '2p;$p' out.csv", test_folder());
    ck_assert_str_eq(run->out, "1001\n\"pendulum\",\"sac\",\"return_mean\",0,0,,,1\n"
                               "\"pendulum\",\"sac\",\"return_mean\",4999,9998,,,1\n");
}
END_TEST

/* Wall time is that of the event file, row by row; a cut file gives what it holds. */
START_TEST(test_wall_time) {
    struct line l[64];
    char dir[128], path[256];
    gb_err err;
    put_run("a", "sac", "pendulum", 1, "", "");
    gb_metrics *m = gb_metrics_create(gb_format(dir, sizeof dir, "%s/a", test_folder()), &err);
    ck_assert(m != NULL);
    for (int i = 1; i <= 3; i++) {
        const gb_metric figure[] = {{"return_mean", 10 * i}}, timing[] = {{"seconds", 1.5 * i}};
        ck_assert_int_eq(gb_metrics_row(m, 100 * i, figure, 1, timing, 1, &err), GB_OK);
    }
    gb_metrics_close(m);
    ck_assert_int_eq(lines_of("a --x wall", l), 3);
    for (int i = 0; i < 3; i++) ck_assert(l[i].x == 1.5 * (i + 1) && l[i].y == 10 * (i + 1));
    size_t n;
    char *bytes = test_read(gb_format(path, sizeof path, "%s/events.out.tfevents.gibbs", dir), &n);
    test_write(path, bytes, n - 3);
    ck_assert_int_eq(lines_of("a --x wall", l), 2);
    bytes[n / 2] ^= 1;
    test_write(path, bytes, n);
    free(bytes);
    const test_run *run = plot("a --x wall -o a.png");
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
    ck_assert_ptr_nonnull(strstr(run->err, "damaged"));
}
END_TEST

Suite *plot_curves_suite(void);
Suite *plot_curves_suite(void) {
    const TTest *const tests[] = {
        test_centers,   test_band, test_interpolation, test_smoothing, test_many_rows_are_thinned,
        test_wall_time, NULL};
    return test_suite("plot_curves", tests, 120);
}

#else

Suite *plot_curves_suite(void);
Suite *plot_curves_suite(void) {
    return suite_create("plot_curves");
}

#endif
