/* risk.h - what an adversary who tilts the probabilities makes of a random value. */
#ifndef GB_SOLVERS_RISK_H
#define GB_SOLVERS_RISK_H

#include <stddef.h>

/* Returns min_Q E_Q v + KL(Q||p) / beta = -(1/beta) log E_p exp(-beta v) for p (n), all above 0 and
 * of sum 1, and v (n). beta >= 0; 0 is the mean, INFINITY the smallest v. Relative accuracy of the
 * difference from the mean is kept for small beta too. NaN if a v is NaN. */
double gb_risk_entropic(double beta, size_t n, const double *p, const double *v);

/* Returns min E_Q v over Q with KL(Q||p) <= radius; radius >= 0. guess may be NULL; else the search
 * for the multiplier starts from *guess, unless that is 0, and what it finds is written there. */
double gb_risk_ball(double radius, size_t n, const double *p, const double *v, double *guess);

#endif
