/* dqn.c - deep Q-network (Mnih et al. 2015), with the options of deep_q.h: lambda and tau, both 0
 * here, make it Munchausen or soft DQN. */
#include "deep_q.h"

struct dqn_config {
    struct deep_q_config deep;
};

#define T struct dqn_config
static const gb_opt opts[] = {
    {"lr", GB_F64(T, deep.lr), 1e-4, 0, 1, "learning rate"},
    {"gamma", GB_F64(T, deep.gamma), 0.99, 0, 1, "discount"},
    {"lambda", GB_F64(T, deep.lambda), 0, 0, 1e6, "weight of the KL divergence"},
    {"tau", GB_F64(T, deep.tau), 0, 0, 1e6, "weight of the entropy"},
    {"l0", GB_F64(T, deep.l0), -1, -1e9, 0, "least (lambda + tau) log pi in an update; 0: any"},
    {"epsilon", GB_F64(T, deep.epsilon), 1, 0, 1, "probability of a uniform action, at first"},
    {"epsilon_end", GB_F64(T, deep.epsilon_end), 0.05, 0, 1, "and at last"},
    {"exploration_fraction", GB_F64(T, deep.exploration_fraction), 0.1, 0, 1,
     "part of the run over which epsilon moves to its end"},
    GB_DEEP_Q_OPTS(T),
    {0},
};
#undef T

static int dqn_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    const struct dqn_config *c = config;
    return gb_deep_q_init(state, &c->deep, "dqn", setting, err);
}

extern const gb_agent_type gb_agent_dqn;
const gb_agent_type gb_agent_dqn = {
    .name = "dqn",
    .help = "deep Q-network for discrete actions; double, dueling, n-step, prioritised on request",
    .state_size = sizeof(struct deep_q),
    .config_size = sizeof(struct dqn_config),
    .opts = opts,
    .reject = gb_deep_q_reject,
    .init = dqn_init,
    .act = gb_deep_q_act,
    .observe = gb_deep_q_observe,
    .metrics = gb_deep_q_metrics,
    .archive = gb_deep_q_archive,
    .free = gb_deep_q_free,
    .insight = gb_deep_q_insight,
    .update = gb_deep_q_update,
};
