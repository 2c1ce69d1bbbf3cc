/* softmax.h - softmax policies of many states at once: what a soft sweep spends its time on.
 *
 * Many rows go side by side through exponential and logarithm, which are polynomials here, so that
 * a compiler makes vector instructions of them. A row's numbers do not depend on its neighbours or
 * on where it stands: any split of the rows gives the same bits.
 *
 * Error: each exponential is within 4e-16 of its value, relatively (below exp(-708) it stays there,
 * where it counts for nothing beside the 1 of the largest), the logarithm of their sum within 4e-16
 * of max(1, its value). With the rounding of gaps and sum, value is within 2e-16 of itself plus
 * T (1.2e-16 n + 8e-16 (1 + log n)) of the truth: what libm's functions would make of it too.
 */
#ifndef GB_CORE_SOFTMAX_H
#define GB_CORE_SOFTMAX_H

#include "base.h"

#define GB_SOFTMAX_MAX 64 /* entries of a row: a block of rows stays in the nearest cache */

/* For each of `rows` rows q (rows, n), 1 <= n <= GB_SOFTMAX_MAX, writes T log sum_a exp(q_a / T) to
 * value (rows) and (q - value) / T, the log of the softmax, to log_policy (rows, n); T is the
 * temperature, at least DBL_MIN. Log-probabilities end at -DBL_MAX. Either may be NULL; neither may
 * overlap q. Returns false, and what was written is of no use, if a q is not finite. */
bool gb_softmax_rows(double temperature, int rows, int n, const double *q, double *value,
                     double *log_policy);

#endif
