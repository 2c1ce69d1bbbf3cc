/* Fails model: the probabilities of a row do not sum to 1. */
#include "base.h"

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    int n = base_model(config, s, a, out, max);
    out[0].probability *= 0.99;
    return n;
}

#undef MODEL
#define MODEL model
PLUGIN;
