/* mirror.h - greedy steps under two power divergences at once: where a regulariser and the
 * divergence that keeps a policy near the last one are of different kinds.
 */
#ifndef GB_SOLVERS_MIRROR_H
#define GB_SOLVERS_MIRROR_H

#include "divergence.h"

/* weight D_index(p||uniform), of divergence.h. */
typedef struct gb_mirror_term {
    double index, weight; /* weight >= 0 */
} gb_mirror_term;

/* Writes argmax_p <p, q> - first(p) - second(p) to log_policy (n), which must not overlap q.
 * Uniform is meant over the legal actions; actions->log_prior must be NULL. Closed forms where
 * there are; else a scalar equation in a scalar equation, each solved to rounding. All is NAN if no
 * action is legal or a legal one's q is not finite. */
void gb_mirror_greedy(gb_mirror_term first, gb_mirror_term second, const gb_actions *actions,
                      const double *q, double *log_policy);

#endif
