#include "sdl.h"

#include <dlfcn.h>
#include <string.h>

struct gb_sdl gb_sdl;

/* A function pointer from a library, by way of memory: C has no cast from void * to one. */
static int find(void *library, const char *name, void *pointer, gb_err *err) {
    void *symbol = dlsym(library, name);
    if (!symbol)
        return gb_fail(err, GB_FAIL, "SDL: has no %s; install a newer libsdl2-2.0-0", name);
    memcpy(pointer, &symbol, sizeof symbol);
    return GB_OK;
}

int gb_sdl_load(gb_err *err) {
    static void *library; /* stays loaded: SDL's own libraries do not like to go */
    if (library) return GB_OK;
    void *opened = dlopen("libSDL2-2.0.so.0", RTLD_LAZY | RTLD_LOCAL);
    if (!opened)
        return gb_fail(err, GB_FAIL, "SDL: cannot be loaded: %s; install libsdl2-2.0-0", dlerror());
#define GB_SDL_FIND(name)                                                                          \
    if (find(opened, "SDL_" #name, &gb_sdl.name, err)) return GB_FAIL;
    GB_SDL_FUNCTIONS(GB_SDL_FIND)
#undef GB_SDL_FIND
    library = opened;
    return GB_OK;
}
