/* risk.c - exponential tilting: Q_b(i) ~ p_i exp(-b v_i), the adversary's answer in both problems.
 *
 * Where b times the range of v is small, all is computed from differences d = v - E_p v: then
 * E exp(-b d) - 1 = E (exp(-b d) - 1 + b d), which has no cancellation. Elsewhere from d = v - min
 * v.
 */
#include "risk.h"

#include <math.h>

#define CLOSE 1e-10 /* relative error of b; that of the result is its square */
#define SMALL 0.5   /* b times the range of v, below which the first way is taken */

/* Returns exp(x) - 1 - x. */
static double exp_beyond_line(double x) {
    if (fabs(x) > 0.1) return expm1(x) - x;
    double sum = 0;
    for (int k = 12; k >= 3; k--) sum = x / k * (1 + sum); /* x^11 / 12! is far below rounding */
    return x * x / 2 * (1 + sum);
}

/* A random value, once looked over. */
typedef struct variable {
    size_t n;
    const double *p, *v; /* (n) */
    double mean, low, range;
} variable;

static variable look_over(size_t n, const double *p, const double *v) {
    variable x = {n, p, v, 0, INFINITY, 0};
    double high = -INFINITY, off = 0;
    for (size_t i = 0; i < n; i++) {
        x.low = fmin(x.low, v[i]);
        high = fmax(high, v[i]);
        x.mean += p[i] * v[i];
    }
    x.range = high - x.low;
    if (isnan(x.mean)) return x;
    x.mean = x.low;
    for (int round = 0; round < 2; round++, off = 0) { /* the second is exact to rounding of off */
        for (size_t i = 0; i < n; i++) off += p[i] * (v[i] - x.mean);
        x.mean += off;
    }
    return x;
}

/* The tilted distribution. */
typedef struct tilt {
    double log_mean; /* log E_p exp(-b (v - base)) */
    double base;
    double distance; /* KL(Q_b||p) */
    double mean;     /* E_Q v */
    double variance; /* of v under Q */
} tilt;

static tilt tilt_near(const variable *x, double b) {
    double beyond = 0, shift = 0, square = 0;
    for (size_t i = 0; i < x->n; i++) {
        double d = x->v[i] - x->mean, grown = expm1(-b * d);
        beyond += x->p[i] * exp_beyond_line(-b * d);
        shift += x->p[i] * d * grown;
        square += x->p[i] * d * d * (1 + grown);
    }
    double log_mean = log1p(beyond);
    shift /= 1 + beyond;
    return (tilt){log_mean, x->mean, -b * shift - log_mean, x->mean + shift,
                  square / (1 + beyond) - shift * shift};
}

static tilt tilt_far(const variable *x, double b) {
    double sum = 0, first = 0, second = 0;
    for (size_t i = 0; i < x->n; i++) {
        double d = x->v[i] - x->low, weight = d > 0 ? x->p[i] * exp(-b * d) : x->p[i];
        if (weight == 0) continue;
        sum += weight;
        first += weight * d;
        second += weight * d * d;
    }
    double log_mean = log(sum);
    first /= sum;
    return (tilt){log_mean, x->low, -b * first - log_mean, x->low + first,
                  second / sum - first * first};
}

static tilt tilted(const variable *x, double b) {
    return b * x->range < SMALL ? tilt_near(x, b) : tilt_far(x, b);
}

double gb_risk_entropic(double beta, size_t n, const double *p, const double *v) {
    variable x = look_over(n, p, v);
    if (isnan(x.mean)) return NAN;
    if (beta == 0 || x.range == 0) return x.mean;
    if (isinf(beta)) return x.low;
    tilt t = tilted(&x, beta);
    return t.base - t.log_mean / beta;
}

/* Returns the largest distance that a tilt can have: of the distribution on the smallest v alone.
 */
static double largest_distance(const variable *x) {
    double mass = 0;
    for (size_t i = 0; i < x->n; i++)
        if (x->v[i] == x->low) mass += x->p[i];
    return -log(mass);
}

/* Finds the b whose tilt has the given distance, which is below the largest, from a first guess.
 * Newton's method for log distance in log b, where the slope is 2 at first and falls to 0; in a
 * bracket. Returns that tilt. */
static tilt find_tilt(const variable *x, double distance, double *b) {
    double low = 0, high = INFINITY;
    tilt t = tilted(x, *b);
    for (int i = 0; i < 200; i++) {
        if (t.distance < distance)
            low = *b;
        else
            high = *b;
        double slope = *b * *b * t.variance / t.distance; /* dKL/db = b Var_Q v */
        double next = *b * exp(log(distance / t.distance) / slope);
        if (!(next > low && next < high) || next > 16 * *b || next < *b / 16)
            next = isinf(high) ? 4 * *b : low == 0 ? high / 4 : sqrt(low) * sqrt(high);
        if (fabs(next - *b) <= CLOSE * *b || isinf(next)) break;
        *b = next;
        t = tilted(x, next);
    }
    return t;
}

double gb_risk_ball(double radius, size_t n, const double *p, const double *v, double *guess) {
    variable x = look_over(n, p, v);
    if (isnan(x.mean)) return NAN;
    if (radius == 0 || x.range == 0) return x.mean;
    if (radius >= largest_distance(&x)) return x.low;
    double b = guess && *guess > 0 ? *guess : sqrt(2 * radius) / x.range;
    tilt t = find_tilt(&x, radius, &b);
    if (guess) *guess = b;
    return fmax(t.base - (radius + t.log_mean) / b, x.low); /* the dual: flat in b */
}
