/* Fails observation: not a number beside the goal. */
#define BOX
#include "base.h"

static void observe(const void *state, const void *config, float *obs) {
    base_observe(state, config, obs);
    if (obs[0] == 5) obs[1] = NAN;
}

#undef OBSERVE
#define OBSERVE observe
PLUGIN;
