/* cmd_plot.c - gibbs plot: learning curves of runs as a picture, and as a table. */
#include "chart.h"
#include "cli.h"
#include "file.h"
#include "opt.h"
#include "plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T struct plot_options
const gb_opt plot_opts[] = {
    {"y", GB_TEXT(T, y), 0, 0, 0,
     "columns of metrics.csv, a panel each; else evaluations, or training returns"},
    {"x", GB_TEXT(T, x), 0, 0, 0, "step, wall (seconds of wall time), or another column", "step"},
    {"center", GB_TEXT(T, center), 0, 0, 0, "of the seeds of a group", "mean", "mean|iqm|median"},
    {"band", GB_F64(T, band), 95, 0, 99.9, "per cent of the bootstrap interval; 0: none"},
    {"smooth", GB_INT(T, smooth), 1, 1, 100000, "rows of each run that a mean is taken over"},
    {"panels", GB_TEXT(T, panels), 0, 0, 0, "one for each environment, or one for all", "env",
     "env|one"},
    {"log", GB_TEXT(T, log), 0, 0, 0, "logarithmic axes", "none", "none|x|y|xy"},
    {"title", GB_TEXT(T, title), 0, 0, 0, "of the picture"},
    {"theme", GB_TEXT(T, theme), 0, 0, 0, "colours", "light", "light|dark"},
    {"size", GB_TEXT(T, size), 0, 0, 0, "WIDTHxHEIGHT in pixels", "800x500"},
    {0},
};
#undef T

/* All that becomes a picture. */
struct plot {
    struct plot_options options;
    struct plot_manner manner;
    const char *out, *csv; /* files; NULL: not wanted */
    int width, height;
    struct plot_run *runs;
    int n_runs;
    char columns[512];
    const char *column[PLOT_COLUMNS]; /* (n_columns) point into columns */
    int n_columns;
    struct plot_groups groups;
    struct plot_curve *curves; /* (groups, columns) */
};

/* --- options ----------------------------------------------------------------------------------*/

static int split_columns(struct plot *plot, gb_err *err) {
    char *next = NULL;
    gb_format(plot->columns, sizeof plot->columns, "%s", plot->options.y);
    for (char *name = strtok_r(plot->columns, ",", &next); name;
         name = strtok_r(NULL, ",", &next)) {
        if (plot->n_columns == PLOT_COLUMNS)
            return gb_fail(err, GB_USAGE, "--y: more than %d columns; name fewer", PLOT_COLUMNS);
        plot->column[plot->n_columns++] = name;
    }
    return GB_OK;
}

static int take_options(struct plot *plot, struct args *args, gb_err *err) {
    struct plot_options *options = &plot->options;
    char shown[32];
    gb_opts_default(plot_opts, options);
    for (const gb_opt *row = plot_opts; row->name; row++) {
        const char *value = args_take(args, row->name);
        gb_format(shown, sizeof shown, "--%s", row->name);
        int code = value ? gb_opt_set(row, options, value, shown, err) : GB_OK;
        if (code) return code;
    }
    int code = args_take_file(args, "o", &plot->out, err);
    if (!code) code = args_take_file(args, "csv", &plot->csv, err);
    if (!code) code = args_finish(args, 1, MOST_WORDS, usage_of("plot"), err);
    if (!code) code = split_columns(plot, err);
    if (!code) code = args_read_size("--size", options->size, &plot->width, &plot->height, err);
    if (!code) code = gb_chart_check_size(plot->width, plot->height, err);
    if (!code && plot->out) code = gb_chart_check_path(plot->out, err);
    if (!code && !plot->out && !plot->csv)
        code = gb_fail(err, GB_USAGE, "where to? give -o FILE.svg, -o FILE.png or --csv FILE");
    plot->manner = (struct plot_manner){
        .center = !strcmp(options->center, "iqm")      ? GB_CENTER_IQM
                  : !strcmp(options->center, "median") ? GB_CENTER_MEDIAN
                                                       : GB_CENTER_MEAN,
        .band = options->band / 100,
        .smooth = options->smooth,
    };
    return code;
}

/* --- from runs to curves ----------------------------------------------------------------------*/

/* Returns whether every run has the column, with a value in it. */
static bool all_have(const struct plot *plot, const char *name) {
    for (int r = 0; r < plot->n_runs; r++) {
        const gb_csv *csv = &plot->runs[r].csv;
        int column = gb_csv_find(csv, name), row = 0;
        if (column < 0) return false;
        const double *cell = csv->cell + column;
        while (row < csv->rows &&
               cell[(size_t)row * (size_t)csv->columns] != cell[(size_t)row * (size_t)csv->columns])
            row++;
        if (row == csv->rows) return false;
    }
    return true;
}

static int read_runs(struct plot *plot, const struct args *args, gb_err *err) {
    plot->runs = gb_alloc((size_t)args->n_words, sizeof *plot->runs, err);
    int code = plot->runs ? GB_OK : GB_FAIL;
    for (int i = 0; i < args->n_words && !code; i++) {
        plot->n_runs = i + 1;
        code = plot_run_read(&plot->runs[i], args->words[i], err);
        if (!code) code = plot_run_take_x(&plot->runs[i], plot->options.x, err);
    }
    if (!code && !plot->n_columns)
        plot->column[plot->n_columns++] =
            all_have(plot, "eval_return_mean") ? "eval_return_mean" : "return_mean";
    return code;
}

static int make_curves(struct plot *plot, gb_err *err) {
    bool one_panel = !strcmp(plot->options.panels, "one");
    int code = plot_groups_make(&plot->groups, plot->runs, plot->n_runs, one_panel, err);
    if (code) return code;
    if (plot->groups.panels * plot->n_columns > GB_CHART_PANELS)
        return gb_fail(err, GB_USAGE, "%d panels: more than %d; give fewer runs, or --panels one",
                       plot->groups.panels * plot->n_columns, GB_CHART_PANELS);
    size_t count = (size_t)plot->groups.n * (size_t)plot->n_columns;
    plot->curves = gb_alloc(count, sizeof *plot->curves, err);
    code = plot->curves ? GB_OK : GB_FAIL;
    for (int g = 0; g < plot->groups.n; g++)
        for (int c = 0; c < plot->n_columns && !code; c++)
            code = plot_curve_make(&plot->curves[g * plot->n_columns + c], plot->runs, plot->n_runs,
                                   g, plot->column[c], &plot->manner, err);
    return code;
}

/* --- the picture ------------------------------------------------------------------------------*/

/* What people call a column. */
static const char *label_of(const char *column) {
    static const char *const known[][2] = {
        {"step", "environment steps"},      {"wall", "seconds of wall time"},
        {"return_mean", "training return"}, {"eval_return_mean", "evaluation return"},
        {"length_mean", "episode length"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(column, known[i][0])) return known[i][1];
    return column;
}

/* "mean of 5 seeds; band: 95 % bootstrap interval (2000 resamples of seeds)" */
static const char *describe(const struct plot *plot, char *text, size_t size) {
    int least = plot->n_runs, most = 0;
    const char *center =
        plot->manner.center == GB_CENTER_IQM ? "interquartile mean" : plot->options.center;
    char seeds[64], band[96] = "", smooth[48] = "";
    for (int g = 0; g < plot->groups.n; g++) {
        int runs = plot->groups.group[g].runs;
        if (runs < least) least = runs;
        if (runs > most) most = runs;
    }
    if (most == 1)
        gb_format(seeds, sizeof seeds, plot->groups.n == 1 ? "one run" : "one run each");
    else if (least < most)
        gb_format(seeds, sizeof seeds, "%s of %d to %d seeds", center, least, most);
    else
        gb_format(seeds, sizeof seeds, "%s of %d seeds", center, most);
    if (most > 1 && plot->manner.band > 0)
        gb_format(band, sizeof band, "; band: %g %% bootstrap interval (%d resamples of seeds)",
                  plot->options.band, GB_RESAMPLES);
    if (plot->options.smooth > 1)
        gb_format(smooth, sizeof smooth, "; smoothed over %d rows", plot->options.smooth);
    return gb_format(text, size, "%s%s%s", seeds, band, smooth);
}

/* Fills panel number p * columns + c: environment p and column c. Returns how many series. */
static int fill_panel(const struct plot *plot, int p, int c, gb_chart_panel *panel,
                      gb_chart_series *series) {
    const struct plot_groups *groups = &plot->groups;
    const char *log = plot->options.log;
    /* one panel needs no title below the picture's */
    bool alone =
        !strcmp(plot->options.panels, "one") || (plot->options.title[0] && groups->panels == 1);
    int n = 0;
    *panel = (gb_chart_panel){
        .x = {.label = label_of(plot->options.x), .log = strchr(log, 'x') != NULL},
        .y = {.label = label_of(plot->column[c]), .log = strchr(log, 'y') != NULL},
        .series = series,
    };
    for (int g = 0; g < groups->n; g++) {
        const struct plot_group *group = &groups->group[g];
        const struct plot_curve *curve = &plot->curves[g * plot->n_columns + c];
        if (group->panel != p) continue;
        if (!alone) panel->title = group->first->env;
        series[n++] = (gb_chart_series){.name = group->name,
                                        .x = curve->x,
                                        .y = curve->y,
                                        .low = curve->low,
                                        .high = curve->high,
                                        .n = curve->n,
                                        .color = group->color};
    }
    panel->n_series = n;
    return n;
}

static int draw(const struct plot *plot, gb_err *err) {
    const struct plot_groups *groups = &plot->groups;
    gb_chart_panel panels[GB_CHART_PANELS];
    char footnote[256];
    size_t most = (size_t)groups->n * (size_t)plot->n_columns;
    gb_chart_series *series = gb_alloc(most, sizeof *series, err), *next = series;
    if (!series) return GB_FAIL;
    gb_chart chart = {
        .title = plot->options.title,
        .footnote = describe(plot, footnote, sizeof footnote),
        .panels = panels,
        .columns = plot->n_columns > 1 && groups->panels > 1 ? plot->n_columns : 0,
        .width = plot->width,
        .height = plot->height,
        .dark = !strcmp(plot->options.theme, "dark"),
    };
    for (int p = 0; p < groups->panels; p++)
        for (int c = 0; c < plot->n_columns; c++)
            next += fill_panel(plot, p, c, &panels[chart.n_panels++], next);
    int code = gb_chart_write(&chart, plot->out, err);
    gb_dealloc(series);
    return code;
}

/* --- the table --------------------------------------------------------------------------------*/

/* Writes a cell of text, in quotes: names hold commas. */
static void put_text(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputs("\",", out);
}

static int write_table(const struct plot *plot, gb_err *err) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) return gb_fail(err, GB_FAIL, "out of memory: %s; free some", plot->csv);
    fputs("env,name,column,x,y,low,high,seeds\n", out);
    for (int g = 0; g < plot->groups.n; g++)
        for (int c = 0; c < plot->n_columns; c++) {
            const struct plot_group *group = &plot->groups.group[g];
            const struct plot_curve *curve = &plot->curves[g * plot->n_columns + c];
            for (int i = 0; i < curve->n; i++) {
                put_text(out, group->first->env);
                put_text(out, group->name);
                put_text(out, plot->column[c]);
                fprintf(out, "%.17g,%.17g,", curve->x[i], curve->y[i]);
                if (curve->low) fprintf(out, "%.17g,%.17g", curve->low[i], curve->high[i]);
                fprintf(out, "%s,%d\n", curve->low ? "" : ",", group->runs);
            }
        }
    int code = fclose(out) ? gb_fail(err, GB_FAIL, "out of memory: %s; free some", plot->csv)
                           : gb_write_file(plot->csv, text, size, err);
    free(text);
    return code;
}

/* --- the command ------------------------------------------------------------------------------*/

/* A line for each curve: where it ends, and what was left out. */
static void print_ends(const struct plot *plot) {
    for (int g = 0; g < plot->groups.n; g++)
        for (int c = 0; c < plot->n_columns; c++) {
            const struct plot_group *group = &plot->groups.group[g];
            const struct plot_curve *curve = &plot->curves[g * plot->n_columns + c];
            int last = curve->n - 1;
            bool tells = group->name[0] && strcmp(group->name, group->first->env);
            printf("%s%s%s: %s %.5g", group->first->env, tells ? ": " : "",
                   tells ? group->name : "", plot->column[c], curve->y[last]);
            if (curve->low) printf(" [%.5g, %.5g]", curve->low[last], curve->high[last]);
            printf(" at %s %.10g, %d run%s", plot->options.x, curve->x[last], group->runs,
                   group->runs > 1 ? "s" : "");
            if (curve->ends) printf("; ends where %s ends", curve->ends->path);
            putchar('\n');
        }
}

static void free_plot(struct plot *plot) {
    for (int i = 0; plot->curves && i < plot->groups.n * plot->n_columns; i++)
        plot_curve_free(&plot->curves[i]);
    gb_dealloc(plot->curves);
    plot_groups_free(&plot->groups);
    for (int i = 0; i < plot->n_runs; i++) plot_run_free(&plot->runs[i]);
    gb_dealloc(plot->runs);
}

int cmd_plot(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {NULL};
    struct args args;
    struct plot plot = {0};
    gb_err err;
    (void)session;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = take_options(&plot, &args, &err);
    if (!code) code = read_runs(&plot, &args, &err);
    if (!code) code = make_curves(&plot, &err);
    if (!code && plot.out) code = draw(&plot, &err);
    if (!code && plot.csv) code = write_table(&plot, &err);
    if (!code) print_ends(&plot);
    free_plot(&plot);
    return code ? complain(code, &err) : 0;
}
