/* Fails block: the loop over four instances at once forgets the rest. */
#include "base.h"

static void step_block(const void *config, const gb_env_block *b) {
    gb_env_block part = *b;
    part.n = b->n / 4 * 4;
    base_step_block(config, &part);
    for (int i = part.n; i < b->n; i++) {
        b->reward[i] = 0;
        b->terminal[i] = 0;
        b->obs[i] = (float)((struct state *)((char *)b->states + (size_t)i * b->stride))->cell;
    }
}

#undef STEP_BLOCK
#define STEP_BLOCK step_block
PLUGIN;
