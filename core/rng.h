/* rng.h - random streams of the host: seeding, bulk sampling, and our generator as GSL sees it.
 *
 * The generator itself, pcg32, is in gibbs_plugin.h. All streams of a run come from one seed:
 * stream k of seed s is the same on every machine, and different k do not overlap in practice.
 */
#ifndef GB_CORE_RNG_H
#define GB_CORE_RNG_H

#include "base.h"
#include "gibbs_plugin.h"

#include <gsl/gsl_rng.h>

/* Who draws from which stream of a run. Instance i of a family uses family + i. */
enum {
    GB_STREAM_AGENT = 1,     /* behaviour and learning */
    GB_STREAM_INIT = 2,      /* first weights */
    GB_STREAM_BENCH = 3,     /* random actions of benchmarks and tests */
    GB_STREAM_BOOTSTRAP = 4, /* resampling of results */
    GB_STREAM_ENV = 1 << 20, /* + instance: training environments */
    GB_STREAM_EVAL = 1 << 21 /* + instance: evaluation environments */
};

/* Returns stream number `stream` of `seed` (both hashed by splitmix64, Steele et al. 2014). */
gb_rng gb_rng_stream(uint64_t seed, uint64_t stream);

/* Splits off a new stream: draws from rng, and returns a stream that is independent of it. */
gb_rng gb_rng_split(gb_rng *rng);

/* Fills x (n) with standard normal numbers: pairs of them from pairs of draws (gb_normal_pairs), so
 * that two fills of even lengths give what one of both gives. */
void gb_rng_fill_normal(gb_rng *rng, gb_real *x, size_t n);

/* pcg32 as a generator type of GSL: every gsl_ran_ function runs on it. */
extern const gsl_rng_type *const gb_gsl_rng_pcg32;

/* A GSL view of rng, for one gsl_ran_ call after another; draws move rng itself on. */
static inline gsl_rng gb_rng_gsl(gb_rng *rng) {
    return (gsl_rng){gb_gsl_rng_pcg32, rng};
}

#endif
