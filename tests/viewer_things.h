/* viewer_things.h - viewers of agents and of solvers, for the suites of scenes. */
#ifndef GB_TESTS_VIEWER_THINGS_H
#define GB_TESTS_VIEWER_THINGS_H

#include "../cli/cli.h"
#include "../cli/viewer.h"

#include "registry.h"
#include "solver.h"
#include "support.h"
#include "theme.h"

#include <string.h>

/* A viewer with what it shows; close_stand releases all of it. */
struct stand {
    gb_env env;
    gb_agent agent;
    gb_mdp mdp;
    gb_solver solver;
    struct viewer viewer;
};

static inline void open_env(struct stand *s, const char *name) {
    gb_err err;
    *s = (struct stand){0};
    for (int e = 0; gb_builtin_envs[e]; e++)
        if (!strcmp(gb_builtin_envs[e]->name, name)) {
            ck_assert(!gb_env_init(&s->env, gb_builtin_envs[e], &err));
            ck_assert_msg(!gb_env_open(&s->env, &err), "%s", err.msg);
            return;
        }
    ck_abort_msg("no %s", name);
}

static inline void start(struct stand *s, struct mind mind) {
    gb_err err;
    ck_assert_msg(!viewer_init(&s->viewer, &s->env, mind, &err), "%s", err.msg);
    ck_assert_msg(!viewer_start(&s->viewer, 0, &err), "%s", err.msg);
}

/* What an agent that has not learned yet makes of the environment. */
static inline void open_agent(struct stand *s, const char *env, const char *name) {
    gb_err err;
    open_env(s, env);
    const gb_setting setting = {.spec = s->env.spec, .envs = 1, .threads = 1, .seed = 1};
    for (int k = 0; gb_builtin_agents[k]; k++)
        if (!strcmp(gb_builtin_agents[k]->name, name))
            ck_assert(!gb_agent_init(&s->agent, gb_builtin_agents[k], &err));
    ck_assert_msg(!gb_agent_open(&s->agent, &setting, &err), "%s", err.msg);
    start(s, (struct mind){.agent = &s->agent});
}

/* What a solver makes of it, once it is done. */
static inline void open_solver(struct stand *s, const char *env, const char *name) {
    gb_err err;
    open_env(s, env);
    ck_assert(!gb_mdp_from_env(&s->mdp, &s->env, 0.9, &err));
    const gb_solver_type *type = gb_solver_find(gb_builtin_solvers, name, &err);
    ck_assert(!gb_solver_init(&s->solver, type, &err));
    ck_assert(!gb_solver_open(&s->solver, &s->mdp, &err));
    while (gb_solver_iterate(&s->solver, &err) == GB_CONTINUE) continue;
    start(s, (struct mind){.solver = &s->solver});
}

static inline void close_stand(struct stand *s) {
    viewer_free(&s->viewer);
    if (s->solver.type) gb_solver_free(&s->solver);
    if (s->agent.type) gb_agent_free(&s->agent);
    gb_mdp_free(&s->mdp);
    gb_env_free(&s->env);
}

/* A role of colour as a gb_raster holds it. */
static inline uint32_t pixel_of(const gb_theme *theme, int color) {
    const gb_rgb c = theme->color[color];
    return 0xff000000u | (uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b;
}

#endif
