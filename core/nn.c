#include "nn.h"

#include "memory.h"

#include <stdio.h>
#include <string.h>
#include <tgmath.h>

/* --- shape ------------------------------------------------------------------------------------*/

void gb_net_init(gb_net *net, int in) {
    *net = (gb_net){.in = in, .out = in};
}

/* ReLU and tanh know their derivative from their output, and linear layers and convolutions do not
 * need their own: so they work in place. */
static bool in_place(const gb_net *net, int k) {
    int kind = net->layer[k].kind;
    return (kind == GB_RELU || kind == GB_TANH) && k > 0 && net->layer[k - 1].kind != GB_RELU &&
           net->layer[k - 1].kind != GB_TANH;
}

/* Appends a layer whose kind and sizes are set: gives it its parameters and its place in the tape.
 */
static void append(gb_net *net, gb_layer layer) {
    GB_ASSERT(net->n_layers < GB_MAX_LAYERS);
    int k = net->n_layers++;
    layer.param = net->n_params;
    net->n_params += (size_t)layer.units * (size_t)(layer.fan_in + 1);
    if (layer.kind == GB_LAYERNORM) {
        layer.keep = net->columns; /* normalised inputs, then 1 / deviation */
        net->columns += (size_t)layer.out + 1;
    }
    net->layer[k] = layer;
    net->layer[k].output = in_place(net, k) ? net->layer[k - 1].output : net->columns;
    if (!in_place(net, k)) net->columns += (size_t)layer.out;
    net->out = layer.out;
    if (layer.in > net->widest) net->widest = layer.in;
    if (layer.out > net->widest) net->widest = layer.out;
}

void gb_net_add(gb_net *net, int kind, int out) {
    gb_layer layer = {.kind = kind, .in = net->out, .out = kind == GB_LINEAR ? out : net->out};
    if (kind == GB_LINEAR) layer.fan_in = layer.in, layer.units = layer.out;
    if (kind == GB_LAYERNORM) layer.fan_in = 1, layer.units = layer.out;
    append(net, layer);
}

void gb_net_add_conv(gb_net *net, int height, int width, int channels, int filters, int kernel) {
    gb_conv conv = {height, width, channels, filters, kernel};
    GB_ASSERT(net->out == gb_conv_in(&conv) && kernel <= height && kernel <= width);
    append(net, (gb_layer){.kind = GB_CONV,
                           .in = net->out,
                           .out = gb_conv_out(&conv),
                           .fan_in = gb_conv_taps(&conv),
                           .units = filters,
                           .conv = conv});
}

static void add_perceptron(gb_net *net, const int *hidden, int out, int activation,
                           bool layer_norm) {
    for (; *hidden; hidden++) {
        gb_net_add(net, GB_LINEAR, *hidden);
        if (layer_norm) gb_net_add(net, GB_LAYERNORM, 0);
        gb_net_add(net, activation, 0);
    }
    gb_net_add(net, GB_LINEAR, out);
}

void gb_net_mlp(gb_net *net, int in, const int *hidden, int out, int activation, bool layer_norm) {
    gb_net_init(net, in);
    add_perceptron(net, hidden, out, activation, layer_norm);
}

void gb_net_picture(gb_net *net, const int shape[3], const int *filters, const int *hidden, int out,
                    int activation, bool layer_norm) {
    enum { KERNEL = 3 };
    int height = shape[0], width = shape[1], channels = shape[2];
    gb_net_init(net, height * width * channels);
    for (; *filters; channels = *filters++, height -= KERNEL - 1, width -= KERNEL - 1) {
        gb_net_add_conv(net, height, width, channels, *filters, KERNEL);
        gb_net_add(net, activation, 0);
    }
    add_perceptron(net, hidden, out, activation, layer_norm);
}

void gb_net_reset(const gb_net *net, gb_real *params, gb_rng *rng) {
    for (int k = 0; k < net->n_layers; k++) {
        const gb_layer *layer = &net->layer[k];
        gb_real *p = params + layer->param;
        size_t units = (size_t)layer->units, n = units * (size_t)(layer->fan_in + 1);
        double bound = 1 / sqrt((double)layer->fan_in);
        if (gb_layer_has_weight(layer))
            for (size_t i = 0; i < n; i++) p[i] = (gb_real)gb_rng_uniform(rng, -bound, bound);
        if (layer->kind == GB_LAYERNORM)
            for (size_t i = 0; i < n; i++) p[i] = i < units;
    }
}

static double layer_flops(const gb_layer *layer) {
    return gb_layer_has_weight(layer) ? 2.0 * layer->fan_in * layer->out : 0;
}

double gb_net_flops(const gb_net *net) {
    double flops = 0;
    for (int k = 0; k < net->n_layers; k++) flops += layer_flops(&net->layer[k]);
    return flops;
}

double gb_net_backward_flops(const gb_net *net) {
    return 2 * gb_net_flops(net) - layer_flops(&net->layer[0]);
}

void gb_net_archive(const gb_net *net, gb_real *params, gb_archive *archive) {
    for (int k = 0; k < net->n_layers; k++) {
        const gb_layer *layer = &net->layer[k];
        gb_real *p = params + layer->param;
        size_t fan_in = (size_t)layer->fan_in, units = (size_t)layer->units;
        if (!units) continue;
        char name[32];
        gb_format(name, sizeof name, "%d.weight", k);
        gb_archive_real(archive, name, p, gb_layer_has_weight(layer) ? fan_in : units,
                        gb_layer_has_weight(layer) ? units : 0);
        gb_format(name, sizeof name, "%d.bias", k);
        gb_archive_real(archive, name, p + fan_in * units, units, 0);
    }
}

/* --- tape -------------------------------------------------------------------------------------*/

/* Columns begin on whole cache lines when the row count is a multiple of one. */
int gb_tape_init(gb_tape *tape, const gb_net *net, int rows, gb_err *err) {
    rows = (rows + 15) / 16 * 16;
    size_t delta = (size_t)rows * (size_t)net->widest, data = (size_t)rows * net->columns;
    const gb_layer *first = &net->layer[0];
    size_t half = first->kind == GB_CONV ? (size_t)((first->fan_in + 1) * first->units) : 0;
    const double bytes = (double)(data + 2 * delta + half) * sizeof(gb_real);
    *tape = (gb_tape){0};
    if (gb_memory_check(bytes, "what a batch leaves in a network", err)) return GB_FAIL;
    *tape = (gb_tape){.rows = rows,
                      .threads = 1,
                      .data = gb_alloc(data + 2 * delta + half, sizeof(gb_real), err)};
    if (!tape->data) return GB_FAIL;
    tape->some = gb_alloc((size_t)rows, sizeof *tape->some, err);
    if (!tape->some) return GB_FAIL;
    tape->delta[0] = tape->data + data;
    tape->delta[1] = tape->delta[0] + delta;
    tape->half = tape->delta[1] + delta;
    return GB_OK;
}

void gb_tape_free(gb_tape *tape) {
    gb_dealloc(tape->data);
    gb_dealloc(tape->some);
    *tape = (gb_tape){0};
}

/* --- gradient check ---------------------------------------------------------------------------*/

static double weighted_output(const gb_net *net, const gb_real *params, const gb_real *x,
                              const gb_real *weight, int n, gb_tape *tape) {
    const gb_real *y = gb_net_forward(net, params, x, n, tape);
    double sum = 0;
    for (int i = 0; i < n * net->out; i++) sum += (double)weight[i] * (double)y[i];
    return sum;
}

double gb_net_check_gradient(const gb_net *net, gb_real *params, gb_real *x, const gb_real *weight,
                             int n, double h) {
    gb_tape tape;
    size_t n_x = (size_t)n * (size_t)net->in;
    gb_real *grad = gb_alloc(net->n_params + n_x, sizeof *grad, NULL);
    if (gb_tape_init(&tape, net, n, NULL) || !grad) {
        gb_dealloc(grad);
        gb_tape_free(&tape);
        return -1;
    }
    gb_net_forward(net, params, x, n, &tape);
    gb_net_backward(net, params, &tape, n, weight, grad, grad + net->n_params, 0, net->in);

    double worst = 0;
    for (size_t i = 0; i < net->n_params + n_x; i++) {
        gb_real *at = i < net->n_params ? params + i : x + (i - net->n_params), was = *at;
        *at = was + (gb_real)h;
        double up = weighted_output(net, params, x, weight, n, &tape);
        *at = was - (gb_real)h;
        double down = weighted_output(net, params, x, weight, n, &tape);
        *at = was;
        double slope = (up - down) / (2 * h);
        double off = fabs(slope - (double)grad[i]) / fmax(1e-3, fabs((double)grad[i]));
        if (!(off <= worst)) worst = off;
    }
    gb_dealloc(grad);
    gb_tape_free(&tape);
    return worst;
}
