#include "vmath.h"

#include "vector.h"

#include <string.h>
#include <tgmath.h>

#ifdef GB_REAL_DOUBLE

#define EACH(formula)                                                                              \
    for (size_t i = 0; i < n; i++) y[i] = formula

void gb_exp(gb_real *y, const gb_real *x, size_t n) {
    EACH(exp(x[i]));
}

void gb_log(gb_real *y, const gb_real *x, size_t n) {
    EACH(log(x[i]));
}

void gb_tanh(gb_real *y, const gb_real *x, size_t n) {
    EACH(tanh(x[i]));
}

void gb_sigmoid(gb_real *y, const gb_real *x, size_t n) {
    EACH(1 / (1 + exp(-x[i])));
}

void gb_softplus(gb_real *y, const gb_real *x, size_t n) {
    EACH((x[i] < 0 ? 0 : x[i]) + log1p(exp(-fabs(x[i])))); /* NaN stays NaN */
}

void gb_normal_pairs(gb_real *x, const uint32_t *word, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double u = (word[2 * i] + 0.5) * 0x1p-32; /* + 0.5 keeps the logarithm finite */
        double angle = 6.283185307179586476925 * (word[2 * i + 1] * 0x1p-32);
        double radius = sqrt(-2 * log(u));
        x[2 * i] = radius * cos(angle);
        x[2 * i + 1] = radius * sin(angle);
    }
}

#else

typedef gb_vector vector;
typedef gb_vector_bits bits;
/* The same as words without sign, whose sums and shifts wrap around: NaN and numbers that a result
 * is not taken from go through them, too. */
typedef uint32_t words __attribute__((vector_size(GB_VECTOR_BYTES)));

static const float log2_high = 0.693359375f, log2_low = -2.12194440e-4f; /* the first: few bits */

/* The number in all lanes. */
static inline vector all(float x) {
    return (vector){0} + x;
}

static inline vector absolute(vector x) {
    return (vector)((bits)x & 0x7fffffff);
}

/* Rounds |x| < 2^22 to whole numbers: beyond 1.5 2^23 there are no others. *whole gets them as
 * integers. */
static inline vector nearest(vector x, bits *whole) {
    const float shift = 0x1.8p23f;
    vector shifted = x + shift;
    *whole = (bits)((words)shifted - (words)all(shift));
    return shifted - shift;
}

/* 2^k for -126 <= k <= 127. */
static inline vector power_of_2(bits k) {
    return (vector)(((words)k + 127) << 23);
}

/* exp(x) = 2^k (1 + q): k log 2 is the nearest to x, q = exp(r) - 1 for the rest r. -104 <= x <= 89
 * or NaN. The polynomial interpolates (exp(r) - 1 - r) / r^2 at Chebyshev's nodes. */
static inline vector split_exp(vector x, bits *k) {
    vector whole = nearest(x * 1.44269504088896341f, k);
    vector r = x - whole * log2_high - whole * log2_low;
    vector p = all(0.00139269266f);
    p = p * r + 0.00836377387f;
    p = p * r + 0.0416665501f;
    p = p * r + 0.166665734f;
    p = p * r + 0.5f;
    return p * (r * r) + r;
}

/* In two steps, for subnormal results and infinity. */
static inline vector vector_exp(vector x) {
    bits k;
    x = gb_vector_select(x < -104, all(-104), x);
    x = gb_vector_select(x > 89, all(89), x);
    vector q = split_exp(x, &k);
    bits half = k >> 1;
    return (q + 1) * power_of_2(half) * power_of_2(k - half);
}

/* log(1 + f) + k log 2 for sqrt(1/2) <= 1 + f <= sqrt(2): the polynomial interpolates (log(1 + f) -
 * f + f^2 / 2) / f^3 at Chebyshev's nodes; small parts are summed first. */
static inline vector log_sum(vector f, vector k) {
    vector z = f * f;
    vector p = all(0.0697161147f);
    p = p * f + -0.114797338f;
    p = p * f + 0.116854199f;
    p = p * f + -0.124256873f;
    p = p * f + 0.142490576f;
    p = p * f + -0.166678023f;
    p = p * f + 0.200007157f;
    p = p * f + -0.24999997f;
    p = p * f + 0.333333312f;
    return f + (p * f * z + k * log2_low - z * 0.5f) + k * log2_high;
}

/* x = 2^k (1 + f). */
static inline vector vector_log(vector x) {
    bits small = x < 0x1p-126f; /* subnormal */
    vector scaled = gb_vector_select(small, x * 0x1p23f, x);
    /* the exponent changes at sqrt(1/2), whose bits are these */
    bits above = (bits)((words)scaled - 0x3f3504f3);
    bits k = above >> 23;
    vector f = (vector)((words)scaled - ((words)k << 23)) - 1;
    k -= small & 23;
    vector y = log_sum(f, __builtin_convertvector(k, vector));
    y = gb_vector_select(x > 0, y, all(NAN));
    y = gb_vector_select(x == 0, all(-INFINITY), y);
    return gb_vector_select((x < INFINITY) | (x != x), y, x);
}

/* With e = exp(2 |x|) - 1 = 2^k - 1 + 2^k q: e / (e + 2), exact to the last place or two for small
 * x too, where k is 0. */
static inline vector vector_tanh(vector x) {
    bits k;
    vector twice = absolute(x) * 2;
    twice = gb_vector_select(twice > 20, all(20), twice);
    vector q = split_exp(twice, &k), scale = power_of_2(k);
    vector e = scale - 1 + scale * q;
    return (vector)((bits)(e / (e + 2)) | ((bits)x & ~0x7fffffff));
}

static inline vector vector_sigmoid(vector x) {
    vector e = vector_exp(-absolute(x));
    return gb_vector_select(x < 0, e, all(1)) / (1 + e);
}

/* max(x, 0) + log(1 + e), e = exp(-|x|) <= 1. */
static inline vector vector_softplus(vector x) {
    vector e = vector_exp(-absolute(x));
    bits upper = e > 0.4142f;
    vector f = gb_vector_select(upper, e * 0.5f - 0.5f, e);
    return gb_vector_select(x < 0, all(0), x) + log_sum(f, gb_vector_select(upper, all(1), all(0)));
}

/* Whole vectors; the rest goes through the same code in one more. */
#define DEFINE(name)                                                                               \
    void gb_##name(gb_real *y, const gb_real *x, size_t n) {                                       \
        size_t i = 0;                                                                              \
        for (; i + GB_LANES <= n; i += GB_LANES)                                                   \
            gb_vector_store(y + i, vector_##name(gb_vector_load(x + i)));                          \
        if (i == n) return;                                                                        \
        gb_real rest[GB_LANES] = {0};                                                              \
        memcpy(rest, x + i, (n - i) * sizeof *rest);                                               \
        gb_vector_store(rest, vector_##name(gb_vector_load(rest)));                                \
        memcpy(y + i, rest, (n - i) * sizeof *rest);                                               \
    }
DEFINE(exp)
DEFINE(log)
DEFINE(tanh)
DEFINE(sigmoid)
DEFINE(softplus)

/* --- normal numbers ---------------------------------------------------------------------------*/

/* Cosine and sine of 2 pi t for |t| <= 1/2: quarter turns q, and polynomials in the square of the
 * rest, |r| <= 1/8. */
static inline void turn(vector t, vector *cosine, vector *sine) {
    bits q;
    vector r = t - nearest(t * 4, &q) * 0.25f, z = r * r;
    vector s = all(-75.3886716f);
    s = s * z + 81.5922888f;
    s = s * z + -41.3416614f;
    s = s * z + 6.28318529f;
    vector c = all(59.4159538f);
    c = c * z + -85.44866f;
    c = c * z + 64.9393683f;
    c = c * z + -19.7392088f;
    s *= r;
    c = c * z + 1;
    bits swap = -(q & 1); /* all bits, or none */
    words minus_cosine = (((words)q + 1) & 2) << 30, minus_sine = ((words)q & 2) << 30;
    *cosine = (vector)((words)gb_vector_select(swap, s, c) ^ minus_cosine);
    *sine = (vector)((words)gb_vector_select(swap, c, s) ^ minus_sine);
}

enum { PAIRS = 64 };

/* The radius from the upper 31 bits of the first word, as (word + 1/2) 2^-31, which is never 0; the
 * angle from the second as a signed number of turns. */
void gb_normal_pairs(gb_real *x, const uint32_t *word, size_t n) {
    gb_real u[PAIRS], t[PAIRS], cosine[PAIRS], sine[PAIRS];
    for (size_t at = 0; at < n; at += PAIRS, x += 2 * PAIRS, word += 2 * PAIRS) {
        size_t some = n - at < PAIRS ? n - at : PAIRS;
        for (size_t i = 0; i < some; i++) {
            u[i] = ((float)(int32_t)(word[2 * i] >> 1) + 0.5f) * 0x1p-31f;
            t[i] = (float)(int32_t)word[2 * i + 1] * 0x1p-32f;
        }
        for (size_t i = some; i < PAIRS && i % GB_LANES; i++) u[i] = t[i] = 0.5f;
        for (size_t i = 0; i < some; i += GB_LANES) {
            vector c, s;
            turn(gb_vector_load(t + i), &c, &s);
            gb_vector_store(cosine + i, c), gb_vector_store(sine + i, s);
            gb_vector_store(u + i, -2 * vector_log(gb_vector_load(u + i)));
        }
        for (size_t i = 0; i < some; i++) {
            float radius = sqrtf(u[i]);
            x[2 * i] = radius * cosine[i];
            x[2 * i + 1] = radius * sine[i];
        }
    }
}

#endif
