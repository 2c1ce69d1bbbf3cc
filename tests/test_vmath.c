/* Elementary functions of arrays against the C library in long double. */
#include "rng.h"
#include "support.h"
#include "vmath.h"

#include <math.h>
#include <string.h>

static long double sigmoid(long double x) {
    return 1 / (1 + expl(-x));
}

static long double softplus(long double x) {
    return (x > 0 ? x : 0) + log1pl(expl(-fabsl(x)));
}

/* The functions, what they are, and the bounds that vmath.h states. */
static const struct {
    const char *name;
    void (*of)(gb_real *, const gb_real *, size_t);
    long double (*exact)(long double);
    double ulps;
    float low, high; /* results never leave */
} functions[] = {{"exp", gb_exp, expl, 1.1, 0, INFINITY},
                 {"log", gb_log, logl, 0.9, -INFINITY, INFINITY},
                 {"tanh", gb_tanh, tanhl, 2.5, -1, 1},
                 {"sigmoid", gb_sigmoid, sigmoid, 2.5, 0, 1},
                 {"softplus", gb_softplus, softplus, 2, 0, INFINITY}};
enum { FUNCTIONS = sizeof functions / sizeof *functions, MOST = 4096 };

/* What the last place of a number of this size is worth in single precision. */
static double last_place(long double x) {
    int exponent;
    frexpl(x, &exponent);
    return ldexp(1, exponent < -125 ? -149 : exponent - 24);
}

/* Asserts only what is wrong: Check writes to a file for each assertion. */
static void check_value(int k, float x, float y) {
    long double exact = functions[k].exact(x);
    if (isnan(exact) ? isnan(y) : y == exact) return;
    if (isinf((float)exact) && isinf(y)) return;
    double ulps = (double)fabsl(y - exact) / last_place(exact);
    if (!(ulps <= functions[k].ulps && y >= functions[k].low && y <= functions[k].high))
        ck_abort_msg("%s(%.9g) = %.9g, not %.9Lg: off by %.3g ulp", functions[k].name, x, y, exact,
                     ulps);
}

/* Bit patterns from end to end: all exponents, subnormal numbers, both signs, NaN. */
START_TEST(errors_are_within_bounds) {
    enum { STEP = 16411 }; /* a prime */
    static float x[MOST], y[MOST];
    for (uint64_t next = 0; next < UINT64_C(1) << 32;) {
        size_t n = 0;
        for (; n < MOST && next < UINT64_C(1) << 32; n++, next += STEP)
            memcpy(x + n, &(uint32_t){(uint32_t)next}, sizeof *x);
        functions[_i].of(y, x, n);
        for (size_t i = 0; i < n; i++) check_value(_i, x[i], y[i]);
    }
}
END_TEST

/* Closer together where results change most: [-110, 110], and around 1. */
START_TEST(errors_where_it_matters) {
    static float x[MOST], y[MOST];
    gb_rng rng = gb_rng_stream(31, (uint64_t)_i);
    static const float width[] = {110, 20, 2, 0.7f, 0.02f};
    for (int round = 0; round < 50; round++) {
        float w = width[round % 5], middle = round % 2 ? 1 : 0;
        for (int i = 0; i < MOST; i++) x[i] = middle + (float)gb_rng_uniform(&rng, -w, w);
        functions[_i].of(y, x, MOST);
        for (int i = 0; i < MOST; i++) check_value(_i, x[i], y[i]);
    }
}
END_TEST

START_TEST(special_values) {
    const float x[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, -NAN};
    const float expected[FUNCTIONS][6] = {{1, 1, INFINITY, 0, NAN, NAN},
                                          {-INFINITY, -INFINITY, INFINITY, NAN, NAN, NAN},
                                          {0, -0.0f, 1, -1, NAN, NAN},
                                          {0.5, 0.5, 1, 0, NAN, NAN},
                                          {logf(2), logf(2), INFINITY, 0, NAN, NAN}};
    for (int k = 0; k < FUNCTIONS; k++) {
        float y[6];
        functions[k].of(y, x, 6);
        for (int i = 0; i < 6; i++) {
            bool same = isnan(expected[k][i]) ? isnan(y[i]) : y[i] == expected[k][i];
            ck_assert_msg(same, "%s(%g) = %.9g", functions[k].name, x[i], y[i]);
        }
    }
    float y[2];
    gb_tanh(y, x, 2);
    ck_assert(!signbit(y[0]) && signbit(y[1]));
}
END_TEST

/* The same bits at any place of any array, beside NaN too, and in place. */
START_TEST(place_does_not_matter) {
    enum { N = 70 };
    float x[N], y[N], part[N + 1];
    gb_rng rng = gb_rng_stream(32, (uint64_t)_i);
    for (int i = 0; i < N; i++) x[i] = (float)gb_rng_uniform(&rng, i % 2 ? -5 : 0, 5);
    x[3] = NAN;
    functions[_i].of(y, x, N);
    for (size_t from = 0; from < N; from++)
        for (size_t n = 0; from + n <= N; n++) {
            part[n] = 77;
            memcpy(part, x + from, n * sizeof *x);
            functions[_i].of(part, part, n);
            if (memcmp(part, y + from, n * sizeof *y) || part[n] != 77)
                ck_abort_msg("%zu numbers from number %zu on", n, from);
        }
}
END_TEST

/* --- normal numbers ---------------------------------------------------------------------------*/

/* Of a pair of words as they are: the radius from the first, the angle from the second. */
static void check_pair(const uint32_t word[2], const float x[2]) {
    long double u = ((long double)(word[0] >> 1) + 0.5L) * 0x1p-31L;
    long double angle = 2 * acosl(-1) * (word[1] * 0x1p-32L), radius = sqrtl(-2 * logl(u));
    /* the conversion of a word to single precision moves u by 2^-25 of itself, the angle as much */
    long double off = 2 * acosl(-1) * 0x1p-25L * radius + 4e-7L * radius;
    off += radius < 1e-3L ? 4e-4L : 0x1p-25L / radius;
    long double exact[] = {radius * cosl(angle), radius * sinl(angle)};
    for (int k = 0; k < 2; k++)
        if (!(fabsl(x[k] - exact[k]) <= off))
            ck_abort_msg("%u %u: %.9g, not %.9Lg", word[0], word[1], x[k], exact[k]);
}

START_TEST(normal_pairs_by_the_formula) {
    static uint32_t word[2 * MOST];
    static float x[2 * MOST];
    static const uint32_t edge[] = {0,          1,          2,          0x1fffffff, 0x20000000,
                                    0x3fffffff, 0x40000000, 0x5fffffff, 0x60000000, 0x7fffffff,
                                    0x80000000, 0x9fffffff, 0xa0000000, 0xbfffffff, 0xc0000000,
                                    0xdfffffff, 0xe0000000, 0xfffffffe, 0xffffffff};
    enum { EDGES = sizeof edge / sizeof *edge };
    gb_rng rng = gb_rng_stream(33, 0);
    for (int i = 0; i < 2 * MOST; i++) word[i] = gb_rng_u32(&rng);
    for (int i = 0; i < EDGES * EDGES; i++)
        word[2 * i] = edge[i % EDGES], word[2 * i + 1] = edge[i / EDGES];
    gb_normal_pairs(x, word, MOST);
    for (int i = 0; i < MOST; i++) check_pair(word + 2 * i, x + 2 * i);
    for (size_t n = 0; n < 150; n++) { /* at any place */
        float part[301];
        part[2 * n] = 77;
        gb_normal_pairs(part, word + 2 * n, n);
        ck_assert_mem_eq(part, x + 2 * n, 2 * n * sizeof *x);
        ck_assert(part[2 * n] == 77);
    }
}
END_TEST

Suite *vmath_suite(void);
Suite *vmath_suite(void) {
    const TTest *const tests[] = {special_values, normal_pairs_by_the_formula, NULL};
    Suite *suite = test_suite("vmath", tests, 30);
    TCase *each = tcase_create("functions");
    tcase_set_timeout(each, 60);
    tcase_add_loop_test(each, errors_are_within_bounds, 0, FUNCTIONS);
    tcase_add_loop_test(each, errors_where_it_matters, 0, FUNCTIONS);
    tcase_add_loop_test(each, place_does_not_matter, 0, FUNCTIONS);
    suite_add_tcase(suite, each);
    return suite;
}
