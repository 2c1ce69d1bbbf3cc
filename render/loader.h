/* loader.h - libraries that are loaded when they are first needed.
 *
 * SDL brings some fifty libraries of sound and display with it, Cairo some twenty. Loading them
 * here, not when the program starts, keeps `gibbs list` and training quick to start, and lets a
 * program that was built with them run where they are not.
 */
#ifndef GB_RENDER_LOADER_H
#define GB_RENDER_LOADER_H

#include "base.h"

/* A function to look up, and the address of the function pointer that is to hold it. */
typedef struct gb_symbol {
    const char *name;
    void *pointer;
} gb_symbol;

/* Loads the library called file, for good, and sets the pointers of symbols, which end with {0}.
 * GB_FAIL with a message if the library or a function is not there; `name` is what people call the
 * library, `package` is Debian's package of it. */
int gb_load(const char *name, const char *file, const char *package, const gb_symbol *symbols,
            gb_err *err);

#endif
