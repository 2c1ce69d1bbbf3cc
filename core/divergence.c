/* divergence.c - power divergences.
 *
 * Let t_a = (max q - q_a) / weight be the gap of action a and c = index - 1. The maximiser has
 * p_a = m_a max(0, 1 + c (x - t_a))^(1/c) for the x with sum p = 1. Everything here is in terms of
 * the log-ratio ell = log(p/m) of an action with gap 0, which has a finite range, stays meaningful
 * as c -> 0, and gives
 *     log(p_a / m_a) = ell + log1p(-c t_a exp(-c ell)) / c.
 */
#include "divergence.h"

#include <float.h>
#include <gsl/gsl_sort.h>

/* --- priors -----------------------------------------------------------------------------------*/

gb_prior gb_prior_make(const gb_actions *actions, double power) {
    gb_prior prior = {actions, actions->log_prior ? power : 0, 0};
    double top = -INFINITY, sum = 0;
    if (prior.power == 0) { /* uniform over the legal actions */
        int legal = 0;
        for (int a = 0; a < actions->n; a++) legal += !actions->legal || actions->legal[a];
        if (legal) prior.log_mass = log(legal);
        return prior;
    }
    for (int a = 0; a < actions->n; a++) top = fmax(top, gb_prior_log(&prior, a));
    for (int a = 0; a < actions->n; a++) {
        double weight = gb_prior_log(&prior, a);
        if (weight != -INFINITY) sum += exp(weight - top);
    }
    if (sum != 0) prior.log_mass = top + log(sum); /* an empty domain stays empty */
    return prior;
}

/* Returns (max q - q_a) / weight, kept finite so that no product with it is NAN. */
static double gap(double best, double value, double weight) {
    return fmin((best - value) / weight, DBL_MAX);
}

/* Returns the largest q on the domain; NAN if there is none or a value is not finite. */
static double largest(const gb_prior *prior, const double *q) {
    double best = -INFINITY;
    for (int a = 0; a < prior->actions->n; a++) {
        if (gb_prior_log(prior, a) == -INFINITY) continue;
        if (!isfinite(q[a])) return NAN;
        best = fmax(best, q[a]);
    }
    return isfinite(best) ? best : NAN;
}

/* --- closed forms -----------------------------------------------------------------------------*/

/* Turns log-weights (n) into log-probabilities; returns the log of their sum. */
static double normalize(int n, double *log_weight) {
    double top = -INFINITY, sum = 0;
    for (int a = 0; a < n; a++) top = fmax(top, log_weight[a]);
    for (int a = 0; a < n; a++) sum += exp(log_weight[a] - top);
    double total = top + log(sum);
    for (int a = 0; a < n; a++) log_weight[a] -= total;
    return total;
}

/* Weight 0: the prior on the argmax. */
static void keep_best(const gb_prior *prior, const double *q, double best, double *log_policy) {
    for (int a = 0; a < prior->actions->n; a++)
        log_policy[a] = q[a] == best ? gb_prior_log(prior, a) : -INFINITY;
    normalize(prior->actions->n, log_policy);
}

/* Index 1: p_a ~ m_a exp(-t_a). Returns the log of the normaliser. */
static double tilt(const gb_prior *prior, const double *q, double best, double weight,
                   double *log_policy) {
    for (int a = 0; a < prior->actions->n; a++) {
        double prior_log = gb_prior_log(prior, a);
        bool inside = prior_log != -INFINITY; /* q may be anything outside */
        log_policy[a] = inside ? prior_log - gap(best, q[a], weight) : -INFINITY;
    }
    return normalize(prior->actions->n, log_policy);
}

/* Index 2 and a uniform prior: p_a = max(0, u - s_a) with s_a = m t_a (sparsemax; Martins and
 * Astudillo 2016). u is at most 1, so only gaps below 1 need sorting: log_policy has the room. */
static void sparsemax(const gb_prior *prior, const double *q, double best, double weight,
                      double *log_policy) {
    const gb_actions *actions = prior->actions;
    double scale = weight * exp(prior->log_mass), sum = 0, u = 1;
    int near = 0;
    for (int a = 0; a < actions->n; a++) {
        if (actions->legal && !actions->legal[a]) continue;
        double s = gap(best, q[a], scale);
        if (s < 1) log_policy[near++] = s;
    }
    gsl_sort(log_policy, 1, (size_t)near);
    for (int k = 0; k < near && 1 + sum > k * log_policy[k]; k++) {
        sum += log_policy[k];
        u = (1 + sum) / (k + 1);
    }
    for (int a = 0; a < actions->n; a++) {
        bool legal = !actions->legal || actions->legal[a];
        double p = legal ? u - gap(best, q[a], scale) : 0;
        log_policy[a] = p > 0 ? log(p) : -INFINITY;
    }
}

/* --- the general case -------------------------------------------------------------------------*/

/* What the scalar equation is made of. */
typedef struct equation {
    const gb_prior *prior;
    const double *q; /* (n) */
    double c, best, weight;
} equation;

/* Returns log(p_a / m_a) at gap t, where `decay` is exp(-c ell); writes the factor
 * 1 - c t decay, whose inverse is the derivative with respect to ell, to *factor. */
static double log_ratio(double c, double t, double ell, double decay, double *factor) {
    double y = t > 0 ? -c * t * decay : 0;
    if (y <= -1) {
        *factor = INFINITY;
        return -INFINITY;
    }
    *factor = 1 + y;
    /* for c < 0 decay may overflow, or drown the 1: then the logarithm comes apart */
    if (y > 0x1p60) return (log(t) + log(-c)) / c;
    return ell + log1p(y) / c;
}

/* Returns the ell at which an action with gap t has the log-ratio rho; INFINITY if none has. */
static double ell_for(double c, double t, double rho) {
    double y = t > 0 ? c * t * exp(-c * rho) : 0;
    return y <= -1 ? INFINITY : rho + log1p(y) / c;
}

/* Finds a range that holds the solution: at *low no action has more than 1/n, at *high one has all.
 * Never below 0, as the ratio is largest at gap 0 and 1 on average. */
static void bracket(const equation *e, double *low, double *high) {
    const gb_prior *prior = e->prior;
    double log_n = log(prior->actions->n);
    *low = *high = INFINITY;
    for (int a = 0; a < prior->actions->n; a++) {
        double prior_log = gb_prior_log(prior, a);
        if (prior_log == -INFINITY) continue;
        double t = gap(e->best, e->q[a], e->weight);
        *low = fmin(*low, ell_for(e->c, t, -prior_log - log_n));
        *high = fmin(*high, ell_for(e->c, t, -prior_log));
    }
    *low = fmax(*low, 0);
}

/* Returns log(sum p) at ell, and its derivative. Sums are long so that their rounding does not
 * hide convergence. */
static double excess(const equation *e, double ell, double *slope) {
    const gb_prior *prior = e->prior;
    long double sum = 0, rise = 0;
    double decay = exp(-e->c * ell);
    for (int a = 0; a < prior->actions->n; a++) {
        double prior_log = gb_prior_log(prior, a), factor;
        if (prior_log == -INFINITY) continue;
        double t = gap(e->best, e->q[a], e->weight);
        double p = exp(prior_log + log_ratio(e->c, t, ell, decay, &factor));
        sum += p;
        rise += p / factor;
    }
    *slope = (double)(rise / sum);
    return (double)logl(sum);
}

/* Solves sum p = 1 for ell by Newton's method, halving the bracket where that leaves it or is slow
 * (for c > 1 the sum has infinite slope where an action enters). */
static double solve(const equation *e) {
    double low, high, slope, last = INFINITY;
    bracket(e, &low, &high);
    double ell = high;
    for (int i = 0; i < 200; i++) {
        double above = excess(e, ell, &slope);
        if (above > 0)
            high = ell;
        else
            low = ell;
        double next = ell - above / slope;
        if (!(next >= low && next <= high) || fabs(above) > last / 2) next = low + (high - low) / 2;
        last = fabs(above);
        double step = fabs(next - ell);
        ell = next;
        if (step <= DBL_EPSILON * (1 + ell)) break;
    }
    return ell;
}

static void general(double index, double weight, const gb_prior *prior, const double *q,
                    double best, double *log_policy) {
    equation e = {prior, q, index - 1, best, weight};
    double ell = solve(&e), decay = exp(-e.c * ell), factor;
    for (int a = 0; a < prior->actions->n; a++) {
        double prior_log = gb_prior_log(prior, a);
        log_policy[a] = prior_log;
        if (prior_log != -INFINITY)
            log_policy[a] += log_ratio(e.c, gap(best, q[a], weight), ell, decay, &factor);
    }
    normalize(prior->actions->n, log_policy); /* what rounding of ell left */
}

/* --- greedy -----------------------------------------------------------------------------------*/

double gb_divergence_greedy(double index, double weight, const gb_prior *prior, const double *q,
                            double *log_policy) {
    int n = prior->actions->n;
    double best = largest(prior, q), loss = 0;
    if (isnan(best + prior->log_mass)) {
        for (int a = 0; a < n; a++) log_policy[a] = NAN;
        return NAN;
    }
    if (weight == 0) {
        keep_best(prior, q, best, log_policy);
        return best;
    }
    if (index == 1) return best + weight * tilt(prior, q, best, weight, log_policy);
    if (index == 2 && prior->power == 0)
        sparsemax(prior, q, best, weight, log_policy);
    else
        general(index, weight, prior, q, best, log_policy);
    for (int a = 0; a < n; a++) {
        double p = exp(log_policy[a]);
        if (p > 0) loss += p * gap(best, q[a], 1);
    }
    return best - loss - weight * gb_divergence_value(index, prior, log_policy);
}

/* --- value, gradient, largest value -----------------------------------------------------------*/

/* Returns exp(log_scale) (exp(k x) - 1) / k, or exp(log_scale) x at k = 0; only what is returned
 * can overflow. */
static double scaled_power(double log_scale, double k, double x) {
    if (k == 0) return isinf(x) ? x : exp(log_scale) * x;
    double y = k * x;
    return (y > 1 ? exp(log_scale + y) - exp(log_scale) : exp(log_scale) * expm1(y)) / k;
}

/* Two forms of m f(p/m): the first is exact near index 1, the second near index 0. */
static double term(double index, double prior_log, double policy_log) {
    double m = exp(prior_log), p = exp(policy_log), x = policy_log - prior_log;
    if (index < 0.5) return (scaled_power(prior_log, index, x) - p + m) / (index - 1);
    if (policy_log == -INFINITY) return m / index;
    return (scaled_power(policy_log, index - 1, x) - p + m) / index;
}

double gb_divergence_value(double index, const gb_prior *prior, const double *log_policy) {
    double sum = 0;
    for (int a = 0; a < prior->actions->n; a++) {
        double prior_log = gb_prior_log(prior, a);
        if (prior_log != -INFINITY)
            sum += term(index, prior_log, log_policy[a]);
        else if (log_policy[a] != -INFINITY)
            return INFINITY;
    }
    return sum;
}

void gb_divergence_gradient(double index, const gb_prior *prior, const double *log_policy,
                            double *gradient) {
    for (int a = 0; a < prior->actions->n; a++) {
        double prior_log = gb_prior_log(prior, a);
        gradient[a] = prior_log == -INFINITY
                          ? INFINITY
                          : scaled_power(0, index - 1, log_policy[a] - prior_log);
    }
}

double gb_divergence_max(double index, const gb_prior *prior) {
    double least = 0;
    int count = 0;
    for (int a = 0; a < prior->actions->n; a++) {
        double prior_log = gb_prior_log(prior, a);
        if (prior_log == -INFINITY) continue;
        least = fmin(least, prior_log);
        count++;
    }
    if (count <= 1) return 0;
    return index > 0 ? scaled_power(0, index - 1, -least) / index : INFINITY;
}
