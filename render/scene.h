/* scene.h - what a viewer shows, as plain data: a drawing of the world, over it perhaps a map of
 * values, beside it a panel of figures, and on demand a list of keys.
 *
 * Whoever fills a scene in says what there is to see; layout.c finds a place for it in a picture of
 * any size. Arrays that a scene points to must stay as they are until it has been drawn.
 */
#ifndef GB_RENDER_SCENE_H
#define GB_RENDER_SCENE_H

#include "base.h"
#include "gibbs_plugin.h"

enum { GB_SCENE_ITEMS = 128, GB_SCENE_TEXT = 64 };

typedef enum gb_item_kind {
    GB_ITEM_ROW,     /* a name on the left, a value on the right; without value a heading; without
                        both a gap */
    GB_ITEM_BAR,     /* a bar between the two: part of its full length in [0, 1] */
    GB_ITEM_DENSITY, /* y (n) over its range, below name and value, with two marks */
    GB_ITEM_STRIP,   /* a chart of y (n), the newest on the right, below name and value */
    GB_ITEM_SLIDER   /* a line with a handle at part of its length, below name and value */
} gb_item_kind;

/* A part of the panel. */
typedef struct gb_item {
    gb_item_kind kind;
    char label[GB_SCENE_TEXT], value[GB_SCENE_TEXT];
    double part;         /* of BAR and SLIDER */
    bool chosen;         /* BAR: this is the one */
    bool faded;          /* in grey: it is not of the moment */
    const float *y;      /* (n) of DENSITY and STRIP; NAN leaves a gap */
    int n, room;         /* STRIP: how many points its whole width holds */
    double mean, sample; /* DENSITY: marks, in [0, 1] of the range; NAN: none */
    int color;           /* gb_color or the theme's, of what is drawn */
    int id;              /* SLIDER: what gb_scene_grab returns; above 0 */
} gb_item;

/* A place of the world that stands for a state, and what is known about that state. */
typedef struct gb_map_cell {
    double box[4];  /* left, bottom, right, top in world units */
    double heat;    /* NAN: none, the world shows */
    double entropy; /* of the policy, in [0, 1] of the largest; colours the arrows */
} gb_map_cell;

typedef struct gb_map {
    const char *name;        /* of heat: "value" */
    int n, arrows;           /* cells; arrows in each, perhaps 0 */
    const gb_map_cell *cell; /* (n) */
    const float *arrow;      /* (n, arrows, 2) x right and y up, 1: reaches the cell's border; if x
                                is NAN, a dot in the middle that y in [0, 1] makes large */
    double low, high;        /* heats of the palest and the strongest colour */
    int color;               /* GB_ORANGE, GB_PURPLE, ...: of heat */
    bool counts;             /* heats are whole numbers, coloured by their logarithms */
    bool numbers;            /* written into the cells, where there is room */
} gb_map;

typedef struct gb_scene {
    const char *title, *status; /* the second stands right of the first; NULL or "": none */
    /* Draws the world, which is `context`; NULL: there is no drawing. */
    void (*draw)(const void *context, gb_canvas *canvas);
    const void *context;
    const gb_map *map; /* over the world; NULL: none */
    gb_item items[GB_SCENE_ITEMS];
    int n_items;
    const char *const (*help)[2]; /* {key, meaning} pairs ended by {NULL}; NULL: not shown */
    const char *message;          /* a line at the bottom of the world; NULL or "": none */
    bool bare;                    /* no panel */
    bool dark;                    /* which theme */
} gb_scene;

/* Adds a row, a heading (value NULL) or a gap (label "" as well), and returns it. All of these
 * return a place to fill in further, also where the scene is full: then it is not shown. */
gb_item *gb_scene_add(gb_scene *scene, const char *label, const char *value);

/* Adds an item of a kind with a name and a value (may be NULL). */
gb_item *gb_scene_item(gb_scene *scene, gb_item_kind kind, const char *label, const char *value);

#endif
