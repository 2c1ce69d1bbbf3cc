/* Fails seed: a generator of its own, outside state. */
#include "base.h"

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    (void)rng;
    static gb_rng own = {42, 54};
    struct state *s = state;
    s->cell = 2 + (int)gb_rng_below(&own, 3);
}

#undef RESET
#define RESET reset
PLUGIN;
