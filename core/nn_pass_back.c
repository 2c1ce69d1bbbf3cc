/* nn_pass_back.c - networks backward. */
#include "nn_pass.h"

#include "la.h"
#include "pool.h"
#include "vmath.h"

#include <string.h>
#include <tgmath.h>

/* --- layers: x (n, in) input, y (n, out) output, dy (n, out) and dx (n, in) gradients ---------*/

static void tanh_backward(gb_real *dx, const gb_real *dy, const gb_real *y, size_t n) {
    for (size_t i = 0; i < n; i++) dx[i] = dy[i] * (1 - y[i] * y[i]);
}

static void relu_backward(gb_real *dx, const gb_real *dy, const gb_real *y, size_t n) {
    for (size_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}

static void silu_backward(gb_real *dx, const gb_real *dy, const gb_real *x, size_t n) {
    gb_sigmoid(dx, x, n);
    for (size_t i = 0; i < n; i++) dx[i] *= dy[i] * (1 + x[i] * (1 - dx[i]));
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

/* What one half of the pictures adds to the gradient of the first layer: to grad, or for the second
 * half to the tape, to be joined. */
static void half_conv_gradient(const gb_net *net, const gb_tape *tape, const gb_real *x,
                               const gb_real *dy, int n, gb_real *grad, int half) {
    const gb_layer *layer = &net->layer[0];
    const int high = gb_conv_size(&layer->conv, layer->conv.height), middle = upper(&layer->conv);
    gb_real *g = half ? tape->half : grad;
    gb_conv_weight_gradient(&layer->conv, x, dy, half ? middle : 0, half ? high - middle : middle,
                            g, g + weights_of(layer), n);
}

static void join_conv_gradient(const gb_net *net, const gb_tape *tape, gb_real *grad) {
    const size_t n = weights_of(&net->layer[0]) + (size_t)net->layer[0].units;
    for (size_t i = 0; i < n; i++) grad[i] += tape->half[i];
}

/* Columns from..from+cols-1 of the gradient of the input of linear layer k, to the rows of dx, ldx
 * apart. Does the derivative of a ReLU or tanh before it, too, and returns whether there was one.
 * `rows` are the rows of the layer's input that those of dy belong to, or NULL. */
static bool linear_back(const gb_net *net, int k, const gb_real *params, const gb_real *input,
                        const int *rows, int n, const gb_real *dy, gb_real *dx, int ldx, int from,
                        int cols) {
    const gb_layer *layer = &net->layer[k];
    gb_la_finish finish = is_kind(net, k - 1, GB_RELU)   ? GB_LA_BACK_RELU
                          : is_kind(net, k - 1, GB_TANH) ? GB_LA_BACK_TANH
                                                         : GB_LA_STORE;
    gb_la_linear_back(n, layer->in, layer->out, dy, params + layer->param, from, cols, finish,
                      input, rows, dx, ldx);
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
    for (int i = 0; i < n; i++, dout += out) { /* no branch depends on which rows they are */
        int some = 0;
        for (size_t j = 0; j < out; j++) {
            some |= dout[j] != 0;
            dy[(size_t)count * out + j] = dout[j];
        }
        rows[count] = i;
        count += some;
    }
    for (int k = net->n_layers - 1, side = 1; k >= 0; k--, side = !side) {
        const gb_real *input = layer_input(net, tape, k) + row * (size_t)net->layer[k].in;
        gb_real *next = tape->delta[side] + row * widest;
        const int width = k ? net->layer[k].in : cols;
        if (linear_back(net, k, params, input, rows, count, dy, next, width, k ? 0 : from, width))
            k--;
        dy = next;
    }
    memset(dx, 0, (size_t)n * (size_t)cols * sizeof *dx);
    for (int i = 0; i < count; i++)
        memcpy(dx + (size_t)rows[i] * (size_t)cols, dy + (size_t)i * (size_t)cols,
               (size_t)cols * sizeof *dx);
}

/* A layer on its way back, for rows first..first+n-1 of the batch. */
struct back {
    const gb_net *net;
    const gb_real *params;
    gb_tape *tape;
    int first, n, k;
    int from, cols;    /* columns of next that are asked for */
    const gb_real *dy; /* (n, out) */
    gb_real *grad;     /* of all parameters, or NULL */
    gb_real *next;     /* (n, cols) gradient of the input, or NULL */
    bool with_conv;    /* two parts: each goes on to its half of the first layer's gradient */
};

/* Each part has its own inputs, of the weight's gradient and of the input's: then it reads and
 * writes only its own part of both weights. Cut on whole cache lines; below a few vectors of
 * columns, products take another way. */
static void linear_part(const struct back *b, const gb_real *input, int part, int parts) {
    const gb_layer *layer = &b->net->layer[b->k];
    const int in = layer->in, out = layer->out;
    const bool half = parts == 2 && in_halves(b->net, b->k);
    const int middle = half ? half_of(b->net, b->k) : 0;
    const int from = half ? part * middle : cut_line(in, part, parts);
    const int to = half ? (part ? in : middle) : cut_line(in, part + 1, parts);
    gb_real *g = b->grad ? b->grad + layer->param : NULL;
    if (g)
        gb_la_linear_gradient(b->n, in, out, input, b->dy, from, to - from,
                              g + (size_t)from * (size_t)out, part ? NULL : g + weights_of(layer));
    if (!b->next) return;
    if (b->cols == in)
        linear_back(b->net, b->k, b->params, input, NULL, b->n, b->dy, b->next + from, in, from,
                    to - from);
    else if (!part)
        linear_back(b->net, b->k, b->params, input, NULL, b->n, b->dy, b->next, b->cols, b->from,
                    b->cols);
    if (b->with_conv)
        half_conv_gradient(b->net, b->tape, b->tape->input, b->next, b->n, b->grad, part);
}

/* Each part has its own pictures of the input's gradient; the weight's is a sum over all. */
static void conv_part(const struct back *b, const gb_real *input, int part, int parts) {
    const gb_layer *layer = &b->net->layer[b->k];
    const gb_conv *conv = &layer->conv;
    const int first = share(b->n, part, parts), n = share(b->n, part + 1, parts) - first;
    gb_real *g = b->grad ? b->grad + layer->param : NULL;
    if (g && !part && b->k == 0 && conv_in_halves(b->net)) {
        for (int half = 0; half < 2; half++)
            half_conv_gradient(b->net, b->tape, input, b->dy, b->n, b->grad, half);
        join_conv_gradient(b->net, b->tape, b->grad);
    } else if (g && !part) {
        gb_conv_weight_gradient(conv, input, b->dy, 0, gb_conv_size(conv, conv->height), g,
                                g + weights_of(layer), b->n);
    }
    if (b->next)
        gb_conv_input_gradient(conv, b->params + layer->param,
                               b->dy + (size_t)first * (size_t)layer->out,
                               b->next + (size_t)first * (size_t)layer->in, n);
}

/* Other layers by rows; LayerNorm with its gradient, which is a sum over rows, not at all. */
static void back_part(void *context, int part, int parts) {
    const struct back *b = context;
    const gb_layer *layer = &b->net->layer[b->k];
    const gb_real *x = layer_input(b->net, b->tape, b->k) + (size_t)b->first * (size_t)layer->in;
    if (layer->kind == GB_LINEAR) {
        linear_part(b, x, part, parts);
        return;
    }
    if (layer->kind == GB_CONV) {
        conv_part(b, x, part, parts);
        return;
    }
    const size_t width = (size_t)layer->out;
    int from = share(b->n, part, parts), to = share(b->n, part + 1, parts);
    if (layer->kind == GB_LAYERNORM && b->grad) from = 0, to = part ? 0 : b->n;
    const size_t at = (size_t)from * width, count = (size_t)(to - from) * width;
    const size_t row = (size_t)(b->first + from);
    const gb_real *dy = b->dy + at, *y = gb_tape_column(b->tape, layer->output) + row * width;
    gb_real *next = b->next + at;
    switch (layer->kind) {
    case GB_RELU:
        relu_backward(next, dy, y, count);
        break;
    case GB_TANH:
        tanh_backward(next, dy, y, count);
        break;
    case GB_SILU:
        silu_backward(next, dy, x + at, count);
        break;
    case GB_LAYERNORM:
        if (to == from) break;
        layernorm_backward(b->params + layer->param, b->grad ? b->grad + layer->param : NULL, next,
                           dy, gb_tape_column(b->tape, layer->keep) + row * width,
                           gb_tape_column(b->tape, layer->keep + width) + row, to - from,
                           layer->out);
        break;
    default:
        GB_ASSERT(false);
    }
}

/* Into how many parts a layer's way back is worth cutting. */
static int back_parts(const struct back *b, int threads) {
    const gb_layer *layer = &b->net->layer[b->k];
    const double each = gb_layer_has_weight(layer) ? 4.0 * layer->fan_in : 8;
    const int most = layer->kind == GB_LINEAR ? in_halves(b->net, b->k) ? 2 : layer->in / 32 : b->n;
    const int parts = worth(threads, each * layer->out * b->n);
    return parts < most ? parts : most > 0 ? most : 1;
}

static void backward(const gb_net *net, const gb_real *params, gb_tape *tape, int first, int n,
                     const gb_real *dout, gb_real *grad, gb_real *dx, int from, int cols,
                     int threads) {
    const size_t row = (size_t)first, widest = (size_t)net->widest;
    const gb_real *dy = dout + row * (size_t)net->out;
    if (dx) dx += row * (size_t)cols;
    if (dx && !grad && all_linear(net)) {
        backward_some(net, params, tape, first, n, dy, dx, from, cols);
        return;
    }
    for (int k = net->n_layers - 1, side = 0; k >= 0; k--, side = !side) {
        const bool linear = net->layer[k].kind == GB_LINEAR, last = k == 0;
        gb_real *next = tape->delta[side] + row * widest;
        struct back b = {.net = net,
                         .params = params,
                         .tape = tape,
                         .first = first,
                         .n = n,
                         .k = k,
                         .from = last ? from : 0,
                         .cols = last ? cols : net->layer[k].in,
                         .dy = dy,
                         .grad = grad,
                         .next = !last    ? next
                                 : !dx    ? NULL
                                 : linear ? dx
                                          : next};
        if (last && !dx && !gb_layer_has_weight(&net->layer[k])) b.next = next;
        const int parts = back_parts(&b, threads);
        b.with_conv = parts == 2 && k == 2 && !first && grad && !dx && conv_in_halves(net);
        gb_pool_run(parts, back_part, &b);
        if (b.with_conv) {
            join_conv_gradient(net, tape, grad);
            return;
        }
        if (linear && (is_kind(net, k - 1, GB_RELU) || is_kind(net, k - 1, GB_TANH))) k--;
        dy = next;
    }
    if (dx && net->layer[0].kind != GB_LINEAR)
        for (int i = 0; i < n; i++)
            memcpy(dx + (size_t)i * (size_t)cols, dy + (size_t)i * (size_t)net->in + from,
                   (size_t)cols * sizeof *dx);
}

void gb_net_backward(const gb_net *net, const gb_real *params, gb_tape *tape, int n,
                     const gb_real *dout, gb_real *grad, gb_real *dx, int from, int cols) {
    backward(net, params, tape, 0, n, dout, grad, dx, from, cols, tape->threads);
}

void gb_net_backward_rows(const gb_net *net, const gb_real *params, gb_tape *tape, int first, int n,
                          const gb_real *dout, gb_real *grad, gb_real *dx, int from, int cols) {
    backward(net, params, tape, first, n, dout, grad, dx, from, cols, 1);
}
