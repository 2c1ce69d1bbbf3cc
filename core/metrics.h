/* metrics.h - the record of a run: metrics.csv and a TensorBoard event file, row for row.
 *
 * metrics.csv holds nothing that depends on the clock, so that equal runs give equal bytes; wall
 * times are in the event file. Columns are fixed by the first row.
 */
#ifndef GB_CORE_METRICS_H
#define GB_CORE_METRICS_H

#include "agent.h"
#include "base.h"

typedef struct gb_metrics gb_metrics;

/* Where the files stood: kept in checkpoints, so that a resumed run cuts off what came later. */
typedef struct gb_metrics_mark {
    int64_t csv_bytes, event_bytes;
} gb_metrics_mark;

/* Opens dir/metrics.csv and dir/events.out.tfevents.gibbs for a new run. NULL with a message. */
gb_metrics *gb_metrics_create(const char *dir, gb_err *err);

/* Opens them again as they stood at mark: what was written after it is cut off. A file that is
 * missing or shorter than the mark is an error. */
gb_metrics *gb_metrics_resume(const char *dir, const gb_metrics_mark *mark, gb_err *err);

/* Appends a row: step, then n figures. NAN is an empty cell. `timing` (n_timing) goes to the event
 * file only. The row is in memory until gb_metrics_flush or until many have come together. GB_FAIL
 * if it cannot be written. */
int gb_metrics_row(gb_metrics *metrics, int64_t step, const gb_metric *figures, int n,
                   const gb_metric *timing, int n_timing, gb_err *err);

/* Writes the rows that are still in memory. If mark is not NULL, it is where the files stand then.
 */
int gb_metrics_flush(gb_metrics *metrics, gb_metrics_mark *mark, gb_err *err);

/* Brings what was flushed to the disk. Any thread may do so, while another appends rows. */
int gb_metrics_sync(const gb_metrics *metrics, gb_err *err);

/* Flushes, as far as that goes. */
void gb_metrics_close(gb_metrics *metrics);

/* When the rows of a run were written: seconds of wall time that its processes had worked by then,
 * evaluations and checkpoints included, pauses between processes not. Single precision. */
typedef struct gb_clock {
    int64_t *step;
    double *seconds;
    int n;
} gb_clock;

/* Reads it from the event file in dir. A record that is cut at the end, as of a run that goes on,
 * is passed over; GB_FAIL with a message if the file cannot be read or is damaged. The caller frees
 * it, if this did not fail, with gb_clock_free. */
int gb_clock_read(const char *dir, gb_clock *clock, gb_err *err);
void gb_clock_free(gb_clock *clock);

#endif
