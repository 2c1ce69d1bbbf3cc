/* Fails start: the probabilities do not sum to 1. */
#include "base.h"

static double start(const void *config, int s) {
    return 0.99 * base_start(config, s);
}

#undef START
#define START start
PLUGIN;
