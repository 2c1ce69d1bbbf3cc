#include "metrics.h"

#include "core/event.pb-c.h"
#include "file.h"
#include "tfrecord.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    FIGURES = 64,  /* most figures and timings of one row */
    TAG_SIZE = 64, /* room for "train/NAME" */
    ROW_SIZE = FIGURES * TAG_SIZE,
    RECORD_SIZE = FIGURES * (TAG_SIZE + 16) + 64,
    HELD_SIZE = 32 << 10 /* more than any row or record */
};

_Static_assert(ROW_SIZE < HELD_SIZE && RECORD_SIZE + GB_TFRECORD_HEAD < HELD_SIZE - 64, "one fits");

/* One of the two files. What stands before `bytes` is whole rows, and so is what is held. */
typedef struct output {
    char path[PATH_MAX];
    int file; /* -1: not open */
    int64_t bytes;
    char held[HELD_SIZE]; /* not written yet: a write each row would cost more than the row */
    size_t n_held;
} output;

struct gb_metrics {
    output csv, events;
    char header[ROW_SIZE]; /* the first line of metrics.csv, or "" before the first row */
    bool checked;          /* that the rows of this process have these columns */
};

/* --- the files --------------------------------------------------------------------------------*/

static int output_failed(const output *out, const char *what, gb_err *err) {
    return gb_fail(err, GB_FAIL, "%s: cannot be %s: %s; check the run folder", out->path, what,
                   strerror(errno));
}

static int output_open(output *out, const char *dir, const char *name, int flags, gb_err *err) {
    int length = snprintf(out->path, sizeof out->path, "%s/%s", dir, name);
    if (length < 0 || (size_t)length >= sizeof out->path)
        return gb_fail(err, GB_FAIL, "%.100s...: the path is too long; choose a shorter one", dir);
    out->file = open(out->path, O_RDWR | O_CLOEXEC | flags, 0666);
    return out->file < 0 ? output_failed(out, "opened", err) : GB_OK;
}

/* Cuts the file to its first n bytes, and goes on from there. */
static int output_cut(output *out, int64_t n, gb_err *err) {
    struct stat info;
    if (fstat(out->file, &info)) return output_failed(out, "read", err);
    if (!S_ISREG(info.st_mode) || n < 0 || info.st_size < n) {
        return gb_fail(err, GB_FAIL,
                       "%s: shorter than when the checkpoint was written (%jd of %" PRId64
                       " bytes); restore it or start a new run",
                       out->path, (intmax_t)info.st_size, n);
    }
    if (ftruncate(out->file, (off_t)n) || lseek(out->file, (off_t)n, SEEK_SET) < 0)
        return output_failed(out, "cut", err);
    out->bytes = n;
    return GB_OK;
}

/* Writes what is held in one go, so that a killed process leaves whole rows. What a full disk
 * leaves of a row is cut off again. */
static int output_flush(output *out, gb_err *err) {
    int code = gb_file_append(out->file, out->path, out->held, out->n_held, err);
    if (code == GB_OK)
        out->bytes += (int64_t)out->n_held;
    else
        output_cut(out, out->bytes, NULL);
    out->n_held = 0;
    return code;
}

/* Appends n bytes, a whole row or record. */
static int output_append(output *out, const void *bytes, size_t n, gb_err *err) {
    int code = out->n_held + n > HELD_SIZE ? output_flush(out, err) : GB_OK;
    if (code != GB_OK) return code;
    memcpy(out->held + out->n_held, bytes, n);
    out->n_held += n;
    return GB_OK;
}

static int output_sync(const output *out, gb_err *err) {
    return fsync(out->file) ? output_failed(out, "written", err) : GB_OK;
}

static void output_close(output *out) {
    if (out->file < 0) return;
    output_flush(out, NULL);
    close(out->file);
}

/* --- events -----------------------------------------------------------------------------------*/

/* Appends one record. */
static int append_event(output *events, Gb__Event *event, gb_err *err) {
    unsigned char record[GB_TFRECORD_HEAD + RECORD_SIZE + GB_TFRECORD_TAIL];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    event->wall_time = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    size_t n = gb__event__get_packed_size(event);
    GB_ASSERT(n <= RECORD_SIZE);
    gb__event__pack(event, record + GB_TFRECORD_HEAD);
    gb_tfrecord_seal(record, n);
    return output_append(events, record, GB_TFRECORD_HEAD + n + GB_TFRECORD_TAIL, err);
}

static int append_version(output *events, gb_err *err) {
    Gb__Event event = GB__EVENT__INIT;
    char version[] = "brain.Event:2";
    event.file_version = version;
    return append_event(events, &event, err);
}

/* The values of one event, with room for all of them. */
typedef struct event_values {
    char tag[FIGURES][TAG_SIZE];
    Gb__Summary__Value value[FIGURES], *list[FIGURES];
    size_t n;
} event_values;

/* Adds n figures under "family/"; those that are not known yet are left out. */
static void add_values(event_values *values, const char *family, const gb_metric *figures, int n) {
    for (int i = 0; i < n; i++) {
        if (isnan(figures[i].value)) continue;
        size_t at = values->n++;
        Gb__Summary__Value *value = values->list[at] = &values->value[at];
        gb__summary__value__init(value);
        value->tag = gb_format(values->tag[at], TAG_SIZE, "%s/%s", family, figures[i].name);
        value->has_simple_value = 1;
        value->simple_value = (float)figures[i].value;
    }
}

static int append_values(output *events, int64_t step, event_values *values, gb_err *err) {
    Gb__Event event = GB__EVENT__INIT;
    Gb__Summary summary = GB__SUMMARY__INIT;
    summary.n_value = values->n;
    summary.value = values->list;
    event.has_step = 1;
    event.step = step;
    event.summary = &summary;
    return append_event(events, &event, err);
}

/* --- metrics.csv ------------------------------------------------------------------------------*/

/* Writes a cell: nothing for NAN, whole numbers without exponent. Returns its length. */
static size_t format_cell(char *at, size_t size, double value) {
    bool whole = fabs(value) < 1e15 && floor(value) == value;
    if (isnan(value))
        gb_format(at, size, ",");
    else
        gb_format(at, size, whole ? ",%.0f" : ",%.10g", value + 0.0); /* no -0 */
    return strlen(at);
}

static void format_header(char header[ROW_SIZE], const gb_metric *figures, int n) {
    size_t at = strlen(gb_format(header, ROW_SIZE, "step"));
    for (int i = 0; i < n; i++)
        at += strlen(gb_format(header + at, ROW_SIZE - at, ",%s", figures[i].name));
    gb_format(header + at, ROW_SIZE - at, "\n");
}

/* Writes the header before the first row of a run; in a resumed run checks the one that stands. */
static int need_header(gb_metrics *metrics, const gb_metric *figures, int n, gb_err *err) {
    char header[ROW_SIZE];
    if (metrics->checked) return GB_OK;
    format_header(header, figures, n);
    if (!*metrics->header) {
        int code = output_append(&metrics->csv, header, strlen(header), err);
        if (code != GB_OK) return code;
        memcpy(metrics->header, header, sizeof header);
    } else if (strcmp(metrics->header, header)) {
        return gb_fail(err, GB_FAIL,
                       "%s: has other columns than this version of gibbs writes; start a new run",
                       metrics->csv.path);
    }
    metrics->checked = true;
    return GB_OK;
}

int gb_metrics_row(gb_metrics *metrics, int64_t step, const gb_metric *figures, int n,
                   const gb_metric *timing, int n_timing, gb_err *err) {
    GB_ASSERT(n + n_timing <= FIGURES);
    int code = need_header(metrics, figures, n, err);
    if (code != GB_OK) return code;

    char row[ROW_SIZE];
    size_t at = strlen(gb_format(row, sizeof row, "%" PRId64, step));
    for (int i = 0; i < n; i++) at += format_cell(row + at, sizeof row - at, figures[i].value);
    row[at++] = '\n';
    code = output_append(&metrics->csv, row, at, err);
    if (code != GB_OK) return code;

    event_values values;
    values.n = 0;
    add_values(&values, "train", figures, n);
    add_values(&values, "time", timing, n_timing);
    return append_values(&metrics->events, step, &values, err);
}

/* --- opening and closing ----------------------------------------------------------------------*/

static int open_both(gb_metrics *metrics, const char *dir, int flags, gb_err *err) {
    metrics->csv.file = metrics->events.file = -1;
    int code = output_open(&metrics->csv, dir, "metrics.csv", flags, err);
    if (code != GB_OK) return code;
    return output_open(&metrics->events, dir, "events.out.tfevents.gibbs", flags, err);
}

gb_metrics *gb_metrics_create(const char *dir, gb_err *err) {
    gb_metrics *metrics = gb_alloc(1, sizeof *metrics, err);
    if (!metrics) return NULL;
    if (open_both(metrics, dir, O_CREAT | O_TRUNC, err) == GB_OK &&
        append_version(&metrics->events, err) == GB_OK &&
        output_flush(&metrics->events, err) == GB_OK)
        return metrics;
    gb_metrics_close(metrics);
    return NULL;
}

/* Reads the line of columns back from metrics.csv, which has been cut already. */
static int read_header(gb_metrics *metrics, gb_err *err) {
    ssize_t n = pread(metrics->csv.file, metrics->header, sizeof metrics->header - 1, 0);
    if (n < 0) return output_failed(&metrics->csv, "read", err);
    metrics->header[n] = 0;
    if (n > 0) metrics->header[strcspn(metrics->header, "\n") + 1] = 0;
    return GB_OK;
}

gb_metrics *gb_metrics_resume(const char *dir, const gb_metrics_mark *mark, gb_err *err) {
    gb_metrics *metrics = gb_alloc(1, sizeof *metrics, err);
    if (!metrics) return NULL;
    if (open_both(metrics, dir, 0, err) == GB_OK &&
        output_cut(&metrics->csv, mark->csv_bytes, err) == GB_OK &&
        output_cut(&metrics->events, mark->event_bytes, err) == GB_OK &&
        read_header(metrics, err) == GB_OK)
        return metrics;
    gb_metrics_close(metrics);
    return NULL;
}

int gb_metrics_flush(gb_metrics *metrics, gb_metrics_mark *mark, gb_err *err) {
    int code = output_flush(&metrics->csv, err);
    if (code == GB_OK) code = output_flush(&metrics->events, err);
    if (mark) *mark = (gb_metrics_mark){metrics->csv.bytes, metrics->events.bytes};
    return code;
}

int gb_metrics_sync(const gb_metrics *metrics, gb_err *err) {
    int code = output_sync(&metrics->csv, err);
    return code == GB_OK ? output_sync(&metrics->events, err) : code;
}

void gb_metrics_close(gb_metrics *metrics) {
    if (!metrics) return;
    output_close(&metrics->csv);
    output_close(&metrics->events);
    gb_dealloc(metrics);
}
