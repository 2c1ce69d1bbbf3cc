/* Fails end: never terminal, and no limit. */
#define BOX
#include "base.h"

static void spec(const void *config, gb_spec *out) {
    base_spec(config, out);
    out->max_steps = 0;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    gb_step result = base_step(state, config, action, rng);
    if (result.terminal) ((struct state *)state)->cell = 3;
    result.terminal = false;
    return result;
}

#undef SPEC
#define SPEC spec
#undef STEP
#define STEP step
PLUGIN;
