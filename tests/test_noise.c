/* Exploration noise: marginals, spectra, what restarts and what is kept. */
#include "noise.h"
#include "support.h"

#include <gsl/gsl_fft_real.h>
#include <math.h>
#include <string.h>

enum { STEPS = 1024 };

/* Mean power of `episodes` sequences at frequencies f and 4 f; and the variance. */
static void spectrum(int kind, int f, double power[2], double *variance) {
    gb_noise noise;
    gb_rng rng = gb_rng_stream(2, 1);
    const int episodes = 300;
    ck_assert_int_eq(gb_noise_init(&noise, kind, 1, 1, 0, STEPS, 1, NULL), GB_OK);
    power[0] = power[1] = *variance = 0;
    for (int e = 0; e < episodes; e++) {
        double x[STEPS];
        for (int t = 0; t < STEPS; t++) {
            gb_real value;
            gb_noise_next(&noise, NULL, &rng, &value);
            x[t] = (double)value;
            *variance += x[t] * x[t] / STEPS / episodes;
        }
        gb_noise_restart(&noise, 0);
        gsl_fft_real_radix2_transform(x, 1, STEPS);
        for (int k = 0; k < 2; k++)
            for (int w = -2; w <= 2; w++) { /* five neighbours: a smoother estimate */
                int i = (k ? 4 * f : f) + w;
                power[k] += (x[i] * x[i] + x[STEPS - i] * x[STEPS - i]) / episodes;
            }
    }
    gb_noise_free(&noise);
}

START_TEST(white_is_flat) {
    double power[2], variance;
    spectrum(GB_NOISE_WHITE, 20, power, &variance);
    ck_assert_double_eq_tol(power[0] / power[1], 1, 0.15);
    ck_assert_double_eq_tol(variance, 1, 0.02);
}
END_TEST

START_TEST(pink_is_one_over_f) {
    double power[2], variance;
    spectrum(GB_NOISE_PINK, 20, power, &variance);
    ck_assert_double_eq_tol(power[0] / power[1], 4, 0.6);
    ck_assert_double_eq_tol(variance, 1, 0.03);
}
END_TEST

START_TEST(pink_is_standard_normal_at_each_step) {
    gb_noise noise;
    gb_rng rng = gb_rng_stream(2, 1);
    double sum = 0, squares = 0, fourth = 0;
    const int n = 20000;
    ck_assert_int_eq(gb_noise_init(&noise, GB_NOISE_PINK, 1, 2, 0, 200, 1, NULL), GB_OK);
    for (int e = 0; e < n; e++) {
        gb_real x[2];
        for (int t = 0; t < 3; t++) gb_noise_next(&noise, NULL, &rng, x);
        gb_noise_restart(&noise, 0);
        double v = (double)x[1];
        sum += v / n, squares += v * v / n, fourth += v * v * v * v / n;
    }
    ck_assert_double_eq_tol(sum, 0, 0.04);
    ck_assert_double_eq_tol(squares, 1, 0.06);
    ck_assert_double_eq_tol(fourth, 3, 0.4);
    gb_noise_free(&noise);
}
END_TEST

START_TEST(gsde_is_a_function_of_the_features) {
    gb_noise noise;
    gb_rng rng = gb_rng_stream(2, 1);
    const gb_real here[4] = {1, 2, 0, -1}, twice[4] = {2, 4, 0, -2};
    gb_real first[2], x[2];
    ck_assert_int_eq(gb_noise_init(&noise, GB_NOISE_GSDE, 1, 2, 4, 0, 5, NULL), GB_OK);
    gb_noise_next(&noise, here, &rng, first);
    for (int t = 1; t < 5;
         t++) { /* same state, or one scaled, same noise, until it is drawn anew */
        gb_noise_next(&noise, t % 2 ? here : twice, &rng, x);
        ck_assert_float_eq_tol((float)x[0], (float)first[0], 1e-6f);
    }
    gb_noise_next(&noise, here, &rng, x);
    ck_assert_float_ne((float)x[0], (float)first[0]);

    double squares = 0;
    const int n = 20000;
    for (int e = 0; e < n; e++) {
        gb_noise_restart(&noise, 0);
        gb_noise_next(&noise, here, &rng, x);
        squares += (double)(x[0] * x[0]) / n;
    }
    ck_assert_double_eq_tol(squares, 1, 0.06);
    gb_noise_free(&noise);
}
END_TEST

START_TEST(instances_are_independent) {
    gb_noise noise;
    gb_rng rng = gb_rng_stream(2, 1);
    gb_real x[3], y[3];
    ck_assert_int_eq(gb_noise_init(&noise, GB_NOISE_PINK, 3, 1, 0, 200, 1, NULL), GB_OK);
    gb_noise_next(&noise, NULL, &rng, x);
    double next_of_first = noise.table[1], next_of_second = noise.table[noise.horizon + 1];
    gb_noise_restart(&noise, 1);
    gb_noise_next(&noise, NULL, &rng, y);
    ck_assert_float_eq((float)y[0], (float)next_of_first);
    ck_assert_float_ne((float)y[1], (float)next_of_second); /* only the second began again */
    ck_assert_int_eq(noise.age[0], 2);
    ck_assert_int_eq(noise.age[1], 1);
    gb_noise_free(&noise);
}
END_TEST

START_TEST(names) {
    ck_assert_int_eq(gb_noise_named("white"), GB_NOISE_WHITE);
    ck_assert_int_eq(gb_noise_named("gsde"), GB_NOISE_GSDE);
    ck_assert_int_eq(gb_noise_named("blue"), 0);
}
END_TEST

Suite *noise_suite(void) {
    const TTest *const tests[] = {white_is_flat,
                                  pink_is_one_over_f,
                                  pink_is_standard_normal_at_each_step,
                                  gsde_is_a_function_of_the_features,
                                  instances_are_independent,
                                  names,
                                  NULL};
    return test_suite("noise", tests, 60);
}
