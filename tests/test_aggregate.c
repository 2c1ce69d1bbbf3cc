/* Centres of several runs, and bootstrap intervals against exact enumeration. */
#include "aggregate.h"
#include "support.h"

#include <math.h>
#include <string.h>

START_TEST(test_centers) {
    const double eight[] = {9, 1, 5, 100, 2, 7, -50, 3};
    static const struct {
        int n;
        double iqm, median;
    } known[] = {{1, 9, 9},
                 {3, 5, 5},
                 {4, 7, 7},        /* without 1 and 100 */
                 {7, 24.0 / 5, 5}, /* floor(7 / 4) = 1 at each end */
                 {8, 17.0 / 4, 4}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double sum = 0, x[8];
        for (int k = 0; k < known[i].n; k++) sum += eight[k];
        const double expected[] = {sum / known[i].n, known[i].iqm, known[i].median};
        for (int center = 0; center < 3; center++) {
            memcpy(x, eight, sizeof x);
            ck_assert_double_eq_tol(gb_center_of((gb_center)center, x, known[i].n),
                                    expected[center], 1e-12);
        }
    }
}
END_TEST

/* All n^n resamples, each as likely as any other: the exact bootstrap distribution. */
static double exact_quantile(gb_center center, const double *x, int n, double p) {
    static double centers[3125];
    int count = 1;
    for (int i = 0; i < n; i++) count *= n;
    for (int r = 0; r < count; r++) {
        double drawn[5];
        for (int i = 0, rest = r; i < n; i++, rest /= n) drawn[i] = x[rest % n];
        centers[r] = gb_center_of(center, drawn, n);
    }
    gb_center_of(GB_CENTER_MEDIAN, centers, count); /* sorts */
    return centers[(int)(p * count)];
}

/* The interval lies between the exact quantiles at levels a little narrower and wider: three
 * standard deviations of a count among GB_RESAMPLES. */
START_TEST(test_band_is_the_bootstraps) {
    const double x[] = {0, 1, 10, 12, 40};
    for (int n = 2; n <= 5; n++)
        for (int center = 0; center < 3; center++)
            for (double level = 0.4; level < 0.96; level += 0.1) {
                double middle, low, high, tail = (1 - level) / 2;
                double slack = 3 * sqrt(tail * (1 - tail) / GB_RESAMPLES);
                gb_err err;
                ck_assert_int_eq(gb_aggregate((gb_center)center, x, n, 1, level, &middle, &low,
                                              &high, &err),
                                 GB_OK);
                gb_center c = (gb_center)center;
                double wide = fmax(0, tail - slack), narrow = tail + slack;
                ck_assert_double_ge(low, exact_quantile(c, x, n, wide) - 1e-9);
                ck_assert_double_le(low, exact_quantile(c, x, n, narrow) + 1e-9);
                ck_assert_double_le(high, exact_quantile(c, x, n, 1 - wide - 1e-9) + 1e-9);
                ck_assert_double_ge(high, exact_quantile(c, x, n, 1 - narrow) - 1e-9);
            }
}
END_TEST

/* Of two curves the mean of a resample is the one, the other (a quarter each) or theirs (half). */
START_TEST(test_two_curves) {
    const double y[] = {0, 5, -2, 1, 5, 0}; /* (2, 3) */
    double middle[3], low[3], high[3];
    gb_err err;
    ck_assert_int_eq(gb_aggregate(GB_CENTER_MEAN, y, 2, 3, 0.95, middle, low, high, &err), GB_OK);
    for (int p = 0; p < 3; p++) {
        double a = fmin(y[p], y[3 + p]), b = fmax(y[p], y[3 + p]);
        ck_assert(middle[p] == (a + b) / 2 && low[p] == a && high[p] == b);
    }
    ck_assert_int_eq(gb_aggregate(GB_CENTER_MEAN, y, 2, 3, 0.4, middle, low, high, &err), GB_OK);
    for (int p = 0; p < 3; p++) ck_assert(low[p] == middle[p] && high[p] == middle[p]);
}
END_TEST

START_TEST(test_one_curve_has_no_band) {
    const double y[] = {3, 4};
    double middle[2], low[2] = {77, 77}, high[2] = {77, 77};
    gb_err err;
    ck_assert_int_eq(gb_aggregate(GB_CENTER_IQM, y, 1, 2, 0.95, middle, low, high, &err), GB_OK);
    ck_assert(middle[0] == 3 && middle[1] == 4 && low[0] == 77 && high[1] == 77);
    ck_assert_int_eq(gb_aggregate(GB_CENTER_IQM, y, 2, 1, 0.95, middle, NULL, NULL, &err), GB_OK);
    ck_assert(middle[0] == 3.5);
}
END_TEST

START_TEST(test_memory) {
    const double y[] = {3, 4};
    double middle, low, high;
    for (int after = 0; after < 2; after++) {
        gb_err err = {""};
        gb_alloc_fail_after(after);
        ck_assert_int_eq(gb_aggregate(GB_CENTER_MEAN, y, 2, 1, 0.5, &middle, &low, &high, &err),
                         GB_FAIL);
        gb_alloc_fail_after(-1);
        ck_assert_msg(strstr(err.msg, "memory") != NULL, "%s", err.msg);
    }
}
END_TEST

Suite *aggregate_suite(void);
Suite *aggregate_suite(void) {
    const TTest *const tests[] = {test_centers,    test_band_is_the_bootstraps,
                                  test_two_curves, test_one_curve_has_no_band,
                                  test_memory,     NULL};
    return test_suite("aggregate", tests, 60);
}
