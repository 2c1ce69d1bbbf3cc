#include "chart_layout.h"

#include <math.h>

const gb_font gb_tick_font = {.size = GB_SMALL_SIZE, .color = GB_LABEL};
const gb_font gb_label_font = {.size = 1, .color = GB_LABEL};
const gb_font gb_head_font = {.size = GB_HEAD_SIZE, .bold = true, .color = GB_INK};

static const double SHAPE = 1.6;   /* width over height of a pleasant panel */
static const double Y_ROOM = 0.05; /* left free above and below the data */
static const double MARKER_ROOM = 0.02;
static const double ROW_GAP = 0.6; /* in em */

int gb_layout_columns(const gb_chart *chart, gb_box area) {
    if (chart->columns > 0)
        return chart->columns < chart->n_panels ? chart->columns : chart->n_panels;
    int best = 1;
    double least = INFINITY;
    for (int columns = 1; columns <= chart->n_panels; columns++) {
        int rows = (chart->n_panels + columns - 1) / columns;
        double shape = area.w / columns / (area.h / rows);
        /* empty places count too: six panels are 3 by 2 rather than 4 by 2 */
        double unfit = fabs(log(shape / SHAPE)) + 0.15 * (columns * rows - chart->n_panels);
        if (unfit < least) least = unfit, best = columns;
    }
    return best;
}

/* --- ranges -----------------------------------------------------------------------------------*/

typedef struct range {
    double least, most;
} range;

static void include(range *r, double value, bool log) {
    if (!isfinite(value) || (log && value <= 0)) return;
    r->least = fmin(r->least, value), r->most = fmax(r->most, value);
}

static bool is_given(const gb_chart_axis *axis) {
    return axis->low < axis->high && (!axis->log || axis->low > 0) && isfinite(axis->low) &&
           isfinite(axis->high);
}

static range range_x(const gb_chart_panel *panel) {
    range r = {INFINITY, -INFINITY};
    for (int s = 0; s < panel->n_series; s++) {
        const gb_chart_series *series = &panel->series[s];
        for (int i = 0; i < series->n; i++)
            if (isfinite(series->y[i]) && !(panel->y.log && series->y[i] <= 0))
                include(&r, series->x[i], panel->x.log);
    }
    return r;
}

/* Of what is within the range of x. */
static range range_y(const gb_chart_panel *panel, const gb_scale *x) {
    range r = {INFINITY, -INFINITY};
    for (int s = 0; s < panel->n_series; s++) {
        const gb_chart_series *series = &panel->series[s];
        for (int i = 0; i < series->n; i++) {
            double at = gb_scale_at(x, series->x[i]);
            if (!(at >= -1e-9 && at <= 1 + 1e-9)) continue;
            include(&r, series->y[i], panel->y.log);
            if (!series->low || !series->high) continue;
            include(&r, series->low[i], panel->y.log);
            include(&r, series->high[i], panel->y.log);
        }
    }
    return r;
}

static bool has_markers(const gb_chart_panel *panel) {
    for (int i = 0; i < panel->n_series; i++)
        if (panel->series[i].markers || panel->series[i].style == GB_CHART_POINTS) return true;
    return false;
}

static void fit_scales(gb_frame *frame, const gb_chart_panel *panel) {
    range x = range_x(panel);
    double room = has_markers(panel) ? MARKER_ROOM : 0;
    frame->plot.x = is_given(&panel->x) ? gb_scale_fit(panel->x.log, panel->x.low, panel->x.high, 0)
                                        : gb_scale_fit(panel->x.log, x.least, x.most, room);
    range y = range_y(panel, &frame->plot.x);
    frame->empty = y.least > y.most;
    for (int i = 0; i < panel->n_levels; i++) include(&y, panel->levels[i].y, panel->y.log);
    frame->plot.y = is_given(&panel->y) ? gb_scale_fit(panel->y.log, panel->y.low, panel->y.high, 0)
                                        : gb_scale_fit(panel->y.log, y.least, y.most, Y_ROOM);
}

/* --- ticks ------------------------------------------------------------------------------------*/

/* Returns whether neighbours among the numbers keep apart on an axis of `length` pixels. */
static bool keep_apart(gb_pen *pen, const gb_scale *scale, const gb_ticks *ticks, double length,
                       bool across) {
    double before = 0, size = 0;
    for (int i = 0; i < ticks->n && !ticks->tick[i].minor; i++) {
        double at = length * gb_scale_at(scale, ticks->tick[i].value);
        double half = across ? gb_pen_width(pen, gb_tick_font, ticks->tick[i].text) / 2 : 0;
        double gap = across ? size + half + 0.9 * pen->em : 1.3 * pen->em;
        if (i && at - before < gap) return false;
        before = at, size = half;
    }
    return true;
}

static void fit_ticks(gb_pen *pen, const gb_scale *scale, double length, bool whole, bool across,
                      gb_ticks *ticks) {
    int most = (int)(length / (pen->em * (across ? 4.5 : 2.2)));
    if (most < 3) most = 3;
    do gb_ticks_make(scale, most, whole, ticks);
    while (!keep_apart(pen, scale, ticks, length, across) && --most > 0);
}

static double widest(gb_pen *pen, const gb_ticks *ticks) {
    double width = 0;
    for (int i = 0; i < ticks->n && !ticks->tick[i].minor; i++)
        width = fmax(width, gb_pen_width(pen, gb_tick_font, ticks->tick[i].text));
    return width;
}

/* --- the grid ---------------------------------------------------------------------------------*/

/* What axes and titles take at each side of a cell: the most that any panel needs. */
typedef struct sides {
    double left, right, top, bottom;
} sides;

static sides sides_without_numbers(const gb_chart *chart, double em) {
    sides s = {GB_TICK_GAP * em, 1.4 * em, 0.5 * em, (GB_TICK_GAP + GB_SMALL_SIZE + 0.3) * em};
    bool title = false, x_label = false, y_label = false;
    for (int i = 0; i < chart->n_panels; i++) {
        title |= chart->panels[i].title != NULL;
        x_label |= chart->panels[i].x.label != NULL;
        y_label |= chart->panels[i].y.label != NULL;
    }
    if (title) s.top = 1.9 * em;
    if (x_label) s.bottom += GB_LABEL_LINE * em;
    if (y_label) s.left += GB_LABEL_LINE * em;
    return s;
}

void gb_layout(const gb_chart *chart, gb_pen *pen, gb_box area, gb_frame *frames) {
    int columns = gb_layout_columns(chart, area);
    int rows = (chart->n_panels + columns - 1) / columns;
    double gap = ROW_GAP * pen->em; /* below all rows but the last */
    double w = area.w / columns, h = (area.h + gap) / rows - gap;
    sides s = sides_without_numbers(chart, pen->em);
    double high = fmax(h - s.top - s.bottom, pen->em), numbers = 0;
    for (int i = 0; i < chart->n_panels; i++) {
        fit_scales(&frames[i], &chart->panels[i]);
        fit_ticks(pen, &frames[i].plot.y, high, chart->panels[i].y.whole, false, &frames[i].y);
        numbers = fmax(numbers, widest(pen, &frames[i].y));
    }
    double left = s.left + numbers, wide = fmax(w - left - s.right, pen->em);
    for (int i = 0; i < chart->n_panels; i++) {
        gb_frame *frame = &frames[i];
        frame->cell = (gb_box){area.x + i % columns * w, area.y + i / columns * (h + gap), w, h};
        frame->plot.box = (gb_box){frame->cell.x + left, frame->cell.y + s.top, wide, high};
        fit_ticks(pen, &frame->plot.x, wide, chart->panels[i].x.whole, true, &frame->x);
        if (frame->empty) frame->x.n = frame->y.n = 0; /* numbers of nothing would mislead */
    }
}
