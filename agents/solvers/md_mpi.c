/* md_mpi.c - mirror-descent and dual-averaging modified policy iteration (Vieillard, Kozuno,
 * Scherrer, Pietquin, Munos and Geist 2020, "Leverage the Average", equations 1 and 2).
 *
 *     pi_{k+1} = argmax_p <p, q_k> - lambda KL(p||pi_k) + tau H(p)
 *     q_{k+1}  = (T_{k+1})^m q_k + error,
 *     T_{k+1} q = r + gamma P (<pi_{k+1}, q> - lambda KL(pi_{k+1}||pi_k) + tau H(pi_{k+1}))
 *
 * from q_0 = 0 and the uniform pi_0. m = 1 is value iteration, m = infinity, written 0, policy
 * iteration. Plain evaluation leaves the penalties out of T. Dual averaging gets the same policies
 * from an average h of all q instead of from the last policy:
 *
 *     tau > 0:  pi_{k+1} = softmax(h_k / tau),             h_{k+1} = b h_k + (1 - b) q_{k+1},
 *               b = lambda / (lambda + tau),               h_0 = (1 - b) q_0
 *     tau = 0:  pi_{k+1} = softmax(h_k (k + 1) / lambda),  h_{k+1} = ((k+1) h_k + q_{k+1}) / (k+2),
 *               h_0 = q_0
 *
 * At lambda = tau = 0 the first is value iteration; the second is greedy in the average of all q.
 *
 * After k iterations q is q_k (for m other than 1 the backup of the last v), log_policy is
 * pi_{k+1}, the policy it leads to, and v the value of that step: <pi_{k+1}, q_k> less penalties,
 * or without them if evaluation is plain. v(s) and q converge to the optimum regularised by tau
 * alone, as the KL penalty vanishes; the residual bounds their distance from it (without injected
 * errors). With plain evaluation and tau > 0 the limit is a fixed point of q = r + gamma P <pi, q>,
 * pi = softmax(q / tau), which need not be a contraction: the residual then bounds nothing, but is
 * 0 there only.
 */
#include "regular.h"

#include <math.h>

struct config {
    double lambda, tau;
    int m;
    bool plain_evaluation;
};

struct state {
    gb_regular tables;
    gb_regularizer step;  /* lambda KL(.||pi_k) - tau H */
    gb_regularizer limit; /* -tau H */
    double *log_prior;    /* (states, actions) pi_k */
    double *optimal;      /* (states) for the residual */
    double *average;      /* (states, actions) h_k; NULL for mirror descent */
};

static int allocate(gb_solver *solver, bool dual, gb_err *err) {
    struct state *state = solver->state;
    const size_t pairs = gb_mdp_pairs(solver->mdp);
    state->optimal = gb_alloc((size_t)solver->mdp->states, sizeof *state->optimal, err);
    state->log_prior = gb_alloc(pairs, sizeof *state->log_prior, err);
    if (dual) state->average = gb_alloc(pairs, sizeof *state->average, err);
    return state->optimal && state->log_prior && (!dual || state->average) ? GB_OK : GB_FAIL;
}

static int start(gb_solver *solver, bool dual, gb_err *err) {
    const struct config *config = solver->config;
    struct state *state = solver->state;
    gb_regular *tables = &state->tables;
    int code = gb_regularizer_make(&state->step, "kl_entropy", config->tau, config->lambda, 0, err);
    if (code == GB_OK) code = gb_regularizer_make(&state->limit, "entropy", config->tau, 0, 0, err);
    if (code) return code;
    if (gb_regular_init(tables, solver, err)) return GB_FAIL;
    if (allocate(solver, dual, err)) return GB_FAIL;
    /* pi_1 is pi_0, as q_0 is 0 */
    if (!config->plain_evaluation)
        gb_regular_set_bonus(tables, &state->step, NULL, solver->log_policy);
    gb_regular_mean(tables, solver->log_policy, solver->q, solver->v);
    return GB_OK;
}

static int init_mirror(gb_solver *solver, gb_err *err) {
    return start(solver, false, err);
}

static int init_dual(gb_solver *solver, gb_err *err) {
    return start(solver, true, err);
}

static void free_state(gb_solver *solver) {
    struct state *state = solver->state;
    gb_regular_free(&state->tables);
    gb_dealloc(state->log_prior);
    gb_dealloc(state->optimal);
    gb_dealloc(state->average);
}

/* --- one iteration ----------------------------------------------------------------------------*/

/* Takes the new q, number k, into the average; returns the regulariser whose greedy policy in it
 * comes next. */
static gb_regularizer take_into_average(gb_solver *solver, double k) {
    const struct config *config = solver->config;
    struct state *state = solver->state;
    gb_regularizer step = state->limit;
    double old = k / (k + 1), new = 1 / (k + 1);
    if (config->tau > 0) {
        old = config->lambda / (config->lambda + config->tau);
        new = config->tau / (config->lambda + config->tau);
    } else
        step.tau = config->lambda / (k + 1);
    for (size_t i = 0; i < gb_mdp_pairs(solver->mdp); i++)
        if (solver->q[i] != -INFINITY)
            state->average[i] = old * state->average[i] + new * solver->q[i];
    return step;
}

/* From pi_k, q_k to pi_{k+1}; k iterations are over with this one. */
static void next_policy(gb_solver *solver, double k) {
    struct state *state = solver->state;
    double *log_prior = solver->log_policy; /* the old policy, in the table that was the prior's */
    solver->log_policy = state->log_prior;
    state->log_prior = log_prior;
    if (state->average) {
        gb_regularizer step = take_into_average(solver, k);
        gb_regular_greedy(&state->tables, &step, NULL, state->average, NULL, solver->log_policy);
    } else
        gb_regular_greedy(&state->tables, &state->step, log_prior, solver->q, solver->v,
                          solver->log_policy);
}

/* The value of the step: mirror descent has it already, as the maximum, if penalties count. */
static void next_value(gb_solver *solver) {
    const struct config *config = solver->config;
    struct state *state = solver->state;
    gb_regular *tables = &state->tables;
    bool maximum = !state->average && !config->plain_evaluation;
    if (!config->plain_evaluation && (!maximum || config->m != 1))
        gb_regular_set_bonus(tables, &state->step, state->log_prior, solver->log_policy);
    if (!maximum) gb_regular_mean(tables, solver->log_policy, solver->q, solver->v);
}

/* One application of the operator whose fixed point is the limit. */
static void set_optimal(gb_solver *solver) {
    const struct config *config = solver->config;
    struct state *state = solver->state;
    gb_regular *tables = &state->tables;
    if (config->plain_evaluation) {
        double *log_limit = tables->policy;
        gb_regular_greedy(tables, &state->limit, NULL, solver->q, NULL, log_limit);
        gb_regular_mean(tables, log_limit, solver->q, state->optimal); /* bonus is 0 */
    } else
        gb_regular_greedy(tables, &state->limit, NULL, solver->q, state->optimal, NULL);
}

static int iterate(gb_solver *solver, gb_err *err) {
    const struct config *config = solver->config;
    struct state *state = solver->state;
    if (gb_regular_evaluate(&state->tables, config->m, solver->log_policy, err)) return GB_FAIL;
    next_policy(solver, (double)solver->iteration + 1);
    next_value(solver);
    set_optimal(solver);
    solver->residual = gb_regular_residual(&state->tables, state->optimal);
    return GB_OK;
}

/* --- the types --------------------------------------------------------------------------------*/

#define T struct config
static const gb_opt opts[] = {
    {"lambda", GB_F64(T, lambda), 0.1, 0, 1e9, "weight of the KL divergence from the last policy"},
    {"tau", GB_F64(T, tau), 0.01, 0, 1e9, "weight of the entropy"},
    {"m", GB_INT(T, m), 1, 0, 1000000, "evaluation sweeps an iteration; 0: exact evaluation"},
    {"plain_evaluation", GB_BOOL(T, plain_evaluation), 0, 0, 1,
     "1: regularise the greedy step only"},
    {0},
};
#undef T

const gb_solver_type gb_solver_md_mpi = {"md_mpi",
                                         "mirror-descent modified policy iteration",
                                         sizeof(struct state),
                                         sizeof(struct config),
                                         opts,
                                         init_mirror,
                                         iterate,
                                         free_state};
const gb_solver_type gb_solver_da_mpi = {"da_mpi",
                                         "dual-averaging modified policy iteration",
                                         sizeof(struct state),
                                         sizeof(struct config),
                                         opts,
                                         init_dual,
                                         iterate,
                                         free_state};
