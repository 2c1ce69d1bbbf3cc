/* env.h - environments at work: a configured environment, and n instances of it stepped together.
 *
 * The host keeps everything an environment must not: states, random streams, step limits, episode
 * returns, buffers. A step leaves both sides of it: obs is what was acted on, next_obs the true
 * successor, also where the episode ended (terminal) or was cut (truncated). The two change places
 * when the agent has seen them, without a copy:
 *
 *   act on obs;  gb_vec_step;  learn from obs, action, reward, next_obs;  gb_vec_turn
 */
#ifndef GB_CORE_ENV_H
#define GB_CORE_ENV_H

#include "archive.h"
#include "base.h"
#include "gibbs_plugin.h"
#include "stats.h"

/* A configured environment: constant once opened, shared by all its instances. */
typedef struct gb_env {
    const gb_env_type *type; /* not owned */
    void *config;            /* owned; defaults, until options are set */
    gb_spec spec;            /* valid after gb_env_open */
} gb_env;

/* Makes an environment of type with default options. Set options in env->config through
 * type->opts, then open it. Returns GB_OK or GB_FAIL. */
int gb_env_init(gb_env *env, const gb_env_type *type, gb_err *err);
/* Checks the options together and fills env->spec. Returns GB_OK or GB_USAGE. */
int gb_env_open(gb_env *env, gb_err *err);
void gb_env_free(gb_env *env);

/* n instances of one environment. Buffers are rows of instances: obs (n, obs_size) and so on. */
typedef struct gb_vec {
    const gb_env *env; /* not owned */
    int n, obs_size, act_size;
    size_t stride; /* bytes from one state to the next */
    unsigned char *states;
    gb_rng *rng; /* (n) each instance's own stream */
    int *age;    /* (n) steps in the running episode */
    double *ret; /* (n) return of the running episode */

    float *reward;       /* (n) of the last step */
    uint8_t *terminal;   /* (n) 0 or 1: the last step ended the episode */
    uint8_t *truncated;  /* (n) 0 or 1: the step limit cut it, and it was not terminal */
    gb_episode *episode; /* (n) the last one that each instance finished */
    int *ended;          /* (finished) instances whose episodes the last step finished, ascending */

    /* what changes with each step, and so must be sent to other cores */
    int finished;    /* how many episodes the last step finished */
    int64_t steps;   /* environment steps so far, of all instances together */
    float *obs;      /* (n, obs_size) what to act on; after a step, what was acted on */
    float *next_obs; /* (n, obs_size) true successors, from gb_vec_step to gb_vec_turn */
} gb_vec;

/* Makes n instances of env, which must outlive them, and resets each. Instance i draws from stream
 * `stream + i` of seed. Returns GB_OK, or GB_FAIL with a message (memory; an observation that is
 * not finite). */
int gb_vec_init(gb_vec *vec, const gb_env *env, int n, uint64_t seed, uint64_t stream, gb_err *err);

/* Steps every instance with its row of action (n, act_size), on up to `threads` threads; results
 * do not depend on how many. Fills next_obs, reward, terminal and truncated, and resets finished
 * instances; obs stays. GB_FAIL with the environment's name, the step and the variable if an
 * observation or a reward is not finite. */
int gb_vec_step(gb_vec *vec, const float *action, int threads, gb_err *err);

/* The same with random actions, each from its instance's own stream, which it writes to action (n,
 * act_size). */
int gb_vec_step_random(gb_vec *vec, float *action, int threads, gb_err *err);

/* After a step: makes obs what to act on next, which is the successor or, where an episode
 * finished, the first observation of the next; next_obs then holds nothing. On up to `threads`
 * threads. GB_FAIL with the environment's name if a first observation is not finite. */
int gb_vec_turn(gb_vec *vec, int threads, gb_err *err);

/* Fills action (n, act_size) with random actions, each from its instance's own stream, on up to
 * `threads` threads. */
void gb_vec_random_actions(gb_vec *vec, float *action, int threads);

/* Returns the state of instance i (env->type->state_size bytes). */
static inline void *gb_vec_state(const gb_vec *vec, int i) {
    return vec->states + vec->stride * (size_t)i;
}

/* Makes obs row i match a state that was changed from outside (by --state, a clone). Returns
 * whether it can be acted on: finite, and one of the space if discrete. If not, do not step that
 * state. */
bool gb_vec_observe(gb_vec *vec, int i);

void gb_vec_archive(gb_vec *vec, gb_archive *archive);
void gb_vec_free(gb_vec *vec);

/* Named state variables (gb_field rows): returns element k of the field in state as a double, and
 * sets it. Elements: how many numbers the field holds. */
int gb_field_elements(const gb_field *field);
double gb_field_get(const gb_field *field, const void *state, int k);
void gb_field_set(const gb_field *field, void *state, int k, double value);

#endif
