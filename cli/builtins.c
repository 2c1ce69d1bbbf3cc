/* builtins.c - THE list of what is compiled in. To add an environment or an agent, write its file
 * and add its line here. */
#include "registry.h"
#include "solver.h"

// clang-format off
#define ENVS(X)                                                                                    \
    X(acrobot) X(asterix) X(breakout) X(cartpole) X(cliff_walking) X(corridor) X(deep_sea)         \
    X(double_chain) X(four_rooms) X(freeway) X(frozen_lake) X(gridworld) X(maze4) X(mdp)           \
    X(mountain_car) X(mountain_car_continuous) X(pendulum) X(river_swim) X(seaquest)               \
    X(space_invaders) X(taxi) X(windy_grid) MUJOCO(X)
#ifdef GB_MUJOCO
#define MUJOCO(X)                                                                                   \
    X(ant) X(half_cheetah) X(hopper) X(humanoid) X(inverted_double_pendulum) X(inverted_pendulum)  \
    X(pusher) X(reacher) X(swimmer) X(walker2d)
#else
#define MUJOCO(X)
#endif
#define SOLVERS(X)                                                                                 \
    X(advantage_learning) X(cvi) X(da_mpi) X(dpp) X(linear_program) X(md_mpi) X(mdvi)              \
    X(modified_policy_iteration) X(munchausen_value_iteration) X(npg) X(pmd) X(policy_iteration)   \
    X(rda) X(robust_value_iteration) X(soft_policy_iteration) X(soft_value_iteration)              \
    X(sparse_value_iteration) X(value_iteration)
#define AGENTS(X)                                                                                  \
    X(a2c) X(dqn) X(expected_sarsa) X(mdqn) X(npg) X(pmd) X(ppo) X(qlearning) X(random) X(reinforce)      \
    X(sac) X(soft_qlearning) X(trpo)
// clang-format on

#define DECLARE_ENV(name)    extern const gb_env_type gb_env_##name;
#define DECLARE_AGENT(name)  extern const gb_agent_type gb_agent_##name;
#define DECLARE_SOLVER(name) extern const gb_solver_type gb_solver_##name;
#define ENV(name)            &gb_env_##name,
#define SOLVER(name)         &gb_solver_##name,
#define AGENT(name)          &gb_agent_##name,

ENVS(DECLARE_ENV)
AGENTS(DECLARE_AGENT)
SOLVERS(DECLARE_SOLVER)

const gb_env_type *const gb_builtin_envs[] = {ENVS(ENV) NULL};
const gb_agent_type *const gb_builtin_agents[] = {AGENTS(AGENT) NULL};
const gb_solver_type *const gb_builtin_solvers[] = {SOLVERS(SOLVER) NULL};
