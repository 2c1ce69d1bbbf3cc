#include "rng.h"

#include "vmath.h"

/* splitmix64 (Steele, Lea and Flood 2014): moves *x on and returns a well-mixed number. */
static uint64_t splitmix(uint64_t *x) {
    uint64_t z = *x += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

gb_rng gb_rng_stream(uint64_t seed, uint64_t stream) {
    uint64_t x = stream;
    uint64_t y = seed ^ splitmix(&x);
    uint64_t state = splitmix(&y);
    return (gb_rng){.state = state, .inc = splitmix(&y)};
}

gb_rng gb_rng_split(gb_rng *rng) {
    uint64_t high = gb_rng_u32(rng), low = gb_rng_u32(rng);
    return gb_rng_stream(high << 32 | low, rng->inc);
}

/* The next n draws of rng. Each state is a linear function of the one AHEAD before it, so that
 * several are computed side by side. */
static void fill_u32(gb_rng *rng, uint32_t *x, size_t n) {
    enum { AHEAD = 8 };
    const uint64_t a = 6364136223846793005ULL, c = rng->inc | 1u; /* of pcg32 */
    uint64_t a_ahead = 1, c_ahead = 0;
    gb_rng lane[AHEAD];
    for (int k = 0; k < AHEAD; k++) {
        lane[k] = (gb_rng){rng->state * a_ahead + c_ahead, rng->inc};
        a_ahead *= a;
        c_ahead = c_ahead * a + c;
    }
    size_t i = 0;
    for (; i + AHEAD <= n; i += AHEAD)
        for (int k = 0; k < AHEAD; k++) {
            gb_rng at = lane[k];
            x[i + (size_t)k] = gb_rng_u32(&at);
            lane[k].state = lane[k].state * a_ahead + c_ahead;
        }
    rng->state = lane[0].state;
    for (; i < n; i++) x[i] = gb_rng_u32(rng);
}

void gb_rng_fill_normal(gb_rng *rng, gb_real *x, size_t n) {
    enum { WORDS = 256 };
    uint32_t word[WORDS];
    for (size_t i = 0; i < n; i += WORDS) {
        size_t some = n - i < WORDS ? n - i : WORDS;
        fill_u32(rng, word, (some + 1) / 2 * 2);
        gb_normal_pairs(x + i, word, some / 2);
        if (some % 2) { /* of the last pair one half is left over */
            gb_real pair[2];
            gb_normal_pairs(pair, word + some - 1, 1);
            x[n - 1] = pair[0];
        }
    }
}

/* --- as a generator of GSL --------------------------------------------------------------------*/

static void pcg32_set(void *state, unsigned long seed) {
    *(gb_rng *)state = gb_rng_stream(seed, 0);
}
static unsigned long pcg32_get(void *state) {
    return gb_rng_u32(state);
}
static double pcg32_get_double(void *state) {
    return gb_rng_unit(state);
}

static const gsl_rng_type pcg32 = {
    .name = "pcg32",
    .max = 0xffffffffUL,
    .min = 0,
    .size = sizeof(gb_rng),
    .set = pcg32_set,
    .get = pcg32_get,
    .get_double = pcg32_get_double,
};
const gsl_rng_type *const gb_gsl_rng_pcg32 = &pcg32;
