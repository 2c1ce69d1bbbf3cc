/* la_unit.h - vectors of the unit that la_kernel.c is compiled for, and what it needs to do with
 * them. Only la_tile.h and la_kernel.c include this.
 */
#ifndef GB_CORE_LA_UNIT_H
#define GB_CORE_LA_UNIT_H

#include <stddef.h>
#if defined(__AVX512F__) || defined(__FMA__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/* WIDTH: numbers of a vector; ROWS: rows of the highest tile whose sums stay in registers. */
#if defined(__AVX512F__)
enum { WIDTH = 16, ROWS = 14 };
typedef __m512 vec;
typedef __mmask16 mask;
INLINE mask mask_of(int count) {
    return (mask)((1u << count) - 1);
}
INLINE vec load_part(const float *x, mask m) {
    return _mm512_maskz_loadu_ps(m, x);
}
INLINE void store_part(float *x, vec v, mask m) {
    _mm512_mask_storeu_ps(x, m, v);
}
INLINE vec load(const float *x) {
    return _mm512_loadu_ps(x);
}
INLINE void store(float *x, vec v) {
    _mm512_storeu_ps(x, v);
}
INLINE vec relu(vec x) { /* of two numbers max takes the second if one is NaN */
    return _mm512_max_ps(_mm512_setzero_ps(), x);
}
INLINE vec where_positive(vec x, vec y) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_GT_OQ), x);
}
#else
#if defined(__AVX__)
enum { WIDTH = 8, ROWS = 6 };
#else
enum { WIDTH = 4, ROWS = 6 };
#endif
typedef float vec __attribute__((vector_size(4 * WIDTH)));
typedef int ints __attribute__((vector_size(4 * WIDTH)));
typedef float loose_vec __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
typedef int mask; /* numbers that count */
INLINE mask mask_of(int count) {
    return count;
}
INLINE vec load(const float *x) {
    return *(const loose_vec *)x;
}
INLINE void store(float *x, vec v) {
    *(loose_vec *)x = v;
}
INLINE vec load_part(const float *x, mask count) {
    if (count == WIDTH) return load(x);
    vec v = {0};
    for (int i = 0; i < count; i++) v[i] = x[i];
    return v;
}
INLINE void store_part(float *x, vec v, mask count) {
    if (count == WIDTH)
        store(x, v);
    else
        for (int i = 0; i < count; i++) x[i] = v[i];
}
INLINE vec relu(vec x) { /* NaN stays NaN */
    return (vec)((ints)x & ~(x < 0));
}
INLINE vec where_positive(vec x, vec y) {
    return (vec)((ints)x & (y > 0));
}
#endif

typedef float four __attribute__((vector_size(16)));
typedef float loose_four __attribute__((vector_size(16), aligned(4), may_alias));

/* Numbers 4 quad.. of a vector. */
INLINE four four_of(vec v, const int quad) {
    union {
        vec whole;
        four part[WIDTH / 4];
    } u = {v};
    return u.part[quad];
}

INLINE vec all(float x) {
    return x - (vec){0};
}

/* x y + z, rounded once where the unit can: not left to the compiler, which may choose otherwise in
 * another tile. */
INLINE vec multiply_add(vec x, vec y, vec z) {
#if defined(__AVX512F__)
    return _mm512_fmadd_ps(x, y, z);
#elif defined(__FMA__)
    return (vec)_mm256_fmadd_ps((__m256)x, (__m256)y, (__m256)z);
#else
    return x * y + z;
#endif
}

#endif
