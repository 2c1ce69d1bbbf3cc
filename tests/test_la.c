/* Matrix products of the library against plain C. */
#include "la.h"
#include "rng.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { MOST = 80 * 80 };

static void compare(bool ta, bool tb, int m, int n, int k, int pad, float beta) {
    static float a[MOST], b[MOST], c[MOST], plain[MOST];
    gb_rng rng = gb_rng_stream((uint64_t)(m * 100 + n), (uint64_t)k);
    for (int i = 0; i < MOST; i++) {
        a[i] = (float)gb_rng_normal(&rng);
        b[i] = (float)gb_rng_normal(&rng);
        c[i] = plain[i] = (float)gb_rng_normal(&rng);
    }
    int lda = (ta ? m : k) + pad, ldb = (tb ? k : n) + pad, ldc = n + pad;
    gb_la_gemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
    gb_la_gemm_plain(ta, tb, m, n, k, a, lda, b, ldb, beta, plain, ldc);
    for (int i = 0; i < MOST; i++)
        ck_assert_msg(fabsf(c[i] - plain[i]) < 2e-5f * (float)(k + 1),
                      "%d%d %dx%dx%d at %d: %g, not %g", ta, tb, m, n, k, i, (double)c[i],
                      (double)plain[i]);
}

START_TEST(products_equal_plain_c) {
    static const int sizes[] = {1, 2, 3, 7, 16, 17, 33, 64};
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++)
            for (int t = 0; t < 4; t++)
                compare(t & 1, t & 2, sizes[i], sizes[j], sizes[(i + j) % 8], t * 2, 0);
}
END_TEST

START_TEST(products_add_to_what_is_there) {
    for (int t = 0; t < 4; t++) {
        compare(t & 1, t & 2, 20, 30, 40, 3, 1);
        compare(t & 1, t & 2, 20, 30, 40, 0, 0.5f);
    }
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

START_TEST(library_overwrites_nan) {
    /* with beta 0 the target may hold anything */
    const gb_real a[] = {1, 2}, b[] = {3, 4};
    gb_real c = NAN;
    gb_la_gemm(false, false, 1, 1, 2, a, 2, b, 1, 0, &c, 1);
    ck_assert_float_eq((float)c, 11);
}
END_TEST

START_TEST(peak_is_plausible) {
    double peak = gb_la_peak_gflops();
    ck_assert_double_gt(peak, 0.1); /* a wrong count or an optimised-away loop is far outside */
    ck_assert_double_lt(peak, 5000);
    ck_assert_ptr_nonnull(gb_la_name());
}
END_TEST

Suite *la_suite(void) {
    const TTest *const tests[] = {products_equal_plain_c, products_add_to_what_is_there,
                                  plain_product_by_hand,  library_overwrites_nan,
                                  peak_is_plausible,      NULL};
    return test_suite("la", tests, 60);
}
