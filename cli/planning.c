#include "planning.h"

#include "mdp_env.h"
#include "opt.h"

#include <string.h>

struct discount {
    double gamma;
};
static const gb_opt discount_opts[] = {
    {"gamma", GB_F64(struct discount, gamma), 0.99, 0, 1, "discount, below 1"},
    {0},
};

/* Sets what is left of args as options of the solver. */
static int set_options(struct args *args, gb_solver *solver, gb_err *err) {
    for (int i = 0; i < args->n_options; i++) {
        struct option *option = &args->options[i];
        if (option->taken) continue;
        void *config = &solver->common;
        const gb_opt *row = gb_opts_find(gb_solver_common_opts, option->name);
        if (!row) row = gb_opts_find(solver->type->opts, option->name), config = solver->config;
        if (!row) {
            gb_near near;
            char text[256];
            gb_near_init(&near, option->name);
            gb_near_add_opts(&near, gb_solver_common_opts);
            gb_near_add_opts(&near, solver->type->opts);
            gb_near_add_opts(&near, discount_opts);
            return gb_fail(err, GB_USAGE, "%s: %s has no such option%s; see 'gibbs help %s'",
                           option->shown, solver->type->name,
                           gb_near_text(&near, text, sizeof text), solver->type->name);
        }
        int code = gb_opt_set(row, config, option->value, option->shown, err);
        if (code) return code;
        option->taken = true;
    }
    return GB_OK;
}

/* The MDP of the environment. One that was made from an MDP gives that itself, with its illegal
 * actions, and its own discount unless the user gave another. */
static int make_mdp(struct planning *p, const double *gamma, double discount, gb_err *err) {
    const gb_mdp *mdp = gb_mdp_env_mdp(&p->env);
    if (!mdp) return gb_mdp_from_env(&p->mdp, &p->env, discount, err);
    p->mdp = *mdp, p->borrowed = true;
    if (gamma) p->mdp.gamma = *gamma;
    return GB_OK;
}

int planning_prepare(struct planning *p, struct session *session, struct args *args,
                     const char *solver, const char *env, gb_err *err) {
    struct discount discount;
    const char *gamma = args_take(args, "gamma");
    gb_opts_default(discount_opts, &discount);
    int code = gamma ? gb_opt_set(discount_opts, &discount, gamma, "--gamma", err) : GB_OK;
    if (!code) code = session_take_plugin(session, args, err);
    const gb_solver_type *type = code ? NULL : gb_solver_find(gb_builtin_solvers, solver, err);
    if (!code && !type) code = GB_USAGE;
    if (!code) code = session_open_env(session, args, env, &p->env, err);
    if (!code) p->solver = gb_alloc(1, sizeof *p->solver, err);
    if (!code) code = p->solver ? gb_solver_init(p->solver, type, err) : GB_FAIL;
    if (!code) code = set_options(args, p->solver, err);
    if (!code && !p->env.type->model)
        code = gb_fail(err, GB_USAGE,
                       "%s: has no model, and cannot be solved; try a finite one: "
                       "'gibbs list envs'",
                       p->env.type->name);
    if (!code && discount.gamma >= 1) code = gb_fail(err, GB_USAGE, "--gamma: must be below 1");
    return code ? code : make_mdp(p, gamma ? &discount.gamma : NULL, discount.gamma, err);
}

static void free_solver(gb_solver *solver) {
    if (solver && solver->type) gb_solver_free(solver);
    gb_dealloc(solver);
}

void planning_free(struct planning *p) {
    free_solver(p->solver);
    p->solver = NULL;
    if (!p->borrowed) gb_mdp_free(&p->mdp);
    gb_env_free(&p->env);
}

int planning_restart(struct planning *p, gb_err *err) {
    const gb_solver_type *type = p->solver->type;
    gb_solver *fresh = gb_alloc(1, sizeof *fresh, err);
    int code = fresh ? gb_solver_init(fresh, type, err) : GB_FAIL;
    if (!code) {
        memcpy(fresh->config, p->solver->config, type->config_size);
        fresh->common = p->solver->common;
        code = gb_solver_open(fresh, &p->mdp, err);
    }
    if (code) {
        free_solver(fresh);
        return code;
    }
    free_solver(p->solver);
    p->solver = fresh;
    return GB_OK;
}
