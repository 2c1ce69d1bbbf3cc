/* mdqn.c - Munchausen Q-learning: sampled mirror-descent value iteration, on a table.
 *
 * Vieillard, Pietquin and Geist 2020 (arXiv 2007.14430), in the parameters of Vieillard, Kozuno,
 * Scherrer, Pietquin, Munos and Geist 2020 (arXiv 2003.14089): lambda weighs the KL divergence from
 * the policy before, tau the entropy. With T = lambda + tau,
 *
 *   pi(.|s)  = softmax(q(s, .) / T),
 *   q(s, a) += lr / n^w (r + lambda log pi(a|s) + gamma (1 - terminal) T log sum exp(q(s', .) / T)
 *                        - q(s, a)).
 *
 * The papers' alpha and temperature are lambda / T and T; l0 clips T log pi from below. If mu is
 * the policy before, q' = q - lambda log mu are the values of mirror descent MD-VI(lambda, tau):
 * pi maximises <pi, q'> - lambda KL(pi||mu) + tau H(pi), the logarithm above is that maximum, and
 * the next q' is r + gamma times it. Log-policies so add up the errors of all q' so far, with
 * weights (lambda / T)^k, and it is their average that the policy sees.
 *
 * lambda = tau = 0 is Q-learning, lambda = 0 soft Q-learning, tau = 0 dynamic policy programming,
 * whose values of all but the best actions fall without end while the policy becomes greedy. For
 * tau > 0 the limit is the entropy-regularised optimum: q - lambda log pi are its values.
 */
#include "tabular.h"

#include <math.h>

struct mdqn_config {
    struct tabular_config tabular; /* first */
    double lambda, tau, l0;
};

struct mdqn {
    struct tabular tabular; /* first */
    double lambda, least;   /* KL weight; the least lambda log pi */
};

static const gb_opt opts[] = {
    {"lambda", GB_F64(struct mdqn_config, lambda), 0.027, 0, 1e6, "weight of the KL divergence"},
    {"tau", GB_F64(struct mdqn_config, tau), 0.003, 0, 1e6, "weight of the entropy"},
    {"l0", GB_F64(struct mdqn_config, l0), 0, -1e9, 0,
     "least (lambda + tau) log pi in an update (the paper's is -1); 0: any"},
    GB_TABULAR_OPTS,
    {0},
};

static int mdqn_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    struct mdqn *m = state;
    const struct mdqn_config *c = config;
    struct tabular_config common = c->tabular;
    double total = c->lambda + c->tau;
    gb_regularizer entropy;
    common.temperature = common.temperature_end = total;
    m->lambda = c->lambda;
    m->least = c->l0 < 0 && total > 0 ? c->lambda / total * c->l0 : -INFINITY;
    int code = gb_regularizer_init(&entropy, "entropy", err);
    return code ? code : gb_tabular_init(&m->tabular, &common, &entropy, setting, err);
}

/* Returns lambda log pi(a|s), clipped. */
static double munchausen(struct mdqn *m, int s, int a) {
    if (m->lambda == 0) return 0; /* log pi may be infinite */
    gb_tabular_value(&m->tabular, s);
    return fmax(m->lambda * m->tabular.log_policy[a], m->least);
}

static int mdqn_observe(void *state, const gb_batch *batch, gb_err *err) {
    struct mdqn *m = state;
    struct tabular *t = &m->tabular;
    for (int i = 0; i < batch->n; i++) {
        struct tabular_step x = gb_tabular_step(t, batch, i);
        double value = x.terminal ? 0 : gb_tabular_value(t, x.next);
        double target = x.reward + munchausen(m, x.s, x.a) + t->c.gamma * value;
        gb_tabular_update(t, x.s, x.a, target);
    }
    return gb_tabular_observed(t, batch->n, "mdqn", err);
}

extern const gb_agent_type gb_agent_mdqn;
const gb_agent_type gb_agent_mdqn = {
    .name = "mdqn",
    .help = "Munchausen Q-learning (mirror-descent value iteration) on a table, for finite tasks",
    .state_size = sizeof(struct mdqn),
    .config_size = sizeof(struct mdqn_config),
    .opts = opts,
    .reject = gb_tabular_reject,
    .init = mdqn_init,
    .act = gb_tabular_act,
    .observe = mdqn_observe,
    .metrics = gb_tabular_metrics,
    .archive = gb_tabular_archive,
    .free = gb_tabular_free,
};
