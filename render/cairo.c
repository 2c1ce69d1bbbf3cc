#include "cairo.h"
#include "loader.h"

struct gb_cairo gb_cairo;

int gb_cairo_load(gb_err *err) {
#define GB_CAIRO_SYMBOL(name) {"cairo_" #name, &gb_cairo.name},
    static const gb_symbol symbols[] = {GB_CAIRO_FUNCTIONS(GB_CAIRO_SYMBOL){0}};
#undef GB_CAIRO_SYMBOL
    static bool loaded;
    if (loaded) return GB_OK;
    int code = gb_load("Cairo", "libcairo.so.2", "libcairo2", symbols, err);
    loaded = code == GB_OK;
    return code;
}
