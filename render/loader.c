#include "loader.h"

#include <dlfcn.h>
#include <string.h>

int gb_load(const char *name, const char *file, const char *package, const gb_symbol *symbols,
            gb_err *err) {
    /* stays loaded: SDL's own libraries, for one, do not like to go */
    void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
    if (!library)
        return gb_fail(err, GB_FAIL, "%s: cannot be loaded: %s; install %s", name, dlerror(),
                       package);
    for (; symbols->name; symbols++) {
        void *symbol = dlsym(library, symbols->name);
        if (!symbol)
            return gb_fail(err, GB_FAIL, "%s: has no %s; install a newer %s", name, symbols->name,
                           package);
        /* by way of memory: C has no cast from void * to a function pointer */
        memcpy(symbols->pointer, &symbol, sizeof symbol);
    }
    return GB_OK;
}
