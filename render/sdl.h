/* sdl.h - SDL, loaded when the first window is opened (see loader.h).
 *
 * Call functions as gb_sdl.CreateWindow(...); a new one needs its name in the list below.
 */
#ifndef GB_RENDER_SDL_H
#define GB_RENDER_SDL_H

#include "base.h"

#include <SDL2/SDL.h>

#define GB_SDL_FILE "libSDL2-2.0.so.0"

/* clang-format off */
#define GB_SDL_FUNCTIONS(X) \
    X(CreateRenderer) X(CreateTexture) X(CreateWindow) X(Delay) X(DestroyRenderer) \
    X(DestroyTexture) X(DestroyWindow) X(EnableScreenSaver) X(GetCurrentVideoDriver) \
    X(GetDisplayDPI) X(GetError) \
    X(GetRendererOutputSize) X(GetWindowSize) X(InitSubSystem) X(PollEvent) X(Quit) \
    X(QuitSubSystem) X(RenderCopy) X(RenderPresent) X(SetHint) X(SetWindowMinimumSize) \
    X(SetWindowTitle) X(UpdateTexture) X(WasInit)
/* clang-format on */

struct gb_sdl {
#define GB_SDL_POINTER(name) __typeof__(&SDL_##name) name;
    GB_SDL_FUNCTIONS(GB_SDL_POINTER)
#undef GB_SDL_POINTER
};
extern struct gb_sdl gb_sdl;

/* Fills gb_sdl; may be called again. GB_FAIL with a message if SDL is not there. */
int gb_sdl_load(gb_err *err);

#endif
