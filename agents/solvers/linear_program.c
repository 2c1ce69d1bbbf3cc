/* linear_program.c - the unregularised MDP as a linear program over occupancies, solved by GLPK's
 * simplex method: shares nothing with the other solvers, to check them by.
 *
 *     max sum_i d_i r_i   such that   sum_a d(s', a) - gamma sum_i P(s'|i) d_i = 1 for all s',  d
 * >= 0 (Puterman 1994, 6.9). d is the discounted number of visits of every pair if each state is
 * started from once, so that every state is visited. The optimal policy is d over its sum in each
 * state, and the dual variables are v. Illegal pairs are left out; terminal outcomes lead nowhere.
 *
 * One iteration solves it. v is the dual solution, q = r + gamma P v (with what errors the options
 * ask for, of which the program knows nothing), log_policy from d. The residual is
 * max_s |max_a q - v| / (1 - gamma), which bounds the distance of v from the optimum: 1e-11 with 50
 * states, if the tolerances of GLPK are set as below. Large programs are refused.
 */
#include "regular.h"

#include <glpk.h>
#include <math.h>
#include <setjmp.h>
#include <string.h>

enum { MOST_STATES = 2000, MOST_PAIRS = 50000, MOST_OUTCOMES = 1000000 };

struct config {
    int64_t pivots;
};

#define T struct config
static const gb_opt opts[] = {
    {"pivots", GB_I64(T, pivots), 1000000, 1, INT32_MAX, "most steps of the simplex method"},
    {0},
};
#undef T

struct state {
    gb_regular tables;
    gb_regularizer greedy;
    double *optimal;   /* (states) */
    double *occupancy; /* (states, actions) */
    int *row;          /* (states + 1) a column of the program, from 1 on as GLPK has it */
    double *entry;     /* (states + 1) */
    jmp_buf stop;      /* out of GLPK where it would end the process */
    bool done;
};

static int init(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    const gb_mdp *mdp = solver->mdp;
    const size_t pairs = gb_mdp_pairs(mdp), states = (size_t)mdp->states;
    if (mdp->states > MOST_STATES || pairs > MOST_PAIRS || mdp->outcomes > MOST_OUTCOMES)
        return gb_fail(err, GB_USAGE,
                       "linear_program: %d states, %zu pairs and %zu outcomes are too many for the "
                       "simplex method, which takes %d, %d and %d; use policy_iteration",
                       mdp->states, pairs, mdp->outcomes, MOST_STATES, MOST_PAIRS, MOST_OUTCOMES);
    int code = gb_regularizer_init(&state->greedy, "none", err);
    if (!code) code = gb_regular_init(&state->tables, solver, err);
    if (code) return code;
    state->optimal = gb_alloc(states, sizeof *state->optimal, err);
    state->occupancy = gb_alloc(pairs, sizeof *state->occupancy, err);
    state->row = gb_alloc(states + 1, sizeof *state->row, err);
    state->entry = gb_alloc(states + 1, sizeof *state->entry, err);
    return state->optimal && state->occupancy && state->row && state->entry ? GB_OK : GB_FAIL;
}

/* Adds up one pair's column; returns its length. */
static int make_column(struct state *state, const gb_mdp *mdp, int s, size_t i) {
    int n = 0;
    state->row[++n] = s + 1;
    state->entry[n] = 1;
    for (size_t k = mdp->row[i]; k < mdp->stop[i]; k++) {
        int at = 1;
        while (at <= n && state->row[at] != mdp->next[k] + 1) at++;
        if (at > n) {
            state->row[++n] = mdp->next[k] + 1;
            state->entry[n] = 0;
        }
        state->entry[at] -= mdp->gamma * mdp->p[k];
    }
    return n;
}

/* Fills in the program; columns are the legal pairs in order. */
static void make_program(struct state *state, const gb_mdp *mdp, glp_prob *program) {
    glp_set_obj_dir(program, GLP_MAX);
    glp_add_rows(program, mdp->states);
    for (int s = 0; s < mdp->states; s++) glp_set_row_bnds(program, s + 1, GLP_FX, 1, 1);
    for (int s = 0; s < mdp->states; s++)
        for (size_t i = gb_mdp_pair(mdp, s, 0); i < gb_mdp_pair(mdp, s + 1, 0); i++) {
            if (mdp->legal && !mdp->legal[i]) continue;
            int n = make_column(state, mdp, s, i), column = glp_add_cols(program, 1);
            glp_set_col_bnds(program, column, GLP_LO, 0, 0);
            glp_set_obj_coef(program, column, mdp->r[i]);
            glp_set_mat_col(program, column, n, state->row, state->entry);
        }
}

/* Reads v and the occupancies. */
static void read_solution(struct state *state, gb_solver *solver, glp_prob *program) {
    const gb_mdp *mdp = solver->mdp;
    int column = 0;
    for (int s = 0; s < mdp->states; s++) solver->v[s] = glp_get_row_dual(program, s + 1);
    for (size_t i = 0; i < gb_mdp_pairs(mdp); i++)
        state->occupancy[i] =
            mdp->legal && !mdp->legal[i] ? 0 : fmax(glp_get_col_prim(program, ++column), 0);
}

/* Solves the program; returns GLPK's code and writes its status. */
static int run_simplex(struct state *state, gb_solver *solver, int *status) {
    const struct config *config = solver->config;
    glp_prob *program = glp_create_prob();
    glp_bfcp basis;
    glp_smcp parameters;
    glp_get_bfcp(program, &basis);
    basis.piv_tol = 0.9; /* 0.1 keeps factors sparser, and three digits fewer of v */
    glp_set_bfcp(program, &basis);
    glp_init_smcp(&parameters);
    parameters.msg_lev = GLP_MSG_OFF;
    parameters.it_lim = (int)config->pivots;
    parameters.tol_dj = parameters.tol_bnd = 1e-12; /* the usual 1e-7 may stop short */
    make_program(state, solver->mdp, program);
    glp_adv_basis(program, 0);
    int code = glp_simplex(program, &parameters);
    if (!code) code = glp_factorize(program); /* anew, without the updates of all steps, */
    if (!code) code = glp_warm_up(program);   /* and the solution from that */
    *status = glp_get_status(program);
    read_solution(state, solver, program);
    glp_delete_prob(program);
    return code;
}

/* GLPK's errors end the process unless they are led elsewhere. */
static void leave(void *state) {
    glp_error_hook(NULL, NULL);
    longjmp(((struct state *)state)->stop, 1);
}

static int solve(struct state *state, gb_solver *solver, gb_err *err) {
    int status = GLP_UNDEF;
    glp_term_out(GLP_OFF);
    if (setjmp(state->stop)) {
        glp_free_env(); /* all that GLPK holds; it may not be used otherwise */
        return gb_fail(err, GB_FAIL, "linear_program: GLPK gave up; use policy_iteration");
    }
    glp_error_hook(leave, state);
    int code = run_simplex(state, solver, &status);
    glp_error_hook(NULL, NULL);
    if (!code && status == GLP_OPT) return GB_OK;
    return gb_fail(err, GB_FAIL, "linear_program: the simplex method found no optimum%s",
                   code == GLP_EITLIM ? " within --pivots; raise them" : "; use policy_iteration");
}

static void set_policy(const struct state *state, gb_solver *solver) {
    const gb_mdp *mdp = solver->mdp;
    for (int s = 0; s < mdp->states; s++) {
        size_t from = gb_mdp_pair(mdp, s, 0), to = gb_mdp_pair(mdp, s + 1, 0);
        double visits = 0;
        for (size_t i = from; i < to; i++) visits += state->occupancy[i];
        for (size_t i = from; i < to; i++)
            solver->log_policy[i] = log(state->occupancy[i] / visits);
    }
}

static int iterate(gb_solver *solver, gb_err *err) {
    struct state *state = solver->state;
    if (state->done)
        return gb_fail(err, GB_FAIL,
                       "linear_program: the residual is %.3g and the simplex method gets no nearer "
                       "than that; raise --tol",
                       solver->residual);
    if (solve(state, solver, err)) return GB_FAIL;
    memcpy(state->tables.before, solver->v, (size_t)solver->mdp->states * sizeof *solver->v);
    gb_solver_backup(solver, solver->v, solver->q);
    set_policy(state, solver);
    gb_regular_greedy(&state->tables, &state->greedy, NULL, solver->q, state->optimal, NULL);
    solver->residual = gb_regular_residual(&state->tables, state->optimal);
    state->done = true;
    return GB_OK;
}

static void free_state(gb_solver *solver) {
    struct state *state = solver->state;
    gb_regular_free(&state->tables);
    gb_dealloc(state->optimal);
    gb_dealloc(state->occupancy);
    gb_dealloc(state->row);
    gb_dealloc(state->entry);
}

const gb_solver_type gb_solver_linear_program = {
    .name = "linear_program",
    .help = "occupancies by the simplex method, for small MDPs: an independent check",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .init = init,
    .iterate = iterate,
    .free = free_state};
