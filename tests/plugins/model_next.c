/* Fails model: a row leads to a state that does not exist. */
#include "base.h"

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    int n = base_model(config, s, a, out, max);
    if (s == CELLS - 1) out[0].next = CELLS;
    return n;
}

#undef MODEL
#define MODEL model
PLUGIN;
