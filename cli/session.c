/* session.c - finding what the command line names. */
#include "cli.h"
#include "opt.h"
#include "plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- plugins ----------------------------------------------------------------------------------*/

int session_plugin(struct session *session, const char *path, const gb_env_type **type,
                   gb_err *err) {
    const gb_env_type *loaded;
    if (session->n_plugins == (int)(sizeof session->plugins / sizeof *session->plugins))
        return gb_fail(err, GB_USAGE, "%s: too many plugins at once; load fewer", path);
    int code = gb_plugin_load(&session->registry, path, &loaded, err);
    if (code) return code;
    char *absolute = realpath(path, NULL);
    session->plugins[session->n_plugins].type = loaded;
    gb_format(session->plugins[session->n_plugins].path, GB_PATH_MAX, "%s",
              absolute ? absolute : path);
    session->n_plugins++;
    free(absolute);
    if (type) *type = loaded;
    return GB_OK;
}

int session_take_plugin(struct session *session, struct args *args, gb_err *err) {
    const char *path;
    int at = 0, code = GB_OK;
    args_take(args, "plugin"); /* known to near names */
    while (!code && (path = args_take_next(args, "plugin", &at)))
        code = session_plugin(session, path, NULL, err);
    return code;
}

const char *session_plugin_path(const struct session *session, const gb_env_type *type) {
    for (int i = 0; i < session->n_plugins; i++)
        if (session->plugins[i].type == type) return session->plugins[i].path;
    return "";
}

/* --- environments -----------------------------------------------------------------------------*/

/* Gymnasium's ids that are an environment with options. */
static const struct {
    const char *id, *name, *options;
} aliases[] = {
    {"FrozenLake8x8-v1", "frozen_lake", "env.map=8x8"},
    {"Taxi-v4", "taxi", "env.version=4"},
    {"CliffWalkingSlippery-v1", "cliff_walking", "env.slippery=1"},
#ifdef GB_MUJOCO
    {"HalfCheetah-v5", "half_cheetah", ""},
    {"Swimmer-v5", "swimmer", ""},
    {"Hopper-v5", "hopper", "env.version=5"},
    {"Walker2d-v5", "walker2d", "env.version=5"},
    {"Ant-v5", "ant", "env.version=5"},
    {"Humanoid-v5", "humanoid", "env.version=5"},
    {"Reacher-v5", "reacher", "env.version=5"},
    {"InvertedPendulum-v5", "inverted_pendulum", "env.version=5"},
    {"InvertedDoublePendulum-v5", "inverted_double_pendulum", "env.version=5"},
#endif
    {"MinAtar/Asterix-v0", "asterix", "env.actions=full"},
    {"MinAtar/Breakout-v0", "breakout", "env.actions=full"},
    {"MinAtar/Freeway-v0", "freeway", "env.actions=full"},
    {"MinAtar/Seaquest-v0", "seaquest", "env.actions=full"},
    {"MinAtar/SpaceInvaders-v0", "space_invaders", "env.actions=full"},
};
enum { N_ALIASES = sizeof aliases / sizeof *aliases };

const char *session_env_alias(const char *name, const char **options) {
    *options = "";
    for (int i = 0; i < N_ALIASES; i++) {
        if (strcmp(aliases[i].id, name)) continue;
        *options = aliases[i].options;
        return aliases[i].name;
    }
    return name;
}

char *session_aliases_of(const char *name, char *text, size_t size) {
    size_t n = 0;
    text[0] = 0;
    for (int i = 0; i < N_ALIASES; i++) {
        if (strcmp(aliases[i].name, name)) continue;
        gb_format(text + n, size - n, "; %s%s%s", aliases[i].id, *aliases[i].options ? ": " : "",
                  aliases[i].options);
        n = strlen(text);
    }
    return text;
}

/* Writes the message for a name that no environment has. */
static int no_such_env(const struct session *session, const char *name, gb_err *err) {
    const gb_registry *registry = &session->registry;
    struct plugin_files files;
    gb_near near;
    char text[256];
    plugin_files_list(&files, registry);
    gb_near_init(&near, name);
    for (int i = 0; i < registry->n_envs; i++) {
        gb_near_add(&near, registry->envs[i]->name);
        if (registry->envs[i]->gym_id) gb_near_add(&near, registry->envs[i]->gym_id);
    }
    for (int i = 0; i < N_ALIASES; i++) gb_near_add(&near, aliases[i].id);
    for (int i = 0; i < files.n; i++) gb_near_add(&near, files.file[i].name);
    gb_near_text(&near, text, sizeof text);
    plugin_files_free(&files);
    return gb_fail(err, GB_USAGE,
                   "%.64s: there is no such environment%s%s 'gibbs list envs' shows all", name,
                   text, *text ? "" : ";");
}

int session_find_env(struct session *session, const char *name, const gb_env_type **type,
                     const char **options, gb_err *err) {
    const char *given;
    char path[GB_PATH_MAX];
    *type = NULL;
    name = session_env_alias(name, &given);
    if (options) *options = given;
    *type = gb_registry_env(&session->registry, name, err); /* first: an id may hold a '/' */
    if (*type) return GB_OK;
    if (gb_plugin_is_path(name)) return session_plugin(session, name, type, err);
    if (gb_plugin_find(getenv("GIBBS_PLUGIN_PATH"), name, path, sizeof path))
        return session_plugin(session, path, type, err);
    return no_such_env(session, name, err);
}

int session_set_options(const char *options, gb_env *env, gb_err *err) {
    char copy[256], *next = NULL;
    gb_format(copy, sizeof copy, "%s", options);
    for (char *word = strtok_r(copy, " ", &next); word; word = strtok_r(NULL, " ", &next)) {
        char *value = strchr(word, '=');
        GB_ASSERT(!strncmp(word, "env.", 4) && value);
        *value++ = 0;
        const gb_opt *row = gb_opts_find(env->type->opts, word + 4);
        GB_ASSERT(row);
        int code = gb_opt_set(row, env->config, value, word, err);
        if (code) return code;
    }
    return GB_OK;
}

/* Sets the options of args that begin with "env.". */
static int set_env_options(struct args *args, gb_env *env, gb_err *err) {
    for (int i = 0; i < args->n_options; i++) {
        struct option *option = &args->options[i];
        if (strncmp(option->name, "env.", 4)) continue;
        const char *name = option->name + 4;
        const gb_opt *row = gb_opts_find(env->type->opts, name);
        if (!row) {
            gb_near near;
            char text[256];
            gb_near_init(&near, name);
            gb_near_add_opts(&near, env->type->opts);
            return gb_fail(err, GB_USAGE, "%s: %s has no such option%s; see 'gibbs help %s'",
                           option->shown, env->type->name, gb_near_text(&near, text, sizeof text),
                           env->type->name);
        }
        int code = gb_opt_set(row, env->config, option->value, option->shown, err);
        if (code) return code;
        option->taken = true;
    }
    return GB_OK;
}

int session_open_env(struct session *session, struct args *args, const char *name, gb_env *env,
                     gb_err *err) {
    const gb_env_type *type;
    const char *options;
    *env = (gb_env){0};
    int code = session_find_env(session, name, &type, &options, err);
    if (code) return code;
    code = gb_env_init(env, type, err);
    if (!code) code = session_set_options(options, env, err);
    if (!code) code = set_env_options(args, env, err);
    if (!code) code = gb_env_open(env, err);
    if (code) gb_env_free(env);
    return code;
}

/* --- runs -------------------------------------------------------------------------------------*/

static bool is_folder(const char *name) {
    struct stat info;
    return !stat(name, &info) && S_ISDIR(info.st_mode);
}

/* Returns whether the first word is a run: a folder that holds config.ini, or one that cannot be
 * an environment, so that the message is about folders. */
static bool is_run(struct session *session, const char *name) {
    char path[GB_PATH_MAX];
    struct stat info;
    gb_err ignored;
    if (!is_folder(name)) return false;
    gb_format(path, sizeof path, "%s/config.ini", name);
    if (!stat(path, &info) || gb_plugin_is_path(name)) return true;
    const gb_env_type *type;
    return session_find_env(session, name, &type, NULL, &ignored) == GB_USAGE;
}

int session_open_played(struct session *session, struct args *args, const char *command,
                        gb_run *run, bool *trained, gb_err *err) {
    int code = session_take_plugin(session, args, err);
    if (!code && args->n_words < 1) code = args_finish(args, 1, 1, usage_of(command), err);
    *trained = !code && is_run(session, args->words[0]);
    if (*trained) {
        code = gb_run_load(run, &session->registry, args->words[0], err);
        if (!code) code = gb_run_load_policy(run, err);
    } else if (!code) {
        code = session_open_env(session, args, args->words[0], &run->env, err);
    }
    return code ? code : args_finish(args, 1, 1, usage_of(command), err);
}

/* --- messages ---------------------------------------------------------------------------------*/

int complain(int code, const gb_err *err) {
    fputs("gibbs: ", stderr);
    for (const char *c = err->msg; *c; c++) /* one line, whatever the user typed */
        fputc((unsigned char)*c < ' ' || *c == 127 ? '?' : *c, stderr);
    fputc('\n', stderr);
    return code == GB_USAGE ? 2 : 1;
}
