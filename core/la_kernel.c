/* la_kernel.c - matrix products in vector registers; compiled once for each vector unit.
 *
 * The target is cut into tiles of ROWS rows by two vectors. All of a tile stays in registers while
 * the loop runs over k: each step loads two vectors of b and multiplies them with ROWS numbers of
 * a, which the processor spreads over a vector as it reads them. 14 x 2 = 28 of the 32 registers of
 * AVX-512 hold sums (6 x 2 of the 16 of AVX2), so each step does 28 multiply-adds for 16 loads, and
 * the multiply-add units are what limits it. Few rows have wider tiles, so that there are enough
 * independent sums to hide the latency of an addition.
 *
 *          <- n: 2 vectors ->
 *        b  [l] ======== ========
 *     a
 *    [i,l]  x   sums ... sums ...   ^
 *    [i+1]  x   sums ... sums ...   | ROWS
 *     ...                           v
 *
 * m is cut into blocks of equal height, not into full blocks and a rest: 100 rows are 4 x 13 + 4 x
 * 12. What is left of n takes a masked vector. Each number of the target is one chain of
 * multiply-adds in the order of k, whatever the tile: the numbers depend neither on how rows are
 * split into calls nor on the number of threads. (A single column is summed in vectors, equally for
 * any m.)
 *
 * a needs no packing: it is read along k (products with activations) or along its rows (gradients
 * of weights). A transposed b is transposed panel by panel into a buffer on the stack. What a layer
 * does with the product - bias, activation, the derivative on the way back - happens in registers,
 * before the tile is stored.
 */
#include "la_kernel.h"

#ifndef GB_LA_PLAIN

#ifndef GB_LA_UNIT /* the Makefile names it for the other objects */
#define GB_LA_UNIT any
#endif
#define JOIN2(a, b) a##b
#define JOIN(a, b)  JOIN2(a, b)
#define TEXT2(a)    #a
#define TEXT(a)     TEXT2(a)
#define INLINE      static inline __attribute__((always_inline))

/* --- vectors: what differs between units
 * --------------------------------------------------------*/

#if defined(__AVX512F__)
#include <immintrin.h>
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

INLINE vec all(float x) {
    return x - (vec){0};
}

/* --- one tile
 * -----------------------------------------------------------------------------------*/

/* The last of a tile's vectors may be cut; the others are whole. */
INLINE vec load_at(const float *x, int v, const int vecs, mask last) {
    return v < vecs - 1 ? load(x + v * WIDTH) : load_part(x + v * WIDTH, last);
}

/* Sums to numbers of the target: row i, columns from j on. */
INLINE void finish_row(const gb_la_product *p, const int vecs, vec *x, int i, int j, mask last) {
    float *c = p->c + i * p->ldc + j;
    if (p->beta != 0)
#pragma GCC unroll 16
        for (int v = 0; v < vecs; v++) x[v] += p->beta * load_at(c, v, vecs, last);
    if (p->finish == GB_LA_RELU) {
#pragma GCC unroll 16
        for (int v = 0; v < vecs; v++) x[v] = relu(x[v]);
    } else if (p->finish == GB_LA_BACK_RELU || p->finish == GB_LA_BACK_TANH) {
        const float *y = p->y + (p->y_rows ? p->y_rows[i] : i) * p->ldy + j;
#pragma GCC unroll 16
        for (int v = 0; v < vecs; v++) {
            vec out = load_at(y, v, vecs, last);
            if (p->finish == GB_LA_BACK_RELU)
                x[v] = where_positive(x[v], out);
            else
                x[v] *= 1 - out * out;
        }
    }
#pragma GCC unroll 16
    for (int v = 0; v < vecs - 1; v++) store(c + v * WIDTH, x[v]);
    store_part(c + (vecs - 1) * WIDTH, x[vecs - 1], last);
}

/* Rows i.. and columns j.. of the target; b begins at its column j. `along` says that a is read
 * along k. */
INLINE void tile(const gb_la_product *p, const int rows, const int vecs, const bool along, int i,
                 int j, const float *b, ptrdiff_t ldb, mask last) {
    vec sum[ROWS][8];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (int v = 0; v < vecs; v++)
            sum[r][v] = p->bias ? load_at(p->bias + j, v, vecs, last) : all(0);
    const ptrdiff_t row = along ? p->a_row : 1, col = along ? 1 : p->a_col;
    /* the rows in threes: addresses of a base and one or two steps are free */
    const float *a[ROWS / 3 + 1];
#pragma GCC unroll 16
    for (int r = 0; r < rows; r += 3) a[r / 3] = p->a + i * p->a_row + r * row;
    for (int l = 0; l < p->k; l++, b += ldb) {
        vec x[8];
#pragma GCC unroll 16
        for (int v = 0; v < vecs; v++) x[v] = load_at(b, v, vecs, last);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            float scale = a[r / 3][(r % 3) * row];
#pragma GCC unroll 16
            for (int v = 0; v < vecs; v++) sum[r][v] += scale * x[v];
        }
#pragma GCC unroll 16
        for (int r = 0; r < rows; r += 3) a[r / 3] += col;
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) finish_row(p, vecs, sum[r], i + r, j, last);
}

typedef void tile_call(const gb_la_product *p, int i, int j, const float *b, ptrdiff_t ldb,
                       mask last);

#define TILE(rows, vecs)                                                                           \
    static void along_##rows##x##vecs(const gb_la_product *p, int i, int j, const float *b,        \
                                      ptrdiff_t ldb, mask last) {                                  \
        tile(p, rows, vecs, true, i, j, b, ldb, last);                                             \
    }                                                                                              \
    static void across_##rows##x##vecs(const gb_la_product *p, int i, int j, const float *b,       \
                                       ptrdiff_t ldb, mask last) {                                 \
        tile(p, rows, vecs, false, i, j, b, ldb, last);                                            \
    }
#define LOW(DO, vecs) DO(1, vecs) DO(2, vecs) DO(3, vecs) DO(4, vecs) DO(5, vecs) DO(6, vecs)
#define HIGH(DO, vecs)                                                                             \
    DO(7, vecs)                                                                                    \
    DO(8, vecs) DO(9, vecs) DO(10, vecs) DO(11, vecs) DO(12, vecs) DO(13, vecs) DO(14, vecs)
#if defined(__AVX512F__)
#define EACH_HEIGHT(DO, vecs) LOW(DO, vecs) HIGH(DO, vecs)
#else
#define EACH_HEIGHT(DO, vecs) LOW(DO, vecs)
#endif
#define EACH_WIDE(DO) DO(1, 4) DO(2, 4) DO(3, 4) DO(1, 8)
EACH_HEIGHT(TILE, 1)
EACH_HEIGHT(TILE, 2)
EACH_WIDE(TILE)

/* By height and number of vectors. */
#define ALONG(rows, vecs)  [rows][vecs] = along_##rows##x##vecs,
#define ACROSS(rows, vecs) [rows][vecs] = across_##rows##x##vecs,
static tile_call *const tiles[2][ROWS + 1][9] = {
    {EACH_HEIGHT(ACROSS, 1) EACH_HEIGHT(ACROSS, 2) EACH_WIDE(ACROSS)},
    {EACH_HEIGHT(ALONG, 1) EACH_HEIGHT(ALONG, 2) EACH_WIDE(ALONG)}};

/* --- a product
 * ----------------------------------------------------------------------------------*/

/* Columns j..j+n-1 for all rows, in blocks of equal height. */
static void panel(const gb_la_product *p, int j, int n, const float *b, ptrdiff_t ldb) {
    int vecs = (n + WIDTH - 1) / WIDTH;
    int most = vecs <= 2 ? ROWS : vecs <= 4 ? 3 : 1;
    vecs = vecs <= 2 ? vecs : vecs <= 4 ? 4 : 8;
    mask last = mask_of(n - (vecs - 1) * WIDTH);
    int blocks = (p->m + most - 1) / most, low = p->m / blocks, higher = p->m % blocks;
    tile_call *const(*const call)[9] = tiles[p->a_col == 1];
    for (int block = 0, i = 0; block < blocks; block++) {
        int rows = low + (block < higher);
        call[rows][vecs](p, i, j, b, ldb, last);
        i += rows;
    }
}

enum { PANEL = 2 * WIDTH, DEEP = 512 };

/* to (k, PANEL) = rows 0..n-1 of b (n, k) as columns. Four by four in small vectors. */
static void transpose(const float *b, ptrdiff_t ldb, int n, int k, float *to) {
    typedef float four __attribute__((vector_size(16)));
    typedef float loose __attribute__((vector_size(16), aligned(4), may_alias));
    int j = 0;
    for (; j + 4 <= n; j += 4) {
        const float *row = b + j * ldb;
        int l = 0;
        for (; l + 4 <= k; l += 4) {
            four r0 = *(const loose *)(row + l), r1 = *(const loose *)(row + ldb + l);
            four r2 = *(const loose *)(row + 2 * ldb + l), r3 = *(const loose *)(row + 3 * ldb + l);
            four low02 = __builtin_shufflevector(r0, r2, 0, 4, 1, 5);
            four low13 = __builtin_shufflevector(r1, r3, 0, 4, 1, 5);
            four high02 = __builtin_shufflevector(r0, r2, 2, 6, 3, 7);
            four high13 = __builtin_shufflevector(r1, r3, 2, 6, 3, 7);
            float *out = to + l * PANEL + j;
            *(loose *)out = __builtin_shufflevector(low02, low13, 0, 4, 1, 5);
            *(loose *)(out + PANEL) = __builtin_shufflevector(low02, low13, 2, 6, 3, 7);
            *(loose *)(out + 2 * PANEL) = __builtin_shufflevector(high02, high13, 0, 4, 1, 5);
            *(loose *)(out + 3 * PANEL) = __builtin_shufflevector(high02, high13, 2, 6, 3, 7);
        }
        for (; l < k; l++)
            for (int r = 0; r < 4; r++) to[l * PANEL + j + r] = row[r * ldb + l];
    }
    for (; j < n; j++)
        for (int l = 0; l < k; l++) to[l * PANEL + j] = b[j * ldb + l];
}

/* Panels of b (n, k) turned one after the other, long sums in parts of DEEP. */
static void product_transposed(const gb_la_product *p) {
    float turned[DEEP * PANEL] __attribute__((aligned(64)));
    for (int j = 0; j < p->n; j += PANEL) {
        int n = p->n - j < PANEL ? p->n - j : PANEL;
        gb_la_product part = *p;
        for (int l = 0; l < p->k; l += DEEP) {
            part.k = p->k - l < DEEP ? p->k - l : DEEP;
            part.a = p->a + l * p->a_col;
            part.finish = l + part.k == p->k ? p->finish : GB_LA_STORE;
            if (l) part.beta = 1, part.bias = NULL;
            transpose(p->b + j * p->ldb + l, p->ldb, n, part.k, turned);
            panel(&part, j, n, turned, PANEL);
        }
    }
}

INLINE float total(vec v) {
    float part[WIDTH];
    store(part, v);
#pragma GCC unroll 4
    for (int half = WIDTH / 2; half; half /= 2)
#pragma GCC unroll 16
        for (int i = 0; i < half; i++) part[i] += part[i + half];
    return part[0];
}

/* One column: rows of a against b, `rows` at a time. */
INLINE void dots(const gb_la_product *p, const int rows, int i) {
    vec sum[4];
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) sum[r] = all(0);
    const float *a = p->a + i * p->a_row;
    int l = 0;
    for (; l + WIDTH <= p->k; l += WIDTH) {
        vec x = load(p->b + l);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) sum[r] += x * load(a + r * p->a_row + l);
    }
    mask rest = mask_of(p->k - l);
    if (l < p->k) {
        vec x = load_part(p->b + l, rest);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) sum[r] += x * load_part(a + r * p->a_row + l, rest);
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
        vec x = all(total(sum[r]) + (p->bias ? p->bias[0] : 0));
        finish_row(p, 1, &x, i + r, 0, mask_of(1));
    }
}

static void product_column(const gb_la_product *p) {
    int i = 0;
    for (; i + 4 <= p->m; i += 4) dots(p, 4, i);
    for (; i < p->m; i++) dots(p, 1, i);
}

static void product(const gb_la_product *asked) {
    gb_la_product p = *asked;
    if (p.m < 1 || p.n < 1) return;
    if (p.b_transposed && (p.k == 1 && p.ldb == 1)) { /* a single row of b */
        p.b_transposed = false;
        p.ldb = p.n;
    }
    bool b_whole = p.b_transposed || p.ldb == 1;
    if (p.n == 1 && p.a_col == 1 && b_whole) {
        product_column(&p);
        return;
    }
    if (p.n == 1 && p.a_row == 1 && p.ldc == 1 && !p.bias && b_whole && !p.finish) {
        /* one column of a transposed product: as one row */
        p.n = p.m, p.m = 1;
        p.a = asked->b, p.a_row = asked->k, p.a_col = 1;
        p.b = asked->a, p.ldb = asked->a_col, p.b_transposed = false;
        p.ldc = p.n;
    }
    if (p.b_transposed) {
        product_transposed(&p);
        return;
    }
    int wide = p.m == 1 ? 8 * WIDTH : p.m <= 3 ? 4 * WIDTH : PANEL, j = 0;
    for (; j + wide <= p.n; j += wide) panel(&p, j, wide, p.b + j, p.ldb);
    if (wide == 8 * WIDTH && j + 4 * WIDTH <= p.n) {
        panel(&p, j, 4 * WIDTH, p.b + j, p.ldb);
        j += 4 * WIDTH;
    }
    for (; j < p.n; j += PANEL) panel(&p, j, p.n - j < PANEL ? p.n - j : PANEL, p.b + j, p.ldb);
}

/* --- small things
 * -------------------------------------------------------------------------------*/

INLINE void sum_panel(int m, const float *x, int ldx, float *sum, const int vecs, mask last) {
    vec s[4];
#pragma GCC unroll 4
    for (int v = 0; v < vecs; v++) s[v] = all(0);
    for (int i = 0; i < m; i++, x += ldx)
#pragma GCC unroll 4
        for (int v = 0; v < vecs; v++) s[v] += load_at(x, v, vecs, last);
#pragma GCC unroll 4
    for (int v = 0; v < vecs - 1; v++) store(sum + v * WIDTH, s[v]);
    store_part(sum + (vecs - 1) * WIDTH, s[vecs - 1], last);
}

static void sum_rows(int m, int n, const float *x, int ldx, float *sum) {
    int j = 0;
    for (; j + 4 * WIDTH <= n; j += 4 * WIDTH) sum_panel(m, x + j, ldx, sum + j, 4, mask_of(WIDTH));
    for (; j < n; j += WIDTH)
        sum_panel(m, x + j, ldx, sum + j, 1, mask_of(n - j < WIDTH ? n - j : WIDTH));
}

enum { CHAINS = 12 }; /* enough to hide the latency of two units */

static float spin(long rounds, double *flops) {
    vec x[CHAINS], scale = all(0.999f), shift = all(1e-3f), sum = all(0);
#pragma GCC unroll 12
    for (int c = 0; c < CHAINS; c++) x[c] = shift * (float)c;
    for (long r = 0; r < rounds; r++) {
#pragma GCC unroll 12
        for (int c = 0; c < CHAINS; c++) x[c] = x[c] * scale + shift;
        __asm__ volatile("" ::: "memory");
    }
#pragma GCC unroll 12
    for (int c = 0; c < CHAINS; c++) sum += x[c];
    *flops = 2.0 * WIDTH * CHAINS * (double)rounds;
    return total(sum);
}

const gb_la_kernels JOIN(gb_la_kernels_, GB_LA_UNIT) = {TEXT(GB_LA_UNIT), product, sum_rows, spin};

#endif
