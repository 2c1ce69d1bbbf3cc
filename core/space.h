/* space.h - facts about observation and action spaces, and features for networks. */
#ifndef GB_CORE_SPACE_H
#define GB_CORE_SPACE_H

#include "base.h"
#include "gibbs_plugin.h"

/* Returns how many floats hold one element of space: n for a box, 1 for a discrete space. */
static inline int gb_space_size(const gb_space *space) {
    return space->kind == GB_BOX ? space->n : 1;
}

/* Returns how many features a network sees: n either way (a discrete value becomes one-hot). */
static inline int gb_space_features(const gb_space *space) {
    return space->n;
}

/* Writes the features of x (n, gb_space_size) to out (n, gb_space_features). */
void gb_space_encode(const gb_space *space, int n, const float *x, gb_real *out);

/* Returns whether every dimension of a box has finite bounds with low < high, a finite way apart.
 */
bool gb_space_is_bounded(const gb_space *space);

/* Returns whether x (gb_space_size) lies in space, bounds included. NaN does not. */
bool gb_space_contains(const gb_space *space, const float *x);

/* Draws an action uniform in a bounded space, standard normal where there are no bounds. */
void gb_space_sample(const gb_space *space, gb_rng *rng, float *x);

/* Draws n actions x (n, gb_space_size), number i from rng[i]: what n calls of gb_space_sample draw,
 * but several times as fast. */
void gb_space_sample_each(const gb_space *space, gb_rng *rng, int n, float *x);

/* Returns NULL if spec can be used by a host, else what is wrong with it, in fault[size]. */
const char *gb_spec_fault(const gb_spec *spec, char *fault, size_t size);

/* Returns whether observations are pictures of spec->obs_shape: height, width, channels. */
static inline bool gb_spec_is_picture(const gb_spec *spec) {
    return spec->obs_shape[0] > 0;
}

/* Writes "4 real numbers" or "one of 2" or "1 real number in [-2, 2]" to text; returns text. */
char *gb_space_describe(const gb_space *space, char *text, size_t size);

#endif
