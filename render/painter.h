/* painter.h - the canvas of gibbs_plugin.h on a raster, with a theme. Only files of render/ include
 * it.
 *
 * A painter draws into one area of the raster after the other. In an area, world units are mapped
 * by view(), one scale for both axes. Coordinates that are not finite, and other nonsense, draw
 * nothing.
 */
#ifndef GB_RENDER_PAINTER_H
#define GB_RENDER_PAINTER_H

#include "gibbs_plugin.h"
#include "raster.h"
#include "theme.h"
#include "view.h"

typedef struct gb_painter {
    gb_canvas canvas;  /* first, so that the functions find the rest */
    gb_raster *raster; /* not owned */
    const gb_theme *theme;
    double pixel; /* of the raster for one that is shown: no line is thinner */
    gb_box area;  /* nothing is drawn outside */
    double margin;
    gb_view view;
    bool top_only; /* see gb_painter_top */
} gb_painter;

void gb_painter_init(gb_painter *p, gb_raster *raster, const gb_theme *theme, double pixel);

/* From now on draws into area, with `margin` pixels left free around what view() shows, after
 * filling it with the colour. Until view() is called, world units are pixels from the area's lower
 * left corner. */
void gb_painter_area(gb_painter *p, gb_box area, double margin, gb_color background);

/* With top, draws only what moves in a world, by its colours (blue, orange and purple) with a rim,
 * lines of ink, which are walls, letters, and the frames of green rectangles, which are goals: what
 * is drawn again over a map of values that hides it. */
void gb_painter_top(gb_painter *p, bool top);

/* Text from x on (align 0), up to x (1), or around x (0.5), its middle at y, made smaller where it
 * is wider than width. World units. */
void gb_painter_text(gb_painter *p, double x, double y, double align, double height, double width,
                     const char *text, int color);

/* A rectangle of any colour, in world units. */
void gb_painter_fill(gb_painter *p, double left, double bottom, double width, double height,
                     gb_rgb color, double alpha);

#endif
