/* Fails model: step slips more often than the model says. */
#include "base.h"

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    float other = 1 - action[0];
    return base_step(state, config, gb_rng_unit(rng) < 0.1 ? &other : action, rng);
}

#undef STEP
#define STEP step
PLUGIN;
