#include "stats.h"

#include <gsl/gsl_statistics_double.h>
#include <gsl/gsl_statistics_int.h>
#include <math.h>

/* Means over the ring's episodes; its order does not matter to a mean. */
static double window_mean(const double *ring, int64_t episodes) {
    if (!episodes) return NAN;
    return gsl_stats_mean(ring, 1,
                          (size_t)(episodes < GB_STATS_WINDOW ? episodes : GB_STATS_WINDOW));
}

void gb_stats_add(gb_stats *stats, const gb_episode *episode) {
    int64_t at = stats->episodes++ % GB_STATS_WINDOW;
    stats->ret[at] = episode->ret;
    stats->length[at] = episode->length;
}

double gb_stats_return(const gb_stats *stats) {
    return window_mean(stats->ret, stats->episodes);
}
double gb_stats_length(const gb_stats *stats) {
    return window_mean(stats->length, stats->episodes);
}

void gb_stats_archive(gb_stats *stats, gb_archive *archive) {
    gb_archive_i64(archive, "episodes", &stats->episodes, 1);
    gb_archive_f64(archive, "return", stats->ret, GB_STATS_WINDOW);
    gb_archive_f64(archive, "length", stats->length, GB_STATS_WINDOW);
    if (stats->episodes < 0)
        gb_archive_reject(archive, "checkpoint: a negative number of episodes; it is damaged");
}

/* Episodes are read in place, as columns of a table with these distances. */
_Static_assert(sizeof(gb_episode) % sizeof(double) == 0, "returns have a stride in doubles");

gb_summary gb_summarize(const gb_episode *episodes, int n) {
    GB_ASSERT(n >= 1);
    const size_t count = (size_t)n, stride = sizeof *episodes / sizeof(double);
    const double *ret = &episodes->ret;
    int terminal = 0;
    for (int i = 0; i < n; i++) terminal += episodes[i].terminal;
    gb_summary summary = {
        .episodes = n,
        .return_mean = gsl_stats_mean(ret, stride, count),
        .return_std = n > 1 ? gsl_stats_sd(ret, stride, count) : 0,
        .length_mean = gsl_stats_int_mean(&episodes->length, sizeof *episodes / sizeof(int), count),
        .terminal_fraction = (double)terminal / n,
    };
    gsl_stats_minmax(&summary.return_min, &summary.return_max, ret, stride, count);
    return summary;
}
