/* npg.c - natural policy gradient (Kakade 2002; in this form Rajeswaran et al. 2017).
 *
 * One step a rollout along the natural gradient (natural.h): of the length at which the quadratic
 * model of KL(pi_old||pi) is target_kl, or actor_step_size times the direction. No line search.
 */
#include "natural.h"

struct npg_config {
    struct natural_config natural;
    double actor_step_size;
};

struct npg {
    struct natural natural;
    struct npg_config c;
};

static const char *const figures[] = {NATURAL_FIGURES, NULL};

#define T struct npg_config
static const gb_opt opts[] = {
    NATURAL_OPTS(T),
    {"actor_step_size", GB_F64(T, actor_step_size), 0, 0, 1e9,
     "times the direction; 0: as far as target_kl allows"},
    {0},
};
#undef T

static int npg_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    struct npg *s = state;
    s->c = *(const struct npg_config *)config;
    return gb_natural_init(&s->natural, &s->c.natural, "npg", figures, setting, err);
}

static int npg_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct npg *s = state;
    struct natural *n = &s->natural;
    double surrogate, kl;
    if (!gb_on_policy_record(&n->on, batch, NULL)) return GB_OK;
    gb_on_policy_begin(&n->on);
    double step = gb_natural_begin(n);
    if (s->c.actor_step_size > 0) step = s->c.actor_step_size;
    gb_natural_move(n, step, &surrogate, &kl);
    return gb_natural_end(n, step, kl, err);
}

extern const gb_agent_type gb_agent_npg;
const gb_agent_type gb_agent_npg = {
    .name = "npg",
    .help = "natural policy gradient",
    .state_size = sizeof(struct npg),
    .config_size = sizeof(struct npg_config),
    .opts = opts,
    .reject = gb_on_policy_reject,
    .init = npg_init,
    .act = gb_on_policy_act,
    .observe = npg_observe,
    .metrics = gb_on_policy_metrics,
    .archive = gb_on_policy_archive,
    .free = gb_natural_free,
    .update = gb_natural_update,
    .insight = gb_on_policy_insight,
    .archive_insight = gb_on_policy_archive_insight,
};
