/* Fails block: it writes whole groups of four, beyond the end of an array. */
#include "base.h"

static void step_block(const void *config, const gb_env_block *b) {
    base_step_block(config, b);
    for (int i = b->n; i % 4; i++) b->terminal[i] = 0;
}

#undef STEP_BLOCK
#define STEP_BLOCK step_block
PLUGIN;
