/* layout.h - where the parts of a scene go, and painting them. */
#ifndef GB_RENDER_LAYOUT_H
#define GB_RENDER_LAYOUT_H

#include "raster.h"
#include "scene.h"

/* Paints the scene on the whole raster, at `scale` of its pixels for one of an ordinary screen:
 * lines and letters grow with it, as far as a raster of this size has room for them. */
void gb_scene_paint(const gb_scene *scene, gb_raster *raster, double scale);

/* Returns whether such a picture has a panel: where the scene wants none, or it could not be read,
 * the world has all the room. Writes how many of the items find a place in it, the first ones, and
 * the height of its capitals in pixels; both may be NULL. */
bool gb_scene_panel(const gb_scene *scene, int w, int h, double scale, int *shown, double *cap);

/* Returns the id of the slider at (x, y) of a raster of w x h, and where between its ends that is;
 * 0 if there is none. id: the slider that was grabbed before and is still held, which then may be
 * left; 0: any. */
int gb_scene_grab(const gb_scene *scene, int w, int h, double scale, double x, double y, int id,
                  double *part);

#endif
