#include "dist.h"

#include <tgmath.h>

static const gb_real half_log_2pi = (gb_real)0.91893853320467274178;
static const gb_real log_2 = (gb_real)0.69314718055994530942;

static gb_real clamp_log_std(gb_real x) {
    return x < GB_LOG_STD_MIN ? GB_LOG_STD_MIN : x > GB_LOG_STD_MAX ? GB_LOG_STD_MAX : x;
}

/* log(1 + exp(x)) without overflow. */
static gb_real softplus(gb_real x) {
    return fmax(x, (gb_real)0) + log1p(exp(-fabs(x)));
}

void gb_squashed_forward(int n, int d, const gb_real *head, const gb_real *noise, gb_real *action,
                         gb_real *log_prob) {
    for (int i = 0; i < n; i++, head += 2 * d, noise += d, action += d) {
        gb_real sum = 0;
        for (int j = 0; j < d; j++) {
            gb_real log_std = clamp_log_std(head[d + j]);
            gb_real u = head[j] + exp(log_std) * noise[j];
            action[j] = tanh(u);
            sum += -noise[j] * noise[j] / 2 - log_std - half_log_2pi -
                   2 * (log_2 - u - softplus(-2 * u));
        }
        if (log_prob) log_prob[i] = sum;
    }
}

void gb_squashed_backward(int n, int d, const gb_real *head, const gb_real *noise,
                          const gb_real *action, const gb_real *d_action, gb_real d_log_prob,
                          gb_real *d_head) {
    for (int i = 0; i < n; i++, head += 2 * d, noise += d, action += d) {
        for (int j = 0; j < d; j++) {
            gb_real a = action[j], log_std = head[d + j];
            bool inside = log_std >= GB_LOG_STD_MIN && log_std <= GB_LOG_STD_MAX;
            /* d log_prob / du = 2 a, through the squashing alone: the noise is fixed */
            gb_real du = d_action[j] * (1 - a * a) + d_log_prob * 2 * a;
            d_head[j] = du;
            d_head[d + j] = inside ? du * exp(log_std) * noise[j] - d_log_prob : 0;
        }
        d_action += d;
        d_head += 2 * d;
    }
}

void gb_squashed_mode(int n, int d, const gb_real *head, gb_real *action) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++) action[i * d + j] = tanh(head[2 * i * d + j]);
}

void gb_categorical_forward(int n, int k, const gb_real *logits, gb_real *log_prob, gb_real *prob) {
    for (int i = 0; i < n; i++, logits += k, log_prob += k) {
        gb_real top = logits[gb_argmax(k, logits)], sum = 0;
        for (int j = 0; j < k; j++) sum += exp(logits[j] - top);
        gb_real log_sum = log(sum) + top;
        for (int j = 0; j < k; j++) log_prob[j] = logits[j] - log_sum;
        if (!prob) continue;
        for (int j = 0; j < k; j++) prob[j] = exp(log_prob[j]);
        prob += k;
    }
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
