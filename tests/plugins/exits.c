/* Fails draw: it ends the process. */
#include "base.h"

#include <stdlib.h>

static void draw(const void *state, const void *config, gb_canvas *c) {
    base_draw(state, config, c);
    exit(0);
}

#undef DRAW
#define DRAW draw
PLUGIN;
