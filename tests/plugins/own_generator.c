/* Fails seed: all randomness is its own; the stream is never drawn from. */
#include "base.h"

static gb_rng own = {42, 54};

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)rng;
    base_reset(state, config, &own);
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    return base_step(state, config, action, &own);
}

#undef RESET
#define RESET reset
#undef STEP
#define STEP step
#undef MODEL
#define MODEL NULL
PLUGIN;
