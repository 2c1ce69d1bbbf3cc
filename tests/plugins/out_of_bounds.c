/* Fails observation: leaves the bounds that it declares. */
#define BOX
#include "base.h"

static void observe(const void *state, const void *config, float *obs) {
    base_observe(state, config, obs);
    obs[1] *= 1.001f;
}

#undef OBSERVE
#define OBSERVE observe
PLUGIN;
