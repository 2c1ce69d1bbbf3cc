/* Fails model: step pays what the model does not. */
#include "base.h"

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    gb_step result = base_step(state, config, action, rng);
    result.reward -= 0.01;
    return result;
}

#undef STEP
#define STEP step
PLUGIN;
