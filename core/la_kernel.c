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
 * split into calls nor on the number of threads. (Transposed products of few rows or columns sum
 * lanes apart, see below: there, calls of 16 rows and more agree.)
 *
 * a needs no packing: it is read along k (products with activations) or along its rows (gradients
 * of weights). A transposed b is transposed panel by panel into a buffer on the stack, and one
 * whose rows lie badly for the caches is copied there; where few rows or columns do not repay that,
 * both operands are read along k in vectors, and their lanes summed at the end. What a layer does
 * with the product - bias, activation, the derivative on the way back - happens in registers,
 * before the tile is stored.
 */
#include "la_kernel.h"

#ifndef GB_LA_PLAIN

#include "la_tile.h"
#include "la_unit.h"

#ifndef GB_LA_UNIT /* the Makefile names it for the other objects */
#define GB_LA_UNIT any
#endif
#define JOIN2(a, b) a##b
#define JOIN(a, b)  JOIN2(a, b)
#define TEXT2(a)    #a
#define TEXT(a)     TEXT2(a)

/* --- tiles ------------------------------------------------------------------------------------*/

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

#define DOTS(rows, cols)                                                                           \
    static void dots_##rows##x##cols(const gb_la_product *p, int i, int j) {                       \
        dots(p, rows, cols, i, j);                                                                 \
    }
DOTS(4, 4)
DOTS(2, 4)
DOTS(1, 4)
DOTS(4, 2)
DOTS(2, 2)
DOTS(1, 2)
DOTS(4, 1)
DOTS(2, 1)
DOTS(1, 1)

/* By the logarithms of rows and columns. */
static void (*const dot_tiles[3][3])(const gb_la_product *p, int i,
                                     int j) = {{dots_1x1, dots_1x2, dots_1x4},
                                               {dots_2x1, dots_2x2, dots_2x4},
                                               {dots_4x1, dots_4x2, dots_4x4}};

static int log_part(int left) {
    return left >= 4 ? 2 : left >= 2;
}

static void product_dots(const gb_la_product *p) {
    for (int j = 0, c; j < p->n; j += 1 << c) {
        c = log_part(p->n - j);
        for (int i = 0, r; i < p->m; i += 1 << r) {
            r = log_part(p->m - i);
            dot_tiles[r][c](p, i, j);
        }
    }
}

/* --- panels -----------------------------------------------------------------------------------*/

/* Columns j..j+n-1 for all rows, in blocks of equal height. */
static void panel(const gb_la_product *p, int j, int n, const float *b, ptrdiff_t ldb) {
    const int crowd = 10, whole = ROWS;
    int vecs = (n + WIDTH - 1) / WIDTH;
    /* rows of a that lie a multiple of 4 KB apart share one set of the first cache: few at once */
    const bool crowded = p->a_col == 1 && p->a_row % 1024 == 0 && whole > crowd;
    int most = vecs <= 2 ? (crowded ? crowd : whole) : vecs <= 4 ? 3 : 1;
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

enum { PANEL = 2 * WIDTH, DEEP = 512 }; /* columns and rows of a buffer: a multiple of WIDTH */

/* Up to WIDTH numbers of four rows to WIDTH rows of four, PANEL apart: columns within each four
 * lanes, then each four lanes to their row. */
INLINE void turn_rows(const float *const row[4], int l, mask some, float *to) {
#if defined(__AVX512F__)
#define LANES(x, y, i, j) /* numbers i and j of each four lanes of x, and of y */                  \
    _mm512_shuffle_ps(x, y, (i) | (j) << 2 | (i) << 4 | (j) << 6)
#elif defined(__AVX__)
#define LANES(x, y, i, j)                                                                          \
    __builtin_shufflevector(x, y, i, j, (i) + 8, (j) + 8, (i) + 4, (j) + 4, (i) + 12, (j) + 12)
#else
#define LANES(x, y, i, j) __builtin_shufflevector(x, y, i, j, (i) + 4, (j) + 4)
#endif
    vec r0 = load_part(row[0] + l, some), r1 = load_part(row[1] + l, some);
    vec r2 = load_part(row[2] + l, some), r3 = load_part(row[3] + l, some);
    vec low01 = LANES(r0, r1, 0, 1), high01 = LANES(r0, r1, 2, 3);
    vec low23 = LANES(r2, r3, 0, 1), high23 = LANES(r2, r3, 2, 3);
    const vec turned[4] = {LANES(low01, low23, 0, 2), LANES(low01, low23, 1, 3),
                           LANES(high01, high23, 0, 2), LANES(high01, high23, 1, 3)};
#pragma GCC unroll 4
    for (int quad = 0; quad < WIDTH / 4; quad++)
#pragma GCC unroll 4
        for (int c = 0; c < 4; c++)
            *(loose_four *)(to + (l + 4 * quad + c) * PANEL) = four_of(turned[c], quad);
#undef LANES
}

/* to (k, PANEL) = rows 0..n-1 of b (n, k) as columns, and something beside and behind them. */
static void transpose(const float *b, ptrdiff_t ldb, int n, int k, float *to) {
    for (int j = 0; j < n; j += 4) {
        const float *row[4];
        for (int r = 0; r < 4; r++) row[r] = b + (j + r < n ? j + r : n - 1) * ldb;
        for (int l = 0; l < k; l += WIDTH) {
            for (int r = 0; r < 4 && j + 8 <= n; r++) /* the next four */
                __builtin_prefetch(row[r] + 4 * ldb + l);
            turn_rows(row, l, mask_of(k - l < WIDTH ? k - l : WIDTH), to + j);
        }
    }
}

/* to (k, PANEL) = columns 0..n-1 of b (k, n), and something beside them. */
static void pack(const float *restrict b, ptrdiff_t ldb, int n, int k, float *restrict to) {
    for (int l = 0; l < k; l++, b += ldb, to += PANEL)
        if (n == PANEL)
            for (int v = 0; v < PANEL; v += WIDTH) store(to + v, load(b + v));
        else
            for (int j = 0; j < n; j++) to[j] = b[j];
}

/* Panels of b one after the other through a buffer, turned if b is transposed; long sums in parts
 * of DEEP, each of which goes on where the one before it ended. */
static void product_buffered(const gb_la_product *p) {
    float buffer[DEEP * PANEL] __attribute__((aligned(64)));
    for (int j = 0; j < p->n; j += PANEL) {
        int n = p->n - j < PANEL ? p->n - j : PANEL;
        gb_la_product part = *p;
        for (int l = 0; l < p->k; l += DEEP) {
            part.k = p->k - l < DEEP ? p->k - l : DEEP;
            part.a = p->a + l * p->a_col;
            part.finish = l + part.k == p->k ? p->finish : GB_LA_STORE;
            part.goes_on = l > 0;
            if (l) part.beta = 0;
            if (p->b_transposed)
                transpose(p->b + j * p->ldb + l, p->ldb, n, part.k, buffer);
            else
                pack(p->b + l * p->ldb + j, p->ldb, n, part.k, buffer);
            panel(&part, j, n, buffer, PANEL);
        }
    }
}

/* --- a product --------------------------------------------------------------------------------*/

static void product(const gb_la_product *asked) {
    enum { FEW = 12, MANY = 128, LONG = 8 };
    gb_la_product p = *asked;
    if (p.m < 1 || p.n < 1) return;
    if (p.b_transposed && (p.k == 1 && p.ldb == 1)) { /* a single row of b */
        p.b_transposed = false;
        p.ldb = p.n;
    }
    bool b_whole = p.b_transposed || p.ldb == 1;
    if (p.n == 1 && p.a_col == 1 && b_whole && p.k > LONG) { /* a column is its own transpose */
        p.b_transposed = true;
        p.ldb = p.k;
    }
    if (p.b_transposed && p.a_col == 1 && p.k > (p.n <= 4 ? LONG : 4 * LONG) &&
        (p.n <= 4 || p.m <= FEW)) {
        product_dots(&p);
        return;
    }
    if (p.n == 1 && p.a_row == 1 && p.ldc == 1 && !p.bias && b_whole && !p.finish) {
        /* one column of a transposed product: as one row */
        p.n = p.m, p.m = 1;
        p.a = asked->b, p.a_row = asked->k, p.a_col = 1;
        p.b = asked->a, p.ldb = asked->a_col, p.b_transposed = false;
        p.ldc = p.n;
    }
    /* rows of b 2 KB apart share a few sets of the caches, and throw each other out */
    const bool crowded = p.ldb % 512 == 0 && p.k >= 512 && p.m >= MANY;
    if (p.b_transposed || (crowded && p.beta == 0)) {
        product_buffered(&p);
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

/* --- small things -----------------------------------------------------------------------------*/

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
    return totals((vec[4]){sum, sum, sum, sum})[0];
}

const gb_la_kernels JOIN(gb_la_kernels_, GB_LA_UNIT) = {TEXT(GB_LA_UNIT), product, sum_rows, spin};

#endif
