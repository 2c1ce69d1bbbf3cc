/* pmd.c - deep policy mirror descent: the solver pmd with networks and sampled advantages (Tomar et
 * al. 2020, arXiv 2005.09814; Lan 2022; Zhan et al. 2023).
 *
 * From the policy pi_k that made the rollout, several epochs of gradient steps on
 *
 *   L = mean[ -rho A + Omega(pi(.|s)) + D(pi(.|s), pi_k(.|s)) / eta ],   rho = pi(a|s) / pi_k(a|s),
 *
 * with any regulariser Omega of regularizer.h, and as D the KL divergence KL(pi||pi_k), the squared
 * Euclidean distance over 2, or the Bregman divergence of Omega at weight 1. On discrete actions
 * Omega and D are exact sums; on continuous ones Omega is the entropy or none, and D is KL.
 *
 * With soft_values the values include Omega: rewards are r - Omega(pi_k(.|s)), so that A holds
 * what regularisation costs from the next state on, as in the regularised Bellman equation.
 */
#include "dist.h"
#include "on_policy.h"
#include "regularizer.h"

#include <string.h>
#include <tgmath.h>

struct pmd_config {
    struct on_policy_config on;
    int n_epochs, batch;
    char eta[GB_SCHEDULE_TEXT], divergence[16], regularizer[32];
    double tau, lambda, index;
    bool soft_values;
};

struct pmd {
    struct on_policy on;
    struct pmd_config c;
    gb_schedule eta_schedule;
    double eta;
    gb_regularizer omega, mirror; /* D is the Bregman divergence of mirror; of discrete actions */
    double *work;                 /* (5, actions) of one state, the arrays below */
    double *log_p, *log_q, *by_omega, *by_mirror, *by_old;
};

enum { APPROX_KL = ON_POLICY_OWN, DIVERGENCE, OMEGA, ETA };
static const char *const figures[] = {"approx_kl", "divergence", "omega", "eta", NULL};

#define T struct pmd_config
static const gb_opt opts[] = {
    ON_POLICY_OPTS(T, on, "3e-4", 1),
    ON_POLICY_GAE_OPTS(T, on, 2048, 0.95),
    {"batch", GB_INT(T, batch), 64, 1, 10000000, "transitions a gradient step"},
    {"n_epochs", GB_INT(T, n_epochs), 10, 1, 100000, "passes over each rollout"},
    {"eta", GB_TEXT(T, eta), 0, 0, 0, "step of mirror descent; a number or a schedule", "1"},
    {"divergence", GB_TEXT(T, divergence), 0, 0, 0, "from the last policy", "kl",
     "kl|euclidean|regularizer"},
    {"regularizer", GB_TEXT(T, regularizer), 0, 0, 0, "what is subtracted from action values",
     "entropy", NULL},
    {"tau", GB_F64(T, tau), 0.01, 0, 1e9, "weight of an entropy, if the regulariser has one"},
    {"lambda", GB_F64(T, lambda), 0.01, 0, 1e9,
     "weight of a divergence from the uniform policy, if the regulariser is one"},
    {"index", GB_F64(T, index), 2, -10, 10, "of tsallis and alpha_divergence"},
    {"soft_values", GB_BOOL(T, soft_values), 1, 0, 1, "values include the regulariser"},
    ON_POLICY_JOINT_OPTS(T, on),
    {0},
};
#undef T

/* --- regularisers ----------------------------------------------------------------------------- */

static bool discrete(const struct pmd *s) {
    return s->on.head.act.kind == GB_DISCRETE;
}

static int set_regularizers(struct pmd *s, const gb_space *act, gb_err *err) {
    const struct pmd_config *c = &s->c;
    const char *name = c->regularizer, *mirror = c->divergence;
    int code = gb_regularizer_make(&s->omega, name, c->tau, c->lambda, c->index, err);
    if (code) return code;
    const bool own = !strcmp(mirror, "regularizer");
    if (own && !strcmp(name, "none"))
        return gb_fail(err, GB_USAGE,
                       "--divergence regularizer: there is no regulariser; choose "
                       "one, or another divergence");
    if (act->kind == GB_BOX && strcmp(name, "none") && strcmp(name, "entropy"))
        return gb_fail(err, GB_USAGE,
                       "--regularizer %s: is for discrete actions; use entropy or "
                       "none",
                       name);
    if (act->kind == GB_BOX && strcmp(mirror, "kl"))
        return gb_fail(err, GB_USAGE, "--divergence %s: is for discrete actions; use kl", mirror);
    mirror = own ? name : mirror[0] == 'e' ? "sparsemax" : "entropy";
    return gb_regularizer_make(&s->mirror, mirror, 1, 1, c->index, err);
}

static void to_double(const gb_real *x, int n, double *out) {
    for (int a = 0; a < n; a++) out[a] = (double)x[a];
}

/* Omega of the policy that acted, in all rows. */
static void charge(struct on_policy *o, int rows) {
    struct pmd *s = (struct pmd *)o;
    const int k = o->head.out;
    const gb_actions actions = {.n = k};
    gb_dists p = {1, NULL, o->old_free};
    if (!s->c.soft_values || !strcmp(s->c.regularizer, "none")) return;
    for (int i = 0; i < rows; i++) {
        p.out = o->old_out + (size_t)i * (size_t)k;
        if (discrete(s)) {
            to_double(p.out, k, s->log_p);
            o->rollout.reward[i] -= (gb_real)gb_regularizer_value(&s->omega, &actions, s->log_p);
            continue;
        }
        gb_real log_prob, entropy;
        o->head.type->forward(&o->head, p, o->rollout.action + (size_t)i * (size_t)o->head.raw,
                              &log_prob, &entropy);
        o->rollout.reward[i] += (gb_real)s->c.tau * entropy;
    }
}

/* --- loss ------------------------------------------------------------------------------------- */

/* Omega and D of all rows, and their gradients; returns the sum of the loss's terms. */
static double discrete_terms(struct pmd *s, struct on_policy_batch *b, double *divergence,
                             double *omega) {
    const int k = s->on.head.out;
    const gb_actions actions = {.n = k};
    for (int i = 0; i < b->n; i++) {
        const size_t at = (size_t)i * (size_t)k;
        double mean = 0;
        to_double(b->p.out + at, k, s->log_p);
        to_double(b->old.out + at, k, s->log_q);
        gb_regularizer_gradient(&s->omega, &actions, s->log_p, s->by_omega);
        gb_regularizer_gradient(&s->mirror, &actions, s->log_p, s->by_mirror);
        gb_regularizer_gradient(&s->mirror, &actions, s->log_q, s->by_old);
        *omega += gb_regularizer_value(&s->omega, &actions, s->log_p) / b->n;
        *divergence += (gb_regularizer_value(&s->mirror, &actions, s->log_p) -
                        gb_regularizer_value(&s->mirror, &actions, s->log_q)) /
                       b->n;
        for (int a = 0; a < k; a++) {
            const double p = exp(s->log_p[a]);
            *divergence -= s->by_old[a] * (p - exp(s->log_q[a])) / b->n;
            s->by_omega[a] += (s->by_mirror[a] - s->by_old[a]) / s->eta;
            mean += p * s->by_omega[a];
        }
        for (int a = 0; a < k; a++)
            b->d.out[at + (size_t)a] +=
                (gb_real)(exp(s->log_p[a]) * (s->by_omega[a] - mean) / b->n);
    }
    return *omega + *divergence / s->eta;
}

static double continuous_terms(struct pmd *s, struct on_policy_batch *b, double *divergence,
                               double *omega) {
    const gb_head *head = &s->on.head;
    const double tau = strcmp(s->c.regularizer, "none") ? s->c.tau : 0;
    head->type->kl(head, b->p, b->old, b->kl);
    for (int i = 0; i < b->n; i++) *divergence += (double)b->kl[i] / b->n;
    head->type->kl_backward(head, b->p, b->old, (gb_real)(1 / s->eta / b->n), b->d, (gb_dists){0});
    b->d_entropy = (gb_real)(-tau / b->n);
    *omega = -tau * b->mean_entropy;
    return *omega + *divergence / s->eta;
}

static void pmd_loss(struct on_policy *o, struct on_policy_batch *b, void *agent) {
    struct pmd *s = agent;
    const gb_real scale = 1 / (gb_real)b->n;
    double loss = 0, kl = 0, divergence = 0, omega = 0;
    for (int i = 0; i < b->n; i++) {
        const gb_real change = b->log_prob[i] - b->old_log_prob[i], ratio = exp(change);
        loss -= (double)(ratio * b->advantage[i]) / b->n;
        kl += (double)(ratio - 1 - change) / b->n;
        b->d_log_prob[i] = -ratio * b->advantage[i] * scale;
    }
    b->policy_loss =
        loss + (discrete(s) ? discrete_terms : continuous_terms)(s, b, &divergence, &omega);
    gb_on_policy_note(o, APPROX_KL, kl);
    gb_on_policy_note(o, DIVERGENCE, divergence);
    gb_on_policy_note(o, OMEGA, omega);
}

/* --- as the host sees it ---------------------------------------------------------------------- */

static int pmd_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    struct pmd *s = state;
    const struct pmd_config *c = &s->c;
    s->c = *(const struct pmd_config *)config;
    const struct on_policy_plan plan = {.name = "pmd",
                                        .steps = c->on.n_steps,
                                        .batch = c->batch,
                                        .keep_old = true,
                                        .reward = charge,
                                        .figures = figures};
    int code = gb_schedule_parse(&s->eta_schedule, c->eta, 1e-9, 1e15, "--eta", err);
    if (!code) code = set_regularizers(s, &setting->spec.act, err);
    if (!code) code = gb_on_policy_init(&s->on, &c->on, &plan, setting, err);
    if (code) return code;
    s->eta = s->eta_schedule.from;
    const size_t k = (size_t)s->on.head.out;
    double *cut = s->work = gb_alloc(5 * k, sizeof *cut, err);
    if (!cut) return GB_FAIL;
    s->log_p = cut, s->log_q = cut + k, s->by_omega = cut + 2 * k;
    s->by_mirror = cut + 3 * k, s->by_old = cut + 4 * k;
    return GB_OK;
}

static int pmd_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct pmd *s = state;
    struct on_policy *o = &s->on;
    if (!gb_on_policy_record(o, batch, NULL)) return GB_OK;
    gb_on_policy_begin(o);
    s->eta = gb_schedule_at(&s->eta_schedule, o->steps, o->total_steps);
    gb_on_policy_note(o, ETA, s->eta);
    for (int k = 0; k < s->c.n_epochs; k++) gb_on_policy_epoch(o, pmd_loss, s, 0);
    return gb_on_policy_end(o, err);
}

static void pmd_free(void *state) {
    struct pmd *s = state;
    gb_on_policy_free(&s->on);
    gb_dealloc(s->work);
    s->work = NULL;
}

static double pmd_update(void *state) {
    return gb_on_policy_update(state, pmd_loss, state, 0);
}

extern const gb_agent_type gb_agent_pmd;
const gb_agent_type gb_agent_pmd = {
    .name = "pmd",
    .help = "policy mirror descent with networks, with any regulariser",
    .state_size = sizeof(struct pmd),
    .config_size = sizeof(struct pmd_config),
    .opts = opts,
    .reject = gb_on_policy_reject,
    .init = pmd_init,
    .act = gb_on_policy_act,
    .observe = pmd_observe,
    .metrics = gb_on_policy_metrics,
    .archive = gb_on_policy_archive,
    .free = pmd_free,
    .update = pmd_update,
    .insight = gb_on_policy_insight,
    .archive_insight = gb_on_policy_archive_insight,
};
