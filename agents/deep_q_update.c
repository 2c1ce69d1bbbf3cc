/* deep_q_update.c - one update of Q-learning with networks; the formulas are at the head of
 * deep_q.h. */
#include "deep_q.h"
#include "pool.h"
#include "rng.h"
#include "space.h"

#include <tgmath.h>

#include <string.h>

/* The norm of the gradient costs a pass over it: measured once in so many updates, if no limit asks
 * for it. */
enum { NORM_EVERY = 16 };

/* --- networks ---------------------------------------------------------------------------------*/

void gb_deep_q_encode(const struct deep_q *s, int n, const float *obs, gb_real *x) {
    const int f = s->features;
    const gb_real *scale = s->scale, *shift = scale ? scale + f : NULL;
    gb_space_encode(&s->obs, n, obs, x);
    for (int i = 0; scale && i < n; i++, x += f)
        for (int k = 0; k < f; k++) x[k] = scale[k] * x[k] + shift[k];
}

/* Dueling: outputs are the state's value, then advantages, which count from their mean. */
const gb_real *gb_deep_q_values(const struct deep_q *s, const gb_real *params, const gb_real *x,
                                int n, gb_tape *tape, gb_real *values) {
    const int actions = s->actions;
    const gb_real *head = gb_net_forward(&s->net, params, x, n, tape);
    if (!s->c.dueling) return head;
    for (int i = 0; i < n; i++, head += actions + 1) {
        gb_real mean = 0;
        for (int a = 0; a < actions; a++) mean += head[1 + a];
        mean /= (gb_real)actions;
        for (int a = 0; a < actions; a++) values[i * actions + a] = head[0] + head[1 + a] - mean;
    }
    return values;
}

/* From gradients of values to those of the network's outputs. */
static const gb_real *head_gradient(struct deep_q *s, const gb_real *d_value) {
    const int actions = s->actions;
    gb_real *d_head = s->d_head;
    if (!s->c.dueling) return d_value;
    for (int i = 0; i < s->c.batch; i++, d_head += actions + 1, d_value += actions) {
        d_head[0] = 0;
        for (int a = 0; a < actions; a++) d_head[0] += d_value[a];
        for (int a = 0; a < actions; a++) d_head[1 + a] = d_value[a] - d_head[0] / (gb_real)actions;
    }
    return s->d_head;
}

double gb_deep_q_step(struct deep_q *s, struct deep_q_learner *learner, const gb_real *d_value,
                      double max_norm) {
    double norm = -1, scale = 1;
    gb_net_backward(&s->net, learner->params, &learner->tape, s->c.batch, head_gradient(s, d_value),
                    learner->grad, NULL, 0, 0);
    if (max_norm > 0 || s->updates % NORM_EVERY == 0) {
        norm = gb_norm(learner->grad, s->net.n_params, s->threads);
        scale = gb_clip_scale(norm, max_norm);
    }
    gb_adam_step_scaled(&learner->adam, learner->params, learner->grad, scale, s->threads);
    return norm;
}

/* Rounding would keep gb_polyak from a true copy. */
static void follow(const struct deep_q *s, gb_real *target, const gb_real *online) {
    if (s->c.polyak < 1)
        gb_polyak(target, online, s->net.n_params, s->c.polyak);
    else
        memcpy(target, online, s->net.n_params * sizeof *target);
}

void gb_deep_q_move_target(struct deep_q *s) {
    if (s->c.dvw) {
        memcpy(s->previous, s->target, s->net.n_params * sizeof *s->previous);
        follow(s, s->frozen, s->variance.params);
    }
    follow(s, s->target, s->q.params);
}

/* --- targets ----------------------------------------------------------------------------------*/

/* Returns T log sum exp(q / T), at T = 0 the maximum. */
static gb_real soft_max(int n, const gb_real *q, gb_real temperature) {
    gb_real most = q[0], sum = 0;
    for (int a = 1; a < n; a++)
        if (q[a] > most) most = q[a];
    if (!(temperature > 0)) return most;
    for (int a = 0; a < n; a++) sum += exp((q[a] - most) / temperature);
    return most + temperature * log(sum);
}

/* Returns <pi, q - T log pi> for the policy pi of the values `chosen`. */
static gb_real soft_value(int n, const gb_real *q, const gb_real *chosen, gb_real temperature) {
    if (q == chosen) return soft_max(n, q, temperature);
    gb_real value = 0, top = soft_max(n, chosen, temperature);
    for (int a = 0; a < n; a++) {
        if (temperature > 0)
            value += exp((chosen[a] - top) / temperature) * (q[a] - (chosen[a] - top));
        else if (chosen[a] == top) /* the first of the best, as in acting */
            return q[a];
    }
    return value;
}

int gb_deep_q_targets(struct deep_q *s, const struct deep_q_pair *judged, const gb_real *chosen,
                      gb_real *y) {
    const int n = s->actions;
    const gb_real temperature = (gb_real)(s->c.lambda + s->c.tau), lambda = (gb_real)s->c.lambda;
    const gb_real least = (gb_real)s->c.l0;
    int clipped = 0;
    for (int i = 0; i < s->c.batch; i++) {
        y[i] = s->reward[i];
        if (lambda > 0) {
            const gb_real *q = judged->now + i * n;
            gb_real term = q[s->taken[i]] - soft_max(n, q, temperature); /* T log pi */
            if (least < 0 && term < least) term = least, clipped++;
            y[i] += lambda / temperature * term;
        }
        if (s->discount[i] > 0)
            y[i] +=
                s->discount[i] * soft_value(n, judged->next + i * n, chosen + i * n, temperature);
        if (s->c.target_noise > 0) y[i] += (gb_real)(s->c.target_noise * gb_rng_normal(&s->rng));
    }
    return clipped;
}

/* --- the update -------------------------------------------------------------------------------*/

/* One part of the batch in place of index: s and s' stacked in x, what happened in between beside
 * them. */
static void gather_part(void *context, int part, int parts) {
    struct deep_q *s = context;
    const size_t b = (size_t)s->c.batch, f = (size_t)s->features;
    const size_t from = b * (size_t)part / (size_t)parts,
                 to = b * (size_t)(part + 1) / (size_t)parts;
    float *room = s->room + (size_t)part * (size_t)gb_space_size(&s->obs);
    const gb_replay *replay = &s->replay;
    for (size_t i = from; i < to; i++) {
        const gb_replay_steps steps =
            gb_replay_follow(replay, s->index[i], s->c.n_step, s->c.gamma);
        const bool terminal = gb_replay_terminal(replay, steps.last);
        gb_deep_q_encode(s, 1, gb_replay_obs(replay, s->index[i], room), s->x + i * f);
        gb_deep_q_encode(s, 1, gb_replay_next(replay, steps.last, room), s->x + (b + i) * f);
        s->taken[i] = (int)gb_replay_action(replay, s->index[i])[0];
        s->reward[i] = (gb_real)steps.reward;
        s->discount[i] = terminal ? 0 : (gb_real)pow(s->c.gamma, (double)steps.n);
    }
}

/* Small batches are not worth a second thread. */
static void draw_batch(struct deep_q *s) {
    enum { LEAST = 4096 }; /* numbers a thread */
    const int b = s->c.batch, most = (int)((size_t)b * (size_t)s->features / LEAST);
    if (s->c.prioritized)
        gb_replay_draw_prioritized(&s->replay, &s->rng, b,
                                   gb_schedule_at(&s->beta, s->steps, s->total_steps), s->index,
                                   s->weight);
    for (int i = 0; i < b && !s->c.prioritized; i++) {
        s->index[i] = gb_replay_draw(&s->replay, &s->rng);
        s->weight[i] = 1;
    }
    gb_pool_run(s->threads < most ? s->threads : most > 0 ? most : 1, gather_part, s);
}

struct deep_q_pair gb_deep_q_judge(struct deep_q *s, const gb_real *params) {
    const int b = s->c.batch;
    if (s->c.lambda > 0 || s->c.dvw) {
        const gb_real *q = gb_deep_q_values(s, params, s->x, 2 * b, &s->target_tape, s->judged);
        return (struct deep_q_pair){q, q + b * s->actions};
    }
    const gb_real *next = s->x + (size_t)b * (size_t)s->features;
    return (struct deep_q_pair){NULL,
                                gb_deep_q_values(s, params, next, b, &s->target_tape, s->judged)};
}

/* Entropy of softmax(q / T), the mean over n rows. */
static double entropy(int n, int actions, const gb_real *q, gb_real temperature) {
    double sum = 0;
    for (int i = 0; temperature > 0 && i < n; i++, q += actions) {
        gb_real top = soft_max(actions, q, temperature);
        for (int a = 0; a < actions; a++) {
            gb_real log_pi = (q[a] - top) / temperature;
            sum -= (double)(exp(log_pi) * log_pi) / n;
        }
    }
    return sum;
}

/* The loss, its gradient by the values q (b, actions) of s, and figures; priorities follow the
 * errors. */
static void regress(struct deep_q *s, const gb_real *q) {
    const int n = s->actions, b = s->c.batch;
    const bool huber = s->c.loss[0] == 'h';
    double *last = s->last, weights = 0, squares = 0;
    last[DEEP_Q_LOSS] = last[DEEP_Q_ERROR] = last[DEEP_Q_MEAN] = 0;
    memset(s->d_value, 0, (size_t)b * (size_t)n * sizeof *s->d_value);
    for (int i = 0; i < b; i++) {
        const size_t at = (size_t)(i * n + s->taken[i]);
        const gb_real error = q[at] - s->y[i], size = fabs(error), w = s->weight[i];
        const bool linear = huber && size > 1;
        const gb_real loss = linear  ? size - (gb_real)0.5
                             : huber ? error * error / 2
                                     : error * error;
        const gb_real slope = linear ? (error > 0 ? 1 : -1) : huber ? error : 2 * error;
        s->d_value[at] = w * slope / (gb_real)b;
        last[DEEP_Q_LOSS] += (double)(w * loss) / b;
        last[DEEP_Q_ERROR] += (double)size / b;
        last[DEEP_Q_MEAN] += (double)q[at] / b;
        weights += (double)w, squares += (double)(w * w);
        if (s->c.prioritized) gb_replay_set_error(&s->replay, s->index[i], (double)error);
    }
    last[DEEP_Q_WEIGHT] = weights / b;
    last[DEEP_Q_ESS] = weights * weights / squares;
    last[DEEP_Q_ENTROPY] = entropy(b, n, q, (gb_real)(s->c.lambda + s->c.tau));
}

void gb_deep_q_learn(struct deep_q *s) {
    const int b = s->c.batch, rows = s->c.double_q ? 2 * b : b;
    s->q.adam.lr = gb_schedule_at(&s->lr, s->steps, s->total_steps);
    draw_batch(s);
    const gb_real *q = gb_deep_q_values(s, s->q.params, s->x, rows, &s->q.tape, s->online);
    const struct deep_q_pair judged = gb_deep_q_judge(s, s->target);
    const gb_real *chosen = s->c.double_q ? q + b * s->actions : judged.next;
    s->last[DEEP_Q_CLIPPED] = (double)gb_deep_q_targets(s, &judged, chosen, s->y) / b;
    if (s->c.dvw) gb_deep_q_weigh(s, judged.now);
    regress(s, q);
    const double norm = gb_deep_q_step(s, &s->q, s->d_value, s->c.max_grad_norm);
    if (norm >= 0) s->last[DEEP_Q_GRAD_NORM] = norm;
    s->updates++;
}

/* Forward passes of the target network, of the online one, and back by weights and by inputs where
 * something is behind; with dvw also of the target before, of the variances and of their copy. */
double gb_deep_q_flops(const struct deep_q *s) {
    const double forward = gb_net_flops(&s->net),
                 learner = forward + gb_net_backward_flops(&s->net);
    double row = learner + (s->c.double_q ? forward : 0);
    row += s->c.lambda > 0 || s->c.dvw ? 2 * forward : forward;
    if (s->c.dvw) row += 2 * forward + learner + forward;
    return row * s->c.batch;
}
