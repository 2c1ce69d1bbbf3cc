/* Fails instances: a static variable carries a number from step to observe. */
#include "base.h"

static int seen;

static void reset(void *state, const void *config, gb_rng *rng) {
    base_reset(state, config, rng);
    seen = ((struct state *)state)->cell;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    gb_step result = base_step(state, config, action, rng);
    seen = ((struct state *)state)->cell;
    return result;
}

static void observe(const void *state, const void *config, float *obs) {
    (void)state;
    (void)config;
    obs[0] = (float)seen;
}

#undef RESET
#define RESET reset
#undef STEP
#define STEP step
#undef OBSERVE
#define OBSERVE observe
PLUGIN;
