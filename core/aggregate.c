#include "aggregate.h"

#include "rng.h"

#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>

double gb_center_of(gb_center center, double *x, int n) {
    size_t count = (size_t)n, cut = center == GB_CENTER_IQM ? count / 4 : 0;
    gsl_sort(x, 1, count);
    if (center == GB_CENTER_MEDIAN) return gsl_stats_median_from_sorted_data(x, 1, count);
    return gsl_stats_mean(x + cut, 1, count - 2 * cut);
}

/* Draws which curves are in which resample: (GB_RESAMPLES, n). */
static int *draw(int n, gb_err *err) {
    size_t count = (size_t)GB_RESAMPLES * (size_t)n;
    gb_rng rng = gb_rng_stream(0, GB_STREAM_BOOTSTRAP);
    int *draws = gb_alloc(count, sizeof *draws, err);
    for (size_t i = 0; draws && i < count; i++) draws[i] = (int)gb_rng_below(&rng, (uint32_t)n);
    return draws;
}

/* The interval at one point, whose values are `column` (n). work has room for n, and centers for
 * GB_RESAMPLES. */
static void interval(gb_center center, const double *column, int n, const int *draws, double level,
                     double *work, double *centers, double *low, double *high) {
    for (int r = 0; r < GB_RESAMPLES; r++) {
        for (int i = 0; i < n; i++) work[i] = column[draws[r * n + i]];
        centers[r] = gb_center_of(center, work, n);
    }
    gsl_sort(centers, 1, GB_RESAMPLES);
    *low = gsl_stats_quantile_from_sorted_data(centers, 1, GB_RESAMPLES, (1 - level) / 2);
    *high = gsl_stats_quantile_from_sorted_data(centers, 1, GB_RESAMPLES, (1 + level) / 2);
}

int gb_aggregate(gb_center center, const double *y, int n, int points, double level, double *middle,
                 double *low, double *high, gb_err *err) {
    bool wanted = low && n > 1;
    double *work = gb_alloc(2 * (size_t)n + GB_RESAMPLES, sizeof *work, err);
    int *draws = work && wanted ? draw(n, err) : NULL;
    if (!work || (wanted && !draws)) {
        gb_dealloc(work);
        return GB_FAIL;
    }
    double *column = work + n, *centers = column + n;
    for (int p = 0; p < points; p++) {
        for (int i = 0; i < n; i++) column[i] = y[(size_t)i * (size_t)points + (size_t)p];
        if (wanted) interval(center, column, n, draws, level, work, centers, &low[p], &high[p]);
        middle[p] = gb_center_of(center, column, n);
    }
    gb_dealloc(draws);
    gb_dealloc(work);
    return GB_OK;
}
