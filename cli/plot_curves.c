/* plot_curves.c - one curve of several runs. */
#include "plot.h"

#include <gsl/gsl_sort_double.h>
#include <math.h>
#include <string.h>

/* The rows of a run that can be shown. */
struct points {
    double *x, *y; /* (n) */
    int n;
};

/* --- one run ----------------------------------------------------------------------------------*/

/* Takes the rows that hold numbers. */
static int take_points(const struct plot_run *run, const char *name, struct points *points,
                       gb_err *err) {
    const gb_csv *csv = &run->csv;
    int column = gb_csv_column(csv, run->table, name, err);
    if (column < 0) return column;
    points->x = gb_alloc(2 * (size_t)csv->rows, sizeof *points->x, err);
    if (!points->x) return GB_FAIL;
    points->y = points->x + csv->rows;
    points->n = 0;
    for (int i = 0; i < csv->rows; i++) {
        double x = run->x[i], y = csv->cell[(size_t)i * (size_t)csv->columns + (size_t)column];
        if (!isfinite(x) || !isfinite(y)) continue;
        int n = points->n;
        if (n && x < points->x[n - 1])
            return gb_fail(err, GB_FAIL, "%s: x falls from %g to %g; rows must be in rising order",
                           run->table, points->x[n - 1], x);
        if (n && x == points->x[n - 1]) n--; /* the clock may stand still: the last row counts */
        points->x[n] = x, points->y[n] = y, points->n = n + 1;
    }
    if (points->n) return GB_OK;
    return gb_fail(err, GB_FAIL, "%s: column %s has no value yet; wait for one, or choose another",
                   run->table, name);
}

static int least(int a, int b) {
    return a < b ? a : b;
}

/* Replaces each row by the mean over `rows` rows around it, as many on either side at the ends.
 * work has room for points->n. */
static void smooth(struct points *points, int rows, double *work) {
    int n = points->n;
    for (int i = 0; i < n; i++) {
        int end = least(i, n - 1 - i), before = least((rows - 1) / 2, end);
        int after = least(rows / 2, end);
        double sum = 0;
        for (int k = i - before; k <= i + after; k++) sum += points->y[k];
        work[i] = sum / (before + after + 1);
    }
    memcpy(points->y, work, (size_t)n * sizeof *work);
}

/* Interpolates at x (n), which lie between the first and the last of the points. */
static void interpolate(const struct points *points, const double *x, int n, double *y) {
    for (int i = 0, k = 0; i < n; i++) {
        while (k + 1 < points->n && points->x[k + 1] <= x[i]) k++;
        y[i] = points->y[k];
        if (points->x[k] == x[i] || k + 1 == points->n) continue;
        double t = (x[i] - points->x[k]) / (points->x[k + 1] - points->x[k]);
        y[i] += t * (points->y[k + 1] - points->y[k]);
    }
}

/* --- the common grid --------------------------------------------------------------------------*/

/* Leaves each of the rising x (n) once, and of these PLOT_POINTS at most, evenly chosen. Returns
 * how many. */
static int thin(double *x, int n) {
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (!kept || x[i] > x[kept - 1]) x[kept++] = x[i];
    if (kept <= PLOT_POINTS) return kept;
    for (int i = 0; i < PLOT_POINTS; i++) x[i] = x[(int64_t)i * (kept - 1) / (PLOT_POINTS - 1)];
    return PLOT_POINTS;
}

/* Writes to curve->x where all runs (n) have values. */
static int make_grid(struct plot_curve *curve, const struct points *points,
                     const struct plot_run *const *runs, int n, gb_err *err) {
    int first = 0, last = 0, longest = 0;
    size_t all = 0;
    for (int i = 0; i < n; i++) {
        all += (size_t)points[i].n;
        if (points[i].x[0] > points[first].x[0]) first = i;
        if (points[i].x[points[i].n - 1] < points[last].x[points[last].n - 1]) last = i;
        if (points[i].x[points[i].n - 1] > points[longest].x[points[longest].n - 1]) longest = i;
    }
    double low = points[first].x[0], high = points[last].x[points[last].n - 1];
    if (low > high)
        return gb_fail(err, GB_FAIL, "%s: begins behind the end of %s; leave one of them out",
                       runs[first]->path, runs[last]->path);
    if (high < points[longest].x[points[longest].n - 1]) curve->ends = runs[last];
    curve->x = gb_alloc(all, sizeof *curve->x, err);
    if (!curve->x) return GB_FAIL;
    int count = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < points[i].n; k++)
            if (points[i].x[k] >= low && points[i].x[k] <= high) curve->x[count++] = points[i].x[k];
    gsl_sort(curve->x, 1, (size_t)count);
    curve->n = thin(curve->x, count);
    return GB_OK;
}

/* --- all runs ---------------------------------------------------------------------------------*/

/* Interpolates all runs at the grid and takes their centre. */
static int join(struct plot_curve *curve, const struct points *points, int n,
                const struct plot_manner *manner, gb_err *err) {
    bool band = manner->band > 0 && n > 1;
    size_t count = (size_t)curve->n;
    double *each = gb_alloc((size_t)n * count, sizeof *each, err);
    curve->y = each ? gb_alloc(count, sizeof *curve->y, err) : NULL;
    if (band && curve->y) {
        curve->low = gb_alloc(count, sizeof *curve->low, err);
        curve->high = curve->low ? gb_alloc(count, sizeof *curve->high, err) : NULL;
    }
    int code = curve->y && (!band || curve->high) ? GB_OK : GB_FAIL;
    for (int i = 0; i < n && !code; i++)
        interpolate(&points[i], curve->x, curve->n, each + (size_t)i * count);
    if (!code)
        code = gb_aggregate(manner->center, each, n, curve->n, manner->band, curve->y, curve->low,
                            curve->high, err);
    gb_dealloc(each);
    return code;
}

int plot_curve_make(struct plot_curve *curve, const struct plot_run *runs, int n, int group,
                    const char *column, const struct plot_manner *manner, gb_err *err) {
    *curve = (struct plot_curve){0};
    struct points *points = gb_alloc((size_t)n, sizeof *points, err);
    const struct plot_run **own = gb_alloc((size_t)n, sizeof *own, err);
    int code = points && own ? GB_OK : GB_FAIL, count = 0;
    for (int i = 0; i < n && !code; i++) {
        if (runs[i].group != group) continue;
        struct points *p = &points[count];
        own[count++] = &runs[i];
        code = take_points(&runs[i], column, p, err);
        double *work = code ? NULL : gb_alloc((size_t)p->n, sizeof *work, err);
        if (!code && !work) code = GB_FAIL;
        if (!code) smooth(p, manner->smooth, work);
        gb_dealloc(work);
    }
    if (!code) code = make_grid(curve, points, own, count, err);
    if (!code) code = join(curve, points, count, manner, err);
    for (int i = 0; points && i < n; i++) gb_dealloc(points[i].x);
    gb_dealloc(points);
    gb_dealloc(own);
    if (code) plot_curve_free(curve);
    return code;
}

void plot_curve_free(struct plot_curve *curve) {
    gb_dealloc(curve->x);
    gb_dealloc(curve->y);
    gb_dealloc(curve->low);
    gb_dealloc(curve->high);
    *curve = (struct plot_curve){0};
}
