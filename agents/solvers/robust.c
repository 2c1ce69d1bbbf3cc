/* robust.c - value iteration against a nature that chooses the transitions (Iyengar 2005; Osogami
 * 2012; Zhang, Hu and Li 2023): q = r + gamma rho(v), where rho(s, a) is the least that nature can
 * make of the successor's value,
 *     entropic  min_Q E_Q v + KL(Q||P) / beta = -(1/beta) log E_P exp(-beta v): risk aversion;
 *               beta -> 0 is the mean, beta -> infinity the worst successor
 *     kl_ball   min E_Q v over all Q with KL(Q||P(.|s, a)) <= radius
 *               = max_{b>0} -(radius + log E_P exp(-b v)) / b
 * and v = max_a q, or tau log sum_a exp(q / tau) with an entropy weight: the average over the
 * actions stands outside of rho. A terminal outcome counts as a successor of value 0; rewards count
 * by their means. The backup is a gamma-contraction in the sup-norm.
 *
 * With --samples, P is the empirical distribution of the samples of an iteration.
 *
 * After each iteration q is the backup of the v before, log_policy greedy in q, v the value of q.
 * The residual, gamma / (1 - gamma) times the change of v, bounds the distance of v from the
 * solution where no errors are injected.
 */
#include "regular.h"
#include "risk.h"

#include <math.h>
#include <string.h>

struct config {
    char risk[16];
    double beta, radius, tau;
};

#define T struct config
static const gb_opt opts[] = {
    {"risk", GB_TEXT(T, risk), 0, 0, 0, "what nature may do", "entropic", "entropic|kl_ball"},
    {"beta", GB_F64(T, beta), 0.1, 0, 1e12,
     "entropic: risk aversion, 1 over nature's price of a KL divergence of 1"},
    {"radius", GB_F64(T, radius), 0.1, 0, 1e12, "kl_ball: largest KL divergence from the model"},
    {"tau", GB_F64(T, tau), 0, 0, 1e9, "entropy weight of the policy"},
    {0},
};
#undef T

struct state {
    gb_regular tables;
    gb_regularizer entropy;
    bool ball;
    double *p, *value; /* (most outcomes or samples of a pair) what a pair leads to */
    double *guess;     /* (states, actions) kl_ball: the multipliers of the last iteration */
};

static int init(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    const struct config *config = solver->config;
    const gb_mdp *mdp = solver->mdp;
    size_t most = (size_t)solver->common.samples;
    for (size_t i = 0; i < gb_mdp_pairs(mdp); i++)
        if (mdp->row[i + 1] - mdp->row[i] > most) most = mdp->row[i + 1] - mdp->row[i];
    state->ball = !strcmp(config->risk, "kl_ball");
    int code = gb_regularizer_make(&state->entropy, "entropy", config->tau, 0, 1, err);
    if (!code) code = gb_regular_init(&state->tables, solver, err);
    if (code) return code;
    state->p = gb_alloc(most, sizeof *state->p, err);
    state->value = gb_alloc(most, sizeof *state->value, err);
    state->guess = gb_alloc(gb_mdp_pairs(mdp), sizeof *state->guess, err);
    return state->p && state->value && state->guess ? GB_OK : GB_FAIL;
}

/* Returns r + gamma rho for a legal pair whose n successors are in p and value. */
static double assess(const struct state *state, const gb_solver *solver, size_t i, size_t n) {
    const struct config *config = solver->config;
    double risk = state->ball
                      ? gb_risk_ball(config->radius, n, state->p, state->value, &state->guess[i])
                      : gb_risk_entropic(config->beta, n, state->p, state->value);
    return solver->mdp->r[i] + solver->mdp->gamma * risk;
}

static double exact(const struct state *state, const gb_solver *solver, size_t i) {
    const gb_mdp *mdp = solver->mdp;
    size_t begin = mdp->row[i], n = mdp->row[i + 1] - begin;
    for (size_t k = 0; k < n; k++) {
        state->p[k] = mdp->p[begin + k];
        state->value[k] = begin + k < mdp->stop[i] ? solver->v[mdp->next[begin + k]] : 0;
    }
    return assess(state, solver, i, n);
}

static double sampled(const struct state *state, gb_solver *solver, size_t i) {
    size_t n = (size_t)solver->common.samples;
    for (size_t m = 0; m < n; m++) {
        gb_outcome outcome = gb_mdp_sample(solver->mdp, i, &solver->rng);
        state->p[m] = 1.0 / (double)n;
        state->value[m] = outcome.terminal ? 0 : solver->v[outcome.next];
    }
    return assess(state, solver, i, n);
}

/* q = r + gamma rho(v), with the errors that the options ask for. */
static void backup(struct state *state, gb_solver *solver) {
    const gb_mdp *mdp = solver->mdp;
    for (size_t i = 0; i < gb_mdp_pairs(mdp); i++) {
        bool legal = !mdp->legal || mdp->legal[i];
        solver->q[i] = legal ? exact(state, solver, i) : -INFINITY;
        if (solver->error) solver->error[i] = solver->q[i];
        if (legal && solver->common.samples) solver->q[i] = sampled(state, solver, i);
    }
    gb_solver_disturb(solver, solver->q);
}

static int iterate(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    gb_regular *tables = &state->tables;
    (void)err;
    backup(state, solver);
    memcpy(tables->before, solver->v, (size_t)solver->mdp->states * sizeof *solver->v);
    gb_regular_greedy(tables, &state->entropy, NULL, solver->q, solver->v, solver->log_policy);
    solver->residual = gb_regular_residual(tables, solver->v);
    return GB_OK;
}

static void free_state(gb_solver *solver) {
    struct state *state = solver->state;
    gb_regular_free(&state->tables);
    gb_dealloc(state->p);
    gb_dealloc(state->value);
    gb_dealloc(state->guess);
}

const gb_solver_type gb_solver_robust_value_iteration = {
    .name = "robust_value_iteration",
    .help = "value iteration under the worst transitions near the model: entropic risk or KL ball",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .init = init,
    .iterate = iterate,
    .free = free_state};
