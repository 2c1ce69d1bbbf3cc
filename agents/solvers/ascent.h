/* ascent.h - what solvers share that improve a policy step by step, each from the values of the
 * last one: natural policy gradient, mirror descent, dual averaging.
 *
 * At every iteration log_policy is the present policy, v its value with the regulariser - exact, or
 * after m sweeps from the value of the one before - and q = r + gamma P v. The residual is
 * max_s |Omega*(q(s, .)) - v(s)| / (1 - gamma): without injected errors no v(s) is farther than
 * that from the regularised optimum.
 */
#ifndef GB_SOLVERS_ASCENT_H
#define GB_SOLVERS_ASCENT_H

#include "regular.h"

typedef struct gb_ascent {
    gb_regular tables;
    gb_regularizer omega;
    int m;           /* evaluation sweeps; 0: exact */
    double *next;    /* (states, actions) log-probabilities: room for the policy to come */
    double *optimal; /* (states) Omega*(q) */
} gb_ascent;

/* Allocates it for an open solver. GB_FAIL if memory is short; gb_ascent_free is due even then. */
int gb_ascent_init(gb_ascent *ascent, gb_solver *solver, const gb_regularizer *omega, int m,
                   gb_err *err);
void gb_ascent_free(gb_ascent *ascent);

/* Copies next to the solver's log_policy. */
void gb_ascent_take(gb_ascent *ascent);

/* Evaluates the solver's log_policy: sets v, q and residual, and optimal. GB_FAIL with a message.
 */
int gb_ascent_evaluate(gb_ascent *ascent, gb_err *err);

/* The same where states pay something besides: tables.bonus has been set by the caller. */
int gb_ascent_evaluate_bonus(gb_ascent *ascent, gb_err *err);

#endif
