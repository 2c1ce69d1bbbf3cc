/* chart_layout.h - where the panels of a chart and their axes stand. Only files of render/ include
 * it. */
#ifndef GB_RENDER_CHART_LAYOUT_H
#define GB_RENDER_CHART_LAYOUT_H

#include "chart_mark.h"

/* One panel with its axes. */
typedef struct gb_frame {
    gb_plot plot; /* plot.box is where data are drawn */
    gb_ticks x, y;
    gb_box cell; /* with title, axes and labels */
    bool empty;  /* there is no point to show */
} gb_frame;

/* Returns the columns of the grid of panels in an area: as many as bring panels nearest to a
 * pleasant shape, if the chart does not say. */
int gb_layout_columns(const gb_chart *chart, gb_box area);

/* Fits the chart's panels into an area: ranges to the data, ticks to the room, all panels of one
 * size. frames (n_panels). */
void gb_layout(const gb_chart *chart, gb_pen *pen, gb_box area, gb_frame *frames);

/* Distances in em. */
#define GB_TICK_GAP   0.5 /* from an axis to its numbers */
#define GB_LABEL_LINE 1.6 /* height of a line of labels */

/* The fonts of numbers, of labels and of panel titles. */
extern const gb_font gb_tick_font, gb_label_font, gb_head_font;

#endif
