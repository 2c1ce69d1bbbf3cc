/* cmd_study.c - gibbs study: a published or proved result computed again, as csv and picture. */
#include "cli.h"
#include "file.h"
#include "opt.h"
#include "study.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct study *const studies[] = {&study_averaging, &study_equivalence, &study_maze,
                                       &study_npg, NULL};

#ifdef GB_CAIRO
#define PICTURES "png", "png|svg|none"
#else /* built without charts */
#define PICTURES "none", "none"
#endif

const gb_opt study_common_opts[] = {
    {"seed", GB_I64(struct study_common, seed), 1, 0, 9e15, "of MDPs, errors and samples"},
    {"threads", GB_INT(struct study_common, threads), 1, 1, 256,
     "threads to use; the numbers do not change"},
    {"picture", GB_TEXT(struct study_common, picture), 0, 0, 0, "kind of file, or none", PICTURES},
    {"width", GB_INT(struct study_common, width), 1000, GB_CHART_LEAST, GB_CHART_MOST,
     "of the picture, in pixels"},
    {"height", GB_INT(struct study_common, height), 470, GB_CHART_LEAST, GB_CHART_MOST, "of it"},
    {"dark", GB_BOOL(struct study_common, dark), 0, 0, 1, "1: light lines on a dark ground"},
    {0},
};

struct work {
    const struct study *study;
    void *config; /* owned */
    struct study_common common;
    struct report report;
    char dir[GB_PATH_MAX];
    char csv[GB_PATH_MAX + 80], picture[GB_PATH_MAX + 80];
    double seconds;
    bool json;
};

const struct study *study_find(const char *name, gb_err *err) {
    gb_near near;
    char text[256];
    gb_near_init(&near, name);
    for (const struct study *const *study = studies; *study; study++) {
        if (!strcmp((*study)->name, name)) return *study;
        gb_near_add(&near, (*study)->name);
    }
    gb_fail(err, GB_USAGE, "%s: no such study%s; see 'gibbs list studies'", name,
            gb_near_text(&near, text, sizeof text));
    return NULL;
}

/* --- options ----------------------------------------------------------------------------------*/

static int set_option(struct work *work, const struct option *option, gb_err *err) {
    void *config = work->config;
    const gb_opt *row = gb_opts_find(work->study->opts, option->name);
    if (!row) row = gb_opts_find(study_common_opts, option->name), config = &work->common;
    if (!row) {
        gb_near near;
        char text[256];
        gb_near_init(&near, option->name);
        gb_near_add_opts(&near, work->study->opts);
        gb_near_add_opts(&near, study_common_opts);
        return gb_fail(err, GB_USAGE, "%s: the study %s has no such option%s; see 'gibbs help %s'",
                       option->shown, work->study->name, gb_near_text(&near, text, sizeof text),
                       work->study->name);
    }
    int code = gb_opt_set(row, config, option->value, option->shown, err);
    struct list list;
    if (!code && row->kind == GB_KIND_TEXT && row->min < row->max)
        code = study_list(row, config, &list, err);
    return code;
}

static int set_options(struct work *work, struct args *args, gb_err *err) {
    gb_opts_default(study_common_opts, &work->common);
    gb_opts_default(work->study->opts, work->config);
    for (int i = 0; i < args->n_options; i++) {
        struct option *option = &args->options[i];
        if (option->taken) continue;
        int code = set_option(work, option, err);
        if (code) return code;
        option->taken = true;
    }
    return work->study->check ? work->study->check(work->config, err) : GB_OK;
}

static int prepare(struct work *work, struct args *args, gb_err *err) {
    const char *out;
    char path[128];
    int code = args_take_file(args, "out", &out, err);
    work->json = args_take(args, "json") != NULL;
    if (!code && args->n_words != 1)
        code = gb_fail(err, GB_USAGE, "%s; usage: %s",
                       args->n_words ? "one study at a time" : "which study?", usage_of("study"));
    if (code) return code;
    work->study = study_find(args->words[0], err);
    if (!work->study) return GB_USAGE;
    work->config = gb_alloc(1, work->study->config_size, err);
    if (!work->config) return GB_FAIL;
    code = set_options(work, args, err);
    if (!code && out && strlen(out) >= sizeof work->dir)
        code = gb_fail(err, GB_FAIL, "--out: the path is too long; shorten it");
    if (code) return code;
    gb_format(path, sizeof path, "studies/%s", work->study->name);
    if (!out) return gb_folder_make_numbered(path, work->dir, sizeof work->dir, err);
    gb_format(work->dir, sizeof work->dir, "%s", out);
    return gb_folder_make(out, "", err);
}

/* --- what comes of it -------------------------------------------------------------------------*/

static int failed(const struct report *report) {
    int n = 0;
    for (int i = 0; i < report->n_verdicts; i++) n += report->verdicts[i].kind == VERDICT_FAILS;
    return n;
}

static void add_options(cJSON *json, const gb_opt *table, const void *config) {
    char value[GB_OPT_TEXT_MAX];
    for (const gb_opt *row = table; row->name; row++) {
        gb_opt_format(row, config, value, sizeof value);
        if (row->kind == GB_KIND_TEXT)
            cJSON_AddStringToObject(json, row->name, value);
        else
            cJSON_AddRawToObject(json, row->name, value);
    }
}

static bool drawn(const struct work *work) {
    return work->report.picture && !work->report.drawn;
}

/* The study as JSON; the caller frees it with cJSON_free. NULL if memory is short. */
static char *describe(const struct work *work) {
    static const char *const kinds[] = {"fails", "holds", "untested"};
    const struct report *report = &work->report;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "study", work->study->name);
    cJSON_AddStringToObject(json, "source", work->study->source);
    cJSON *options = cJSON_AddObjectToObject(json, "options");
    add_options(options, work->study->opts, work->config);
    add_options(options, study_common_opts, &work->common);
    cJSON_AddBoolToObject(json, "holds", !failed(report));
    cJSON *verdicts = cJSON_AddArrayToObject(json, "verdicts");
    for (int i = 0; i < report->n_verdicts; i++) {
        cJSON *verdict = cJSON_CreateObject();
        cJSON_AddItemToArray(verdicts, verdict);
        cJSON_AddStringToObject(verdict, "verdict", kinds[report->verdicts[i].kind]);
        cJSON_AddStringToObject(verdict, "claim", report->verdicts[i].claim);
    }
    cJSON_AddStringToObject(json, "csv", work->csv);
    if (drawn(work)) cJSON_AddStringToObject(json, "picture", work->picture);
    cJSON_AddNumberToObject(json, "seconds", work->seconds);
    char *text = json ? cJSON_Print(json) : NULL;
    cJSON_Delete(json);
    return text;
}

static int write_files(struct work *work, gb_err *err) {
    const struct report *report = &work->report;
    char path[GB_PATH_MAX + 80];
    int code = gb_write_file(work->csv, report->csv_bytes, report->csv_size, err);
    if (code) return code;
    char *json = describe(work);
    if (!json) return gb_fail(err, GB_FAIL, "out of memory: study.json; free some");
    gb_format(path, sizeof path, "%s/study.json", work->dir);
    code = gb_write_file(path, json, strlen(json), err);
    if (!code && work->json) puts(json);
    cJSON_free(json);
    return code;
}

static void print_text(const struct work *work) {
    static const char *const kinds[] = {"FAILS", "holds", "untested"};
    const struct report *report = &work->report;
    printf("%s - %s\n(%s)\n\n%s\n", work->study->name, work->study->help, work->study->source,
           report->text_bytes);
    for (int i = 0; i < report->n_verdicts; i++)
        printf("%-9s %s\n", kinds[report->verdicts[i].kind], report->verdicts[i].claim);
    printf("\n%s%s%s  (%.2f s)\n", work->csv, drawn(work) ? ", " : "",
           drawn(work) ? work->picture : "", work->seconds);
}

/* Where csv and picture go, and how the picture is wanted. */
static void set_paths(struct work *work) {
    const struct study_common *common = &work->common;
    struct report *report = &work->report;
    const char *name = work->study->name;
    gb_format(work->csv, sizeof work->csv, "%s/%s.csv", work->dir, name);
    gb_format(work->picture, sizeof work->picture, "%s/%s.%s", work->dir, name, common->picture);
    report->picture = strcmp(common->picture, "none") ? work->picture : NULL;
    report->width = common->width;
    report->height = common->height;
    report->dark = common->dark;
}

static int run(struct work *work, gb_err *err) {
    const double start = gb_seconds();
    int code = report_init(&work->report, err);
    set_paths(work);
    if (!code) code = work->study->run(work->config, &work->common, &work->report, err);
    if (!code) code = report_finish(&work->report, err);
    work->seconds = gb_seconds() - start;
    if (!code) code = write_files(work, err);
    if (code) {
        (void)rmdir(work->dir); /* if nothing is in it */
        return code;
    }
    if (!work->json) print_text(work);
    if (work->report.drawn) *err = work->report.fault;
    const int n = failed(&work->report);
    if (!n) return work->report.drawn;
    return gb_fail(err, GB_FAIL,
                   "%s: %d of %d claims failed; see %s/study.json, and compare with the study's "
                   "default options",
                   work->study->name, n, work->report.n_verdicts, work->dir);
}

int cmd_study(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {"json", NULL};
    struct args args;
    struct work work = {0};
    gb_err err;
    (void)session;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = prepare(&work, &args, &err);
    if (!code) code = run(&work, &err);
    report_free(&work.report);
    gb_dealloc(work.config);
    return code ? complain(code, &err) : 0;
}
