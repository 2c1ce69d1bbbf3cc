/* raster.h - a picture in memory, and shapes with smooth edges on it.
 *
 * Coordinates are pixels, y down; pixel (0, 0) covers the square from (0, 0) to (1, 1). A pixel's
 * share of a shape is computed, not sampled: for polygons the area that they cover (exactly, by
 * signed areas of the edges), for discs and lines the distance to the outline. So the same shapes
 * give the same picture on every machine, whatever shows it. Coordinates that are not finite draw
 * nothing.
 */
#ifndef GB_RENDER_RASTER_H
#define GB_RENDER_RASTER_H

#include "base.h"
#include "theme.h"
#include "view.h"

typedef struct gb_raster {
    int w, h;
    uint32_t *pixels; /* (h, w) 0xffRRGGBB; owned */
    size_t room;      /* pixels there is memory for */
    float *row;       /* (w + 2) areas of one row of pixels */
    uint8_t *mask;    /* (h, w) shares of the strokes between begin and end; zeros outside */
    bool masking;
    bool firm; /* of rectangles and polygons: shares of edges count half as much again, so that two
                  shapes that touch between pixels hardly let through what is below them */
    int x0, y0, x1, y1; /* nothing is drawn outside of x0..x1-1, y0..y1-1 */
} gb_raster;

/* Makes a raster of w x h pixels, or gives one that was made (or zeros) that size. GB_FAIL if
 * memory is short; then it is as before. */
int gb_raster_resize(gb_raster *raster, int w, int h, gb_err *err);
void gb_raster_free(gb_raster *raster);

/* Draws only inside of box from now on, rounded to whole pixels. */
void gb_raster_clip(gb_raster *raster, gb_box box);

/* All shapes are blended with what is there, by their share of a pixel times alpha in [0, 1]. */
void gb_raster_rect(gb_raster *raster, double left, double top, double right, double bottom,
                    gb_rgb color, double alpha);
/* A polygon of n corners xy (n, 2); what its outline winds around is filled. */
void gb_raster_polygon(gb_raster *raster, const double *xy, int n, gb_rgb color, double alpha);
void gb_raster_disc(gb_raster *raster, double x, double y, double radius, gb_rgb color,
                    double alpha);
/* A line with round ends, at least one pixel wide. */
void gb_raster_line(gb_raster *raster, double ax, double ay, double bx, double by, double width,
                    gb_rgb color, double alpha);

/* Between begin and end, lines are strokes of one shape: where they overlap it does not become
 * denser. All of them must lie in box, or are cut there; end draws the shape. */
void gb_raster_begin(gb_raster *raster);
void gb_raster_end(gb_raster *raster, gb_box box, gb_rgb color, double alpha);

/* Fills what may be drawn on, see gb_raster_clip, with rgb (y1 - y0, x1 - x0, 3). */
void gb_raster_picture(gb_raster *raster, const uint8_t *rgb);

/* Writes the pixels as rgb (h, w, 3). */
void gb_raster_rgb(const gb_raster *raster, uint8_t *rgb);

#endif
