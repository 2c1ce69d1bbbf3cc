/* builtins.c - THE list of what is compiled in. To add an environment or an agent, write its file
 * and add its line here. */
#include "registry.h"

#define ENVS(X)                                                                                    \
    X(acrobot)                                                                                     \
    X(cartpole) X(corridor) X(frozen_lake) X(mountain_car) X(mountain_car_continuous) X(pendulum)
#define AGENTS(X) X(expected_sarsa) X(mdqn) X(qlearning) X(random) X(sac) X(soft_qlearning)

#define DECLARE_ENV(name)   extern const gb_env_type gb_env_##name;
#define DECLARE_AGENT(name) extern const gb_agent_type gb_agent_##name;
#define ENV(name)           &gb_env_##name,
#define AGENT(name)         &gb_agent_##name,

ENVS(DECLARE_ENV)
AGENTS(DECLARE_AGENT)

const gb_env_type *const gb_builtin_envs[] = {ENVS(ENV) NULL};
const gb_agent_type *const gb_builtin_agents[] = {AGENTS(AGENT) NULL};
