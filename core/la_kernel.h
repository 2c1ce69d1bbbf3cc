/* la_kernel.h - between la.c and the kernels: what a product is, and what a set of kernels offers.
 *
 * la_kernel.c is compiled once for each kind of vector unit; la.c asks the processor which of them
 * to use. Only la.c, la_kernel.c and la_tile.h include this.
 */
#ifndef GB_CORE_LA_KERNEL_H
#define GB_CORE_LA_KERNEL_H

#include "base.h"
#include "la.h"

/* c (m, n) = finish(beta c + bias + a b). Element (i, l) of a is a[i * a_row + l * a_col], one of
 * the two steps being 1; b is stored (k, n), or (n, k) if b_transposed. */
typedef struct gb_la_product {
    int m, n, k;
    const float *a;
    ptrdiff_t a_row, a_col;
    const float *b;
    ptrdiff_t ldb;
    bool b_transposed;
    float beta;
    const float *bias; /* (n) or NULL; not with beta */
    bool goes_on;      /* the sums begin with what c holds, not with the bias */
    int finish;        /* a gb_la_finish */
    const float *y;    /* what the derivatives look at: row y_rows[i], or i if that is NULL */
    ptrdiff_t ldy;
    const int *y_rows; /* (m) */
    float *c;
    ptrdiff_t ldc;
} gb_la_product;

typedef struct gb_la_kernels {
    const char *name;
    void (*product)(const gb_la_product *p);
    /* sum (n) of the m rows of x */
    void (*sum_rows)(int m, int n, const float *x, int ldx, float *sum);
    /* Runs rounds of multiply-adds in registers; *flops is how many operations that was. Returns a
     * number that depends on all of them. */
    float (*spin)(long rounds, double *flops);
} gb_la_kernels;

extern const gb_la_kernels gb_la_kernels_any; /* what the build's architecture has */
#ifdef __x86_64__
extern const gb_la_kernels gb_la_kernels_avx2, gb_la_kernels_avx512;
#endif

#endif
