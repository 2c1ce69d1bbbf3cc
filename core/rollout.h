/* rollout.h - what n instances did since the last update, for on-policy agents, and generalised
 * advantage estimation (Schulman et al. 2016).
 *
 * Each instance fills a lane of its own; step t of instance i is row t * envs + i of every array.
 * Observations are kept as the networks saw them. A step that the limit cut keeps the value of its
 * true successor, and so does the last of a lane that goes on.
 */
#ifndef GB_CORE_ROLLOUT_H
#define GB_CORE_ROLLOUT_H

#include "archive.h"
#include "base.h"

/* What followed a step. */
enum { GB_GOES_ON, GB_ENDED, GB_CUT };

typedef struct gb_rollout {
    int steps, envs, features, raw; /* room; numbers of an observation and of a raw action */
    int *length;                    /* (envs) steps held */
    gb_real *x;                     /* (steps, envs, features) */
    gb_real *action;                /* (steps, envs, raw) as the policy drew them */
    gb_real *log_prob, *reward;     /* (steps, envs) */
    gb_real *next_value;            /* (steps, envs) of what follows; read where a lane or an
                                       episode is cut */
    uint8_t *after;                 /* (steps, envs) GB_GOES_ON, ... */

    gb_real *value, *advantage, *ret; /* (steps, envs) filled when an update begins */
} gb_rollout;

/* Makes room for `steps` steps of `envs` instances. GB_FAIL, told before any is taken, if they do
 * not fit memory; what names what to make smaller ("--n_steps"). */
int gb_rollout_init(gb_rollout *rollout, int steps, int envs, int features, int raw,
                    const char *what, gb_err *err);

/* Rows in use if all lanes are of one length, as they are when instances step together. */
static inline int gb_rollout_rows(const gb_rollout *rollout) {
    return rollout->length[0] * rollout->envs;
}

/* Writes advantage and ret from reward, value, next_value and after:
 *     delta = r + gamma V(next) - V,   A = delta + gamma lambda A_next,   ret = A + V,
 * where V(next) is 0 after an end, and no A follows an end or a cut. */
void gb_rollout_advantages(gb_rollout *rollout, double gamma, double lambda);

/* Empties all lanes. */
void gb_rollout_clear(gb_rollout *rollout);

/* Visits what is held; the last three arrays are not. */
void gb_rollout_archive(gb_rollout *rollout, gb_archive *archive);
void gb_rollout_free(gb_rollout *rollout);

#endif
