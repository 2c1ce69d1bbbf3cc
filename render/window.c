/* window.c - each frame is rendered twice as large as shown, into a texture, and scaled down by the
 * renderer: smooth edges for every shape at the cost of one copy. */
#include "window.h"
#include "layout.h"

#include <stdlib.h>
#include <string.h>

enum { OVERSAMPLE = 2, FRAME_MS = 16 };

struct gb_window {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *frame; /* NULL: none yet, or the renderer cannot have one */
    int w, h;           /* of the frame */
    Uint64 shown;       /* milliseconds, when the last frame was */
};

#if defined(__unix__) && !defined(__APPLE__)
#define HAS_DISPLAY_VARIABLES 1
#else
#define HAS_DISPLAY_VARIABLES 0
#endif

/* SDL falls back to a driver without any output, after libraries have complained on stderr. So asks
 * only for drivers that can work. Returns whether there is one. */
static bool start_video(void) {
    bool chosen = getenv("SDL_VIDEODRIVER") != NULL;
    if (HAS_DISPLAY_VARIABLES && !chosen && !getenv("WAYLAND_DISPLAY")) {
        if (!getenv("DISPLAY")) return false;
        gb_sdl.SetHint(SDL_HINT_VIDEODRIVER, "x11");
    }
    if (gb_sdl.InitSubSystem(SDL_INIT_VIDEO)) return false;
    const char *driver = gb_sdl.GetCurrentVideoDriver();
    if (chosen || !driver || strcmp(driver, "offscreen")) return true;
    gb_sdl.QuitSubSystem(SDL_INIT_VIDEO);
    return false;
}

gb_window *gb_window_open(const char *title, int w, int h, gb_err *err) {
    if (gb_sdl_load(err)) return NULL;
    gb_window *window = gb_alloc(1, sizeof *window, err);
    if (!window) return NULL;
    if (!start_video()) {
        gb_fail(err, GB_FAIL,
                "window: there is no display; set DISPLAY, or take a picture with --shot FILE.png");
        gb_dealloc(window);
        return NULL;
    }
    gb_sdl.EnableScreenSaver();
    window->window = gb_sdl.CreateWindow(title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, w,
                                         h, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (window->window)
        window->renderer = gb_sdl.CreateRenderer(window->window, -1, SDL_RENDERER_PRESENTVSYNC);
    if (window->window && !window->renderer)
        window->renderer = gb_sdl.CreateRenderer(window->window, -1, SDL_RENDERER_SOFTWARE);
    if (!window->renderer) {
        gb_fail(err, GB_FAIL, "window: %s; take a picture with --shot FILE.png", gb_sdl.GetError());
        gb_window_close(window);
        return NULL;
    }
    gb_sdl.SetWindowMinimumSize(window->window, 160, 120);
    return window;
}

void gb_window_close(gb_window *window) {
    if (!window) return;
    if (window->frame) gb_sdl.DestroyTexture(window->frame);
    if (window->renderer) gb_sdl.DestroyRenderer(window->renderer);
    if (window->window) gb_sdl.DestroyWindow(window->window);
    gb_sdl.Quit();
    gb_dealloc(window);
}

static void drop_frame(gb_window *window) {
    if (window->frame) gb_sdl.DestroyTexture(window->frame);
    window->frame = NULL;
}

/* Makes the frame fit the window, if the renderer can. */
static void fit_frame(gb_window *window, int w, int h) {
    if (window->frame && window->w == w && window->h == h) return;
    drop_frame(window);
    window->w = w, window->h = h;
    window->frame = gb_sdl.CreateTexture(window->renderer, SDL_PIXELFORMAT_ARGB8888,
                                         SDL_TEXTUREACCESS_TARGET, w * OVERSAMPLE, h * OVERSAMPLE);
    if (window->frame) gb_sdl.SetTextureScaleMode(window->frame, SDL_ScaleModeLinear);
}

void gb_window_show(gb_window *window, const gb_scene *scene) {
    int w = 0, h = 0;
    gb_sdl.GetRendererOutputSize(window->renderer, &w, &h);
    if (w < 1 || h < 1) return;
    fit_frame(window, w, h);
    if (window->frame && !gb_sdl.SetRenderTarget(window->renderer, window->frame)) {
        gb_scene_draw(scene, window->renderer, w * OVERSAMPLE, h * OVERSAMPLE, OVERSAMPLE);
        gb_sdl.SetRenderTarget(window->renderer, NULL);
        gb_sdl.RenderCopy(window->renderer, window->frame, NULL, NULL);
    } else {
        gb_scene_draw(scene, window->renderer, w, h, 1);
    }
    gb_sdl.RenderPresent(window->renderer);
    Uint64 passed = gb_sdl.GetTicks64() - window->shown;
    if (passed < FRAME_MS) gb_sdl.Delay((Uint32)(FRAME_MS - passed));
    window->shown = gb_sdl.GetTicks64();
}

int gb_window_key(gb_window *window) {
    for (SDL_Event event; gb_sdl.PollEvent(&event);) {
        if (event.type == SDL_QUIT) return GB_KEY_QUIT;
        if (event.type == SDL_RENDER_DEVICE_RESET) drop_frame(window);
        if (event.type != SDL_KEYDOWN) continue;
        SDL_Keycode key = event.key.keysym.sym;
        if (key == SDLK_ESCAPE) return GB_KEY_QUIT;
        if (key == SDLK_UP) return GB_KEY_UP;
        if (key == SDLK_DOWN) return GB_KEY_DOWN;
        if (key > 0 && key < 127) return key;
    }
    return GB_KEY_NONE;
}

double gb_window_time(void) {
    return (double)gb_sdl.GetPerformanceCounter() / (double)gb_sdl.GetPerformanceFrequency();
}
