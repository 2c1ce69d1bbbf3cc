/* mind.h - who acts in what is watched: an agent, the solution of a solver, or chance. */
#ifndef GB_CLI_MIND_H
#define GB_CLI_MIND_H

#include "agent.h"
#include "insight.h"
#include "solver.h"

struct mind {
    const gb_agent *agent;   /* NULL: none; not owned */
    const gb_solver *solver; /* if not NULL, its policy so far acts; not owned */
};

/* Fills in what the mind makes of obs; without any, the uniform policy. Draws from rng only. */
void mind_look(const struct mind *mind, const float *obs, gb_rng *rng, gb_insight *out);

#endif
