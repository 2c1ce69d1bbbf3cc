/* Fails draw: it moves the walker. */
#include "base.h"

static void draw(const void *state, const void *config, gb_canvas *c) {
    base_draw(state, config, c);
    ((struct state *)(uintptr_t)state)->cell = 3;
}

#undef DRAW
#define DRAW draw
PLUGIN;
