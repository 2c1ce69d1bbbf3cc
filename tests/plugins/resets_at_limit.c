/* Fails limit: counts steps and resets at the time limit, without a word. */
#define BOX
#include "base.h"

struct timed {
    struct state state;
    int steps;
};

static void reset(void *state, const void *config, gb_rng *rng) {
    base_reset(state, config, rng);
    ((struct timed *)state)->steps = 0;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    gb_step result = base_step(state, config, action, rng);
    if (++((struct timed *)state)->steps >= MAX_STEPS && !result.terminal)
        reset(state, config, rng);
    return result;
}

#undef STATE_SIZE
#define STATE_SIZE sizeof(struct timed)
#undef RESET
#define RESET reset
#undef STEP
#define STEP step
PLUGIN;
