/* soft_qlearning.c - Q-learning of a regularised task, on a table.
 *
 * With a regulariser Omega of the policy and its conjugate Omega* (core/regularizer.h),
 *
 *   q(s, a) += lr / n^w (r + gamma (1 - terminal) Omega*(q(s', .)) - q(s, a)),
 *   pi(.|s)  = argmax_p <p, q(s, .)> - Omega(p) = grad Omega*(q(s, .)),
 *
 * sampled regularised value iteration (Geist, Scherrer and Pietquin 2019). tau sum p ln p gives
 * soft Q-learning, Omega*(q) = tau log sum exp(q / tau) (Fox, Pakman and Tishby 2016; Haarnoja et
 * al. 2017); kl, from the uniform policy, mellowmax (Asadi and Littman 2017), which does not pay
 * for going on; sparsemax and tsallis the sparse policies of Lee, Choi and Oh 2018. At tau 0 all
 * are Q-learning.
 *
 * It explores with pi itself, mixed with epsilon uniform actions. Without exploring it takes the
 * most likely action of pi.
 */
#include "tabular.h"

struct soft_config {
    struct tabular_config tabular; /* first */
    double tau, index;
    char regularizer[16];
};

static const gb_opt opts[] = {
    {"tau", GB_F64(struct soft_config, tau), 0.003, 0, 1e6, "weight of the regulariser"},
    {"regularizer", GB_TEXT(struct soft_config, regularizer), .text = "entropy",
     .choices = "entropy|kl|sparsemax|tsallis|log_barrier", .help = "of the policy"},
    {"index", GB_F64(struct soft_config, index), 2, 0.01, 10,
     "of tsallis; 2: sparse, 1: Shannon entropy"},
    GB_TABULAR_OPTS,
    {0},
};

static int soft_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    const struct soft_config *c = config;
    struct tabular_config common = c->tabular;
    gb_regularizer regularizer;
    common.temperature = common.temperature_end = c->tau;
    int code = gb_regularizer_make(&regularizer, c->regularizer, c->tau, c->tau, c->index, err);
    return code ? code : gb_tabular_init(state, &common, &regularizer, setting, err);
}

static int soft_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct tabular *t = state;
    for (int i = 0; i < batch->n; i++) {
        struct tabular_step x = gb_tabular_step(t, batch, i);
        double value = x.terminal ? 0 : gb_tabular_value(t, x.next);
        gb_tabular_update(t, x.s, x.a, x.reward + t->c.gamma * value);
    }
    return gb_tabular_observed(t, batch->n, "soft_qlearning", err);
}

extern const gb_agent_type gb_agent_soft_qlearning;
const gb_agent_type gb_agent_soft_qlearning = {
    .name = "soft_qlearning",
    .help = "Q-learning regularised by an entropy or divergence, on a table, for finite tasks",
    .state_size = sizeof(struct tabular),
    .config_size = sizeof(struct soft_config),
    .opts = opts,
    .reject = gb_tabular_reject,
    .init = soft_init,
    .act = gb_tabular_act,
    .observe = soft_observe,
    .metrics = gb_tabular_metrics,
    .archive = gb_tabular_archive,
    .free = gb_tabular_free,
    .insight = gb_tabular_insight,
    .archive_insight = gb_tabular_archive_insight,
};
