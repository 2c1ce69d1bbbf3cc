/* regular.h - what regularised solvers share: greedy steps, evaluation and the residual, on tables
 * of all states.
 *
 * Omega is a regulariser of regularizer.h; where it takes a prior, log_prior (states, actions)
 * holds one for every state, and NULL means the uniform policy. Tables v are (states), q, policies
 * and priors (states, actions). States are shared among the solver's threads; each state's numbers
 * come from one of them, so that the bits do not depend on how many there are.
 */
#ifndef GB_AGENTS_SOLVERS_REGULAR_H
#define GB_AGENTS_SOLVERS_REGULAR_H

#include "regularizer.h"
#include "solver.h"

/* Work memory of a solver. */
typedef struct gb_regular {
    gb_solver *solver; /* not owned */
    bool *legal;       /* (states, actions), or NULL: all actions are legal */
    double *before;    /* (states) the v of which solver->q is the backup */
    double *bonus;     /* (states) what a state pays besides rewards: -Omega of a policy; first 0 */
    double *policy;    /* (states, actions) scratch */
} gb_regular;

/* Allocates it for an open solver. GB_FAIL if memory is short; gb_regular_free is due even then. */
int gb_regular_init(gb_regular *r, gb_solver *solver, gb_err *err);
void gb_regular_free(gb_regular *r);

/* Returns the actions of state s with their prior. */
gb_actions gb_regular_actions(const gb_regular *r, const double *log_prior, int s);

/* Writes v(s) = Omega*(q(s, .)) and the policy where it is attained. Either may be NULL;
 * log_policy must not be q or log_prior. */
void gb_regular_greedy(const gb_regular *r, const gb_regularizer *omega, const double *log_prior,
                       const double *q, double *v, double *log_policy);

/* Writes r->bonus: minus Omega of a policy. */
void gb_regular_set_bonus(gb_regular *r, const gb_regularizer *omega, const double *log_prior,
                          const double *log_policy);

/* Writes v(s) = bonus(s) + sum_a policy(s, a) q(s, a). */
void gb_regular_mean(const gb_regular *r, const double *log_policy, const double *q, double *v);

/* Takes solver->v, in which the evaluation operator T v = bonus + <policy, r + gamma P v> of a
 * policy has been applied once, on to the m-th application and writes that to r->before; m = 0: to
 * its fixed point, without injected errors. Then solver->q is the backup of r->before. Every look
 * into the MDP but that for the fixed point is one of gb_solver_backup. GB_FAIL with a message. */
int gb_regular_evaluate(gb_regular *r, int m, const double *log_policy, gb_err *err);

/* The residual: gamma / (1 - gamma) max |optimal - before| + max |v - optimal|, where optimal
 * (states) is B applied to before, for an operator B that is a gamma-contraction in the sup-norm.
 * Without injected errors v, and the backup of before, are no farther than that from the fixed
 * point of B and its backup. NaN if a number is. */
double gb_regular_residual(const gb_regular *r, const double *optimal);

#endif
