#include "sdl.h"
#include "loader.h"

struct gb_sdl gb_sdl;

int gb_sdl_load(gb_err *err) {
#define GB_SDL_SYMBOL(name) {"SDL_" #name, &gb_sdl.name},
    static const gb_symbol symbols[] = {GB_SDL_FUNCTIONS(GB_SDL_SYMBOL){0}};
#undef GB_SDL_SYMBOL
    static bool loaded;
    if (loaded) return GB_OK;
    int code = gb_load("SDL", GB_SDL_FILE, "libsdl2-2.0-0", symbols, err);
    loaded = code == GB_OK;
    return code;
}
