/* expected_sarsa.c - Expected Sarsa: the value of the exploring policy itself, on a table.
 *
 * Van Seijen, van Hasselt, Whiteson and Wiering 2009. With pi the policy that explores, at its
 * present epsilon and temperature,
 *
 *   q(s, a) += lr / n^w (r + gamma (1 - terminal) sum_a' pi(a'|s') q(s', a') - q(s, a)).
 *
 * The expectation over the next action is exact, so the update has less variance than Sarsa's with
 * the same mean. With epsilon and temperature 0 it is Q-learning. The values know that exploration
 * costs: near a cliff the learnt policy keeps away from the edge until epsilon falls.
 */
#include "tabular.h"

static const gb_opt opts[] = {GB_TABULAR_OPTS, GB_TABULAR_TEMPERATURE, {0}};

static int sarsa_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    gb_regularizer entropy;
    int code = gb_regularizer_init(&entropy, "entropy", err);
    return code ? code : gb_tabular_init(state, config, &entropy, setting, err);
}

/* Returns sum_a pi(a|s) q(s, a). */
static double expected(struct tabular *t, int s) {
    double sum = 0;
    gb_tabular_explore(t, s);
    for (int a = 0; a < t->actions; a++) sum += t->prob[a] * *gb_tabular_q(t, s, a);
    return sum;
}

static int sarsa_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct tabular *t = state;
    for (int i = 0; i < batch->n; i++) {
        struct tabular_step x = gb_tabular_step(t, batch, i);
        double value = x.terminal ? 0 : expected(t, x.next);
        gb_tabular_update(t, x.s, x.a, x.reward + t->c.gamma * value);
    }
    return gb_tabular_observed(t, batch->n, "expected_sarsa", err);
}

extern const gb_agent_type gb_agent_expected_sarsa;
const gb_agent_type gb_agent_expected_sarsa = {
    .name = "expected_sarsa",
    .help = "Expected Sarsa on a table, for finite tasks",
    .state_size = sizeof(struct tabular),
    .config_size = sizeof(struct tabular_config),
    .opts = opts,
    .reject = gb_tabular_reject,
    .init = sarsa_init,
    .act = gb_tabular_act,
    .observe = sarsa_observe,
    .metrics = gb_tabular_metrics,
    .archive = gb_tabular_archive,
    .free = gb_tabular_free,
    .insight = gb_tabular_insight,
    .archive_insight = gb_tabular_archive_insight,
};
