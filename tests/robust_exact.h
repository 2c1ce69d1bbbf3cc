/* robust_exact.h - nature's answer to a value function, from its definition in long double: the
 * reference for robust solvers. Against the answer to its own v, held fixed, a robust solution is
 * the ordinary optimum: a saddle point.
 */
#ifndef GB_TESTS_ROBUST_EXACT_H
#define GB_TESTS_ROBUST_EXACT_H

#include "mdp.h"
#include "support.h"

#include <math.h>

enum { ROBUST_OUTCOMES = 64 }; /* of a pair, at most */

/* Tilts p (n) to Q ~ p exp(-b v); returns KL(Q||p). */
static inline long double tilt_to(long double b, int n, const long double *p, const long double *v,
                                  long double *tilted) {
    long double low = INFINITY, total = 0, kl = 0;
    for (int k = 0; k < n; k++) low = fminl(low, v[k]);
    for (int k = 0; k < n; k++) total += tilted[k] = p[k] * expl(-b * (v[k] - low));
    for (int k = 0; k < n; k++) tilted[k] /= total;
    for (int k = 0; k < n; k++)
        if (tilted[k] > 0) kl += tilted[k] * logl(tilted[k] / p[k]);
    return kl;
}

/* The tilt by exactly `radius`, or all the way to the smallest v if that is nearer, by halving. v
 * is measured in its range, so that differences of any size tilt. */
static inline void tilt_by(long double radius, int n, const long double *p, const long double *v,
                           long double *tilted) {
    long double least = INFINITY, most = -INFINITY, worst = 0, x[ROBUST_OUTCOMES];
    long double low = 0, high = 1;
    for (int k = 0; k < n; k++) least = fminl(least, v[k]), most = fmaxl(most, v[k]);
    for (int k = 0; k < n; k++) worst += v[k] == least ? p[k] : 0;
    for (int k = 0; k < n; k++) tilted[k] = v[k] == least ? p[k] / worst : 0;
    if (most == least || radius >= -logl(worst)) return;
    for (int k = 0; k < n; k++) x[k] = (v[k] - least) / (most - least);
    while (tilt_to(high, n, p, x, tilted) < radius) high *= 2;
    for (int i = 0; i < 120; i++) {
        const long double b = (low + high) / 2;
        if (tilt_to(b, n, p, x, tilted) < radius)
            low = b;
        else
            high = b;
    }
    ck_assert(fabsl(tilt_to(high, n, p, x, tilted) - radius) < 1e-15L);
}

/* Makes the MDP in which nature has settled on its answer to v: its transitions, and its price. */
static inline void settle(const gb_mdp *mdp, const double *v, double beta, double radius,
                          gb_mdp *out) {
    gb_mdp_builder b;
    ck_assert_int_eq(gb_mdp_begin(&b, mdp->states, mdp->actions, mdp->gamma, mdp->outcomes, NULL),
                     GB_OK);
    for (size_t i = 0; i < gb_mdp_pairs(mdp); i++) {
        long double p[ROBUST_OUTCOMES], value[ROBUST_OUTCOMES], tilted[ROBUST_OUTCOMES], price = 0;
        const int s = (int)i / mdp->actions, a = (int)i % mdp->actions;
        int n = 0;
        if (mdp->row[i] == mdp->row[i + 1]) ck_assert(!gb_mdp_forbid(&b, s, a, NULL));
        for (size_t k = mdp->row[i]; k < mdp->row[i + 1]; k++, n++) {
            p[n] = mdp->p[k];
            value[n] = k < mdp->stop[i] ? v[mdp->next[k]] : 0;
        }
        if (n && radius > 0) tilt_by(radius, n, p, value, tilted);
        if (n && radius == 0) price = tilt_to(beta, n, p, value, tilted) / beta;
        for (int k = 0; k < n; k++) {
            gb_outcome outcome = gb_mdp_outcome(mdp, i, mdp->row[i] + (size_t)k);
            outcome.probability = (double)tilted[k];
            outcome.reward = mdp->r[i] + (double)(mdp->gamma * price);
            ck_assert_int_eq(gb_mdp_add(&b, s, a, outcome, NULL), GB_OK);
        }
    }
    ck_assert_int_eq(gb_mdp_finish(&b, out, NULL), GB_OK);
}

#endif
