/* ppo.c - proximal policy optimisation (Schulman et al. 2017, arXiv 1707.06347).
 *
 * Several epochs over each rollout, with rho = pi(a|s) / pi_old(a|s) and advantages A by GAE:
 *
 *   clip:        L = -mean min(rho A, clip(rho, 1 - c, 1 + c) A)
 *   kl_penalty:  L = -mean rho A + beta mean KL(pi_old||pi),
 *                beta doubled after an update with KL > 1.5 kl_target, halved after one with
 *                KL < kl_target / 1.5
 *
 * plus vf_coef mean (V - R)^2 minus ent_coef mean H(pi). Options, defaults and details (advantages
 * normalised in each batch, one gradient norm, Adam's epsilon 1e-5, an update that ends early when
 * the mean of (rho - 1) - log rho passes 1.5 target_kl) are those of Stable-Baselines3; of
 * clip_range_vf the loss is the larger of both, as in the paper's own code.
 */
#include "on_policy.h"

#include <tgmath.h>

struct ppo_config {
    struct on_policy_config on;
    int n_epochs, batch;
    char loss[12], clip_range[GB_SCHEDULE_TEXT];
    double clip_range_vf, target_kl, kl_coef, kl_target;
};

struct ppo {
    struct on_policy on;
    struct ppo_config c;
    gb_schedule clip_range;
    double clip;    /* of this update */
    double kl_coef; /* beta */
    double kl;      /* of kl_penalty: mean over the epoch's batches */
    bool penalty;
};

enum { APPROX_KL = ON_POLICY_OWN, CLIP_FRACTION, EARLY_STOP, KL_COEF };
static const char *const figures[] = {"approx_kl", "clip_fraction", "early_stop", "kl_coef", NULL};

#define T struct ppo_config
static const gb_opt opts[] = {
    ON_POLICY_OPTS(T, on, "3e-4", 1),
    ON_POLICY_GAE_OPTS(T, on, 2048, 0.95),
    {"batch", GB_INT(T, batch), 64, 1, 10000000, "transitions a gradient step"},
    {"n_epochs", GB_INT(T, n_epochs), 10, 1, 100000, "passes over each rollout"},
    {"loss", GB_TEXT(T, loss), 0, 0, 0, "how the policy is kept near the old one", "clip",
     "clip|kl_penalty"},
    {"clip_range", GB_TEXT(T, clip_range), 0, 0, 0,
     "of the probability ratio; a number or a schedule such as lin_0.2", "0.2"},
    {"clip_range_vf", GB_F64(T, clip_range_vf), 0, 0, 1e9,
     "how far values may move in an update; 0: any way"},
    {"target_kl", GB_F64(T, target_kl), 0, 0, 1e9, "an update ends beyond 1.5 of it; 0: never"},
    {"kl_coef", GB_F64(T, kl_coef), 1, 0, 1e9, "of kl_penalty: beta at first"},
    {"kl_target", GB_F64(T, kl_target), 0.01, 0, 1e9,
     "of kl_penalty: KL that beta is moved to hold; 0: beta stays"},
    ON_POLICY_ENTROPY_OPTS(T, on),
    ON_POLICY_JOINT_OPTS(T, on),
    {0},
};
#undef T

static int ppo_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    struct ppo *s = state;
    const struct ppo_config *c = &s->c;
    s->c = *(const struct ppo_config *)config;
    s->penalty = c->loss[0] == 'k';
    s->kl_coef = c->kl_coef;
    const struct on_policy_plan plan = {.name = "ppo",
                                        .steps = c->on.n_steps,
                                        .batch = c->batch,
                                        .keep_old = s->penalty,
                                        .figures = figures};
    if (s->penalty && c->kl_coef == 0 && c->kl_target > 0)
        return gb_fail(err, GB_USAGE,
                       "--kl_coef 0: doubling and halving never move it; give one above 0, or "
                       "--kl_target 0");
    int code = gb_schedule_parse(&s->clip_range, c->clip_range, 0, 1e9, "--clip_range", err);
    return code ? code : gb_on_policy_init(&s->on, &c->on, &plan, setting, err);
}

/* --- losses ----------------------------------------------------------------------------------- */

static void ppo_loss(struct on_policy *o, struct on_policy_batch *b, void *agent) {
    struct ppo *s = agent;
    const gb_real low = (gb_real)(1 - s->clip), high = (gb_real)(1 + s->clip);
    const gb_real scale = 1 / (gb_real)b->n;
    double loss = 0, kl = 0;
    int clipped = 0;
    for (int i = 0; i < b->n; i++) {
        const gb_real change = b->log_prob[i] - b->old_log_prob[i], a = b->advantage[i];
        const gb_real ratio = exp(change);
        const bool outside = ratio < low || ratio > high;
        const gb_real kept = ratio < low ? low * a : ratio > high ? high * a : ratio * a;
        const bool held = !s->penalty && outside && kept < ratio * a;
        loss -= (double)(held ? kept : ratio * a);
        b->d_log_prob[i] = held ? 0 : -ratio * a * scale;
        kl += (double)(ratio - 1 - change);
        clipped += outside;
    }
    b->policy_loss = loss / b->n;
    if (s->penalty) {
        double exact = 0;
        o->head.type->kl(&o->head, b->old, b->p, b->kl);
        for (int i = 0; i < b->n; i++) exact += (double)b->kl[i] / b->n;
        o->head.type->kl_backward(&o->head, b->old, b->p, (gb_real)s->kl_coef * scale,
                                  (gb_dists){0}, b->d);
        b->policy_loss += s->kl_coef * exact;
        s->kl += exact * b->n;
    }
    kl /= b->n;
    gb_on_policy_note(o, APPROX_KL, kl);
    gb_on_policy_note(o, CLIP_FRACTION, (double)clipped / b->n);
    b->stop = s->c.target_kl > 0 && kl > 1.5 * s->c.target_kl;
}

/* An update that ended early went too far, whatever the mean over its batches says. */
static void adapt_kl_coef(struct ppo *s, bool early) {
    const double kl = s->kl / s->on.rows, target = s->c.kl_target;
    if (!(target > 0)) return;
    if (early || kl > 1.5 * target)
        s->kl_coef = fmin(2 * s->kl_coef, 1e9);
    else if (kl < target / 1.5)
        s->kl_coef = fmax(s->kl_coef / 2, 1e-9);
}

static int ppo_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct ppo *s = state;
    struct on_policy *o = &s->on;
    if (!gb_on_policy_record(o, batch, NULL)) return GB_OK;
    gb_on_policy_begin(o);
    s->clip = gb_schedule_at(&s->clip_range, o->steps, o->total_steps);
    bool on = true;
    for (int k = 0; k < s->c.n_epochs && on; k++) {
        s->kl = 0;
        on = gb_on_policy_epoch(o, ppo_loss, s, s->c.clip_range_vf);
    }
    gb_on_policy_note(o, EARLY_STOP, !on);
    gb_on_policy_note(o, KL_COEF, s->penalty ? s->kl_coef : 0);
    if (s->penalty) adapt_kl_coef(s, !on);
    return gb_on_policy_end(o, err);
}

/* --- the rest --------------------------------------------------------------------------------- */

static void ppo_archive(void *state, gb_archive *archive, bool policy_only) {
    struct ppo *s = state;
    gb_on_policy_archive(&s->on, archive, policy_only);
    if (!policy_only) gb_archive_f64(archive, "kl_coef", &s->kl_coef, 1);
}

static double ppo_update(void *state) {
    struct ppo *s = state;
    s->clip = gb_schedule_at(&s->clip_range, 0, 0);
    return gb_on_policy_update(&s->on, ppo_loss, s, s->c.clip_range_vf);
}

extern const gb_agent_type gb_agent_ppo;
const gb_agent_type gb_agent_ppo = {
    .name = "ppo",
    .help = "proximal policy optimisation: clipped or KL-penalised steps on rollouts",
    .state_size = sizeof(struct ppo),
    .config_size = sizeof(struct ppo_config),
    .opts = opts,
    .reject = gb_on_policy_reject,
    .init = ppo_init,
    .act = gb_on_policy_act,
    .observe = ppo_observe,
    .metrics = gb_on_policy_metrics,
    .archive = ppo_archive,
    .free = gb_on_policy_free,
    .update = ppo_update,
    .insight = gb_on_policy_insight,
    .archive_insight = gb_on_policy_archive_insight,
};
