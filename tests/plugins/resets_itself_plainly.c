/* Fails terminal: as resets_itself.c, where reset draws nothing. */
#define BOX
#include "base.h"

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    (void)rng;
    ((struct state *)state)->cell = 3;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    gb_step result = base_step(state, config, action, rng);
    if (result.terminal) reset(state, config, rng);
    return result;
}

#undef RESET
#define RESET reset
#undef STEP
#define STEP step
PLUGIN;
