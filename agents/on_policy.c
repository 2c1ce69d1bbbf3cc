/* on_policy.c - on-policy agents as the host sees them; see on_policy.h. */
#include "on_policy.h"

#include "pool.h"
#include "space.h"

#include <math.h>
#include <string.h>

static const char *const common_figures[ON_POLICY_OWN] = {"policy_loss", "value_loss",
                                                          "entropy",     "explained_variance",
                                                          "grad_norm",   "std"};

const char *gb_on_policy_reject(const gb_spec *spec) {
    (void)spec;
    return NULL;
}

/* --- making ---------------------------------------------------------------------------------- */

static int larger(int a, int b) {
    return a > b ? a : b;
}

static int init_networks(struct on_policy *o, gb_rng *rng, gb_err *err) {
    const struct on_policy_config *c = &o->c;
    const int activation = c->activation[0] == 'r'   ? GB_RELU
                           : c->activation[0] == 't' ? GB_TANH
                                                     : GB_SILU;
    gb_net_mlp(&o->actor_net, o->features, c->hidden, o->head.out, activation, false);
    gb_net_mlp(&o->critic_net, o->features, c->hidden, 1, activation, false);
    const size_t n_actor = o->actor_net.n_params;
    o->n_policy = n_actor + (size_t)o->head.free;
    o->n_params = o->n_policy + o->critic_net.n_params;
    o->params = gb_alloc(2 * o->n_params, sizeof *o->params, err);
    if (!o->params) return GB_FAIL;
    o->grad = o->params + o->n_params;
    o->actor = o->params, o->free = o->actor + n_actor, o->critic = o->actor + o->n_policy;
    o->actor_grad = o->grad, o->free_grad = o->grad + n_actor;
    o->critic_grad = o->grad + o->n_policy;

    if (c->ortho_init) {
        gb_net_reset_orthogonal(&o->actor_net, o->actor, sqrt(2), 0.01, rng);
        gb_net_reset_orthogonal(&o->critic_net, o->critic, sqrt(2), 1, rng);
    } else {
        gb_net_reset(&o->actor_net, o->actor, rng);
        gb_net_reset(&o->critic_net, o->critic, rng);
    }
    gb_real *bias = o->actor + n_actor - o->head.out;
    gb_head_reset(&o->head, c->log_std_init, bias, o->free);
    o->tape_rows = larger(larger(o->plan.batch, o->envs), 256);
    if (gb_tape_init(&o->actor_tape, &o->actor_net, o->tape_rows, err) ||
        gb_tape_init(&o->critic_tape, &o->critic_net, o->tape_rows, err) ||
        gb_adam_init(&o->adam, o->plan.critic_alone ? o->critic_net.n_params : o->n_params, 0, 0,
                     err) ||
        gb_adam_init(&o->ent_adam, 1, 0, 0, err))
        return GB_FAIL;
    o->adam.epsilon = 1e-5;
    o->actor_tape.threads = o->critic_tape.threads = o->threads;
    return GB_OK;
}

/* Takes `count` numbers off *cut. */
static gb_real *take(gb_real **cut, size_t count) {
    gb_real *here = *cut;
    *cut += (count + 15) / 16 * 16;
    return here;
}

static int init_work(struct on_policy *o, gb_err *err) {
    struct on_policy_batch *b = &o->batch;
    const size_t n = (size_t)o->plan.batch, f = (size_t)o->features, raw = (size_t)o->head.raw;
    const size_t out = (size_t)o->head.out, act = (size_t)o->tape_rows, envs = (size_t)o->envs;
    const size_t rows = (size_t)o->plan.steps * envs, old = o->plan.keep_old ? rows * out : 0;
    const size_t total = n * (f + raw + 9 + 2 * out) + act * (f + raw) + envs * (2 * f + raw + 1) +
                         old + 2 * (size_t)o->head.free + 20 * 16;
    gb_real *cut = o->work = gb_alloc(total, sizeof *cut, err);
    o->order = gb_alloc(rows, sizeof *o->order, err);
    o->cut = gb_alloc(envs, sizeof *o->cut, err);
    if (!o->work || !o->order || !o->cut) return GB_FAIL;
    b->x = take(&cut, n * f);
    b->action = take(&cut, n * raw);
    gb_real **const columns[] = {&b->old_log_prob, &b->advantage, &b->ret,
                                 &b->old_value,    &b->log_prob,  &b->entropy,
                                 &b->d_log_prob,   &b->d_value,   &b->kl};
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) *columns[k] = take(&cut, n);
    b->d.out = take(&cut, n * out);
    b->d.free = o->free_grad;
    b->old.out = take(&cut, n * out);
    o->old_free = b->old.free = take(&cut, (size_t)o->head.free);
    o->old_out = take(&cut, old);
    o->act_x = take(&cut, act * f);
    o->act_raw = take(&cut, act * raw);
    o->drawn_x = take(&cut, envs * f);
    o->drawn = take(&cut, envs * raw);
    o->drawn_log_prob = take(&cut, envs);
    o->next_x = take(&cut, envs * f);
    GB_ASSERT(cut <= o->work + total);
    return GB_OK;
}

int gb_on_policy_init(struct on_policy *o, const struct on_policy_config *config,
                      const struct on_policy_plan *plan, const gb_setting *setting, gb_err *err) {
    const struct on_policy_config *c = &o->c;
    const gb_space *act = &setting->spec.act;
    gb_rng rng = gb_rng_stream(setting->seed, GB_STREAM_INIT);
    o->c = *config, o->plan = *plan;
    for (int k = 0; k < ON_POLICY_FIGURES; k++) o->shown[k] = NAN;
    o->obs = setting->spec.obs;
    o->features = gb_space_features(&o->obs);
    o->envs = setting->envs, o->threads = setting->threads, o->total_steps = setting->total_steps;
    o->rng = gb_rng_stream(setting->seed, GB_STREAM_AGENT);
    if (!setting->total_steps) o->plan.steps = o->plan.batch = 1; /* evaluation: no memory */
    if (o->plan.batch / o->envs >= o->plan.steps) o->plan.batch = o->plan.steps * o->envs;
    int code = gb_schedule_parse(&o->lr, c->lr, 0, 1, "--lr", err);
    if (!code) code = gb_head_init(&o->head, c->policy, act, err);
    if (code) return code;
    if (c->tune_ent_coef && c->ent_coef <= 0)
        return gb_fail(err, GB_USAGE,
                       "--tune_ent_coef: an --ent_coef of 0 cannot be moved; begin "
                       "with one above 0");
    o->target_entropy =
        c->entropy_scale * (act->kind == GB_DISCRETE ? 0.98 * log(act->n) : -act->n);
    if (c->ent_coef > 0) o->log_ent_coef = (gb_real)log(c->ent_coef);
    if (gb_rollout_init(&o->rollout, o->plan.steps, o->envs, o->features, o->head.raw,
                        o->plan.room ? o->plan.room : "--n_steps", err) ||
        init_networks(o, &rng, err) || init_work(o, err) ||
        gb_moments_init(&o->moments, o->features, err) ||
        gb_return_scale_init(&o->scale, o->envs, c->gamma, err))
        return GB_FAIL;
    return GB_OK;
}

void gb_on_policy_free(void *state) {
    struct on_policy *o = state;
    gb_adam_free(&o->adam);
    gb_adam_free(&o->ent_adam);
    gb_tape_free(&o->actor_tape);
    gb_tape_free(&o->critic_tape);
    gb_rollout_free(&o->rollout);
    gb_moments_free(&o->moments);
    gb_return_scale_free(&o->scale);
    gb_dealloc(o->params);
    gb_dealloc(o->work);
    gb_dealloc(o->order);
    gb_dealloc(o->cut);
    o->params = o->work = NULL, o->order = o->cut = NULL;
}

/* --- acting ----------------------------------------------------------------------------------- */

static bool normalizes(const struct on_policy *o) {
    return o->c.norm_obs && o->obs.kind == GB_BOX;
}

/* Features of n observations as the networks see them. */
static void see(const struct on_policy *o, int n, const float *obs, gb_real *x) {
    gb_space_encode(&o->obs, n, obs, x);
    if (normalizes(o)) gb_moments_normalize(&o->moments, n, x);
}

struct looking {
    struct on_policy *o;
    int n;
    const gb_real *x;
};

static void policy_part(void *context, int part, int parts) {
    const struct looking *l = context;
    struct on_policy *o = l->o;
    const int first = (int)((int64_t)l->n * part / parts);
    const int n = (int)((int64_t)l->n * (part + 1) / parts) - first;
    const gb_dists p = {
        n, gb_net_forward_rows(&o->actor_net, o->actor, l->x, first, n, &o->actor_tape), o->free};
    o->head.type->prepare(&o->head, p);
}

gb_dists gb_on_policy_policy(struct on_policy *o, int n, const gb_real *x) {
    enum { LEAST = 64 }; /* rows a thread */
    const gb_layer *last = &o->actor_net.layer[o->actor_net.n_layers - 1];
    const int most = n / LEAST > 1 ? n / LEAST : 1;
    gb_pool_run(o->threads < most ? o->threads : most, policy_part, &(struct looking){o, n, x});
    return (gb_dists){n, gb_tape_column(&o->actor_tape, last->output), o->free};
}

/* Draws actions, and keeps what the rollout will need of them. */
static void draw(struct on_policy *o, int n, const float *obs, float *action) {
    GB_ASSERT(n == o->envs);
    if (normalizes(o)) {
        gb_space_encode(&o->obs, n, obs, o->drawn_x);
        gb_moments_add(&o->moments, n, o->drawn_x);
    }
    see(o, n, obs, o->drawn_x);
    gb_dists p = gb_on_policy_policy(o, n, o->drawn_x);
    o->head.type->sample(&o->head, p, &o->rng, o->drawn, o->drawn_log_prob);
    o->head.type->action(&o->head, n, o->drawn, action);
    o->pending = true;
}

void gb_on_policy_act(void *state, int n, const float *obs, float *action, bool explore) {
    struct on_policy *o = state;
    if (explore) {
        draw(o, n, obs, action);
        return;
    }
    const size_t obs_size = (size_t)gb_space_size(&o->obs);
    const size_t act_size = (size_t)gb_space_size(&o->head.act), most = (size_t)o->tape_rows;
    for (size_t i = 0; i < (size_t)n; i += most) {
        const int rows = (int)((size_t)n - i < most ? (size_t)n - i : most);
        see(o, rows, obs + i * obs_size, o->act_x);
        o->head.type->mode(&o->head, gb_on_policy_policy(o, rows, o->act_x), o->act_raw);
        o->head.type->action(&o->head, rows, o->act_raw, action + i * act_size);
    }
}

/* --- insight ---------------------------------------------------------------------------------- */

void gb_on_policy_insight(void *state, const float *obs, gb_rng *rng, gb_insight *out) {
    struct on_policy *o = state;
    see(o, 1, obs, o->act_x);
    gb_insight_policy(out, &o->head, gb_on_policy_policy(o, 1, o->act_x), rng);
    out->temperature = gb_on_policy_ent_coef(o);
    if (!o->plan.no_critic)
        out->value =
            (double)*gb_net_forward(&o->critic_net, o->critic, o->act_x, 1, &o->critic_tape);
}

/* --- recording -------------------------------------------------------------------------------- */

/* Actions that others chose: as if the policy had. */
static void adopt(struct on_policy *o, const gb_batch *batch) {
    see(o, batch->n, batch->obs, o->drawn_x);
    o->head.type->raw_of(&o->head, batch->n, batch->action, o->drawn);
    o->head.type->forward(&o->head, gb_on_policy_policy(o, batch->n, o->drawn_x), o->drawn,
                          o->drawn_log_prob, NULL);
}

/* Puts the step of instance i behind its lane. */
static void put(struct on_policy *o, size_t i, gb_real reward, int after) {
    gb_rollout *r = &o->rollout;
    const size_t f = (size_t)r->features, raw = (size_t)r->raw;
    const size_t row = (size_t)r->length[i]++ * (size_t)r->envs + i;
    for (size_t k = 0; k < f; k++) r->x[row * f + k] = o->drawn_x[i * f + k];
    for (size_t k = 0; k < raw; k++) r->action[row * raw + k] = o->drawn[i * raw + k];
    r->log_prob[row] = o->drawn_log_prob[i];
    r->reward[row] = reward;
    r->next_value[row] = 0;
    r->after[row] = (uint8_t)after;
}

/* Values of the successors of the instances in cut, with which a lane or an episode was cut. */
static void value_cuts(struct on_policy *o, const gb_batch *batch, int n) {
    gb_rollout *r = &o->rollout;
    const size_t f = (size_t)o->features, size = (size_t)gb_space_size(&o->obs);
    if (!n || o->plan.no_critic) return;
    for (int k = 0; k < n; k++)
        see(o, 1, batch->next_obs + (size_t)o->cut[k] * size, o->next_x + (size_t)k * f);
    const gb_real *value = gb_net_forward(&o->critic_net, o->critic, o->next_x, n, &o->critic_tape);
    for (int k = 0; k < n; k++) {
        const size_t i = (size_t)o->cut[k];
        r->next_value[(size_t)(r->length[i] - 1) * (size_t)r->envs + i] = value[k];
    }
}

bool gb_on_policy_record(struct on_policy *o, const gb_batch *batch, const uint8_t *skip) {
    gb_rollout *r = &o->rollout;
    const gb_real *scaled = o->scale.row;
    int cuts = 0;
    GB_ASSERT(batch->n == o->envs);
    if (!o->pending) adopt(o, batch);
    o->pending = false;
    if (o->c.norm_reward)
        gb_return_scale_step(&o->scale, batch->reward, batch->terminal, batch->truncated,
                             o->scale.row);
    for (int i = 0; i < batch->n; i++) {
        if (skip && skip[i]) continue;
        const gb_real reward = o->c.norm_reward ? scaled[i] : (gb_real)batch->reward[i];
        const int after = batch->terminal[i] ? GB_ENDED : batch->truncated[i] ? GB_CUT : GB_GOES_ON;
        put(o, (size_t)i, reward, after);
        if (after == GB_CUT || (after == GB_GOES_ON && r->length[i] == r->steps))
            o->cut[cuts++] = i;
    }
    value_cuts(o, batch, cuts);
    o->steps += batch->n;
    return r->length[0] == r->steps;
}

/* --- reporting, saving ------------------------------------------------------------------------ */

void gb_on_policy_note(struct on_policy *o, int figure, double value) {
    o->sum[figure] += value;
    o->count[figure]++;
    o->last[figure] = value;
}

int gb_on_policy_metrics(void *state, gb_metric out[GB_MAX_METRICS]) {
    struct on_policy *o = state;
    int n = 0, figures = ON_POLICY_OWN;
    while (o->plan.figures && o->plan.figures[figures - ON_POLICY_OWN]) figures++;
    for (int k = 0; k < figures; k++) {
        const char *name =
            k < ON_POLICY_OWN ? common_figures[k] : o->plan.figures[k - ON_POLICY_OWN];
        if (k == ON_POLICY_STD && !o->head.type->spread) continue;
        if (o->count[k]) o->shown[k] = o->sum[k] / (double)o->count[k];
        o->sum[k] = 0, o->count[k] = 0;
        out[n++] = (gb_metric){name, o->shown[k]};
    }
    if (o->c.tune_ent_coef) out[n++] = (gb_metric){"ent_coef", exp((double)o->log_ent_coef)};
    out[n++] = (gb_metric){"lr", gb_schedule_at(&o->lr, o->steps, o->total_steps)};
    out[n++] = (gb_metric){"updates", (double)o->updates};
    return n;
}

static void archive_network(const gb_net *net, gb_real *params, const char *name,
                            gb_archive *archive) {
    gb_archive_enter(archive, name);
    gb_net_archive(net, params, archive);
    gb_archive_leave(archive);
}

void gb_on_policy_archive(void *state, gb_archive *archive, bool policy_only) {
    struct on_policy *o = state;
    archive_network(&o->actor_net, o->actor, "actor", archive);
    gb_archive_real(archive, "log_std", o->free, (size_t)o->head.free, 0);
    gb_archive_enter(archive, "obs");
    gb_moments_archive(&o->moments, archive);
    gb_archive_leave(archive);
    if (policy_only) return;
    archive_network(&o->critic_net, o->critic, "critic", archive);
    gb_archive_enter(archive, "adam");
    gb_adam_archive(&o->adam, archive);
    gb_archive_leave(archive);
    gb_archive_real(archive, "log_ent_coef", &o->log_ent_coef, 1, 0);
    gb_archive_enter(archive, "ent_coef.adam");
    gb_adam_archive(&o->ent_adam, archive);
    gb_archive_leave(archive);
    gb_archive_enter(archive, "return");
    gb_return_scale_archive(&o->scale, archive);
    gb_archive_leave(archive);
    gb_archive_enter(archive, "rollout");
    gb_rollout_archive(&o->rollout, archive);
    gb_archive_leave(archive);
    gb_archive_rng(archive, "rng", &o->rng);
    gb_archive_i64(archive, "steps", &o->steps, 1);
    gb_archive_i64(archive, "updates", &o->updates, 1);
    gb_archive_f64(archive, "sums", o->sum, ON_POLICY_FIGURES);
    gb_archive_i64(archive, "counts", o->count, ON_POLICY_FIGURES);
    gb_archive_f64(archive, "shown", o->shown, ON_POLICY_FIGURES);
}

void gb_on_policy_archive_insight(void *state, gb_archive *archive) {
    struct on_policy *o = state;
    archive_network(&o->critic_net, o->critic, "critic", archive);
    gb_archive_real(archive, "log_ent_coef", &o->log_ent_coef, 1, 0);
}
