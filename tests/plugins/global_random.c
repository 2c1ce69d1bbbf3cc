/* Fails global: draws from rand(). */
#include "base.h"

#include <stdlib.h>

static void reset(void *state, const void *config, gb_rng *rng) {
    base_reset(state, config, rng);
    ((struct state *)state)->cell = 2 + rand() % 3;
}

#undef RESET
#define RESET reset
#undef START
#define START NULL
PLUGIN;
