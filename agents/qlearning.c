/* qlearning.c - Q-learning: off-policy control by sampled value iteration on a table.
 *
 * Watkins and Dayan 1992. At the n-th visit of (s, a), with step size lr / n^w,
 *
 *   q(s, a) += lr / n^w (r + gamma (1 - terminal) max_a' q(s', a') - q(s, a)),
 *
 * which converges to the optimal values with probability 1 if every pair is visited for ever and
 * 1/2 < w <= 1. A step limit does not stop bootstrapping. Transitions of parallel environments are
 * taken in one after the other.
 */
#include "tabular.h"

static const gb_opt opts[] = {GB_TABULAR_OPTS, GB_TABULAR_TEMPERATURE, {0}};

static int qlearning_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    gb_regularizer entropy;
    int code = gb_regularizer_init(&entropy, "entropy", err);
    return code ? code : gb_tabular_init(state, config, &entropy, setting, err);
}

static int qlearning_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct tabular *t = state;
    for (int i = 0; i < batch->n; i++) {
        struct tabular_step x = gb_tabular_step(t, batch, i);
        double value = x.terminal ? 0 : *gb_tabular_q(t, x.next, gb_tabular_best(t, x.next));
        gb_tabular_update(t, x.s, x.a, x.reward + t->c.gamma * value);
    }
    return gb_tabular_observed(t, batch->n, "qlearning", err);
}

extern const gb_agent_type gb_agent_qlearning;
const gb_agent_type gb_agent_qlearning = {
    .name = "qlearning",
    .help = "Q-learning on a table, for finite tasks",
    .state_size = sizeof(struct tabular),
    .config_size = sizeof(struct tabular_config),
    .opts = opts,
    .reject = gb_tabular_reject,
    .init = qlearning_init,
    .act = gb_tabular_act,
    .observe = qlearning_observe,
    .metrics = gb_tabular_metrics,
    .archive = gb_tabular_archive,
    .free = gb_tabular_free,
    .insight = gb_tabular_insight,
    .archive_insight = gb_tabular_archive_insight,
};
