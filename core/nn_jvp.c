/* nn_jvp.c - directional derivatives of a network by its parameters (Pearlmutter 1994, the R
 * operator): forward passes of tangents beside what the tape holds. */
#include "nn.h"

#include "la.h"

#include <tgmath.h>

/* dy = dx W + x dW + db; dx is NULL where the input does not move. */
static void linear(const gb_layer *layer, const gb_real *w, const gb_real *dw, const gb_real *x,
                   const gb_real *dx, gb_real *dy, int n) {
    const int in = layer->in, out = layer->out;
    const gb_real *db = dw + (size_t)in * (size_t)out;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < out; j++) dy[(size_t)i * (size_t)out + (size_t)j] = db[j];
    gb_la_gemm(false, false, n, out, in, x, in, dw, out, 1, dy, out);
    if (dx) gb_la_gemm(false, false, n, out, in, dx, in, w, out, 1, dy, out);
}

/* keep: normalised inputs h, then 1 / deviation r of each row. The tangent of h is
 * r (dx - mean(dx) - h mean(h dx)). */
static void layernorm(const gb_real *gain, const gb_real *dgain, const gb_real *h, const gb_real *r,
                      const gb_real *dx, gb_real *dy, int n, int width) {
    for (int i = 0; i < n; i++, dx += width, dy += width, h += width) {
        gb_real mean = 0, along = 0;
        for (int j = 0; j < width; j++) mean += dx[j], along += dx[j] * h[j];
        mean /= (gb_real)width, along /= (gb_real)width;
        for (int j = 0; j < width; j++)
            dy[j] =
                dgain[j] * h[j] + dgain[width + j] + gain[j] * r[i] * (dx[j] - mean - h[j] * along);
    }
}

/* Element by element: y is the layer's output, x its input (SiLU only). */
static void activation(int kind, const gb_real *x, const gb_real *y, const gb_real *dx, gb_real *dy,
                       size_t n) {
    if (kind == GB_RELU)
        for (size_t i = 0; i < n; i++) dy[i] = y[i] > 0 ? dx[i] : 0;
    if (kind == GB_TANH)
        for (size_t i = 0; i < n; i++) dy[i] = dx[i] * (1 - y[i] * y[i]);
    if (kind == GB_SILU)
        for (size_t i = 0; i < n; i++) {
            gb_real s = 1 / (1 + exp(-x[i]));
            dy[i] = dx[i] * s * (1 + x[i] * (1 - s));
        }
}

gb_real *gb_net_jvp(const gb_net *net, const gb_real *params, const gb_real *dparams, gb_tape *tape,
                    int n) {
    const gb_real *x = tape->input;
    gb_real *dx = NULL;
    GB_ASSERT(net->layer[0].kind == GB_LINEAR);
    for (int k = 0; k < net->n_layers; k++) {
        const gb_layer *layer = &net->layer[k];
        const gb_real *y = gb_tape_column(tape, layer->output), *p = params + layer->param;
        const gb_real *dp = dparams + layer->param;
        gb_real *dy = tape->delta[k & 1];
        if (layer->kind == GB_LINEAR)
            linear(layer, p, dp, x, dx, dy, n);
        else if (layer->kind == GB_LAYERNORM)
            layernorm(p, dp, gb_tape_column(tape, layer->keep),
                      gb_tape_column(tape, layer->keep + (size_t)layer->out), dx, dy, n,
                      layer->out);
        else
            activation(layer->kind, x, y, dx, dy, (size_t)n * (size_t)layer->out);
        dx = dy, x = y;
    }
    return dx;
}
