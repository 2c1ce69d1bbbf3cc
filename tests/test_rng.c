/* Random streams: the same numbers everywhere, and numbers that look random. Bounds fail at
 * p < 1e-6; seeds are fixed, so that a test passes always or never. */
#include "rng.h"
#include "support.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <stdlib.h>
#include <string.h>

static const double rare = 1e-6;

/* Asserts that n counts with equal expectations are neither too uneven nor too even. */
static void check_even(const uint32_t *count, int n) {
    double total = 0, chi2 = 0;
    for (int i = 0; i < n; i++) total += count[i];
    for (int i = 0; i < n; i++) chi2 += pow(count[i] - total / n, 2) / (total / n);
    double q = gsl_cdf_chisq_Q(chi2, n - 1);
    ck_assert_msg(q > rare && 1 - q > rare, "chi-square %g of %d cells: p = %g", chi2, n, q);
}

/* Asserts that x (n) follows the distribution function cdf (Kolmogorov and Smirnov). Sorts x. */
static void check_distribution(double *x, size_t n, double (*cdf)(double)) {
    gsl_sort(x, 1, n);
    double d = 0;
    for (size_t i = 0; i < n; i++) {
        double f = cdf(x[i]);
        d = fmax(d, fmax(f - (double)i / n, (double)(i + 1) / n - f));
    }
    double lambda = d * sqrt((double)n), p = 0;
    for (int k = 1; k < 100; k++) p += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * lambda * lambda);
    ck_assert_msg(p > rare, "largest distance %g of %zu numbers: p = %g", d, n, p);
}

static double unit_cdf(double x) {
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* --- the same numbers everywhere --------------------------------------------------------------*/

/* The reference program's output for seed (42, 54): pcg32-demo of O'Neill's C library. */
START_TEST(test_reference_values) {
    const uint32_t expected[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330,
                                 0x83d2f293, 0xbfa4784b, 0xcbed606e};
    gb_rng rng = {0, 54 << 1 | 1}; /* pcg32_srandom: a step, the seed added, a step */
    gb_rng_u32(&rng);
    rng.state += 42;
    gb_rng_u32(&rng);
    for (int i = 0; i < 6; i++) ck_assert_uint_eq(gb_rng_u32(&rng), expected[i]);
}
END_TEST

/* Computed apart from this code, from the definitions of splitmix64 and pcg32. */
START_TEST(test_stream_values) {
    const struct {
        uint64_t seed, stream;
        uint32_t first[3];
    } golden[] = {{0, 0, {0xe9ddfe0d, 0xdd3f2c40, 0x2b551e11}},
                  {1, 1, {0xfd5a3689, 0x24945641, 0x22e5ebfa}},
                  {1, 2, {0xdbd0b080, 0xe8dddd4a, 0xd968f8d4}},
                  {7, GB_STREAM_ENV, {0xf20c33bf, 0x39e75c22, 0x66dde336}},
                  {UINT64_MAX, GB_STREAM_EVAL + 3, {0xd80dd4a7, 0x20c5b747, 0x2b93b4b6}}};
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        gb_rng rng = gb_rng_stream(golden[i].seed, golden[i].stream);
        for (int k = 0; k < 3; k++) ck_assert_uint_eq(gb_rng_u32(&rng), golden[i].first[k]);
    }
    gb_rng rng = gb_rng_stream(5, 1), child = gb_rng_split(&rng);
    ck_assert_uint_eq(gb_rng_u32(&child), 0x98bb9b47);
    ck_assert_uint_eq(gb_rng_u32(&child), 0xbb25e9c9);
    ck_assert_uint_eq(gb_rng_u32(&rng), 0x78d4ea89);
}
END_TEST

static int compare_u64(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* All streams of many seeds, families side by side: no two begin alike. */
START_TEST(test_streams_are_distinct) {
    enum { SEEDS = 40, STREAMS = 1000, N = 3 * SEEDS * STREAMS };
    uint64_t *start = malloc(N * sizeof *start);
    int n = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        for (uint64_t k = 0; k < STREAMS; k++) {
            const uint64_t stream[] = {k, GB_STREAM_ENV + k, GB_STREAM_EVAL + k};
            for (int family = 0; family < 3; family++) {
                gb_rng rng = gb_rng_stream(seed, stream[family]);
                uint64_t high = gb_rng_u32(&rng);
                start[n++] = high << 32 | gb_rng_u32(&rng);
            }
        }
    }
    qsort(start, N, sizeof *start, compare_u64);
    int alike = 0;
    for (int i = 1; i < N; i++) alike += start[i - 1] == start[i];
    ck_assert_int_eq(alike, 0);
    free(start);
}
END_TEST

/* --- numbers that look random -----------------------------------------------------------------*/

START_TEST(test_bits_are_uniform) {
    static uint32_t high[256], low[256], pair[4096];
    gb_rng rng = gb_rng_stream(3, 0);
    for (int i = 0; i < 1 << 20; i++) {
        uint32_t x = gb_rng_u32(&rng), y = gb_rng_u32(&rng);
        high[x >> 24]++;
        low[x & 255]++;
        pair[x >> 26 << 6 | y >> 26]++;
    }
    check_even(high, 256);
    check_even(low, 256);
    check_even(pair, 4096);
}
END_TEST

/* Draws of two streams paired: as even as draws of one. */
static void check_independent(gb_rng a, gb_rng b) {
    uint32_t cell[1024] = {0};
    for (int i = 0; i < 1 << 17; i++) cell[gb_rng_u32(&a) >> 27 << 5 | gb_rng_u32(&b) >> 27]++;
    check_even(cell, 1024);
}

START_TEST(test_streams_are_independent) {
    check_independent(gb_rng_stream(0, 1), gb_rng_stream(0, 2));
    check_independent(gb_rng_stream(0, 1), gb_rng_stream(1, 1));
    check_independent(gb_rng_stream(9, GB_STREAM_ENV), gb_rng_stream(9, GB_STREAM_ENV + 1));
    /* first draws of neighbouring streams */
    static uint32_t cell[1024];
    for (uint64_t k = 0; k < 1 << 16; k++) {
        gb_rng a = gb_rng_stream(4, k), b = gb_rng_stream(4, k + 1);
        cell[gb_rng_u32(&a) >> 27 << 5 | gb_rng_u32(&b) >> 27]++;
    }
    check_even(cell, 1024);
}
END_TEST

START_TEST(test_split_is_independent) {
    gb_rng parent = gb_rng_stream(6, GB_STREAM_AGENT), before = parent;
    gb_rng child = gb_rng_split(&parent), sister = gb_rng_split(&parent);
    ck_assert(parent.state != before.state);
    ck_assert(child.state != sister.state && child.inc != sister.inc);
    check_independent(parent, child);
    check_independent(child, sister);
    check_independent(before, child);
    gb_rng again = before, same = gb_rng_split(&again);
    ck_assert(same.state == child.state && same.inc == child.inc);
}
END_TEST

START_TEST(test_unit_and_uniform) {
    enum { N = 100000 };
    double *x = malloc(N * sizeof *x);
    gb_rng rng = gb_rng_stream(11, 0);
    for (int i = 0; i < N; i++) x[i] = gb_rng_unit(&rng);
    check_distribution(x, N, unit_cdf);
    ck_assert(x[0] >= 0 && x[N - 1] < 1); /* sorted by now */
    for (int i = 0; i < N; i++) x[i] = (gb_rng_uniform(&rng, -3, 5) + 3) / 8;
    check_distribution(x, N, unit_cdf);
    ck_assert(x[0] >= 0 && x[N - 1] < 1);
    free(x);
}
END_TEST

START_TEST(test_below_is_unbiased) {
    const uint32_t some[] = {2, 3, 6, 10, 37, 100};
    gb_rng rng = gb_rng_stream(2, 0);
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        uint32_t count[100] = {0};
        for (int k = 0; k < 200000; k++) {
            uint32_t x = gb_rng_below(&rng, some[i]);
            if (x >= some[i]) ck_abort_msg("%u is not below %u", x, some[i]);
            count[x]++;
        }
        check_even(count, (int)some[i]);
    }
    /* 3/4 of 2^32: without rejection, every third value would come twice as often */
    uint32_t count[3] = {0};
    for (int k = 0; k < 300000; k++) count[gb_rng_below(&rng, 0xc0000000u) % 3]++;
    check_even(count, 3);
    for (int k = 0; k < 100; k++) ck_assert_uint_eq(gb_rng_below(&rng, 1), 0);
    for (int k = 0; k < 100; k++) ck_assert_uint_lt(gb_rng_below(&rng, UINT32_MAX), UINT32_MAX);
}
END_TEST

START_TEST(test_normal) {
    enum { N = 100000 };
    double *x = malloc(N * sizeof *x);
    gb_rng rng = gb_rng_stream(12, 0);
    for (int i = 0; i < N; i++) x[i] = gb_rng_normal(&rng);
    check_distribution(x, N, gsl_cdf_ugaussian_P);
    free(x);
}
END_TEST

START_TEST(test_fill_normal) {
    enum { N = 100001 }; /* odd: one half of the last pair is left over */
    gb_real *x = malloc((N + 1) * sizeof *x);
    double *y = malloc(N * sizeof *y);
    gb_rng rng = gb_rng_stream(13, 0);
    x[N] = 77;
    gb_rng_fill_normal(&rng, x, N);
    ck_assert(x[N] == 77);
    for (int i = 0; i < N; i++) y[i] = (double)x[i];
    /* the two halves of a pair do not go together: as they are, and squared */
    double r = gsl_stats_correlation(y, 2, y + 1, 2, N / 2);
    ck_assert_double_lt(fabs(r) * sqrt(N / 2), 5);
    check_distribution(y, N, gsl_cdf_ugaussian_P);
    for (int i = 0; i < N; i++) y[i] = (double)x[i] * (double)x[i];
    r = gsl_stats_correlation(y, 2, y + 1, 2, N / 2);
    ck_assert_double_lt(fabs(r) * sqrt(N / 2), 5);
    free(x);
    free(y);
}
END_TEST

/* A million numbers in cells of equal probability, and how many are far out. */
START_TEST(test_fill_normal_shape) {
    enum { N = 1 << 20, CELLS = 256 };
    static uint32_t cell[CELLS];
    gb_real *x = malloc(N * sizeof *x);
    gb_rng rng = gb_rng_stream(15, 0);
    gb_rng_fill_normal(&rng, x, N);
    for (int i = 0; i < N; i++) cell[(int)(CELLS * gsl_cdf_ugaussian_P((double)x[i]))]++;
    check_even(cell, CELLS);
    for (int far = 2; far <= 5; far++) {
        double expected = 2 * gsl_cdf_ugaussian_Q(far);
        unsigned beyond = 0;
        for (int i = 0; i < N; i++) beyond += fabs((double)x[i]) > far;
        ck_assert_double_gt(gsl_cdf_binomial_P(beyond, expected, N), rare);
        ck_assert_double_gt(gsl_cdf_binomial_Q(beyond, expected, N) + expected, rare);
    }
    free(x);
}
END_TEST

/* Draws are taken in order: a fill is the fills of its parts, and leaves the stream where as many
 * single draws leave it. */
START_TEST(test_fill_normal_in_parts) {
    gb_real all[600], part[601];
    for (size_t n = 0; n <= 600; n += n < 40 ? 1 : 31) {
        gb_rng rng = gb_rng_stream(16, 0), same = rng, one = rng;
        gb_rng_fill_normal(&rng, all, n);
        for (size_t i = 0; i < (n + 1) / 2 * 2; i++) gb_rng_u32(&one);
        ck_assert(rng.state == one.state && rng.inc == one.inc);
        size_t first = n / 3 / 2 * 2;
        part[n] = 77;
        gb_rng_fill_normal(&same, part, first);
        gb_rng_fill_normal(&same, part + first, n - first);
        ck_assert_mem_eq(all, part, n * sizeof *all);
        ck_assert(part[n] == 77);
    }
}
END_TEST

/* --- as GSL sees it ---------------------------------------------------------------------------*/

START_TEST(test_gsl_view_gives_the_same_numbers) {
    gb_rng rng = gb_rng_stream(8, 0), same = rng;
    gsl_rng view = gb_rng_gsl(&rng);
    ck_assert_str_eq(gsl_rng_name(&view), "pcg32");
    ck_assert_uint_eq(gsl_rng_min(&view), 0);
    ck_assert_uint_eq(gsl_rng_max(&view), 0xffffffff);
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(gsl_rng_get(&view), gb_rng_u32(&same));
        ck_assert(gsl_rng_uniform(&view) == gb_rng_unit(&same));
    }
    ck_assert(rng.state == same.state);
}
END_TEST

START_TEST(test_gsl_can_own_one) {
    gsl_rng *own = gsl_rng_alloc(gb_gsl_rng_pcg32);
    ck_assert_ptr_nonnull(own);
    gsl_rng_set(own, 17);
    gb_rng same = gb_rng_stream(17, 0);
    for (int i = 0; i < 10; i++) ck_assert_uint_eq(gsl_rng_get(own), gb_rng_u32(&same));
    gsl_rng_free(own);
}
END_TEST

START_TEST(test_gsl_distributions_run_on_it) {
    enum { N = 50000 };
    double *x = malloc(N * sizeof *x);
    gb_rng rng = gb_rng_stream(14, 0);
    gsl_rng view = gb_rng_gsl(&rng);
    for (int i = 0; i < N; i++) x[i] = gsl_ran_gaussian(&view, 2) / 2;
    check_distribution(x, N, gsl_cdf_ugaussian_P);
    uint32_t count[7] = {0};
    for (int i = 0; i < N; i++) count[gsl_rng_uniform_int(&view, 7)]++;
    check_even(count, 7);
    free(x);
}
END_TEST

Suite *rng_suite(void);
Suite *rng_suite(void) {
    const TTest *const tests[] = {test_reference_values,
                                  test_stream_values,
                                  test_streams_are_distinct,
                                  test_bits_are_uniform,
                                  test_streams_are_independent,
                                  test_split_is_independent,
                                  test_unit_and_uniform,
                                  test_below_is_unbiased,
                                  test_normal,
                                  test_fill_normal,
                                  test_fill_normal_shape,
                                  test_fill_normal_in_parts,
                                  test_gsl_view_gives_the_same_numbers,
                                  test_gsl_can_own_one,
                                  test_gsl_distributions_run_on_it,
                                  NULL};
    return test_suite("rng", tests, 60);
}
