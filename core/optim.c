#include "optim.h"

#include <math.h>

int gb_adam_init(gb_adam *adam, size_t n, double lr, double weight_decay, gb_err *err) {
    *adam = (gb_adam){.lr = lr,
                      .beta1 = 0.9,
                      .beta2 = 0.999,
                      .epsilon = 1e-8,
                      .weight_decay = weight_decay,
                      .n = n};
    adam->m = gb_alloc(2 * n, sizeof *adam->m, err);
    if (!adam->m) return GB_FAIL;
    adam->v = adam->m + n;
    return GB_OK;
}

#ifdef GB_REAL_DOUBLE
#define square_root sqrt
#else
#define square_root sqrtf
#endif

void gb_adam_step(gb_adam *adam, gb_real *params, const gb_real *grad) {
    gb_adam_begin(adam);
    gb_adam_range(adam, params, grad, 0, adam->n);
}

void gb_adam_begin(gb_adam *adam) {
    adam->t++;
}

void gb_adam_range(gb_adam *adam, gb_real *restrict params, const gb_real *restrict grad,
                   size_t from, size_t to) {
    double correct1 = adam->uncorrected ? 1 : 1 - pow(adam->beta1, (double)adam->t);
    double correct2 = adam->uncorrected ? 1 : 1 - pow(adam->beta2, (double)adam->t);
    const gb_real b1 = (gb_real)adam->beta1, b2 = (gb_real)adam->beta2;
    const gb_real step = (gb_real)(adam->lr / correct1), scale = (gb_real)(1 / sqrt(correct2));
    const gb_real epsilon = (gb_real)adam->epsilon;
    const gb_real keep = (gb_real)(1 - adam->lr * adam->weight_decay);
    gb_real *restrict m = adam->m, *restrict v = adam->v;
    for (size_t i = from; i < to; i++) {
        m[i] += (1 - b1) * (grad[i] - m[i]);
        v[i] += (1 - b2) * (grad[i] * grad[i] - v[i]);
        params[i] = keep * params[i] - step * m[i] / (square_root(v[i]) * scale + epsilon);
    }
}

void gb_adam_archive(gb_adam *adam, gb_archive *archive) {
    gb_archive_real(archive, "m", adam->m, adam->n, 0);
    gb_archive_real(archive, "v", adam->v, adam->n, 0);
    gb_archive_i64(archive, "t", &adam->t, 1);
}

void gb_adam_free(gb_adam *adam) {
    gb_dealloc(adam->m);
    adam->m = adam->v = NULL;
}

double gb_clip_norm(gb_real *grad, size_t n, double max_norm) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++) sum += (double)grad[i] * (double)grad[i];
    double norm = sqrt(sum);
    if (max_norm > 0 && norm > max_norm) {
        gb_real scale = (gb_real)(max_norm / norm);
        for (size_t i = 0; i < n; i++) grad[i] *= scale;
    }
    return norm;
}

void gb_polyak(gb_real *restrict target, const gb_real *restrict online, size_t n, double tau) {
    const gb_real t = (gb_real)tau;
    for (size_t i = 0; i < n; i++) target[i] += t * (online[i] - target[i]);
}
