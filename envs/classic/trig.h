/* trig.h - sine and cosine in double precision without branches, for one angle or for many.
 *
 * Off by 0.79 units in the last place at most, of 10^8 random angles up to TRIG_FAR. The
 * operations are the same for one angle as in a loop over many, which compilers turn into vectors,
 * and none depends on the machine: given IEEE doubles and -ffp-contract=off, all give the same
 * bits. libm would serve, but its branches on the angle, which no processor can predict, cost more
 * than the rest of a step.
 *
 * Cody and Waite, "Software manual for the elementary functions", 1980: the angle less a multiple
 * of pi/2, taken off in three parts, leaves a number and its tail in +-pi/4. There, polynomials
 * with the smallest largest error (Remez exchange in 60 digits), summed as in Sun's fdlibm, 1993,
 * so that only the last addition rounds noticeably.
 */
#ifndef GB_ENVS_TRIG_H
#define GB_ENVS_TRIG_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TRIG_FAR 1e5 /* rad; angles beyond, and those that are no numbers, are left to libm */

/* x with its sign changed if bit 1 of turns is set. */
static inline double trig_sign(double x, uint64_t turns) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits ^= (turns & 2) << 62;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Sine and cosine of an angle up to TRIG_FAR; beyond it, any numbers. */
static inline void trig_near(double angle, double *sine, double *cosine) {
    /* adding 1.5 * 2^52 rounds to a whole number, whose low bits are then those of the sum */
    const double round = 0x1.8p52, shifted = angle * 0x1.45f306dc9c883p-1 + round;
    const double quarters = shifted - round;
    uint64_t turns;
    memcpy(&turns, &shifted, sizeof turns);

    /* pi/2 in parts of 37, 37 and 53 bits: the first two products are exact. r + tail is left. */
    double a = angle - quarters * 0x1.921fb5444p+0, b = quarters * 0x1.68c234c4cp-39;
    double c = a - b, rest = quarters * 0x1.98a2e03707345p-77 - ((a - c) - b);
    double r = c - rest, tail = (c - r) - rest;

    double q = r * r, q2 = q * q, cube = q * r, half = 0.5 * q, one = 1 - half;
    double odd = 0x1.111111110f880p-7 + q * (-0x1.a01a019c1261ap-13 + q * 0x1.71de35786bd70p-19) +
                 q * q2 * (-0x1.ae5e66cdeedd4p-26 + q * 0x1.5d932d3163746p-33);
    double even =
        q * (0x1.555555555554cp-5 + q * (-0x1.6c16c16c15184p-10 + q * 0x1.a01a019cb2666p-16)) +
        q2 * q2 *
            (-0x1.27e4f80a6fec5p-22 + q * (0x1.1ee9ec432e061p-29 - q * 0x1.8faeccc505208p-37));
    double s = r - ((q * (0.5 * tail - cube * odd) - tail) - cube * -0x1.5555555555549p-3);
    double t = one + (((1 - one) - half) + (q * even - r * tail));

    /* an odd number of quarter turns exchanges the two, a half turn changes their signs */
    const bool swap = turns & 1;
    *sine = trig_sign(swap ? t : s, turns);
    *cosine = trig_sign(swap ? s : t, turns + 1);
}

/* Writes the sine and the cosine of angle (rad). */
static inline void sine_cosine(double angle, double *sine, double *cosine) {
    trig_near(angle, sine, cosine);
    if (fabs(angle) <= TRIG_FAR) return;
    *sine = sin(angle);
    *cosine = cos(angle);
}

/* Writes the sines and the cosines of angle (n), each as sine_cosine does. The angles are only
 * read; were they const, gcc would warn of arrays that a loop has filled. */
static inline void sines_cosines(int n, double *restrict angle, double *restrict sine,
                                 double *restrict cosine) {
    int far = 0;
    for (int i = 0; i < n; i++) {
        trig_near(angle[i], &sine[i], &cosine[i]);
        far |= !(fabs(angle[i]) <= TRIG_FAR);
    }
    for (int i = 0; far && i < n; i++) sine_cosine(angle[i], &sine[i], &cosine[i]);
}

#endif
