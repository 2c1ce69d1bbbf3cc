/* classic.h - what the classic control tasks share. */
#ifndef GB_ENVS_CLASSIC_H
#define GB_ENVS_CLASSIC_H

#include "gibbs_plugin.h"

#define PI 3.14159265358979323846

/* Not fmin and fmax: those are calls, and would hide a NaN. */
static inline double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* Writes cosine and sine of angle (rad) to obs[2], off by less than 1e-11 before they are rounded.
 *
 * For observations only; dynamics use libm. Floats need less, and libm's branches on the angle,
 * which no processor can predict, cost more than the rest of a step. Cody and Waite's reduction to
 * +-pi/4, then Taylor. */
static inline void observe_angle(double angle, float *obs) {
    const double pi_2_high = 0x1.921fb544p+0, pi_2_low = 0x1.0b4611a626331p-34;
    if (!(fabs(angle) < 1e5)) { /* beyond, the reduction loses digits */
        obs[0] = (float)cos(angle);
        obs[1] = (float)sin(angle);
        return;
    }
    double quarters = rint(angle * (2 / PI));
    double r = (angle - quarters * pi_2_high) - quarters * pi_2_low, q = r * r;
    double sine = 1. / 120 + q * (-1. / 5040 + q * (1. / 362880 - q / 39916800));
    double cosine =
        1. / 24 + q * (-1. / 720 + q * (1. / 40320 - q * (1. / 3628800 - q / 479001600)));
    const double value[2] = {r + r * q * (-1. / 6 + q * sine), 1 + q * (-0.5 + q * cosine)};
    /* a quarter turn exchanges the two, a half turn changes their sign */
    int n = (int)quarters;
    obs[0] = (float)(value[(n + 1) & 1] * (1 - ((n + 1) & 2)));
    obs[1] = (float)(value[n & 1] * (1 - (n & 2)));
}

#endif
