/* solver_things.h - solvers and random MDPs for the tests of solvers. */
#ifndef GB_TESTS_SOLVER_THINGS_H
#define GB_TESTS_SOLVER_THINGS_H

#include "opt.h"
#include "solver.h"
#include "support.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Sets options from text "name value name value ...". */
static inline void set_options(gb_solver *solver, const char *options) {
    gb_err err;
    char name[64], value[64];
    for (int used; sscanf(options, " %63s %63s%n", name, value, &used) == 2; options += used) {
        const gb_opt *row = gb_opts_find(solver->type->opts, name);
        void *config = row ? solver->config : &solver->common;
        if (!row) row = gb_opts_find(gb_solver_common_opts, name);
        ck_assert_msg(row != NULL, "%s has no option %s", solver->type->name, name);
        ck_assert_msg(!gb_opt_set(row, config, value, name, &err), "%s", err.msg);
    }
}

/* Opens a solver on mdp with printf-formatted options; the test fails if that fails. */
__attribute__((format(printf, 4, 5))) static inline void open_solver(gb_solver *solver,
                                                                     const gb_solver_type *type,
                                                                     const gb_mdp *mdp,
                                                                     const char *format, ...) {
    gb_err err = {{0}};
    char options[512];
    va_list list;
    va_start(list, format);
    vsnprintf(options, sizeof options, format, list);
    va_end(list);
    ck_assert_int_eq(gb_solver_init(solver, type, &err), GB_OK);
    set_options(solver, options);
    ck_assert_msg(gb_solver_open(solver, mdp, &err) == GB_OK, "%s", err.msg);
}

/* Iterates until it has converged; the test fails if it does not. */
static inline void solve(gb_solver *solver) {
    gb_err err = {{0}};
    int code;
    do code = gb_solver_iterate(solver, &err);
    while (code == GB_CONTINUE);
    ck_assert_msg(code == GB_OK, "%s", err.msg);
}

/* One iteration that may or may not converge. */
static inline void iterate(gb_solver *solver) {
    gb_err err = {{0}};
    ck_assert_msg(gb_solver_iterate(solver, &err) >= GB_OK, "%s", err.msg);
}

/* Returns max |x - y|, INFINITY if one is NaN; equal infinities do not count. */
static inline double distance(const double *x, const double *y, size_t n) {
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        if (x[i] == y[i]) continue;
        double d = fabs(x[i] - y[i]);
        if (!(d <= worst)) worst = isnan(d) ? INFINITY : d;
    }
    return worst;
}

/* The same between exp(x) and y, policies. */
static inline double policy_distance(const double *log_policy, const double *policy, size_t n) {
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs(exp(log_policy[i]) - policy[i]);
        if (!(d <= worst)) worst = isnan(d) ? INFINITY : d;
    }
    return worst;
}

/* Copies mdp with about a quarter of the actions illegal and some outcomes terminal. */
static inline void make_holes(gb_mdp *mdp, gb_rng *rng) {
    gb_mdp_builder b;
    gb_mdp whole = *mdp;
    gb_err err = {{0}};
    ck_assert(!gb_mdp_begin(&b, whole.states, whole.actions, whole.gamma, whole.outcomes, &err));
    for (int s = 0; s < whole.states; s++) {
        const int keep = (int)gb_rng_below(rng, (uint32_t)whole.actions);
        for (int a = 0; a < whole.actions; a++) {
            const size_t i = gb_mdp_pair(&whole, s, a);
            if (a != keep && gb_rng_below(rng, 4) == 0) {
                ck_assert(!gb_mdp_forbid(&b, s, a, &err));
                continue;
            }
            for (size_t k = whole.row[i]; k < whole.row[i + 1]; k++) {
                gb_outcome outcome = gb_mdp_outcome(&whole, i, k);
                outcome.terminal = gb_rng_below(rng, 20) == 0;
                ck_assert_msg(!gb_mdp_add(&b, s, a, outcome, &err), "%s", err.msg);
            }
        }
    }
    ck_assert_msg(!gb_mdp_finish(&b, mdp, &err), "%s", err.msg);
    gb_mdp_free(&whole);
}

/* Random MDP number `number`: Garnet, sparse and dense in turn, 2 to max_states states, 2 to 10
 * actions, gamma 0.5 to max_gamma; every fourth with illegal actions and terminal outcomes. */
static inline void random_mdp(gb_mdp *mdp, int number, int max_states, double max_gamma) {
    static const double gammas[] = {0.99, 0.9, 0.5, 0.95, 0.8};
    gb_rng rng = gb_rng_stream((uint64_t)number, GB_STREAM_BENCH);
    gb_err err = {{0}};
    const int states = 2 + (int)gb_rng_below(&rng, (uint32_t)max_states - 1);
    const int actions = 2 + (int)gb_rng_below(&rng, 9);
    const int some = 1 + (int)gb_rng_below(&rng, states < 8 ? (uint32_t)states : 8);
    const double gamma = fmin(max_gamma, gammas[number / 3 % 5]);
    const uint64_t seed = (uint64_t)number;
    int code;
    if (number % 3 == 0)
        code = gb_mdp_garnet(mdp, states, actions, some, gamma, seed, &err);
    else
        code =
            gb_mdp_random(mdp, states, actions, number % 3 == 1 ? some : states, gamma, seed, &err);
    ck_assert_msg(code == GB_OK, "%s", err.msg);
    if (number % 4 == 3) make_holes(mdp, &rng);
}

#endif
