/* softmax.h: against long double, for differences of all sizes, and where it says no. */
#include "regularizer.h"
#include "rng.h"
#include "softmax.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { ROWS = 97, MOST = GB_SOFTMAX_MAX };
static double q[ROWS * MOST], value[ROWS], log_policy[ROWS * MOST];

/* Differences between a millionth of a temperature and a million of them. */
static void fill(gb_rng *rng, int rows, int n, double temperature) {
    const double spread = temperature * pow(10, (double)gb_rng_below(rng, 13) - 6);
    const double around = 100 * gb_rng_normal(rng);
    for (int i = 0; i < rows * n; i++) q[i] = around + spread * gb_rng_normal(rng);
}

/* Every row, against the definition in long double, with the bound of the header. The gaps that go
 * in are rounded to double (3 roundings: difference, 1 / T, product), which moves log-probabilities
 * by as many parts of them. */
static void check_rows(int rows, int n, double temperature) {
    for (int s = 0; s < rows; s++) {
        const double *row = q + (size_t)s * (size_t)n, *log_p = log_policy + (size_t)s * (size_t)n;
        long double best = row[0], sum = 0;
        for (int a = 0; a < n; a++) best = fmaxl(best, row[a]);
        for (int a = 0; a < n; a++) sum += expl((row[a] - best) / (long double)temperature);
        const long double top = logl(sum), true_value = best + temperature * top;
        const double off =
            2e-16 * fabs((double)true_value) + temperature * (1.2e-16 * n + 8e-16 * (1 + log(n)));
        ck_assert_msg(fabsl(value[s] - true_value) <= off, "n %d, T %g: %.17g not %.17Lg", n,
                      temperature, value[s], true_value);
        for (int a = 0; a < n; a++) {
            const long double expected = (row[a] - best) / (long double)temperature - top;
            ck_assert_msg(fabsl(log_p[a] - expected) <=
                              1.2e-16 * n + 8e-16 * (1 + log(n) + fabsl(expected)),
                          "n %d, T %g: %.17g not %.17Lg", n, temperature, log_p[a], expected);
        }
    }
}

START_TEST(rows_are_softmaxes) {
    gb_rng rng = gb_rng_stream(1, GB_STREAM_BENCH);
    for (int i = 0; i < 600; i++) {
        const int n = i < 64 ? i + 1 : 1 + (int)gb_rng_below(&rng, MOST);
        const int rows = 1 + (int)gb_rng_below(&rng, ROWS);
        const double temperature = pow(10, gb_rng_uniform(&rng, -4, 2));
        fill(&rng, rows, n, temperature);
        ck_assert(gb_softmax_rows(temperature, rows, n, q, value, log_policy));
        check_rows(rows, n, temperature);
    }
}
END_TEST

/* The exponential alone, of gap x, through the value of a row of two: close and far. */
START_TEST(exponentials_are_exact_to_rounding) {
    for (int i = 0; i <= 80000; i++) {
        const double x = -i / 100.0;
        const double row[] = {0, x};
        double sum, log_p[2];
        ck_assert(gb_softmax_rows(1, 1, 2, row, &sum, log_p));
        const long double expected = log1pl(expl(x));
        ck_assert_msg(fabsl(sum - expected) <= 4e-16, "%g: %.17g not %.17Lg", x, sum, expected);
        ck_assert_double_eq(log_p[0], -sum);
    }
}
END_TEST

/* A row's bits do not depend on the rows around it, nor on whether both results are wanted. */
START_TEST(neighbours_do_not_matter) {
    gb_rng rng = gb_rng_stream(2, GB_STREAM_BENCH);
    for (int n = 1; n <= MOST; n += n < 8 ? 1 : 7) {
        fill(&rng, ROWS, n, 1);
        ck_assert(gb_softmax_rows(0.7, ROWS, n, q, value, log_policy));
        for (int s = 0; s < ROWS; s++) {
            double alone, log_alone[MOST], other;
            const size_t at = (size_t)s * (size_t)n;
            ck_assert(gb_softmax_rows(0.7, 1, n, q + at, &alone, NULL));
            ck_assert(gb_softmax_rows(0.7, 1, n, q + at, NULL, log_alone));
            ck_assert_mem_eq(log_alone, log_policy + at, (size_t)n * sizeof *log_alone);
            ck_assert(alone == value[s]);
            ck_assert(gb_softmax_rows(0.7, ROWS - s, n, q + at, value, NULL));
            other = value[0];
            ck_assert(other == alone);
            ck_assert(gb_softmax_rows(0.7, ROWS, n, q, value, log_policy));
        }
    }
}
END_TEST

START_TEST(far_ends) {
    static const double row[] = {-DBL_MAX, DBL_MAX, 0, DBL_MAX};
    double top, log_p[4];
    ck_assert(gb_softmax_rows(DBL_MIN, 1, 4, row, &top, log_p));
    ck_assert_double_eq(top, DBL_MAX);
    ck_assert_double_eq_tol(log_p[1], -log(2), 1e-15);
    ck_assert_double_eq_tol(log_p[3], -log(2), 1e-15);
    ck_assert_double_eq(log_p[0], -DBL_MAX);
    ck_assert_double_eq(log_p[2], -DBL_MAX);
}
END_TEST

START_TEST(what_is_not_finite_is_refused) {
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    gb_rng rng = gb_rng_stream(3, GB_STREAM_BENCH);
    for (int i = 0; i < 3; i++)
        for (int at = 0; at < ROWS * 4; at += 11) {
            fill(&rng, ROWS, 4, 1);
            q[at] = bad[i];
            ck_assert(!gb_softmax_rows(1, ROWS, 4, q, value, log_policy));
        }
}
END_TEST

/* The quick way of regularisers is their usual one, and there is one for softmaxes only. */
START_TEST(regularisers_take_rows) {
    static const struct {
        gb_regularizer omega;
        const char *name;
        bool quick;
    } rows[] = {
        {{.tau = 0.1}, "entropy", true},
        {{.lambda = 0.3}, "kl", true},
        {{.lambda = 0.2, .tau = 0.05}, "kl_entropy", true},
        {{.tau = 0.1}, "kl_entropy", true},
        {{.tau = 0.4, .index = 1}, "tsallis", true},
        {{.tau = 0}, "entropy", false},
        {{.tau = 0}, "none", false},
        {{.tau = 0.1}, "sparsemax", false},
        {{.tau = 0.1}, "log_barrier", false},
        {{.lambda = 0.1, .index = 1.5}, "alpha_divergence", false},
    };
    gb_rng rng = gb_rng_stream(4, GB_STREAM_BENCH);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gb_regularizer omega = rows[i].omega;
        const gb_actions actions = {.n = 5};
        omega.type = gb_regularizer_find(rows[i].name, NULL);
        for (int k = 0; k < ROWS * 5; k++) q[k] = gb_rng_normal(&rng);
        bool quick = gb_regularizer_greedy_rows(&omega, ROWS, 5, q, value, log_policy);
        ck_assert_msg(quick == rows[i].quick, "%s", rows[i].name);
        for (int s = 0; s < ROWS && quick; s++) {
            double log_p[5];
            ck_assert_double_eq_tol(value[s],
                                    gb_regularizer_greedy(&omega, &actions, q + 5 * s, log_p),
                                    2e-15);
            for (int a = 0; a < 5; a++)
                ck_assert_double_eq_tol(log_policy[5 * s + a], log_p[a],
                                        1e-15 * (2 + fabs(log_p[a])));
        }
    }
}
END_TEST

Suite *softmax_suite(void);
Suite *softmax_suite(void) {
    const TTest *const tests[] = {rows_are_softmaxes,
                                  exponentials_are_exact_to_rounding,
                                  neighbours_do_not_matter,
                                  far_ends,
                                  what_is_not_finite_is_refused,
                                  regularisers_take_rows,
                                  NULL};
    return test_suite("softmax", tests, 60);
}
