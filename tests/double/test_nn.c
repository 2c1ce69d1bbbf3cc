/* Gradients of every layer against central differences, in double. */
#include "nn.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { MOST = 4000, ROWS = 5 };

static double params[MOST], x[MOST], weight[MOST];

static void fill(double *to, int n, gb_rng *rng) {
    for (int i = 0; i < n; i++) to[i] = gb_rng_normal(rng);
}

/* Largest error of the gradients of a network with random parameters: standard normal ones, or such
 * as training begins with, which keep deep networks from bending within a difference quotient. */
static double worst_error_of(const gb_net *net, bool first) {
    gb_rng rng = gb_rng_stream(7, 1);
    ck_assert_uint_le(net->n_params, MOST);
    if (first)
        gb_net_reset(net, params, &rng);
    else
        fill(params, (int)net->n_params, &rng);
    fill(x, ROWS * net->in, &rng);
    fill(weight, ROWS * net->out, &rng);
    return gb_net_check_gradient(net, params, x, weight, ROWS, 1e-5);
}

static double worst_error(const gb_net *net) {
    return worst_error_of(net, false);
}

START_TEST(each_layer_alone) {
    static const int kinds[] = {GB_LINEAR, GB_RELU, GB_TANH, GB_SILU, GB_LAYERNORM};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        gb_net net;
        gb_net_init(&net, 6);
        gb_net_add(&net, kinds[k], 4);
        ck_assert_double_lt(worst_error(&net), 1e-6);
    }
}
END_TEST

START_TEST(perceptrons) {
    static const int kinds[] = {GB_RELU, GB_TANH, GB_SILU}, hidden[] = {16, 12, 0};
    for (int k = 0; k < 3; k++)
        for (int norm = 0; norm < 2; norm++) {
            gb_net net;
            gb_net_mlp(&net, 5, hidden, 3, kinds[k], norm);
            double error = worst_error(&net);
            ck_assert_msg(error < 1e-6, "activation %d, LayerNorm %d: %g", kinds[k], norm, error);
        }
}
END_TEST

START_TEST(unusual_orders) {
    /* layers that work in place must not disturb what the layer before them keeps */
    static const int orders[][5] = {{GB_SILU, GB_RELU, GB_TANH, GB_LAYERNORM, GB_RELU},
                                    {GB_LAYERNORM, GB_SILU, GB_TANH, GB_RELU, GB_SILU},
                                    {GB_LINEAR, GB_TANH, GB_RELU, GB_LINEAR, GB_LAYERNORM}};
    for (int o = 0; o < 3; o++) {
        gb_net net;
        gb_net_init(&net, 7);
        for (int k = 0; k < 5; k++) gb_net_add(&net, orders[o][k], 6);
        double error = worst_error(&net);
        ck_assert_msg(error < 1e-6, "order %d: %g", o, error);
    }
}
END_TEST

START_TEST(convolutions) {
    /* pictures, filters, kernel: filters that fill vectors, and that do not */
    static const int sizes[][5] = {{4, 4, 2, 8, 3},  {5, 4, 3, 3, 2}, {3, 6, 1, 17, 3},
                                   {4, 3, 10, 9, 1}, {3, 3, 2, 1, 3}, {2, 2, 4, 70, 2}};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const int *s = sizes[k];
        gb_net net;
        gb_net_init(&net, s[0] * s[1] * s[2]);
        gb_net_add_conv(&net, s[0], s[1], s[2], s[3], s[4]);
        double error = worst_error(&net);
        ck_assert_msg(error < 1e-6, "alone, sizes %zu: %g", k, error);
    }
    static const int kinds[] = {GB_RELU, GB_TANH, GB_SILU}, shape[] = {6, 7, 2};
    static const int filters[] = {8, 5, 0}, hidden[] = {9, 0};
    for (int k = 0; k < 3; k++) {
        gb_net net;
        gb_net_picture(&net, shape, filters, hidden, 3, kinds[k], k == 0);
        double error = worst_error_of(&net, true);
        ck_assert_msg(error < 1e-6, "activation %d: %g", kinds[k], error);
    }
}
END_TEST

/* A tape serves batches of any size up to its own, one after another. */
START_TEST(smaller_batches) {
    static const int shape[] = {5, 5, 2}, filters[] = {8, 0}, hidden[] = {6, 0};
    static double first[MOST], again[MOST], out[ROWS * 2];
    gb_net net;
    gb_tape tape;
    gb_rng rng = gb_rng_stream(4, 1);
    gb_net_picture(&net, shape, filters, hidden, 2, GB_RELU, false);
    fill(params, (int)net.n_params, &rng);
    fill(x, ROWS * net.in, &rng);
    fill(weight, ROWS * 2, &rng);
    ck_assert_int_eq(gb_tape_init(&tape, &net, ROWS, NULL), GB_OK);
    memcpy(out, gb_net_forward(&net, params, x, 1, &tape), 2 * sizeof *out);
    gb_net_backward(&net, params, &tape, 1, weight, first, NULL, 0, 0);
    gb_net_forward(&net, params, x, ROWS, &tape);
    gb_net_backward(&net, params, &tape, ROWS, weight, again, NULL, 0, 0);
    const double *y = gb_net_forward(&net, params, x, 1, &tape);
    for (int j = 0; j < 2; j++) ck_assert(y[j] == out[j]);
    gb_net_backward(&net, params, &tape, 1, weight, again, NULL, 0, 0);
    ck_assert_mem_eq(first, again, net.n_params * sizeof *first);
    gb_tape_free(&tape);
}
END_TEST

/* Columns 3..3+COLS-1 of the gradient by the input, alone and among all. */
static void check_some_columns(const gb_net *net) {
    enum { COLS = 2, WIDEST = 32 };
    gb_tape tape;
    gb_rng rng = gb_rng_stream(3, 1);
    double all[ROWS * WIDEST], some[ROWS * COLS];
    ck_assert_int_le(net->in, WIDEST);
    fill(params, (int)net->n_params, &rng);
    fill(x, ROWS * net->in, &rng);
    fill(weight, ROWS * net->out, &rng);
    ck_assert_int_eq(gb_tape_init(&tape, net, ROWS, NULL), GB_OK);
    gb_net_forward(net, params, x, ROWS, &tape);
    gb_net_backward(net, params, &tape, ROWS, weight, NULL, all, 0, net->in);
    gb_net_backward(net, params, &tape, ROWS, weight, NULL, some, 3, COLS);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLS; j++)
            ck_assert_double_eq_tol(some[i * COLS + j], all[i * net->in + 3 + j], 1e-14);
    gb_tape_free(&tape);
}

START_TEST(some_input_columns) {
    static const int shape[] = {4, 4, 2}, filters[] = {5, 0}, hidden[] = {9, 0};
    gb_net net;
    gb_net_mlp(&net, 6, hidden, 2, GB_TANH, false);
    check_some_columns(&net);
    gb_net_picture(&net, shape, filters, hidden, 2, GB_TANH, false);
    check_some_columns(&net);
}
END_TEST

/* The tangents of the outputs along a direction, against central differences. */
START_TEST(directional_derivatives) {
    static const int kinds[] = {GB_RELU, GB_TANH, GB_SILU}, hidden[] = {9, 7, 0};
    const double step = 1e-6;
    for (int k = 0; k < 3; k++)
        for (int norm = 0; norm < 2; norm++) {
            gb_net net;
            gb_tape tape;
            gb_rng rng = gb_rng_stream(5, 1);
            double along[MOST], moved[MOST], side[2][ROWS * 3];
            gb_net_mlp(&net, 4, hidden, 3, kinds[k], norm);
            fill(params, (int)net.n_params, &rng);
            fill(along, (int)net.n_params, &rng);
            fill(x, ROWS * 4, &rng);
            ck_assert_int_eq(gb_tape_init(&tape, &net, ROWS, NULL), GB_OK);
            for (int s = 0; s < 2; s++) {
                for (size_t i = 0; i < net.n_params; i++)
                    moved[i] = params[i] + (s ? -step : step) * along[i];
                memcpy(side[s], gb_net_forward(&net, moved, x, ROWS, &tape), sizeof side[s]);
            }
            gb_net_forward(&net, params, x, ROWS, &tape);
            const double *tangent = gb_net_jvp(&net, params, along, &tape, ROWS);
            for (int i = 0; i < ROWS * 3; i++) {
                double slope = (side[0][i] - side[1][i]) / (2 * step);
                ck_assert_msg(fabs(tangent[i] - slope) < 1e-7 * fmax(1, fabs(slope)),
                              "activation %d, LayerNorm %d: %g, not %g", kinds[k], norm, tangent[i],
                              slope);
            }
            gb_tape_free(&tape);
        }
}
END_TEST

START_TEST(orthogonal_weights) {
    static const int hidden[] = {8, 12, 0};
    gb_net net;
    gb_rng rng = gb_rng_stream(5, 1);
    gb_net_mlp(&net, 5, hidden, 3, GB_TANH, false);
    gb_net_reset_orthogonal(&net, params, 1.5, 0.01, &rng);
    for (int k = 0; k < net.n_layers; k += 2) {
        const gb_layer *layer = &net.layer[k];
        const int in = layer->in, out = layer->out, few = in < out ? in : out;
        const double *w = params + layer->param, gain = k == net.n_layers - 1 ? 0.01 : 1.5;
        for (int a = 0; a < few; a++)
            for (int b = 0; b < few; b++) {
                double dot = 0;
                for (int i = 0; i < (in < out ? out : in); i++)
                    dot += in < out ? w[a * out + i] * w[b * out + i]
                                    : w[i * out + a] * w[i * out + b];
                ck_assert_double_eq_tol(dot, a == b ? gain * gain : 0, 1e-12);
            }
        for (int j = 0; j < out; j++) ck_assert_double_eq(w[in * out + j], 0);
    }
}
END_TEST

START_TEST(a_wrong_gradient_is_found) {
    /* the check itself must be able to fail: too long a step is no derivative */
    static const int hidden[] = {8, 0};
    gb_net net;
    gb_rng rng = gb_rng_stream(7, 1);
    gb_net_mlp(&net, 4, hidden, 2, GB_TANH, false);
    fill(params, (int)net.n_params, &rng);
    fill(x, ROWS * 4, &rng);
    fill(weight, ROWS * 2, &rng);
    ck_assert_double_gt(gb_net_check_gradient(&net, params, x, weight, ROWS, 0.5), 1e-3);
}
END_TEST

Suite *double_nn_suite(void) {
    const TTest *const tests[] = {each_layer_alone,
                                  perceptrons,
                                  unusual_orders,
                                  convolutions,
                                  smaller_batches,
                                  some_input_columns,
                                  directional_derivatives,
                                  orthogonal_weights,
                                  a_wrong_gradient_is_found,
                                  NULL};
    return test_suite("nn in double", tests, 30);
}
