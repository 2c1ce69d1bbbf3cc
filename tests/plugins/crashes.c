/* Fails draw: it ends the process by a signal. */
#include "base.h"

#include <stdlib.h>

static void draw(const void *state, const void *config, gb_canvas *c) {
    base_draw(state, config, c);
    abort();
}

#undef DRAW
#define DRAW draw
PLUGIN;
