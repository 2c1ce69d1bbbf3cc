/* Correct: a picture of two cells, the walker's side and whether it stands in the middle, as bits.
 */
#define BOX
#include "base.h"

static void observe_bits(const void *state, const void *config, uint64_t *bits) {
    (void)config;
    const struct state *s = state;
    bits[0] = (uint64_t)(s->cell > 3) | (uint64_t)(s->cell == 3) << 1;
}

static void observe(const void *state, const void *config, float *obs) {
    uint64_t bits = 0;
    observe_bits(state, config, &bits);
    gb_bits_expand(&bits, 2, obs);
}

#undef OBSERVE
#define OBSERVE observe
#undef BITS
#define BITS observe_bits
PLUGIN;
