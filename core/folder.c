/* folder.c - the folder side of run.h: creating, locking, config.ini and run.json. */
#include "file.h"
#include "la.h"
#include "opt.h"
#include "run.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* --- config.ini -------------------------------------------------------------------------------*/

static void write_section(FILE *out, const char *section, const gb_opt *table, const void *config) {
    char value[GB_OPT_TEXT_MAX];
    fprintf(out, "\n[%s]\n", section);
    for (const gb_opt *row = table; row && row->name; row++)
        fprintf(out, "%s = %s\n", row->name, gb_opt_format(row, config, value, sizeof value));
}

int gb_run_write_config(const gb_run *run, gb_err *err) {
    char path[GB_PATH_MAX + 16], *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return gb_fail(err, GB_FAIL, "out of memory: config.ini; free some");
    fprintf(out, "; repeats the run bit for bit: gibbs train --config THIS_FILE\n");
    fprintf(out, "[run]\nagent = %s\nenv = %s\n", run->agent.type->name, run->env.type->name);
    if (run->plugin[0]) fprintf(out, "plugin = %s\n", run->plugin);
    char value[GB_OPT_TEXT_MAX];
    for (const gb_opt *row = gb_train_opts; row->name; row++)
        fprintf(out, "%s = %s\n", row->name, gb_opt_format(row, &run->train, value, sizeof value));
    write_section(out, "agent", run->agent.type->opts, run->agent.config);
    write_section(out, "env", run->env.type->opts, run->env.config);
    bool whole = !ferror(out);
    gb_format(path, sizeof path, "%s/config.ini", run->dir);
    int code = fclose(out) == 0 && whole ? gb_write_file(path, text, size, err)
                                         : gb_fail(err, GB_FAIL, "out of memory: config.ini");
    free(text);
    return code;
}

/* --- the folder -------------------------------------------------------------------------------*/

/* Removes what a process left that was killed while it wrote one of our files. */
static void remove_leftovers(const char *path) {
    static const char *const ours[] = {"config.ini.", "run.json.", "checkpoint.safetensors."};
    char name[GB_PATH_MAX + 300];
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        size_t length = strlen(entry->d_name);
        bool leftover = length > 4 && !strcmp(entry->d_name + length - 4, ".tmp"), known = false;
        for (int i = 0; i < 3; i++) known |= !strncmp(entry->d_name, ours[i], strlen(ours[i]));
        if (leftover && known) unlink(gb_format(name, sizeof name, "%s/%s", path, entry->d_name));
    }
    if (dir) closedir(dir);
}

static int lock_folder(gb_run *run, gb_err *err) {
    run->lock = open(run->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run->lock < 0) {
        run->lock = 0;
        return gb_fail(err, GB_FAIL, "%s: %s; choose another folder", run->dir, strerror(errno));
    }
    if (flock(run->lock, LOCK_EX | LOCK_NB))
        return gb_fail(err, GB_FAIL, "%s: another process trains there; wait for it or end it",
                       run->dir);
    remove_leftovers(run->dir);
    return GB_OK;
}

static int make_named(gb_run *run, const char *out, gb_err *err) {
    char resume[GB_PATH_MAX + 64];
    if (strlen(out) >= sizeof run->dir - 64)
        return gb_fail(err, GB_FAIL, "--out: the path is too long; shorten it");
    gb_format(run->dir, sizeof run->dir, "%s", out);
    gb_format(resume, sizeof resume, ", or go on with 'gibbs train --resume %s'", out);
    return gb_folder_make(out, resume, err);
}

static int make_numbered(gb_run *run, gb_err *err) {
    char path[256];
    gb_format(path, sizeof path, "runs/%s-%s-s%lld", run->env.type->name, run->agent.type->name,
              (long long)run->train.seed);
    return gb_folder_make_numbered(path, run->dir, sizeof run->dir, err);
}

int gb_run_create_folder(gb_run *run, const char *out, gb_err *err) {
    int code = out ? make_named(run, out, err) : make_numbered(run, err);
    if (!code) code = lock_folder(run, err);
    return code ? code : gb_run_write_config(run, err);
}

int gb_run_take_folder(gb_run *run, gb_err *err) {
    return lock_folder(run, err);
}

/* --- run.json ---------------------------------------------------------------------------------*/

/* The processor's name as Linux tells it, or "". */
static void cpu_name(char *name, size_t size) {
    char line[256];
    name[0] = 0;
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && !name[0] && fgets(line, sizeof line, file)) {
        char *value = strncmp(line, "model name", 10) ? NULL : strchr(line, ':');
        if (value) gb_format(name, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
    }
    if (file) fclose(file);
}

static void add_machine(cJSON *json) {
    struct utsname system;
    char cpu[128];
    cpu_name(cpu, sizeof cpu);
    cJSON *machine = cJSON_AddObjectToObject(json, "machine");
    if (!uname(&system)) {
        cJSON_AddStringToObject(machine, "system", system.sysname);
        cJSON_AddStringToObject(machine, "architecture", system.machine);
    }
    cJSON_AddStringToObject(machine, "cpu", cpu);
    cJSON_AddNumberToObject(machine, "cores", (double)sysconf(_SC_NPROCESSORS_ONLN));
    cJSON_AddStringToObject(json, "matrix_products", gb_la_name());
    cJSON_AddStringToObject(json, "compiler", __VERSION__);
}

bool gb_run_was_saved(const gb_run *run) {
    char path[GB_PATH_MAX + 16];
    size_t n;
    gb_err ignored;
    gb_format(path, sizeof path, "%s/run.json", run->dir);
    char *text = gb_file_read(path, 1 << 20, &n, &ignored);
    cJSON *json = text ? cJSON_Parse(text) : NULL;
    const cJSON *status = cJSON_GetObjectItem(json, "status");
    bool saved = cJSON_IsString(status) && (!strcmp(status->valuestring, "finished") ||
                                            !strcmp(status->valuestring, "interrupted"));
    cJSON_Delete(json);
    gb_dealloc(text);
    return saved;
}

int gb_run_write_status(const gb_run *run, const char *status, const char *message, int64_t step,
                        double seconds, gb_err *err) {
    char path[GB_PATH_MAX + 16], date[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "status", status);
    if (message) cJSON_AddStringToObject(json, "message", message);
    cJSON_AddStringToObject(json, "agent", run->agent.type->name);
    cJSON_AddStringToObject(json, "env", run->env.type->name);
    cJSON_AddNumberToObject(json, "seed", (double)run->train.seed);
    cJSON_AddNumberToObject(json, "step", (double)step);
    cJSON_AddNumberToObject(json, "steps", (double)run->train.steps);
    cJSON_AddNumberToObject(json, "wall_seconds", seconds);
    cJSON_AddStringToObject(json, "updated", date);
    cJSON_AddStringToObject(json, "version", GB_VERSION);
    add_machine(json);
    char *text = json ? cJSON_Print(json) : NULL;
    cJSON_Delete(json);
    if (!text) return gb_fail(err, GB_FAIL, "out of memory: run.json; free some");
    gb_format(path, sizeof path, "%s/run.json", run->dir);
    int code = gb_write_file(path, text, strlen(text), err);
    cJSON_free(text);
    return code;
}
