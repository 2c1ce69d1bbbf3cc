#include "nn.h"

#include "la.h"
#include "memory.h"
#include "vmath.h"

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

static bool has_weight(const gb_layer *layer) {
    return layer->kind == GB_LINEAR || layer->kind == GB_CONV;
}

void gb_net_reset(const gb_net *net, gb_real *params, gb_rng *rng) {
    for (int k = 0; k < net->n_layers; k++) {
        const gb_layer *layer = &net->layer[k];
        gb_real *p = params + layer->param;
        size_t units = (size_t)layer->units, n = units * (size_t)(layer->fan_in + 1);
        double bound = 1 / sqrt((double)layer->fan_in);
        if (has_weight(layer))
            for (size_t i = 0; i < n; i++) p[i] = (gb_real)gb_rng_uniform(rng, -bound, bound);
        if (layer->kind == GB_LAYERNORM)
            for (size_t i = 0; i < n; i++) p[i] = i < units;
    }
}

static double layer_flops(const gb_layer *layer) {
    return has_weight(layer) ? 2.0 * layer->fan_in * layer->out : 0;
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
        gb_archive_real(archive, name, p, has_weight(layer) ? fan_in : units,
                        has_weight(layer) ? units : 0);
        gb_format(name, sizeof name, "%d.bias", k);
        gb_archive_real(archive, name, p + fan_in * units, units, 0);
    }
}

/* --- tape -------------------------------------------------------------------------------------*/

/* Columns begin on whole cache lines when the row count is a multiple of one. */
int gb_tape_init(gb_tape *tape, const gb_net *net, int rows, gb_err *err) {
    rows = (rows + 15) / 16 * 16;
    size_t delta = (size_t)rows * (size_t)net->widest, data = (size_t)rows * net->columns;
    const double bytes = (double)(data + 2 * delta) * sizeof(gb_real);
    *tape = (gb_tape){0};
    if (gb_memory_check(bytes, "what a batch leaves in a network", err)) return GB_FAIL;
    *tape = (gb_tape){.rows = rows, .data = gb_alloc(data + 2 * delta, sizeof(gb_real), err)};
    if (!tape->data) return GB_FAIL;
    tape->some = gb_alloc((size_t)rows, sizeof *tape->some, err);
    if (!tape->some) return GB_FAIL;
    tape->delta[0] = tape->data + data;
    tape->delta[1] = tape->delta[0] + delta;
    return GB_OK;
}

void gb_tape_free(gb_tape *tape) {
    gb_dealloc(tape->data);
    gb_dealloc(tape->some);
    *tape = (gb_tape){0};
}

static gb_real *column(const gb_tape *tape, size_t first) {
    return tape->data + first * (size_t)tape->rows;
}

static const gb_real *layer_input(const gb_net *net, const gb_tape *tape, int k) {
    return k ? column(tape, net->layer[k - 1].output) : tape->input;
}

const gb_real *gb_net_features(const gb_net *net, const gb_tape *tape) {
    return layer_input(net, tape, net->n_layers - 1);
}

/* --- layers: forward and backward in pairs ------------------------------------------------------
 * x (n, in) input, y (n, out) output, dy (n, out) and dx (n, in) gradients. */

static size_t weights_of(const gb_layer *layer) {
    return (size_t)layer->fan_in * (size_t)layer->units;
}

static void tanh_backward(gb_real *dx, const gb_real *dy, const gb_real *y, size_t n) {
    for (size_t i = 0; i < n; i++) dx[i] = dy[i] * (1 - y[i] * y[i]);
}

static void relu_forward(gb_real *y, const gb_real *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0 : x[i];
}

static void relu_backward(gb_real *dx, const gb_real *dy, const gb_real *y, size_t n) {
    for (size_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}

static void silu_forward(gb_real *y, const gb_real *x, size_t n) {
    gb_sigmoid(y, x, n);
    for (size_t i = 0; i < n; i++) y[i] *= x[i];
}

static void silu_backward(gb_real *dx, const gb_real *dy, const gb_real *x, size_t n) {
    gb_sigmoid(dx, x, n);
    for (size_t i = 0; i < n; i++) dx[i] *= dy[i] * (1 + x[i] * (1 - dx[i]));
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

static void layernorm_backward(const gb_real *gain, gb_real *dgain, gb_real *dx, const gb_real *dy,
                               const gb_real *keep, const gb_real *inverse, int n, int width) {
    if (dgain) memset(dgain, 0, 2 * (size_t)width * sizeof *dgain);
    for (int i = 0; i < n; i++, dx += width, dy += width, keep += width) {
        gb_real sum = 0, dot = 0;
        for (int j = 0; j < width; j++) {
            gb_real g = dy[j] * gain[j];
            sum += g;
            dot += g * keep[j];
            if (dgain) {
                dgain[j] += dy[j] * keep[j];
                dgain[width + j] += dy[j];
            }
        }
        sum /= (gb_real)width;
        dot /= (gb_real)width;
        for (int j = 0; j < width; j++)
            dx[j] = inverse[i] * (dy[j] * gain[j] - sum - keep[j] * dot);
    }
}

/* --- passes -----------------------------------------------------------------------------------
 * A linear layer does the ReLU behind it in the same pass, and on the way back the derivative of
 * the ReLU or tanh before it: see la.h. */

static bool is_kind(const gb_net *net, int k, int kind) {
    return k >= 0 && k < net->n_layers && net->layer[k].kind == kind;
}

/* Whether layer k is a ReLU that the linear layer before it has done. */
static bool done_before(const gb_net *net, int k) {
    return is_kind(net, k, GB_RELU) && k > 0 && has_weight(&net->layer[k - 1]);
}

gb_real *gb_net_forward(const gb_net *net, const gb_real *params, const gb_real *x, int n,
                        gb_tape *tape) {
    return gb_net_forward_rows(net, params, x, 0, n, tape);
}

gb_real *gb_net_forward_rows(const gb_net *net, const gb_real *params, const gb_real *x, int first,
                             int n, gb_tape *tape) {
    GB_ASSERT(first + n <= tape->rows);
    if (first == 0) tape->input = x;
    gb_real *y = NULL;
    const size_t row = (size_t)first;
    const gb_real *input = x + row * (size_t)net->in;
    for (int k = 0; k < net->n_layers; k++, input = y) {
        const gb_layer *layer = &net->layer[k];
        const gb_real *p = params + layer->param;
        const size_t width = (size_t)layer->out, count = (size_t)n * width;
        y = column(tape, layer->output) + row * width;
        switch (layer->kind) {
        case GB_LINEAR:
            gb_la_linear(n, layer->in, layer->out, input, p, p + weights_of(layer),
                         done_before(net, k + 1) ? GB_LA_RELU : GB_LA_STORE, y);
            break;
        case GB_CONV:
            gb_conv_forward(&layer->conv, p, p + weights_of(layer), input, y, n,
                            done_before(net, k + 1));
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
            layernorm_forward(p, y, input, column(tape, layer->keep) + row * width,
                              column(tape, layer->keep + width) + row, n, layer->out);
            break;
        default:
            GB_ASSERT(false);
        }
    }
    return y;
}

/* Gradient of the input of linear layer k, to dx; at the first layer columns from..from+cols-1.
 * Does the derivative of a ReLU or tanh before it, too, and returns whether there was one. `rows`
 * are the rows of the layer's input that those of dy belong to, or NULL. */
static bool linear_back(const gb_net *net, int k, const gb_real *params, const gb_real *input,
                        const int *rows, int n, const gb_real *dy, gb_real *dx, int from,
                        int cols) {
    const gb_layer *layer = &net->layer[k];
    gb_la_finish finish = is_kind(net, k - 1, GB_RELU)   ? GB_LA_BACK_RELU
                          : is_kind(net, k - 1, GB_TANH) ? GB_LA_BACK_TANH
                                                         : GB_LA_STORE;
    gb_la_linear_back(n, layer->in, layer->out, dy, params + layer->param, k ? 0 : from,
                      k ? layer->in : cols, finish, input, rows, dx);
    return finish != GB_LA_STORE;
}

/* Whether all layers are linear, or done with a linear layer on the way back. */
static bool all_linear(const gb_net *net) {
    bool linear = is_kind(net, 0, GB_LINEAR);
    for (int k = 0; k < net->n_layers && linear; k++)
        linear = is_kind(net, k, GB_LINEAR) ||
                 ((is_kind(net, k, GB_RELU) || is_kind(net, k, GB_TANH)) &&
                  is_kind(net, k - 1, GB_LINEAR) && is_kind(net, k + 1, GB_LINEAR));
    return linear;
}

/* dx for the rows whose dout is not zero, which move together; 0 for the others. */
static void backward_some(const gb_net *net, const gb_real *params, gb_tape *tape, int first, int n,
                          const gb_real *dout, gb_real *dx, int from, int cols) {
    const size_t row = (size_t)first, widest = (size_t)net->widest, out = (size_t)net->out;
    int *rows = tape->some + first, count = 0;
    gb_real *dy = tape->delta[0] + row * widest;
    for (int i = 0; i < n; i++, dout += out) {
        size_t j = 0;
        while (j < out && dout[j] == 0) j++;
        if (j == out) continue;
        memcpy(dy + (size_t)count * out, dout, out * sizeof *dy);
        rows[count++] = i;
    }
    for (int k = net->n_layers - 1, side = 1; k >= 0; k--, side = !side) {
        const gb_real *input = layer_input(net, tape, k) + row * (size_t)net->layer[k].in;
        gb_real *next = tape->delta[side] + row * widest;
        if (linear_back(net, k, params, input, rows, count, dy, next, from, cols)) k--;
        dy = next;
    }
    memset(dx, 0, (size_t)n * (size_t)cols * sizeof *dx);
    for (int i = 0; i < count; i++)
        memcpy(dx + (size_t)rows[i] * (size_t)cols, dy + (size_t)i * (size_t)cols,
               (size_t)cols * sizeof *dx);
}

void gb_net_backward(const gb_net *net, const gb_real *params, gb_tape *tape, int n,
                     const gb_real *dout, gb_real *grad, gb_real *dx, int from, int cols) {
    gb_net_backward_rows(net, params, tape, 0, n, dout, grad, dx, from, cols);
}

void gb_net_backward_rows(const gb_net *net, const gb_real *params, gb_tape *tape, int first, int n,
                          const gb_real *dout, gb_real *grad, gb_real *dx, int from, int cols) {
    const size_t row = (size_t)first, widest = (size_t)net->widest;
    const gb_real *dy = dout + row * (size_t)net->out;
    if (dx) dx += row * (size_t)cols;
    if (dx && !grad && all_linear(net)) {
        backward_some(net, params, tape, first, n, dy, dx, from, cols);
        return;
    }
    for (int k = net->n_layers - 1, side = 0; k >= 0; k--, side = !side) {
        const gb_layer *layer = &net->layer[k];
        const size_t width = (size_t)layer->out, count = (size_t)n * width;
        const gb_real *input = layer_input(net, tape, k) + row * (size_t)layer->in;
        const gb_real *p = params + layer->param, *y = column(tape, layer->output) + row * width;
        gb_real *next = tape->delta[side] + row * widest, *g = grad ? grad + layer->param : NULL;
        switch (layer->kind) {
        case GB_LINEAR:
            if (g)
                gb_la_linear_gradient(n, layer->in, layer->out, input, dy, g,
                                      g + weights_of(layer));
            if (k == 0 && !dx) return;
            if (linear_back(net, k, params, input, NULL, n, dy, k ? next : dx, from, cols)) k--;
            break;
        case GB_CONV:
            if (g) gb_conv_weight_gradient(&layer->conv, input, dy, g, g + weights_of(layer), n);
            if (k == 0 && !dx) return;
            gb_conv_input_gradient(&layer->conv, p, dy, next, n);
            break;
        case GB_RELU:
            relu_backward(next, dy, y, count);
            break;
        case GB_TANH:
            tanh_backward(next, dy, y, count);
            break;
        case GB_SILU:
            silu_backward(next, dy, input, count);
            break;
        case GB_LAYERNORM:
            layernorm_backward(p, g, next, dy, column(tape, layer->keep) + row * width,
                               column(tape, layer->keep + width) + row, n, layer->out);
            break;
        default:
            GB_ASSERT(false);
        }
        dy = next;
    }
    if (dx && net->layer[0].kind != GB_LINEAR)
        for (int i = 0; i < n; i++)
            memcpy(dx + (size_t)i * (size_t)cols, dy + (size_t)i * (size_t)net->in + from,
                   (size_t)cols * sizeof *dx);
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
