/* mirror.c - greedy steps under two power divergences.
 *
 * With n legal actions, c = index - 1 and rho = log(n p), the maximiser of
 * <p, q> - sum_i w_i D_i(p||uniform) has q_a - sum_i w_i (exp(c_i rho_a) - 1) / c_i equal for all
 * actions with p_a > 0. Let ell be the rho of the best action and t_a = max q - q_a. Then the
 * drop d_a = ell - rho_a solves
 *     sum_i w_i exp(c_i ell) S_i(d) = t_a,    S_i(d) = (1 - exp(-c_i d)) / c_i  (d at c_i = 0),
 * whose left side rises with d, and p_a = 0 if it never gets there. The sum of p rises with ell,
 * which lies between 0 and log n.
 */
#include "mirror.h"

#include <float.h>

enum { MOST_STEPS = 200 }; /* halving alone needs about 60 */

/* The equation for drops at a certain ell. */
typedef struct drops {
    double c[2], w[2]; /* w: w_i exp(c_i ell) */
} drops;

/* Returns S(d) at c. */
static double rise(double c, double d) {
    return c == 0 ? d : -expm1(-c * d) / c;
}

/* Returns the d with S(d) = y, INFINITY if there is none. */
static double rise_inverse(double c, double y) {
    if (c == 0) return y;
    return c * y < 1 ? -log1p(-c * y) / c : INFINITY;
}

static double total(const drops *e, double d) {
    return e->w[0] * rise(e->c[0], d) + e->w[1] * rise(e->c[1], d);
}

/* Returns the derivative of total, up to what underflows. */
static double slope(const drops *e, double d) {
    return e->w[0] * exp(-e->c[0] * d) + e->w[1] * exp(-e->c[1] * d);
}

/* Finds a range that holds the drop of gap t > 0; INFINITY as *high if there is none. One of the
 * terms makes at least half of t, and neither more than t. */
static void bracket(const drops *e, double t, double *low, double *high) {
    enum { GONE = 2000 }; /* exp(-GONE) is 0 */
    *low = *high = INFINITY;
    for (int i = 0; i < 2; i++) {
        *low = fmin(*low, rise_inverse(e->c[i], t / 2 / e->w[i]));
        *high = fmin(*high, rise_inverse(e->c[i], t / e->w[i]));
    }
    if (isinf(*low) || isfinite(*high)) return;
    for (*high = *low; total(e, *high) < t; *high *= 2) {
        *low = *high;
        if (*high > GONE) {
            *high = INFINITY;
            return;
        }
    }
}

/* Returns the drop of an action with gap t >= 0: Newton's method inside a bracket. */
static double drop_of(const drops *e, double t) {
    double low, high;
    if (t == 0) return 0;
    bracket(e, t, &low, &high);
    if (isinf(high)) return INFINITY;
    double d = low, last = INFINITY;
    for (int i = 0; i < MOST_STEPS; i++) {
        double above = total(e, d) - t;
        if (above > 0)
            high = d;
        else
            low = d;
        double next = d - above / slope(e, d);
        if (!(next >= low && next <= high) || fabs(above) > last / 2) next = low + (high - low) / 2;
        last = fabs(above);
        double step = fabs(next - d);
        d = next;
        if (step <= DBL_EPSILON * d) break;
    }
    return d;
}

/* The whole problem. */
typedef struct problem {
    gb_mirror_term term[2];
    const gb_actions *actions;
    const double *q; /* (n) */
    double best, log_n;
} problem;

static bool is_legal(const gb_actions *actions, int a) {
    return !actions->legal || actions->legal[a];
}

/* Writes log p at ell to log_policy; returns log(sum p) and its derivative. */
static double policy_at(const problem *p, double ell, double *log_policy, double *derivative) {
    drops e;
    long double sum = 0, moves = 0;
    for (int i = 0; i < 2; i++) {
        e.c[i] = p->term[i].index - 1;
        e.w[i] = p->term[i].weight * exp(e.c[i] * ell);
    }
    for (int a = 0; a < p->actions->n; a++) {
        log_policy[a] = -INFINITY;
        if (!is_legal(p->actions, a)) continue;
        double d = drop_of(&e, fmin(p->best - p->q[a], DBL_MAX));
        log_policy[a] = ell - d - p->log_n;
        double mass = exp(log_policy[a]);
        sum += mass;
        if (mass > 0) moves += mass * (slope(&e, 0) / slope(&e, d));
    }
    *derivative = (double)(moves / sum);
    return (double)logl(sum);
}

/* Neither weight is 0, and the indices differ. */
static void solve(const problem *p, double *log_policy) {
    double low = 0, high = p->log_n, ell = high, last = INFINITY, derivative;
    for (int i = 0; i < MOST_STEPS; i++) {
        double above = policy_at(p, ell, log_policy, &derivative);
        if (above > 0)
            high = ell;
        else
            low = ell;
        double next = ell - above / derivative;
        if (!(next >= low && next <= high) || fabs(above) > last / 2) next = low + (high - low) / 2;
        last = fabs(above);
        double step = fabs(next - ell);
        ell = next;
        if (step <= DBL_EPSILON * (1 + ell)) break;
    }
    double excess = policy_at(p, ell, log_policy, &derivative);
    for (int a = 0; a < p->actions->n; a++) log_policy[a] -= excess; /* what rounding left */
}

void gb_mirror_greedy(gb_mirror_term first, gb_mirror_term second, const gb_actions *actions,
                      const double *q, double *log_policy) {
    gb_prior uniform = gb_prior_make(actions, 0);
    problem p = {{first, second}, actions, q, -INFINITY, uniform.log_mass};
    if (first.index == second.index || first.weight == 0 || second.weight == 0) {
        gb_mirror_term only = first.weight > 0 ? first : second;
        if (first.index == second.index) only.weight = first.weight + second.weight;
        gb_divergence_greedy(only.index, only.weight, &uniform, q, log_policy);
        return;
    }
    bool finite = true;
    for (int a = 0; a < actions->n; a++) {
        if (!is_legal(actions, a)) continue;
        finite = finite && isfinite(q[a]);
        p.best = fmax(p.best, q[a]);
    }
    if (finite && isfinite(p.best))
        solve(&p, log_policy);
    else
        for (int a = 0; a < actions->n; a++) log_policy[a] = NAN;
}
