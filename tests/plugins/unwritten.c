/* Fails written: observe leaves out the second number. */
#define BOX
#include "base.h"

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    obs[0] = (float)((const struct state *)state)->cell;
}

#undef OBSERVE
#define OBSERVE observe
PLUGIN;
