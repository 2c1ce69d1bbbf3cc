/* Fails draw: a coordinate that is not finite. */
#include "base.h"

static void draw(const void *state, const void *config, gb_canvas *c) {
    base_draw(state, config, c);
    c->line(c, 0, 0, NAN, 1, 0.1, GB_INK);
}

#undef DRAW
#define DRAW draw
PLUGIN;
