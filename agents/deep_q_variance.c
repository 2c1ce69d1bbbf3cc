/* deep_q_variance.c - deep variance weighting: errors weigh as much as the inverse of the variance
 * of their targets (Kitamura et al. 2023, arXiv 2305.13185, algorithm 4, and its published code).
 *
 * A second network of the same form learns variances, Var = exp(output) + 0.1, from the errors of
 * the target network against targets y' of the one before it:
 *
 *   L_var = mean Huber(Var(s, a) - (y' - Qt(s, a))^2).
 *
 * With Varf, its copy of the last move of the target network, errors weigh
 *
 *   w = max(eta / Varf(s, a), 0.1),   L_eta = (mean(eta / Varf) - 1)^2,
 *
 * where L_eta moves log eta, from 1, to where weights have mean 1; it takes its step first.
 */
#include "deep_q.h"

#include <tgmath.h>

static const gb_real smallest_variance = (gb_real)0.1, smallest_weight = (gb_real)0.1;

/* The variance network's loss against target (b), and its step. */
static void learn_variance(struct deep_q *s, const gb_real *target) {
    const int n = s->actions, b = s->c.batch;
    struct deep_q_learner *learner = &s->variance;
    const gb_real *out = gb_deep_q_values(s, learner->params, s->x, b, &learner->tape, s->judged);
    double *last = s->last;
    last[DEEP_Q_VARIANCE] = last[DEEP_Q_VARIANCE_LOSS] = 0;
    for (int i = 0; i < b * n; i++) s->d_value[i] = 0;
    for (int i = 0; i < b; i++) {
        const int at = i * n + s->taken[i];
        const gb_real grown = exp(out[at]), variance = grown + smallest_variance;
        const gb_real error = variance - target[i], size = fabs(error);
        const gb_real slope = size > 1 ? (error > 0 ? 1 : -1) : error;
        last[DEEP_Q_VARIANCE] += (double)variance / b;
        last[DEEP_Q_VARIANCE_LOSS] +=
            (double)(size > 1 ? size - (gb_real)0.5 : error * error / 2) / b;
        s->d_value[at] = slope * grown / (gb_real)b;
    }
    gb_deep_q_step(s, learner, s->d_value, s->c.max_grad_norm);
}

/* The step of log eta, and weights from frozen variances. */
static void weigh(struct deep_q *s) {
    const int n = s->actions, b = s->c.batch;
    const gb_real *out = gb_deep_q_values(s, s->frozen, s->x, b, &s->target_tape, s->judged);
    gb_real mean = 0, eta = exp(s->log_eta);
    for (int i = 0; i < b; i++)
        mean += eta / (exp(out[i * n + s->taken[i]]) + smallest_variance) / (gb_real)b;
    s->log_eta_grad = 2 * (mean - 1) * mean;
    gb_adam_step(&s->eta_adam, &s->log_eta, &s->log_eta_grad);
    eta = exp(s->log_eta);
    for (int i = 0; i < b; i++) {
        gb_real weight = eta / (exp(out[i * n + s->taken[i]]) + smallest_variance);
        s->weight[i] *= weight > smallest_weight ? weight : smallest_weight;
    }
}

void gb_deep_q_weigh(struct deep_q *s, const gb_real *judged) {
    const int n = s->actions, b = s->c.batch;
    gb_real *target = s->y_previous;
    for (int i = 0; i < b; i++) s->reached[i] = judged[i * n + s->taken[i]];
    const struct deep_q_pair previous = gb_deep_q_judge(s, s->previous);
    gb_deep_q_targets(s, &previous, previous.next, target);
    for (int i = 0; i < b; i++) {
        const gb_real error = target[i] - s->reached[i];
        target[i] = error * error;
    }
    learn_variance(s, target);
    weigh(s);
}
