/* classic.h - what the classic control tasks share. */
#ifndef GB_ENVS_CLASSIC_H
#define GB_ENVS_CLASSIC_H

#include "gibbs_plugin.h"
#include "trig.h"

#define PI 3.14159265358979323846

/* Not fmin and fmax: those are calls, and would hide a NaN. */
static inline double clamp(double x, double low, double high) {
    const double raised = x < low ? low : x;
    return raised > high ? high : raised;
}

/* Writes cosine and sine of angle (rad) to obs[2]. */
static inline void observe_angle(double angle, float *obs) {
    double sine, cosine;
    sine_cosine(angle, &sine, &cosine);
    obs[0] = (float)cosine;
    obs[1] = (float)sine;
}

/* Fill terminal (n) of a block. Comparisons of doubles make 64-bit masks; turned into bytes in a
 * loop of its own, they do not hold up the loop that computes. */
static inline void end_block(const gb_env_block *b, const int64_t *restrict end) {
    uint8_t *restrict terminal = b->terminal;
    for (int i = 0; i < b->n; i++) terminal[i] = (uint8_t)end[i];
}

#endif
