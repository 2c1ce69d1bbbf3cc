#include "run.h"

#include "file.h"
#include "opt.h"
#include "plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int gb_run_init(gb_run *run, const gb_agent_type *agent, const gb_env_type *env, gb_err *err) {
    *run = (gb_run){0};
    gb_opts_default(gb_train_opts, &run->train);
    if (gb_env_init(&run->env, env, err) || gb_agent_init(&run->agent, agent, err)) {
        gb_run_free(run);
        return GB_FAIL;
    }
    return GB_OK;
}

void gb_run_free(gb_run *run) {
    gb_agent_free(&run->agent);
    gb_env_free(&run->env);
    if (run->lock > 0) close(run->lock);
    *run = (gb_run){0};
}

/* --- options ----------------------------------------------------------------------------------*/

/* Where an option lives. */
struct place {
    const gb_opt *row;
    void *config;
};

static struct place find(gb_run *run, const char *name) {
    if (!strncmp(name, "env.", 4))
        return (struct place){gb_opts_find(run->env.type->opts, name + 4), run->env.config};
    const gb_opt *row = gb_opts_find(gb_train_opts, name);
    if (row) return (struct place){row, &run->train};
    return (struct place){gb_opts_find(run->agent.type->opts, name), run->agent.config};
}

static int unknown(const gb_run *run, const char *name, const char *shown, gb_err *err) {
    gb_near near;
    char text[256];
    bool of_env = !strncmp(name, "env.", 4);
    gb_near_init(&near, of_env ? name + 4 : name);
    if (of_env) {
        gb_near_add_opts(&near, run->env.type->opts);
    } else {
        gb_near_add_opts(&near, gb_train_opts);
        gb_near_add_opts(&near, run->agent.type->opts);
    }
    gb_near_text(&near, text, sizeof text);
    return gb_fail(err, GB_USAGE, "%s: %s has no such option%s; see 'gibbs help %s'", shown,
                   of_env ? run->env.type->name : run->agent.type->name, text,
                   of_env ? run->env.type->name : run->agent.type->name);
}

int gb_run_set(gb_run *run, const char *name, const char *value, const char *shown, gb_err *err) {
    struct place place = find(run, name);
    if (!place.row) return unknown(run, name, shown, err);
    return gb_opt_set(place.row, place.config, value, shown, err);
}

int gb_run_preset(gb_run *run, const gb_preset *preset, gb_err *err) {
    char text[1024], shown[128], *next = NULL;
    gb_format(text, sizeof text, "%s", preset->text);
    for (char *word = strtok_r(text, " ", &next); word; word = strtok_r(NULL, " ", &next)) {
        char *value = strchr(word, '=');
        GB_ASSERT(value);
        *value++ = 0;
        gb_format(shown, sizeof shown, "preset %s %s: %s", preset->agent, preset->env, word);
        int code = gb_run_set(run, word, value, shown, err);
        if (code) return code;
    }
    return GB_OK;
}

int gb_run_set_plugin(gb_run *run, const char *path, gb_err *err) {
    static const gb_opt row = {"plugin", GB_TEXT(gb_run, plugin), 0, 0, 0, "", "", NULL};
    return gb_opt_set(&row, run, path, "plugin path", err);
}

/* --- INI files --------------------------------------------------------------------------------*/

struct ini_context {
    const char *path;
    gb_run *run;
    gb_run_names *names;
};

/* Returns where a key of [run] that is a name, not an option, is kept; or NULL. */
static char *name_of(gb_run_names *names, const char *section, const char *key, size_t *size) {
    if (strcmp(section, "run")) return NULL;
    *size = strcmp(key, "plugin") ? sizeof names->agent : sizeof names->plugin;
    return !strcmp(key, "agent")    ? names->agent
           : !strcmp(key, "env")    ? names->env
           : !strcmp(key, "plugin") ? names->plugin
                                    : NULL;
}

static int take_name(void *context, const char *section, const char *key, const char *value,
                     int line, gb_err *err) {
    const struct ini_context *c = context;
    size_t size;
    char *name = name_of(c->names, section, key, &size);
    if (name && strlen(value) >= size)
        return gb_fail(err, GB_USAGE, "%s:%d: %s: too long; shorten it", c->path, line, key);
    if (name) gb_format(name, size, "%s", value);
    return GB_OK;
}

static int take_option(void *context, const char *section, const char *key, const char *value,
                       int line, gb_err *err) {
    const struct ini_context *c = context;
    char name[128], shown[GB_PATH_MAX + 160];
    size_t size;
    if (name_of(c->names, section, key, &size)) return GB_OK;
    gb_format(shown, sizeof shown, "%s:%d: %s", c->path, line, key);
    bool env = !strcmp(section, "env");
    if (!env && strcmp(section, "run") && strcmp(section, "agent"))
        return gb_fail(err, GB_USAGE, "%s: unknown section [%s]; use [run], [agent] or [env]",
                       shown, section);
    gb_format(name, sizeof name, "%s%s", env ? "env." : "", key);
    return gb_run_set(c->run, name, value, shown, err);
}

int gb_run_read_names(const char *path, gb_run_names *names, gb_err *err) {
    *names = (gb_run_names){0};
    return gb_ini_read(path, take_name, &(struct ini_context){path, NULL, names}, err);
}

int gb_run_read_ini(gb_run *run, const char *path, gb_err *err) {
    gb_run_names ignored;
    return gb_ini_read(path, take_option, &(struct ini_context){path, run, &ignored}, err);
}

/* --- from a folder ----------------------------------------------------------------------------*/

int gb_run_load(gb_run *run, gb_registry *registry, const char *dir, gb_err *err) {
    char path[GB_PATH_MAX + 16];
    gb_run_names names;
    *run = (gb_run){0};
    gb_format(path, sizeof path, "%s/config.ini", dir);
    if (!gb_file_readable(path))
        return gb_fail(err, GB_FAIL, "%s: no run there (no config.ini); see 'gibbs help train'",
                       dir);
    int code = gb_run_read_names(path, &names, err);
    if (code) return code;
    if (!names.agent[0] || !names.env[0])
        return gb_fail(err, GB_FAIL, "%s: [run] has no %s; it is no config.ini of a run", path,
                       names.agent[0] ? "env" : "agent");
    const gb_agent_type *agent = gb_registry_agent(registry, names.agent, err);
    if (!agent) return GB_FAIL;
    /* one that was loaded by hand (--plugin) comes before the one of the file */
    const gb_env_type *env = gb_registry_env(registry, names.env, err);
    if (!env && !names.plugin[0]) return GB_FAIL;
    if (!env && gb_plugin_load(registry, names.plugin, &env, err)) return GB_FAIL;
    if (strcmp(env->name, names.env))
        return gb_fail(err, GB_FAIL,
                       "%s: holds %s, but the run is of %s; give the right one with "
                       "--plugin",
                       names.plugin, env->name, names.env);
    code = gb_run_init(run, agent, env, err);
    if (code) return code;
    gb_format(run->dir, sizeof run->dir, "%s", dir);
    gb_format(run->plugin, sizeof run->plugin, "%s", names.plugin);
    code = gb_run_read_ini(run, path, err);
    if (!code) code = gb_env_open(&run->env, err);
    if (code) gb_run_free(run);
    return code;
}

int gb_run_load_policy(gb_run *run, gb_err *err) {
    char path[GB_PATH_MAX + 32];
    gb_setting setting = {.spec = run->env.spec,
                          .envs = run->train.envs,
                          .threads = run->train.threads,
                          .seed = (uint64_t)run->train.seed};
    int code = gb_agent_open(&run->agent, &setting, err);
    if (code) return code;
    return gb_load_policy(gb_checkpoint_path(run->dir, path, sizeof path), &run->env, &run->agent,
                          err);
}
