/* Fails observation: an infinite reward at the goal. */
#define BOX
#include "base.h"

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    gb_step result = base_step(state, config, action, rng);
    if (result.reward > 0) result.reward = INFINITY;
    return result;
}

#undef STEP
#define STEP step
PLUGIN;
