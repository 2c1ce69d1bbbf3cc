/* planning.h - a solver on the finite MDP of an environment, from the command line: what solve and
 * watch --solve have in common. */
#ifndef GB_CLI_PLANNING_H
#define GB_CLI_PLANNING_H

#include "cli.h"
#include "mdp.h"
#include "solver.h"

struct planning {
    gb_env env;
    gb_mdp mdp;
    bool borrowed;     /* mdp shows the tables of env, and must not be freed */
    gb_solver *solver; /* owned */
};

/* Makes all of it (zeros) from a solver's name, an environment's and what is left of args: --gamma,
 * --plugin, options of the solver and, with env., of the environment. Not yet opened. The caller
 * frees it, also after a failure. */
int planning_prepare(struct planning *planning, struct session *session, struct args *args,
                     const char *solver, const char *env, gb_err *err);
void planning_free(struct planning *planning);

/* Makes a new solver with the options that the old one has now, before its first iteration, and
 * frees the old one. On failure (GB_FAIL, or GB_USAGE for such options) the old one stays. */
int planning_restart(struct planning *planning, gb_err *err);

#endif
