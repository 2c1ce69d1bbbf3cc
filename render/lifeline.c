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
    XID refused; /* the last window that was gone, when ours was not known yet */
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

/* Extensions seem to be missing when the connection is broken. */
static int say_nothing_missing(Display *display, const char *extension, const char *reason) {
    (void)display, (void)extension, (void)reason;
    return 0;
}

/* A request that the server refused changes nothing, unless it was for a window that is gone. */
static int note_refused(Display *display, XErrorEvent *event) {
    if (event->error_code != BadWindow && event->error_code != BadDrawable) return 0;
    if (!held.display) held.refused = event->resourceid;
    if (display == held.display && event->resourceid == held.window) held.lost = true;
    return 0;
}

void gb_lifeline_begin(void) {
    static __typeof__(&XSetErrorHandler) on_refusal;
    static __typeof__(&XSetIOErrorHandler) on_break;
    static int (*(*on_missing)(
        int (*)(Display *, const char *, const char *)))(Display *, const char *, const char *);
    static const gb_symbol x11[] = {{"XSetErrorHandler", &on_refusal},
                                    {"XSetIOErrorHandler", &on_break},
                                    {0}};
    static const gb_symbol xext[] = {{"XSetExtensionErrorHandler", &on_missing}, {0}};
    gb_err ignored;
    held.display = NULL;
    held.window = held.refused = 0;
    held.lost = false;
    if (gb_load("Xlib", "libX11.so.6", "", x11, &ignored)) return;
    on_break(say_nothing);
    on_refusal(note_refused);
    if (!gb_load("Xlib", "libXext.so.6", "", xext, &ignored)) on_missing(say_nothing_missing);
}

/* Finds the window's number and connection. Returns whether they are Xlib's. */
static bool find_window(SDL_Window *window) {
    static __typeof__(&SDL_GetWindowWMInfo) info_of;
    static const gb_symbol symbols[] = {{"SDL_GetWindowWMInfo", &info_of}, {0}};
    SDL_SysWMinfo info;
    gb_err ignored;
    SDL_VERSION(&info.version);
    if (gb_load("SDL", GB_SDL_FILE, "", symbols, &ignored)) return false;
    if (!info_of(window, &info) || info.subsystem != SDL_SYSWM_X11) return false;
    held.display = info.info.x11.display;
    held.window = info.info.x11.window;
    return true;
}

void gb_lifeline_hold(SDL_Window *window) {
    /* not in older headers */
    static void (*on_exit)(Display *, void (*)(Display *, void *), void *);
    static const gb_symbol symbols[] = {{"XSetIOErrorExitHandler", &on_exit}, {0}};
    gb_err ignored;
    if (!find_window(window)) return;
    if (held.refused == held.window) held.lost = true;
    if (!gb_load("Xlib", "libX11.so.6", "", symbols, &ignored))
        on_exit(held.display, note_broken, NULL);
}

bool gb_lifeline_lost(void) {
    return held.lost;
}

#else

void gb_lifeline_begin(void) {}

void gb_lifeline_hold(SDL_Window *window) {
    (void)window;
}

bool gb_lifeline_lost(void) {
    return false;
}

#endif
