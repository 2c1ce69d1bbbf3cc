/* mdqn.c - Munchausen Q-learning: sampled mirror-descent value iteration, on a table where
 * observations are discrete, else with networks.
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
 *
 * With networks it is Munchausen DQN: the same target, for a regression; see deep_q.h.
 */
#include "deep_q.h"
#include "tabular.h"

#include <math.h>

struct mdqn_config {
    struct tabular_config tabular; /* first; gamma and exploration serve networks too */
    struct deep_q_config deep;
    double lr, lambda, tau, l0;
    char table[8];
};

struct mdqn {
    struct tabular tabular; /* first */
    double lambda, least;   /* KL weight; the least lambda log pi */
    bool is_deep;           /* then `deep` is the agent, else `tabular` */
    struct deep_q deep;
};

/* Step sizes and clips that suit both do not exist: each has values of its own. */
enum { USUAL_LR = 0, USUAL_L0 = 1 };
static const double table_lr = 0.1, deep_lr = 1e-4, deep_l0 = -1;

#define T struct mdqn_config
static const gb_opt opts[] = {
    {"table", GB_TEXT(T, table), 0, 0, 0,
     "values on a table, or by networks; auto: a table for discrete observations", "auto",
     "auto|0|1"},
    {"lambda", GB_F64(T, lambda), 0.027, 0, 1e6, "weight of the KL divergence"},
    {"tau", GB_F64(T, tau), 0.003, 0, 1e6, "weight of the entropy"},
    {"l0", GB_F64(T, l0), USUAL_L0, -1e9, 1,
     "least (lambda + tau) log pi in an update; 0: any; 1: any on a table, the paper's -1 else"},
    {"lr", GB_F64(T, lr), USUAL_LR, 0, 1,
     "step size, on a table at the first visit; 0: 0.1 on a table, 1e-4 else"},
    {"gamma", GB_F64(T, tabular.gamma), 0.99, 0, 1, "discount"},
    {"epsilon", GB_F64(T, tabular.epsilon), 1, 0, 1, "probability of a uniform action, at first"},
    {"epsilon_end", GB_F64(T, tabular.epsilon_end), 0.05, 0, 1, "and at last"},
    {"exploration_fraction", GB_F64(T, tabular.exploration_fraction), 0.5, 0, 1,
     "part of the run over which epsilon moves to its end"},
    {"lr_decay", GB_F64(T, tabular.lr_decay), 0, 0, 1,
     "on a table, w: the n-th visit of a state and action has step size lr / n^w"},
    {"initial_value", GB_F64(T, tabular.initial_value), 0, -1e9, 1e9,
     "on a table, of all states and actions; above the returns it is optimism"},
    GB_DEEP_Q_OPTS(T),
    {0},
};
#undef T

static const char *mdqn_reject(const gb_spec *spec) {
    return spec->obs.kind == GB_DISCRETE ? gb_tabular_reject(spec) : gb_deep_q_reject(spec);
}

/* --- making -----------------------------------------------------------------------------------*/

static int init_deep(struct mdqn *m, const struct mdqn_config *c, const gb_setting *setting,
                     gb_err *err) {
    struct deep_q_config deep = c->deep;
    deep.lr = c->lr > 0 ? c->lr : deep_lr;
    deep.l0 = c->l0 <= 0 ? c->l0 : deep_l0;
    deep.lambda = c->lambda, deep.tau = c->tau;
    deep.gamma = c->tabular.gamma;
    deep.epsilon = c->tabular.epsilon, deep.epsilon_end = c->tabular.epsilon_end;
    deep.exploration_fraction = c->tabular.exploration_fraction;
    return gb_deep_q_init(&m->deep, &deep, "mdqn", setting, err);
}

static int init_tabular(struct mdqn *m, const struct mdqn_config *c, const gb_setting *setting,
                        gb_err *err) {
    struct tabular_config common = c->tabular;
    const double total = c->lambda + c->tau;
    gb_regularizer entropy;
    common.lr = c->lr > 0 ? c->lr : table_lr;
    common.temperature = common.temperature_end = total;
    m->lambda = c->lambda;
    m->least = c->l0 < 0 && total > 0 ? c->lambda / total * c->l0 : -INFINITY;
    int code = gb_regularizer_init(&entropy, "entropy", err);
    return code ? code : gb_tabular_init(&m->tabular, &common, &entropy, setting, err);
}

static int mdqn_init(void *state, const void *config, const gb_setting *setting, gb_err *err) {
    struct mdqn *m = state;
    const struct mdqn_config *c = config;
    const bool discrete = setting->spec.obs.kind == GB_DISCRETE;
    m->is_deep = c->table[0] == 'a' ? !discrete : c->table[0] == '0';
    if (!m->is_deep && !discrete)
        return gb_fail(err, GB_USAGE, "--table 1: the observations are real numbers; leave it out");
    return m->is_deep ? init_deep(m, c, setting, err) : init_tabular(m, c, setting, err);
}

static void mdqn_free(void *state) {
    struct mdqn *m = state;
    if (m->is_deep)
        gb_deep_q_free(&m->deep);
    else
        gb_tabular_free(&m->tabular);
}

/* --- acting and learning ----------------------------------------------------------------------*/

static void mdqn_act(void *state, int n, const float *obs, float *action, bool explore) {
    struct mdqn *m = state;
    if (m->is_deep)
        gb_deep_q_act(&m->deep, n, obs, action, explore);
    else
        gb_tabular_act(&m->tabular, n, obs, action, explore);
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
    if (m->is_deep) return gb_deep_q_observe(&m->deep, batch, err);
    for (int i = 0; i < batch->n; i++) {
        struct tabular_step x = gb_tabular_step(t, batch, i);
        double value = x.terminal ? 0 : gb_tabular_value(t, x.next);
        double target = x.reward + munchausen(m, x.s, x.a) + t->c.gamma * value;
        gb_tabular_update(t, x.s, x.a, target);
    }
    return gb_tabular_observed(t, batch->n, "mdqn", err);
}

static double mdqn_update(void *state) {
    struct mdqn *m = state;
    return m->is_deep ? gb_deep_q_update(&m->deep) : 0;
}

/* --- reporting, saving ------------------------------------------------------------------------*/

static int mdqn_metrics(void *state, gb_metric out[GB_MAX_METRICS]) {
    struct mdqn *m = state;
    return m->is_deep ? gb_deep_q_metrics(&m->deep, out) : gb_tabular_metrics(&m->tabular, out);
}

static void mdqn_archive(void *state, gb_archive *archive, bool policy_only) {
    struct mdqn *m = state;
    if (m->is_deep)
        gb_deep_q_archive(&m->deep, archive, policy_only);
    else
        gb_tabular_archive(&m->tabular, archive, policy_only);
}

static void mdqn_insight(void *state, const float *obs, gb_rng *rng, gb_insight *out) {
    struct mdqn *m = state;
    if (m->is_deep)
        gb_deep_q_insight(&m->deep, obs, rng, out);
    else
        gb_tabular_insight(&m->tabular, obs, rng, out);
}

static void mdqn_archive_insight(void *state, gb_archive *archive) {
    struct mdqn *m = state;
    if (!m->is_deep) gb_tabular_archive_insight(&m->tabular, archive);
}

extern const gb_agent_type gb_agent_mdqn;
const gb_agent_type gb_agent_mdqn = {
    .name = "mdqn",
    .help = "Munchausen Q-learning (mirror descent): a table for finite tasks, networks for others",
    .state_size = sizeof(struct mdqn),
    .config_size = sizeof(struct mdqn_config),
    .opts = opts,
    .reject = mdqn_reject,
    .init = mdqn_init,
    .act = mdqn_act,
    .observe = mdqn_observe,
    .metrics = mdqn_metrics,
    .archive = mdqn_archive,
    .free = mdqn_free,
    .update = mdqn_update,
    .insight = mdqn_insight,
    .archive_insight = mdqn_archive_insight,
};
