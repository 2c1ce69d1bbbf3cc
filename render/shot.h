/* shot.h - a scene as a picture, without a window or a display. */
#ifndef GB_RENDER_SHOT_H
#define GB_RENDER_SHOT_H

#include "base.h"
#include "raster.h"
#include "scene.h"

enum { GB_SHOT_LEAST = 64, GB_SHOT_MOST = 4096 }; /* pixels in width and in height */

/* Returns the raster as the *n bytes of a PNG file; the caller frees them with gb_dealloc. NULL
 * with a message if memory is short. */
void *gb_png(const gb_raster *raster, size_t *n, gb_err *err);

/* Draws the scene, w x h pixels at `scale` of them for one of an ordinary screen, and returns it as
 * gb_png does. */
void *gb_shot(const gb_scene *scene, int w, int h, double scale, size_t *n, gb_err *err);

#endif
