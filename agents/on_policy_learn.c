/* on_policy_learn.c - how on-policy agents learn from a rollout; see on_policy.h. */
#include "on_policy.h"

#include "pool.h"

#include <math.h>
#include <string.h>

/* --- an update begins and ends ---------------------------------------------------------------- */

/* Part of the returns' variance that the critic tells beforehand: 1 is all, 0 none. */
static double explained_variance(const struct on_policy *o) {
    const gb_rollout *r = &o->rollout;
    double mean_error = 0, mean_ret = 0, error = 0, ret = 0;
    for (int k = 0; k < o->rows; k++) {
        mean_error += (double)r->advantage[o->order[k]] / o->rows;
        mean_ret += (double)r->ret[o->order[k]] / o->rows;
    }
    for (int k = 0; k < o->rows; k++) {
        error += pow((double)r->advantage[o->order[k]] - mean_error, 2);
        ret += pow((double)r->ret[o->order[k]] - mean_ret, 2);
    }
    return ret > 0 ? 1 - error / ret : NAN;
}

/* Runs all rows of the rollout through the critic, and through the actor if the loss will ask for
 * the policy that acted. */
static void look_back(struct on_policy *o, int rows) {
    gb_rollout *r = &o->rollout;
    const size_t f = (size_t)o->features, out = (size_t)o->head.out;
    for (int i = 0; i < rows; i += o->tape_rows) {
        const int n = rows - i < o->tape_rows ? rows - i : o->tape_rows;
        const gb_real *x = r->x + (size_t)i * f;
        if (o->plan.no_critic)
            memset(r->value + i, 0, (size_t)n * sizeof *r->value);
        else
            memcpy(r->value + i, gb_net_forward(&o->critic_net, o->critic, x, n, &o->critic_tape),
                   (size_t)n * sizeof *r->value);
        if (!o->plan.keep_old) continue;
        gb_dists p = gb_on_policy_policy(o, n, x);
        memcpy(o->old_out + (size_t)i * out, p.out, (size_t)n * out * sizeof *p.out);
    }
    if (o->head.free) memcpy(o->old_free, o->free, (size_t)o->head.free * sizeof *o->free);
}

void gb_on_policy_begin(struct on_policy *o) {
    gb_rollout *r = &o->rollout;
    int longest = 0;
    o->rows = 0;
    for (int i = 0; i < r->envs; i++)
        if (r->length[i] > longest) longest = r->length[i];
    for (int t = 0; t < longest; t++)
        for (int i = 0; i < r->envs; i++)
            if (t < r->length[i]) o->order[o->rows++] = t * r->envs + i;
    look_back(o, longest * r->envs);
    if (o->plan.reward) o->plan.reward(o, longest * r->envs);
    gb_rollout_advantages(r, o->c.gamma, o->c.gae_lambda);
    const double explained = o->plan.no_critic ? NAN : explained_variance(o);
    if (isfinite(explained)) gb_on_policy_note(o, ON_POLICY_EXPLAINED_VARIANCE, explained);
    o->adam.lr = o->ent_adam.lr = gb_schedule_at(&o->lr, o->steps, o->total_steps);
}

int gb_on_policy_end(struct on_policy *o, gb_err *err) {
    static const int watched[] = {ON_POLICY_LOSS, ON_POLICY_VALUE_LOSS, ON_POLICY_GRAD_NORM};
    static const char *const names[] = {"policy_loss", "value_loss", "grad_norm"};
    if (o->batch.p.n && o->head.type->spread)
        gb_on_policy_note(o, ON_POLICY_STD, gb_head_spread(&o->head, o->batch.p));
    gb_rollout_clear(&o->rollout);
    for (int k = 0; k < 3; k++)
        if (!isfinite(o->last[watched[k]]))
            return gb_fail(err, GB_FAIL, "%s: %s is not finite after %lld updates; lower --lr",
                           o->plan.name, names[k], (long long)o->updates);
    return GB_OK;
}

/* --- one batch -------------------------------------------------------------------------------- */

static void normalize(gb_real *x, int n) {
    double mean = 0, squares = 0;
    for (int i = 0; i < n; i++) mean += (double)x[i];
    mean /= n;
    for (int i = 0; i < n; i++) squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    const gb_real shift = (gb_real)mean, scale = (gb_real)(1 / (sqrt(squares / (n - 1)) + 1e-8));
    for (int i = 0; i < n; i++) x[i] = (x[i] - shift) * scale;
}

struct gathering {
    struct on_policy *o;
    const int *rows;
};

/* Rows of the batch that one thread gathers. */
static void gather_part(void *context, int part, int parts) {
    const struct gathering *g = context;
    struct on_policy *o = g->o;
    const gb_rollout *r = &o->rollout;
    struct on_policy_batch *b = &o->batch;
    const size_t f = (size_t)o->features, raw = (size_t)o->head.raw, out = (size_t)o->head.out;
    const size_t from = (size_t)b->n * (size_t)part / (size_t)parts;
    const size_t to = (size_t)b->n * (size_t)(part + 1) / (size_t)parts;
    for (size_t i = from; i < to; i++) {
        const size_t row = (size_t)g->rows[i];
        const gb_real *x = r->x + row * f;
        for (size_t k = 0; k < f; k++) b->x[i * f + k] = x[k];
        for (size_t k = 0; k < raw; k++) b->action[i * raw + k] = r->action[row * raw + k];
        b->old_log_prob[i] = r->log_prob[row];
        b->advantage[i] = r->advantage[row];
        b->ret[i] = r->ret[row];
        b->old_value[i] = r->value[row];
    }
    for (size_t i = from; o->plan.keep_old && i < to; i++)
        memcpy(b->old.out + i * out, o->old_out + (size_t)g->rows[i] * out,
               out * sizeof *b->old.out);
}

void gb_on_policy_gather(struct on_policy *o, const int *rows, int n) {
    enum { LEAST = 256 }; /* rows a thread */
    struct on_policy_batch *b = &o->batch;
    const int most = n / LEAST > 1 ? n / LEAST : 1;
    GB_ASSERT(n <= o->plan.batch);
    b->n = b->old.n = n;
    gb_pool_run(o->threads < most ? o->threads : most, gather_part, &(struct gathering){o, rows});
    if (o->c.normalize_advantage && n > 1) normalize(b->advantage, n);
}

double gb_on_policy_ent_coef(const struct on_policy *o) {
    return o->c.tune_ent_coef ? exp((double)o->log_ent_coef) : o->c.ent_coef;
}

void gb_on_policy_forward(struct on_policy *o) {
    struct on_policy_batch *b = &o->batch;
    const size_t cells = (size_t)b->n * (size_t)o->head.out;
    b->p = (gb_dists){b->n, gb_net_forward(&o->actor_net, o->actor, b->x, b->n, &o->actor_tape),
                      o->free};
    o->head.type->prepare(&o->head, b->p);
    o->head.type->forward(&o->head, b->p, b->action, b->log_prob, b->entropy);
    b->mean_entropy = 0;
    for (int i = 0; i < b->n; i++) b->mean_entropy += (double)b->entropy[i] / b->n;
    b->d.n = b->n;
    memset(b->d.out, 0, cells * sizeof *b->d.out);
    for (int k = 0; k < o->head.free; k++) b->d.free[k] = 0;
    b->d_entropy = (gb_real)(-gb_on_policy_ent_coef(o) / b->n);
    b->stop = false;
}

void gb_on_policy_backward(struct on_policy *o) {
    struct on_policy_batch *b = &o->batch;
    o->head.type->backward(&o->head, b->p, b->action, b->d_log_prob, b->d_entropy, b->d);
    gb_net_backward(&o->actor_net, o->actor, &o->actor_tape, b->n, b->d.out, o->actor_grad, NULL, 0,
                    0);
}

/* L = mean (V - ret)^2, or with clip_vf the larger of this and the same of V clipped. */
void gb_on_policy_critic(struct on_policy *o, double weight, double clip_vf) {
    struct on_policy_batch *b = &o->batch;
    const gb_real scale = (gb_real)(2 * weight / b->n), c = (gb_real)clip_vf;
    const gb_real *value = gb_net_forward(&o->critic_net, o->critic, b->x, b->n, &o->critic_tape);
    double loss = 0;
    for (int i = 0; i < b->n; i++) {
        const gb_real error = value[i] - b->ret[i], moved = value[i] - b->old_value[i];
        gb_real part = error * error;
        b->d_value[i] = scale * error;
        if (c > 0 && (moved > c || moved < -c)) {
            const gb_real kept = b->old_value[i] + (moved > 0 ? c : -c) - b->ret[i];
            if (kept * kept > part) part = kept * kept, b->d_value[i] = 0;
        }
        loss += (double)part;
    }
    b->value_loss = loss / b->n;
    gb_net_backward(&o->critic_net, o->critic, &o->critic_tape, b->n, b->d_value, o->critic_grad,
                    NULL, 0, 0);
}

/* d/d log c of c (H - H*): the coefficient falls while the entropy is above its target. */
void gb_on_policy_tune_entropy(struct on_policy *o) {
    if (!o->c.tune_ent_coef) return;
    o->ent_grad = (gb_real)(o->batch.mean_entropy - o->target_entropy);
    gb_adam_step(&o->ent_adam, &o->log_ent_coef, &o->ent_grad);
}

void gb_on_policy_score(struct on_policy_batch *b) {
    const gb_real scale = -1 / (gb_real)b->n;
    double loss = 0;
    for (int i = 0; i < b->n; i++) {
        loss -= (double)(b->log_prob[i] * b->advantage[i]);
        b->d_log_prob[i] = scale * b->advantage[i];
    }
    b->policy_loss = loss / b->n;
}

/* What the two networks do side by side. */
struct pass {
    struct on_policy *o;
    on_policy_loss *loss;
    void *agent;
    double clip_vf;
};

/* Part 0: the policy forward, its loss, and back; part 1: the critic. */
static void pass_part(void *context, int part, int parts) {
    struct pass *p = context;
    struct on_policy *o = p->o;
    (void)parts;
    if (part) {
        if (!o->plan.no_critic) gb_on_policy_critic(o, o->c.vf_coef, p->clip_vf);
        return;
    }
    gb_on_policy_forward(o);
    p->loss(o, &o->batch, p->agent);
    if (!o->batch.stop) gb_on_policy_backward(o);
}

bool gb_on_policy_step(struct on_policy *o, const int *rows, int n, on_policy_loss *loss,
                       void *agent, double clip_vf) {
    struct on_policy_batch *b = &o->batch;
    gb_on_policy_gather(o, rows, n);
    if (o->plan.no_critic) memset(o->critic_grad, 0, o->critic_net.n_params * sizeof(gb_real));
    struct pass pass = {o, loss, agent, clip_vf};
    if (o->threads > 1) {
        gb_pool_run(2, pass_part, &pass);
    } else {
        pass_part(&pass, 0, 2);
        pass_part(&pass, 1, 2);
    }
    if (b->stop) return false;
    gb_on_policy_note(o, ON_POLICY_GRAD_NORM,
                      gb_clip_norm(o->grad, o->n_params, o->c.max_grad_norm));
    gb_on_policy_note(o, ON_POLICY_LOSS, b->policy_loss);
    if (!o->plan.no_critic) gb_on_policy_note(o, ON_POLICY_VALUE_LOSS, b->value_loss);
    gb_on_policy_note(o, ON_POLICY_ENTROPY, b->mean_entropy);
    gb_adam_step(&o->adam, o->params, o->grad);
    gb_on_policy_tune_entropy(o);
    o->updates++;
    return true;
}

/* Fisher and Yates. */
static void shuffle(struct on_policy *o) {
    for (int k = o->rows - 1; k > 0; k--) {
        const int other = (int)gb_rng_below(&o->rng, (uint32_t)k + 1), kept = o->order[k];
        o->order[k] = o->order[other], o->order[other] = kept;
    }
}

bool gb_on_policy_epoch(struct on_policy *o, on_policy_loss *loss, void *agent, double clip_vf) {
    shuffle(o);
    for (int first = 0; first < o->rows; first += o->plan.batch) {
        const int left = o->rows - first, n = left < o->plan.batch ? left : o->plan.batch;
        if (!gb_on_policy_step(o, o->order + first, n, loss, agent, clip_vf)) return false;
    }
    return true;
}

void gb_on_policy_fit_critic(struct on_policy *o, int batch, int passes) {
    for (int k = 0; k < passes; k++) {
        shuffle(o);
        for (int first = 0; first < o->rows; first += batch) {
            gb_on_policy_gather(o, o->order + first,
                                o->rows - first < batch ? o->rows - first : batch);
            gb_on_policy_critic(o, 1, 0);
            gb_on_policy_note(o, ON_POLICY_VALUE_LOSS, o->batch.value_loss);
            gb_adam_step(&o->adam, o->critic, o->critic_grad);
        }
    }
}

double gb_on_policy_update(struct on_policy *o, on_policy_loss *loss, void *agent, double clip_vf) {
    if (!o->rows && !o->rollout.length[0]) return 0;
    if (!o->rows) gb_on_policy_begin(o);
    const int n = o->rows < o->plan.batch ? o->rows : o->plan.batch;
    const int first = (int)(o->updates % (o->rows / n)) * n;
    gb_on_policy_step(o, o->order + first, n, loss, agent, clip_vf);
    return gb_on_policy_flops(o, n);
}

/* Forward passes of both networks, backward ones by weights and, but for the first layer, inputs.
 */
double gb_on_policy_flops(const struct on_policy *o, int n) {
    double sum = 0;
    const gb_net *const nets[] = {&o->actor_net, &o->critic_net};
    for (int k = 0; k < 2; k++)
        sum += 3 * gb_net_flops(nets[k]) - 2.0 * nets[k]->in * nets[k]->layer[0].out;
    return sum * n;
}
