/* layout.h - a scene laid out and drawn on an SDL canvas. Only files of render/ include it. */
#ifndef GB_RENDER_LAYOUT_H
#define GB_RENDER_LAYOUT_H

#include "scene.h"
#include "sdl_canvas.h"

/* Draws the scene on all w x h pixels of the renderer's target, at `pixel` of them for one shown.
 */
void gb_scene_draw(const gb_scene *scene, SDL_Renderer *renderer, int w, int h, double pixel);

#endif
