#include "solver.h"

#include "bellman.h"
#include "opt.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define T gb_solver_common
const gb_opt gb_solver_common_opts[] = {
    {"tol", GB_F64(T, tol), 1e-10, 0, 1e9, "stop at this residual, or at that of rounding"},
    {"iterations", GB_I64(T, iterations), 100000, 1, 1e15, "most iterations"},
    {"noise", GB_F64(T, noise), 0, 0, 1e9, "deviation of a normal error on every action value"},
    {"samples", GB_INT(T, samples), 0, 0, 1000000, "sampled transitions a pair; 0: exact sums"},
    {"seed", GB_I64(T, seed), 1, 0, 9e15, "of errors and samples"},
    {"threads", GB_INT(T, threads), 1, 1, 256, "threads to use; the numbers do not change"},
    {0},
};
#undef T

const gb_solver_type *gb_solver_find(const gb_solver_type *const *list, const char *name,
                                     gb_err *err) {
    gb_near near;
    char text[256];
    gb_near_init(&near, name);
    for (; *list; list++) {
        if (!strcmp((*list)->name, name)) return *list;
        gb_near_add(&near, (*list)->name);
    }
    gb_fail(err, GB_USAGE, "%s: no such solver%s; see 'gibbs list solvers'", name,
            gb_near_text(&near, text, sizeof text));
    return NULL;
}

int gb_solver_init(gb_solver *solver, const gb_solver_type *type, gb_err *err) {
    *solver = (gb_solver){.type = type, .residual = INFINITY};
    solver->config = gb_alloc(1, type->config_size, err);
    solver->state = gb_alloc(1, type->state_size, err);
    if (!solver->config || !solver->state) {
        gb_solver_free(solver);
        return GB_FAIL;
    }
    gb_opts_default(gb_solver_common_opts, &solver->common);
    gb_opts_default(type->opts, solver->config);
    return GB_OK;
}

/* q and v zero, the policy uniform over the legal actions. */
static void start_tables(gb_solver *solver) {
    const gb_mdp *mdp = solver->mdp;
    for (int s = 0; s < mdp->states; s++) {
        size_t first = gb_mdp_pair(mdp, s, 0);
        int legal = 0;
        for (int a = 0; a < mdp->actions; a++)
            legal += !mdp->legal || mdp->legal[first + (size_t)a];
        for (int a = 0; a < mdp->actions; a++) {
            bool may = !mdp->legal || mdp->legal[first + (size_t)a];
            solver->log_policy[first + (size_t)a] = may ? -log(legal) : -INFINITY;
            solver->q[first + (size_t)a] = may ? 0 : -INFINITY;
        }
    }
}

int gb_solver_open(gb_solver *solver, const gb_mdp *mdp, gb_err *err) {
    size_t pairs = gb_mdp_pairs(mdp);
    bool errors = solver->common.noise > 0 || solver->common.samples > 0;
    solver->mdp = mdp;
    solver->rng = gb_rng_stream((uint64_t)solver->common.seed, GB_STREAM_AGENT);
    solver->q = gb_alloc(pairs, sizeof *solver->q, err);
    solver->log_policy = gb_alloc(pairs, sizeof *solver->log_policy, err);
    solver->v = gb_alloc((size_t)mdp->states, sizeof *solver->v, err);
    if (errors) solver->error = gb_alloc(pairs, sizeof *solver->error, err);
    if (!solver->q || !solver->log_policy || !solver->v || (errors && !solver->error))
        return GB_FAIL;
    start_tables(solver);
    return solver->type->init(solver, err);
}

void gb_solver_free(gb_solver *solver) {
    if (solver->mdp && solver->type->free) solver->type->free(solver);
    gb_dealloc(solver->q);
    gb_dealloc(solver->v);
    gb_dealloc(solver->log_policy);
    gb_dealloc(solver->error);
    gb_dealloc(solver->config);
    gb_dealloc(solver->state);
    *solver = (gb_solver){0};
}

int gb_solver_iterate(gb_solver *solver, gb_err *err) {
    const char *name = solver->type->name;
    if (solver->iteration >= solver->common.iterations)
        return gb_fail(
            err, GB_FAIL,
            "%s: not converged after %lld iterations: residual %.3g is above %.3g; raise "
            "--iterations or --tol",
            name, (long long)solver->iteration, solver->residual, solver->common.tol);
    int code = solver->type->iterate(solver, err);
    if (code) return code;
    solver->iteration++;
    if (isnan(solver->residual))
        return gb_fail(
            err, GB_FAIL,
            "%s: values are no longer finite after %lld iterations: rewards, weights or errors "
            "are too large; scale them down",
            name, (long long)solver->iteration);
    /* below the rounding of the values, over the discount's horizon, no residual can fall */
    double scale = fmax(1, gb_bellman_distance(solver->v, NULL, solver->mdp->states));
    double rounding = 4 * DBL_EPSILON * scale / (1 - solver->mdp->gamma);
    return solver->residual <= fmax(solver->common.tol, rounding) ? GB_OK : GB_CONTINUE;
}

/* --- the view of the MDP ----------------------------------------------------------------------*/

/* r + gamma mean v over M sampled successors, in the order of the pairs. Rewards are the expected
 * ones: the generative model of the theory knows them. */
static void sampled(gb_solver *solver, const double *v, double *q) {
    const gb_mdp *mdp = solver->mdp;
    for (size_t i = 0; i < gb_mdp_pairs(mdp); i++) {
        double sum = 0;
        if (mdp->row[i] == mdp->row[i + 1]) continue; /* not legal */
        for (int m = 0; m < solver->common.samples; m++) {
            gb_outcome outcome = gb_mdp_sample(mdp, i, &solver->rng);
            if (!outcome.terminal) sum += v[outcome.next];
        }
        q[i] = mdp->r[i] + mdp->gamma * sum / solver->common.samples;
    }
}

void gb_solver_disturb(gb_solver *solver, double *q) {
    size_t pairs = gb_mdp_pairs(solver->mdp);
    if (!solver->error) return;
    for (size_t i = 0; i < pairs; i++)
        if (solver->common.noise > 0) q[i] += solver->common.noise * gb_rng_normal(&solver->rng);
    for (size_t i = 0; i < pairs; i++) solver->error[i] = isinf(q[i]) ? 0 : q[i] - solver->error[i];
}

void gb_solver_backup(gb_solver *solver, const double *v, double *q) {
    gb_bellman_q(solver->mdp, v, q, solver->common.threads);
    if (!solver->error) return;
    memcpy(solver->error, q, gb_mdp_pairs(solver->mdp) * sizeof *q);
    if (solver->common.samples) sampled(solver, v, q);
    gb_solver_disturb(solver, q);
}

/* --- readings ---------------------------------------------------------------------------------*/

double gb_solver_start_value(const gb_solver *solver) {
    double value = 0;
    for (int s = 0; s < solver->mdp->states; s++)
        if (solver->mdp->start[s] > 0) value += solver->mdp->start[s] * solver->v[s];
    return value;
}

double gb_solver_entropy(const gb_solver *solver) {
    double sum = 0;
    for (size_t i = 0; i < gb_mdp_pairs(solver->mdp); i++)
        if (solver->log_policy[i] > -INFINITY)
            sum -= exp(solver->log_policy[i]) * solver->log_policy[i];
    return sum / solver->mdp->states;
}
