/* train.h - the one loop that joins an agent and an environment: training and evaluation. */
#ifndef GB_CORE_TRAIN_H
#define GB_CORE_TRAIN_H

#include "agent.h"
#include "env.h"
#include "metrics.h"
#include "saver.h"
#include "stats.h"

#include <signal.h>

/* What a run is, besides agent and environment: the options of `train` (see gb_train_opts). */
typedef struct gb_train_config {
    int64_t steps; /* environment steps in all */
    int64_t seed;
    int envs, threads;
    int64_t log_every; /* steps between rows of metrics.csv */
    /* Steps between checkpoints; 0: only at the end; -1: 10,000, but seldom enough to cost nothing,
     * see gb_train_save_if_due. */
    int64_t save_every;
    int64_t eval_every; /* steps between evaluations; 0: none */
    int eval_episodes;
} gb_train_config;

extern const gb_opt gb_train_opts[];

/* A run in progress. Set config, env, agent (initialised, not opened), dir; zero the rest. */
typedef struct gb_train {
    gb_train_config config;
    const gb_env *env;
    gb_agent *agent;
    const char *dir; /* the run folder, which exists */
    bool was_saved;  /* it is known that a checkpoint was there: resuming must find it */
    volatile sig_atomic_t *stop; /* set from outside: finish the step, save, return; may be NULL */
    /* Called after each row of metrics, for progress lines; may be NULL. */
    void (*report)(void *context, const struct gb_train *train);
    /* Called after each step, for those who look on; must change nothing; may be NULL. */
    void (*tick)(void *context, struct gb_train *train);
    void *context;

    /* kept by the loop; a reporter may read them */
    gb_vec vec;
    gb_stats stats;
    int64_t step;       /* environment steps done */
    double seconds;     /* of wall time, over all processes of the run */
    int64_t first_step; /* where this process began */
    double first_seconds;
    gb_summary eval; /* the newest evaluation; episodes is 0 before the first */
    gb_metric figures[GB_MAX_METRICS + 8]; /* the newest row */
    int n_figures;
    bool stopped;      /* the loop ended because of *stop */
    int64_t eval_step; /* when it was made */
    float *action;     /* (envs, act) of the last step */
    gb_metrics *metrics;
    gb_saver *saver;
    int saves;                         /* checkpoints that this process began */
    int64_t saved;                     /* step of the newest of them, or -1 */
    double saved_seconds;              /* `seconds` then */
    char agent_name[64], env_name[64]; /* as checkpoints hold them */
} gb_train;

/* Opens the agent and makes the environments: a new run. With resume, goes on from
 * dir/checkpoint.safetensors instead. */
int gb_train_open(gb_train *train, bool resume, gb_err *err);

/* Runs to the end (or until *stop), with a checkpoint at the end, which is on the disk then. GB_OK,
 * or GB_FAIL with the last good checkpoint left in place. */
int gb_train_run(gb_train *train, gb_err *err);

/* Returns whether the last step reached or passed a multiple of `every`; 0: never. */
bool gb_train_due(const gb_train *train, int64_t every);

/* Makes a checkpoint: copies the run as it is, replay memory only where it changes before it is
 * written, and has another thread write it. Waits for the checkpoint before, which must be on the
 * disk: its failure is this one's. */
int gb_train_save(gb_train *train, gb_err *err);

/* The same after a step, if one is due. At each multiple of save_every or, if that is -1, of 10,000
 * steps, but then at least a second after the one before, and 50 times as long as that took to
 * write: where steps are fast, a checkpoint each few milliseconds would cost time and spare none.
 * No number of the run depends on which are made. GB_FAIL if one could not be written. */
int gb_train_save_if_due(gb_train *train, gb_err *err);

/* Goes on from the checkpoint in the folder. GB_CONTINUE if there is none because the run ended
 * before its first: it is to start again. */
int gb_train_load(gb_train *train, gb_err *err);

/* Frees what gb_train_open made; the agent itself stays the caller's. */
void gb_train_close(gb_train *train);

/* Writes the path of the checkpoint in folder dir to path; returns path. */
const char *gb_checkpoint_path(const char *dir, char *path, size_t size);

/* Loads from the checkpoint at path what an opened agent needs to act and for insight. GB_FAIL if
 * it was made by another agent or on another environment. */
int gb_load_policy(const char *path, const gb_env *env, gb_agent *agent, gb_err *err);

/* Steps a second of this process. */
double gb_train_speed(const gb_train *train);

/* Plays `episodes` fresh episodes with the deterministic policy, several at a time, and summarises
 * them. Instance streams come from seed alone: the same seed gives the same episodes. The outcome
 * does not depend on what else was evaluated. */
int gb_evaluate(gb_agent *agent, const gb_env *env, int episodes, uint64_t seed,
                gb_summary *summary, gb_err *err);

#endif
