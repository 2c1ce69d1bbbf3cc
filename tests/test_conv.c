/* Convolutions against their definition, term by term in double precision; networks of them. */
#include "conv.h"
#include "nn.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST = 1 << 15, MOST_FILTERS = 70, GUARD = 64 };
static const gb_real untouched = 12345;

/* What is compared: arrays of one case with a guard behind each that is written. */
static gb_real x[MOST], weight[MOST], bias[MOST_FILTERS], dy[MOST];
static gb_real y[MOST], d_weight[MOST], d_bias[MOST_FILTERS + GUARD], dx[MOST];

/* An exact sum, and the sum of the sizes of its terms, which bounds the error of a rounded one. */
struct sum {
    double value, size;
    int terms;
};
static struct sum exact_y[MOST], exact_d_weight[MOST], exact_d_bias[MOST_FILTERS], exact_dx[MOST];

static void add(struct sum *sum, double term) {
    sum->value += term, sum->size += fabs(term), sum->terms++;
}

/* Every product of an input, a weight and what they contribute to. */
static void define(const gb_conv *c, int n) {
    int high = gb_conv_size(c, c->height), wide = gb_conv_size(c, c->width);
    memset(exact_y, 0, sizeof exact_y), memset(exact_dx, 0, sizeof exact_dx);
    memset(exact_d_weight, 0, sizeof exact_d_weight), memset(exact_d_bias, 0, sizeof exact_d_bias);
    for (int at = 0; at < n * high * wide * c->filters; at++) {
        int f = at % c->filters, j = at / c->filters % wide, i = at / c->filters / wide % high;
        int k = at / c->filters / wide / high;
        add(&exact_y[at], bias[f]);
        add(&exact_d_bias[f], dy[at]);
        for (int u = 0; u < c->kernel; u++)
            for (int v = 0; v < c->kernel; v++)
                for (int ch = 0; ch < c->channels; ch++) {
                    int from = ((k * c->height + i + u) * c->width + j + v) * c->channels + ch;
                    int w = ((u * c->kernel + v) * c->channels + ch) * c->filters + f;
                    add(&exact_y[at], (double)x[from] * weight[w]);
                    add(&exact_d_weight[w], (double)x[from] * dy[at]);
                    add(&exact_dx[from], (double)dy[at] * weight[w]);
                }
    }
}

static void compare(const char *what, const gb_conv *c, const gb_real *got, const struct sum *exact,
                    int n) {
    for (int i = 0; i < n; i++) {
        double bound = FLT_EPSILON / 2 * (exact[i].terms + 1) * exact[i].size;
        if (!(fabs(got[i] - exact[i].value) <= bound))
            ck_abort_msg("%s[%d] of %dx%dx%d, %d filters of %d: %.9g, not %.9g", what, i, c->height,
                         c->width, c->channels, c->filters, c->kernel, got[i], exact[i].value);
    }
    for (int i = n; i < n + GUARD; i++)
        if (got[i] != untouched) ck_abort_msg("%s[%d] is behind the end", what, i);
}

static void fill(gb_real *to, int n, gb_rng *rng, double zeros) {
    for (int i = 0; i < n; i++) to[i] = gb_rng_unit(rng) < zeros ? 0 : (gb_real)gb_rng_normal(rng);
}

/* The first are those of MinAtar; then what fits no vector and no tile. */
static const gb_conv cases[] = {{10, 10, 4, 16, 3},  {10, 10, 6, 16, 3}, {10, 10, 7, 16, 3},
                                {10, 10, 10, 16, 3}, {8, 8, 16, 32, 3},  {5, 9, 3, 17, 3},
                                {3, 3, 1, 1, 3},     {7, 4, 2, 5, 2},    {6, 6, 16, 33, 1},
                                {8, 13, 5, 20, 5},   {4, 11, 3, 40, 4},  {12, 5, 1, 8, 3},
                                {6, 3, 9, 7, 3},     {1, 1, 1, 1, 1},    {1, 30, 2, 16, 1},
                                {3, 4, 2, 70, 2}};
enum { CASES = sizeof cases / sizeof *cases };

START_TEST(products_equal_their_definition) {
    const gb_conv *c = &cases[_i];
    gb_rng rng = gb_rng_stream(21, (uint64_t)_i);
    int in = gb_conv_in(c), out = gb_conv_out(c), weights = gb_conv_taps(c) * c->filters;
    for (int n = 1; n <= 3; n += 2) {
        ck_assert_int_le(n * (in > out ? in : out) + GUARD, MOST);
        fill(x, n * in, &rng, 0.3), fill(weight, weights, &rng, 0);
        fill(bias, c->filters, &rng, 0), fill(dy, n * out, &rng, 0.2);
        for (int i = 0; i < MOST; i++) y[i] = d_weight[i] = dx[i] = untouched;
        for (int i = 0; i < MOST_FILTERS + GUARD; i++) d_bias[i] = untouched;
        define(c, n);
        gb_conv_forward(c, weight, bias, x, y, n, 0, c->height - c->kernel + 1, false);
        compare("y", c, y, exact_y, n * out);
        gb_conv_weight_gradient(c, x, dy, 0, c->height - c->kernel + 1, d_weight, d_bias, n);
        compare("d_weight", c, d_weight, exact_d_weight, weights);
        compare("d_bias", c, d_bias, exact_d_bias, c->filters);
        gb_conv_input_gradient(c, weight, dy, dx, n);
        compare("dx", c, dx, exact_dx, n * in);
    }
}
END_TEST

/* A vertical edge seen by a filter of its own shape, and by one turned around. */
START_TEST(filters_are_not_mirrored) {
    const gb_conv c = {2, 3, 1, 2, 2};
    const gb_real picture[] = {1, 2, 4, 8, 16, 32};
    const gb_real filters[] = {1, 0, 0, 0, 0, 0, 0, 1}, shift[] = {0.5, -40};
    gb_real out[4];
    gb_conv_forward(&c, filters, shift, picture, out, 1, 0, c.height - c.kernel + 1, false);
    ck_assert(out[0] == 1.5 && out[1] == 16 - 40 && out[2] == 2.5 && out[3] == 32 - 40);
    gb_conv_forward(&c, filters, shift, picture, out, 1, 0, c.height - c.kernel + 1, true);
    ck_assert(out[0] == 1.5 && out[1] == 0 && out[2] == 2.5 && out[3] == 0);
}
END_TEST

/* The same bits whatever else is in the batch. */
START_TEST(pictures_do_not_touch_each_other) {
    const gb_conv *c = &cases[_i];
    gb_rng rng = gb_rng_stream(22, (uint64_t)_i);
    int in = gb_conv_in(c), out = gb_conv_out(c), n = 3;
    fill(x, n * in, &rng, 0.9), fill(weight, gb_conv_taps(c) * c->filters, &rng, 0);
    fill(bias, c->filters, &rng, 0), fill(dy, n * out, &rng, 0);
    gb_conv_forward(c, weight, bias, x, y, n, 0, c->height - c->kernel + 1, true);
    gb_conv_input_gradient(c, weight, dy, dx, n);
    for (int k = 0; k < n; k++) {
        static gb_real one[MOST];
        gb_conv_forward(c, weight, bias, x + k * in, one, 1, 0, c->height - c->kernel + 1, true);
        ck_assert_mem_eq(one, y + k * out, (size_t)out * sizeof *one);
        gb_conv_input_gradient(c, weight, dy + k * out, one, 1);
        ck_assert_mem_eq(one, dx + k * in, (size_t)in * sizeof *one);
    }
}
END_TEST

/* A number that is none is seen, under ReLU too, wherever it enters, and only where it does. */
START_TEST(nan_is_seen) {
    const gb_conv *c = &cases[_i];
    int in = gb_conv_in(c), out = gb_conv_out(c), weights = gb_conv_taps(c) * c->filters;
    gb_rng rng = gb_rng_stream(23, (uint64_t)_i);
    for (int blank = 0; blank < 2; blank++) {
        fill(x, in, &rng, blank), fill(weight, weights, &rng, 0);
        fill(bias, c->filters, &rng, 0), fill(dy, out, &rng, 0);
        x[in - 1] = NAN; /* the last pixel: in the last patch */
        gb_conv_forward(c, weight, bias, x, y, 1, 0, c->height - c->kernel + 1, true);
        for (int at = 0; at < out; at++)
            if (!!isnan(y[at]) != (at >= out - c->filters)) ck_abort_msg("pixel: y[%d]", at);
        gb_conv_weight_gradient(c, x, dy, 0, c->height - c->kernel + 1, d_weight, d_bias, 1);
        ck_assert(isnan(d_weight[weights - 1]));
        x[in - 1] = 0;
        weight[0] = NAN; /* of the first filter */
        gb_conv_forward(c, weight, bias, x, y, 1, 0, c->height - c->kernel + 1, true);
        for (int at = 0; at < out; at++)
            if (!!isnan(y[at]) != (at % c->filters == 0)) ck_abort_msg("weight: y[%d]", at);
        dy[out - 1] = INFINITY; /* times 0 it is none either */
        gb_conv_weight_gradient(c, x, dy, 0, c->height - c->kernel + 1, d_weight, d_bias, 1);
        for (int at = c->filters - 1; at < weights; at += c->filters)
            ck_assert(!isfinite(d_weight[at]));
        ck_assert(isinf(d_bias[c->filters - 1]));
    }
}
END_TEST

/* --- networks ---------------------------------------------------------------------------------*/

START_TEST(sizes_of_a_network) {
    static const int shape[] = {10, 10, 4}, filters[] = {16, 0}, hidden[] = {128, 0};
    gb_net net;
    gb_net_picture(&net, shape, filters, hidden, 6, GB_RELU, false);
    ck_assert_int_eq(net.in, 400);
    ck_assert_int_eq(net.out, 6);
    ck_assert_int_eq(net.layer[2].in, 1024);
    ck_assert_uint_eq(net.n_params, 36 * 16 + 16 + 1024 * 128 + 128 + 128 * 6 + 6);
    double conv = 2.0 * 36 * 1024, dense = 2.0 * (1024 * 128 + 128 * 6);
    ck_assert_double_eq(gb_net_flops(&net), conv + dense);
    ck_assert_double_eq(gb_net_backward_flops(&net), conv + 2 * dense);
    static const int none[] = {0};
    gb_net_picture(&net, shape, none, hidden, 6, GB_RELU, false);
    ck_assert_int_eq(net.layer[0].kind, GB_LINEAR);
}
END_TEST

/* Bounds of PyTorch's Conv2d: 1 / sqrt(channels kernel^2), reached by so many draws. */
START_TEST(first_weights) {
    static const int shape[] = {6, 6, 4}, filters[] = {30, 0}, hidden[] = {0};
    static gb_real params[MOST];
    gb_net net;
    gb_rng rng = gb_rng_stream(24, 1);
    gb_net_picture(&net, shape, filters, hidden, 1, GB_TANH, false);
    ck_assert_uint_le(net.n_params, MOST);
    gb_net_reset(&net, params, &rng);
    double most = 0;
    for (size_t i = 0; i < 37 * 30; i++) most = fmax(most, fabs(params[i]));
    ck_assert_double_le(most, 1 / sqrt(36.0) * (1 + 1e-6));
    ck_assert_double_gt(most, 0.99 / sqrt(36.0));
}
END_TEST

START_TEST(archived_by_layer) {
    static const int shape[] = {4, 4, 2}, filters[] = {3, 0}, hidden[] = {0};
    static const char *const names[] = {"0.weight", "0.bias", "2.weight", "2.bias"};
    static const size_t sizes[][2] = {{18, 3}, {3, 0}, {12, 2}, {2, 0}};
    gb_real params[18 * 3 + 3 + 12 * 2 + 2] = {0}, *at = params;
    gb_err err;
    gb_net net;
    gb_net_picture(&net, shape, filters, hidden, 2, GB_RELU, false);
    ck_assert_uint_eq(net.n_params, sizeof params / sizeof *params);
    for (size_t i = 0; i < net.n_params; i++) params[i] = (gb_real)i;
    char path[512];
    gb_format(path, sizeof path, "%s/net.safetensors", test_folder());
    gb_archive *archive = gb_archive_create(&err);
    gb_net_archive(&net, params, archive);
    ck_assert_msg(!gb_archive_write(archive, path, &err), "%s", err.msg);
    gb_archive_close(archive);
    archive = gb_archive_open(path, &err);
    for (int k = 0; k < 4; k++) {
        static gb_real block[MOST];
        size_t n = sizes[k][0] * (sizes[k][1] ? sizes[k][1] : 1);
        gb_archive_real(archive, names[k], block, sizes[k][0], sizes[k][1]);
        ck_assert_msg(!gb_archive_status(archive, &err), "%s", err.msg);
        ck_assert_mem_eq(block, at, n * sizeof *block);
        at += n;
    }
    gb_archive_close(archive);
}
END_TEST

Suite *conv_suite(void);
Suite *conv_suite(void) {
    const TTest *const tests[] = {filters_are_not_mirrored, sizes_of_a_network, first_weights,
                                  archived_by_layer, NULL};
    Suite *suite = test_suite("conv", tests, 30);
    TCase *each = tcase_create("sizes");
    tcase_add_loop_test(each, products_equal_their_definition, 0, CASES);
    tcase_add_loop_test(each, pictures_do_not_touch_each_other, 0, CASES);
    tcase_add_loop_test(each, nan_is_seen, 0, CASES);
    suite_add_tcase(suite, each);
    return suite;
}
