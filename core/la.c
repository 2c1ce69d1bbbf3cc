#include "la.h"

#include "la_kernel.h"

#include <string.h>

/* --- plain C
 * ------------------------------------------------------------------------------------*/

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

static gb_real finished(gb_real x, gb_la_finish finish, gb_real was) {
    switch (finish) {
    case GB_LA_RELU:
        return x < 0 ? 0 : x;
    case GB_LA_BACK_RELU:
        return was > 0 ? x : 0;
    case GB_LA_BACK_TANH:
        return x * (1 - was * was);
    default:
        return x;
    }
}

static void linear_plain(int n, int in, int out, const gb_real *x, const gb_real *w,
                         const gb_real *bias, gb_la_finish finish, gb_real *y) {
    gb_la_gemm_plain(false, false, n, out, in, x, in, w, out, 0, y, out);
    for (int i = 0; i < n; i++, y += out)
        for (int j = 0; j < out; j++) y[j] = finished(y[j] + bias[j], finish, 0);
}

static void back_plain(int n, int in, int out, const gb_real *dy, const gb_real *w, int from,
                       int cols, gb_la_finish finish, const gb_real *was, const int *rows,
                       gb_real *dx, int ldx) {
    gb_la_gemm_plain(false, true, n, cols, out, dy, out, w + (size_t)from * (size_t)out, out, 0, dx,
                     ldx);
    if (finish == GB_LA_STORE) return;
    for (int i = 0; i < n; i++, dx += ldx) {
        const gb_real *at = was + (size_t)(rows ? rows[i] : i) * (size_t)in + from;
        for (int j = 0; j < cols; j++) dx[j] = finished(dx[j], finish, at[j]);
    }
}

static void gradient_plain(int n, int in, int out, const gb_real *x, const gb_real *dy, int from,
                           int rows, gb_real *dw, gb_real *dbias) {
    gb_la_gemm_plain(true, false, rows, out, n, x + from, in, dy, out, 0, dw, out);
    if (!dbias) return;
    memset(dbias, 0, (size_t)out * sizeof *dbias);
    for (int i = 0; i < n; i++, dy += out)
        for (int j = 0; j < out; j++) dbias[j] += dy[j];
}

/* --- choice of kernels
 * --------------------------------------------------------------------------*/

#ifdef GB_LA_PLAIN

bool gb_la_use(const char *name) {
    return !name || !strcmp(name, "plain");
}

const char *gb_la_name(void) {
    return "plain";
}

void gb_la_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, const gb_real *a, int lda,
                const gb_real *b, int ldb, gb_real beta, gb_real *c, int ldc) {
    gb_la_gemm_plain(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, beta, c, ldc);
}

void gb_la_linear(int n, int in, int out, const gb_real *x, const gb_real *w, const gb_real *bias,
                  gb_la_finish finish, gb_real *y) {
    linear_plain(n, in, out, x, w, bias, finish, y);
}

void gb_la_linear_back(int n, int in, int out, const gb_real *dy, const gb_real *w, int from,
                       int cols, gb_la_finish finish, const gb_real *was, const int *rows,
                       gb_real *dx, int ldx) {
    back_plain(n, in, out, dy, w, from, cols, finish, was, rows, dx, ldx);
}

void gb_la_linear_gradient(int n, int in, int out, const gb_real *x, const gb_real *dy, int from,
                           int rows, gb_real *dw, gb_real *dbias) {
    gradient_plain(n, in, out, x, dy, from, rows, dw, dbias);
}

enum { CHAINS = 12 };

static float spin(long rounds, double *flops) {
    float x[CHAINS], sum = 0;
    for (int c = 0; c < CHAINS; c++) x[c] = 1e-3f * (float)c;
    for (long r = 0; r < rounds; r++)
        for (int c = 0; c < CHAINS; c++) x[c] = x[c] * 0.999f + 1e-3f;
    for (int c = 0; c < CHAINS; c++) sum += x[c];
    *flops = 2.0 * CHAINS * (double)rounds;
    return sum;
}

#else

/* NULL stands for plain C. Threads may choose side by side: all choose the same, and see `chosen`
 * only behind `kernels`. */
static const gb_la_kernels *_Atomic kernels;
static _Atomic bool chosen;

static const gb_la_kernels *find(const char *name) {
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        (!name || !strcmp(name, "avx512")))
        return &gb_la_kernels_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        (!name || !strcmp(name, "avx2")))
        return &gb_la_kernels_avx2;
#endif
    return !name || !strcmp(name, "any") ? &gb_la_kernels_any : NULL;
}

bool gb_la_use(const char *name) {
    const gb_la_kernels *found = find(name);
    if (!found && name && strcmp(name, "plain")) return false;
    kernels = found;
    chosen = true;
    return true;
}

const char *gb_la_name(void) {
    if (!chosen) gb_la_use(NULL);
    const gb_la_kernels *in_use = kernels;
    return in_use ? in_use->name : "plain";
}

static bool fast(void) {
    if (!chosen) gb_la_use(NULL);
    return kernels != NULL;
}

void gb_la_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, const gb_real *a, int lda,
                const gb_real *b, int ldb, gb_real beta, gb_real *c, int ldc) {
    if (!fast()) {
        gb_la_gemm_plain(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    kernels->product(&(gb_la_product){.m = m,
                                      .n = n,
                                      .k = k,
                                      .a = a,
                                      .a_row = transpose_a ? 1 : lda,
                                      .a_col = transpose_a ? lda : 1,
                                      .b = b,
                                      .ldb = ldb,
                                      .b_transposed = transpose_b,
                                      .beta = beta,
                                      .c = c,
                                      .ldc = ldc});
}

void gb_la_linear(int n, int in, int out, const gb_real *x, const gb_real *w, const gb_real *bias,
                  gb_la_finish finish, gb_real *y) {
    if (!fast()) {
        linear_plain(n, in, out, x, w, bias, finish, y);
        return;
    }
    kernels->product(&(gb_la_product){.m = n,
                                      .n = out,
                                      .k = in,
                                      .a = x,
                                      .a_row = in,
                                      .a_col = 1,
                                      .b = w,
                                      .ldb = out,
                                      .bias = bias,
                                      .finish = finish,
                                      .c = y,
                                      .ldc = out});
}

void gb_la_linear_back(int n, int in, int out, const gb_real *dy, const gb_real *w, int from,
                       int cols, gb_la_finish finish, const gb_real *was, const int *rows,
                       gb_real *dx, int ldx) {
    if (!fast()) {
        back_plain(n, in, out, dy, w, from, cols, finish, was, rows, dx, ldx);
        return;
    }
    kernels->product(&(gb_la_product){.m = n,
                                      .n = cols,
                                      .k = out,
                                      .a = dy,
                                      .a_row = out,
                                      .a_col = 1,
                                      .b = w + (size_t)from * (size_t)out,
                                      .ldb = out,
                                      .b_transposed = true,
                                      .finish = finish,
                                      .y = was ? was + from : NULL,
                                      .ldy = in,
                                      .y_rows = rows,
                                      .c = dx,
                                      .ldc = ldx});
}

void gb_la_linear_gradient(int n, int in, int out, const gb_real *x, const gb_real *dy, int from,
                           int rows, gb_real *dw, gb_real *dbias) {
    if (!fast()) {
        gradient_plain(n, in, out, x, dy, from, rows, dw, dbias);
        return;
    }
    gb_la_gemm(true, false, rows, out, n, x + from, in, dy, out, 0, dw, out);
    if (dbias) kernels->sum_rows(n, out, dy, out, dbias);
}

static float spin(long rounds, double *flops) {
    return (fast() ? kernels : &gb_la_kernels_any)->spin(rounds, flops);
}

#endif

/* --- peak
 * ---------------------------------------------------------------------------------------*/

double gb_la_peak_gflops(void) {
    double best = 0;
    for (int try = 0; try < 9; try++) {
        double flops, start = gb_seconds();
        volatile float keep = spin(1 << 19, &flops); /* the chains must not be optimised away */
        (void)keep;
        double gflops = flops / (gb_seconds() - start) * 1e-9;
        if (gflops > best) best = gflops;
    }
    return best;
}
