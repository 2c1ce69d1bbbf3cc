#include "lifeline.h"

#if defined(SDL_VIDEO_DRIVER_X11) && defined(__has_include)
#if __has_include(<X11/Xlib.h>)
#define HAS_XLIB 1
#endif
#endif

#ifdef HAS_XLIB

#include "loader.h"

#include <SDL2/SDL_syswm.h> /* brings the headers of X with it, which sdl.h can do without */

static struct {
    Display *display;
    Window window;
    bool lost;
} held;

/* Xlib marks the connection as broken, and calls of it return at once from then on. */
static void note_broken(Display *display, void *unused) {
    (void)unused;
    if (display == held.display) held.lost = true;
}

static int say_nothing(Display *display) {
    (void)display;
    return 0;
}

/* A request that the server refused changes nothing, unless it was for a window that is gone. */
static int note_refused(Display *display, XErrorEvent *event) {
    const bool gone = event->error_code == BadWindow || event->error_code == BadDrawable;
    if (gone && display == held.display && event->resourceid == held.window) held.lost = true;
    return 0;
}

/* The window's number and connection. Returns whether they are Xlib's. */
static bool find_window(SDL_Window *window) {
    static __typeof__(&SDL_GetWindowWMInfo) info_of;
    static const gb_symbol symbols[] = {{"SDL_GetWindowWMInfo", &info_of}, {0}};
    SDL_SysWMinfo info;
    gb_err ignored;
    SDL_VERSION(&info.version);
    held.lost = false;
    held.display = NULL;
    if (gb_load("SDL", GB_SDL_FILE, "", symbols, &ignored)) return false;
    if (!info_of(window, &info) || info.subsystem != SDL_SYSWM_X11) return false;
    held.display = info.info.x11.display;
    held.window = info.info.x11.window;
    return true;
}

void gb_lifeline_hold(SDL_Window *window) {
    /* on_exit is not in older headers */
    static void (*on_exit)(Display *, void (*)(Display *, void *), void *);
    static __typeof__(&XSetErrorHandler) on_refusal;
    static __typeof__(&XSetIOErrorHandler) on_break;
    static const gb_symbol symbols[] = {{"XSetIOErrorExitHandler", &on_exit},
                                        {"XSetErrorHandler", &on_refusal},
                                        {"XSetIOErrorHandler", &on_break},
                                        {0}};
    gb_err ignored;
    if (!find_window(window) || gb_load("Xlib", "libX11.so.6", "", symbols, &ignored)) return;
    on_exit(held.display, note_broken, NULL);
    on_break(say_nothing);
    on_refusal(note_refused);
}

bool gb_lifeline_lost(void) {
    return held.lost;
}

#else

void gb_lifeline_hold(SDL_Window *window) {
    (void)window;
}

bool gb_lifeline_lost(void) {
    return false;
}

#endif
