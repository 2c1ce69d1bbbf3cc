/* Fails reset: a field that reset forgets. */
#define BOX
#include "base.h"

struct tired {
    struct state state;
    int steps;
};

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    ((struct tired *)state)->steps++;
    return base_step(state, config, action, rng);
}

static void observe(const void *state, const void *config, float *obs) {
    base_observe(state, config, obs);
    obs[1] = (float)(((const struct tired *)state)->steps % 2);
}

#undef STATE_SIZE
#define STATE_SIZE sizeof(struct tired)
#undef STEP
#define STEP step
#undef OBSERVE
#define OBSERVE observe
PLUGIN;
