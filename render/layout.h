/* layout.h - where the parts of a scene go, and painting them. */
#ifndef GB_RENDER_LAYOUT_H
#define GB_RENDER_LAYOUT_H

#include "raster.h"
#include "scene.h"

/* Paints the scene on the whole raster, at `scale` of its pixels for one of an ordinary screen:
 * lines and letters grow with it. */
void gb_scene_paint(const gb_scene *scene, gb_raster *raster, double scale);

/* Returns the id of the slider at (x, y) of a raster of w x h, and where between its ends that is;
 * 0 if there is none. id: the slider that was grabbed before and is still held, which then may be
 * left; 0: any. */
int gb_scene_grab(const gb_scene *scene, int w, int h, double scale, double x, double y, int id,
                  double *part);

#endif
