/* probe.h - one instance of an environment under test: what the conformance checks are made of.
 *
 * Unlike gb_vec, a probe takes apart what a host does (move, look), never forgets the last step of
 * an episode, and keeps guard bytes around all that an environment writes to.
 */
#ifndef GB_CORE_PROBE_H
#define GB_CORE_PROBE_H

#include "base.h"
#include "conform.h"
#include "env.h"

#define GB_PROBE_GUARD 1024 /* bytes of GB_PROBE_BYTE before and after each buffer */
#define GB_PROBE_BYTE  0xa5

typedef struct gb_probe {
    const gb_env *env;
    unsigned char *memory; /* owned: the three buffers with their guards */
    unsigned char *state;  /* (state_size) */
    float *obs;            /* (obs_size) as of the last look */
    float *action;         /* (act_size) of the last step */
    int obs_size, act_size;
    gb_rng rng;       /* the environment draws from it */
    gb_rng chooser;   /* random actions are drawn from it */
    gb_step last;     /* what the last step returned; zeros after a reset */
    int episode, age; /* number of the episode, from 1; steps in it */
} gb_probe;

/* Makes a probe in the state before its first reset. Both streams derive from seed. GB_FAIL if
 * memory is short. */
int gb_probe_init(gb_probe *probe, const gb_env *env, uint64_t seed, gb_err *err);
void gb_probe_free(gb_probe *probe);

/* Returns whether the guards around a buffer of n bytes are as they were. */
bool gb_probe_guarded(const void *buffer, size_t n);

/* Calls reset. Reseeds the C library's global generators before it, so that an environment that
 * uses them fails the one check that is about them. */
void gb_probe_reset(gb_probe *probe);
/* Calls step with probe->action. */
void gb_probe_step(gb_probe *probe);
/* Calls observe. */
void gb_probe_look(gb_probe *probe);

/* Draws a random action. */
void gb_probe_choose(gb_probe *probe);
/* Returns whether a host would reset now: no episode runs, it ended, or it reached the limit. */
bool gb_probe_over(const gb_probe *probe);
/* Resets if the episode is over, else steps with a random action; gb_probe_go also looks. */
void gb_probe_move(gb_probe *probe);
void gb_probe_go(gb_probe *probe);

/* Makes `to`, a probe of the same environment, a copy of `from`: memcpy of state and streams. */
void gb_probe_copy(gb_probe *to, const gb_probe *from);

/* The next numbers of the C library's global generators. */
typedef struct gb_globals {
    long rand, random, lrand48;
} gb_globals;

/* Reseeds them to a fixed state; draws from each of them. */
void gb_probe_pin_globals(void);
gb_globals gb_probe_globals(void);

/* --- what was seen, in words ------------------------------------------------------------------*/

/* Writes "at step 17 of episode 3, seed 1" to text, for the last move. Returns text. */
char *gb_probe_where(const gb_probe *probe, uint64_t seed, char *text, size_t size);

/* Writes "observation 2 (theta_dot)" to text. Returns text. */
char *gb_probe_name(const gb_env *env, int i, char *text, size_t size);

/* Returns NULL if observation and reward are finite and the observation lies in its space; else
 * what is wrong, in fault[size], and what to mend. */
const char *gb_probe_fault(const gb_probe *probe, char *fault, size_t size);

/* --- paths to compare -------------------------------------------------------------------------*/

/* What was seen on a path: rows of observation, reward and terminal. */
typedef struct gb_trace {
    int n, obs_size;
    float *obs;    /* (n, obs_size) */
    gb_step *last; /* (n) */
} gb_trace;

/* Makes room for up to n rows, fewer if observations are large (see trace->n). */
int gb_trace_init(gb_trace *trace, const gb_env *env, int n, gb_err *err);
void gb_trace_free(gb_trace *trace);
/* Sets row i to what probe saw last. */
void gb_trace_set(gb_trace *trace, int i, const gb_probe *probe);
/* Returns NULL if probe just saw the same as row i, bit for bit; else the difference, in words. */
const char *gb_trace_difference(const gb_trace *trace, int i, const gb_probe *probe, char *text,
                                size_t size);

/* --- the checks, by file: conform.c has the table ---------------------------------------------*/

gb_check_function gb_check_observation, gb_check_action, gb_check_memory, gb_check_written,
    gb_check_draw, gb_check_keys;                                  /* conform_data.c */
gb_check_function gb_check_end, gb_check_terminal, gb_check_limit; /* conform_end.c */
gb_check_function gb_check_model, gb_check_start;                  /* conform_model.c */
gb_check_function gb_check_block;                                  /* conform_block.c */

#endif
