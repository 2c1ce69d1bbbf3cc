#include "chart_mark.h"

#include <math.h>

/* Cairo's coordinates end at 2^23 pixels. What is farther away than this many boxes is moved there:
 * within the box nothing of that can be seen. */
static const double FAR = 1000;
static const double LINE_WIDTH = 0.16; /* in em */
static const double BAND_OPACITY = 0.2;
enum { MOST_MARKERS = 40 }; /* of one series that has a line */

int gb_series_color(const gb_chart_series *series, int i) {
    return series->color ? series->color : i + 1;
}

static double bounded(double at) {
    return fmax(-FAR, fmin(FAR, at));
}

/* The pixel of a value of y; infinite ones are far beyond the edge. */
static double pixel_y(const gb_plot *plot, double value) {
    return plot->box.y + plot->box.h * (1 - bounded(gb_scale_at(&plot->y, value)));
}

bool gb_plot_point(const gb_plot *plot, const gb_chart_series *series, int i, double *x,
                   double *y) {
    double across = gb_scale_at(&plot->x, series->x[i]), up = gb_scale_at(&plot->y, series->y[i]);
    if (!isfinite(across) || !isfinite(up)) return false;
    *x = plot->box.x + plot->box.w * bounded(across);
    *y = plot->box.y + plot->box.h * (1 - bounded(up));
    return true;
}

/* The band at point i: its pixels of x, and of y below and above. */
static bool band_point(const gb_plot *plot, const gb_chart_series *series, int i, double *x,
                       double y[2]) {
    double across = gb_scale_at(&plot->x, series->x[i]);
    if (!isfinite(across) || isnan(series->low[i]) || isnan(series->high[i])) return false;
    *x = plot->box.x + plot->box.w * bounded(across);
    y[0] = pixel_y(plot, series->low[i]);
    y[1] = pixel_y(plot, series->high[i]);
    return true;
}

/* --- lines and bands --------------------------------------------------------------------------*/

/* Dashes tell theory from what was measured, and colours apart that come round again. */
static void set_dashes(gb_pen *pen, gb_chart_style style, int color) {
    static const double theory[] = {0.55, 0.35}, again[] = {1, 0.35, 0.1, 0.35};
    double dashes[4];
    bool repeated = color > GB_CHART_COLORS;
    int n = style == GB_CHART_DASHED ? 2 : repeated ? 4 : 0;
    for (int i = 0; i < n; i++) dashes[i] = (n == 2 ? theory[i] : again[i]) * pen->em;
    gb_cairo.set_dash(pen->cairo, dashes, n, 0);
}

static void draw_band(gb_pen *pen, const gb_plot *plot, const gb_chart_series *series, int color) {
    cairo_t *cairo = pen->cairo;
    double x, y[2];
    if (!series->low || !series->high) return;
    gb_pen_palette(pen, color, BAND_OPACITY);
    for (int i = 0; i < series->n; i++) {
        int end = i;
        for (; end < series->n && band_point(plot, series, end, &x, y); end++)
            gb_cairo.line_to(cairo, x, y[1]);
        for (int k = end - 1; k >= i; k--) {
            band_point(plot, series, k, &x, y);
            gb_cairo.line_to(cairo, x, y[0]);
        }
        if (end > i) gb_cairo.close_path(cairo);
        i = end;
    }
    gb_cairo.fill(cairo);
}

static void draw_line(gb_pen *pen, const gb_plot *plot, const gb_chart_series *series, int color) {
    cairo_t *cairo = pen->cairo;
    double x, y, last_x = 0, last_y = 0;
    int run = 0; /* points since the last gap */
    if (series->style == GB_CHART_POINTS) return;
    gb_pen_palette(pen, color, 1);
    gb_cairo.set_line_width(cairo, LINE_WIDTH * pen->em);
    set_dashes(pen, series->style, color);
    for (int i = 0; i <= series->n; i++) {
        bool shown = i < series->n && gb_plot_point(plot, series, i, &x, &y);
        /* a round cap makes a dot of a point that is alone */
        if (!shown && run == 1) gb_cairo.line_to(cairo, last_x, last_y);
        run = shown ? run + 1 : 0;
        if (!shown) continue;
        if (run == 1)
            gb_cairo.move_to(cairo, x, y);
        else
            gb_cairo.line_to(cairo, x, y);
        last_x = x, last_y = y;
    }
    gb_cairo.stroke(cairo);
    gb_cairo.set_dash(cairo, NULL, 0, 0);
}

static void draw_level(gb_pen *pen, const gb_plot *plot, const gb_chart_level *level) {
    if (!isfinite(gb_scale_at(&plot->y, level->y))) return;
    gb_sample_level(pen, level, plot->box.x, pixel_y(plot, level->y), plot->box.w);
}

/* --- markers ----------------------------------------------------------------------------------*/

static const double CIRCLE = 6.283185307179586;

/* A circle, square, triangle, diamond or triangle upside down: shapes help where colours do not. */
static void draw_marker(gb_pen *pen, int color, double x, double y) {
    static const struct {
        int corners;
        double turn; /* of the first corner, in circles from the right downwards */
    } shapes[] = {{0, 0}, {4, 0.125}, {3, 0.75}, {4, 0}, {3, 0.25}};
    int shape = color < 1 ? 0 : (color - 1) % 5;
    int corners = shapes[shape].corners;
    double radius = (corners ? 0.38 : 0.3) * pen->em;
    if (!corners) gb_cairo.arc(pen->cairo, x, y, radius, 0, CIRCLE);
    for (int i = 0; i < corners; i++) {
        double angle = CIRCLE * (shapes[shape].turn + (double)i / corners);
        if (i == 0)
            gb_cairo.move_to(pen->cairo, x + radius * cos(angle), y + radius * sin(angle));
        else
            gb_cairo.line_to(pen->cairo, x + radius * cos(angle), y + radius * sin(angle));
    }
    gb_cairo.close_path(pen->cairo);
    /* a rim of paper keeps markers apart from lines and from each other */
    gb_pen_color(pen, GB_PAPER, 1);
    gb_cairo.set_line_width(pen->cairo, 0.14 * pen->em);
    gb_cairo.stroke_preserve(pen->cairo);
    gb_pen_palette(pen, color, 1);
    gb_cairo.fill(pen->cairo);
}

static void draw_markers(gb_pen *pen, const gb_plot *plot, const gb_chart_series *series,
                         int color) {
    bool points = series->style == GB_CHART_POINTS;
    int every = points ? 1 : 1 + (series->n - 1) / MOST_MARKERS;
    double x, y;
    if (!points && !series->markers) return;
    for (int i = 0; i < series->n; i += every)
        if (gb_plot_point(plot, series, i, &x, &y) && fabs(x - plot->box.x) < FAR * plot->box.w / 2)
            draw_marker(pen, color, x, y);
}

/* --- all of a panel ---------------------------------------------------------------------------*/

void gb_plot_draw(gb_pen *pen, const gb_plot *plot, const gb_chart_panel *panel) {
    const gb_box *box = &plot->box;
    double edge = LINE_WIDTH * pen->em; /* lines on the edge are shown in their full width */
    gb_cairo.save(pen->cairo);
    gb_cairo.rectangle(pen->cairo, box->x - edge, box->y - edge, box->w + 2 * edge,
                       box->h + 2 * edge);
    gb_cairo.clip(pen->cairo);
    for (int i = 0; i < panel->n_series; i++)
        draw_band(pen, plot, &panel->series[i], gb_series_color(&panel->series[i], i));
    for (int i = 0; i < panel->n_levels; i++) draw_level(pen, plot, &panel->levels[i]);
    for (int i = 0; i < panel->n_series; i++) {
        draw_line(pen, plot, &panel->series[i], gb_series_color(&panel->series[i], i));
        draw_markers(pen, plot, &panel->series[i], gb_series_color(&panel->series[i], i));
    }
    gb_cairo.restore(pen->cairo);
}

void gb_sample_level(gb_pen *pen, const gb_chart_level *level, double x, double y, double width) {
    const double dots[] = {0.12, 0.3};
    double scaled[] = {dots[0] * pen->em, dots[1] * pen->em};
    gb_pen_palette(pen, level->color, 1);
    gb_cairo.set_line_width(pen->cairo, 0.7 * LINE_WIDTH * pen->em);
    gb_cairo.set_dash(pen->cairo, scaled, 2, 0);
    gb_cairo.move_to(pen->cairo, x, y);
    gb_cairo.line_to(pen->cairo, x + width, y);
    gb_cairo.stroke(pen->cairo);
    gb_cairo.set_dash(pen->cairo, NULL, 0, 0);
}

void gb_sample_series(gb_pen *pen, const gb_chart_series *series, int color, double x, double y,
                      double width) {
    const double ends[] = {0, 1}, level[] = {0.5, 0.5}, low[] = {0, 0}, high[] = {1, 1};
    const double middle[] = {0.5};
    double height = 0.8 * pen->em;
    gb_plot plot = {{x, y - height / 2, width, height}, {false, 0, 1}, {false, 0, 1}};
    gb_chart_series line = {.x = ends, .y = level, .n = 2, .style = series->style};
    gb_chart_series marker = {.x = middle, .y = middle, .n = 1, .style = GB_CHART_POINTS};
    if (series->low && series->high) line.low = low, line.high = high;
    draw_band(pen, &plot, &line, color);
    draw_line(pen, &plot, &line, color);
    if (series->markers || series->style == GB_CHART_POINTS)
        draw_markers(pen, &plot, &marker, color);
}

/* --- what is covered --------------------------------------------------------------------------*/

/* Marks the cells of column x (pixels) from y0 to y1. */
static void cover_column(const gb_plot *plot, double x, double y0, double y1, gb_cover *cover) {
    double column = (x - plot->box.x) / plot->box.w * GB_FREE_COLUMNS;
    double top = (fmin(y0, y1) - plot->box.y) / plot->box.h * GB_FREE_ROWS;
    double bottom = (fmax(y0, y1) - plot->box.y) / plot->box.h * GB_FREE_ROWS;
    if (!(column >= 0 && column <= GB_FREE_COLUMNS) || bottom < 0 || top > GB_FREE_ROWS) return;
    int c = (int)fmin(column, GB_FREE_COLUMNS - 1);
    int first = (int)fmax(0, top), last = (int)fmin(bottom, GB_FREE_ROWS - 1);
    for (int row = first; row <= last; row++) cover->taken[row][c] = true;
}

/* Marks what lies between two points, each a pixel of x and two of y. */
static void cover_between(const gb_plot *plot, const double a[3], const double b[3],
                          gb_cover *cover) {
    double cells = fmax(fabs(b[0] - a[0]) / plot->box.w * GB_FREE_COLUMNS,
                        fabs(b[1] - a[1]) / plot->box.h * GB_FREE_ROWS);
    int pieces = (int)fmin(2 * cells + 1, 2000);
    for (int k = 0; k <= pieces; k++) {
        double t = (double)k / pieces, at[3];
        for (int i = 0; i < 3; i++) at[i] = a[i] + t * (b[i] - a[i]);
        cover_column(plot, at[0], at[1], at[2], cover);
    }
}

static void cover_series(const gb_plot *plot, const gb_chart_series *series, gb_cover *cover) {
    double before[2][3] = {{0}}, now[2][3]; /* of the line and of the band */
    bool was[2] = {false, false};
    for (int i = 0; i < series->n; i++) {
        bool band = series->low && series->high;
        bool is[2] = {gb_plot_point(plot, series, i, &now[0][0], &now[0][1]),
                      band && band_point(plot, series, i, &now[1][0], &now[1][1])};
        now[0][2] = now[0][1];
        for (int k = 0; k < 2; k++) {
            bool joined = was[k] && (k == 1 || series->style != GB_CHART_POINTS);
            if (is[k]) cover_between(plot, joined ? before[k] : now[k], now[k], cover);
            for (int c = 0; c < 3; c++) before[k][c] = now[k][c];
            was[k] = is[k];
        }
    }
}

void gb_plot_cover(const gb_plot *plot, const gb_chart_panel *panel, gb_cover *cover) {
    *cover = (gb_cover){0};
    for (int i = 0; i < panel->n_series; i++) cover_series(plot, &panel->series[i], cover);
    for (int i = 0; i < panel->n_levels; i++) {
        double y = pixel_y(plot, panel->levels[i].y),
               ends[2][3] = {{plot->box.x, y, y}, {plot->box.x + plot->box.w, y, y}};
        if (!isnan(y)) cover_between(plot, ends[0], ends[1], cover);
    }
}
