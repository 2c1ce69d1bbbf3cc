/* window.h - a window that shows scenes and hands out keys and the mouse. */
#ifndef GB_RENDER_WINDOW_H
#define GB_RENDER_WINDOW_H

#include "base.h"
#include "scene.h"

/* Keys besides printable characters, which stand for themselves (letters are small), and other
 * things that happen to a window. */
enum {
    GB_KEY_NONE = 0,
    GB_KEY_QUIT = 256, /* the window is to be closed; also on an interrupt signal, or Escape */
    GB_KEY_UP,
    GB_KEY_DOWN,
    GB_KEY_LEFT,
    GB_KEY_RIGHT,
    GB_KEY_ENTER,
    GB_KEY_TAB,
    GB_KEY_DRAW, /* the window must be drawn again: it has another size, or was covered */
    GB_KEY_MOUSE /* the mouse was pressed, or moved with its button held, or let go */
};

enum { GB_WINDOW_HELD = 8 }; /* keys that can be held at a time */

typedef struct gb_window gb_window;

/* Opens a resizable window of w x h, at `scale` pixels for one of an ordinary screen; 0: as the
 * screen says. Returns NULL with a message if there is no display. The caller closes it. One at a
 * time. */
gb_window *gb_window_open(const char *title, int w, int h, double scale, gb_err *err);
void gb_window_close(gb_window *window);

/* GB_OK if a window can be opened here, else GB_FAIL with the message of gb_window_open: for those
 * who want to know before the work. Stays connected to the display until a window is closed, or the
 * program ends: an X server that its only client left begins anew, and refuses whom comes then. */
int gb_window_possible(gb_err *err);

/* Shows the scene, or with NULL what was shown last, and waits until about a sixtieth of a second
 * has passed since the last time. GB_FAIL if the window is lost for good (the display died, or
 * somebody destroyed it; then it may only be closed), or memory is short. */
int gb_window_show(gb_window *window, const gb_scene *scene, gb_err *err);

/* Returns the next key pressed or other event, or GB_KEY_NONE. A key that is held down comes once.
 */
int gb_window_key(gb_window *window);

/* Writes the names of the keys that are held, as environments name them (gb_key), in the order in
 * which they were pressed; returns how many. A key that was pressed and let go since the last call
 * is among them once. */
int gb_window_held(gb_window *window, const char *held[GB_WINDOW_HELD]);

/* Returns whether the mouse's button is held. Writes its place, in pixels. */
bool gb_window_mouse(const gb_window *window, double *x, double *y);

/* Writes the window's size in pixels and its scale. */
void gb_window_size(const gb_window *window, int *w, int *h, double *scale);

/* Changes the title. */
void gb_window_title(gb_window *window, const char *title);

#endif
