/* nn_pass.c - networks forward; backward they go in nn_pass_back.c. */
#include "nn_pass.h"

#include "la.h"
#include "pool.h"
#include "vmath.h"

#include <string.h>
#include <tgmath.h>

const gb_real *gb_net_features(const gb_net *net, const gb_tape *tape) {
    return layer_input(net, tape, net->n_layers - 1);
}

/* --- layers: x (n, in) input, y (n, out) output -----------------------------------------------*/

static void relu_forward(gb_real *y, const gb_real *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0 : x[i];
}

static void silu_forward(gb_real *y, const gb_real *x, size_t n) {
    gb_sigmoid(y, x, n);
    for (size_t i = 0; i < n; i++) y[i] *= x[i];
}

/* keep: normalised inputs (n, width), then 1 / deviation of each row (n). */
static void layernorm_forward(const gb_real *gain, gb_real *y, const gb_real *x, gb_real *keep,
                              gb_real *inverse, int n, int width) {
    const gb_real *shift = gain + width;
    for (int i = 0; i < n; i++, x += width, y += width, keep += width) {
        gb_real mean = 0, var = 0;
        for (int j = 0; j < width; j++) mean += x[j];
        mean /= (gb_real)width;
        for (int j = 0; j < width; j++) var += (x[j] - mean) * (x[j] - mean);
        inverse[i] = 1 / sqrt(var / (gb_real)width + (gb_real)1e-5);
        for (int j = 0; j < width; j++) {
            keep[j] = (x[j] - mean) * inverse[i];
            y[j] = gain[j] * keep[j] + shift[j];
        }
    }
}

/* --- layers in halves -------------------------------------------------------------------------*/

/* Where the sums over second halves stand meanwhile, of rows from `first` on: where gradients will
 * be. Rows have as much room there in every layer, as other threads may be in another. */
static gb_real *second_half(const gb_net *net, const gb_tape *tape, int first) {
    return tape->delta[0] + (size_t)first * (size_t)net->widest;
}

/* The sum over one half of the inputs for n rows from `first` on: to the layer's output, or for the
 * second half to second_half. */
static void half_forward(const gb_net *net, const gb_real *params, const gb_real *input, int k,
                         gb_tape *tape, int first, int n, int half) {
    const gb_layer *layer = &net->layer[k];
    const int in = layer->in, out = layer->out, middle = half_of(net, k);
    const int from = half ? middle : 0, count = half ? in - middle : middle;
    const gb_real *w = params + layer->param + (size_t)from * (size_t)out;
    gb_real *y = half ? second_half(net, tape, first)
                      : gb_tape_column(tape, layer->output) + (size_t)first * (size_t)out;
    gb_la_gemm(false, false, n, out, count, input + from, in, w, out, 0, y, out);
}

/* One half of the pictures of the first layer. */
static void half_conv(const gb_net *net, const gb_real *params, const gb_real *x, int n,
                      gb_tape *tape, int half) {
    const gb_layer *layer = &net->layer[0];
    const int high = gb_conv_size(&layer->conv, layer->conv.height), middle = upper(&layer->conv);
    gb_conv_forward(&layer->conv, params, params + weights_of(layer), x,
                    gb_tape_column(tape, layer->output), n, half ? middle : 0,
                    half ? high - middle : middle, true);
}

/* Adds the halves and the bias, in the output of n rows from `first` on. */
static void join_halves(const gb_net *net, const gb_layer *layer, const gb_real *p, gb_tape *tape,
                        int first, int n, bool relu) {
    const int out = layer->out;
    gb_real *restrict y = gb_tape_column(tape, layer->output) + (size_t)first * (size_t)out;
    const gb_real *restrict other = second_half(net, tape, first);
    const gb_real *restrict bias = p + weights_of(layer);
    for (int i = 0; i < n; i++, y += out, other += out) {
        for (int j = 0; j < out; j++) y[j] += other[j] + bias[j];
        for (int j = 0; relu && j < out; j++) y[j] = y[j] < 0 ? 0 : y[j];
    }
}

/* --- passes -----------------------------------------------------------------------------------*/

/* Layer k for n rows from `first` on of what the layer before gave; at layer 0 of x. */
static void layer_forward(const gb_net *net, const gb_real *params, const gb_real *x, int k,
                          int first, int n, gb_tape *tape) {
    const gb_layer *layer = &net->layer[k];
    const gb_real *p = params + layer->param;
    const size_t row = (size_t)first, width = (size_t)layer->out, count = (size_t)n * width;
    const gb_real *input =
        (k ? gb_tape_column(tape, net->layer[k - 1].output) : x) + row * (size_t)layer->in;
    gb_real *y = gb_tape_column(tape, layer->output) + row * width;
    const bool relu = done_before(net, k + 1);
    switch (layer->kind) {
    case GB_LINEAR:
        if (in_halves(net, k)) {
            for (int half = 0; half < 2; half++)
                half_forward(net, params, input, k, tape, first, n, half);
            join_halves(net, layer, p, tape, first, n, relu);
            break;
        }
        gb_la_linear(n, layer->in, layer->out, input, p, p + weights_of(layer),
                     relu ? GB_LA_RELU : GB_LA_STORE, y);
        break;
    case GB_CONV:
        gb_conv_forward(&layer->conv, p, p + weights_of(layer), input, y, n, 0,
                        gb_conv_size(&layer->conv, layer->conv.height), relu);
        break;
    case GB_RELU:
        if (!done_before(net, k)) relu_forward(y, input, count);
        break;
    case GB_TANH:
        gb_tanh(y, input, count);
        break;
    case GB_SILU:
        silu_forward(y, input, count);
        break;
    case GB_LAYERNORM:
        layernorm_forward(p, y, input, gb_tape_column(tape, layer->keep) + row * width,
                          gb_tape_column(tape, layer->keep + width) + row, n, layer->out);
        break;
    default:
        GB_ASSERT(false);
    }
}

gb_real *gb_net_forward_rows(const gb_net *net, const gb_real *params, const gb_real *x, int first,
                             int n, gb_tape *tape) {
    const gb_layer *last = &net->layer[net->n_layers - 1];
    GB_ASSERT(first + n <= tape->rows);
    if (first == 0) tape->input = x;
    for (int k = 0; k < net->n_layers; k++) layer_forward(net, params, x, k, first, n, tape);
    return gb_tape_column(tape, last->output) + (size_t)first * (size_t)last->out;
}

/* A pass that threads share: layers from..to-1, for all rows. */
struct forward {
    const gb_net *net;
    const gb_real *params, *x;
    int n, from, to;
    gb_tape *tape;
};

static void rows_part(void *context, int part, int parts) {
    const struct forward *f = context;
    const int first = share(f->n, part, parts), n = share(f->n, part + 1, parts) - first;
    for (int k = f->from; k < f->to; k++)
        layer_forward(f->net, f->params, f->x, k, first, n, f->tape);
}

static void half_part(void *context, int part, int parts) {
    const struct forward *f = context;
    const int k = f->from;
    (void)parts;
    if (k == 2 && conv_in_halves(f->net)) half_conv(f->net, f->params, f->x, f->n, f->tape, part);
    half_forward(f->net, f->params, k ? gb_tape_column(f->tape, f->net->layer[k - 1].output) : f->x,
                 k, f->tape, 0, f->n, part);
}

/* Layers from..to-1 by rows. */
static void forward_by_rows(struct forward f, int from, int to) {
    double operations = 0;
    f.from = from, f.to = to;
    for (int k = from; k < to; k++)
        if (gb_layer_has_weight(&f.net->layer[k]))
            operations += 2.0 * f.net->layer[k].fan_in * f.net->layer[k].out * f.n;
    const int parts = worth(f.tape->threads, operations);
    gb_pool_run(parts < f.n ? parts : 1, rows_part, &f);
}

gb_real *gb_net_forward(const gb_net *net, const gb_real *params, const gb_real *x, int n,
                        gb_tape *tape) {
    struct forward f = {.net = net, .params = params, .x = x, .n = n, .tape = tape};
    GB_ASSERT(n <= tape->rows);
    tape->input = x;
    int from = 0;
    for (int k = 0; tape->by_inputs && tape->threads > 1 && k < net->n_layers; k++) {
        const gb_layer *layer = &net->layer[k];
        if (!in_halves(net, k)) continue;
        if (k > from && !(k == 2 && conv_in_halves(net))) forward_by_rows(f, from, k);
        f.from = k;
        gb_pool_run(2, half_part, &f);
        join_halves(net, layer, params + layer->param, tape, 0, n, done_before(net, k + 1));
        from = k + 1;
    }
    forward_by_rows(f, from, net->n_layers);
    return gb_tape_column(tape, net->layer[net->n_layers - 1].output);
}
