/* natural.c - natural policy gradients; see natural.h. */
#include "natural.h"

#include <string.h>
#include <tgmath.h>

int gb_natural_init(struct natural *s, const struct natural_config *config, const char *name,
                    const char *const *figures, const gb_setting *setting, gb_err *err) {
    s->c = *config;
    const struct on_policy_plan plan = {.name = name,
                                        .steps = config->on.n_steps,
                                        .batch = ON_POLICY_WHOLE,
                                        .keep_old = true,
                                        .critic_alone = true,
                                        .figures = figures};
    int code = gb_on_policy_init(&s->on, &config->on, &plan, setting, err);
    if (code) return code;
    const size_t n = s->on.n_policy;
    gb_real *cut = s->work = gb_alloc(6 * n, sizeof *cut, err);
    if (!cut) return GB_FAIL;
    s->start = cut, s->gradient = cut + n, s->direction = cut + 2 * n;
    s->f = cut + 3 * n, s->residual = cut + 4 * n, s->search = cut + 5 * n;
    return GB_OK;
}

void gb_natural_free(void *state) {
    struct natural *s = state;
    gb_on_policy_free(&s->on);
    gb_dealloc(s->work);
    s->work = NULL;
}

static double dot(const gb_real *a, const gb_real *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/* a += scale b. */
static void add(gb_real *a, double scale, const gb_real *b, size_t n) {
    for (size_t i = 0; i < n; i++) a[i] += (gb_real)scale * b[i];
}

/* Loss -J of the batch, and its gradient by log-probabilities. Returns J. */
static double surrogate(struct on_policy *o) {
    struct on_policy_batch *b = &o->batch;
    double loss = 0;
    for (int i = 0; i < b->n; i++) {
        const gb_real ratio = exp(b->log_prob[i] - b->old_log_prob[i]);
        loss -= (double)(ratio * b->advantage[i]) / b->n;
        b->d_log_prob[i] = -ratio * b->advantage[i] / (gb_real)b->n;
    }
    b->policy_loss = loss;
    return gb_on_policy_ent_coef(o) * b->mean_entropy - loss;
}

void gb_natural_fisher(struct natural *s, const gb_real *v, gb_real *out) {
    struct on_policy *o = &s->on;
    struct on_policy_batch *b = &o->batch;
    const gb_net *net = &o->actor_net;
    const int rows = b->n / s->c.sub_sampling_factor, n = rows ? rows : 1;
    gb_dists p = b->p, tangent, y = {n, b->d.out, out + net->n_params};
    p.n = n;
    tangent.n = n;
    tangent.out = gb_net_jvp(net, o->actor, v, &o->actor_tape, n);
    tangent.free = (gb_real *)v + net->n_params;
    o->head.type->fisher(&o->head, p, tangent, 1 / (gb_real)n, y);
    gb_net_backward(net, o->actor, &o->actor_tape, n, b->d.out, out, NULL, 0, 0);
    add(out, s->c.cg_damping, v, o->n_policy);
}

/* Conjugate gradients (Hestenes and Stiefel 1952) from 0. */
static void solve(struct natural *s) {
    const size_t n = s->on.n_policy, bytes = n * sizeof(gb_real);
    memset(s->direction, 0, bytes);
    memcpy(s->residual, s->gradient, bytes);
    memcpy(s->search, s->gradient, bytes);
    const double first = dot(s->residual, s->residual, n);
    double rest = first;
    for (int k = 0; k < s->c.cg_max_steps && rest > 1e-10 * first; k++) {
        gb_natural_fisher(s, s->search, s->f);
        const double curvature = dot(s->search, s->f, n);
        if (!(curvature > 0)) break;
        add(s->direction, rest / curvature, s->search, n);
        add(s->residual, -rest / curvature, s->f, n);
        const double next = dot(s->residual, s->residual, n), turn = next / rest;
        for (size_t i = 0; i < n; i++) s->search[i] = s->residual[i] + (gb_real)turn * s->search[i];
        rest = next;
    }
    gb_on_policy_note(&s->on, NATURAL_CG_RESIDUAL, first > 0 ? sqrt(rest / first) : 0);
}

/* Moves one row in sub_sampling_factor to the front: the rows that the Fisher matrix is of. */
static void sub_sample(struct natural *s) {
    int *order = s->on.order;
    const int every = s->c.sub_sampling_factor;
    for (int i = 1; i < s->on.rows / every; i++) {
        const int row = order[i * every];
        order[i * every] = order[i];
        order[i] = row;
    }
}

double gb_natural_begin(struct natural *s) {
    struct on_policy *o = &s->on;
    const size_t n = o->n_policy;
    sub_sample(s);
    gb_on_policy_gather(o, o->order, o->rows);
    memcpy(s->start, o->params, n * sizeof *s->start);
    gb_on_policy_forward(o);
    surrogate(o);
    gb_on_policy_backward(o);
    for (size_t i = 0; i < n; i++) s->gradient[i] = -o->grad[i];
    gb_on_policy_note(o, ON_POLICY_GRAD_NORM, gb_clip_norm(o->grad, n, 0));
    gb_on_policy_note(o, ON_POLICY_LOSS, o->batch.policy_loss);
    gb_on_policy_note(o, ON_POLICY_ENTROPY, o->batch.mean_entropy);
    solve(s);
    gb_natural_fisher(s, s->direction, s->f);
    const double curvature = dot(s->direction, s->f, n);
    return curvature > 0 ? sqrt(2 * s->c.target_kl / curvature) : 0;
}

void gb_natural_move(struct natural *s, double step, double *value, double *kl) {
    struct on_policy *o = &s->on;
    struct on_policy_batch *b = &o->batch;
    memcpy(o->params, s->start, o->n_policy * sizeof *o->params);
    add(o->params, step, s->direction, o->n_policy);
    gb_on_policy_forward(o);
    *value = surrogate(o);
    *kl = 0;
    o->head.type->kl(&o->head, b->old, b->p, b->kl);
    for (int i = 0; i < b->n; i++) *kl += (double)b->kl[i] / b->n;
}

int gb_natural_end(struct natural *s, double step, double kl, gb_err *err) {
    struct on_policy *o = &s->on;
    gb_on_policy_note(o, NATURAL_KL, kl);
    gb_on_policy_note(o, NATURAL_STEP, step);
    gb_on_policy_tune_entropy(o);
    gb_on_policy_fit_critic(o, s->c.batch, s->c.n_critic_updates);
    o->updates++;
    return gb_on_policy_end(o, err);
}

double gb_natural_update(void *state) {
    struct natural *s = state;
    struct on_policy *o = &s->on;
    if (!o->rows && !o->rollout.length[0]) return 0;
    if (!o->rows) gb_on_policy_begin(o);
    gb_natural_begin(s);
    const gb_net *net = &o->actor_net;
    const double pass = gb_net_flops(net), first = 2.0 * net->in * net->layer[0].out;
    /* forward and backward; then tangents (two products but for the first layer) and backward */
    const double fisher = (s->c.cg_max_steps + 1) * 2 * (2 * pass - first);
    return (3 * pass - first) * o->rows + fisher * (o->rows / s->c.sub_sampling_factor);
}
