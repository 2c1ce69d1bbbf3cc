/* sac_update.c - one update of a soft actor-critic; the formulas are at the head of sac.c.
 *
 * Nearly all of it is cut in two: the policy into s and s', the critics, which are independent but
 * for the minimum over both, into the first and the second, the actor's gradient into halves of the
 * batch. Each of the two has its own thread if there are two: the numbers are the same.
 */
#include "dist.h"
#include "pool.h"
#include "sac.h"
#include "space.h"

#include <math.h>
#include <string.h>

static gb_real unscale_action(const gb_space *act, size_t j, float action) {
    return (gb_real)(2 * (action - act->low[j]) / (act->high[j] - act->low[j]) - 1);
}

/* Draws a batch: s and s' stacked in x, and with the actions beside s in xa (continuous). */
static void draw_batch(struct sac *s) {
    size_t b = (size_t)s->c.batch, f = (size_t)s->features, d = (size_t)s->dims, width = f + d;
    for (size_t i = 0; i < b; i++) { /* asked for before they are read: they lie anywhere */
        s->row[i] = gb_replay_draw(&s->replay, &s->rng);
        __builtin_prefetch(gb_replay_obs(&s->replay, s->row[i], NULL));
        __builtin_prefetch(gb_replay_next(&s->replay, s->row[i], NULL));
    }
    for (size_t i = 0; i < b; i++) {
        const int64_t row = s->row[i];
        const float *action = gb_replay_action(&s->replay, row);
        gb_space_encode(&s->obs, 1, gb_replay_obs(&s->replay, row, NULL), s->x + i * f);
        gb_space_encode(&s->obs, 1, gb_replay_next(&s->replay, row, NULL), s->x + (b + i) * f);
        s->reward[i] = (float)s->c.reward_scale * gb_replay_reward(&s->replay, row);
        s->terminal[i] = gb_replay_terminal(&s->replay, row);
        if (s->discrete) {
            s->taken[i] = (int)action[0];
            continue;
        }
        for (size_t j = 0; j < d; j++)
            s->xa[i * width + f + j] = unscale_action(&s->act, j, action[j]);
    }
    if (gb_sac_normalizes(s)) gb_moments_normalize(&s->moments, 2 * s->c.batch, s->x);
    for (size_t i = 0; i < b && !s->discrete; i++)
        memcpy(s->xa + i * width, s->x + i * f, f * sizeof *s->xa);
}

/* Puts actions beside observations: xa (batch, f + d) from x (batch, f) and a (batch, d). */
static void join(const struct sac *s, const gb_real *x, const gb_real *a, gb_real *xa) {
    size_t f = (size_t)s->features, d = (size_t)s->dims;
    for (size_t i = 0; i < (size_t)s->c.batch; i++, xa += f + d) {
        memcpy(xa, x + i * f, f * sizeof *xa);
        memcpy(xa + f, a + i * d, d * sizeof *xa);
    }
}

static gb_real smaller(gb_real a, gb_real b) {
    return a < b ? a : b;
}

/* y = k r + gamma (1 - terminal) V(s'). */
static void targets(struct sac *s, gb_real alpha) {
    size_t b = (size_t)s->c.batch, d = (size_t)s->dims;
    const gb_real *q0 = s->critic[0].q_next, *q1 = s->critic[1].q_next;
    for (size_t i = 0; i < b; i++) {
        gb_real value = 0;
        if (s->discrete) {
            const gb_real *log_pi = s->log_prob + (b + i) * d, *pi = s->action + (b + i) * d;
            for (size_t a = 0; a < d; a++)
                value += pi[a] * (smaller(q0[i * d + a], q1[i * d + a]) - alpha * log_pi[a]);
        } else {
            value = smaller(q0[i], q1[i]) - alpha * s->log_prob[b + i];
        }
        s->y[i] = s->reward[i] + (gb_real)s->c.gamma * (1 - s->terminal[i]) * value;
    }
}

/* Values that a critic gives for a batch. */
static size_t values(const struct sac *s) {
    return (size_t)s->c.batch * (size_t)s->critic_net.out;
}

static void target_values(struct sac *s, struct sac_critic *critic) {
    const gb_real *x = s->discrete ? s->x + (size_t)s->c.batch * (size_t)s->features : s->xa_next;
    const gb_real *q = gb_net_forward(&s->critic_net, critic->target, x, s->c.batch, &critic->tape);
    memcpy(critic->q_next, q, values(s) * sizeof *q);
}

/* One critic's step against y, with its target, then its values for the actor and, if the actions
 * are continuous, what is needed to go back through it. */
static void learn_critic(struct sac *s, struct sac_critic *critic) {
    int b = s->c.batch;
    size_t out = (size_t)s->critic_net.out;
    const gb_real *x = s->discrete ? s->x : s->xa;
    const gb_real *q = gb_net_forward(&s->critic_net, critic->params, x, b, &critic->tape);
    if (s->discrete) memcpy(critic->q, q, values(s) * sizeof *q);
    memset(critic->d_out, 0, values(s) * sizeof *critic->d_out);
    critic->loss = 0;
    for (int i = 0; i < b; i++) {
        size_t at = s->discrete ? (size_t)i * out + (size_t)s->taken[i] : (size_t)i;
        gb_real error = q[at] - s->y[i];
        critic->loss += (double)(error * error) / (2 * b);
        critic->d_out[at] = error / (gb_real)b;
    }
    gb_net_backward(&s->critic_net, critic->params, &critic->tape, b, critic->d_out, critic->grad,
                    NULL, 0, 0);
    if (s->c.clip > 0) gb_clip_norm(critic->grad, s->critic_net.n_params, s->c.clip);
    gb_adam_step_tracked(&critic->adam, critic->params, critic->grad, critic->target, s->c.tau);
    if (!s->discrete) {
        q = gb_net_forward(&s->critic_net, critic->params, s->xa_pi, b, &critic->tape);
        memcpy(critic->q, q, (size_t)b * sizeof *q);
    }
}

/* Policy outputs, actions and log-probabilities: part 0 of s, part 1 of s'. */
static void policy_part(void *context, int part, int parts) {
    struct sac *s = context;
    int b = s->c.batch, d = s->dims, first = part * b;
    size_t row = (size_t)first, at = row * (size_t)d;
    const gb_real *head =
        gb_net_forward_rows(&s->actor_net, s->actor, s->x, first, b, &s->actor_tape);
    (void)parts;
    if (part == 0) s->head = head;
    if (s->discrete) {
        gb_categorical_forward(b, d, head, s->log_prob + at, s->action + at);
        return;
    }
    gb_squashed_forward(b, d, head, s->eps + at, s->action + at, s->log_prob + row);
    join(s, s->x + row * (size_t)s->features, s->action + at, part ? s->xa_next : s->xa_pi);
}

static void target_part(void *context, int part, int parts) {
    struct sac *s = context;
    (void)parts;
    target_values(s, &s->critic[part]);
}

static void critic_part(void *context, int part, int parts) {
    struct sac *s = context;
    (void)parts;
    learn_critic(s, &s->critic[part]);
}

/* --- the actor --------------------------------------------------------------------------------*/

/* The actor's loss and the mean entropy; of the discrete form also the loss's gradient by the
 * probabilities. */
static void actor_loss(struct sac *s, gb_real alpha) {
    size_t b = (size_t)s->c.batch, n = s->discrete ? b * (size_t)s->dims : b;
    const gb_real *q0 = s->critic[0].q, *q1 = s->critic[1].q;
    s->actor_loss = s->entropy = 0;
    for (size_t i = 0; i < n; i++) {
        gb_real weight = s->discrete ? s->action[i] : 1;
        gb_real x = alpha * s->log_prob[i] - smaller(q0[i], q1[i]);
        if (s->discrete) s->d_prob[i] = x / (gb_real)b;
        s->entropy -= (double)(weight * s->log_prob[i]) / (double)b;
        s->actor_loss += (double)(weight * x) / (double)b;
    }
}

/* Gradient of -mean min_i Q_i by the actions of rows first..first+n-1, through the critic that is
 * the smaller for each row; to that of critic 0. */
static void action_gradient(struct sac *s, int first, int n) {
    struct sac_critic *c = s->critic;
    for (int i = first; i < first + n; i++) {
        gb_real share = -1 / (gb_real)s->c.batch;
        c[0].d_out[i] = c[0].q[i] <= c[1].q[i] ? share : 0;
        c[1].d_out[i] = c[1].q[i] < c[0].q[i] ? share : 0;
    }
    for (int k = 0; k < 2; k++)
        gb_net_backward_rows(&s->critic_net, c[k].params, &c[k].tape, first, n, c[k].d_out, NULL,
                             c[k].d_action, s->features, s->dims);
    size_t d = (size_t)s->dims;
    for (size_t i = (size_t)first * d; i < (size_t)(first + n) * d; i++)
        c[0].d_action[i] += c[1].d_action[i];
}

/* One half of the batch: gradient of the policy's outputs, then of its parameters. */
static void actor_part(void *context, int part, int parts) {
    struct sac *s = context;
    int b = s->c.batch, d = s->dims, first = b * part / parts, n = b * (part + 1) / parts - first;
    size_t row = (size_t)first, at = row * (size_t)d;
    if (s->discrete) {
        gb_categorical_backward(n, d, s->action + at, s->d_prob + at, s->head_grad + at);
    } else {
        action_gradient(s, first, n);
        gb_squashed_backward(n, d, s->head + 2 * at, s->eps + at, s->action + at,
                             s->critic[0].d_action + at, s->alpha / (gb_real)b,
                             s->head_grad + 2 * at);
    }
    gb_net_backward_rows(&s->actor_net, s->actor, &s->actor_tape, first, n, s->head_grad,
                         s->actor_grad[part], NULL, 0, 0);
}

static void actor_step_part(void *context, int part, int parts) {
    struct sac *s = context;
    size_t n = s->actor_net.n_params, half = n / 32 * 16; /* on whole cache lines */
    (void)parts;
    gb_adam_range(&s->actor_adam, s->actor, s->actor_grad[0], 1, part ? half : 0, part ? n : half);
}

/* --- all of it --------------------------------------------------------------------------------*/

/* d L_alpha / d log alpha = H(pi) - H*. */
static void learn_alpha(struct sac *s) {
    s->log_alpha_grad = (gb_real)(s->entropy - s->target_entropy);
    if (s->c.tune_alpha) gb_adam_step(&s->alpha_adam, &s->log_alpha, &s->log_alpha_grad);
}

/* Both parts of a task, side by side if there are threads. */
static void both(struct sac *s, gb_pool_task *task) {
    if (s->threads > 1) {
        gb_pool_run(2, task, s);
        return;
    }
    task(s, 0, 2);
    task(s, 1, 2);
}

static void learn_actor(struct sac *s) {
    size_t n = s->actor_net.n_params;
    both(s, actor_part);
    for (size_t i = 0; i < n; i++) s->actor_grad[0][i] += s->actor_grad[1][i];
    if (s->c.clip > 0) gb_clip_norm(s->actor_grad[0], n, s->c.clip);
    gb_adam_begin(&s->actor_adam);
    both(s, actor_step_part);
}

void gb_sac_learn(struct sac *s) {
    s->alpha = (gb_real)exp((double)s->log_alpha);
    draw_batch(s);
    if (!s->discrete) gb_rng_fill_normal(&s->rng, s->eps, 2 * (size_t)s->c.batch * (size_t)s->dims);
    both(s, policy_part);
    both(s, target_part);
    targets(s, s->alpha);
    both(s, critic_part);
    actor_loss(s, s->alpha);
    s->q_mean = -s->actor_loss - (double)s->alpha * s->entropy; /* by the definition of the loss */
    learn_actor(s);
    learn_alpha(s);
    s->updates++;
}

/* Nominal operations of one update, multiply and add counted apart: forward passes of the actor
 * over s and s', of targets and critics over (s', a'), (s, a) and (s, a~); backward passes by
 * weights where something learns and by inputs where something is behind. */
double gb_sac_flops(const struct sac *s) {
    const gb_net *actor = &s->actor_net, *critic = &s->critic_net;
    double a = gb_net_flops(actor), c = gb_net_flops(critic);
    double row = 2 * a + gb_net_backward_flops(actor);
    row += 2 * (2 * c + gb_net_backward_flops(critic)); /* of targets and critics */
    if (!s->discrete) row += 2 * (c + c); /* critics of the policy's actions, there and back */
    return row * s->c.batch;
}
