/* metrics_clock.c - the clock of a run, read back from its event file. */
#include "metrics.h"

#include "core/event.pb-c.h"
#include "file.h"
#include "tfrecord.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MOST = 1 << 30 };

/* Returns the value called tag, or NAN. */
static double value_of(const Gb__Event *event, const char *tag) {
    for (size_t i = 0; event->summary && i < event->summary->n_value; i++) {
        const Gb__Summary__Value *value = event->summary->value[i];
        if (value->tag && value->has_simple_value && !strcmp(value->tag, tag))
            return (double)value->simple_value;
    }
    return NAN;
}

static int damaged(const char *path, size_t at, gb_err *err) {
    return gb_fail(err, GB_FAIL, "%s: damaged at byte %zu; use step instead of wall time", path,
                   at);
}

/* Visits all whole records; with clock->step NULL only counts those that tell the time. */
static int read_records(const char *path, const char *bytes, size_t n, gb_clock *clock,
                        gb_err *err) {
    clock->n = 0;
    for (size_t at = 0; at < n;) {
        const unsigned char *data;
        size_t length;
        int code = gb_tfrecord_open((const unsigned char *)bytes + at, n - at, &data, &length);
        if (code == GB_FAIL) return GB_OK; /* the run is writing it */
        Gb__Event *event = code ? NULL : gb__event__unpack(NULL, length, data);
        if (!event) return damaged(path, at, err);
        double seconds = value_of(event, "time/seconds");
        if (event->has_step && !isnan(seconds)) {
            if (clock->step) {
                clock->step[clock->n] = event->step;
                clock->seconds[clock->n] = seconds;
            }
            clock->n++;
        }
        gb__event__free_unpacked(event, NULL);
        at += GB_TFRECORD_HEAD + length + GB_TFRECORD_TAIL;
    }
    return GB_OK;
}

int gb_clock_read(const char *dir, gb_clock *clock, gb_err *err) {
    char path[PATH_MAX];
    size_t n;
    *clock = (gb_clock){0};
    gb_format(path, sizeof path, "%s/events.out.tfevents.gibbs", dir);
    char *bytes = gb_file_read(path, FILE_MOST, &n, err);
    int code = bytes ? read_records(path, bytes, n, clock, err) : GB_FAIL;
    size_t rows = (size_t)clock->n;
    if (!code) {
        clock->step = gb_alloc(rows, sizeof *clock->step, err);
        clock->seconds = gb_alloc(rows, sizeof *clock->seconds, err);
        code = clock->step && clock->seconds ? read_records(path, bytes, n, clock, err) : GB_FAIL;
    }
    gb_dealloc(bytes);
    if (code) gb_clock_free(clock);
    return code;
}

void gb_clock_free(gb_clock *clock) {
    gb_dealloc(clock->step);
    gb_dealloc(clock->seconds);
    *clock = (gb_clock){0};
}
