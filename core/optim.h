/* optim.h - optimisers over flat parameter arrays. */
#ifndef GB_CORE_OPTIM_H
#define GB_CORE_OPTIM_H

#include "archive.h"
#include "base.h"

/* Adam (Kingma and Ba 2015, algorithm 1), or AdamW with weight_decay > 0 (Loshchilov and Hutter
 * 2019, algorithm 2: the decay is lr * weight_decay, apart from the gradient). Without correction
 * the moments are taken as they are: with beta1 0 that is RMSprop (Tieleman and Hinton 2012). */
typedef struct gb_adam {
    double lr, beta1, beta2, epsilon, weight_decay;
    bool uncorrected;
    size_t n;
    gb_real *m, *v; /* (n) first and second moments */
    int64_t t;      /* steps taken */
} gb_adam;

/* Makes an optimiser for n parameters with betas 0.9, 0.999 and epsilon 1e-8. */
int gb_adam_init(gb_adam *adam, size_t n, double lr, double weight_decay, gb_err *err);
/* One step: params (n) against grad (n). */
void gb_adam_step(gb_adam *adam, gb_real *params, const gb_real *grad);
/* The same, and then gb_polyak of target (n) toward params, in one pass. */
void gb_adam_step_tracked(gb_adam *adam, gb_real *params, const gb_real *grad, gb_real *target,
                          double tau);
/* gb_adam_step against scale * grad, by up to `threads` threads; the numbers do not depend on them.
 */
void gb_adam_step_scaled(gb_adam *adam, gb_real *params, const gb_real *grad, double scale,
                         int threads);
/* The same in parts, for callers with threads of their own: begin, then each of the ranges
 * from..to-1. */
void gb_adam_begin(gb_adam *adam);
void gb_adam_range(gb_adam *adam, gb_real *params, const gb_real *grad, gb_real scale, size_t from,
                   size_t to);
void gb_adam_archive(gb_adam *adam, gb_archive *archive);
void gb_adam_free(gb_adam *adam);

/* Returns the Euclidean norm of x (n), by up to `threads` threads; it does not depend on them. */
double gb_norm(const gb_real *x, size_t n, int threads);

/* Returns by what to scale a gradient of that norm so that its norm is at most max_norm; 0: any. */
double gb_clip_scale(double norm, double max_norm);

/* Returns the Euclidean norm of grad (n), and scales grad so that it is at most max_norm. max_norm
 * 0 only measures. */
double gb_clip_norm(gb_real *grad, size_t n, double max_norm);

/* target += tau (online - target), for n numbers (Polyak averaging). */
void gb_polyak(gb_real *target, const gb_real *online, size_t n, double tau);

#endif
