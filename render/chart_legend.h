/* chart_legend.h - the one legend of a chart. Only files of render/ include it. */
#ifndef GB_RENDER_CHART_LEGEND_H
#define GB_RENDER_CHART_LEGEND_H

#include "chart_mark.h"

typedef struct gb_legend {
    int n;
    struct gb_legend_entry {
        const char *name;
        const gb_chart_series *series; /* NULL: a level */
        const gb_chart_level *level;
        int color;
    } entry[GB_CHART_ENTRIES];
    double widest; /* width of the widest entry in pixels */
} gb_legend;

/* Collects the names of all panels, each look once. */
void gb_legend_make(gb_legend *legend, const gb_chart *chart, gb_pen *pen);

/* Returns whether the legend, in one column, finds a place in the plot where it covers no data, and
 * where that is: a corner if possible. */
bool gb_legend_place(const gb_legend *legend, const gb_pen *pen, const gb_plot *plot,
                     const gb_chart_panel *panel, gb_box *box);

/* Returns the height that the legend takes in columns over a width; 0 if it is empty. */
double gb_legend_height(const gb_legend *legend, const gb_pen *pen, double width);

/* Draws it into box, in as many columns as fit. */
void gb_legend_draw(const gb_legend *legend, gb_pen *pen, gb_box box);

#endif
