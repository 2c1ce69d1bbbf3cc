/* Fails start: reset favours cell 2. */
#include "base.h"

static void reset(void *state, const void *config, gb_rng *rng) {
    base_reset(state, config, rng);
    if (gb_rng_unit(rng) < 0.1) ((struct state *)state)->cell = 2;
}

#undef RESET
#define RESET reset
PLUGIN;
