/* sac.c - soft actor-critic: maximises reward plus alpha times the policy's entropy.
 *
 * Continuous actions: Haarnoja et al. 2018 (arXiv 1812.05905), with twin critics, target networks
 * and a tuned temperature. Discrete actions: Christodoulou 2019 (arXiv 1910.07207), where all
 * expectations over actions are exact sums. Which of the two follows from the action space.
 *
 *   y        = k r + gamma (1 - terminal) V(s'),   V(s') = E_a'[min_i Qt_i(s', a') - alpha log pi]
 *   L_critic = sum_i mean (Q_i(s, a) - y)^2 / 2
 *   L_actor  = mean E_a[alpha log pi(a|s) - min_i Q_i(s, a)]
 *   L_alpha  = log alpha (H(pi) - H*),           H* = target entropy,  k = reward_scale
 *
 * One update takes these in the order critics, actor, temperature, targets, all from one batch and
 * with the alpha from before it. A step limit does not stop bootstrapping. In the discrete form the
 * actor sees the critics as they were before their step: this saves a pass.
 */
#include "sac.h"
#include "opt.h"
#include "space.h"

#include <math.h>
#include <string.h>

static const gb_opt opts[] = {
    {"lr", GB_F64(struct sac_config, lr), 3e-4, 0, 1, "learning rate of the actor"},
    {"lr_critic", GB_F64(struct sac_config, lr_critic), 3e-4, 0, 1, "learning rate of the critics"},
    {"lr_alpha", GB_F64(struct sac_config, lr_alpha), 3e-4, 0, 1,
     "learning rate of the temperature"},
    {"gamma", GB_F64(struct sac_config, gamma), 0.99, 0, 1, "discount"},
    {"tau", GB_F64(struct sac_config, tau), 0.005, 0, 1,
     "how far targets move to critics an update"},
    {"alpha", GB_F64(struct sac_config, alpha), 1, 1e-8, 1e6, "temperature, at first or for good"},
    {"tune_alpha", GB_BOOL(struct sac_config, tune_alpha), 1, 0, 1,
     "move it to the target entropy"},
    {"entropy_scale", GB_F64(struct sac_config, entropy_scale), 1, -10, 10,
     "target entropy in units of the usual one: -dimensions, or 0.98 log(actions)"},
    {"batch", GB_INT(struct sac_config, batch), 256, 1, 65536, "transitions an update"},
    {"buffer", GB_I64(struct sac_config, buffer), 1000000, 1, 1e9, "transitions remembered"},
    {"learning_starts", GB_I64(struct sac_config, learning_starts), 100, 0, 1e9,
     "random steps before learning"},
    {"utd", GB_F64(struct sac_config, utd), 1, 0, 100, "updates to data: updates for each step"},
    {"train_every", GB_INT(struct sac_config, train_every), 1, 1, 100000,
     "steps between bouts of updates"},
    {"hidden", GB_INTS(struct sac_config, hidden), 0, 0, 0, "hidden layers of all networks",
     "256,256"},
    {"activation", GB_TEXT(struct sac_config, activation), 0, 0, 0, "between layers", "relu",
     "relu|tanh|silu"},
    {"layer_norm", GB_BOOL(struct sac_config, layer_norm), 0, 0, 1, "LayerNorm in the critics"},
    {"weight_decay", GB_F64(struct sac_config, weight_decay), 0, 0, 1, "AdamW's, of all networks"},
    {"clip", GB_F64(struct sac_config, clip), 0, 0, 1e9, "largest gradient norm; 0: any"},
    {"norm_obs", GB_BOOL(struct sac_config, norm_obs), 0, 0, 1,
     "observations to mean 0 and deviation 1, over the run"},
    {"reward_scale", GB_F64(struct sac_config, reward_scale), 1, 1e-9, 1e9,
     "what a reward of 1 counts for; reported returns stay as they are"},
    {"noise", GB_TEXT(struct sac_config, noise), 0, 0, 0, "exploration: independent or correlated",
     "white", "white|pink|gsde"},
    {"noise_hold", GB_INT(struct sac_config, noise_hold), 64, 1, 1000000,
     "steps that gsde keeps one function"},
    {0},
};

static const char *sac_reject(const gb_spec *spec) {
    if (spec->act.kind == GB_BOX && !gb_space_is_bounded(&spec->act))
        return "needs actions with finite bounds";
    return NULL;
}

/* --- making ---------------------------------------------------------------------------------- */

static int init_critic(struct sac *s, struct sac_critic *critic, gb_real **cut, gb_rng *rng,
                       gb_err *err) {
    const struct sac_config *c = &s->c;
    size_t n = s->critic_net.n_params, rows = (size_t)c->batch, out = (size_t)s->critic_net.out;
    critic->params = *cut, critic->target = *cut + n, critic->grad = *cut + 2 * n;
    *cut += 3 * n;
    gb_net_reset(&s->critic_net, critic->params, rng);
    memcpy(critic->target, critic->params, n * sizeof *critic->target);
    critic->d_out = gb_alloc(rows * (3 * out + (size_t)s->dims), sizeof(gb_real), err);
    if (!critic->d_out) return GB_FAIL;
    critic->q = critic->d_out + rows * out;
    critic->q_next = critic->q + rows * out;
    critic->d_action = critic->q_next + rows * out;
    if (gb_tape_init(&critic->tape, &s->critic_net, c->batch, err)) return GB_FAIL;
    return gb_adam_init(&critic->adam, n, c->lr_critic, c->weight_decay, err);
}

/* Takes `count` numbers off *cut. */
static gb_real *take(gb_real **cut, size_t count) {
    gb_real *here = *cut;
    *cut += (count + 15) / 16 * 16;
    return here;
}

static int init_work(struct sac *s, int act_rows, gb_err *err) {
    size_t b = (size_t)s->c.batch, f = (size_t)s->features, d = (size_t)s->dims;
    size_t out = (size_t)s->actor_net.out, rows = (size_t)act_rows;
    size_t total =
        b * (2 * f + 3 * (f + d) + 3 * out + 4 * d + d + 4) + rows * (f + 2 * d + 1) + 16 * 16;
    gb_real *cut = s->work = gb_alloc(total, sizeof(gb_real), err);
    s->taken = gb_alloc(b, sizeof *s->taken, err);
    s->reward = gb_alloc(2 * b, sizeof *s->reward, err);
    s->row = gb_alloc(b, sizeof *s->row, err);
    if (!s->work || !s->taken || !s->reward || !s->row) return GB_FAIL;
    s->terminal = s->reward + b;
    s->x = take(&cut, 2 * b * f);
    s->xa = take(&cut, b * (f + d));
    s->xa_next = take(&cut, b * (f + d));
    s->xa_pi = take(&cut, b * (f + d));
    s->head_grad = take(&cut, b * out);
    s->eps = take(&cut, 2 * b * d);
    s->action = take(&cut, 2 * b * d);
    s->log_prob = take(&cut, 2 * b * (s->discrete ? d : 1));
    s->y = take(&cut, b);
    s->d_prob = take(&cut, b * d);
    s->act_x = take(&cut, rows * f);
    s->act_out = take(&cut, rows * (2 * d + 1));
    GB_ASSERT(cut <= s->work + total);
    return GB_OK;
}

static int init_networks(struct sac *s, gb_rng *rng, gb_err *err) {
    const struct sac_config *c = &s->c;
    int activation = c->activation[0] == 'r'   ? GB_RELU
                     : c->activation[0] == 't' ? GB_TANH
                                               : GB_SILU;
    gb_net_mlp(&s->actor_net, s->features, c->hidden, s->discrete ? s->dims : 2 * s->dims,
               activation, false);
    gb_net_mlp(&s->critic_net, s->features + (s->discrete ? 0 : s->dims), c->hidden,
               s->discrete ? s->dims : 1, activation, c->layer_norm);
    size_t n_actor = s->actor_net.n_params, n_critic = s->critic_net.n_params;
    s->block = gb_alloc(3 * n_actor + 6 * n_critic, sizeof *s->block, err);
    if (!s->block) return GB_FAIL;
    s->actor = s->block;
    s->actor_grad[0] = s->block + n_actor, s->actor_grad[1] = s->block + 2 * n_actor;
    gb_real *cut = s->block + 3 * n_actor;
    gb_net_reset(&s->actor_net, s->actor, rng);
    for (int i = 0; i < 2; i++)
        if (init_critic(s, &s->critic[i], &cut, rng, err)) return GB_FAIL;
    if (gb_tape_init(&s->actor_tape, &s->actor_net, 2 * c->batch, err)) return GB_FAIL;
    return gb_adam_init(&s->actor_adam, n_actor, c->lr, c->weight_decay, err);
}

static int sac_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    struct sac *s = state;
    const struct sac_config *c = &s->c;
    s->c = *(const struct sac_config *)config;
    s->obs = setting->spec.obs, s->act = setting->spec.act;
    s->discrete = s->act.kind == GB_DISCRETE;
    s->features = gb_space_features(&s->obs), s->dims = s->act.n;
    s->envs = setting->envs, s->threads = setting->threads;
    s->target_entropy = c->entropy_scale * (s->discrete ? 0.98 * log(s->dims) : -s->dims);
    s->log_alpha = (gb_real)log(c->alpha);
    s->rng = gb_rng_stream(setting->seed, GB_STREAM_AGENT);
    gb_rng rng = gb_rng_stream(setting->seed, GB_STREAM_INIT);

    int64_t room = gb_replay_room(c->buffer, setting->total_steps, s->envs);
    gb_replay_shape memory = {.obs_size = gb_space_size(&s->obs),
                              .act_size = gb_space_size(&s->act),
                              .envs = s->envs,
                              .capacity = room,
                              .cuts = gb_replay_cuts(room, s->envs, setting->spec.max_steps)};
    int act_rows = s->envs < 64 ? 64 : s->envs;
    if (init_networks(s, &rng, err) || init_work(s, act_rows, err) ||
        gb_tape_init(&s->act_tape, &s->actor_net, act_rows, err) ||
        gb_adam_init(&s->alpha_adam, 1, c->lr_alpha, 0, err) ||
        gb_moments_init(&s->moments, s->features, err) ||
        gb_replay_init(&s->replay, &memory, err) ||
        gb_noise_init(&s->noise, gb_noise_named(c->noise), s->envs, s->discrete ? 1 : s->dims,
                      s->actor_net.layer[s->actor_net.n_layers - 1].in, setting->spec.max_steps,
                      c->noise_hold, err))
        return GB_FAIL;
    return GB_OK;
}

static void sac_free(void *state) {
    struct sac *s = state;
    for (int i = 0; i < 2; i++) {
        gb_adam_free(&s->critic[i].adam);
        gb_tape_free(&s->critic[i].tape);
        gb_dealloc(s->critic[i].d_out);
    }
    gb_adam_free(&s->actor_adam);
    gb_adam_free(&s->alpha_adam);
    gb_tape_free(&s->actor_tape);
    gb_tape_free(&s->act_tape);
    gb_moments_free(&s->moments);
    gb_replay_free(&s->replay);
    gb_noise_free(&s->noise);
    gb_dealloc(s->block);
    gb_dealloc(s->work);
    gb_dealloc(s->taken);
    gb_dealloc(s->reward);
    gb_dealloc(s->row);
    s->block = s->work = NULL, s->taken = NULL, s->reward = NULL, s->row = NULL;
}

/* --- learning --------------------------------------------------------------------------------- */

static int check_finite(const struct sac *s, gb_err *err) {
    double critic_loss = s->critic[0].loss + s->critic[1].loss;
    const char *bad = !isfinite(critic_loss)            ? "critic_loss"
                      : !isfinite(s->actor_loss)        ? "actor_loss"
                      : !isfinite((double)s->log_alpha) ? "alpha"
                                                        : NULL;
    if (!bad) return GB_OK;
    return gb_fail(
        err, GB_FAIL,
        "sac: %s is not finite after %lld updates; lower --lr, --lr_critic or --lr_alpha", bad,
        (long long)s->updates);
}

static void sum_up(struct sac *s) {
    s->sum[SAC_ENTROPY] += s->entropy;
    s->sum[SAC_CRITIC_LOSS] += s->critic[0].loss + s->critic[1].loss;
    s->sum[SAC_ACTOR_LOSS] += s->actor_loss;
    s->sum[SAC_Q_MEAN] += s->q_mean;
    s->summed++;
}

static int sac_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct sac *s = state;
    int64_t before = s->steps / s->c.train_every;
    if (gb_replay_add(&s->replay, batch, err)) return GB_FAIL;
    if (gb_sac_normalizes(s)) {
        gb_space_encode(&s->obs, batch->n, batch->obs, s->act_x);
        gb_moments_add(&s->moments, batch->n, s->act_x);
    }
    s->steps += batch->n;
    for (int i = 0; i < batch->n; i++)
        if (batch->terminal[i] || batch->truncated[i]) gb_noise_restart(&s->noise, i);
    if (s->steps <= s->c.learning_starts) return GB_OK;
    s->owed += s->c.utd * batch->n;
    if (s->steps / s->c.train_every == before) return GB_OK;
    for (; s->owed >= 1; s->owed--) {
        gb_sac_learn(s);
        sum_up(s);
        if (check_finite(s, err)) return GB_FAIL;
    }
    return GB_OK;
}

/* --- reporting, saving ------------------------------------------------------------------------ */

static int sac_metrics(void *state, gb_metric out[GB_MAX_METRICS]) {
    struct sac *s = state;
    static const char *const names[SAC_SUMS] = {"entropy", "critic_loss", "actor_loss", "q_mean"};
    int n = 0;
    out[n++] = (gb_metric){"alpha", exp((double)s->log_alpha)};
    for (int k = 0; k < SAC_SUMS; k++) {
        out[n++] = (gb_metric){names[k], s->summed ? s->sum[k] / (double)s->summed : NAN};
        s->sum[k] = 0;
    }
    s->summed = 0;
    out[n++] = (gb_metric){"updates", (double)s->updates};
    return n;
}

static void archive_critic(struct sac *s, struct sac_critic *critic, const char *name,
                           gb_archive *archive) {
    gb_archive_enter(archive, name);
    gb_net_archive(&s->critic_net, critic->params, archive);
    gb_archive_enter(archive, "target");
    gb_net_archive(&s->critic_net, critic->target, archive);
    gb_archive_leave(archive);
    gb_archive_enter(archive, "adam");
    gb_adam_archive(&critic->adam, archive);
    gb_archive_leave(archive);
    gb_archive_leave(archive);
}

static void sac_archive(void *state, gb_archive *archive, bool policy_only) {
    struct sac *s = state;
    gb_archive_enter(archive, "actor");
    gb_net_archive(&s->actor_net, s->actor, archive);
    gb_archive_leave(archive);
    if (gb_sac_normalizes(s)) {
        gb_archive_enter(archive, "moments");
        gb_moments_archive(&s->moments, archive);
        gb_archive_leave(archive);
    }
    if (policy_only) return;
    gb_archive_enter(archive, "actor.adam");
    gb_adam_archive(&s->actor_adam, archive);
    gb_archive_leave(archive);
    archive_critic(s, &s->critic[0], "critic1", archive);
    archive_critic(s, &s->critic[1], "critic2", archive);
    gb_archive_real(archive, "log_alpha", &s->log_alpha, 1, 0);
    gb_archive_enter(archive, "alpha.adam");
    gb_adam_archive(&s->alpha_adam, archive);
    gb_archive_leave(archive);
    gb_archive_enter(archive, "replay");
    gb_replay_archive(&s->replay, archive);
    gb_archive_leave(archive);
    gb_archive_enter(archive, "noise");
    gb_noise_archive(&s->noise, archive);
    gb_archive_leave(archive);
    gb_archive_rng(archive, "rng", &s->rng);
    gb_archive_i64(archive, "steps", &s->steps, 1);
    gb_archive_i64(archive, "updates", &s->updates, 1);
    gb_archive_f64(archive, "owed", &s->owed, 1);
    gb_archive_f64(archive, "sums", s->sum, SAC_SUMS);
    gb_archive_i64(archive, "summed", &s->summed, 1);
}

static double sac_update(void *state) {
    struct sac *s = state;
    if (!s->replay.count) return 0;
    gb_sac_learn(s);
    return gb_sac_flops(s);
}

extern const gb_agent_type gb_agent_sac;
const gb_agent_type gb_agent_sac = {
    .name = "sac",
    .help = "soft actor-critic, for continuous and for discrete actions",
    .state_size = sizeof(struct sac),
    .config_size = sizeof(struct sac_config),
    .opts = opts,
    .reject = sac_reject,
    .init = sac_init,
    .act = gb_sac_act,
    .observe = sac_observe,
    .metrics = sac_metrics,
    .archive = sac_archive,
    .free = sac_free,
    .update = sac_update,
    .insight = gb_sac_insight,
    .archive_insight = gb_sac_archive_insight,
};
