/* mdvi.c - mirror-descent value iteration with a generative model (Kozuno et al. 2022; Kitamura et
 * al. 2023): every iteration looks at M sampled successors of each pair (--samples M; 0: at the
 * expectation). KL and entropy average the errors of the samples instead of summing them up.
 *
 * In the form that sums action values, with T = lambda + tau and alpha = lambda / T,
 *     s_k = q_k + alpha s_{k-1},    w_k = T log sum_a exp(s_k / T),    v_k = w_k - alpha w_{k-1},
 *     pi_k = softmax(s_k / T),      q_{k+1} = r + gamma (mean of v_k over the samples).
 * As T -> 0, w is the maximum and pi greedy in s. Only h_k = s_k - w_k (which is T log pi_k for
 * T > 0) is carried along, as x_k = q_k + alpha h_{k-1} has v_k = T log sum_a exp(x_k / T): nothing
 * grows with k, also for alpha = 1.
 *
 * Weights are given as --lambda and --tau, or --alpha with T still their sum, which may then be 0.
 * The analysis takes alpha = gamma.
 *
 * After each iteration q is q_k, log_policy is pi_k and v is v_k, the regularised greedy value of
 * q_k from pi_{k-1}. The residual bounds the distance of v from the optimum with the entropy weight
 * (1 - alpha) T where nothing is sampled; with samples it does not go to 0.
 */
#include "regular.h"

#include <math.h>
#include <string.h>

struct config {
    double lambda, tau, alpha;
};

#define T struct config
static const gb_opt opts[] = {
    {"lambda", GB_F64(T, lambda), 0.1, 0, 1e9, "KL weight"},
    {"tau", GB_F64(T, tau), 0, 0, 1e9, "entropy weight"},
    {"alpha", GB_F64(T, alpha), -1, -1, 1,
     "share of the past, in the place of lambda / (lambda + tau); below 0: that"},
    {0},
};
#undef T

struct state {
    gb_regular tables;
    gb_regularizer soft;    /* with the temperature T */
    gb_regularizer entropy; /* with (1 - alpha) T: of the problem that is solved */
    double alpha;
    double *history; /* (states, actions) h_k */
    double *mixed;   /* (states, actions) x_k */
    double *optimal; /* (states) */
};

static int init(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    const struct config *config = solver->config;
    const size_t pairs = gb_mdp_pairs(solver->mdp);
    double heat = config->lambda + config->tau;
    state->alpha = config->alpha >= 0 ? config->alpha : heat > 0 ? config->lambda / heat : 0;
    double weight = config->alpha >= 0 ? (1 - state->alpha) * heat : config->tau;
    int code = gb_regularizer_make(&state->soft, "entropy", heat, 0, 1, err);
    if (!code) code = gb_regularizer_make(&state->entropy, "entropy", weight, 0, 1, err);
    if (!code) code = gb_regular_init(&state->tables, solver, err);
    if (code) return code;
    state->history = gb_alloc(pairs, sizeof *state->history, err);
    state->mixed = gb_alloc(pairs, sizeof *state->mixed, err);
    state->optimal = gb_alloc((size_t)solver->mdp->states, sizeof *state->optimal, err);
    if (!state->history || !state->mixed || !state->optimal) return GB_FAIL;
    for (size_t i = 0; i < pairs; i++)
        state->history[i] = isinf(solver->q[i]) ? 0 : heat * solver->log_policy[i];
    return GB_OK;
}

static int iterate(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    gb_regular *tables = &state->tables;
    const gb_mdp *mdp = solver->mdp;
    (void)err;
    memcpy(tables->before, solver->v, (size_t)mdp->states * sizeof *solver->v);
    gb_solver_backup(solver, tables->before, solver->q);
    for (size_t i = 0; i < gb_mdp_pairs(mdp); i++)
        state->mixed[i] = solver->q[i] + state->alpha * state->history[i];
    gb_regular_greedy(tables, &state->soft, NULL, state->mixed, solver->v, solver->log_policy);
    for (int s = 0; s < mdp->states; s++)
        for (size_t i = gb_mdp_pair(mdp, s, 0); i < gb_mdp_pair(mdp, s + 1, 0); i++)
            state->history[i] = solver->q[i] == -INFINITY ? 0 : state->mixed[i] - solver->v[s];
    gb_regular_greedy(tables, &state->entropy, NULL, solver->q, state->optimal, NULL);
    solver->residual = gb_regular_residual(tables, state->optimal);
    return GB_OK;
}

static void free_state(gb_solver *solver) {
    struct state *state = solver->state;
    gb_regular_free(&state->tables);
    gb_dealloc(state->history);
    gb_dealloc(state->mixed);
    gb_dealloc(state->optimal);
}

const gb_solver_type gb_solver_mdvi = {
    .name = "mdvi",
    .help = "mirror-descent value iteration with a generative model (--samples)",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .init = init,
    .iterate = iterate,
    .free = free_state};
