/* cli.h - what the commands share: the session, the command line taken apart, messages.
 *
 * A command returns an exit code: 0, 1 (the work failed) or 2 (wrong usage). Errors go through
 * complain(), one line on stderr.
 */
#ifndef GB_CLI_CLI_H
#define GB_CLI_CLI_H

#include "base.h"
#include "env.h"
#include "registry.h"
#include "run.h"

/* --- the command line ---------------------------------------------------------------------------
 * Words are positional; "--name value" and "--name=value" are options; a command names its flags,
 * which take no value. */

enum { MOST_WORDS = 1024, MOST_OPTIONS = 256 };

struct option {
    const char *name, *value; /* value is NULL for a flag */
    bool taken;
    char shown[80]; /* "--name" */
};

struct args {
    const char *words[MOST_WORDS];
    struct option options[MOST_OPTIONS];
    int n_words, n_options;
    const char *asked[32]; /* names that the command knows, for near names */
    int n_asked;
};

/* Takes argv apart. flags is a list of names ended by NULL. */
int args_parse(struct args *args, int argc, char **argv, const char *const *flags, gb_err *err);
/* Returns the value of the option and counts it as used, or NULL; a flag's value is "". The last
 * of several wins. */
const char *args_take(struct args *args, const char *name);
/* As args_take, for an option that names a file or folder: *path is NULL if it is not given.
 * GB_USAGE if it is given twice, or without a name. */
int args_take_file(struct args *args, const char *name, const char **path, gb_err *err);
/* Returns GB_OK if a file called path can be made in its folder, else GB_FAIL: to be told before
 * the work is done. */
int args_check_folder(const char *path, gb_err *err);
/* Returns the value of the next option called name from number *at on, and moves *at behind it;
 * NULL if there is none. */
const char *args_take_next(struct args *args, const char *name, int *at);
/* Reads the option into *value if it is given, and checks its range. */
int args_take_int(struct args *args, const char *name, int64_t min, int64_t max, int64_t *value,
                  gb_err *err);
/* Reads "800x600"; `shown` is how the option is written. The range is for the caller to check. */
int args_read_size(const char *shown, const char *text, int *width, int *height, gb_err *err);
/* The same for the option --size, where both must lie in least..most. */
int args_take_size(struct args *args, int least, int most, int *width, int *height, gb_err *err);
/* Writes to *choice which of names (ended by NULL) the option's value is, if it is given. */
int args_take_choice(struct args *args, const char *name, const char *const *names, int *choice,
                     gb_err *err);
/* GB_USAGE if there is an option that nobody took, or fewer or more words than min..max; usage is
 * the command's. */
int args_finish(const struct args *args, int min, int max, const char *usage, gb_err *err);

/* --- the session ------------------------------------------------------------------------------*/

struct session {
    gb_registry registry;
    struct {
        const gb_env_type *type;
        char path[GB_PATH_MAX]; /* absolute */
    } plugins[16];
    int n_plugins;
};

/* Loads a plugin and remembers its path. */
int session_plugin(struct session *session, const char *path, const gb_env_type **type,
                   gb_err *err);
/* Loads each file that a --plugin names. */
int session_take_plugin(struct session *session, struct args *args, gb_err *err);
/* Finds an environment by name, Gymnasium id, plugin file, or in the folders of GIBBS_PLUGIN_PATH.
 * *options, if not NULL, is what the id stands for besides ("env.map=8x8", as in a preset), or "".
 * GB_USAGE with near names if there is none; GB_FAIL with the reason if a plugin does not load. */
int session_find_env(struct session *session, const char *name, const gb_env_type **type,
                     const char **options, gb_err *err);
/* Returns the name of the environment that an id such as FrozenLake8x8-v1 means, with *options as
 * above, or name itself with "". Options of the user come after these. */
const char *session_env_alias(const char *name, const char **options);
/* Writes the ids that are aliases of the environment called name, with what they stand for, each
 * behind a "; ". Returns text. */
char *session_aliases_of(const char *name, char *text, size_t size);
/* Sets options ("env.map=8x8") of an environment that is not yet open. */
int session_set_options(const char *options, gb_env *env, gb_err *err);

/* Returns the path of the plugin that type came from, or "". */
const char *session_plugin_path(const struct session *session, const gb_env_type *type);

/* Makes and opens an environment with the --env.NAME options of args. */
int session_open_env(struct session *session, struct args *args, const char *name, gb_env *env,
                     gb_err *err);

/* Opens what is played: the first word is a run's folder (*trained; with its policy) or an
 * environment, which then is run->env. Plugins and options of the environment are taken, and args
 * are finished. The caller frees run, also after a failure. */
int session_open_played(struct session *session, struct args *args, const char *command,
                        gb_run *run, bool *trained, gb_err *err);

/* --- plugins that can be found ------------------------------------------------------------------
 * Files NAME.so in the folders of GIBBS_PLUGIN_PATH whose NAME nothing before them has. They are
 * not loaded: listing them runs no code of theirs. */

struct plugin_file {
    char name[72], path[GB_PATH_MAX];
};
struct plugin_files {
    struct plugin_file *file; /* (n), by folder and name */
    int n;
};

/* Lists them; what cannot be read, or finds no memory, is left out. */
void plugin_files_list(struct plugin_files *files, const gb_registry *registry);
void plugin_files_free(struct plugin_files *files);

/* --- messages ----------------------------------------------------------------------------------*/

/* Prints "gibbs: message" and returns the exit code for what a function returned. */
int complain(int code, const gb_err *err);

/* --- the commands ------------------------------------------------------------------------------*/

struct command {
    const char *name, *summary, *usage;
    int (*run)(struct session *session, int argc, char **argv);
};
extern const struct command commands[]; /* ended by {0} */

int cmd_list(struct session *session, int argc, char **argv);
int cmd_help(struct session *session, int argc, char **argv);
int cmd_train(struct session *session, int argc, char **argv);
int cmd_eval(struct session *session, int argc, char **argv);
int cmd_rollout(struct session *session, int argc, char **argv);
int cmd_solve(struct session *session, int argc, char **argv);
int cmd_study(struct session *session, int argc, char **argv);
int cmd_check(struct session *session, int argc, char **argv);
int cmd_bench(struct session *session, int argc, char **argv);
int cmd_record(struct session *session, int argc, char **argv);
#ifdef GB_SDL
int cmd_watch(struct session *session, int argc, char **argv);
int cmd_play(struct session *session, int argc, char **argv);
#endif

#ifdef GB_CAIRO
int cmd_plot(struct session *session, int argc, char **argv);
#endif

/* Runs all conformance checks on an opened environment, prints a line each, and returns how many
 * failed. */
int check_environment(const gb_env *env, uint64_t seed);

/* Returns the usage line of the command called name. */
const char *usage_of(const char *name);

#endif
