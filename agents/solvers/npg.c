/* npg.c - natural policy gradient with softmax policies, entropy-regularised or plain.
 *
 * With weight tau > 0 of the entropy (Cen et al. 2021):
 *     pi'(a|s) ~ pi(a|s)^(1 - eta tau / (1 - gamma)) exp(eta q(s, a) / (1 - gamma)),
 * 0 < eta <= (1 - gamma) / tau; q is the regularised value of pi. The largest step forgets pi: soft
 * policy iteration. Errors fall as (1 - eta tau)^t at least. tau = 0 is multiplicative weights
 * (Agarwal et al. 2021): pi' ~ pi exp(eta q / (1 - gamma)), for any eta, whose errors fall as 1/t
 * at least.
 *
 * The step is the regularised greedy one with lambda = (1 - gamma) / eta - tau: mirror descent.
 *
 * After each iteration, and at the start, v and q are the regularised values of log_policy (or what
 * m sweeps make of them); the start is the uniform policy. The residual bounds the distance of v
 * from the optimum.
 */
#include "ascent.h"

#include <math.h>

struct config {
    double tau, eta, fraction;
    int m;
};

#define T struct config
static const gb_opt opts[] = {
    {"tau", GB_F64(T, tau), 0.1, 0, 1e9, "entropy weight; 0: multiplicative weights"},
    {"eta", GB_F64(T, eta), 0, 0, 1e15, "step; 0: fraction times the largest, (1 - gamma) / tau"},
    {"fraction", GB_F64(T, fraction), 1, 1e-9, 1, "of the largest step; 1: soft policy iteration"},
    {"m", GB_INT(T, m), 0, 0, 1000000, "sweeps of evaluation; 0: exact"},
    {0},
};
#undef T

struct state {
    gb_ascent ascent;
    gb_regularizer step; /* from the last policy as prior */
};

/* Sets the weights of the step. */
static int set_step(const struct config *config, double gamma, gb_regularizer *step, gb_err *err) {
    const double tau = config->tau, largest = (1 - gamma) / tau, eta = config->eta;
    double lambda;
    if (tau == 0 && eta == 0)
        return gb_fail(err, GB_USAGE,
                       "npg: with --tau 0 there is no largest step to take a fraction of; give "
                       "--eta");
    if (tau > 0 && eta > largest * (1 + 1e-12))
        return gb_fail(err, GB_USAGE,
                       "npg: --eta %g is above the largest step (1 - gamma) / tau = %g; lower it, "
                       "or give --fraction 1",
                       eta, largest);
    if (tau == 0) {
        lambda = (1 - gamma) / eta;
    } else {
        double fraction = eta > 0 ? fmin(eta / largest, 1) : config->fraction;
        lambda = tau * (1 - fraction) / fraction; /* exactly 0 at the largest */
    }
    return gb_regularizer_make(step, "kl_entropy", tau, lambda, 1, err);
}

static int init(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    const struct config *config = solver->config;
    gb_regularizer entropy;
    int code = set_step(config, solver->mdp->gamma, &state->step, err);
    if (!code) code = gb_regularizer_make(&entropy, "entropy", config->tau, 0, 1, err);
    if (!code) code = gb_ascent_init(&state->ascent, solver, &entropy, config->m, err);
    return code ? code : gb_ascent_evaluate(&state->ascent, err);
}

static int iterate(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    gb_ascent *ascent = &state->ascent;
    gb_regular_greedy(&ascent->tables, &state->step, solver->log_policy, solver->q, NULL,
                      ascent->next);
    gb_ascent_take(ascent);
    return gb_ascent_evaluate(ascent, err);
}

static void free_state(gb_solver *solver) {
    gb_ascent_free(&((struct state *)solver->state)->ascent);
}

const gb_solver_type gb_solver_npg = {.name = "npg",
                                      .help = "natural policy gradient, entropy-regularised or not",
                                      .state_size = sizeof(struct state),
                                      .config_size = sizeof(struct config),
                                      .opts = opts,
                                      .init = init,
                                      .iterate = iterate,
                                      .free = free_state};
