/* regular.c - steps of regularised solvers over all states. */
#include "regular.h"

#include "bellman.h"
#include "pool.h"

#include <math.h>
#include <string.h>

#define EVALUATION_TOL    1e-13 /* relative; the solvers measure their residual afterwards */
#define EVALUATION_ENOUGH 1e-11 /* is still accepted where rounding stops it above that */
#define EVALUATION_SWEEPS 1000000

int gb_regular_init(gb_regular *r, gb_solver *solver, gb_err *err) {
    const gb_mdp *mdp = solver->mdp;
    const size_t pairs = gb_mdp_pairs(mdp);
    r->solver = solver;
    r->before = gb_alloc((size_t)mdp->states, sizeof *r->before, err);
    r->bonus = gb_alloc((size_t)mdp->states, sizeof *r->bonus, err);
    r->policy = gb_alloc(pairs, sizeof *r->policy, err);
    if (mdp->legal) r->legal = gb_alloc(pairs, sizeof *r->legal, err);
    if (!r->before || !r->bonus || !r->policy || (mdp->legal && !r->legal)) return GB_FAIL;
    for (size_t i = 0; r->legal && i < pairs; i++) r->legal[i] = mdp->legal[i];
    return GB_OK;
}

void gb_regular_free(gb_regular *r) {
    gb_dealloc(r->legal);
    gb_dealloc(r->before);
    gb_dealloc(r->bonus);
    gb_dealloc(r->policy);
    *r = (gb_regular){0};
}

/* Where the actions of state s begin in a table that may be NULL. */
static const double *row_of(const gb_regular *r, const double *table, int s) {
    return table ? table + gb_mdp_pair(r->solver->mdp, s, 0) : NULL;
}

gb_actions gb_regular_actions(const gb_regular *r, const double *log_prior, int s) {
    const gb_mdp *mdp = r->solver->mdp;
    return (gb_actions){mdp->actions, r->legal ? r->legal + gb_mdp_pair(mdp, s, 0) : NULL,
                        row_of(r, log_prior, s)};
}

/* What is done with states first..end-1, by some threads. */
struct each {
    const gb_regular *r;
    void (*states)(const struct each *each, int first, int end);
    const gb_regularizer *omega;
    const double *log_prior, *q, *log_policy;
    double *v, *log_greedy;
};

static void part_of_states(void *context, int part, int parts) {
    const struct each *each = context;
    const int64_t states = each->r->solver->mdp->states;
    each->states(each, (int)(states * part / parts), (int)(states * (part + 1) / parts));
}

static void for_each_state(struct each *each) {
    gb_pool_run(each->r->solver->common.threads, part_of_states, each);
}

/* Greedy steps: all at once where that can be, else one by one. */
static void greedy(const struct each *each, int first, int end) {
    const gb_regular *r = each->r;
    const gb_mdp *mdp = r->solver->mdp;
    const size_t from = gb_mdp_pair(mdp, first, 0);
    double scratch[GB_MDP_MAX_ACTIONS];
    if (!r->legal && !each->log_prior &&
        gb_regularizer_greedy_rows(each->omega, end - first, mdp->actions, each->q + from,
                                   each->v ? each->v + first : NULL,
                                   each->log_greedy ? each->log_greedy + from : NULL))
        return;
    for (int s = first; s < end; s++) {
        gb_actions actions = gb_regular_actions(r, each->log_prior, s);
        double *row = each->log_greedy ? each->log_greedy + gb_mdp_pair(mdp, s, 0) : scratch;
        double value = gb_regularizer_greedy(each->omega, &actions, row_of(r, each->q, s), row);
        if (each->v) each->v[s] = value;
    }
}

void gb_regular_greedy(const gb_regular *r, const gb_regularizer *omega, const double *log_prior,
                       const double *q, double *v, double *log_policy) {
    for_each_state(&(struct each){.r = r,
                                  .states = greedy,
                                  .omega = omega,
                                  .log_prior = log_prior,
                                  .q = q,
                                  .v = v,
                                  .log_greedy = log_policy});
}

static void set_bonus(const struct each *each, int first, int end) {
    for (int s = first; s < end; s++) {
        gb_actions actions = gb_regular_actions(each->r, each->log_prior, s);
        each->v[s] =
            -gb_regularizer_value(each->omega, &actions, row_of(each->r, each->log_policy, s));
    }
}

void gb_regular_set_bonus(gb_regular *r, const gb_regularizer *omega, const double *log_prior,
                          const double *log_policy) {
    for_each_state(&(struct each){.r = r,
                                  .states = set_bonus,
                                  .omega = omega,
                                  .log_prior = log_prior,
                                  .log_policy = log_policy,
                                  .v = r->bonus});
}

static void mean(const struct each *each, int first, int end) {
    const gb_mdp *mdp = each->r->solver->mdp;
    for (int s = first; s < end; s++) {
        double sum = each->r->bonus[s];
        for (size_t i = gb_mdp_pair(mdp, s, 0); i < gb_mdp_pair(mdp, s + 1, 0); i++) {
            const double p = exp(each->log_policy[i]);
            if (p > 0) sum += p * each->q[i];
        }
        each->v[s] = sum;
    }
}

void gb_regular_mean(const gb_regular *r, const double *log_policy, const double *q, double *v) {
    for_each_state(
        &(struct each){.r = r, .states = mean, .log_policy = log_policy, .q = q, .v = v});
}

/* The fixed point of the policy's operator, sought from r->before. */
static int solve(gb_regular *r, const double *log_policy, gb_err *err) {
    const gb_solver *solver = r->solver;
    const gb_mdp *mdp = solver->mdp;
    gb_evaluation done = {0};
    double size = 0;
    for (size_t i = 0; i < gb_mdp_pairs(mdp); i++) r->policy[i] = exp(log_policy[i]);
    int code = gb_bellman_evaluate(mdp, r->policy, r->bonus, EVALUATION_TOL, EVALUATION_SWEEPS,
                                   r->before, &done, solver->common.threads, err);
    for (int s = 0; s < mdp->states; s++) size = fmax(size, fabs(r->before[s]));
    return code && done.sweeps && done.residual <= EVALUATION_ENOUGH * size ? GB_OK : code;
}

int gb_regular_evaluate(gb_regular *r, int m, const double *log_policy, gb_err *err) {
    gb_solver *solver = r->solver;
    memcpy(r->before, solver->v, (size_t)solver->mdp->states * sizeof *r->before);
    if (m == 0 && solve(r, log_policy, err)) return GB_FAIL;
    for (int j = 1; j < m; j++) {
        gb_solver_backup(solver, r->before, solver->q);
        gb_regular_mean(r, log_policy, solver->q, r->before);
    }
    gb_solver_backup(solver, r->before, solver->q);
    return GB_OK;
}

double gb_regular_residual(const gb_regular *r, const double *optimal) {
    const gb_mdp *mdp = r->solver->mdp;
    const double *v = r->solver->v;
    const double step = gb_bellman_distance(optimal, r->before, mdp->states);
    const double off = v == optimal ? 0 : gb_bellman_distance(v, optimal, mdp->states);
    return mdp->gamma / (1 - mdp->gamma) * step + off;
}
