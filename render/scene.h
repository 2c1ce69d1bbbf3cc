/* scene.h - what a viewer shows: a drawing, a panel of figures, and on demand a list of keys. */
#ifndef GB_RENDER_SCENE_H
#define GB_RENDER_SCENE_H

#include "base.h"
#include "gibbs_plugin.h"

enum { GB_SCENE_ROWS = 96, GB_SCENE_TEXT = 64 };

/* A line of the panel: a name on the left and a value on the right; without value a heading;
 * without both a gap. */
typedef struct gb_scene_row {
    char label[GB_SCENE_TEXT], value[GB_SCENE_TEXT];
} gb_scene_row;

typedef struct gb_scene {
    const char *title;
    /* Draws the world, which is `context`; NULL: there is no drawing. */
    void (*draw)(const void *context, gb_canvas *canvas);
    const void *context;
    gb_scene_row rows[GB_SCENE_ROWS];
    int n_rows;
    const char *const (*help)[2]; /* {key, meaning} pairs ended by {NULL}; NULL: not shown */
    bool dark;                    /* which theme */
} gb_scene;

/* Adds a row; value may be NULL. Rows beyond GB_SCENE_ROWS are left out. */
void gb_scene_add(gb_scene *scene, const char *label, const char *value);

#endif
