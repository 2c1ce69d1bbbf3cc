/* registry.h - names to types: all environments and agents that this process knows.
 *
 * The mechanism only; what is compiled in is listed in cli/builtins.c.
 */
#ifndef GB_CORE_REGISTRY_H
#define GB_CORE_REGISTRY_H

#include "agent.h"
#include "base.h"
#include "gibbs_plugin.h"

/* A tuned setting for an agent on an environment. */
typedef struct gb_preset {
    const char *agent, *env; /* names */
    const char *text;        /* "steps=20000 lr=1e-3 hidden=64,64 env.slippery=0" */
    const char *note;        /* where the values come from, and what they reach */
} gb_preset;

/* Where an environment comes from; kept by the registry. */
typedef struct gb_env_origin {
    char *from;                /* "the built-in environments", "./my_env.so"; owned */
    gb_env_type *copy;         /* what envs[i] points to if the registry owns it, else NULL */
    const gb_env_type *source; /* what was copied: the type inside the loaded library */
} gb_env_origin;

typedef struct gb_registry {
    const gb_env_type **envs;     /* (n_envs) */
    gb_env_origin *origins;       /* (n_envs) */
    const gb_agent_type **agents; /* (n_agents) */
    const gb_preset *presets;     /* ended by {0}; not owned */
    int n_envs, n_agents;
} gb_registry;

/* What is compiled into the library, for gb_registry_init: cli/builtins.c and cli/presets.c. */
extern const gb_env_type *const gb_builtin_envs[];
extern const gb_agent_type *const gb_builtin_agents[];
extern const gb_preset gb_builtin_presets[];

/* Fills an empty registry from NULL-terminated lists. GB_FAIL if memory is short; a fault in a
 * built-in type is a bug. */
int gb_registry_init(gb_registry *registry, const gb_env_type *const *envs,
                     const gb_agent_type *const *agents, const gb_preset *presets, gb_err *err);
void gb_registry_free(gb_registry *registry);

/* Adds one environment, whose type must stay valid. GB_FAIL if its name or Gymnasium id is taken
 * or it is faulty; from says where it comes from, for the message. */
int gb_registry_add_env(gb_registry *registry, const gb_env_type *type, const char *from,
                        gb_err *err);

/* Adds a copy of the first `size` bytes of type; what lies behind them is zero. Names and tables
 * are not copied and must stay valid. As above; on success *out is the copy, which lives as long as
 * the registry. */
int gb_registry_add_env_copy(gb_registry *registry, const gb_env_type *type, size_t size,
                             const char *from, const gb_env_type **out, gb_err *err);

/* Find by name (environments also by Gymnasium id). NULL and GB_USAGE's message with near names. */
const gb_env_type *gb_registry_env(const gb_registry *registry, const char *name, gb_err *err);
const gb_agent_type *gb_registry_agent(const gb_registry *registry, const char *name, gb_err *err);

/* The preset for this pair, or NULL. */
const gb_preset *gb_registry_preset(const gb_registry *registry, const char *agent,
                                    const char *env);

/* Returns NULL if an environment type is sound by itself (names, sizes, required functions, option
 * and field tables), else what is wrong, in fault[size]. */
const char *gb_env_type_fault(const gb_env_type *type, char *fault, size_t size);

#endif
