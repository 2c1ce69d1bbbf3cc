/* study_report.c - what a study found, in memory. */
#include "study.h"

#include <stdarg.h>
#include <stdlib.h>

int report_init(struct report *report, gb_err *err) {
    *report = (struct report){0};
    report->csv = open_memstream(&report->csv_bytes, &report->csv_size);
    report->text = open_memstream(&report->text_bytes, &report->text_size);
    if (report->csv && report->text) return GB_OK;
    return gb_fail(err, GB_FAIL, "out of memory: the report of the study; free some");
}

static bool finish(FILE **file) {
    const bool whole = *file && !ferror(*file);
    const bool closed = *file && !fclose(*file);
    *file = NULL;
    return whole && closed;
}

int report_finish(struct report *report, gb_err *err) {
    const bool csv = finish(&report->csv), text = finish(&report->text);
    if (csv && text) return GB_OK;
    return gb_fail(err, GB_FAIL, "out of memory: the report of the study; free some");
}

void report_free(struct report *report) {
    finish(&report->csv);
    finish(&report->text);
    free(report->csv_bytes);
    free(report->text_bytes);
    *report = (struct report){0};
}

static void add(struct report *report, enum verdict_kind kind, const char *format, va_list list) {
    GB_ASSERT(report->n_verdicts < (int)VERDICTS_MAX);
    struct verdict *verdict = &report->verdicts[report->n_verdicts++];
    verdict->kind = kind;
    vsnprintf(verdict->claim, sizeof verdict->claim, format, list);
}

void report_verdict(struct report *report, bool holds, const char *format, ...) {
    va_list list;
    va_start(list, format);
    add(report, holds ? VERDICT_HOLDS : VERDICT_FAILS, format, list);
    va_end(list);
}

void report_untested(struct report *report, const char *format, ...) {
    va_list list;
    va_start(list, format);
    add(report, VERDICT_UNTESTED, format, list);
    va_end(list);
}

void report_draw(struct report *report, const char *title, const char *subtitle,
                 const char *footnote, const gb_chart_panel panels[2]) {
    if (!report->picture) return;
#ifdef GB_CAIRO
    const gb_chart chart = {.title = title,
                            .subtitle = subtitle,
                            .footnote = footnote,
                            .panels = panels,
                            .n_panels = 2,
                            .columns = 2,
                            .width = report->width,
                            .height = report->height,
                            .dark = report->dark};
    report->drawn = gb_chart_write(&chart, report->picture, &report->fault);
#else
    (void)title, (void)subtitle, (void)footnote, (void)panels;
#endif
}
