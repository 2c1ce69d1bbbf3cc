/* Fails stream: step moves to another stream. */
#define BOX
#include "base.h"

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    rng->inc += 2;
    return base_step(state, config, action, rng);
}

#undef STEP
#define STEP step
PLUGIN;
