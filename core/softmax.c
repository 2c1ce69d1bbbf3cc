/* softmax.c - softmax of many rows. All loops over LANES are of that fixed length and without
 * branches. Multiply-adds are said outright where the machine has them: a compiler that may choose
 * could choose otherwise for a vector than for what is left over. */
#include "softmax.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LANES  32
#define INLINE static inline __attribute__((always_inline))

INLINE double multiply_add(double a, double b, double c) {
#ifdef __FMA__
    return fma(a, b, c);
#else
    return a * b + c;
#endif
}

INLINE uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE double from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Added to a small whole number, it has that in the lowest bits. */
#define ROUNDER  0x1.8p52
#define LN2_HIGH 0x1.62e42feep-1       /* with room for 11 bits of a factor; */
#define LN2_LOW  0x1.a39ef35793c76p-33 /* the rest of log 2 */

/* y r + c twice, as Horner's scheme goes. Written out, since a loop in here keeps GCC from making
 * vectors of the loop around it. */
INLINE double horner(double y, double r, double c1, double c0) {
    return multiply_add(multiply_add(y, r, c1), r, c0);
}

/* exp(x) for x <= 0, but exp(-708) below that: 2^k exp(r) with |r| <= log(2) / 2, and the series
 * of exp(r) up to where r^14 / 14! is below 5e-18. */
INLINE double exp_of(double x) {
    const double bounded = x > -708 ? x : -708;
    const double shifted = multiply_add(bounded, 0x1.71547652b82fep0, ROUNDER);
    const double k = shifted - ROUNDER;
    const double r = multiply_add(k, -LN2_LOW, multiply_add(k, -LN2_HIGH, bounded));
    double y = multiply_add(1.0 / 6227020800, r, 1.0 / 479001600);
    y = horner(y, r, 1.0 / 39916800, 1.0 / 3628800);
    y = horner(y, r, 1.0 / 362880, 1.0 / 40320);
    y = horner(y, r, 1.0 / 5040, 1.0 / 720);
    y = horner(y, r, 1.0 / 120, 1.0 / 24);
    y = horner(y, r, 1.0 / 6, 1.0 / 2);
    y = multiply_add(y, r * r, r) + 1;
    return from_bits(bits_of(y) + (bits_of(shifted) << 52));
}

/* log(x) for x >= 1: k log 2 + log m with m in [sqrt(1/2), sqrt(2)), and the series of
 * log m = 2 artanh z, z = (m - 1) / (m + 1), up to where its next term is below 1e-18. */
INLINE double log_of(double x) {
    const uint64_t root = 0x3fe6a09e667f3bcd; /* the bits of sqrt(1/2) */
    const uint64_t up = (bits_of(x) - root) >> 52;
    const double m = from_bits(bits_of(x) - (up << 52));
    const double k = from_bits(bits_of(ROUNDER) + up) - ROUNDER;
    const double z = (m - 1) / (m + 1), z2 = z * z;
    double y = horner(2.0 / 23, z2, 2.0 / 21, 2.0 / 19);
    y = horner(y, z2, 2.0 / 17, 2.0 / 15);
    y = horner(y, z2, 2.0 / 13, 2.0 / 11);
    y = horner(y, z2, 2.0 / 9, 2.0 / 7);
    y = horner(y, z2, 2.0 / 5, 2.0 / 3);
    return multiply_add(k, LN2_HIGH, multiply_add(y * z2, z, 2 * z) + k * LN2_LOW);
}

/* One entry of each of LANES rows. */
typedef struct column {
    double lane[LANES];
} column;

/* Turns gaps into log-probabilities, value into T log sum exp; best holds the largest q. */
INLINE void log_softmax(double temperature, int n, column *gap, const column *best, column *value) {
    column sum = {{0}};
    for (int a = 0; a < n; a++)
        for (int i = 0; i < LANES; i++) sum.lane[i] += exp_of(gap[a].lane[i]);
    for (int i = 0; i < LANES; i++) sum.lane[i] = log_of(sum.lane[i]);
    for (int a = 0; a < n; a++)
        for (int i = 0; i < LANES; i++) gap[a].lane[i] -= sum.lane[i];
    for (int i = 0; i < LANES; i++)
        value->lane[i] = multiply_add(temperature, sum.lane[i], best->lane[i]);
}

/* LANES rows q (LANES, n). The loops over n stand inside where rows are taken apart and put
 * together: known strides become shuffles. */
INLINE bool some_rows(double temperature, int n, const double *restrict q, column *restrict gap,
                      column *restrict value) {
    const double scale = 1 / temperature;
    column best, seen = {{0}};
    double bad = 0;
    for (int i = 0; i < LANES; i++)
        for (int a = 0; a < n; a++) gap[a].lane[i] = q[i * n + a];
    best = gap[0];
    for (int a = 0; a < n; a++)
        for (int i = 0; i < LANES; i++) {
            const double x = gap[a].lane[i];
            best.lane[i] = x > best.lane[i] ? x : best.lane[i];
            seen.lane[i] += x * 0; /* NaN if x is not finite */
        }
    for (int a = 0; a < n; a++)
        for (int i = 0; i < LANES; i++) {
            const double x = (gap[a].lane[i] - best.lane[i]) * scale;
            gap[a].lane[i] = x > -DBL_MAX ? x : -DBL_MAX;
        }
    log_softmax(temperature, n, gap, &best, value);
    for (int i = 0; i < LANES; i++) bad += seen.lane[i];
    return bad == 0;
}

INLINE void put_rows(int n, const column *restrict gap, double *restrict log_policy) {
    for (int i = 0; i < LANES; i++)
        for (int a = 0; a < n; a++) log_policy[i * n + a] = gap[a].lane[i];
}

INLINE bool all_rows(double temperature, int rows, int n, const double *q, double *value,
                     double *log_policy) {
    double padded[LANES * GB_SOFTMAX_MAX];
    column gap[GB_SOFTMAX_MAX], result;
    bool good = true;
    int first = 0;
    for (; first + LANES <= rows; first += LANES) {
        const size_t at = (size_t)first * (size_t)n;
        good &= some_rows(temperature, n, q + at, gap, &result);
        if (value) memcpy(value + first, &result, sizeof result);
        if (log_policy) put_rows(n, gap, log_policy + at);
    }
    if (first == rows) return good;
    const size_t at = (size_t)first * (size_t)n, left = (size_t)(rows - first);
    memset(padded, 0, LANES * (size_t)n * sizeof *padded);
    memcpy(padded, q + at, left * (size_t)n * sizeof *padded);
    good &= some_rows(temperature, n, padded, gap, &result);
    put_rows(n, gap, padded);
    if (value) memcpy(value + first, &result, left * sizeof *value);
    if (log_policy) memcpy(log_policy + at, padded, left * (size_t)n * sizeof *padded);
    return good;
}

/* With a constant number of entries the loops over them are unrolled: those of usual tasks. */
bool gb_softmax_rows(double temperature, int rows, int n, const double *q, double *value,
                     double *log_policy) {
    GB_ASSERT(temperature >= DBL_MIN && n >= 1 && n <= GB_SOFTMAX_MAX);
    switch (n) {
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        return all_rows(temperature, rows, n, q, value, log_policy);
        CASE(2)
        CASE(3)
        CASE(4)
        CASE(5)
        CASE(6)
#undef CASE
    default:
        return all_rows(temperature, rows, n, q, value, log_policy);
    }
}
