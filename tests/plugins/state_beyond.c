/* Fails memory: state_size is smaller than what reset fills. */
#include "base.h"

struct larger {
    struct state state;
    double beyond;
};

static void reset(void *state, const void *config, gb_rng *rng) {
    base_reset(state, config, rng);
    ((struct larger *)state)->beyond = 0;
}

#undef RESET
#define RESET reset
PLUGIN;
