/* sdl_canvas.h - the canvas of gibbs_plugin.h on an SDL renderer. Only files of render/ include it.
 *
 * All shapes become opaque triangles, cut at the borders of an area, and go out in few large calls.
 * Edges are not smoothed here: the caller renders larger than shown and scales down. Coordinates
 * that are not finite, and other nonsense, draw nothing.
 */
#ifndef GB_RENDER_SDL_CANVAS_H
#define GB_RENDER_SDL_CANVAS_H

#include "gibbs_plugin.h"
#include "theme.h"
#include "view.h"

#include "sdl.h"

enum { GB_SDL_VERTICES = 3 * 512 };

typedef struct gb_sdl_canvas {
    gb_canvas canvas;       /* first, so that the functions find the rest */
    SDL_Renderer *renderer; /* not owned */
    const gb_theme *theme;
    double pixel; /* pixels rendered for one that is shown: no line is thinner */
    gb_box area;  /* nothing is drawn outside */
    double margin;
    gb_view view;
    int n; /* vertices that wait to be drawn */
    SDL_Vertex vertices[GB_SDL_VERTICES];
} gb_sdl_canvas;

/* Starts a picture. */
void gb_sdl_canvas_begin(gb_sdl_canvas *c, SDL_Renderer *renderer, const gb_theme *theme,
                         double pixel);

/* From now on draws into area, with `margin` pixels left free around what view() shows, after
 * filling it with the colour. Until view() is called, world units are pixels from the area's lower
 * left corner. */
void gb_sdl_canvas_area(gb_sdl_canvas *c, gb_box area, double margin, gb_color background);

/* Hands everything drawn so far to the renderer. Call it before presenting. */
void gb_sdl_canvas_end(gb_sdl_canvas *c);

#endif
