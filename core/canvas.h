/* canvas.h - canvases without a window: one that draws nothing, for tests and for hosts without
 * SDL. It still checks that coordinates are finite and colours exist. */
#ifndef GB_CORE_CANVAS_H
#define GB_CORE_CANVAS_H

#include "base.h"
#include "gibbs_plugin.h"

/* A canvas that draws nothing and counts. Hand &null.canvas to draw(). */
typedef struct gb_null_canvas {
    gb_canvas canvas;  /* first, so that the functions find the rest */
    int calls;         /* drawing calls so far */
    int faults;        /* calls with a coordinate not finite, a negative size, or no such colour */
    bool viewed;       /* view was called */
    const char *fault; /* "disc": the function of the first such call; NULL: none */
} gb_null_canvas;

void gb_null_canvas_init(gb_null_canvas *null);

#endif
