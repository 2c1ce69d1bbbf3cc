/* Fails clone: a pointer in state, which a copy shares. */
#define BOX
#include "base.h"

struct linked {
    struct state state, *own;
};

static void reset(void *state, const void *config, gb_rng *rng) {
    struct linked *s = state;
    base_reset(state, config, rng);
    s->own = &s->state;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct linked *s = state;
    return base_step(s->own, config, action, rng);
}

#undef STATE_SIZE
#define STATE_SIZE sizeof(struct linked)
#undef RESET
#define RESET reset
#undef STEP
#define STEP step
PLUGIN;
