/* Fails keys: there is no such key. */
#include "base.h"

static void spec(const void *config, gb_spec *out) {
    static const gb_key keys[] = {{"left", 0}, {"rihgt", 1}, {0}};
    base_spec(config, out);
    out->keys = keys;
}

#undef SPEC
#define SPEC spec
PLUGIN;
