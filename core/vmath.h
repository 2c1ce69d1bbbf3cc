/* vmath.h - elementary functions of whole arrays, several numbers at a time.
 *
 * y (n) may be x (n) itself. A number's value depends on that number only, not on its place, on n
 * or on what stands beside it. NaN stays NaN. In single precision the errors below are bounds that
 * the tests hold all functions to, in units in the last place of the exact value, subnormal results
 * included; double builds call the C library.
 */
#ifndef GB_CORE_VMATH_H
#define GB_CORE_VMATH_H

#include "base.h"

/* exp(x): 1.1 ulp. */
void gb_exp(gb_real *y, const gb_real *x, size_t n);

/* log(x): 0.9 ulp; -inf of 0, NaN of negative numbers. */
void gb_log(gb_real *y, const gb_real *x, size_t n);

/* tanh(x): 2.5 ulp; never beyond -1 and 1. */
void gb_tanh(gb_real *y, const gb_real *x, size_t n);

/* 1 / (1 + exp(-x)): 2.5 ulp; never beyond 0 and 1. */
void gb_sigmoid(gb_real *y, const gb_real *x, size_t n);

/* log(1 + exp(x)): 2 ulp, without overflow. */
void gb_softplus(gb_real *y, const gb_real *x, size_t n);

/* n pairs of standard normal numbers from n pairs of words of 32 random bits (Box and Muller 1958):
 * the radius from the first word, at most 6.7, the angle from the second. x may not be word. */
void gb_normal_pairs(gb_real *x, const uint32_t *word, size_t n);

#endif
