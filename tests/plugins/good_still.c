/* Correct: nothing ever happens, so each state is one that reset makes. */
#define BOX
#include "base.h"

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    (void)rng;
    ((struct state *)state)->cell = 3;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)state;
    (void)config;
    (void)action;
    (void)rng;
    return (gb_step){0};
}

#undef RESET
#define RESET reset
#undef STEP
#define STEP step
PLUGIN;
