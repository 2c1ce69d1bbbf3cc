/* Fails stream: reset seeds the stream that the host has seeded. */
#include "base.h"

static void reset(void *state, const void *config, gb_rng *rng) {
    rng->state = 42;
    base_reset(state, config, rng);
}

#undef RESET
#define RESET reset
#undef START
#define START NULL
PLUGIN;
