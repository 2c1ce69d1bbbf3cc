/* cmd_solve.c - gibbs solve: a planner on the finite MDP of an environment. */
#include "bellman.h"
#include "cli.h"
#include "file.h"
#include "planning.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct solve {
    struct planning plan;
    const char *out; /* folder for csv files; NULL: none */
    bool json, converged;
    double seconds;
    double gap;    /* largest loss of the policy against the unregularised optimum */
    int reached;   /* states that an episode can go on in; below 0 if memory was short for that */
    FILE *history; /* iterations.csv */
};

/* --- solving ----------------------------------------------------------------------------------*/

static int open_history(struct solve *s, gb_err *err) {
    char path[GB_PATH_MAX + 32];
    if (!s->out) return GB_OK;
    if (!*s->out) return gb_fail(err, GB_USAGE, "--out: is empty; give a folder to make");
    if (gb_folder_make(s->out, "", err)) return GB_FAIL;
    s->history = fopen(gb_format(path, sizeof path, "%s/iterations.csv", s->out), "w");
    if (!s->history)
        return gb_fail(err, GB_FAIL, "%s: cannot be written: %s; check the folder", path,
                       strerror(errno));
    fprintf(s->history, "iteration,residual,start_value,entropy\n");
    return GB_OK;
}

static int iterate(struct solve *s, gb_err *err) {
    gb_solver *solver = s->plan.solver;
    double start = gb_seconds();
    int code = GB_CONTINUE;
    while (code == GB_CONTINUE) {
        code = gb_solver_iterate(solver, err);
        if (s->history && code >= 0)
            fprintf(s->history, "%lld,%.17g,%.17g,%.17g\n", (long long)solver->iteration,
                    solver->residual, gb_solver_start_value(solver), gb_solver_entropy(solver));
    }
    s->seconds = gb_seconds() - start;
    s->converged = code == GB_OK;
    return code;
}

/* Optimal values without regularisation, by policy iteration: sweeps would take many times as long
 * as the solver itself where the discount is near 1. */
static int find_optimum(const struct solve *s, double *best, gb_err *err) {
    const gb_solver_type *type = gb_solver_find(gb_builtin_solvers, "policy_iteration", err);
    gb_solver solver;
    int code = type ? gb_solver_init(&solver, type, err) : GB_FAIL;
    if (code) return code;
    solver.common.tol = 1e-12;
    solver.common.threads = s->plan.solver->common.threads;
    code = gb_solver_open(&solver, &s->plan.mdp, err);
    if (!code) code = GB_CONTINUE;
    while (code == GB_CONTINUE) code = gb_solver_iterate(&solver, err);
    if (!code) memcpy(best, solver.v, (size_t)s->plan.mdp.states * sizeof *best);
    gb_solver_free(&solver);
    return code;
}

/* The largest loss of the policy found. */
static int measure_gap(struct solve *s, gb_err *err) {
    const gb_mdp *mdp = &s->plan.mdp;
    size_t n = (size_t)mdp->states, pairs = gb_mdp_pairs(mdp);
    double *policy = gb_alloc(pairs + 2 * n, sizeof *policy, err);
    if (!policy) return GB_FAIL;
    double *v = policy + pairs, *best = v + n;
    for (size_t i = 0; i < pairs; i++) policy[i] = exp(s->plan.solver->log_policy[i]);
    int code = gb_bellman_evaluate(mdp, policy, NULL, 1e-12, 1000000, v, NULL,
                                   s->plan.solver->common.threads, err);
    if (!code) code = find_optimum(s, best, err);
    s->gap = 0;
    for (size_t i = 0; i < n && !code; i++) s->gap = fmax(s->gap, best[i] - v[i]);
    gb_dealloc(policy);
    return code;
}

/* --- output -----------------------------------------------------------------------------------*/

static int write_values(const struct solve *s, gb_err *err) {
    char path[GB_PATH_MAX + 32], *text = NULL;
    size_t size = 0;
    const gb_mdp *mdp = &s->plan.mdp;
    FILE *out = open_memstream(&text, &size);
    if (!out) return gb_fail(err, GB_FAIL, "out of memory: the table of values; free some");
    fprintf(out, "state,v");
    for (int a = 0; a < mdp->actions; a++) fprintf(out, ",q%d", a);
    for (int a = 0; a < mdp->actions; a++) fprintf(out, ",policy%d", a);
    for (int i = 0; i < mdp->states; i++) {
        const double *q = s->plan.solver->q + gb_mdp_pair(mdp, i, 0);
        const double *log_policy = s->plan.solver->log_policy + gb_mdp_pair(mdp, i, 0);
        fprintf(out, "\n%d,%.17g", i, s->plan.solver->v[i]);
        for (int a = 0; a < mdp->actions; a++)
            isfinite(q[a]) ? fprintf(out, ",%.17g", q[a]) : fputc(',', out);
        for (int a = 0; a < mdp->actions; a++) fprintf(out, ",%.17g", exp(log_policy[a]));
    }
    fputc('\n', out);
    fclose(out);
    gb_format(path, sizeof path, "%s/values.csv", s->out);
    int code = gb_write_file(path, text, size, err);
    free(text);
    return code;
}

static void print_row(const double *x, int n, bool logs) {
    for (int i = 0; i < n; i++) {
        double value = logs ? exp(x[i]) : x[i];
        if (i) putchar(',');
        isfinite(value) ? printf("%.17g", value) : printf("null");
    }
}

static void print_table(const char *name, const struct solve *s, const double *x, bool logs) {
    printf(",\"%s\":[", name);
    for (int i = 0; i < s->plan.mdp.states; i++) {
        printf(i ? ",[" : "[");
        print_row(x + gb_mdp_pair(&s->plan.mdp, i, 0), s->plan.mdp.actions, logs);
        putchar(']');
    }
    putchar(']');
}

/* A number, or null where there is none. */
static void print_number(const char *name, double x) {
    printf(isfinite(x) ? ",\"%s\":%.17g" : ",\"%s\":null", name, x);
}

static void print_json(const struct solve *s) {
    const gb_solver *solver = s->plan.solver;
    printf("{\"solver\":\"%s\",\"env\":\"%s\"", solver->type->name, s->plan.env.type->name);
    print_number("gamma", s->plan.mdp.gamma);
    printf(",\"iterations\":%lld", (long long)solver->iteration);
    print_number("residual", solver->residual);
    printf(",\"converged\":%s", s->converged ? "true" : "false");
    print_number("start_value", gb_solver_start_value(solver));
    print_number("entropy", gb_solver_entropy(solver));
    print_number("gap", s->gap);
    printf(",\"seconds\":%.6g,\"reached\":%d", s->seconds, s->reached);
    printf(",\"v\":[");
    print_row(solver->v, s->plan.mdp.states, false);
    putchar(']');
    print_table("q", s, solver->q, false);
    print_table("policy", s, solver->log_policy, true);
    puts("}");
}

static void print_text(const struct solve *s) {
    const gb_solver *solver = s->plan.solver;
    printf("%s on %s: %d states, %d actions, gamma %g\n", solver->type->name,
           s->plan.env.type->name, s->plan.mdp.states, s->plan.mdp.actions, s->plan.mdp.gamma);
    if (s->reached >= 0 && s->reached < s->plan.mdp.states)
        printf("  not reached           %d states, from the start and before the end (walls, ends, "
               "what the model leaves out)\n",
               s->plan.mdp.states - s->reached);
    printf("  iterations            %lld%s\n", (long long)solver->iteration,
           s->converged ? "" : " (not converged)");
    printf("  residual              %.3g\n", solver->residual);
    printf("  value at the start    %.10g\n", gb_solver_start_value(solver));
    if (isnan(s->gap))
        printf("  loss to the optimum   unknown: the policy could not be evaluated\n");
    else
        printf("  loss to the optimum   %.3g (largest over states, without regularisation)\n",
               s->gap);
    printf("  policy entropy        %.6g (mean over states)\n", gb_solver_entropy(solver));
    printf("  wall time             %.3g ms\n", 1e3 * s->seconds);
}

/* --- the command ------------------------------------------------------------------------------*/

static int prepare(struct session *session, struct args *args, struct solve *s, gb_err *err) {
    s->out = args_take(args, "out");
    s->json = args_take(args, "json") != NULL;
    if (args->n_words != 2)
        return gb_fail(err, GB_USAGE, "which solver and environment? usage: %s", usage_of("solve"));
    return planning_prepare(&s->plan, session, args, args->words[0], args->words[1], err);
}

int cmd_solve(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {"json", NULL};
    struct args args;
    struct solve s = {0};
    gb_err err, why;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = prepare(session, &args, &s, &err);
    if (!code) code = gb_solver_open(s.plan.solver, &s.plan.mdp, &err);
    if (!code) code = open_history(&s, &err);
    if (!code) {
        code = iterate(&s, &err);
        bool shown = s.converged || s.plan.solver->iteration >= s.plan.solver->common.iterations;
        int measured = shown ? measure_gap(&s, &why) : GB_FAIL;
        if (shown && measured) s.gap = NAN;
        if (shown) s.reached = gb_mdp_reachable(&s.plan.mdp, NULL, &why);
        if (shown && s.json) print_json(&s);
        if (shown && !s.json) print_text(&s);
        if (shown && s.out && write_values(&s, &why)) err = why, code = GB_FAIL;
    }
    if (s.history && fclose(s.history) && !code)
        code = gb_fail(&err, GB_FAIL, "%s/iterations.csv: cannot be written", s.out);
    planning_free(&s.plan);
    return code ? complain(code, &err) : 0;
}
