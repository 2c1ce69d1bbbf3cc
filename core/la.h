/* la.h - dense matrix products; la.c is the only file that names the matrix library.
 *
 * Matrices are row-major; ld is the distance between rows in numbers. Every call runs on the
 * calling thread only, so that the numbers do not depend on how many threads a run may use.
 */
#ifndef GB_CORE_LA_H
#define GB_CORE_LA_H

#include "base.h"

/* c (m, n) = beta c + op(a) op(b), where op(a) is (m, k) and op(b) is (k, n). transpose_a: a is
 * stored (k, m); transpose_b: b is stored (n, k). With beta 0, c may hold anything. */
void gb_la_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, const gb_real *a, int lda,
                const gb_real *b, int ldb, gb_real beta, gb_real *c, int ldc);

/* The same in plain C, whatever library the build uses: what tests compare with. */
void gb_la_gemm_plain(bool transpose_a, bool transpose_b, int m, int n, int k, const gb_real *a,
                      int lda, const gb_real *b, int ldb, gb_real beta, gb_real *c, int ldc);

/* Keeps the library from starting threads of its own under ours. Call once, first thing. */
void gb_la_init(void);

/* Names the kernels in use: "oneDNN 2.6.3 dnnl_sgemm" or "plain C". */
const char *gb_la_name(void);

/* Measures this core's multiply-add peak in single precision, in GFLOP/s: independent chains of
 * fused multiply-adds in registers, best of several tries of about 10 ms. */
double gb_la_peak_gflops(void);

#endif
