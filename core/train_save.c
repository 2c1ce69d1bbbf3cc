/* train_save.c - the checkpoints of a run: which are made, how they are written, and going on from
 * one. */
#include "train.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *gb_checkpoint_path(const char *dir, char *path, size_t size) {
    return gb_format(path, size, "%s/checkpoint.safetensors", dir);
}

/* Visits the name of what the run is made with; a checkpoint of another does not fit. */
static void archive_name(gb_archive *archive, const char *key, const char *actual, char name[64]) {
    gb_format(name, 64, "%s", actual);
    gb_archive_text(archive, key, name, 64);
    if (strcmp(name, actual))
        gb_archive_reject(archive, "made with %s %s, not %s; use the one it was made with", key,
                          name, actual);
}

/* Saves or loads the whole run. */
static void archive_run(gb_train *train, gb_metrics_mark *mark, gb_archive *archive) {
    archive_name(archive, "agent", train->agent->type->name, train->agent_name);
    archive_name(archive, "env", train->env->type->name, train->env_name);
    gb_archive_enter(archive, "train");
    gb_archive_i64(archive, "step", &train->step, 1);
    gb_archive_f64(archive, "seconds", &train->seconds, 1);
    gb_archive_i64(archive, "csv_bytes", &mark->csv_bytes, 1);
    gb_archive_i64(archive, "event_bytes", &mark->event_bytes, 1);
    gb_stats_archive(&train->stats, archive);
    gb_archive_leave(archive);
    gb_archive_enter(archive, "envs");
    gb_vec_archive(&train->vec, archive);
    gb_archive_leave(archive);
    gb_archive_enter(archive, "agent");
    train->agent->type->archive(train->agent->state, archive, false);
    gb_archive_leave(archive);
}

/* --- saving -----------------------------------------------------------------------------------*/

/* Rows come before the checkpoint that says where they end. */
static int sync_rows(void *context, gb_err *err) {
    return gb_metrics_sync(context, err);
}

int gb_train_save(gb_train *train, gb_err *err) {
    gb_metrics_mark mark;
    char path[4096];
    if (gb_saver_wait(train->saver, err) || gb_metrics_flush(train->metrics, &mark, err))
        return GB_FAIL;
    gb_archive *archive = gb_archive_create(err);
    if (!archive) return GB_FAIL;
    archive_run(train, &mark, archive);
    if (gb_archive_freeze(archive, err)) {
        gb_archive_close(archive);
        return GB_FAIL;
    }
    gb_saver_start(train->saver, archive, gb_checkpoint_path(train->dir, path, sizeof path),
                   sync_rows, train->metrics);
    train->saved = train->step, train->saved_seconds = train->seconds;
    train->saves++;
    return GB_OK;
}

/* Where --save_every leaves it open: as often as this many steps, ... */
enum { SAVE_STEPS = 10000 };
/* ... but seconds from one to the next, and so many that writing takes no more of the time. */
static const double SAVE_SECONDS = 1, SAVE_SHARE = 0.02;

/* Returns the least number of steps from one checkpoint to the next; 0: there is none but the last.
 */
static int64_t steps_between(const gb_train *train) {
    return train->config.save_every < 0 ? SAVE_STEPS : train->config.save_every;
}

/* Whether a checkpoint that nobody asked for would come too soon after those before. The second
 * never is told so before the first is there: see may_lack_first. */
static bool too_soon(gb_train *train) {
    if (train->config.save_every >= 0 || !train->saves) return false;
    if (train->saves > 1 && !gb_saver_idle(train->saver)) return true;
    if (train->seconds - train->saved_seconds < SAVE_SECONDS) return true;
    return train->seconds - train->saved_seconds < gb_saver_seconds(train->saver) / SAVE_SHARE;
}

int gb_train_save_if_due(gb_train *train, gb_err *err) {
    const int64_t every = steps_between(train);
    if (gb_saver_failed(train->saver)) return gb_saver_wait(train->saver, err);
    if (!gb_train_due(train, every)) return GB_OK;
    if (train->saves == 1 && gb_saver_wait(train->saver, err)) return GB_FAIL;
    return too_soon(train) ? GB_OK : gb_train_save(train, err);
}

/* --- going on ---------------------------------------------------------------------------------*/

static int load(gb_train *train, gb_err *err) {
    gb_metrics_mark mark = {0};
    char path[4096];
    gb_archive *archive = gb_archive_open(gb_checkpoint_path(train->dir, path, sizeof path), err);
    if (!archive) return GB_FAIL;
    archive_run(train, &mark, archive);
    int code = gb_archive_status(archive, err);
    gb_archive_close(archive);
    if (code) return code;
    train->metrics = gb_metrics_resume(train->dir, &mark, err);
    return train->metrics ? GB_OK : GB_FAIL;
}

/* Returns the step of the last whole row of metrics.csv; 0 if there is none. */
static int64_t last_row(const char *dir) {
    char path[4096], line[4096];
    long long step = 0;
    FILE *file = fopen(gb_format(path, sizeof path, "%s/metrics.csv", dir), "r");
    while (file && fgets(line, sizeof line, file)) sscanf(line, "%lld,", &step);
    if (file) fclose(file);
    return step;
}

/* Reads only the step from the checkpoint at path. */
static int saved_step(const char *path, int64_t *step, gb_err *err) {
    gb_archive *archive = gb_archive_open(path, err);
    if (!archive) return GB_FAIL;
    gb_archive_enter(archive, "train");
    gb_archive_i64(archive, "step", step, 1);
    gb_archive_leave(archive);
    int code = gb_archive_status(archive, err);
    gb_archive_close(archive);
    return code;
}

/* Whether the run in the folder may have been ended before its first checkpoint: by its second, the
 * first is there. */
static bool may_lack_first(const gb_train *train) {
    const gb_train_config *c = &train->config;
    const int64_t first = steps_between(train);
    return !train->was_saved && (!first || last_row(train->dir) < 2 * first + c->envs);
}

int gb_train_load(gb_train *train, gb_err *err) {
    const gb_train_config *c = &train->config;
    char path[4096];
    gb_checkpoint_path(train->dir, path, sizeof path);
    if (access(path, F_OK) && errno == ENOENT && may_lack_first(train)) return GB_CONTINUE;
    int64_t step;
    if (saved_step(path, &step, err)) return GB_FAIL;
    if (step - c->envs >= c->steps)
        return gb_fail(err, GB_USAGE, "--steps %lld: the run is at step %lld already; ask for more",
                       (long long)c->steps, (long long)step);
    return load(train, err);
}

/* --- the policy alone -------------------------------------------------------------------------*/

int gb_load_policy(const char *path, const gb_env *env, gb_agent *agent, gb_err *err) {
    char names[2][64];
    gb_archive *archive = gb_archive_open(path, err);
    if (!archive) return GB_FAIL;
    archive_name(archive, "agent", agent->type->name, names[0]);
    archive_name(archive, "env", env->type->name, names[1]);
    gb_archive_enter(archive, "agent");
    gb_agent_archive_policy(agent, archive);
    gb_archive_leave(archive);
    int code = gb_archive_status(archive, err);
    gb_archive_close(archive);
    return code;
}
