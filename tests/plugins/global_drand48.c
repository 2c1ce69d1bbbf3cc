/* Fails global: draws from drand48(). */
#define _XOPEN_SOURCE 700
#include <stdlib.h>

#include "base.h"

static void reset(void *state, const void *config, gb_rng *rng) {
    base_reset(state, config, rng);
    ((struct state *)state)->cell = 2 + (int)(3 * drand48());
}

#undef RESET
#define RESET reset
#undef START
#define START NULL
PLUGIN;
