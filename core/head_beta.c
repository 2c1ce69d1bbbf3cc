/* head_beta.c - independent Beta distributions (Chou et al. 2017): bounded without squashing, and
 * with shape parameters above 1 each has a single peak.
 *
 * With s = a + b:  log p = (a-1) log x + (b-1) log(1-x) - log B(a, b),
 *   d log p / da = log x - psi(a) + psi(s),
 *   H = log B - (a-1) psi(a) - (b-1) psi(b) + (s-2) psi(s),
 * and the Fisher matrix of (a, b) is diag(psi1(a), psi1(b)) - psi1(s).
 */
#include "head.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <tgmath.h>

/* One distribution. */
struct beta {
    double a, b, s;
};

/* How fast a shape moves with the output behind it: the logistic function, from the shape. */
static double slope(double shape) {
    return -expm1(1 - shape);
}

static size_t cell(const gb_head *head, int i, int j) {
    return (size_t)i * (size_t)head->out + (size_t)j;
}

static struct beta beta_at(const gb_head *head, gb_dists p, int i, int j) {
    double a = (double)p.out[cell(head, i, j)], b = (double)p.out[cell(head, i, j + head->raw)];
    return (struct beta){a, b, a + b};
}

/* Writes or adds the gradients by the outputs behind a and b. */
static void put(const gb_head *head, gb_dists d, int i, int j, struct beta x, double by_a,
                double by_b, bool add) {
    gb_real *a = d.out + cell(head, i, j), *b = d.out + cell(head, i, j + head->raw);
    *a = (gb_real)(by_a * slope(x.a)) + (add ? *a : 0);
    *b = (gb_real)(by_b * slope(x.b)) + (add ? *b : 0);
}

static void beta_prepare(const gb_head *head, gb_dists p) {
    for (size_t i = 0; i < (size_t)p.n * (size_t)head->out; i++)
        p.out[i] = 1 + fmax(p.out[i], (gb_real)0) + log1p(exp(-fabs(p.out[i])));
}

static double log_beta(struct beta x) {
    return gsl_sf_lngamma(x.a) + gsl_sf_lngamma(x.b) - gsl_sf_lngamma(x.s);
}

static double beta_entropy(struct beta x) {
    return log_beta(x) - (x.a - 1) * gsl_sf_psi(x.a) - (x.b - 1) * gsl_sf_psi(x.b) +
           (x.s - 2) * gsl_sf_psi(x.s);
}

static void beta_forward(const gb_head *head, gb_dists p, const gb_real *raw, gb_real *log_prob,
                         gb_real *entropy) {
    for (int i = 0; i < p.n; i++) {
        double sum = 0, bits = 0;
        for (int j = 0; j < head->raw; j++) {
            const struct beta x = beta_at(head, p, i, j);
            double at = (double)raw[i * head->raw + j];
            if (!isfinite(x.s)) { /* GSL has no gamma function of it */
                sum = bits = NAN;
                break;
            }
            sum += (x.a - 1) * log(at) + (x.b - 1) * log1p(-at) - log_beta(x);
            if (entropy) bits += beta_entropy(x);
        }
        log_prob[i] = (gb_real)sum;
        if (entropy) entropy[i] = (gb_real)bits;
    }
}

static void beta_backward(const gb_head *head, gb_dists p, const gb_real *raw,
                          const gb_real *d_log_prob, gb_real d_entropy, gb_dists d) {
    for (int i = 0; i < p.n; i++)
        for (int j = 0; j < head->raw; j++) {
            const struct beta x = beta_at(head, p, i, j);
            const double at = (double)raw[i * head->raw + j], w = (double)d_log_prob[i];
            const double h = (double)d_entropy, all = gsl_sf_psi(x.s);
            double by_a = w * (log(at) - gsl_sf_psi(x.a) + all);
            double by_b = w * (log1p(-at) - gsl_sf_psi(x.b) + all);
            if (h != 0) {
                double common = (x.s - 2) * gsl_sf_psi_1(x.s);
                by_a += h * (common - (x.a - 1) * gsl_sf_psi_1(x.a));
                by_b += h * (common - (x.b - 1) * gsl_sf_psi_1(x.b));
            }
            put(head, d, i, j, x, by_a, by_b, true);
        }
}

/* Keeps x where logarithms of x and 1 - x are finite in single precision. */
static gb_real inside(double x) {
    return (gb_real)fmax(0x1p-24, fmin(x, 1 - 0x1p-24));
}

static void beta_sample(const gb_head *head, gb_dists p, gb_rng *rng, gb_real *raw,
                        gb_real *log_prob) {
    gsl_rng generator = gb_rng_gsl(rng);
    for (int i = 0; i < p.n; i++)
        for (int j = 0; j < head->raw; j++) {
            const struct beta x = beta_at(head, p, i, j);
            raw[i * head->raw + j] =
                isfinite(x.s) ? inside(gsl_ran_beta(&generator, x.a, x.b)) : (gb_real)0.5;
        }
    beta_forward(head, p, raw, log_prob, NULL);
}

static void beta_mode(const gb_head *head, gb_dists p, gb_real *raw) {
    for (int i = 0; i < p.n; i++)
        for (int j = 0; j < head->raw; j++) {
            const struct beta x = beta_at(head, p, i, j);
            raw[i * head->raw + j] = x.s > 2 ? inside((x.a - 1) / (x.s - 2)) : (gb_real)0.5;
        }
}

static void beta_kl(const gb_head *head, gb_dists p, gb_dists q, gb_real *kl) {
    for (int i = 0; i < p.n; i++) {
        double sum = 0;
        for (int j = 0; j < head->raw; j++) {
            const struct beta x = beta_at(head, p, i, j), y = beta_at(head, q, i, j);
            sum += log_beta(y) - log_beta(x) + (x.a - y.a) * gsl_sf_psi(x.a) +
                   (x.b - y.b) * gsl_sf_psi(x.b) + (y.s - x.s) * gsl_sf_psi(x.s);
        }
        kl[i] = (gb_real)sum;
    }
}

static void beta_kl_backward(const gb_head *head, gb_dists p, gb_dists q, gb_real weight,
                             gb_dists dp, gb_dists dq) {
    const double w = (double)weight;
    for (int i = 0; i < p.n; i++)
        for (int j = 0; j < head->raw; j++) {
            const struct beta x = beta_at(head, p, i, j), y = beta_at(head, q, i, j);
            if (dp.out) {
                double all = (y.s - x.s) * gsl_sf_psi_1(x.s);
                put(head, dp, i, j, x, w * ((x.a - y.a) * gsl_sf_psi_1(x.a) + all),
                    w * ((x.b - y.b) * gsl_sf_psi_1(x.b) + all), true);
            }
            if (dq.out) {
                double all = gsl_sf_psi(x.s) - gsl_sf_psi(y.s);
                put(head, dq, i, j, y, w * (gsl_sf_psi(y.a) - gsl_sf_psi(x.a) + all),
                    w * (gsl_sf_psi(y.b) - gsl_sf_psi(x.b) + all), true);
            }
        }
}

static void beta_fisher(const gb_head *head, gb_dists p, gb_dists v, gb_real weight, gb_dists y) {
    const double w = (double)weight;
    for (int i = 0; i < p.n; i++)
        for (int j = 0; j < head->raw; j++) {
            const struct beta x = beta_at(head, p, i, j);
            double a = (double)v.out[cell(head, i, j)] * slope(x.a);
            double b = (double)v.out[cell(head, i, j + head->raw)] * slope(x.b);
            double all = gsl_sf_psi_1(x.s) * (a + b);
            put(head, y, i, j, x, w * (gsl_sf_psi_1(x.a) * a - all),
                w * (gsl_sf_psi_1(x.b) * b - all), false);
        }
}

static void beta_action(const gb_head *head, int n, const gb_real *raw, float *action) {
    const gb_space *act = &head->act;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < act->n; j++) {
            float low = act->low[j], high = act->high[j];
            float x = low + (high - low) * (float)raw[i * act->n + j];
            action[i * act->n + j] = fminf(fmaxf(x, low), high);
        }
}

static void beta_raw_of(const gb_head *head, int n, const float *action, gb_real *raw) {
    const gb_space *act = &head->act;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < act->n; j++) {
            double low = (double)act->low[j], high = (double)act->high[j];
            raw[i * act->n + j] = inside(((double)action[i * act->n + j] - low) / (high - low));
        }
}

const gb_head_type gb_head_beta = {
    .name = "beta",
    .bounded = true,
    .outs = 2,
    .prepare = beta_prepare,
    .sample = beta_sample,
    .mode = beta_mode,
    .forward = beta_forward,
    .backward = beta_backward,
    .kl = beta_kl,
    .kl_backward = beta_kl_backward,
    .fisher = beta_fisher,
    .action = beta_action,
    .raw_of = beta_raw_of,
};
