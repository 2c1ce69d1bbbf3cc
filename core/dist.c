#include "dist.h"

#include "vmath.h"

#include <tgmath.h>

static const gb_real half_log_2pi = (gb_real)0.91893853320467274178;
static const gb_real log_2 = (gb_real)0.69314718055994530942;

static gb_real clamp_log_std(gb_real x) {
    return x < GB_LOG_STD_MIN ? GB_LOG_STD_MIN : x > GB_LOG_STD_MAX ? GB_LOG_STD_MAX : x;
}

/* Elements of a batch (n, d) that are worked on together, so that functions see whole vectors: from
 * number `first`, which is j of row i. */
enum { PIECE = 256 };

struct piece {
    size_t first, size;
    int i, j;
    gb_real mean[PIECE], log_std[PIECE], std[PIECE];
};

static void take(struct piece *p, int n, int d, size_t first, const gb_real *head) {
    size_t left = (size_t)n * (size_t)d - first;
    p->first = first, p->size = left < PIECE ? left : PIECE;
    p->i = (int)(first / (size_t)d), p->j = (int)(first % (size_t)d);
    const gb_real *mean = head + 2 * (size_t)p->i * (size_t)d;
    for (size_t e = 0, j = (size_t)p->j; e < p->size; j = 0, mean += 2 * d)
        for (; j < (size_t)d && e < p->size; j++, e++)
            p->mean[e] = mean[j], p->log_std[e] = mean[(size_t)d + j];
    for (size_t e = 0; e < p->size; e++) p->std[e] = clamp_log_std(p->log_std[e]);
    gb_exp(p->std, p->std, p->size);
}

/* Adds up the log-probabilities of each row's elements. */
static void sum_log_prob(const struct piece *p, int d, const gb_real *noise, const gb_real *u,
                         gb_real *log_prob) {
    gb_real correction[PIECE], term[PIECE];
    for (size_t e = 0; e < p->size; e++) correction[e] = -2 * u[e];
    gb_softplus(correction, correction, p->size);
    for (size_t e = 0; e < p->size; e++)
        term[e] = -noise[e] * noise[e] / 2 - clamp_log_std(p->log_std[e]) - half_log_2pi -
                  2 * (log_2 - u[e] - correction[e]);
    size_t e = 0;
    for (int i = p->i, j = p->j; e < p->size; i++, j = 0) {
        gb_real sum = j ? log_prob[i] : 0;
        for (; j < d && e < p->size; j++, e++) sum += term[e];
        log_prob[i] = sum;
    }
}

void gb_squashed_forward(int n, int d, const gb_real *head, const gb_real *noise, gb_real *action,
                         gb_real *log_prob) {
    struct piece p;
    for (size_t at = 0; at < (size_t)n * (size_t)d; at += PIECE) {
        gb_real u[PIECE];
        take(&p, n, d, at, head);
        for (size_t e = 0; e < p.size; e++) u[e] = p.mean[e] + p.std[e] * noise[at + e];
        gb_tanh(action + at, u, p.size);
        if (log_prob) sum_log_prob(&p, d, noise + at, u, log_prob);
    }
}

void gb_squashed_backward(int n, int d, const gb_real *head, const gb_real *noise,
                          const gb_real *action, const gb_real *d_action, gb_real d_log_prob,
                          gb_real *d_head) {
    struct piece p;
    for (size_t at = 0; at < (size_t)n * (size_t)d; at += PIECE) {
        gb_real du[PIECE], d_log_std[PIECE];
        take(&p, n, d, at, head);
        for (size_t e = 0; e < p.size; e++) {
            gb_real a = action[at + e];
            bool inside = p.log_std[e] >= GB_LOG_STD_MIN && p.log_std[e] <= GB_LOG_STD_MAX;
            /* d log_prob / du = 2 a, through the squashing alone: the noise is fixed */
            du[e] = d_action[at + e] * (1 - a * a) + d_log_prob * 2 * a;
            d_log_std[e] = inside ? du[e] * p.std[e] * noise[at + e] - d_log_prob : 0;
        }
        gb_real *row = d_head + 2 * (size_t)p.i * (size_t)d;
        for (size_t e = 0, j = (size_t)p.j; e < p.size; e++) {
            row[j] = du[e], row[(size_t)d + j] = d_log_std[e];
            if (++j == (size_t)d) j = 0, row += 2 * d;
        }
    }
}

void gb_squashed_mode(int n, int d, const gb_real *head, gb_real *action) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++) action[i * d + j] = head[2 * i * d + j];
    gb_tanh(action, action, (size_t)n * (size_t)d);
}

/* Writes log sum exp of n rows x (n, k), n k <= PIECE, to out (n). */
static void short_log_sums(int n, int k, const gb_real *x, gb_real *out) {
    gb_real e[PIECE];
    for (int i = 0; i < n; i++) {
        out[i] = x[i * k + gb_argmax(k, x + i * k)];
        for (int j = 0; j < k; j++) e[i * k + j] = x[i * k + j] - out[i];
    }
    gb_exp(e, e, (size_t)(n * k));
    for (int i = 0; i < n; i++) {
        gb_real sum = 0;
        for (int j = 0; j < k; j++) sum += e[i * k + j];
        out[i] += log(sum);
    }
}

/* The same of one row of any length. */
static gb_real long_log_sum(int k, const gb_real *x) {
    gb_real e[PIECE], top = x[gb_argmax(k, x)], sum = 0;
    for (int from = 0; from < k; from += PIECE) {
        const int n = k - from < PIECE ? k - from : PIECE;
        for (int j = 0; j < n; j++) e[j] = x[from + j] - top;
        gb_exp(e, e, (size_t)n);
        for (int j = 0; j < n; j++) sum += e[j];
    }
    return top + log(sum);
}

void gb_categorical_forward(int n, int k, const gb_real *logits, gb_real *log_prob, gb_real *prob) {
    gb_real log_sum[PIECE];
    const int group = k <= PIECE ? PIECE / k : 1;
    for (int i = 0, rows; i < n; i += rows) {
        const gb_real *x = logits + (size_t)i * (size_t)k;
        gb_real *y = log_prob + (size_t)i * (size_t)k;
        rows = n - i < group ? n - i : group;
        if (k <= PIECE)
            short_log_sums(rows, k, x, log_sum);
        else
            log_sum[0] = long_log_sum(k, x);
        for (int r = 0; r < rows; r++)
            for (int j = r * k; j < (r + 1) * k; j++) y[j] = x[j] - log_sum[r];
    }
    if (prob) gb_exp(prob, log_prob, (size_t)n * (size_t)k);
}

void gb_categorical_backward(int n, int k, const gb_real *prob, const gb_real *d_prob,
                             gb_real *d_logits) {
    for (int i = 0; i < n; i++, prob += k, d_prob += k, d_logits += k) {
        gb_real mean = 0;
        for (int j = 0; j < k; j++) mean += prob[j] * d_prob[j];
        for (int j = 0; j < k; j++) d_logits[j] = prob[j] * (d_prob[j] - mean);
    }
}

int gb_categorical_sample(int k, const gb_real *prob, double u) {
    int last = 0; /* rounding may leave a rest: it goes to the last that is possible at all */
    for (int j = 0; j < k; j++) {
        if (!(prob[j] > 0)) continue;
        last = j;
        if ((u -= (double)prob[j]) < 0) break;
    }
    return last;
}

int gb_argmax(int k, const gb_real *x) {
    int best = 0;
    for (int j = 1; j < k; j++)
        if (x[j] > x[best]) best = j;
    return best;
}
