#include "la.h"

#include <omp.h>
#include <stdio.h>
#include <time.h>

#ifndef GB_LA_PLAIN
#include <oneapi/dnnl/dnnl.h>
#endif

void gb_la_gemm_plain(bool transpose_a, bool transpose_b, int m, int n, int k, const gb_real *a,
                      int lda, const gb_real *b, int ldb, gb_real beta, gb_real *c, int ldc) {
    for (int i = 0; i < m; i++) {
        gb_real *row = c + (size_t)i * ldc;
        for (int j = 0; j < n; j++) row[j] = beta == 0 ? 0 : beta * row[j];
        if (transpose_b) {
            for (int j = 0; j < n; j++) {
                gb_real sum = 0;
                for (int l = 0; l < k; l++)
                    sum += (transpose_a ? a[(size_t)l * lda + i] : a[(size_t)i * lda + l]) *
                           b[(size_t)j * ldb + l];
                row[j] += sum;
            }
            continue;
        }
        for (int l = 0; l < k; l++) {
            gb_real x = transpose_a ? a[(size_t)l * lda + i] : a[(size_t)i * lda + l];
            for (int j = 0; j < n; j++) row[j] += x * b[(size_t)l * ldb + j];
        }
    }
}

#ifdef GB_LA_PLAIN

void gb_la_init(void) {}

void gb_la_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, const gb_real *a, int lda,
                const gb_real *b, int ldb, gb_real beta, gb_real *c, int ldc) {
    gb_la_gemm_plain(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

const char *gb_la_name(void) {
    return "plain C";
}

#else

/* oneDNN takes its thread count from OpenMP; our own regions name theirs. */
void gb_la_init(void) {
    omp_set_num_threads(1);
}

void gb_la_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, const gb_real *a, int lda,
                const gb_real *b, int ldb, gb_real beta, gb_real *c, int ldc) {
    dnnl_status_t status = dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1,
                                      a, lda, b, ldb, beta, c, ldc);
    GB_ASSERT(status == dnnl_success);
}

const char *gb_la_name(void) {
    static char name[48];
    const dnnl_version_t *v = dnnl_version();
    snprintf(name, sizeof name, "oneDNN %d.%d.%d dnnl_sgemm", v->major, v->minor, v->patch);
    return name;
}

#endif

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One vector of the widest kind that the build may use, as the compiler sees it. */
#if defined(__AVX512F__)
#define PEAK_WIDTH 16
#elif defined(__AVX__)
#define PEAK_WIDTH 8
#else
#define PEAK_WIDTH 4
#endif
typedef float peak_vector __attribute__((vector_size(4 * PEAK_WIDTH)));

enum { PEAK_CHAINS = 12 }; /* enough to hide the latency of two units */

double gb_la_peak_gflops(void) {
    double best = 0;
    for (int try = 0; try < 9; try++) {
        peak_vector x[PEAK_CHAINS], scale, shift;
        for (int i = 0; i < PEAK_WIDTH; i++) scale[i] = 0.999f, shift[i] = 1e-3f;
        for (int c = 0; c < PEAK_CHAINS; c++) x[c] = shift * (float)c;
        const long rounds = 1 << 19;
        double start = seconds();
        for (long r = 0; r < rounds; r++) {
#pragma GCC unroll 12
            for (int c = 0; c < PEAK_CHAINS; c++) x[c] = x[c] * scale + shift;
            __asm__ volatile("" ::: "memory");
        }
        double took = seconds() - start;
        volatile float keep = 0; /* the chains must not be optimised away */
        for (int c = 0; c < PEAK_CHAINS; c++) keep = keep + x[c][0];
        double gflops = 2.0 * PEAK_WIDTH * PEAK_CHAINS * (double)rounds / took * 1e-9;
        if (gflops > best) best = gflops;
    }
    return best;
}
