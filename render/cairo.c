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

#ifdef __SANITIZE_ADDRESS__
/* Fontconfig keeps what it has found until the process ends: the same few bytes for one chart as
 * for many, but behind pointers that LeakSanitizer cannot follow. It asks here. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libfontconfig\n";
}
const char *__lsan_default_options(void);
const char *__lsan_default_options(void) {
    return "print_suppressions=0";
}
#endif
