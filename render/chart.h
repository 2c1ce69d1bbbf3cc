/* chart.h - charts: line series with bands on linear or logarithmic axes, as .svg or .png files.
 *
 * A chart is plain data that the caller fills in and keeps; zeros are the defaults. It is one
 * picture with a title, a grid of panels, one legend and a footnote:
 *
 *     double x[] = {0, 1, 2}, y[] = {1, 0.1, 0.01};
 *     gb_chart_series series = {.name = "residual", .n = 3, .x = x, .y = y};
 *     gb_chart_panel panel = {.x.label = "iteration", .y = {.label = "residual", .log = true},
 *                             .series = &series, .n_series = 1};
 *     gb_chart chart = {.title = "value iteration", .panels = &panel, .n_panels = 1};
 *     int code = gb_chart_write(&chart, "residual.svg", &err);
 *
 * Values that have no place are no error. NaN, infinities and, on a logarithmic axis, what is not
 * positive leave a gap in a line; the edge of a band that is infinite (or not positive, on a
 * logarithmic axis) is the panel's edge. A point alone between two gaps is shown as a dot. A panel
 * without any point to show says so.
 *
 * Texts are UTF-8; may be NULL; what is malformed is shown as '?'. Text that is too wide for its
 * place is cut and ends in "...", but subtitle and footnote go on in the next line.
 *
 * Colours are those of theme.h (Okabe and Ito). The legend shows each name once for all panels, so
 * a series that goes by the same name in several should have the same colour in all. In a chart of
 * one panel it stands in the panel where it covers no data, if there is such a place; otherwise
 * below the panels. Sizes of text and lines grow slowly with the picture.
 *
 * The same chart gives the same picture again, byte for byte (in an .svg, but for the ids of its
 * parts, which count on within a process); fonts differ between machines.
 */
#ifndef GB_RENDER_CHART_H
#define GB_RENDER_CHART_H

#include "base.h"

enum {
    GB_CHART_LEAST = 160, /* pixels in width and in height */
    GB_CHART_MOST = 8192,
    GB_CHART_COLORS = 7,   /* colours that differ; the next ones repeat them in broken lines */
    GB_CHART_PANELS = 64,  /* most panels */
    GB_CHART_ENTRIES = 48, /* most names in the legend; further names are left out */
};

typedef struct gb_chart_axis {
    const char *label;
    bool log;         /* logarithmic (base 10) */
    bool whole;       /* ticks at whole numbers only */
    double low, high; /* what is shown; low >= high: all data, and a little room in y. On a
                       * logarithmic axis low must be positive, or counts as not given. */
} gb_chart_axis;

typedef enum gb_chart_style {
    GB_CHART_LINE,   /* measured */
    GB_CHART_DASHED, /* theory, bounds */
    GB_CHART_POINTS  /* markers only */
} gb_chart_style;

/* A row of points in the order of x. */
typedef struct gb_chart_series {
    const char *name;         /* in the legend; NULL or "": not there */
    const double *x, *y;      /* (n) */
    const double *low, *high; /* (n) the shaded band around y; NULL: none */
    int n;
    int color; /* 1, 2, ...: number in the palette; 0: its place in the panel; -1: ink */
    gb_chart_style style;
    bool markers; /* also where there is a line; of a shape that goes with the colour */
} gb_chart_series;

/* A horizontal line through the whole panel, such as a threshold or an optimum. */
typedef struct gb_chart_level {
    const char *name; /* in the legend; NULL or "": not there */
    double y;
    int color; /* 0 or -1: ink; else as above */
} gb_chart_level;

typedef struct gb_chart_panel {
    const char *title;
    gb_chart_axis x, y;
    const gb_chart_series *series; /* (n_series) drawn in this order */
    int n_series;
    const gb_chart_level *levels; /* (n_levels) */
    int n_levels;
} gb_chart_panel;

typedef struct gb_chart {
    const char *title, *subtitle, *footnote; /* of the last two, "\n" begins a new line */
    const gb_chart_panel *panels;            /* (n_panels) row by row */
    int n_panels;                            /* 1 .. GB_CHART_PANELS */
    int columns;                             /* of the grid; 0: as suits the picture's shape */
    int width, height;                       /* pixels; 0: 800 and 500 */
    bool dark;
} gb_chart;

/* Draws the chart into the file at path, whose name ends in .svg or .png; written as a whole or not
 * at all. GB_USAGE for another ending or a size beyond the bounds above; GB_FAIL if the file cannot
 * be written or Cairo is not installed. */
int gb_chart_write(const gb_chart *chart, const char *path, gb_err *err);

/* Returns GB_OK if path ends in .svg or .png, else GB_USAGE with a message: for those who want to
 * know before the work. */
int gb_chart_check_path(const char *path, gb_err *err);

/* The same for a size. */
int gb_chart_check_size(int width, int height, gb_err *err);

#endif
