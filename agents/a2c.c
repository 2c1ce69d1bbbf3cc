/* a2c.c - advantage actor-critic, synchronous (Mnih et al. 2016).
 *
 *   L = -mean log pi(a|s) A - ent_coef mean H(pi) + vf_coef mean (V - R)^2
 *
 * One gradient step a rollout, with advantages of n steps (gae_lambda 1) or by GAE. Options and
 * defaults are those of Stable-Baselines3: RMSprop with decay 0.99 and epsilon 1e-5, or Adam.
 */
#include "on_policy.h"

struct a2c_config {
    struct on_policy_config on;
    bool use_rms_prop;
};

struct a2c {
    struct on_policy on;
};

#define T struct a2c_config
static const gb_opt opts[] = {
    ON_POLICY_OPTS(T, on, "7e-4", 0),
    ON_POLICY_GAE_OPTS(T, on, 5, 1),
    {"use_rms_prop", GB_BOOL(T, use_rms_prop), 1, 0, 1, "RMSprop rather than Adam"},
    ON_POLICY_ENTROPY_OPTS(T, on),
    ON_POLICY_JOINT_OPTS(T, on),
    {0},
};
#undef T

static int a2c_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    struct on_policy *o = &((struct a2c *)state)->on;
    const struct a2c_config *c = config;
    const struct on_policy_plan plan = {.name = "a2c",
                                        .steps = c->on.n_steps,
                                        .batch = ON_POLICY_WHOLE};
    int code = gb_on_policy_init(o, &c->on, &plan, setting, err);
    if (!code && c->use_rms_prop)
        o->adam.beta1 = 0, o->adam.beta2 = 0.99, o->adam.uncorrected = true;
    return code;
}

static void a2c_loss(struct on_policy *o, struct on_policy_batch *b, void *agent) {
    (void)o, (void)agent;
    gb_on_policy_score(b);
}

static int a2c_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct on_policy *o = state;
    if (!gb_on_policy_record(o, batch, NULL)) return GB_OK;
    gb_on_policy_begin(o);
    gb_on_policy_step(o, o->order, o->rows, a2c_loss, NULL, 0);
    return gb_on_policy_end(o, err);
}

static double a2c_update(void *state) {
    return gb_on_policy_update(state, a2c_loss, NULL, 0);
}

extern const gb_agent_type gb_agent_a2c;
const gb_agent_type gb_agent_a2c = {
    .name = "a2c",
    .help = "advantage actor-critic: a gradient step on every few steps of many environments",
    .state_size = sizeof(struct a2c),
    .config_size = sizeof(struct a2c_config),
    .opts = opts,
    .reject = gb_on_policy_reject,
    .init = a2c_init,
    .act = gb_on_policy_act,
    .observe = a2c_observe,
    .metrics = gb_on_policy_metrics,
    .archive = gb_on_policy_archive,
    .free = gb_on_policy_free,
    .update = a2c_update,
    .insight = gb_on_policy_insight,
    .archive_insight = gb_on_policy_archive_insight,
};
