#include "deep_q.h"

#include "dist.h"
#include "opt.h"
#include "rng.h"
#include "space.h"

#include <math.h>
#include <string.h>

const char *gb_deep_q_reject(const gb_spec *spec) {
    return spec->act.kind == GB_DISCRETE ? NULL : "needs discrete actions";
}

/* --- making -----------------------------------------------------------------------------------*/

/* Takes `count` numbers off *cut. */
static gb_real *take(gb_real **cut, size_t count) {
    gb_real *here = *cut;
    *cut += (count + 15) / 16 * 16;
    return here;
}

static int init_work(struct deep_q *s, gb_err *err) {
    const size_t b = (size_t)s->c.batch, f = (size_t)s->features, a = (size_t)s->actions;
    const size_t out = (size_t)s->net.out, rows = (size_t)s->act_rows;
    const size_t total = b * (2 * f + 5 * a + out + 6) + rows * (f + a) + 13 * 16;
    gb_real *cut = s->work = gb_alloc(total, sizeof(gb_real), err);
    s->room = gb_alloc((size_t)s->threads * (size_t)gb_space_size(&s->obs), sizeof *s->room, err);
    s->taken = gb_alloc(b, sizeof *s->taken, err);
    s->index = gb_alloc(b, sizeof *s->index, err);
    s->held = gb_alloc(2 * (size_t)s->envs, sizeof *s->held, err);
    if (!s->work || !s->room || !s->taken || !s->index || !s->held) return GB_FAIL;
    s->held_for = s->held + s->envs;
    s->x = take(&cut, 2 * b * f);
    s->online = take(&cut, 2 * b * a);
    s->judged = take(&cut, 2 * b * a);
    s->reward = take(&cut, b);
    s->discount = take(&cut, b);
    s->y = take(&cut, b);
    s->y_previous = take(&cut, b);
    s->reached = take(&cut, b);
    s->weight = take(&cut, b);
    s->d_value = take(&cut, b * a);
    s->d_head = take(&cut, b * out);
    s->act_x = take(&cut, rows * f);
    s->act_values = take(&cut, rows * a);
    GB_ASSERT(cut <= s->work + total);
    return GB_OK;
}

/* Maps observations from their bounds to [-1, 1]. */
static int init_scale(struct deep_q *s, gb_err *err) {
    const gb_space *obs = &s->obs;
    if (!s->c.scale_obs || obs->kind != GB_BOX) return GB_OK;
    s->scale = gb_alloc(2 * (size_t)obs->n, sizeof *s->scale, err);
    if (!s->scale) return GB_FAIL;
    for (int k = 0; k < obs->n; k++) {
        const double low = obs->low ? (double)obs->low[k] : -INFINITY;
        const double high = obs->high ? (double)obs->high[k] : INFINITY, half = high / 2 - low / 2;
        const bool bounded = isfinite(half) && half > 0;
        s->scale[k] = bounded ? (gb_real)(1 / half) : 1;
        s->scale[obs->n + k] = bounded ? (gb_real)(-(low + half) / half) : 0;
    }
    return GB_OK;
}

static int init_learner(struct deep_q *s, struct deep_q_learner *learner, gb_real **cut, double lr,
                        gb_rng *rng, gb_err *err) {
    const size_t n = s->net.n_params;
    learner->params = *cut, learner->grad = *cut + n;
    *cut += 2 * n;
    gb_net_reset(&s->net, learner->params, rng);
    if (gb_tape_init(&learner->tape, &s->net, (s->c.double_q ? 2 : 1) * s->c.batch, err) ||
        gb_adam_init(&learner->adam, n, lr, 0, err))
        return GB_FAIL;
    learner->adam.epsilon = s->c.adam_epsilon;
    learner->tape.threads = s->threads;
    learner->tape.by_inputs = true;
    return GB_OK;
}

/* Returns a copy of params at *cut. */
static gb_real *init_copy(const struct deep_q *s, const gb_real *params, gb_real **cut) {
    gb_real *copy = *cut;
    memcpy(copy, params, s->net.n_params * sizeof *copy);
    *cut += s->net.n_params;
    return copy;
}

/* Pictures pass convolutions first, each of which makes them smaller by 2. */
static int shape_network(struct deep_q *s, const gb_spec *spec, gb_err *err) {
    const struct deep_q_config *c = &s->c;
    const int *shape = spec->obs_shape, out = s->actions + c->dueling;
    const int activation = c->activation[0] == 'r'   ? GB_RELU
                           : c->activation[0] == 't' ? GB_TANH
                                                     : GB_SILU;
    if (!gb_spec_is_picture(spec)) {
        gb_net_mlp(&s->net, s->features, c->hidden, out, activation, false);
        return GB_OK;
    }
    int layers = 0;
    while (c->channels[layers]) layers++;
    if (shape[0] <= 2 * layers || shape[1] <= 2 * layers)
        return gb_fail(err, GB_USAGE,
                       "--channels: %d convolutions leave nothing of a picture of %d x %d; give "
                       "fewer",
                       layers, shape[0], shape[1]);
    gb_net_picture(&s->net, shape, c->channels, c->hidden, out, activation, false);
    return GB_OK;
}

static int init_networks(struct deep_q *s, gb_rng *rng, gb_err *err) {
    const struct deep_q_config *c = &s->c;
    gb_real *cut = s->block = gb_alloc((c->dvw ? 7 : 3) * s->net.n_params, sizeof *cut, err);
    if (!s->block || init_learner(s, &s->q, &cut, c->lr, rng, err)) return GB_FAIL;
    s->target = init_copy(s, s->q.params, &cut);
    if (c->dvw) {
        if (init_learner(s, &s->variance, &cut, c->lr_variance, rng, err) ||
            gb_adam_init(&s->eta_adam, 1, c->lr_eta, 0, err))
            return GB_FAIL;
        s->previous = init_copy(s, s->q.params, &cut);
        s->frozen = init_copy(s, s->variance.params, &cut);
        s->log_eta = 1;
    }
    if (gb_tape_init(&s->target_tape, &s->net, 2 * c->batch, err) ||
        gb_tape_init(&s->act_tape, &s->net, s->act_rows, err))
        return GB_FAIL;
    s->target_tape.threads = s->act_tape.threads = s->threads;
    s->target_tape.by_inputs = false;
    return GB_OK;
}

static int init_memory(struct deep_q *s, const gb_setting *setting, gb_err *err) {
    const struct deep_q_config *c = &s->c;
    const int64_t room = gb_replay_room(c->buffer, setting->total_steps, s->envs);
    gb_replay_shape shape = {.obs_size = gb_space_size(&s->obs),
                             .act_size = 1,
                             .bits = c->bits[0] == '1',
                             .envs = s->envs,
                             .capacity = room,
                             .cuts = gb_replay_cuts(room, s->envs, setting->spec.max_steps)};
    if (c->bits[0] == 'a' && gb_spec_is_picture(&setting->spec) && gb_space_is_bounded(&s->obs)) {
        shape.bits = true;
        for (int k = 0; k < s->obs.n; k++) shape.bits &= s->obs.low[k] == 0 && s->obs.high[k] == 1;
    }
    if (gb_replay_init(&s->replay, &shape, err)) return GB_FAIL;
    return c->prioritized ? gb_replay_prioritize(&s->replay, c->per_alpha, err) : GB_OK;
}

int gb_deep_q_init(struct deep_q *s, const struct deep_q_config *config, const char *name,
                   const gb_setting *setting, gb_err *err) {
    const struct deep_q_config *c = &s->c;
    s->c = *config;
    s->name = name;
    s->obs = setting->spec.obs, s->act = setting->spec.act;
    s->features = gb_space_features(&s->obs), s->actions = s->act.n;
    s->envs = setting->envs;
    s->threads = setting->threads > 1 ? setting->threads : 1;
    s->act_rows = s->envs < 64 ? 64 : s->envs;
    s->total_steps = setting->total_steps;
    s->epsilon = (gb_schedule){c->epsilon, c->epsilon_end, fmax(c->exploration_fraction, 1e-12)};
    s->beta = (gb_schedule){c->per_beta, 1, 1};
    s->lr = (gb_schedule){c->lr, c->lr * c->lr_end, 1};
    s->rng = gb_rng_stream(setting->seed, GB_STREAM_AGENT);
    gb_rng rng = gb_rng_stream(setting->seed, GB_STREAM_INIT);
    int code = shape_network(s, &setting->spec, err);
    s->net.halves = true;
    if (code) return code;
    if (init_networks(s, &rng, err) || init_work(s, err) || init_scale(s, err) ||
        init_memory(s, setting, err))
        return GB_FAIL;
    return GB_OK;
}

static void free_learner(struct deep_q_learner *learner) {
    gb_adam_free(&learner->adam);
    gb_tape_free(&learner->tape);
}

void gb_deep_q_free(void *state) {
    struct deep_q *s = state;
    free_learner(&s->q);
    free_learner(&s->variance);
    gb_adam_free(&s->eta_adam);
    gb_tape_free(&s->target_tape);
    gb_tape_free(&s->act_tape);
    gb_replay_free(&s->replay);
    gb_dealloc(s->block);
    gb_dealloc(s->work);
    gb_dealloc(s->room);
    gb_dealloc(s->scale);
    gb_dealloc(s->taken);
    gb_dealloc(s->index);
    gb_dealloc(s->held);
    s->block = s->work = NULL, s->scale = NULL, s->room = NULL, s->taken = s->held = NULL,
    s->index = NULL;
}

/* --- acting -----------------------------------------------------------------------------------*/

static double epsilon(const struct deep_q *s) {
    if (s->steps < s->c.learning_starts) return 1;
    return gb_schedule_at(&s->epsilon, s->steps, s->total_steps);
}

/* The best actions of rows that fit the acting tape. */
static void act_rows(struct deep_q *s, int n, const float *obs, float *action) {
    gb_deep_q_encode(s, n, obs, s->act_x);
    const gb_real *q = gb_deep_q_values(s, s->q.params, s->act_x, n, &s->act_tape, s->act_values);
    for (int i = 0; i < n; i++) action[i] = (float)gb_argmax(s->actions, q + i * s->actions);
}

void gb_deep_q_act(void *state, int n, const float *obs, float *action, bool explore) {
    struct deep_q *s = state;
    const size_t size = (size_t)gb_space_size(&s->obs);
    const double share = explore ? epsilon(s) : 0;
    if (share < 1)
        for (int i = 0; i < n; i += s->act_rows)
            act_rows(s, n - i < s->act_rows ? n - i : s->act_rows, obs + (size_t)i * size,
                     action + i);
    for (int i = 0; explore && i < n; i++) {
        if (s->held_for[i] > 0) {
            s->held_for[i]--;
        } else if (gb_rng_unit(&s->rng) < share) {
            s->held[i] = (int)gb_rng_below(&s->rng, (uint32_t)s->actions);
            s->held_for[i] = s->c.hold - 1;
        } else {
            continue;
        }
        action[i] = (float)s->held[i];
    }
}

void gb_deep_q_insight(void *state, const float *obs, gb_rng *rng, gb_insight *out) {
    struct deep_q *s = state;
    gb_deep_q_encode(s, 1, obs, s->act_x);
    const gb_real *q = gb_deep_q_values(s, s->q.params, s->act_x, 1, &s->act_tape, s->act_values);
    const int best = gb_argmax(s->actions, q);
    const double most = (double)q[best], t = s->c.lambda + s->c.tau;
    double sum = 0;
    out->critics = 1, out->temperature = t;
    for (int a = 0; a < s->actions; a++) {
        out->q[a] = (double)q[a];
        out->prob[a] = t > 0 ? exp((out->q[a] - most) / t) : a == best;
        sum += out->prob[a];
    }
    for (int a = 0; a < s->actions; a++) out->prob[a] /= sum;
    out->value = most + (t > 0 ? t * log(sum) : 0);
    gb_insight_probabilities(out, best, rng);
}

/* --- learning ---------------------------------------------------------------------------------*/

static int learn(struct deep_q *s, gb_err *err) {
    gb_deep_q_learn(s);
    for (int k = 0; k < DEEP_Q_SUMS; k++) s->sum[k] += s->last[k];
    s->summed++;
    const char *bad = !isfinite(s->last[DEEP_Q_LOSS])            ? "loss"
                      : !isfinite(s->last[DEEP_Q_VARIANCE_LOSS]) ? "variance_loss"
                                                                 : NULL;
    if (!bad) return GB_OK;
    return gb_fail(err, GB_FAIL, "%s: %s is not finite after %lld updates; lower --lr%s", s->name,
                   bad, (long long)s->updates, s->c.dvw ? " or --lr_variance" : "");
}

int gb_deep_q_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct deep_q *s = state;
    const int64_t before = s->steps, every = s->c.target_update_interval;
    if (gb_replay_add(&s->replay, batch, err)) return GB_FAIL;
    s->steps += batch->n;
    for (int i = 0; i < batch->n; i++)
        if (batch->terminal[i] || batch->truncated[i]) s->held_for[i] = 0;
    if (s->steps <= s->c.learning_starts) return GB_OK;
    s->owed += s->c.utd * batch->n;
    if (s->steps / s->c.train_every != before / s->c.train_every)
        for (; s->owed >= 1; s->owed--)
            if (learn(s, err)) return GB_FAIL;
    if (s->steps / every != before / every) gb_deep_q_move_target(s);
    return GB_OK;
}

double gb_deep_q_update(void *state) {
    struct deep_q *s = state;
    if (!s->replay.count) return 0;
    gb_deep_q_learn(s);
    return gb_deep_q_flops(s);
}

/* --- reporting, saving ------------------------------------------------------------------------*/

int gb_deep_q_metrics(void *state, gb_metric out[GB_MAX_METRICS]) {
    struct deep_q *s = state;
    const char *const names[DEEP_Q_SUMS] = {
        [DEEP_Q_LOSS] = "loss",
        [DEEP_Q_ERROR] = "td_error",
        [DEEP_Q_MEAN] = "q_mean",
        [DEEP_Q_ENTROPY] = "entropy",
        [DEEP_Q_GRAD_NORM] = "grad_norm",
        [DEEP_Q_CLIPPED] = s->c.lambda > 0 ? "clipped" : NULL,
        [DEEP_Q_WEIGHT] = s->c.dvw || s->c.prioritized ? "weight_mean" : NULL,
        [DEEP_Q_ESS] = s->c.dvw || s->c.prioritized ? "effective_batch" : NULL,
        [DEEP_Q_VARIANCE] = s->c.dvw ? "variance_mean" : NULL,
        [DEEP_Q_VARIANCE_LOSS] = s->c.dvw ? "variance_loss" : NULL,
    };
    int n = 0;
    out[n++] = (gb_metric){"epsilon", epsilon(s)};
    for (int k = 0; k < DEEP_Q_SUMS; k++) {
        if (names[k])
            out[n++] = (gb_metric){names[k], s->summed ? s->sum[k] / (double)s->summed : NAN};
        s->sum[k] = 0;
    }
    s->summed = 0;
    if (s->c.dvw) out[n++] = (gb_metric){"eta", exp((double)s->log_eta)};
    out[n++] =
        (gb_metric){"buffer_fill", (double)s->replay.count / (double)s->replay.shape.capacity};
    out[n++] = (gb_metric){"updates", (double)s->updates};
    return n;
}

static void archive_net(struct deep_q *s, gb_real *params, const char *name, gb_archive *archive) {
    gb_archive_enter(archive, name);
    gb_net_archive(&s->net, params, archive);
    gb_archive_leave(archive);
}

static void archive_adam(gb_adam *adam, const char *name, gb_archive *archive) {
    gb_archive_enter(archive, name);
    gb_adam_archive(adam, archive);
    gb_archive_leave(archive);
}

void gb_deep_q_archive(void *state, gb_archive *archive, bool policy_only) {
    struct deep_q *s = state;
    archive_net(s, s->q.params, "q", archive);
    if (policy_only) return;
    archive_adam(&s->q.adam, "q.adam", archive);
    archive_net(s, s->target, "target", archive);
    if (s->c.dvw) {
        archive_net(s, s->previous, "previous", archive);
        archive_net(s, s->variance.params, "variance", archive);
        archive_adam(&s->variance.adam, "variance.adam", archive);
        archive_net(s, s->frozen, "frozen", archive);
        gb_archive_real(archive, "log_eta", &s->log_eta, 1, 0);
        archive_adam(&s->eta_adam, "eta.adam", archive);
    }
    gb_archive_enter(archive, "replay");
    gb_replay_archive(&s->replay, archive);
    gb_archive_leave(archive);
    gb_archive_rng(archive, "rng", &s->rng);
    gb_archive_i32(archive, "held", s->held, 2 * (size_t)s->envs);
    gb_archive_i64(archive, "steps", &s->steps, 1);
    gb_archive_i64(archive, "updates", &s->updates, 1);
    gb_archive_f64(archive, "owed", &s->owed, 1);
    gb_archive_f64(archive, "sums", s->sum, DEEP_Q_SUMS);
    gb_archive_f64(archive, "last", s->last, DEEP_Q_SUMS);
    gb_archive_i64(archive, "summed", &s->summed, 1);
}
