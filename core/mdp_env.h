/* mdp_env.h - an environment made from any MDP, so that every learning agent can train on it.
 *
 * The environment "mdp" reads the file of option `file` (the format of mdp.h), or draws a random
 * MDP of `family`. Observations are state numbers. An action that is illegal in a state does there
 * what the first legal one does, as an environment has no way to forbid one; the optimal values are
 * those of the MDP.
 *
 * A run saves the file's name and its checksum, not its content: it is refused later if the file
 * has changed.
 */
#ifndef GB_CORE_MDP_ENV_H
#define GB_CORE_MDP_ENV_H

#include "env.h"
#include "mdp.h"

extern const gb_env_type gb_env_mdp;

/* Returns the MDP behind an open environment of this type, illegal actions and discount included,
 * valid as long as env is open; NULL if env is of another type. */
const gb_mdp *gb_mdp_env_mdp(const gb_env *env);

#endif
