/* exact.h - regularised optima of small MDPs, for comparison: from the definitions, in long double,
 * with LU decompositions by GSL, by nothing of what is under test. Priors are uniform over the
 * legal actions.
 */
#ifndef GB_TESTS_EXACT_H
#define GB_TESTS_EXACT_H

#include "mdp.h"
#include "regularizer.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_ACTIONS 64 /* at most */

static inline bool exact_is(const gb_regularizer *omega, const char *name) {
    return !strcmp(omega->type->name, name);
}

/* Returns Omega of p (size), as its definition says. */
static inline long double exact_omega(const gb_regularizer *omega, int size, const bool *legal,
                                      const long double *p) {
    const long double tau = omega->tau, lambda = omega->lambda, k = omega->index;
    long double sum = 0;
    int n = 0;
    for (int a = 0; a < size; a++) n += !legal || legal[a];
    const long double m = 1.0L / n;
    if (exact_is(omega, "sparsemax")) sum = -tau / 2;
    if (exact_is(omega, "tsallis") && k != 1) sum = -tau / (k - 1);
    for (int a = 0; a < size; a++) {
        if (legal && !legal[a]) continue;
        const long double x = p[a] / m, x_ln_x = x > 0 ? x * logl(x) : 0;
        const long double entropy = p[a] > 0 ? p[a] * logl(p[a]) : 0;
        if (exact_is(omega, "entropy")) sum += tau * entropy;
        if (exact_is(omega, "kl")) sum += lambda * m * x_ln_x;
        if (exact_is(omega, "kl_entropy")) sum += lambda * m * x_ln_x + tau * entropy;
        if (exact_is(omega, "sparsemax")) sum += tau / 2 * p[a] * p[a];
        if (exact_is(omega, "tsallis"))
            sum += k == 1 ? tau * entropy : tau / (k - 1) * powl(p[a], k);
        if (exact_is(omega, "log_barrier")) sum -= tau * logl(p[a]);
        if (exact_is(omega, "reverse_kl")) sum -= lambda * m * logl(x);
        if (exact_is(omega, "chi2")) sum += lambda * m * (x - 1) * (x - 1) / 2;
        if (exact_is(omega, "hellinger")) sum += lambda * m * 2 * (1 - sqrtl(x));
        if (exact_is(omega, "alpha_divergence"))
            sum += k == 1   ? lambda * m * x_ln_x
                   : k == 0 ? -lambda * m * logl(x)
                            : lambda * m * (powl(x, k) - k * x + k - 1) / (k * (k - 1));
    }
    return sum;
}

/* p_a = scale y^power where y = add + slope (q_a - x) > 0, for the multiplier x. */
typedef struct exact_shape {
    long double scale, add, slope, power;
} exact_shape;

static inline exact_shape exact_shape_of(const gb_regularizer *omega, int n) {
    const long double m = 1.0L / n, tau = omega->tau, lambda = omega->lambda, k = omega->index;
    if (exact_is(omega, "sparsemax")) return (exact_shape){1, 0, 1 / tau, 1};
    if (exact_is(omega, "tsallis")) return (exact_shape){1, 0, (k - 1) / (tau * k), 1 / (k - 1)};
    if (exact_is(omega, "log_barrier")) return (exact_shape){1, 0, -1 / tau, -1};
    if (exact_is(omega, "reverse_kl")) return (exact_shape){m, 0, -1 / lambda, -1};
    if (exact_is(omega, "chi2")) return (exact_shape){m, 1, 1 / lambda, 1};
    if (exact_is(omega, "hellinger")) return (exact_shape){m, 0, -1 / lambda, -2};
    return (exact_shape){m, 1, (k - 1) / lambda, 1 / (k - 1)}; /* alpha_divergence */
}

static inline long double exact_p(exact_shape f, long double q, long double x) {
    const long double y = f.add + f.slope * (q - x);
    if (y <= 0) return f.power > 0 ? 0 : INFINITY;
    if (f.power == 1) return f.scale * y;
    if (f.power == 2) return f.scale * y * y;
    if (f.power == -1) return f.scale / y;
    if (f.power == 0.5L) return f.scale * sqrtl(y);
    if (f.power == -0.5L) return f.scale / sqrtl(y);
    if (f.power == -2) return f.scale / (y * y);
    return f.scale * powl(y, f.power);
}

static inline long double exact_mass(exact_shape f, int n, const long double *q, long double x) {
    long double sum = 0;
    for (int a = 0; a < n; a++) sum += exact_p(f, q[a], x);
    return sum;
}

/* Writes to p (n) the probabilities at the multiplier for which they sum to 1. */
static inline void exact_bisect(const gb_regularizer *omega, int n, const long double *q,
                                long double *p) {
    const exact_shape f = exact_shape_of(omega, n);
    long double low = q[0], high = q[0], step = 1, total = 0;
    for (; exact_mass(f, n, q, low) < 1; step *= 2) low -= step;
    for (; exact_mass(f, n, q, high) > 1; step *= 2) high += step;
    for (int i = 0; i < 80; i++) {
        const long double x = (low + high) / 2;
        if (exact_mass(f, n, q, x) > 1)
            low = x;
        else
            high = x;
    }
    for (int a = 0; a < n; a++) total += p[a] = exact_p(f, q[a], high);
    for (int a = 0; a < n; a++) p[a] /= total;
}

/* p (n) ~ exp(q / temperature); at 0 uniform over the best. */
static inline void exact_softmax(long double temperature, int n, const long double *q,
                                 long double *p) {
    long double best = q[0], total = 0;
    for (int a = 0; a < n; a++) best = fmaxl(best, q[a]);
    for (int a = 0; a < n; a++)
        total += p[a] = temperature > 0 ? expl((q[a] - best) / temperature) : q[a] == best;
    for (int a = 0; a < n; a++) p[a] /= total;
}

/* Returns Omega*(q) and writes the policy where it is attained to p (size), 0 where illegal. */
static inline long double exact_greedy(const gb_regularizer *omega, int size, const bool *legal,
                                       const long double *q, long double *p) {
    long double allowed[EXACT_ACTIONS] = {0}, chosen[EXACT_ACTIONS], value = 0;
    int n = 0;
    for (int a = 0; a < size; a++)
        if (!legal || legal[a]) allowed[n++] = q[a];
    if (exact_is(omega, "none"))
        exact_softmax(0, n, allowed, chosen);
    else if (exact_is(omega, "kl_entropy"))
        exact_softmax((long double)omega->tau + omega->lambda, n, allowed, chosen);
    else if (exact_is(omega, "entropy") || (exact_is(omega, "tsallis") && omega->index == 1))
        exact_softmax(omega->tau, n, allowed, chosen);
    else if (exact_is(omega, "kl") || (exact_is(omega, "alpha_divergence") && omega->index == 1))
        exact_softmax(omega->lambda, n, allowed, chosen);
    else
        exact_bisect(omega, n, allowed, chosen);
    n = 0;
    for (int a = 0; a < size; a++) p[a] = !legal || legal[a] ? chosen[n++] : 0;
    for (int a = 0; a < size; a++)
        if (p[a] > 0) value += p[a] * q[a];
    return value - exact_omega(omega, size, legal, p);
}

/* q = r + gamma P v. */
static inline void exact_backup(const gb_mdp *mdp, const long double *v, long double *q) {
    for (size_t i = 0; i < gb_mdp_pairs(mdp); i++) {
        long double mean = 0;
        for (size_t k = mdp->row[i]; k < mdp->stop[i]; k++) mean += mdp->p[k] * v[mdp->next[k]];
        q[i] = mdp->r[i] + mdp->gamma * mean;
    }
}

/* Solves v = bonus + <policy, r + gamma P v> by LU and two refinements of the residual, which is
 * taken in long double. */
static inline void exact_evaluate(const gb_mdp *mdp, const long double *policy,
                                  const long double *bonus, long double *v) {
    const size_t n = (size_t)mdp->states;
    gsl_matrix *a = gsl_matrix_alloc(n, n);
    gsl_vector *b = gsl_vector_alloc(n), *x = gsl_vector_alloc(n);
    gsl_permutation *order = gsl_permutation_alloc(n);
    long double *q = malloc(gb_mdp_pairs(mdp) * sizeof *q);
    int sign;
    gsl_matrix_set_identity(a);
    for (size_t i = 0; i < gb_mdp_pairs(mdp); i++)
        for (size_t k = mdp->row[i]; k < mdp->stop[i]; k++)
            *gsl_matrix_ptr(a, i / (size_t)mdp->actions, (size_t)mdp->next[k]) -=
                (double)(mdp->gamma * policy[i] * mdp->p[k]);
    gsl_linalg_LU_decomp(a, order, &sign);
    for (size_t s = 0; s < n; s++) v[s] = 0;
    for (int round = 0; round < 3; round++) {
        exact_backup(mdp, v, q);
        for (size_t s = 0; s < n; s++) {
            long double gap = bonus[s] - v[s];
            for (size_t i = s * (size_t)mdp->actions; i < (s + 1) * (size_t)mdp->actions; i++)
                if (policy[i] > 0) gap += policy[i] * q[i];
            gsl_vector_set(b, s, (double)gap);
        }
        gsl_linalg_LU_solve(a, order, b, x);
        for (size_t s = 0; s < n; s++) v[s] += gsl_vector_get(x, s);
    }
    free(q);
    gsl_permutation_free(order);
    gsl_vector_free(x);
    gsl_vector_free(b);
    gsl_matrix_free(a);
}

/* The regularised optimum by policy iteration: v (states), and q and policy (states, actions), the
 * probabilities; q is -INFINITY where illegal. Any may be NULL. */
static inline void exact_solve(const gb_mdp *mdp, const gb_regularizer *omega, double *v, double *q,
                               double *policy) {
    const size_t n = (size_t)mdp->states, pairs = gb_mdp_pairs(mdp), actions = (size_t)mdp->actions;
    long double *values = calloc(n, sizeof *values), *next = calloc(n, sizeof *next),
                *bonus = calloc(n, sizeof *bonus), *table = calloc(pairs, sizeof *table),
                *p = calloc(pairs, sizeof *p), change = 1, size = 0;
    bool *legal = calloc(pairs, sizeof *legal);
    for (size_t i = 0; i < pairs; i++) legal[i] = !mdp->legal || mdp->legal[i];
    for (int round = 0; round < 200 && change > 1e-15L * size; round++) {
        exact_backup(mdp, values, table);
        for (size_t s = 0, i = 0; s < n; s++, i += actions) {
            exact_greedy(omega, mdp->actions, legal + i, table + i, p + i);
            bonus[s] = -exact_omega(omega, mdp->actions, legal + i, p + i);
        }
        exact_evaluate(mdp, p, bonus, next);
        change = size = 0;
        for (size_t s = 0; s < n; s++) {
            change = fmaxl(change, fabsl(next[s] - values[s]));
            size = fmaxl(size, fabsl(next[s]));
            values[s] = next[s];
        }
    }
    exact_backup(mdp, values, table);
    for (size_t s = 0, i = 0; s < n; s++, i += actions)
        exact_greedy(omega, mdp->actions, legal + i, table + i, p + i);
    for (size_t s = 0; v && s < n; s++) v[s] = (double)values[s];
    for (size_t i = 0; q && i < pairs; i++) q[i] = (double)table[i];
    for (size_t i = 0; policy && i < pairs; i++) policy[i] = (double)p[i];
    free(values), free(next), free(bonus), free(table), free(p), free(legal);
}

#endif
