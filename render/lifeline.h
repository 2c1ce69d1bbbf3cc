/* lifeline.h - a window whose X server dies, or takes the window away, does not take the program
 * with it. Only files of render/ include it.
 *
 * Xlib by itself calls exit() when the connection breaks, and when anybody else destroyed a window.
 */
#ifndef GB_RENDER_LIFELINE_H
#define GB_RENDER_LIFELINE_H

#include "sdl.h"

/* To be called before a window is made: from now on, requests that the server refuses are no end of
 * the process. */
void gb_lifeline_begin(void);

/* To be called as soon as the window is there, which must be the only one, and when SDL may have
 * made it anew: holds on to the process whatever happens to it. Does nothing where there is no
 * Xlib, or one from before 1.7 (2020). */
void gb_lifeline_hold(SDL_Window *window);

/* Returns whether the window of gb_lifeline_hold was lost. Then SDL must not be called any more,
 * not even to close it: it would wait for answers that nobody gives. */
bool gb_lifeline_lost(void);

#endif
