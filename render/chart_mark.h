/* chart_mark.h - the data of a panel: bands, lines, markers. Only files of render/ include it. */
#ifndef GB_RENDER_CHART_MARK_H
#define GB_RENDER_CHART_MARK_H

#include "chart.h"
#include "chart_axis.h"
#include "chart_pen.h"

/* Where a panel's data are drawn. */
typedef struct gb_plot {
    gb_box box;
    gb_scale x, y;
} gb_plot;

/* Which parts of the box hold data: what a legend may cover. */
enum { GB_FREE_COLUMNS = 64, GB_FREE_ROWS = 48 };
typedef struct gb_cover {
    bool taken[GB_FREE_ROWS][GB_FREE_COLUMNS]; /* from the top left */
} gb_cover;

/* Returns the number in the palette of series number i of its panel. */
int gb_series_color(const gb_chart_series *series, int i);

/* Returns whether point i of the series can be shown, and its place in the box (y down) if so. */
bool gb_plot_point(const gb_plot *plot, const gb_chart_series *series, int i, double *x, double *y);

/* Draws the levels and series of the panel; bands first, so that lines stay on top. */
void gb_plot_draw(gb_pen *pen, const gb_plot *plot, const gb_chart_panel *panel);

/* Marks what gb_plot_draw would cover. */
void gb_plot_cover(const gb_plot *plot, const gb_chart_panel *panel, gb_cover *cover);

/* Draw samples for the legend, around y and from x to x + width. */
void gb_sample_series(gb_pen *pen, const gb_chart_series *series, int color, double x, double y,
                      double width);
void gb_sample_level(gb_pen *pen, const gb_chart_level *level, double x, double y, double width);

#endif
