/* Networks whose passes threads share: the numbers are those of one thread, and large layers that
 * add up their inputs in halves compute what others do. */
#include "nn.h"
#include "optim.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { ROWS = 48, MOST_INPUTS = 400, MOST_PARAMS = 200000, MOST_OUT = 8 };
static gb_real x[ROWS * MOST_INPUTS], d_out[ROWS * MOST_OUT], params[MOST_PARAMS];

struct results {
    gb_real out[ROWS * MOST_OUT], grad[MOST_PARAMS], moved[MOST_PARAMS];
    double norm;
};
static struct results one, other;

static const struct shape {
    int picture[3], filters[3], in, hidden[4], activation;
    bool layer_norm;
} shapes[] = {
    {{10, 10, 4}, {16}, 0, {128}, GB_RELU},
    {{9, 10, 4}, {16}, 0, {128, 128}, GB_RELU}, /* halves of unequal height */
    {{10, 10, 4}, {16, 16}, 0, {128}, GB_RELU},
    {{10, 10, 4}, {5}, 0, {128}, GB_TANH},
    {{10, 10, 4}, {16}, 0, {40}, GB_SILU, true},
    {{0}, {0}, 17, {256, 256}, GB_RELU},
    {{0}, {0}, 400, {130, 256}, GB_TANH},
    {{0}, {0}, 33, {200, 170}, GB_SILU, true},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void make(const struct shape *shape, gb_net *net) {
    gb_rng rng = gb_rng_stream(71, 1);
    if (shape->in)
        gb_net_mlp(net, shape->in, shape->hidden, 6, shape->activation, shape->layer_norm);
    else
        gb_net_picture(net, shape->picture, shape->filters, shape->hidden, 6, shape->activation,
                       shape->layer_norm);
    ck_assert_uint_le(net->n_params, MOST_PARAMS);
    gb_net_reset(net, params, &rng);
    for (int i = 0; i < ROWS * net->in; i++) x[i] = (gb_real)gb_rng_normal(&rng);
    for (int i = 0; i < ROWS * net->out; i++) d_out[i] = (gb_real)gb_rng_normal(&rng);
}

/* Forward, back and one step of Adam. */
static void learn(const gb_net *net, int threads, bool by_inputs, struct results *to) {
    gb_tape tape;
    gb_adam adam;
    ck_assert_int_eq(gb_tape_init(&tape, net, ROWS, NULL), GB_OK);
    ck_assert_int_eq(gb_adam_init(&adam, net->n_params, 1e-3, 0, NULL), GB_OK);
    tape.threads = threads, tape.by_inputs = by_inputs;
    memcpy(to->out, gb_net_forward(net, params, x, ROWS, &tape),
           (size_t)(ROWS * net->out) * sizeof *to->out);
    gb_net_backward(net, params, &tape, ROWS, d_out, to->grad, NULL, 0, 0);
    to->norm = gb_norm(to->grad, net->n_params, threads);
    memcpy(to->moved, params, net->n_params * sizeof *params);
    gb_adam_step_scaled(&adam, to->moved, to->grad, gb_clip_scale(to->norm, 1), threads);
    gb_tape_free(&tape);
    gb_adam_free(&adam);
}

START_TEST(threads_do_not_matter) {
    gb_net net;
    make(&shapes[_i], &net);
    for (int halves = 0; halves < 2; halves++) {
        net.halves = halves;
        learn(&net, 1, false, &one);
        for (int way = 0; way < 4; way++) {
            memset(&other, 0xff, sizeof other);
            learn(&net, 2 + way % 2, way > 1, &other);
            ck_assert_mem_eq(one.out, other.out, (size_t)(ROWS * net.out) * sizeof *one.out);
            ck_assert_mem_eq(one.grad, other.grad, net.n_params * sizeof *one.grad);
            ck_assert_mem_eq(one.moved, other.moved, net.n_params * sizeof *one.moved);
            ck_assert(one.norm == other.norm);
        }
    }
}
END_TEST

/* Up to rounding: sums of up to 2048 terms of size 1. */
static void close_to(const gb_real *a, const gb_real *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (fabs((double)(a[i] - b[i])) > 2e-4 * fmax(1, fabs((double)a[i])))
            ck_abort_msg("%zu: %g, not %g", i, (double)a[i], (double)b[i]);
}

START_TEST(halves_are_the_whole) {
    gb_net net;
    make(&shapes[_i], &net);
    net.halves = false;
    learn(&net, 1, false, &one);
    net.halves = true;
    learn(&net, 1, false, &other);
    close_to(one.out, other.out, (size_t)(ROWS * net.out));
    close_to(one.grad, other.grad, net.n_params);
}
END_TEST

/* Norms do not forget a number, wherever blocks and threads end. */
START_TEST(norms_are_whole) {
    static const size_t sizes[] = {1, 15, 16, 1000, 1024 + 3, 40000, 65536, 100001};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        for (size_t i = 0; i < sizes[k]; i++) params[i] = 1;
        for (int threads = 1; threads < 4; threads++)
            ck_assert_double_eq_tol(gb_norm(params, sizes[k], threads), sqrt((double)sizes[k]),
                                    1e-9);
    }
}
END_TEST

Suite *nn_threads_suite(void);
Suite *nn_threads_suite(void) {
    const TTest *const tests[] = {norms_are_whole, NULL};
    Suite *suite = test_suite("nn_threads", tests, 30);
    TCase *each = tcase_create("shapes");
    tcase_add_loop_test(each, threads_do_not_matter, 0, SHAPES);
    tcase_add_loop_test(each, halves_are_the_whole, 0, SHAPES);
    suite_add_tcase(suite, each);
    return suite;
}
