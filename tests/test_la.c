/* Matrix products and linear layers of every set of kernels against plain C. */
#include "la.h"
#include "rng.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { MOST = 80 * 80 };

static const char *const units[] = {"avx512", "avx2", "any", "plain"};

/* Runs check once with each set of kernels that is there. */
static void with_all(void (*check)(void)) {
    int found = 0;
    for (int u = 0; u < 4; u++) {
        if (!gb_la_use(units[u])) continue;
        ck_assert_str_eq(gb_la_name(), units[u]);
        check();
        found++;
    }
    ck_assert_int_ge(found, 1);
    ck_assert(!gb_la_use("another"));
    ck_assert(gb_la_use(NULL));
}

static void fill(float *x, int n, gb_rng *rng) {
    for (int i = 0; i < n; i++) x[i] = (float)gb_rng_normal(rng);
}

/* Compares all of two arrays, so that numbers written beside the target are seen, too. */
static void alike(const float *x, const float *plain, int n, int k, const char *what) {
    int bad = 0;
    while (bad < n && fabsf(x[bad] - plain[bad]) < 2e-6f * (float)(k + 8)) bad++;
    ck_assert_msg(bad == n, "%s, %s, sums of %d, at %d", gb_la_name(), what, k, bad);
}

static void compare(bool ta, bool tb, int m, int n, int k, int pad, float beta) {
    static float a[MOST], b[MOST], c[MOST], got[MOST], plain[MOST];
    char what[80];
    static bool filled;
    gb_rng rng = gb_rng_stream(1, 2);
    if (!filled) {
        fill(a, MOST, &rng);
        fill(b, MOST, &rng);
        fill(c, MOST, &rng);
        filled = true;
    }
    memcpy(plain, c, sizeof c);
    memcpy(got, c, sizeof c);
    int lda = (ta ? m : k) + pad, ldb = (tb ? k : n) + pad, ldc = n + pad;
    gb_la_gemm(ta, tb, m, n, k, a, lda, b, ldb, beta, got, ldc);
    gb_la_gemm_plain(ta, tb, m, n, k, a, lda, b, ldb, beta, plain, ldc);
    gb_format(what, sizeof what, "%d%d %dx%dx%d beta %g", ta, tb, m, n, k, (double)beta);
    alike(got, plain, MOST, k, what);
}

static void check_products(void) {
    static const int sizes[] = {1, 2, 3, 7, 13, 16, 17, 33, 64};
    for (int i = 0; i < 9; i++)
        for (int j = 0; j < 9; j++)
            for (int l = 0; l < 9; l++)
                compare((i + j) & 1, (j + l) & 1, sizes[i], sizes[j], sizes[l], (l & 1) * 2, 0);
    for (int size = 1; size <= 40; size++)
        for (int t = 0; t < 4; t++) {
            compare(t & 1, t & 2, size, 1, 41 - size, t, 0);
            compare(t & 1, t & 2, 1, size, 41 - size, t, 0);
            compare(t & 1, t & 2, 41 - size, size, 1, t, 0);
            compare(t & 1, t & 2, size, size, size, 0, 0);
        }
    for (int t = 0; t < 4; t++) {
        compare(t & 1, t & 2, 20, 30, 40, 3, 1);
        compare(t & 1, t & 2, 20, 30, 40, 0, 0.5f);
        compare(t & 1, t & 2, 20, 1, 40, 0, 2);
        compare(t & 1, t & 2, 1, 20, 40, 0, 2);
    }
}

START_TEST(products_equal_plain_c) {
    with_all(check_products);
}
END_TEST

/* Long sums are done in parts. */
static void check_long_sums(void) {
    enum { K = 1100, M = 9, N = 37 };
    static float a[M * K], b[K * N], c[M * N], plain[M * N];
    gb_rng rng = gb_rng_stream(1, 1);
    fill(a, M * K, &rng);
    fill(b, K * N, &rng);
    for (int t = 0; t < 4; t++) {
        bool ta = t & 1, tb = t & 2;
        gb_la_gemm(ta, tb, M, N, K, a, ta ? M : K, b, tb ? K : N, 0, c, N);
        gb_la_gemm_plain(ta, tb, M, N, K, a, ta ? M : K, b, tb ? K : N, 0, plain, N);
        alike(c, plain, M * N, K, "long");
    }
    float was[M * N], bias[N];
    fill(was, M * N, &rng);
    fill(bias, N, &rng);
    gb_la_linear_back(M, N, K, a, b, 0, N, GB_LA_BACK_TANH, was, NULL, c, N);
    gb_la_gemm_plain(false, true, M, N, K, a, K, b, K, 0, plain, N);
    for (int i = 0; i < M * N; i++) plain[i] *= 1 - was[i] * was[i];
    alike(c, plain, M * N, K * 8, "long, back through tanh");
}

START_TEST(long_sums) {
    with_all(check_long_sums);
}
END_TEST

/* A layer's three products, by their definitions. */
static void check_layer(int n, int in, int out) {
    static float x[MOST], w[MOST], dy[MOST], was[MOST], bias[80], y[MOST], plain[MOST], sum[80];
    gb_rng rng = gb_rng_stream((uint64_t)(n * 100 + in), (uint64_t)out);
    fill(x, MOST, &rng);
    fill(w, MOST, &rng);
    fill(dy, MOST, &rng);
    fill(was, MOST, &rng);
    fill(bias, 80, &rng);
    for (int finish = GB_LA_STORE; finish <= GB_LA_RELU; finish++) {
        gb_la_linear(n, in, out, x, w, bias, finish, y);
        gb_la_gemm_plain(false, false, n, out, in, x, in, w, out, 0, plain, out);
        for (int i = 0; i < n * out; i++) {
            plain[i] += bias[i % out];
            if (finish == GB_LA_RELU && plain[i] < 0) plain[i] = 0;
        }
        alike(y, plain, n * out, in, "forward");
    }
    int from = in / 3, cols = in - from - in / 4;
    for (int finish = GB_LA_STORE; finish <= GB_LA_BACK_TANH; finish++) {
        if (finish == GB_LA_RELU) continue;
        int other[128], *rows = finish == GB_LA_BACK_TANH ? other : NULL;
        for (int i = 0; i < n; i++) other[i] = (i + 1) % n;
        gb_la_linear_back(n, in, out, dy, w, from, cols, finish, was, rows, y, cols);
        gb_la_gemm_plain(false, true, n, cols, out, dy, out, w + from * out, out, 0, plain, cols);
        for (int i = 0; i < n * cols; i++) {
            float v = was[(i / cols + finish / 3) % n * in + from + i % cols];
            if (finish == GB_LA_BACK_RELU && v <= 0) plain[i] = 0;
            if (finish == GB_LA_BACK_TANH) plain[i] *= 1 - v * v;
        }
        alike(y, plain, n * cols, out * 8, "back");
    }
    gb_la_linear_gradient(n, in, out, x, dy, 0, in, y, sum);
    gb_la_gemm_plain(true, false, in, out, n, x, in, dy, out, 0, plain, out);
    alike(y, plain, in * out, n, "gradient");
    for (int j = 0; j < out; j++) {
        plain[j] = 0;
        for (int i = 0; i < n; i++) plain[j] += dy[i * out + j];
    }
    alike(sum, plain, out, n, "gradient of the bias");
}

static void check_layers(void) {
    static const int sizes[][3] = {{1, 4, 64},   {100, 17, 64}, {30, 64, 12}, {64, 23, 1},
                                   {33, 80, 80}, {7, 3, 70},    {2, 70, 33},  {1, 80, 1},
                                   {15, 1, 1},   {80, 40, 6}};
    for (int i = 0; i < 10; i++) check_layer(sizes[i][0], sizes[i][1], sizes[i][2]);
}

START_TEST(layers_equal_their_definitions) {
    with_all(check_layers);
}
END_TEST

/* Rows of the layer's products, n of them. */
static void run_rows(bool back, int n, int in, int out, const float *x, const float *w, float *y) {
    if (back)
        gb_la_linear_back(n, in, out, x, w, 0, in, GB_LA_STORE, NULL, NULL, y, in);
    else
        gb_la_linear(n, in, out, x, w, w, GB_LA_RELU, y);
}

/* To the last bit: a row of a product does not depend on the rows beside it. */
static void check_rows(void) {
    enum { N = 80 };
    static float x[N * N], w[N * N], together[N * N], apart[N * N];
    static const int parts[2][8] = {{1, 2, 3, 5, 8, 14, 20, 27}, {16, 17, 18, 29, 0, 0, 0, 0}};
    gb_rng rng = gb_rng_stream(2, 2);
    fill(x, N * N, &rng);
    fill(w, N * N, &rng);
    for (int out = 1; out <= N; out += out < 4 ? 1 : 19)
        for (int back = 0; back < 2; back++) {
            int given = back ? out : N, cols = back ? N : out;
            run_rows(back, N, N, out, x, w, together);
            for (int p = 0, i = 0; p < 8; i += parts[back][p], p++)
                run_rows(back, parts[back][p], N, out, x + i * given, w, apart + i * cols);
            ck_assert_msg(!memcmp(together, apart, sizeof(float) * (size_t)(N * cols)), "%s %d %d",
                          gb_la_name(), out, back);
        }
}

START_TEST(rows_stand_alone) {
    with_all(check_rows);
}
END_TEST

/* Weights whose rows lie a multiple of 2 KB apart go through a buffer where there are many rows of
 * the other operand: the same bits as row by row, whatever k; nothing beside the target. */
static void check_crowded(void) {
    enum { M = 130, N = 500, LD = 512, K = 1030 };
    static float a[M * K], b[K * LD], together[M * LD], apart[M * LD], plain[M * LD];
    gb_rng rng = gb_rng_stream(3, 3);
    fill(a, M * K, &rng);
    fill(b, K * LD, &rng);
    static const int sums[] = {512, 515, K};
    for (int s = 0; s < 3; s++)
        for (int more = 0; more < 2; more++) {
            const float beta = more ? 0.5f : 0;
            const int k = sums[s];
            for (int i = 0; i < M * LD; i++) together[i] = apart[i] = plain[i] = 1;
            gb_la_gemm(false, false, M, N, k, a, K, b, LD, beta, together, LD);
            for (int half = 0; half < 2; half++)
                gb_la_gemm(false, false, M / 2, N, k, a + half * (M / 2) * K, K, b, LD, beta,
                           apart + half * (M / 2) * LD, LD);
            ck_assert_msg(!memcmp(together, apart, sizeof together), "%s %d", gb_la_name(), k);
            gb_la_gemm_plain(false, false, M, N, k, a, K, b, LD, beta, plain, LD);
            alike(together, plain, M * LD, k, "crowded");
            gb_la_gemm(true, false, M, N, k, a, M, b, LD, beta, together, LD);
            gb_la_gemm_plain(true, false, M, N, k, a, M, b, LD, beta, apart, LD);
            for (int i = 0; i < M; i++)
                alike(together + i * LD, apart + i * LD, N, 4 * k, "crowded, left transposed");
        }
    gb_la_linear(M, K, LD, a, b, b, GB_LA_RELU, together);
    for (int half = 0; half < 2; half++)
        gb_la_linear(M / 2, K, LD, a + half * (M / 2) * K, b, b, GB_LA_RELU,
                     apart + half * (M / 2) * LD);
    ck_assert_msg(!memcmp(together, apart, sizeof together), "%s", gb_la_name());
    gb_la_gemm_plain(false, false, M, LD, K, a, K, b, LD, 0, plain, LD);
    for (int i = 0; i < M * LD; i++) plain[i] = fmaxf(plain[i] + b[i % LD], 0);
    alike(together, plain, M * LD, K, "crowded layer");
}

START_TEST(crowded_weights) {
    with_all(check_crowded);
}
END_TEST

START_TEST(plain_product_by_hand) {
    const gb_real a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 2, 1, 0, 3};
    gb_real c[4] = {NAN, NAN, NAN, NAN};
    gb_la_gemm_plain(false, false, 2, 2, 3, a, 3, b, 2, 0, c, 2);
    ck_assert(c[0] == 5 && c[1] == 11 && c[2] == 14 && c[3] == 23);
    gb_la_gemm_plain(false, true, 2, 2, 3, a, 3, a, 3, 0, c, 2);
    ck_assert(c[0] == 14 && c[1] == 32 && c[2] == 32 && c[3] == 77);
    gb_la_gemm_plain(true, false, 2, 2, 2, a, 2, b, 2, 1, c, 2);
    ck_assert(c[0] == 14 + 7 && c[1] == 32 + 3 && c[2] == 32 + 10 && c[3] == 77 + 4);
}
END_TEST

/* With beta 0 the target may hold anything; a NaN on the way in comes out, through ReLU as well. */
static void check_nan(void) {
    float a[20], b[20 * 20], c[20], bias[20];
    for (int i = 0; i < 20; i++) a[i] = 1, c[i] = NAN, bias[i] = 0;
    for (int i = 0; i < 400; i++) b[i] = 1;
    gb_la_gemm(false, false, 1, 20, 20, a, 20, b, 20, 0, c, 20);
    for (int i = 0; i < 20; i++) ck_assert_float_eq(c[i], 20);
    c[0] = NAN;
    gb_la_gemm(false, false, 1, 1, 20, a, 20, b, 1, 0, c, 1);
    ck_assert_float_eq(c[0], 20);
    for (int j = 0; j < 20; j++) {
        bias[j] = NAN;
        gb_la_linear(1, 20, 20, a, b, bias, GB_LA_RELU, c);
        for (int i = 0; i < 20; i++) ck_assert_msg(isnan(c[i]) == (i == j), "%d %d", i, j);
        bias[j] = 0;
    }
}

START_TEST(nan_is_seen) {
    with_all(check_nan);
}
END_TEST

START_TEST(peak_is_plausible) {
    double peak = gb_la_peak_gflops();
    ck_assert_double_gt(peak, 0.1); /* a wrong count or an optimised-away loop is far outside */
    ck_assert_double_lt(peak, 5000);
}
END_TEST

Suite *la_suite(void) {
    const TTest *const tests[] = {products_equal_plain_c,
                                  long_sums,
                                  layers_equal_their_definitions,
                                  rows_stand_alone,
                                  crowded_weights,
                                  plain_product_by_hand,
                                  nan_is_seen,
                                  peak_is_plausible,
                                  NULL};
    return test_suite("la", tests, 60);
}
