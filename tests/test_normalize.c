/* Running normalisation against moments of all rows at once, and rewards by hand. */
#include "normalize.h"
#include "rng.h"
#include "support.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>

enum { ROWS = 100, N = 2 };

START_TEST(moments_do_not_depend_on_the_parts) {
    static const int parts[] = {1, 7, 2, 50, 40};
    gb_rng rng = gb_rng_stream(1, 1);
    gb_real x[ROWS * N];
    double column[N][ROWS];
    gb_moments m;
    gb_err err;
    ck_assert_int_eq(gb_moments_init(&m, N, &err), GB_OK);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < N; j++) {
            x[i * N + j] = (gb_real)(gb_rng_normal(&rng) + (j ? 1000 : 0));
            column[j][i] = (double)x[i * N + j];
        }
    for (int k = 0, at = 0; k < 5; at += parts[k++]) gb_moments_add(&m, parts[k], x + at * N);
    ck_assert_double_eq(m.count, ROWS);
    for (int j = 0; j < N; j++) {
        const double mean = gsl_stats_mean(column[j], 1, ROWS);
        const double var = gsl_stats_variance_with_fixed_mean(column[j], 1, ROWS, mean);
        ck_assert_double_eq_tol(m.mean[j], mean, 1e-12 * fabs(mean) + 1e-14);
        ck_assert_double_eq_tol(m.m2[j] / ROWS, var, 1e-9);
        gb_real row[N] = {x[0], x[1]};
        gb_moments_normalize(&m, 1, row);
        ck_assert_double_eq_tol((double)row[j], (column[j][0] - mean) / sqrt(var + 1e-8), 1e-5);
    }
    gb_real far[N] = {1e6f, -1e6f};
    gb_moments_normalize(&m, 1, far);
    ck_assert(far[0] == 10 && far[1] == -10);
    gb_moments_free(&m);
}
END_TEST

START_TEST(nothing_seen_nothing_changed) {
    gb_moments m;
    gb_err err;
    ck_assert_int_eq(gb_moments_init(&m, 1, &err), GB_OK);
    gb_real x = 3.5f;
    gb_moments_normalize(&m, 1, &x);
    ck_assert(x == 3.5f);
    gb_moments_add(&m, 1, &x); /* one row: no deviation yet, but no division by 0 either */
    gb_moments_normalize(&m, 1, &x);
    ck_assert(x == 0);
    gb_moments_free(&m);
}
END_TEST

/* Two instances, gamma 0.5; the first one's episode is over after step 2. */
START_TEST(returns_by_hand) {
    static const float reward[3][2] = {{2, 4}, {1, -1}, {3, 2}};
    static const uint8_t over[3][2] = {{0, 0}, {1, 0}, {0, 0}}, no[2] = {0};
    static const double ret[] = {2, 4, 2, 1, 3, 2.5};
    gb_return_scale s;
    gb_err err;
    gb_real out[2];
    ck_assert_int_eq(gb_return_scale_init(&s, 2, 0.5, &err), GB_OK);
    for (int t = 0; t < 3; t++) {
        gb_return_scale_step(&s, reward[t], t == 1 ? no : over[t], t == 1 ? over[t] : no, out);
        const size_t seen = 2 * (size_t)(t + 1);
        const double mean = gsl_stats_mean(ret, 1, seen);
        const double std = sqrt(gsl_stats_variance_with_fixed_mean(ret, 1, seen, mean) + 1e-8);
        for (int i = 0; i < 2; i++)
            ck_assert_double_eq_tol((double)out[i], (double)reward[t][i] / std, 1e-5);
    }
    gb_return_scale_free(&s);
}
END_TEST

Suite *normalize_suite(void) {
    const TTest *const tests[] = {moments_do_not_depend_on_the_parts, nothing_seen_nothing_changed,
                                  returns_by_hand, NULL};
    return test_suite("normalize", tests, 10);
}
