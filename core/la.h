/* la.h - dense matrix products, and what layers do with them.
 *
 * Matrices are row-major; ld is the distance between rows in numbers. Every call runs on the
 * calling thread only, and row i of a product depends on row i of its left operand only, to the
 * last bit: so a caller may split rows among calls and threads as it likes (where the right operand
 * is transposed, into calls of 16 rows and more).
 *
 * The kernels (la_kernel.c) are compiled for AVX-512, for AVX2 and for what the build's
 * architecture has; the best that the processor knows is used. Builds with LA=plain, and those in
 * double precision, have the plain loops alone.
 */
#ifndef GB_CORE_LA_H
#define GB_CORE_LA_H

#include "base.h"

/* c (m, n) = beta c + op(a) op(b), where op(a) is (m, k) and op(b) is (k, n). transpose_a: a is
 * stored (k, m); transpose_b: b is stored (n, k). With beta 0, c may hold anything. */
void gb_la_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, const gb_real *a, int lda,
                const gb_real *b, int ldb, gb_real beta, gb_real *c, int ldc);

/* The same in plain C, whatever the build uses: what tests compare with. */
void gb_la_gemm_plain(bool transpose_a, bool transpose_b, int m, int n, int k, const gb_real *a,
                      int lda, const gb_real *b, int ldb, gb_real beta, gb_real *c, int ldc);

/* --- a linear layer: its products, with what comes before and after them in the same pass --------
 * x (n, in), w (in, out), y and dy (n, out), all without gaps between rows. */

typedef enum gb_la_finish {
    GB_LA_STORE = 0, /* nothing */
    GB_LA_RELU,      /* max(x, 0); NaN stays NaN */
    GB_LA_BACK_RELU, /* x where the output was positive, 0 elsewhere */
    GB_LA_BACK_TANH  /* x (1 - output^2) */
} gb_la_finish;

/* y = finish(x w + bias). */
void gb_la_linear(int n, int in, int out, const gb_real *x, const gb_real *w, const gb_real *bias,
                  gb_la_finish finish, gb_real *y);

/* dx (n, cols) = finish(dy w^T), columns from..from+cols-1 of the input only. The derivatives look
 * at was, the output of the activation that x came out of: at its row rows[i] for row i of dy, or
 * at row i if rows is NULL. Rows of dx are ldx numbers apart. Columns may be split among calls and
 * threads, 16 and more in each, without changing a bit. */
void gb_la_linear_back(int n, int in, int out, const gb_real *dy, const gb_real *w, int from,
                       int cols, gb_la_finish finish, const gb_real *was, const int *rows,
                       gb_real *dx, int ldx);

/* Rows from..from+rows-1 of x^T dy (in, out) to dw (rows, out) and, unless it is NULL, the sum of
 * the rows of dy to dbias (out). However rows of dw are split among calls, they are the same. */
void gb_la_linear_gradient(int n, int in, int out, const gb_real *x, const gb_real *dy, int from,
                           int rows, gb_real *dw, gb_real *dbias);

/* --- which kernels, how fast
 * --------------------------------------------------------------------*/

/* Names the kernels in use: "avx512", "avx2", "any" or "plain". */
const char *gb_la_name(void);

/* Uses the kernels of that name from now on, the best for NULL; false if the processor or the build
 * has none of that name. For tests: not while other threads compute. */
bool gb_la_use(const char *name);

/* Measures this core's multiply-add peak in single precision, in GFLOP/s, in the widest vectors
 * that the kernels may use: independent chains of fused multiply-adds in registers, best of several
 * tries of about 10 ms. */
double gb_la_peak_gflops(void);

#endif
