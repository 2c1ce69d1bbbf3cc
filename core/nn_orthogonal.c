/* nn_orthogonal.c - orthogonal first weights. */
#include "nn.h"

#include <math.h>

/* Vector v of a matrix: a column if it has no more columns than rows, else a row. */
struct vectors {
    gb_real *x;
    size_t n, length;  /* how many, and their lengths */
    size_t next, step; /* from one vector to the next; from one number of it to the next */
};

static double dot(const struct vectors *w, size_t a, size_t b) {
    double sum = 0;
    for (size_t k = 0; k < w->length; k++)
        sum += (double)w->x[a * w->next + k * w->step] * (double)w->x[b * w->next + k * w->step];
    return sum;
}

/* x_a += scale x_b. */
static void add(const struct vectors *w, size_t a, size_t b, double scale) {
    for (size_t k = 0; k < w->length; k++)
        w->x[a * w->next + k * w->step] +=
            (gb_real)(scale * (double)w->x[b * w->next + k * w->step]);
}

/* Gram and Schmidt, each vector twice, on normal numbers: uniform over all orthonormal sets. */
static void orthonormalise(const struct vectors *w, double gain, gb_rng *rng) {
    gb_rng_fill_normal(rng, w->x, w->n * w->length);
    for (size_t v = 0; v < w->n; v++) {
        for (int pass = 0; pass < 2; pass++)
            for (size_t u = 0; u < v; u++) add(w, v, u, -dot(w, v, u));
        add(w, v, v, 1 / sqrt(dot(w, v, v)) - 1);
    }
    for (size_t i = 0; i < w->n * w->length; i++) w->x[i] *= (gb_real)gain;
}

void gb_net_reset_orthogonal(const gb_net *net, gb_real *params, double gain, double gain_last,
                             gb_rng *rng) {
    for (int k = 0; k < net->n_layers; k++) {
        const gb_layer *layer = &net->layer[k];
        gb_real *p = params + layer->param;
        const size_t in = (size_t)layer->in, out = (size_t)layer->out;
        if (layer->kind == GB_LINEAR) {
            struct vectors w = out <= in ? (struct vectors){p, out, in, 1, out}
                                         : (struct vectors){p, in, out, out, 1};
            orthonormalise(&w, k == net->n_layers - 1 ? gain_last : gain, rng);
            for (size_t j = 0; j < out; j++) p[in * out + j] = 0;
        }
        if (layer->kind == GB_LAYERNORM)
            for (size_t i = 0; i < 2 * out; i++) p[i] = i < out;
    }
}
