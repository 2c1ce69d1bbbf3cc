/* Fails draw: the place of a state has no area. */
#include "base.h"

static bool cell(const void *state, const void *config, int s, double box[4]) {
    (void)state, (void)config;
    box[0] = box[2] = s, box[1] = 0, box[3] = 1;
    return true;
}

#undef CELL
#define CELL cell
PLUGIN;
