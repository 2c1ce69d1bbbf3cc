/* agent.h - what an agent is to the rest: it sees spaces and transitions, never an environment.
 *
 * An agent type is a constant table of functions; the host allocates state and config. An agent
 * owns its random stream, allocates in init only, and learns inside observe.
 */
#ifndef GB_CORE_AGENT_H
#define GB_CORE_AGENT_H

#include "archive.h"
#include "base.h"
#include "gibbs_plugin.h"
#include "insight.h"

/* What an agent is told when it is made. */
typedef struct gb_setting {
    gb_spec spec; /* spaces stay valid as long as the agent */
    int envs;     /* transitions that come together, one an instance */
    int threads;  /* it may use so many; results must not depend on it */
    uint64_t seed;
    int64_t total_steps; /* environment steps planned, for schedules and memory; 0: evaluation */
} gb_setting;

/* One transition of each of n instances. */
typedef struct gb_batch {
    int n;
    const float *obs;         /* (n, obs) */
    const float *action;      /* (n, act) as it was given to the environment */
    const float *reward;      /* (n) */
    const float *next_obs;    /* (n, obs) true successors, also where the episode finished */
    const uint8_t *terminal;  /* (n) stops bootstrapping */
    const uint8_t *truncated; /* (n) ends the episode, does not stop bootstrapping */
} gb_batch;

/* A figure that an agent reports; NAN: not known yet. */
typedef struct gb_metric {
    const char *name; /* "alpha", "critic_loss": a column of metrics.csv */
    double value;
} gb_metric;

#define GB_MAX_METRICS 24

typedef struct gb_agent_type {
    const char *name, *help;
    size_t state_size, config_size;
    const gb_opt *opts;

    /* Returns NULL, or why this agent cannot work on such spaces ("needs bounded actions"). */
    const char *(*reject)(const gb_spec *spec);
    /* Makes the agent in state (zeros). GB_OK, GB_FAIL (memory) or GB_USAGE (options that cannot
     * work together). After a failure the host still calls free. */
    int (*init)(void *state, const void *config, const gb_setting *setting, gb_err *err);
    /* Chooses actions (n, act) for obs (n, obs). explore: as in training, one row an instance
     * (n = setting.envs); otherwise the deterministic best action, any n, and nothing changes. */
    void (*act)(void *state, int n, const float *obs, float *action, bool explore);
    /* Takes in what the actions led to, and learns. GB_FAIL with the variable's name if a network
     * or a loss is no longer finite. */
    int (*observe)(void *state, const gb_batch *batch, gb_err *err);
    /* Writes the agent's figures (the same names in the same order at each call) and returns how
     * many. May reset running means. */
    int (*metrics)(void *state, gb_metric out[GB_MAX_METRICS]);
    /* Saves or loads everything that behaviour and learning depend on. policy_only: what
     * act(explore = false) needs, and no more. */
    void (*archive)(void *state, gb_archive *archive, bool policy_only);
    void (*free)(void *state);

    /* --- optional --- */

    /* An evaluation begins: seeds what act(explore = false) draws from, for agents whose best
     * policy draws. */
    void (*seed_evaluation)(void *state, uint64_t seed);

    /* One learning update on what was observed so far; returns its nominal floating-point
     * operations (0: there is nothing to learn from yet). For benchmarks. */
    double (*update)(void *state);

    /* Says what the agent makes of one observation: fills in what it knows of out, which was
     * cleared. Draws from rng only, and changes nothing that acting or learning depends on. */
    void (*insight)(void *state, const float *obs, gb_rng *rng, gb_insight *out);
    /* Visits what insight needs besides what archive visits with policy_only. */
    void (*archive_insight)(void *state, gb_archive *archive);
} gb_agent_type;

/* An agent: its type, and what the host allocated for it. */
typedef struct gb_agent {
    const gb_agent_type *type;
    void *state, *config;
} gb_agent;

/* GB_USAGE with the reason if an agent of this type cannot work on such spaces. */
int gb_agent_suits(const gb_agent_type *type, const gb_spec *spec, gb_err *err);
/* Allocates an agent of type with default options in agent->config. GB_OK or GB_FAIL. */
int gb_agent_init(gb_agent *agent, const gb_agent_type *type, gb_err *err);
/* Checks the spaces and makes the agent ready; options must be set before. GB_USAGE if it cannot
 * work on these spaces, with the reason. */
int gb_agent_open(gb_agent *agent, const gb_setting *setting, gb_err *err);
void gb_agent_free(gb_agent *agent);

/* Clears out and lets the agent fill it in, as far as it can. */
void gb_agent_insight(const gb_agent *agent, const float *obs, gb_rng *rng, gb_insight *out);
/* Saves or loads what the agent needs to act and for insight. */
void gb_agent_archive_policy(const gb_agent *agent, gb_archive *archive);

#endif
