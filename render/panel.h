/* panel.h - the panel of a scene: items in columns. Only files of render/ include it. */
#ifndef GB_RENDER_PANEL_H
#define GB_RENDER_PANEL_H

#include "painter.h"
#include "scene.h"

typedef struct gb_panel {
    gb_box box;                  /* of the panel, in pixels */
    double cap;                  /* height of capitals, in pixels */
    int shown;                   /* items that found a place: the first ones */
    gb_box item[GB_SCENE_ITEMS]; /* (shown) where, y from the panel's top */
} gb_panel;

/* Return the width of so many columns and the height of so many lines, in heights of capitals. */
double gb_panel_width(int columns);
double gb_panel_height(double lines);

/* Gives each item a place in panel->box; cap must be set. Charts become flatter where there is less
 * room, and the last items are left out where there is none. */
void gb_panel_place(gb_panel *panel, const gb_scene *scene);

void gb_panel_paint(gb_painter *p, const gb_panel *panel, const gb_scene *scene);

/* See gb_scene_grab. */
int gb_panel_grab(const gb_panel *panel, const gb_scene *scene, double x, double y, int id,
                  double *part);

#endif
