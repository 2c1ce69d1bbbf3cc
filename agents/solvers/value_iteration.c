/* value_iteration.c - regularised modified policy iteration (Geist, Scherrer and Pietquin 2019), of
 * which value, policy and modified policy iteration, plain, soft and sparse, are the settings:
 *
 *     pi <- argmax_p <p, q> - Omega(p) in every state,    q = r + gamma P v
 *     v  <- (T_pi)^m v,    T_pi v = <pi, r + gamma P v> - Omega(pi)
 *
 * with m = 1 for value iteration and m = infinity, written 0, for policy iteration. Omega has no
 * memory: where it takes a prior, that is the uniform policy over the legal actions.
 *
 * After every iteration log_policy is the greedy one in q, and v its value: v = Omega*(q), the
 * first of the m applications of the next T_pi. The residual bounds the distance of v and q from
 * the regularised optimum in the sup-norm (without injected errors). The start is v = 0, and for m
 * other than 1 the uniform policy on q = 0, which is evaluated first.
 */
#include "regular.h"

struct config {
    char regularizer[32];
    double tau, lambda, index;
    int m;
};

struct state {
    gb_regular tables;
    gb_regularizer omega;
    int m;
};

static int start(gb_solver *solver, int m, gb_err *err) {
    const struct config *config = solver->config;
    struct state *state = solver->state;
    state->m = m;
    int code = gb_regularizer_make(&state->omega, config->regularizer, config->tau, config->lambda,
                                   config->index, err);
    if (code) return code;
    if (gb_regular_init(&state->tables, solver, err)) return GB_FAIL;
    gb_regular_set_bonus(&state->tables, &state->omega, NULL, solver->log_policy);
    return GB_OK;
}

static int init_value(gb_solver *solver, gb_err *err) {
    return start(solver, 1, err);
}

static int init_policy(gb_solver *solver, gb_err *err) {
    return start(solver, 0, err);
}

static int init_modified(gb_solver *solver, gb_err *err) {
    return start(solver, ((const struct config *)solver->config)->m, err);
}

static int iterate(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    gb_regular *tables = &state->tables;
    if (gb_regular_evaluate(tables, state->m, solver->log_policy, err)) return GB_FAIL;
    gb_regular_greedy(tables, &state->omega, NULL, solver->q, solver->v, solver->log_policy);
    if (state->m != 1) gb_regular_set_bonus(tables, &state->omega, NULL, solver->log_policy);
    solver->residual = gb_regular_residual(tables, solver->v);
    return GB_OK;
}

static void free_state(gb_solver *solver) {
    gb_regular_free(&((struct state *)solver->state)->tables);
}

/* --- the types --------------------------------------------------------------------------------*/

#define T struct config
#define REGULARIZER(name, only)                                                                    \
    {                                                                                              \
        "regularizer", GB_TEXT(T, regularizer), 0, 0, 0, "what is subtracted from action values",  \
            name, only                                                                             \
    }
#define TAU                                                                                        \
    { "tau", GB_F64(T, tau), 0.1, 0, 1e9, "weight of an entropy, if the regulariser has one" }
#define LAMBDA                                                                                     \
    {                                                                                              \
        "lambda", GB_F64(T, lambda), 0.1, 0, 1e9,                                                  \
            "weight of a divergence from the uniform policy, if the regulariser is one"            \
    }
#define INDEX                                                                                      \
    { "index", GB_F64(T, index), 2, -10, 10, "of tsallis and alpha_divergence" }

static const gb_opt plain_opts[] = {REGULARIZER("none", NULL), TAU, LAMBDA, INDEX, {0}};
static const gb_opt modified_opts[] = {{"m", GB_INT(T, m), 10, 0, 1000000,
                                        "evaluation sweeps an iteration; 0: exact evaluation"},
                                       REGULARIZER("none", NULL),
                                       TAU,
                                       LAMBDA,
                                       INDEX,
                                       {0}};
static const gb_opt soft_opts[] = {REGULARIZER("entropy", "entropy|kl|kl_entropy"),
                                   TAU,
                                   LAMBDA,
                                   {0}};
static const gb_opt sparse_opts[] = {REGULARIZER("sparsemax", "sparsemax|tsallis"),
                                     TAU,
                                     INDEX,
                                     {0}};
#undef T

#define TYPE(name, help, table, init)                                                              \
    const gb_solver_type gb_solver_##name = {#name,                                                \
                                             help,                                                 \
                                             sizeof(struct state),                                 \
                                             sizeof(struct config),                                \
                                             table,                                                \
                                             init,                                                 \
                                             iterate,                                              \
                                             free_state}

TYPE(value_iteration, "Bellman sweeps v <- max q", plain_opts, init_value);
TYPE(policy_iteration, "greedy policies, each evaluated exactly", plain_opts, init_policy);
TYPE(modified_policy_iteration, "greedy policies, each evaluated by m sweeps", modified_opts,
     init_modified);
TYPE(soft_value_iteration, "value iteration with an entropy bonus", soft_opts, init_value);
TYPE(soft_policy_iteration, "policy iteration with an entropy bonus", soft_opts, init_policy);
TYPE(sparse_value_iteration, "value iteration with a Tsallis entropy: sparse policies", sparse_opts,
     init_value);
