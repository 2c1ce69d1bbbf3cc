/* Correct: one state, and each step ends the episode where it began. */
#include "base.h"

static void spec(const void *config, gb_spec *out) {
    base_spec(config, out);
    out->obs.n = 1;
    out->max_steps = 0;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    (void)rng;
    ((struct state *)state)->cell = 0;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)state;
    (void)config;
    return (gb_step){gb_rng_normal(rng) + (double)action[0], true};
}

#undef SPEC
#define SPEC spec
#undef RESET
#define RESET reset
#undef STEP
#define STEP step
#undef MODEL
#define MODEL NULL
#undef START
#define START NULL
PLUGIN;
