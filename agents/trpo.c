/* trpo.c - trust region policy optimisation (Schulman et al. 2015, arXiv 1502.05477).
 *
 * One step a rollout along the natural gradient (natural.h), as long as KL(pi_old||pi) = target_kl
 * allows by the quadratic model, then shortened by line_search_shrinking_factor until the surrogate
 * has grown and KL is within target_kl; without success the policy stays. Then the critic learns
 * by itself. Options and defaults are those of sb3-contrib.
 */
#include "natural.h"

struct trpo_config {
    struct natural_config natural;
    double line_search_shrinking_factor;
    int line_search_max_iter;
};

struct trpo {
    struct natural natural;
    struct trpo_config c;
};

enum { LINE_SEARCH_STEPS = NATURAL_OWN, ACCEPTED };
static const char *const figures[] = {NATURAL_FIGURES, "line_search_steps", "accepted", NULL};

#define T struct trpo_config
static const gb_opt opts[] = {
    NATURAL_OPTS(T),
    {"line_search_shrinking_factor", GB_F64(T, line_search_shrinking_factor), 0.8, 0.01, 0.999,
     "of the step at each try"},
    {"line_search_max_iter", GB_INT(T, line_search_max_iter), 10, 1, 1000, "tries"},
    {0},
};
#undef T

static int trpo_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    struct trpo *s = state;
    s->c = *(const struct trpo_config *)config;
    return gb_natural_init(&s->natural, &s->c.natural, "trpo", figures, setting, err);
}

static int trpo_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct trpo *s = state;
    struct natural *n = &s->natural;
    double before, surrogate = 0, kl = 0;
    if (!gb_on_policy_record(&n->on, batch, NULL)) return GB_OK;
    gb_on_policy_begin(&n->on);
    double step = gb_natural_begin(n);
    gb_natural_move(n, 0, &before, &kl);
    int tries = 0;
    bool accepted = false;
    for (; tries < s->c.line_search_max_iter && step > 0 && !accepted; tries++) {
        if (tries) step *= s->c.line_search_shrinking_factor;
        gb_natural_move(n, step, &surrogate, &kl);
        accepted = surrogate > before && kl <= n->c.target_kl;
    }
    if (!accepted) gb_natural_move(n, step = 0, &surrogate, &kl);
    gb_on_policy_note(&n->on, LINE_SEARCH_STEPS, tries);
    gb_on_policy_note(&n->on, ACCEPTED, accepted);
    return gb_natural_end(n, step, kl, err);
}

extern const gb_agent_type gb_agent_trpo;
const gb_agent_type gb_agent_trpo = {
    .name = "trpo",
    .help = "trust region policy optimisation: natural gradient with a line search",
    .state_size = sizeof(struct trpo),
    .config_size = sizeof(struct trpo_config),
    .opts = opts,
    .reject = gb_on_policy_reject,
    .init = trpo_init,
    .act = gb_on_policy_act,
    .observe = trpo_observe,
    .metrics = gb_on_policy_metrics,
    .archive = gb_on_policy_archive,
    .free = gb_natural_free,
    .update = gb_natural_update,
    .insight = gb_on_policy_insight,
    .archive_insight = gb_on_policy_archive_insight,
};
