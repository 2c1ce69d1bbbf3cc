/* chart_draw.h - a chart on a Cairo context. Only files of render/ include it. */
#ifndef GB_RENDER_CHART_DRAW_H
#define GB_RENDER_CHART_DRAW_H

#include "cairo.h"
#include "chart.h"

/* Draws the whole chart on a context of its size, width and height given. GB_FAIL if memory is
 * short; Cairo keeps its own errors in the context. */
int gb_chart_draw(const gb_chart *chart, cairo_t *cairo, gb_err *err);

#endif
