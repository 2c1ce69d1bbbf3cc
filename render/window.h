/* window.h - a window that shows scenes and hands out keys. */
#ifndef GB_RENDER_WINDOW_H
#define GB_RENDER_WINDOW_H

#include "base.h"
#include "scene.h"

/* Keys besides printable characters, which stand for themselves (letters are small). */
enum { GB_KEY_NONE = 0, GB_KEY_QUIT = 256, GB_KEY_UP, GB_KEY_DOWN };

typedef struct gb_window gb_window;

/* Opens a resizable window of w x h. Returns NULL with a message if there is no display. The caller
 * closes it. One at a time. */
gb_window *gb_window_open(const char *title, int w, int h, gb_err *err);
void gb_window_close(gb_window *window);

/* Shows the scene, and waits until about a sixtieth of a second has passed since the last time. */
void gb_window_show(gb_window *window, const gb_scene *scene);

/* Returns the next key pressed, GB_KEY_QUIT if the window is to be closed (also on an interrupt
 * signal, or Escape), or GB_KEY_NONE. */
int gb_window_key(gb_window *window);

/* Returns seconds since some moment. */
double gb_window_time(void);

#endif
