/* head_gaussian.c - diagonal Gaussians, plain and squashed by tanh.
 *
 * Both are Gaussians of the raw action u; they differ in where log sigma stands (free numbers, or
 * the second half of the outputs) and in the squashing, which is the same for all parameters: so
 * it adds to log-probabilities but not to their gradients, nor to a KL divergence.
 */
#include "dist.h"
#include "head.h"

#include <string.h>
#include <tgmath.h>

static const gb_real half_log_2pi = (gb_real)0.91893853320467274178;

/* log sigma of n rows: that of row i begins at at[i * step]; step 0: shared. */
struct log_std {
    gb_real *at;
    size_t step;
};

static struct log_std log_std_of(const gb_head *head, gb_dists p) {
    return head->free ? (struct log_std){p.free, 0}
                      : (struct log_std){p.out ? p.out + head->raw : NULL, (size_t)head->out};
}

static size_t cell(const gb_head *head, int i, int j) {
    return (size_t)i * (size_t)head->out + (size_t)j;
}

static double spread(gb_real log_std) {
    return exp((double)log_std);
}

static void gaussian_prepare(const gb_head *head, gb_dists p) {
    (void)head, (void)p;
}

static void squashed_prepare(const gb_head *head, gb_dists p) {
    for (int i = 0; i < p.n; i++)
        for (int j = head->raw; j < head->out; j++) {
            gb_real *x = p.out + cell(head, i, j);
            *x = *x < GB_LOG_STD_MIN ? GB_LOG_STD_MIN : *x > GB_LOG_STD_MAX ? GB_LOG_STD_MAX : *x;
        }
}

/* The gradient of clamped numbers is 0 where the clamp holds. */
static void stop_at_clamp(const gb_head *head, gb_dists p, gb_dists d) {
    for (int i = 0; i < p.n && !head->free; i++)
        for (int j = head->raw; j < head->out; j++) {
            gb_real x = p.out[cell(head, i, j)];
            if (x <= GB_LOG_STD_MIN || x >= GB_LOG_STD_MAX) d.out[cell(head, i, j)] = 0;
        }
}

/* log(1 - tanh(u)^2) for any u. */
static gb_real log_squash(gb_real u) {
    gb_real size = fabs(u);
    return 2 * ((gb_real)0.69314718055994530942 - size - log1p(exp(-2 * size)));
}

/* E log(1 - tanh(u)^2) for u = mean + exp(log_std) z, and its gradient. The integrand is analytic
 * in a strip of half width (pi/2)/sigma about the axis of z: the step follows it. */
static double mean_log_squash(double mean, double log_std, double *d_mean, double *d_log_std) {
    const double std = exp(log_std), h = std > 1 ? 0.5 / std : 0.5;
    const int half = (int)ceil(8 / h);
    double sum = 0, by_mean = 0, by_std = 0, mass = 0;
    for (int k = -half; k <= half; k++) {
        double z = k * h, w = exp(-z * z / 2), u = mean + std * z, size = fabs(u);
        double e = exp(-2 * size), slope = -2 * copysign((1 - e) / (1 + e), u); /* -2 tanh(u) */
        mass += w;
        sum += w * 2 * (0.69314718055994530942 - size - log1p(e));
        by_mean += w * slope;
        by_std += w * slope * std * z;
    }
    *d_mean = by_mean / mass;
    *d_log_std = by_std / mass;
    return sum / mass;
}

/* log_prob (n) and entropy (n or NULL) of Gaussians. */
static void normal_forward(const gb_head *head, gb_dists p, const gb_real *raw, gb_real *log_prob,
                           gb_real *entropy) {
    const struct log_std s = log_std_of(head, p);
    const int d = head->raw;
    memset(log_prob, 0, (size_t)p.n * sizeof *log_prob);
    if (entropy) memset(entropy, 0, (size_t)p.n * sizeof *entropy);
    for (int j = 0; j < d; j++) {
        gb_real log_std = s.at[j], inverse = exp(-log_std);
        for (int i = 0; i < p.n; i++) {
            if (s.step) log_std = s.at[(size_t)i * s.step + (size_t)j], inverse = exp(-log_std);
            gb_real z = (raw[i * d + j] - p.out[cell(head, i, j)]) * inverse;
            log_prob[i] -= z * z / 2 + log_std + half_log_2pi;
            if (entropy) entropy[i] += log_std + half_log_2pi + (gb_real)0.5;
        }
    }
}

static void squashed_forward(const gb_head *head, gb_dists p, const gb_real *raw, gb_real *log_prob,
                             gb_real *entropy) {
    const int d = head->raw;
    double ignored[2];
    normal_forward(head, p, raw, log_prob, entropy);
    for (int i = 0; i < p.n; i++)
        for (int j = 0; j < d; j++) {
            log_prob[i] -= log_squash(raw[i * d + j]);
            if (entropy)
                entropy[i] += (gb_real)mean_log_squash((double)p.out[cell(head, i, j)],
                                                       (double)p.out[cell(head, i, d + j)],
                                                       &ignored[0], &ignored[1]);
        }
}

static void normal_backward(const gb_head *head, gb_dists p, const gb_real *raw,
                            const gb_real *d_log_prob, gb_real d_entropy, gb_dists d) {
    const struct log_std s = log_std_of(head, p), ds = log_std_of(head, d);
    const int dims = head->raw;
    for (int j = 0; j < dims; j++) {
        gb_real inverse = exp(-s.at[j]), sum = 0;
        for (int i = 0; i < p.n; i++) {
            if (s.step) inverse = exp(-s.at[(size_t)i * s.step + (size_t)j]);
            gb_real z = (raw[i * dims + j] - p.out[cell(head, i, j)]) * inverse;
            gb_real by_std = d_log_prob[i] * (z * z - 1) + d_entropy;
            d.out[cell(head, i, j)] += d_log_prob[i] * z * inverse;
            if (s.step)
                ds.at[(size_t)i * ds.step + (size_t)j] += by_std;
            else
                sum += by_std;
        }
        if (!s.step) ds.at[j] += sum;
    }
}

static void squashed_backward(const gb_head *head, gb_dists p, const gb_real *raw,
                              const gb_real *d_log_prob, gb_real d_entropy, gb_dists d) {
    normal_backward(head, p, raw, d_log_prob, d_entropy, d);
    for (int i = 0; i < p.n && d_entropy != 0; i++)
        for (int j = 0; j < head->raw; j++) {
            double by_mean, by_std;
            const size_t at = cell(head, i, j), at_std = at + (size_t)head->raw;
            mean_log_squash((double)p.out[at], (double)p.out[at_std], &by_mean, &by_std);
            d.out[at] += d_entropy * (gb_real)by_mean;
            d.out[at_std] += d_entropy * (gb_real)by_std;
        }
    stop_at_clamp(head, p, d);
}

static void gaussian_mode(const gb_head *head, gb_dists p, gb_real *raw) {
    for (int i = 0; i < p.n; i++)
        memcpy(raw + i * head->raw, p.out + cell(head, i, 0), (size_t)head->raw * sizeof *raw);
}

static void gaussian_sample(const gb_head *head, gb_dists p, gb_rng *rng, gb_real *raw,
                            gb_real *log_prob) {
    const struct log_std s = log_std_of(head, p);
    const int d = head->raw;
    gb_rng_fill_normal(rng, raw, (size_t)p.n * (size_t)d);
    for (int j = 0; j < d; j++) {
        gb_real std = exp(s.at[j]);
        for (int i = 0; i < p.n; i++) {
            if (s.step) std = exp(s.at[(size_t)i * s.step + (size_t)j]);
            raw[i * d + j] = p.out[cell(head, i, j)] + std * raw[i * d + j];
        }
    }
    head->type->forward(head, p, raw, log_prob, NULL);
}

/* KL(p||q) = log(sigma_q/sigma_p) + (sigma_p^2 + (mu_p - mu_q)^2) / (2 sigma_q^2) - 1/2. */
static void gaussian_kl(const gb_head *head, gb_dists p, gb_dists q, gb_real *kl) {
    const struct log_std sp = log_std_of(head, p), sq = log_std_of(head, q);
    for (int i = 0; i < p.n; i++) {
        kl[i] = 0;
        for (int j = 0; j < head->raw; j++) {
            gb_real a = sp.at[(size_t)i * sp.step + (size_t)j];
            gb_real b = sq.at[(size_t)i * sq.step + (size_t)j], inverse = exp(-b);
            gb_real ratio = exp(a - b);
            gb_real off = (p.out[cell(head, i, j)] - q.out[cell(head, i, j)]) * inverse;
            kl[i] += b - a + (ratio * ratio + off * off - 1) / 2;
        }
    }
}

static void gaussian_kl_backward(const gb_head *head, gb_dists p, gb_dists q, gb_real weight,
                                 gb_dists dp, gb_dists dq) {
    const struct log_std sp = log_std_of(head, p), sq = log_std_of(head, q);
    const struct log_std dsp = log_std_of(head, dp), dsq = log_std_of(head, dq);
    for (int i = 0; i < p.n; i++)
        for (int j = 0; j < head->raw; j++) {
            const size_t at = cell(head, i, j), at_p = (size_t)i * sp.step + (size_t)j;
            gb_real inverse = exp(-sq.at[at_p]), ratio = exp(sp.at[at_p]) * inverse;
            gb_real off = (p.out[at] - q.out[at]) * inverse;
            if (dp.out) dp.out[at] += weight * off * inverse;
            if (dp.out) dsp.at[at_p] += weight * (ratio * ratio - 1);
            if (dq.out) dq.out[at] -= weight * off * inverse;
            if (dq.out) dsq.at[at_p] += weight * (1 - ratio * ratio - off * off);
        }
}

static void squashed_kl_backward(const gb_head *head, gb_dists p, gb_dists q, gb_real weight,
                                 gb_dists dp, gb_dists dq) {
    gaussian_kl_backward(head, p, q, weight, dp, dq);
    if (dp.out) stop_at_clamp(head, p, dp);
    if (dq.out) stop_at_clamp(head, q, dq);
}

/* 1/sigma^2 for a mean, 2 for a log sigma. */
static void gaussian_fisher(const gb_head *head, gb_dists p, gb_dists v, gb_real weight,
                            gb_dists y) {
    const struct log_std s = log_std_of(head, p), vs = log_std_of(head, v),
                         ys = log_std_of(head, y);
    for (int j = 0; j < head->raw; j++) {
        gb_real scale = weight * exp(-2 * s.at[j]);
        for (int i = 0; i < p.n; i++) {
            const size_t at = cell(head, i, j), at_std = (size_t)i * s.step + (size_t)j;
            if (s.step) {
                scale = weight * exp(-2 * s.at[at_std]);
                ys.at[at_std] = 2 * weight * vs.at[at_std];
            }
            y.out[at] = scale * v.out[at];
        }
        if (!s.step) ys.at[j] = 2 * weight * (gb_real)p.n * vs.at[j];
    }
}

static void squashed_fisher(const gb_head *head, gb_dists p, gb_dists v, gb_real weight,
                            gb_dists y) {
    gaussian_fisher(head, p, v, weight, y);
    stop_at_clamp(head, p, y);
}

static void gaussian_action(const gb_head *head, int n, const gb_real *raw, float *action) {
    const gb_space *act = &head->act;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < act->n; j++) {
            float x = (float)raw[i * act->n + j];
            if (act->low) x = fmaxf(x, act->low[j]);
            if (act->high) x = fminf(x, act->high[j]);
            action[i * act->n + j] = x;
        }
}

static void gaussian_raw_of(const gb_head *head, int n, const float *action, gb_real *raw) {
    for (int i = 0; i < n * head->raw; i++) raw[i] = (gb_real)action[i];
}

static void squashed_action(const gb_head *head, int n, const gb_real *raw, float *action) {
    const gb_space *act = &head->act;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < act->n; j++) {
            float low = act->low[j], high = act->high[j];
            float unit = (float)tanh(raw[i * act->n + j]);
            action[i * act->n + j] = fminf(fmaxf(low + (high - low) / 2 * (unit + 1), low), high);
        }
}

static void squashed_raw_of(const gb_head *head, int n, const float *action, gb_real *raw) {
    const gb_space *act = &head->act;
    const double most = 1 - 0x1p-24;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < act->n; j++) {
            double low = (double)act->low[j], high = (double)act->high[j];
            double unit = 2 * ((double)action[i * act->n + j] - low) / (high - low) - 1;
            raw[i * act->n + j] = (gb_real)atanh(fmax(-most, fmin(unit, most)));
        }
}

const gb_head_type gb_head_gaussian = {
    .name = "gaussian",
    .outs = 1,
    .frees = 1,
    .spread = spread,
    .prepare = gaussian_prepare,
    .sample = gaussian_sample,
    .mode = gaussian_mode,
    .forward = normal_forward,
    .backward = normal_backward,
    .kl = gaussian_kl,
    .kl_backward = gaussian_kl_backward,
    .fisher = gaussian_fisher,
    .action = gaussian_action,
    .raw_of = gaussian_raw_of,
};

const gb_head_type gb_head_squashed = {
    .name = "squashed",
    .bounded = true,
    .outs = 2,
    .log_stds = 1,
    .spread = spread,
    .prepare = squashed_prepare,
    .sample = gaussian_sample,
    .mode = gaussian_mode,
    .forward = squashed_forward,
    .backward = squashed_backward,
    .kl = gaussian_kl,
    .kl_backward = squashed_kl_backward,
    .fisher = squashed_fisher,
    .action = squashed_action,
    .raw_of = squashed_raw_of,
};
