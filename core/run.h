/* run.h - a run as a whole: agent, environment and loop, configured from defaults, presets, INI
 * files and the command line; and the folder that keeps it.
 *
 * A run folder holds config.ini (the effective values: with it the run repeats bit for bit),
 * run.json (status, versions, machine, wall time), and what training writes: metrics.csv, a
 * TensorBoard event file and checkpoint.safetensors.
 */
#ifndef GB_CORE_RUN_H
#define GB_CORE_RUN_H

#include "agent.h"
#include "env.h"
#include "registry.h"
#include "train.h"

#define GB_PATH_MAX 4096

typedef struct gb_run {
    gb_env env;
    gb_agent agent;
    gb_train_config train;
    char plugin[GB_PATH_MAX]; /* where the environment was loaded from; "": built in */
    char dir[GB_PATH_MAX];    /* the folder, once there is one */
    int lock;                 /* descriptor that keeps others out of dir; 0: none */
} gb_run;

/* Makes a run of two types with all options at their defaults. */
int gb_run_init(gb_run *run, const gb_agent_type *agent, const gb_env_type *env, gb_err *err);
void gb_run_free(gb_run *run);

/* Sets one option: "env.NAME" of the environment, else NAME of the loop or of the agent. `shown`
 * is how the user wrote it, for messages. GB_USAGE with near names if there is none such. */
int gb_run_set(gb_run *run, const char *name, const char *value, const char *shown, gb_err *err);

/* Sets all that a preset says. A fault in it is GB_USAGE with the preset's name. */
int gb_run_preset(gb_run *run, const gb_preset *preset, gb_err *err);

/* Records where the environment was loaded from. GB_USAGE if an INI file cannot hold the path. */
int gb_run_set_plugin(gb_run *run, const char *path, gb_err *err);

/* What a config.ini says a run is of. Empty texts: it does not say. */
typedef struct gb_run_names {
    char agent[64], env[64], plugin[GB_PATH_MAX];
} gb_run_names;

/* Reads only the names from the INI file at path. */
int gb_run_read_names(const char *path, gb_run_names *names, gb_err *err);
/* Sets all options that the INI file at path gives, in sections [run], [agent] and [env]. */
int gb_run_read_ini(gb_run *run, const char *path, gb_err *err);

/* Makes a run as the folder dir tells it: names, plugin and options from its config.ini. The
 * environment is opened, the agent is not. */
int gb_run_load(gb_run *run, gb_registry *registry, const char *dir, gb_err *err);
/* Opens the agent of a loaded run for acting, with the policy of its checkpoint. */
int gb_run_load_policy(gb_run *run, gb_err *err);

/* Creates the folder of a new run: `out`, which must not exist or be empty, or if out is NULL
 * runs/<env>-<agent>-s<seed>, with -2, -3, ... appended where that is taken. Writes config.ini
 * there. Nothing that exists is touched. */
int gb_run_create_folder(gb_run *run, const char *out, gb_err *err);
/* Takes the folder of a loaded run for writing; fails if another process has it. Removes what a
 * killed process left half-written there. */
int gb_run_take_folder(gb_run *run, gb_err *err);
/* Brings config.ini up to the run's options. */
int gb_run_write_config(const gb_run *run, gb_err *err);
/* Returns whether run.json says that the run ended in order, and so left a checkpoint. */
bool gb_run_was_saved(const gb_run *run);

/* Writes run.json: status is "running", "finished", "interrupted" or "failed"; message (may be
 * NULL) says why. */
int gb_run_write_status(const gb_run *run, const char *status, const char *message, int64_t step,
                        double seconds, gb_err *err);

#endif
