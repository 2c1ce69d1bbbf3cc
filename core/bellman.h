/* bellman.h - sweeps over a finite MDP: what every solver does most of its time.
 *
 * q(s, a) = r(s, a) + gamma sum_s' P(s'|s, a) v(s'), in tables v (states) and q (states, actions).
 * A sweep is bound by memory, not by arithmetic: it reads each row once, in order, and writes no
 * more than it was asked for. `threads` threads share the states; every state's numbers come from
 * one thread in a fixed order, so that the bits do not depend on how many there are. Nothing here
 * allocates but gb_bellman_evaluate.
 */
#ifndef GB_CORE_BELLMAN_H
#define GB_CORE_BELLMAN_H

#include "base.h"
#include "mdp.h"

/* Writes all action values to q (states, actions); -INFINITY where the action is illegal. */
void gb_bellman_q(const gb_mdp *mdp, const double *v, double *q, int threads);

/* Writes those of state s to q (actions). */
void gb_bellman_row(const gb_mdp *mdp, const double *v, int s, double *q);

/* Returns max_s |x(s) - y(s)|, NaN if one of them is NaN; y may be NULL, for zeros. */
double gb_bellman_distance(const double *x, const double *y, int states);

/* Turns action values of states first..first+n-1, q (n, actions), into their values v (n). Runs on
 * several threads at once. */
typedef void gb_bellman_backup(const void *context, int first, int n, int actions, const double *q,
                               double *v);

/* The greedy one: v = max_a q. Context is not used. */
gb_bellman_backup gb_bellman_max;

/* One sweep: out (states) = backup(r + gamma P v). out must not be v. The action values are also
 * written to q (states, actions), unless it is NULL. Returns max_s |out(s) - v(s)|, NaN if one of
 * them is NaN. */
double gb_bellman_sweep(const gb_mdp *mdp, gb_bellman_backup *backup, const void *context,
                        const double *v, double *out, double *q, int threads);

/* The evaluation operator of a policy (states, actions): out(s) = bonus(s) + sum_a policy(s, a)
 * q(s, a), where bonus (states), for instance an entropy, may be NULL. Pairs of probability 0 are
 * not read. out must not be v. Returns max_s |out(s) - v(s)| as above. */
double gb_bellman_policy(const gb_mdp *mdp, const double *policy, const double *bonus,
                         const double *v, double *out, int threads);

/* What gb_bellman_evaluate did. */
typedef struct gb_evaluation {
    double residual; /* max_s |bonus + r_pi + gamma P_pi v - v|; |v - v_pi| <= residual / (1 -
                        gamma) */
    int sweeps;      /* of the MDP */
} gb_evaluation;

/* Evaluates a policy: solves v = bonus + r_pi + gamma P_pi v for v (states), directly up to
 * GB_BELLMAN_DIRECT states (LU decomposition and one step of refinement), else by BiCGStab (van der
 * Vorst 1992) from the v that is handed in, with sweeps of the operator, which always converge,
 * where that breaks down. Iterates until the residual is at most tol times the largest |v|; 1e-12
 * is within reach of rounding. GB_FAIL with a message after max_sweeps sweeps, with v as far as it
 * came, or if memory is short. done may be NULL. */
int gb_bellman_evaluate(const gb_mdp *mdp, const double *policy, const double *bonus, double tol,
                        int max_sweeps, double *v, gb_evaluation *done, int threads, gb_err *err);

#define GB_BELLMAN_DIRECT 400 /* states */

#endif
