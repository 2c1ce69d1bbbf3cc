/* window.c - each frame is painted in memory (layout.h) and handed to SDL as one texture: SDL is
 * asked for a window, keys and a copy, which any of its renderers can do. */
#include "window.h"
#include "layout.h"
#include "lifeline.h"
#include "sdl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double FRAME = 1.0 / 60; /* seconds */
static const double TAP =
    0.5; /* seconds that a key counts which was let go before it was asked for */

struct gb_window {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *frame; /* NULL: none yet, or it was lost */
    int frame_w, frame_h;
    gb_raster raster;                 /* what is shown */
    double scale, asked_scale, shown; /* shown: when the last frame was, seconds */
    struct held {
        SDL_Keycode key;
        double since;
        bool told, gone;    /* handed out since it was pressed; let go */
    } held[GB_WINDOW_HELD]; /* (n_held) in the order in which they were pressed */
    int n_held;
    bool pressed; /* the mouse's button */
    double mouse_x, mouse_y;
};

#if defined(__unix__) && !defined(__APPLE__)
#define HAS_DISPLAY_VARIABLES 1
#else
#define HAS_DISPLAY_VARIABLES 0
#endif

/* --- opening ----------------------------------------------------------------------------------*/

/* SDL falls back to a driver without any output, after libraries have complained on stderr. So asks
 * only for drivers that can work. Returns whether there is one. */
static bool start_video(void) {
    bool chosen = getenv("SDL_VIDEODRIVER") != NULL;
    if (HAS_DISPLAY_VARIABLES && !chosen && !getenv("WAYLAND_DISPLAY")) {
        if (!getenv("DISPLAY")) return false;
        gb_sdl.SetHint(SDL_HINT_VIDEODRIVER, "x11");
    }
    /* a software renderer should not end in OpenGL all the same */
    gb_sdl.SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    if (gb_sdl.InitSubSystem(SDL_INIT_VIDEO)) return false;
    const char *driver = gb_sdl.GetCurrentVideoDriver();
    if (chosen || !driver || strcmp(driver, "offscreen")) return true;
    gb_sdl.QuitSubSystem(SDL_INIT_VIDEO);
    return false;
}

static int start(gb_err *err) {
    if (gb_sdl_load(err)) return GB_FAIL;
    if (gb_sdl.WasInit(SDL_INIT_VIDEO) || start_video()) return GB_OK;
    return gb_fail(err, GB_FAIL,
                   "window: there is no display; set DISPLAY, or use 'gibbs record' for a film, "
                   "'gibbs watch --shot FILE.png' for a picture");
}

int gb_window_possible(gb_err *err) {
    return start(err);
}

static bool make_renderer(gb_window *w) {
    w->frame = NULL;
    w->renderer = gb_sdl.CreateRenderer(w->window, -1, SDL_RENDERER_PRESENTVSYNC);
    if (!w->renderer) w->renderer = gb_sdl.CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    gb_lifeline_hold(w->window); /* a renderer may ask for a window of another kind */
    return w->renderer != NULL;
}

/* Pixels for one of an ordinary screen, where the window's own size counts pixels. */
static double screen_scale(void) {
    const float DENSE =
        180; /* dots an inch; many screens of fewer are meant to show small things */
    float dpi = 0;
    return !gb_sdl.GetDisplayDPI(0, NULL, &dpi, NULL) && dpi >= DENSE ? 2 : 1;
}

gb_window *gb_window_open(const char *title, int w, int h, double scale, gb_err *err) {
    if (start(err)) return NULL;
    gb_window *window = gb_alloc(1, sizeof *window, err);
    if (!window) return NULL;
    window->asked_scale = scale;
    const double grow = scale > 0 ? 1 : screen_scale();
    gb_sdl.EnableScreenSaver();
    gb_lifeline_begin();
    /* named at the end: who finds it by its name finds it held */
    window->window =
        gb_sdl.CreateWindow("", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, (int)(w * grow),
                            (int)(h * grow), SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (window->window) gb_lifeline_hold(window->window);
    if (!window->window || !make_renderer(window)) {
        gb_fail(err, GB_FAIL, "window: %s; use 'gibbs record', or --shot FILE.png",
                gb_sdl.GetError());
        gb_window_close(window);
        return NULL;
    }
    if (gb_lifeline_lost()) return window; /* gb_window_show tells of it */
    gb_sdl.SetWindowMinimumSize(window->window, 160, 120);
    gb_sdl.SetWindowTitle(window->window, title);
    return window;
}

static void drop_frame(gb_window *w) {
    if (w->frame) gb_sdl.DestroyTexture(w->frame);
    w->frame = NULL;
}

void gb_window_close(gb_window *window) {
    if (!window) return;
    if (!gb_lifeline_lost()) {
        drop_frame(window);
        if (window->renderer) gb_sdl.DestroyRenderer(window->renderer);
        if (window->window) gb_sdl.DestroyWindow(window->window);
        gb_sdl.Quit();
    }
    gb_raster_free(&window->raster);
    gb_dealloc(window);
}

void gb_window_title(gb_window *window, const char *title) {
    if (!gb_lifeline_lost()) gb_sdl.SetWindowTitle(window->window, title);
}

/* --- showing ----------------------------------------------------------------------------------*/

void gb_window_size(const gb_window *window, int *w, int *h, double *scale) {
    int wide = 0, high = 0;
    *w = *h = 0, *scale = window->scale;
    if (gb_lifeline_lost()) return;
    gb_sdl.GetRendererOutputSize(window->renderer, w, h);
    gb_sdl.GetWindowSize(window->window, &wide, &high);
    *scale = window->asked_scale > 0 ? window->asked_scale
             : *w > wide && wide > 0 ? (double)*w / wide
                                     : screen_scale();
}

/* Copies the raster to the screen. Returns whether that went well. */
static bool present(gb_window *w) {
    const gb_raster *r = &w->raster;
    if (w->frame && (w->frame_w != r->w || w->frame_h != r->h)) drop_frame(w);
    if (!w->frame)
        w->frame = gb_sdl.CreateTexture(w->renderer, SDL_PIXELFORMAT_ARGB8888,
                                        SDL_TEXTUREACCESS_STREAMING, r->w, r->h);
    w->frame_w = r->w, w->frame_h = r->h;
    if (!w->frame || gb_sdl.UpdateTexture(w->frame, NULL, r->pixels, 4 * r->w)) return false;
    if (gb_sdl.RenderCopy(w->renderer, w->frame, NULL, NULL)) return false;
    gb_sdl.RenderPresent(w->renderer);
    return true;
}

static void wait_frame(gb_window *window) {
    const double left = window->shown + FRAME - gb_seconds();
    if (left > 0) gb_sdl.Delay((Uint32)(1000 * left + 0.5));
    window->shown = gb_seconds();
}

/* The same once more from the start: what the renderer knew of the screen may have been lost. */
static int present_again(gb_window *w, gb_err *err) {
    if (!gb_lifeline_lost()) {
        drop_frame(w);
        gb_sdl.DestroyRenderer(w->renderer);
        if (make_renderer(w) && present(w)) return GB_OK;
    }
    if (gb_lifeline_lost()) return GB_OK; /* gb_window_show tells of it */
    return gb_fail(err, GB_FAIL, "window: the screen was lost: %s; start again", gb_sdl.GetError());
}

int gb_window_show(gb_window *window, const gb_scene *scene, gb_err *err) {
    int w, h, code = GB_OK;
    if (!gb_lifeline_lost()) gb_window_size(window, &w, &h, &window->scale);
    if (!gb_lifeline_lost() && scene && w > 0 && h > 0) {
        if (gb_raster_resize(&window->raster, w, h, err)) return GB_FAIL;
        gb_scene_paint(scene, &window->raster, window->scale);
        if (!present(window)) code = present_again(window, err);
    }
    if (!gb_lifeline_lost()) wait_frame(window);
    if (!gb_lifeline_lost()) return code;
    return gb_fail(err, GB_FAIL,
                   "window: the display has gone, or took the window away; start again where there "
                   "is one");
}

/* --- keys and mouse ---------------------------------------------------------------------------*/

static void forget(gb_window *w, int i) {
    memmove(w->held + i, w->held + i + 1, (size_t)(w->n_held - i - 1) * sizeof *w->held);
    w->n_held--;
}

static int find_held(const gb_window *w, SDL_Keycode key) {
    int i = 0;
    while (i < w->n_held && w->held[i].key != key) i++;
    return i;
}

static void let_go(gb_window *w, SDL_Keycode key) {
    const int i = find_held(w, key);
    if (i == w->n_held) return;
    w->held[i].gone = true;
    if (w->held[i].told) forget(w, i);
}

static void hold(gb_window *w, SDL_Keycode key) {
    const int i = find_held(w, key);
    if (i < w->n_held) forget(w, i);
    if (w->n_held == GB_WINDOW_HELD) forget(w, 0);
    w->held[w->n_held++] = (struct held){.key = key, .since = gb_seconds()};
}

static int key_of(SDL_Keycode key) {
    switch (key) {
    case SDLK_ESCAPE:
        return GB_KEY_QUIT;
    case SDLK_UP:
        return GB_KEY_UP;
    case SDLK_DOWN:
        return GB_KEY_DOWN;
    case SDLK_LEFT:
        return GB_KEY_LEFT;
    case SDLK_RIGHT:
        return GB_KEY_RIGHT;
    case SDLK_RETURN:
    case SDLK_KP_ENTER:
        return GB_KEY_ENTER;
    case SDLK_TAB:
        return GB_KEY_TAB;
    default:
        return key >= ' ' && key < 127 ? key : GB_KEY_NONE;
    }
}

/* The name by which environments know a key; NULL: they do not. */
static const char *name_of(SDL_Keycode key) {
    static const char names[36][2] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l",
                                      "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x",
                                      "y", "z", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    switch (key_of(key)) {
    case GB_KEY_UP:
        return "up";
    case GB_KEY_DOWN:
        return "down";
    case GB_KEY_LEFT:
        return "left";
    case GB_KEY_RIGHT:
        return "right";
    case GB_KEY_ENTER:
        return "enter";
    case ' ':
        return "space";
    }
    if (key >= 'a' && key <= 'z') return names[key - 'a'];
    return key >= '0' && key <= '9' ? names[26 + key - '0'] : NULL;
}

int gb_window_held(gb_window *window, const char *held[GB_WINDOW_HELD]) {
    const double now = gb_seconds();
    int n = 0;
    for (int i = window->n_held - 1; i >= 0; i--) /* nobody asked for these in time */
        if (window->held[i].gone && now - window->held[i].since > TAP) forget(window, i);
    for (int i = 0; i < window->n_held; i++)
        if ((held[n] = name_of(window->held[i].key)) != NULL) n++;
    for (int i = window->n_held - 1; i >= 0; i--) {
        window->held[i].told = true;
        if (window->held[i].gone) forget(window, i);
    }
    return n;
}

bool gb_window_mouse(const gb_window *window, double *x, double *y) {
    *x = window->mouse_x, *y = window->mouse_y;
    return window->pressed;
}

/* Notes where the mouse is; events count in the window's own units. */
static int move_mouse(gb_window *w, int x, int y) {
    int wide = 0, high = 0, pixels_x = 0, pixels_y = 0;
    gb_sdl.GetWindowSize(w->window, &wide, &high);
    gb_sdl.GetRendererOutputSize(w->renderer, &pixels_x, &pixels_y);
    w->mouse_x = wide > 0 ? (x + 0.5) * pixels_x / wide : x;
    w->mouse_y = high > 0 ? (y + 0.5) * pixels_y / high : y;
    return GB_KEY_MOUSE;
}

static int window_event(gb_window *w, int event) {
    if (event == SDL_WINDOWEVENT_FOCUS_LOST) w->n_held = 0;
    return event == SDL_WINDOWEVENT_SIZE_CHANGED || event == SDL_WINDOWEVENT_EXPOSED ? GB_KEY_DRAW
                                                                                     : GB_KEY_NONE;
}

/* What an event means; GB_KEY_NONE: nothing. */
static int take(gb_window *w, const SDL_Event *event) {
    switch (event->type) {
    case SDL_QUIT:
        return GB_KEY_QUIT;
    case SDL_RENDER_DEVICE_RESET:
    case SDL_RENDER_TARGETS_RESET:
        drop_frame(w);
        return GB_KEY_DRAW;
    case SDL_WINDOWEVENT:
        return window_event(w, event->window.event);
    case SDL_KEYUP:
        let_go(w, event->key.keysym.sym);
        return GB_KEY_NONE;
    case SDL_KEYDOWN:
        if (event->key.repeat) return GB_KEY_NONE;
        hold(w, event->key.keysym.sym);
        return key_of(event->key.keysym.sym);
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        w->pressed = event->type == SDL_MOUSEBUTTONDOWN;
        return move_mouse(w, event->button.x, event->button.y);
    case SDL_MOUSEMOTION:
        return w->pressed ? move_mouse(w, event->motion.x, event->motion.y) : GB_KEY_NONE;
    default:
        return GB_KEY_NONE;
    }
}

int gb_window_key(gb_window *window) {
    for (SDL_Event event; !gb_lifeline_lost() && gb_sdl.PollEvent(&event);) {
        int key = take(window, &event);
        if (key != GB_KEY_NONE) return key;
    }
    return GB_KEY_NONE;
}
