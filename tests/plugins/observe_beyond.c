/* Fails memory: observe writes a number more than spec declares. */
#define BOX
#include "base.h"

static void observe(const void *state, const void *config, float *obs) {
    base_observe(state, config, obs);
    obs[2] = 0;
}

#undef OBSERVE
#define OBSERVE observe
PLUGIN;
