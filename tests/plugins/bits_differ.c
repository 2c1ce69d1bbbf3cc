/* Fails observation: one of two bits is missing where the walker is left of the middle. */
#define BOX
#include "base.h"

static void observe_bits(const void *state, const void *config, uint64_t *bits) {
    (void)config;
    const struct state *s = state;
    bits[0] = (uint64_t)(s->cell > 3);
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    const struct state *s = state;
    obs[0] = (float)(s->cell > 3);
    obs[1] = (float)(s->cell < 3);
}

#undef OBSERVE
#define OBSERVE observe
#undef BITS
#define BITS observe_bits
PLUGIN;
