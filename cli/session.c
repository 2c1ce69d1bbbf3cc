/* session.c - finding what the command line names. */
#include "cli.h"
#include "opt.h"
#include "plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
    const char *path = args_take(args, "plugin");
    return path ? session_plugin(session, path, NULL, err) : GB_OK;
}

const gb_env_type *session_env(struct session *session, const char *name, gb_err *err) {
    const gb_env_type *type = NULL;
    char path[GB_PATH_MAX];
    if (gb_plugin_is_path(name)) return session_plugin(session, name, &type, err) ? NULL : type;
    type = gb_registry_env(&session->registry, name, err);
    if (!type && gb_plugin_find(getenv("GIBBS_PLUGIN_PATH"), name, path, sizeof path))
        session_plugin(session, path, &type, err);
    return type;
}

const char *session_plugin_path(const struct session *session, const gb_env_type *type) {
    for (int i = 0; i < session->n_plugins; i++)
        if (session->plugins[i].type == type) return session->plugins[i].path;
    return "";
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
    *env = (gb_env){0};
    const gb_env_type *type = session_env(session, name, err);
    if (!type) return gb_plugin_is_path(name) ? GB_FAIL : GB_USAGE;
    int code = gb_env_init(env, type, err);
    if (!code) code = set_env_options(args, env, err);
    if (!code) code = gb_env_open(env, err);
    if (code) gb_env_free(env);
    return code;
}

bool is_run(const char *name) {
    struct stat info;
    return !stat(name, &info) && S_ISDIR(info.st_mode);
}

int complain(int code, const gb_err *err) {
    fputs("gibbs: ", stderr);
    for (const char *c = err->msg; *c; c++) /* one line, whatever the user typed */
        fputc((unsigned char)*c < ' ' || *c == 127 ? '?' : *c, stderr);
    fputc('\n', stderr);
    return code == GB_USAGE ? 2 : 1;
}
