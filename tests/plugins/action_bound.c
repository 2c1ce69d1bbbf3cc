/* Fails action: an infinite reward for an action on its very bound. */
#define BOX
#include "base.h"

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    gb_step result = base_step(state, config, action, rng);
    result.reward += 1e-3 * log(1 - (double)action[0] * (double)action[0]);
    return result;
}

#undef STEP
#define STEP step
PLUGIN;
