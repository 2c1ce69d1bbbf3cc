/* plot_runs.c - run folders, and tables by themselves. */
#include "file.h"
#include "metrics.h"
#include "opt.h"
#include "plot.h"
#include "run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- config.ini -------------------------------------------------------------------------------*/

/* What does not change how an agent learns, but when something is written or how fast. */
static bool is_beside(const char *key) {
    static const char *const beside[] = {"seed", "threads", "log_every", "save_every",
                                         "eval_every"};
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        if (!strcmp(key, beside[i])) return true;
    return false;
}

struct taker {
    struct plot_run *run;
    FILE *options;
};

static int take(void *context, const char *section, const char *key, const char *value, int line,
                gb_err *err) {
    const struct taker *to = context;
    struct plot_run *run = to->run;
    bool of_run = !strcmp(section, "run"), of_env = !strcmp(section, "env");
    (void)line, (void)err;
    if (of_run && !strcmp(key, "agent"))
        gb_format(run->name, sizeof run->name, "%s", value);
    else if (of_run && !strcmp(key, "env"))
        gb_format(run->env, sizeof run->env, "%s", value);
    else if (of_run && !strcmp(key, "seed"))
        gb_format(run->seed, sizeof run->seed, "%s", value);
    else if (!of_run || !is_beside(key))
        fprintf(to->options, "%s%s=%s\n", of_env ? "env." : "", key, value);
    return GB_OK;
}

static int read_config(struct plot_run *run, gb_err *err) {
    char path[GB_PATH_MAX + 16];
    size_t size;
    gb_format(path, sizeof path, "%s/config.ini", run->path);
    struct taker to = {run, open_memstream(&run->options, &size)};
    if (!to.options) return gb_fail(err, GB_FAIL, "out of memory: %s; free some", path);
    int code = gb_ini_read(path, take, &to, err);
    if (fclose(to.options) && !code)
        code = gb_fail(err, GB_FAIL, "out of memory: %s; free some", path);
    if (code) return code;
    if (run->name[0] && run->env[0]) return GB_OK;
    return gb_fail(err, GB_FAIL, "%s: [run] has no %s; it is no config.ini of a run", path,
                   run->name[0] ? "env" : "agent");
}

/* --- names of tables --------------------------------------------------------------------------*/

/* Takes a file's name apart as folders of runs are called, ENV-AGENT-sSEED.csv; the parts after ENV
 * may be missing. */
static void read_file_name(struct plot_run *run) {
    char name[256];
    const char *slash = strrchr(run->path, '/');
    gb_format(name, sizeof name, "%s", slash ? slash + 1 : run->path);
    char *dot = strrchr(name, '.');
    if (dot && dot > name) *dot = 0;
    char *dash = strrchr(name, '-');
    if (dash && dash[1] == 's' && dash[2] && !dash[2 + strspn(dash + 2, "0123456789")]) {
        gb_format(run->seed, sizeof run->seed, "%s", dash + 2);
        *dash = 0;
    }
    dash = strchr(name, '-');
    if (dash) *dash++ = 0;
    gb_format(run->env, sizeof run->env, "%s", name);
    gb_format(run->name, sizeof run->name, "%s", dash ? dash : "");
    run->options = calloc(1, 1);
}

/* --- reading ----------------------------------------------------------------------------------*/

static bool is_folder(const char *path) {
    struct stat info;
    return !stat(path, &info) && S_ISDIR(info.st_mode);
}

static int find_table(struct plot_run *run, gb_err *err) {
    char path[GB_PATH_MAX + 16];
    bool folder = is_folder(run->path);
    gb_format(path, sizeof path, folder ? "%s/config.ini" : "%s", run->path);
    if (!gb_file_readable(path))
        return gb_fail(err, GB_FAIL,
                       folder ? "%s: is no run (no config.ini); give folders of runs or csv files"
                              : "%s: no run and no csv file there; see 'gibbs help plot'",
                       run->path);
    gb_format(path, sizeof path, folder ? "%s/metrics.csv" : "%s", run->path);
    if (folder && !gb_file_readable(path))
        return gb_fail(err, GB_FAIL, "%s: has no metrics.csv; train it first", run->path);
    run->table = strdup(path);
    if (!run->table) return gb_fail(err, GB_FAIL, "out of memory: %s; free some", path);
    return folder ? GB_CONTINUE : GB_OK;
}

int plot_run_read(struct plot_run *run, const char *path, gb_err *err) {
    *run = (struct plot_run){.path = path};
    int code = find_table(run, err);
    if (code == GB_CONTINUE)
        code = read_config(run, err);
    else if (!code)
        read_file_name(run);
    if (!code && !run->options) code = gb_fail(err, GB_FAIL, "out of memory: %s; free some", path);
    if (!code) code = gb_csv_read(run->table, &run->csv, err);
    if (code || run->csv.rows) return code;
    return gb_fail(err, GB_FAIL, "%s: has no rows yet; wait for the first one", run->table);
}

/* The clock has a record for each row, but for what a running program writes just now. */
static int take_wall(struct plot_run *run, gb_err *err) {
    gb_clock clock;
    int column = gb_csv_column(&run->csv, run->table, "step", err);
    if (column < 0) return column;
    if (!is_folder(run->path))
        return gb_fail(err, GB_USAGE, "%s: a table by itself has no wall time; give run folders",
                       run->path);
    int code = gb_clock_read(run->path, &clock, err);
    if (code) return code;
    for (int i = 0, k = 0; i < run->csv.rows; i++) {
        double step = run->csv.cell[(size_t)i * (size_t)run->csv.columns + (size_t)column];
        while (k < clock.n && (double)clock.step[k] < step) k++;
        run->x[i] = k < clock.n && (double)clock.step[k] == step ? clock.seconds[k] : NAN;
    }
    gb_clock_free(&clock);
    return GB_OK;
}

int plot_run_take_x(struct plot_run *run, const char *x, gb_err *err) {
    run->x = gb_alloc((size_t)run->csv.rows, sizeof *run->x, err);
    if (!run->x) return GB_FAIL;
    if (!strcmp(x, "wall")) return take_wall(run, err);
    int column = gb_csv_column(&run->csv, run->table, x, err);
    if (column < 0) return column;
    for (int i = 0; i < run->csv.rows; i++)
        run->x[i] = run->csv.cell[(size_t)i * (size_t)run->csv.columns + (size_t)column];
    return GB_OK;
}

void plot_run_free(struct plot_run *run) {
    gb_csv_free(&run->csv);
    gb_dealloc(run->x);
    free(run->options);
    free(run->table);
    *run = (struct plot_run){0};
}
