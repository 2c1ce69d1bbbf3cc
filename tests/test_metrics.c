/* The record of a run: metrics.csv byte for byte, event files decoded again. */
#include "metrics.h"
#include "support.h"

#include "core/event.pb-c.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of a test, and the two files in it. */
static struct {
    const char *dir;
    char csv[128], events[128];
} run;

static void setup(void) {
    run.dir = test_folder();
    snprintf(run.csv, sizeof run.csv, "%s/metrics.csv", run.dir);
    snprintf(run.events, sizeof run.events, "%s/events.out.tfevents.gibbs", run.dir);
}

static const char *csv_text(void) {
    static char *text;
    free(text);
    return text = test_read(run.csv, NULL);
}

/* Appends the row of one step, with figures that derive from it. */
static int add_row(gb_metrics *m, int64_t step, gb_err *err) {
    const gb_metric figures[] = {{"return", (double)step / 3}, {"loss", step ? -2.0 : NAN}};
    const gb_metric timing[] = {{"steps_per_s", 12345.5}};
    int code = gb_metrics_row(m, step, figures, 2, timing, 1, err);
    return code ? code : gb_metrics_flush(m, NULL, err);
}

static gb_metrics *new_run(int rows) {
    gb_err err = {""};
    setup();
    gb_metrics *m = gb_metrics_create(run.dir, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    for (int i = 0; i < rows; i++) ck_assert_int_eq(add_row(m, 1000 * i, &err), GB_OK);
    return m;
}

/* --- metrics.csv ------------------------------------------------------------------------------*/

START_TEST(test_csv) {
    gb_metrics *m = new_run(3);
    /* whole rows stand there once they are flushed, before anything is closed or synced */
    ck_assert_str_eq(csv_text(), "step,return,loss\n"
                                 "0,0,\n"
                                 "1000,333.3333333,-2\n"
                                 "2000,666.6666667,-2\n");
    gb_metrics_close(m);
    gb_metrics_close(NULL);
}
END_TEST

START_TEST(test_cells) {
    setup();
    gb_metrics *m = gb_metrics_create(run.dir, NULL);
    const gb_metric figures[] = {{"a", 12345678901.0}, {"b", -0.0},      {"c", 1e-7},
                                 {"d", NAN},           {"e", INFINITY},  {"f", 1e20},
                                 {"g", 0.1},           {"h", -INFINITY}, {"i", 2.5e9 + 0.25}};
    ck_assert_int_eq(gb_metrics_row(m, INT64_MAX, figures, 9, NULL, 0, NULL), GB_OK);
    ck_assert_int_eq(gb_metrics_flush(m, NULL, NULL), GB_OK);
    ck_assert_str_eq(csv_text(),
                     "step,a,b,c,d,e,f,g,h,i\n"
                     "9223372036854775807,12345678901,0,1e-07,,inf,1e+20,0.1,-inf,2500000000\n");
    gb_metrics_close(m);
}
END_TEST

START_TEST(test_a_new_run_starts_new_files) {
    gb_metrics_close(new_run(3));
    gb_metrics *m = gb_metrics_create(run.dir, NULL);
    ck_assert_int_eq(add_row(m, 0, NULL), GB_OK);
    ck_assert_str_eq(csv_text(), "step,return,loss\n0,0,\n");
    gb_metrics_close(m);
}
END_TEST

/* --- events -----------------------------------------------------------------------------------*/

static uint32_t u32_at(const unsigned char *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The mask of TensorFlow's records, taken off again. */
static uint32_t unmask(uint32_t masked) {
    uint32_t rotated = masked - 0xa282ead8u;
    return rotated >> 17 | rotated << 15;
}

/* Decodes the record at *at, and moves on. The caller frees the event. */
static Gb__Event *next_event(const unsigned char *bytes, size_t n, size_t *at) {
    const unsigned char *p = bytes + *at;
    ck_assert_uint_ge(n - *at, 16);
    size_t length = u32_at(p);
    ck_assert_uint_eq(u32_at(p + 4), 0);
    ck_assert_uint_eq(unmask(u32_at(p + 8)), gb_crc32c(0, p, 8));
    ck_assert_uint_ge(n - *at, 16 + length);
    ck_assert_uint_eq(unmask(u32_at(p + 12 + length)), gb_crc32c(0, p + 12, length));
    *at += 16 + length;
    Gb__Event *event = gb__event__unpack(NULL, length, p + 12);
    ck_assert_ptr_nonnull(event);
    ck_assert(event->wall_time > 1.5e9);
    return event;
}

static void check_value(const Gb__Summary *summary, size_t i, const char *tag, double value) {
    ck_assert_uint_lt(i, summary->n_value);
    ck_assert_str_eq(summary->value[i]->tag, tag);
    ck_assert(summary->value[i]->has_simple_value);
    ck_assert(summary->value[i]->simple_value == (float)value);
}

/* Asserts that the event file holds its version and the first n rows of add_row, and no more. */
static void check_events(int n) {
    size_t size, at = 0;
    unsigned char *bytes = (unsigned char *)test_read(run.events, &size);
    Gb__Event *event = next_event(bytes, size, &at);
    ck_assert_str_eq(event->file_version, "brain.Event:2");
    ck_assert_ptr_null(event->summary);
    gb__event__free_unpacked(event, NULL);
    for (int i = 0; i < n; i++) {
        size_t k = 0;
        event = next_event(bytes, size, &at);
        ck_assert(event->has_step && event->step == 1000 * i);
        ck_assert_ptr_null(event->file_version);
        check_value(event->summary, k++, "train/return", 1000.0 * i / 3);
        if (i) check_value(event->summary, k++, "train/loss", -2); /* NAN is left out */
        check_value(event->summary, k++, "time/steps_per_s", 12345.5);
        ck_assert_uint_eq(event->summary->n_value, k);
        gb__event__free_unpacked(event, NULL);
    }
    ck_assert_uint_eq(at, size);
    free(bytes);
}

/* More than is held in memory, never flushed by hand. */
START_TEST(test_many_rows_at_once) {
    setup();
    gb_metrics *m = gb_metrics_create(run.dir, NULL);
    const gb_metric figures[] = {{"return", 1}, {"loss", NAN}}, timing[] = {{"seconds", 1}};
    for (int i = 0; i < 5000; i++)
        ck_assert_int_eq(gb_metrics_row(m, i, figures, 2, timing, 1, NULL), GB_OK);
    ck_assert_int_gt(strlen(csv_text()), 0);
    gb_metrics_close(m);
    const char *row = csv_text();
    for (int i = 0; i < 5000; i++) {
        char expected[32];
        row = strchr(row, '\n') + 1;
        gb_format(expected, sizeof expected, "%d,1,\n", i);
        ck_assert_msg(!strncmp(row, expected, strlen(expected)), "%.40s", row);
    }
    gb_clock clock;
    ck_assert_int_eq(gb_clock_read(run.dir, &clock, NULL), GB_OK);
    ck_assert_int_eq(clock.n, 5000);
    for (int i = 0; i < 5000; i++) ck_assert_int_eq(clock.step[i], i);
    gb_clock_free(&clock);
}
END_TEST

START_TEST(test_events) {
    gb_metrics *m = new_run(5);
    check_events(5);
    gb_metrics_close(m);
}
END_TEST

/* The bytes that TensorBoard expects, written out by hand from the public field numbers. */
START_TEST(test_event_bytes) {
    const unsigned char expected[] = {0x10, 7,   0x2a, 13,   0x0a, 11, 0x0a, 4,   't',
                                      'i',  'm', 'e',  0x15, 0,    0,  0x80, 0x3f};
    Gb__Summary__Value value = GB__SUMMARY__VALUE__INIT, *list[] = {&value};
    Gb__Summary summary = GB__SUMMARY__INIT;
    Gb__Event event = GB__EVENT__INIT;
    char tag[] = "time";
    unsigned char bytes[64];
    value.tag = tag;
    value.has_simple_value = 1;
    value.simple_value = 1;
    summary.n_value = 1;
    summary.value = list;
    event.summary = &summary;
    event.has_step = 1;
    event.step = 7;
    ck_assert_uint_eq(gb__event__pack(&event, bytes), 9 + sizeof expected);
    ck_assert_uint_eq(bytes[0], 0x09); /* wall_time, a double of 8 bytes */
    ck_assert_mem_eq(bytes + 9, expected, sizeof expected);
}
END_TEST

START_TEST(test_as_many_figures_as_an_agent_may_have) {
    setup();
    gb_metrics *m = gb_metrics_create(run.dir, NULL);
    gb_metric figures[GB_MAX_METRICS + 8], timing[8];
    char name[GB_MAX_METRICS + 8][64];
    for (int i = 0; i < GB_MAX_METRICS + 8; i++) {
        snprintf(name[i], sizeof name[i], "a_figure_with_a_name_of_forty_letters_%02d", i);
        figures[i] = (gb_metric){name[i], -1.2345678901e-300};
    }
    memcpy(timing, figures, sizeof timing);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(gb_metrics_row(m, i, figures, GB_MAX_METRICS + 8, timing, 8, NULL), GB_OK);
    gb_metrics_close(m);
    size_t size, at = 0;
    unsigned char *bytes = (unsigned char *)test_read(run.events, &size);
    for (int i = 0; i < 4; i++) {
        Gb__Event *event = next_event(bytes, size, &at);
        if (i) ck_assert_uint_eq(event->summary->n_value, GB_MAX_METRICS + 16);
        if (i) check_value(event->summary, 3, "train/a_figure_with_a_name_of_forty_letters_03", 0);
        gb__event__free_unpacked(event, NULL);
    }
    ck_assert_uint_eq(at, size);
    free(bytes);
}
END_TEST

/* --- resuming ---------------------------------------------------------------------------------*/

START_TEST(test_resume_cuts_what_came_later) {
    gb_metrics_mark mark, end;
    gb_metrics *m = new_run(2);
    ck_assert_int_eq(gb_metrics_flush(m, &mark, NULL), GB_OK);
    char *before = strdup(csv_text());
    ck_assert_int_eq(mark.csv_bytes, (int64_t)strlen(before));
    for (int i = 2; i < 6; i++) ck_assert_int_eq(add_row(m, 7 * i, NULL), GB_OK);
    gb_metrics_close(m);
    FILE *file = fopen(run.csv, "a"); /* half a row, as a power cut leaves it */
    fputs("12345,6", file);
    fclose(file);

    m = gb_metrics_resume(run.dir, &mark, NULL);
    ck_assert_ptr_nonnull(m);
    ck_assert_str_eq(csv_text(), before);
    check_events(2);
    ck_assert_int_eq(add_row(m, 2000, NULL), GB_OK);
    ck_assert_int_eq(add_row(m, 3000, NULL), GB_OK);
    ck_assert_int_eq(gb_metrics_flush(m, &end, NULL), GB_OK);
    gb_metrics_close(m);
    char *resumed = strdup(csv_text());
    check_events(4);
    struct stat info;
    ck_assert_int_eq(stat(run.events, &info), 0);
    ck_assert_int_eq(end.event_bytes, info.st_size);
    ck_assert_int_eq(end.csv_bytes, (int64_t)strlen(resumed));

    gb_metrics *whole = gb_metrics_create(run.dir, NULL); /* the same, uninterrupted */
    for (int i = 0; i < 4; i++) ck_assert_int_eq(add_row(whole, 1000 * i, NULL), GB_OK);
    gb_metrics_close(whole);
    ck_assert_str_eq(csv_text(), resumed);
    free(before);
    free(resumed);
}
END_TEST

START_TEST(test_resume_before_the_first_row) {
    gb_metrics_mark mark;
    gb_metrics *m = new_run(0);
    ck_assert_int_eq(gb_metrics_flush(m, &mark, NULL), GB_OK);
    ck_assert_int_eq(mark.csv_bytes, 0);
    ck_assert_int_eq(add_row(m, 0, NULL), GB_OK);
    gb_metrics_close(m);
    m = gb_metrics_resume(run.dir, &mark, NULL);
    ck_assert_int_eq(add_row(m, 0, NULL), GB_OK);
    gb_metrics_close(m);
    ck_assert_str_eq(csv_text(), "step,return,loss\n0,0,\n");
    check_events(1);
}
END_TEST

START_TEST(test_resume_refuses_other_columns) {
    gb_metrics_mark mark;
    gb_err err = {""};
    gb_metrics *m = new_run(2);
    ck_assert_int_eq(gb_metrics_flush(m, &mark, NULL), GB_OK);
    gb_metrics_close(m);
    m = gb_metrics_resume(run.dir, &mark, NULL);
    const gb_metric other[] = {{"return", 1}, {"entropy", 2}};
    ck_assert_int_eq(gb_metrics_row(m, 1, other, 2, NULL, 0, &err), GB_FAIL);
    ck_assert_ptr_nonnull(strstr(err.msg, "other columns"));
    ck_assert_int_eq(gb_metrics_row(m, 1, other, 1, NULL, 0, &err), GB_FAIL);
    gb_metrics_close(m);
}
END_TEST

static void refuse_resume(gb_metrics_mark mark, const char *path) {
    gb_err err = {""};
    ck_assert_ptr_null(gb_metrics_resume(run.dir, &mark, &err));
    ck_assert_msg(!strncmp(err.msg, path, strlen(path)), "%s does not name %s", err.msg, path);
}

START_TEST(test_resume_needs_both_files) {
    gb_metrics_mark mark, more;
    gb_metrics *m = new_run(2);
    ck_assert_int_eq(gb_metrics_flush(m, &mark, NULL), GB_OK);
    gb_metrics_close(m);
    more = mark, more.csv_bytes++;
    refuse_resume(more, run.csv);
    more = mark, more.event_bytes++;
    refuse_resume(more, run.events);
    more = mark, more.csv_bytes = -1;
    refuse_resume(more, run.csv);
    check_events(2); /* refusing has cut nothing */
    ck_assert_int_eq(unlink(run.events), 0);
    refuse_resume(mark, run.events);
    ck_assert_int_eq(unlink(run.csv), 0);
    refuse_resume(mark, run.csv);
    ck_assert_int_eq(access(run.csv, F_OK), -1); /* nor made one */
}
END_TEST

/* --- the machine ------------------------------------------------------------------------------*/

START_TEST(test_folders_that_take_no_files) {
    gb_err err = {""};
    setup();
    test_write(run.csv, "", 0);
    const char *bad[] = {"/proc", "/nowhere/at/all", run.csv};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_ptr_null(gb_metrics_create(bad[i], &err));
        ck_assert_msg(!strncmp(err.msg, bad[i], strlen(bad[i])), "%s", err.msg);
    }
    char longer[5000];
    memset(longer, '/', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    ck_assert_ptr_null(gb_metrics_create(longer, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "too long"));
}
END_TEST

START_TEST(test_full_disk_leaves_whole_rows) {
    gb_err err = {""};
    int rows = 0;
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit none, small;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &none), 0);
    small = none;
    small.rlim_cur = 1000;
    gb_metrics *m = new_run(0);
    setrlimit(RLIMIT_FSIZE, &small); /* no assertions meanwhile: they write to a file as well */
    while (rows < 1000 && add_row(m, 1000 * rows, &err) == GB_OK) rows++;
    gb_metrics_close(m);
    setrlimit(RLIMIT_FSIZE, &none);
    ck_assert_int_lt(rows, 1000);
    ck_assert_int_gt(rows, 3);
    ck_assert_ptr_nonnull(strstr(err.msg, "File too large"));
    check_events(rows);
    const char *text = csv_text();
    ck_assert_int_eq(text[strlen(text) - 1], '\n');
}
END_TEST

Suite *metrics_suite(void);
Suite *metrics_suite(void) {
    const TTest *const tests[] = {test_csv,
                                  test_cells,
                                  test_a_new_run_starts_new_files,
                                  test_many_rows_at_once,
                                  test_events,
                                  test_event_bytes,
                                  test_as_many_figures_as_an_agent_may_have,
                                  test_resume_cuts_what_came_later,
                                  test_resume_before_the_first_row,
                                  test_resume_refuses_other_columns,
                                  test_resume_needs_both_files,
                                  test_folders_that_take_no_files,
                                  test_full_disk_leaves_whole_rows,
                                  NULL};
    return test_suite("metrics", tests, 30);
}
