/* Fails terminal: step resets when the episode ends. */
#define BOX
#include "base.h"

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    gb_step result = base_step(state, config, action, rng);
    if (result.terminal) base_reset(state, config, rng);
    return result;
}

#undef STEP
#define STEP step
PLUGIN;
