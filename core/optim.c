#include "optim.h"

#include "pool.h"

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
    gb_adam_range(adam, params, grad, 1, 0, adam->n);
}

void gb_adam_begin(gb_adam *adam) {
    adam->t++;
}

/* Parameters from..to-1, and if target is not NULL a running average of them. The divisions and
 * roots are what takes long: averaging meanwhile costs nothing. */
static inline void move(const gb_adam *adam, gb_real *restrict params, const gb_real *restrict grad,
                        gb_real scale, size_t from, size_t to, gb_real *restrict target,
                        gb_real tau) {
    double correct1 = adam->uncorrected ? 1 : 1 - pow(adam->beta1, (double)adam->t);
    double correct2 = adam->uncorrected ? 1 : 1 - pow(adam->beta2, (double)adam->t);
    const gb_real b1 = (gb_real)adam->beta1, b2 = (gb_real)adam->beta2;
    const gb_real step = (gb_real)(adam->lr / correct1), root = (gb_real)(1 / sqrt(correct2));
    const gb_real epsilon = (gb_real)adam->epsilon;
    const gb_real keep = (gb_real)(1 - adam->lr * adam->weight_decay);
    gb_real *restrict m = adam->m, *restrict v = adam->v;
    for (size_t i = from; i < to; i++) {
        const gb_real g = scale * grad[i];
        m[i] += (1 - b1) * (g - m[i]);
        v[i] += (1 - b2) * (g * g - v[i]);
        params[i] = keep * params[i] - step * m[i] / (square_root(v[i]) * root + epsilon);
        if (target) target[i] += tau * (params[i] - target[i]);
    }
}

void gb_adam_range(gb_adam *adam, gb_real *params, const gb_real *grad, gb_real scale, size_t from,
                   size_t to) {
    move(adam, params, grad, scale, from, to, NULL, 0);
}

void gb_adam_step_tracked(gb_adam *adam, gb_real *params, const gb_real *grad, gb_real *target,
                          double tau) {
    gb_adam_begin(adam);
    move(adam, params, grad, 1, 0, adam->n, target, (gb_real)tau);
}

/* --- norms and steps that threads share -------------------------------------------------------*/

/* Where part `part` of n numbers begins: on a whole cache line. */
static size_t cut(size_t n, int part, int parts) {
    enum { LINE = 16 };
    return part == parts ? n : n / LINE * (size_t)part / (size_t)parts * LINE;
}

/* Below so many numbers a second thread costs more than it saves. */
static int worth(int threads, size_t n) {
    enum { LEAST = 16384 };
    const size_t parts = n / LEAST;
    return threads < 2 || parts < 2 ? 1 : (size_t)threads < parts ? threads : (int)parts;
}

/* The squares are added up in BLOCKS sums, whoever adds them. */
enum { BLOCKS = 64 };

struct squares {
    const gb_real *x;
    size_t n;
    double sum[BLOCKS];
};

static void square_part(void *context, int part, int parts) {
    struct squares *s = context;
    for (int k = BLOCKS * part / parts; k < BLOCKS * (part + 1) / parts; k++) {
        const size_t from = cut(s->n, k, BLOCKS), count = cut(s->n, k + 1, BLOCKS) - from;
        const gb_real *x = s->x + from;
        double sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t i = 0; i < count; i++) sum += (double)x[i] * (double)x[i];
        s->sum[k] = sum;
    }
}

double gb_norm(const gb_real *x, size_t n, int threads) {
    struct squares s = {.x = x, .n = n};
    double sum = 0;
    gb_pool_run(worth(threads, n), square_part, &s);
    for (int k = 0; k < BLOCKS; k++) sum += s.sum[k];
    return sqrt(sum);
}

struct step {
    gb_adam *adam;
    gb_real *params;
    const gb_real *grad;
    gb_real scale;
};

static void step_part(void *context, int part, int parts) {
    const struct step *s = context;
    const size_t n = s->adam->n;
    gb_adam_range(s->adam, s->params, s->grad, s->scale, cut(n, part, parts),
                  cut(n, part + 1, parts));
}

void gb_adam_step_scaled(gb_adam *adam, gb_real *params, const gb_real *grad, double scale,
                         int threads) {
    struct step s = {adam, params, grad, (gb_real)scale};
    gb_adam_begin(adam);
    gb_pool_run(worth(threads, adam->n), step_part, &s);
}

double gb_clip_scale(double norm, double max_norm) {
    return max_norm > 0 && norm > max_norm ? max_norm / norm : 1;
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
    const double norm = gb_norm(grad, n, 1);
    const gb_real scale = (gb_real)gb_clip_scale(norm, max_norm);
    for (size_t i = 0; scale < 1 && i < n; i++) grad[i] *= scale;
    return norm;
}

void gb_polyak(gb_real *restrict target, const gb_real *restrict online, size_t n, double tau) {
    const gb_real t = (gb_real)tau;
    for (size_t i = 0; i < n; i++) target[i] += t * (online[i] - target[i]);
}
