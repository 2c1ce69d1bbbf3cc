/* Sine and cosine of envs/classic/trig.h, against long double: the error is measured, and one and
 * many must give the same bits. */
#include "../envs/classic/trig.h"

#include "gibbs_plugin.h"
#include "rng.h"
#include "support.h"

#include <float.h>

/* 0.790 is the largest seen in 10^8 angles; where long double is no longer than double, what it
 * is compared with may itself be off by one. */
static const double most_ulp = LDBL_MANT_DIG > DBL_MANT_DIG ? 0.8 : 1.8;

/* Distance of x from exact, in units in the last place of exact as a double. */
static double ulps(double x, long double exact) {
    int exponent;
    frexpl(exact, &exponent);
    int last = exponent - DBL_MANT_DIG;
    if (last < DBL_MIN_EXP - DBL_MANT_DIG) last = DBL_MIN_EXP - DBL_MANT_DIG;
    return (double)(fabsl(x - exact) / ldexpl(1, last));
}

static void check_angle(double angle) {
    double sine, cosine;
    sine_cosine(angle, &sine, &cosine);
    double s = ulps(sine, sinl(angle)), c = ulps(cosine, cosl(angle));
    ck_assert_msg(s < most_ulp, "sine of %a (%.17g) is off by %g ulp", angle, angle, s);
    ck_assert_msg(c < most_ulp, "cosine of %a (%.17g) is off by %g ulp", angle, angle, c);
}

START_TEST(error_is_below_one_ulp) {
    gb_rng rng = gb_rng_stream(1, 0);
    for (int i = 0; i < TEST_CASES(300000); i++) {
        check_angle(gb_rng_uniform(&rng, -4, 4));
        check_angle(gb_rng_uniform(&rng, -100, 100));
        check_angle(gb_rng_uniform(&rng, -TRIG_FAR, TRIG_FAR));
        check_angle(ldexp(gb_rng_uniform(&rng, -2, 2), -(int)gb_rng_below(&rng, 1074)));
    }
}
END_TEST

/* The doubles next to every multiple of pi/4, where most digits cancel or the polynomials change.
 * The hardest is 29 pi/2, 2^-60.5 away. */
START_TEST(error_is_below_one_ulp_at_the_seams) {
    check_angle(0x1.6c6cbc45dc8dep+5);
    for (int n = 0; n * 0x1.921fb54442d18p-1 < TRIG_FAR; n++) {
        double angle = (double)(n * 0.785398163397448309615660845819875721L);
        check_angle(angle);
        check_angle(-nextafter(angle, 0));
        check_angle(nextafter(angle, TRIG_FAR));
    }
    check_angle(TRIG_FAR);
    check_angle(-TRIG_FAR);
}
END_TEST

START_TEST(far_angles_are_libms) {
    const double far[] = {nextafter(TRIG_FAR, INFINITY), -1e6, 1e22, -DBL_MAX, 0x1.8p52, 3e15};
    double sine, cosine;
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        sine_cosine(far[i], &sine, &cosine);
        ck_assert(sine == sin(far[i]) && cosine == cos(far[i]));
    }
    sine_cosine(INFINITY, &sine, &cosine);
    ck_assert(isnan(sine) && isnan(cosine));
    sine_cosine(NAN, &sine, &cosine);
    ck_assert(isnan(sine) && isnan(cosine));
    sine_cosine(0, &sine, &cosine);
    ck_assert(sine == 0 && cosine == 1);
}
END_TEST

/* Every length has another rest after the last whole vector; some angles are far. */
START_TEST(one_and_many_are_the_same_bits) {
    enum { N = 70 };
    double angle[N], sine[N + 1], cosine[N + 1];
    gb_rng rng = gb_rng_stream(2, 0);
    for (int round = 0; round < 40; round++)
        for (int n = 0; n <= N; n++) {
            for (int i = 0; i < n; i++) angle[i] = gb_rng_uniform(&rng, -20, 20);
            if (n && round % 2) angle[gb_rng_below(&rng, n)] = gb_rng_uniform(&rng, -1e9, 1e9);
            sine[n] = cosine[n] = 7;
            sines_cosines(n, angle, sine, cosine);
            ck_assert(sine[n] == 7 && cosine[n] == 7);
            for (int i = 0; i < n; i++) {
                double s, c;
                sine_cosine(angle[i], &s, &c);
                ck_assert_mem_eq(&s, &sine[i], sizeof s);
                ck_assert_mem_eq(&c, &cosine[i], sizeof c);
            }
        }
}
END_TEST

Suite *trig_suite(void);
Suite *trig_suite(void) {
    const TTest *const tests[] = {error_is_below_one_ulp, error_is_below_one_ulp_at_the_seams,
                                  far_angles_are_libms, one_and_many_are_the_same_bits, NULL};
    return test_suite("trig", tests, 120);
}
