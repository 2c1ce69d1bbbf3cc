/* divergence.h - power divergences of a policy from a prior, over the actions of one state.
 *
 * For policies p and a prior m on the same actions,
 *     D(p||m) = sum_a m_a f(p_a / m_a),    f(x) = (x^k - k x + k - 1) / (k (k - 1)),
 * where k, the index, is any real number (Cressie and Read 1984; Liese and Vajda 2006): k = 2 is
 * half of Pearson's chi-squared, 1 the Kullback-Leibler divergence KL(p||m), 1/2 four times the
 * squared Hellinger distance, 0 the reverse KL(m||p). D is convex in p, at least 0, and 0 at
 * p = m only. With a uniform prior it is, up to scale and a constant, the negative Shannon entropy
 * (k = 1), the negative Tsallis entropy of index k, or the log-barrier (k = 0), so these functions
 * carry every regulariser of regularizer.h.
 *
 * Policies and priors are log-probabilities throughout; -INFINITY is probability 0. A policy lives
 * on the domain: the legal actions whose prior is not 0. Nothing here allocates.
 */
#ifndef GB_CORE_DIVERGENCE_H
#define GB_CORE_DIVERGENCE_H

#include "base.h"

#include <math.h>

/* The actions of a state. */
typedef struct gb_actions {
    int n;
    const bool *legal;       /* (n), or NULL: all */
    const double *log_prior; /* (n), or NULL: uniform. Conditioned on the legal actions before use,
                                so it need not be normalised over them */
} gb_actions;

/* A prior m_a ~ exp(power log_prior_a) on the domain, 0 outside it. Power 0 is the uniform prior
 * over the legal actions, whatever log_prior is. */
typedef struct gb_prior {
    const gb_actions *actions;
    double power;
    double log_mass; /* log of what exp(power log_prior_a) sums to over the domain */
} gb_prior;

/* Makes a prior; actions must stay valid as long as it is used. */
gb_prior gb_prior_make(const gb_actions *actions, double power);

/* Returns log m_a; -INFINITY outside the domain. */
static inline double gb_prior_log(const gb_prior *prior, int a) {
    const gb_actions *actions = prior->actions;
    if (actions->legal && !actions->legal[a]) return -INFINITY;
    return (prior->power != 0 ? prior->power * actions->log_prior[a] : 0) - prior->log_mass;
}

/* Returns max_p <p, q> - weight D(p||m), weight >= 0, and writes the maximising policy to
 * log_policy (n), which must not overlap q or the prior. Exact to rounding for any differences in
 * q; actions outside the domain get -INFINITY. At weight 0 it is the limit from above: m restricted
 * to the argmax of q on the domain. If the domain is empty, a value on it is not finite, or the
 * prior holds NaN, all results are NAN. */
double gb_divergence_greedy(double index, double weight, const gb_prior *prior, const double *q,
                            double *log_policy);

/* Returns D(p||m); INFINITY if p has mass outside the domain, or if index <= 0 and p is 0 somewhere
 * on it. */
double gb_divergence_value(double index, const gb_prior *prior, const double *log_policy);

/* Writes dD/dp_a = f'(p_a / m_a), with f'(1) = 0, to gradient (n). Where p_a = 0 it is the
 * one-sided derivative: -INFINITY for index <= 1, -1/(index - 1) above; INFINITY outside the
 * domain. */
void gb_divergence_gradient(double index, const gb_prior *prior, const double *log_policy,
                            double *gradient);

/* Returns the supremum of D over policies on the domain, which a deterministic policy attains if it
 * is finite; INFINITY for index <= 0 and more than one action. */
double gb_divergence_max(double index, const gb_prior *prior);

#endif
