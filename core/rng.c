#include "rng.h"

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

void gb_rng_fill_normal(gb_rng *rng, gb_real *x, size_t n) {
    for (size_t i = 0; i < n; i += 2) {
        /* 32 bits each do for single precision; + 0.5 keeps the logarithm finite */
        double u = (gb_rng_u32(rng) + 0.5) * 0x1p-32;
        double angle = 6.283185307179586476925 * (gb_rng_u32(rng) * 0x1p-32);
        double radius = sqrt(-2 * log(u));
        x[i] = (gb_real)(radius * cos(angle));
        if (i + 1 < n) x[i + 1] = (gb_real)(radius * sin(angle));
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
