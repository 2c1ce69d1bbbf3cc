/* conservative.c - value iterations on preferences, which a policy softmax(q / T) follows and which
 * keep their gaps: the same policies as mirror descent (md_mpi.c with m = 1), without a table of
 * policies. With the value m(q) = T ln sum_a exp(q_a / T) of a state:
 *
 *   cvi, conservative value iteration (Kozuno, Uchibe and Doya 2019)
 *       q <- r + gamma P m(q) + b (q - m(q)),   T = lambda + tau, b = lambda / (lambda + tau)
 *   dpp, dynamic policy programming (Azar, Gomez and Kappen 2012): the same with tau = 0, b = 1,
 *       T = lambda; originally with the mean <pi, q> for m(q)
 *   advantage_learning (Baird 1999; Bellemare et al. 2016): the limit T = 0, b = alpha, of max q
 *   munchausen_value_iteration (Vieillard, Pietquin and Geist 2020)
 *       q <- r + alpha T ln pi + gamma P m(q),  pi = softmax(q / T)
 *
 * They equal MD-MPI(lambda, tau, 1) with lambda = b T, tau = (1 - b) T, b = alpha, whose q_k is the
 * backup alone; from the same start, q_0 = b T ln(1 / actions), at every iteration and for every
 * error of the backups.
 *
 * After every iteration q is the table of preferences, log_policy its softmax and v its value m(q)
 * (the mean for such a dpp). v converges to the optimum v* regularised by tau alone, q to
 * q* + b / (1 - b) (q* - v*), gaps widened to 1 / (1 - b) times; at b = 1 they grow without end.
 * The residual bounds the distance of v, and of the backup in q, from the optimum (without injected
 * errors).
 */
#include "regular.h"

#include <math.h>
#include <string.h>

struct config {
    double lambda, tau, alpha, temperature;
    char value[16];
};

struct state {
    gb_regular tables;
    double temperature, keep;   /* T and b */
    bool mean;                  /* m(q) is <pi, q> */
    gb_regularizer soft, limit; /* entropies of weight T and (1 - b) T */
    double *preferences;        /* (states, actions) while solver->q is the backup */
    double *optimal;            /* (states) for the residual */
};

/* --- starts -----------------------------------------------------------------------------------*/

/* m(q) and the policy of solver->q. */
static void set_value(gb_solver *solver) {
    const struct state *state = solver->state;
    gb_regular_greedy(&state->tables, &state->soft, NULL, solver->q, solver->v, solver->log_policy);
    if (state->mean) gb_regular_mean(&state->tables, solver->log_policy, solver->q, solver->v);
}

static int start(gb_solver *solver, double temperature, double keep, gb_err *err) {
    struct state *state = solver->state;
    const size_t pairs = gb_mdp_pairs(solver->mdp);
    state->temperature = temperature;
    state->keep = keep;
    int code = gb_regularizer_make(&state->soft, "entropy", temperature, 0, 0, err);
    if (code == GB_OK)
        code = gb_regularizer_make(&state->limit, "entropy", (1 - keep) * temperature, 0, 0, err);
    if (code) return code;
    if (gb_regular_init(&state->tables, solver, err)) return GB_FAIL;
    state->preferences = gb_alloc(pairs, sizeof *state->preferences, err);
    state->optimal = gb_alloc((size_t)solver->mdp->states, sizeof *state->optimal, err);
    if (!state->preferences || !state->optimal) return GB_FAIL;
    for (size_t i = 0; i < pairs; i++)
        if (solver->q[i] != -INFINITY) solver->q[i] = keep * temperature * solver->log_policy[i];
    set_value(solver);
    return GB_OK;
}

static int init_cvi(gb_solver *solver, gb_err *err) {
    const struct config *config = solver->config;
    const double temperature = config->lambda + config->tau;
    return start(solver, temperature, temperature > 0 ? config->lambda / temperature : 0, err);
}

static int init_dpp(gb_solver *solver, gb_err *err) {
    const struct config *config = solver->config;
    ((struct state *)solver->state)->mean = !strcmp(config->value, "mean");
    return start(solver, config->lambda, 1, err);
}

static int init_advantage(gb_solver *solver, gb_err *err) {
    return start(solver, 0, ((const struct config *)solver->config)->alpha, err);
}

static int init_munchausen(gb_solver *solver, gb_err *err) {
    const struct config *config = solver->config;
    return start(solver, config->temperature, config->alpha, err);
}

static void free_state(gb_solver *solver) {
    struct state *state = solver->state;
    gb_regular_free(&state->tables);
    gb_dealloc(state->preferences);
    gb_dealloc(state->optimal);
}

/* --- iterations -------------------------------------------------------------------------------*/

/* Takes the next preferences in place of the backup in solver->q, which gives the residual. */
static void finish(gb_solver *solver) {
    struct state *state = solver->state;
    gb_regular_greedy(&state->tables, &state->limit, NULL, solver->q, state->optimal, NULL);
    memcpy(solver->q, state->preferences, gb_mdp_pairs(solver->mdp) * sizeof *solver->q);
    set_value(solver);
    solver->residual = gb_regular_residual(&state->tables, state->optimal);
}

/* r + gamma P m(q) + b (q - m(q)) */
static int iterate_conservative(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    const gb_mdp *mdp = solver->mdp;
    const size_t pairs = gb_mdp_pairs(mdp);
    memcpy(state->preferences, solver->q, pairs * sizeof *solver->q);
    if (gb_regular_evaluate(&state->tables, 1, solver->log_policy, err)) return GB_FAIL;
    for (int s = 0; s < mdp->states; s++)
        for (size_t i = gb_mdp_pair(mdp, s, 0); i < gb_mdp_pair(mdp, s + 1, 0); i++)
            if (state->preferences[i] != -INFINITY)
                state->preferences[i] =
                    solver->q[i] + state->keep * (state->preferences[i] - state->tables.before[s]);
    finish(solver);
    return GB_OK;
}

/* r + gamma P m(q) + alpha T ln pi */
static int iterate_munchausen(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    const double weight = state->keep * state->temperature;
    if (gb_regular_evaluate(&state->tables, 1, solver->log_policy, err)) return GB_FAIL;
    for (size_t i = 0; i < gb_mdp_pairs(solver->mdp); i++)
        state->preferences[i] =
            solver->q[i] == -INFINITY ? -INFINITY : solver->q[i] + weight * solver->log_policy[i];
    finish(solver);
    return GB_OK;
}

/* --- the types --------------------------------------------------------------------------------*/

#define T struct config
#define LAMBDA                                                                                     \
    { "lambda", GB_F64(T, lambda), 0.1, 0, 1e9, "weight of the KL divergence from the last policy" }
static const gb_opt cvi_opts[] = {
    LAMBDA,
    {"tau", GB_F64(T, tau), 0.01, 0, 1e9, "weight of the entropy"},
    {0},
};
static const gb_opt dpp_opts[] = {
    LAMBDA,
    {"value", GB_TEXT(T, value), 0, 0, 0, "of a state: log sum exp, or the mean under the policy",
     "soft", "soft|mean"},
    {0},
};
static const gb_opt advantage_opts[] = {
    {"alpha", GB_F64(T, alpha), 0.9, 0, 1, "how much of the gap to the best action is kept"},
    {0},
};
static const gb_opt munchausen_opts[] = {
    {"alpha", GB_F64(T, alpha), 0.9, 0, 1, "weight of the log-policy in the reward"},
    {"temperature", GB_F64(T, temperature), 0.03, 1e-9, 1e9, "of the softmax"},
    {0},
};
#undef T

#define TYPE(name, help, table, init, iterate)                                                     \
    const gb_solver_type gb_solver_##name = {#name,                                                \
                                             help,                                                 \
                                             sizeof(struct state),                                 \
                                             sizeof(struct config),                                \
                                             table,                                                \
                                             init,                                                 \
                                             iterate,                                              \
                                             free_state}

TYPE(cvi, "conservative value iteration", cvi_opts, init_cvi, iterate_conservative);
TYPE(dpp, "dynamic policy programming", dpp_opts, init_dpp, iterate_conservative);
TYPE(advantage_learning, "value iteration that widens the gaps between actions", advantage_opts,
     init_advantage, iterate_conservative);
TYPE(munchausen_value_iteration, "value iteration with the log-policy added to rewards",
     munchausen_opts, init_munchausen, iterate_munchausen);
