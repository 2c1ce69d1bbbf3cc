/* ascent.c - the value of the present policy, and its distance from the optimum. */
#include "ascent.h"

#include <string.h>

int gb_ascent_init(gb_ascent *ascent, gb_solver *solver, const gb_regularizer *omega, int m,
                   gb_err *err) {
    const size_t states = (size_t)solver->mdp->states;
    ascent->omega = *omega;
    ascent->m = m;
    ascent->next = gb_alloc(gb_mdp_pairs(solver->mdp), sizeof *ascent->next, err);
    ascent->optimal = gb_alloc(states, sizeof *ascent->optimal, err);
    if (!ascent->next || !ascent->optimal) return GB_FAIL;
    return gb_regular_init(&ascent->tables, solver, err);
}

void gb_ascent_free(gb_ascent *ascent) {
    gb_regular_free(&ascent->tables);
    gb_dealloc(ascent->next);
    gb_dealloc(ascent->optimal);
    *ascent = (gb_ascent){0};
}

void gb_ascent_take(gb_ascent *ascent) {
    const gb_solver *solver = ascent->tables.solver;
    memcpy(solver->log_policy, ascent->next, gb_mdp_pairs(solver->mdp) * sizeof *ascent->next);
}

int gb_ascent_evaluate_bonus(gb_ascent *ascent, gb_err *err) {
    gb_regular *tables = &ascent->tables;
    gb_solver *solver = tables->solver;
    const double *log_policy = solver->log_policy;
    if (ascent->m > 0) gb_regular_mean(tables, log_policy, solver->q, solver->v);
    int code = gb_regular_evaluate(tables, ascent->m, log_policy, err);
    if (code) return code;
    memcpy(solver->v, tables->before, (size_t)solver->mdp->states * sizeof *solver->v);
    gb_regular_greedy(tables, &ascent->omega, NULL, solver->q, ascent->optimal, NULL);
    solver->residual = gb_regular_residual(tables, ascent->optimal);
    return GB_OK;
}

int gb_ascent_evaluate(gb_ascent *ascent, gb_err *err) {
    gb_regular *tables = &ascent->tables;
    gb_regular_set_bonus(tables, &ascent->omega, NULL, tables->solver->log_policy);
    return gb_ascent_evaluate_bonus(ascent, err);
}
