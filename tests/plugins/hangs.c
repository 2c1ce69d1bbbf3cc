/* Fails draw: it never returns. */
#include "base.h"

static void draw(const void *state, const void *config, gb_canvas *c) {
    volatile const struct state *s = state;
    base_draw(state, config, c);
    while (s->cell >= 0) {
    }
}

#undef DRAW
#define DRAW draw
PLUGIN;
