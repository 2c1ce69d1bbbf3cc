/* Optimisers against their definitions. */
#include "nn.h"
#include "optim.h"
#include "support.h"

#include <math.h>

static double three_steps(double weight_decay) {
    gb_adam adam;
    const float grads[] = {0.1f, -0.2f, 0.05f};
    float x = 0.5f;
    ck_assert_int_eq(gb_adam_init(&adam, 1, 1e-3, weight_decay, NULL), GB_OK);
    for (int i = 0; i < 3; i++) gb_adam_step(&adam, &x, &grads[i]);
    gb_adam_free(&adam);
    return (double)x;
}

/* The definition, step by step in double. */
static double by_definition(double weight_decay) {
    const double grads[] = {0.1, -0.2, 0.05};
    double x = 0.5, m = 0, v = 0;
    for (int t = 1; t <= 3; t++) {
        double g = grads[t - 1];
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        double step = m / (1 - pow(0.9, t)) / (sqrt(v / (1 - pow(0.999, t))) + 1e-8);
        x -= 1e-3 * step + 1e-3 * weight_decay * x;
    }
    return x;
}

START_TEST(adam_and_adamw) {
    ck_assert_double_eq_tol(three_steps(0.01), 0.49948781074546467, 1e-7);
    ck_assert_double_eq_tol(three_steps(0.01), by_definition(0.01), 1e-7);
    ck_assert_double_eq_tol(three_steps(0), by_definition(0), 1e-7);
    ck_assert_double_gt(fabs(three_steps(0) - three_steps(0.01)), 1e-6);
}
END_TEST

/* Adam without correction and with beta1 0 is RMSprop: v = a v + (1 - a) g^2, x -= lr g / (sqrt v +
 * eps). */
START_TEST(rmsprop) {
    gb_adam adam;
    const float grads[] = {0.1f, -0.2f, 0.05f};
    float x = 0.5f;
    double y = 0.5, v = 0;
    ck_assert_int_eq(gb_adam_init(&adam, 1, 1e-3, 0, NULL), GB_OK);
    adam.beta1 = 0, adam.beta2 = 0.99, adam.epsilon = 1e-5, adam.uncorrected = true;
    for (int i = 0; i < 3; i++) {
        const double g = (double)grads[i];
        v = 0.99 * v + 0.01 * g * g;
        y -= 1e-3 * g / (sqrt(v) + 1e-5);
        gb_adam_step(&adam, &x, &grads[i]);
        ck_assert_double_eq_tol((double)x, y, 1e-7);
    }
    ck_assert_double_gt(fabs(y - 0.5), 2e-3); /* corrected, the same steps lead 5e-4 away */
    gb_adam_free(&adam);
}
END_TEST

START_TEST(adam_finds_a_minimum) {
    gb_adam adam;
    float x[3] = {5, -3, 0.1f}, grad[3];
    ck_assert_int_eq(gb_adam_init(&adam, 3, 0.05, 0, NULL), GB_OK);
    for (int t = 0; t < 2000; t++) {
        for (int i = 0; i < 3; i++) grad[i] = (float)(i + 1) * (x[i] - (float)i);
        gb_adam_step(&adam, x, grad);
    }
    for (int i = 0; i < 3; i++) ck_assert_float_eq_tol(x[i], (float)i, 1e-3f);
    gb_adam_free(&adam);
}
END_TEST

START_TEST(clipping) {
    float grad[] = {3, 4};
    ck_assert_double_eq_tol(gb_clip_norm(grad, 2, 0), 5, 1e-6);
    ck_assert_float_eq(grad[0], 3);
    ck_assert_double_eq_tol(gb_clip_norm(grad, 2, 10), 5, 1e-6);
    ck_assert_float_eq(grad[1], 4);
    ck_assert_double_eq_tol(gb_clip_norm(grad, 2, 1), 5, 1e-6);
    ck_assert_float_eq_tol(grad[0], 0.6f, 1e-6f);
    ck_assert_float_eq_tol(grad[1], 0.8f, 1e-6f);
}
END_TEST

START_TEST(polyak_averaging) {
    float target[] = {0, 10}, online[] = {1, 20};
    gb_polyak(target, online, 2, 0.25);
    ck_assert_float_eq(target[0], 0.25f);
    ck_assert_float_eq(target[1], 12.5f);
    gb_polyak(target, online, 2, 1);
    ck_assert_float_eq(target[1], 20);
}
END_TEST

START_TEST(first_weights) {
    /* uniform in +-1/sqrt(in): bounds kept and reached, variance 1/(3 in) */
    static const int hidden[] = {64, 0};
    static float params[10000];
    gb_net net;
    gb_rng rng = gb_rng_stream(1, GB_STREAM_INIT);
    gb_net_mlp(&net, 100, hidden, 10, GB_RELU, true);
    ck_assert_uint_eq(net.n_params, 100 * 64 + 64 + 64 + 64 + 64 * 10 + 10);
    gb_net_reset(&net, params, &rng);
    double sum = 0, most = 0;
    for (int i = 0; i < 6400; i++) {
        sum += (double)params[i] * (double)params[i];
        most = fmax(most, fabs((double)params[i]));
    }
    ck_assert_double_le(most, 0.1);
    ck_assert_double_gt(most, 0.0999);
    ck_assert_double_eq_tol(sum / 6400, 0.01 / 3, 0.01 / 3 * 0.06);
    for (int i = 6464; i < 6528; i++) ck_assert(params[i] == 1 && params[i + 64] == 0);
}
END_TEST

START_TEST(a_tracked_step_is_a_step_and_an_average) {
    enum { N = 37 };
    gb_adam one, two;
    gb_err err;
    gb_real x[N], y[N], target[N], other[N], grad[N];
    ck_assert(!gb_adam_init(&one, N, 0.01, 0, &err) && !gb_adam_init(&two, N, 0.01, 0, &err));
    for (int i = 0; i < N; i++) x[i] = y[i] = (gb_real)i, target[i] = other[i] = (gb_real)-i;
    for (int t = 0; t < 5; t++) {
        for (int i = 0; i < N; i++) grad[i] = (gb_real)((i * 7 + t) % 11 - 5);
        gb_adam_step_tracked(&one, x, grad, target, 0.3);
        gb_adam_step(&two, y, grad);
        gb_polyak(other, y, N, 0.3);
    }
    ck_assert_mem_eq(x, y, sizeof x);
    ck_assert_mem_eq(target, other, sizeof target);
    gb_adam_free(&one);
    gb_adam_free(&two);
}
END_TEST

Suite *optim_suite(void) {
    const TTest *const tests[] = {adam_and_adamw,       rmsprop,
                                  adam_finds_a_minimum, clipping,
                                  polyak_averaging,     a_tracked_step_is_a_step_and_an_average,
                                  first_weights,        NULL};
    return test_suite("optim", tests, 30);
}
