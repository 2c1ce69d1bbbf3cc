#include "conv.h"

#include "vector.h"

#include <string.h>

/* How many sums fit into the registers: HIGH x WIDE whose terms lie anywhere, TALL x WIDE of
 * neighbours. Enough to hide the latency of two multiply-add units. */
#ifdef __AVX512F__
enum { LANES = GB_LANES, WIDE = 8, HIGH = 2, TALL = 3 };
#else
enum { LANES = GB_LANES, WIDE = 4, HIGH = 3, TALL = 3 };
#endif

/* --- sums of products ---------------------------------------------------------------------------
 * Patches of a picture overlap in memory, so that the three products of a convolution are of one
 * form and differ in their steps only: rows x cols results,
 *
 *   out[i, j] = start + sum over g, h, l of a[g, h, l, i, j] b[g, h, l]
 *
 * where b and out are vectors and a is a number. */

struct product {
    const gb_real *a, *b;
    gb_real *out;
    gb_vector start;
    bool relu;
    int rows, cols;
    int n_g, n_h, n_l;                 /* summands */
    ptrdiff_t a_g, a_h, a_l, a_i, a_j; /* steps, in numbers */
    ptrdiff_t b_g, b_h, b_l, out_i, out_j;
};

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

/* A part of rows x cols, both constants of the compiler, so that the sums are in registers. */
static inline __attribute__((always_inline)) void tile(const struct product *p,
                                                       const gb_real *first, gb_real *out, int rows,
                                                       int cols, ptrdiff_t a_j) {
    gb_vector sum[TALL][WIDE];
    const ptrdiff_t a_l = p->a_l, b_l = p->b_l;
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < cols; j++) sum[i][j] = p->start;
    }
    for (int g = 0; g < p->n_g; g++)
        for (int h = 0; h < p->n_h; h++) {
            const gb_real *b = p->b + g * p->b_g + h * p->b_h;
            const gb_real *a[TALL]; /* one for each row: else the addresses take all registers */
            UNROLL
            for (int i = 0; i < rows; i++) a[i] = first + g * p->a_g + h * p->a_h + i * p->a_i;
            for (int l = 0; l < p->n_l; l++, b += b_l) {
                gb_vector v = gb_vector_load(b);
                UNROLL
                for (int i = 0; i < rows; i++) {
                    UNROLL
                    for (int j = 0; j < cols; j++) sum[i][j] += a[i][j * a_j] * v;
                    a[i] += a_l;
                }
            }
        }
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < cols; j++) {
            gb_vector v = sum[i][j];
            if (p->relu) v = gb_vector_select(v < 0, (gb_vector){0}, v); /* NaN stays NaN */
            gb_vector_store(out + i * p->out_i + j * p->out_j, v);
        }
    }
}

/* Neighbours in memory deserve code of their own: their distances need no registers. */
#define TILE(r, c)                                                                                 \
    case 10 * r + c:                                                                               \
        if (p->a_j == 1)                                                                           \
            tile(p, a, out, r, c, 1);                                                              \
        else                                                                                       \
            tile(p, a, out, r, c, p->a_j);                                                         \
        break;
#define SOME_TILES(r) TILE(r, 1) TILE(r, 2) TILE(r, 3) TILE(r, 4)
#ifdef __AVX512F__
#define TILES(r) SOME_TILES(r) TILE(r, 5) TILE(r, 6) TILE(r, 7) TILE(r, 8)
#else
#define TILES(r) SOME_TILES(r)
#endif

static void run_tile(const struct product *p, int i, int j, int rows, int cols) {
    const gb_real *a = p->a + i * p->a_i + j * p->a_j;
    gb_real *out = p->out + i * p->out_i + j * p->out_j;
    switch (10 * rows + cols) {
        TILES(1)
        TILES(2)
        TILES(3)
    default:
        GB_ASSERT(false);
    }
}

/* Runs a product in tiles of at most high x WIDE, as even as they can be. */
static void run(const struct product *p, int high) {
    int parts = (p->cols + WIDE - 1) / WIDE;
    for (int i = 0; i < p->rows; i += high) {
        int rows = p->rows - i < high ? p->rows - i : high;
        for (int part = 0; part < parts; part++) {
            int j = part * p->cols / parts, end = (part + 1) * p->cols / parts;
            run_tile(p, i, j, rows, end - j);
        }
    }
}

/* --- sizes ------------------------------------------------------------------------------------*/

struct sizes {
    int high, wide, filters; /* of the output */
    int strip;               /* numbers of a patch that lie in one row of the picture */
    ptrdiff_t row, out_row;  /* numbers in a row of the input and of the output */
    ptrdiff_t in, out;       /* in a picture */
};

static struct sizes sizes_of(const gb_conv *conv) {
    struct sizes s = {.high = gb_conv_size(conv, conv->height),
                      .wide = gb_conv_size(conv, conv->width),
                      .filters = conv->filters,
                      .strip = conv->kernel * conv->channels,
                      .row = (ptrdiff_t)conv->width * conv->channels};
    s.out_row = (ptrdiff_t)s.wide * s.filters;
    s.in = conv->height * s.row;
    s.out = s.high * s.out_row;
    return s;
}

/* Filters are taken LANES at a time; where they end within a vector, the last vector begins
 * earlier, and some are computed twice, to the same end. */
static int next_lanes(int at, int filters) {
    int next = at + LANES;
    return next >= filters || next <= filters - LANES ? next : filters - LANES;
}

/* --- fewer filters than a vector has lanes ----------------------------------------------------*/

static void narrow_forward(const gb_conv *conv, const gb_real *weight, const gb_real *bias,
                           const gb_real *x, gb_real *y, int rows, bool relu) {
    struct sizes s = sizes_of(conv);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < s.wide; j++, y += s.filters) {
            const gb_real *w = weight;
            memcpy(y, bias, (size_t)s.filters * sizeof *y);
            for (int u = 0; u < conv->kernel; u++) {
                const gb_real *patch = x + (i + u) * s.row + j * conv->channels;
                for (int l = 0; l < s.strip; l++, w += s.filters)
                    for (int f = 0; f < s.filters; f++) y[f] += patch[l] * w[f];
            }
            for (int f = 0; f < s.filters && relu; f++) y[f] = y[f] < 0 ? 0 : y[f];
        }
}

/* Adds to d_weight. */
static void narrow_weight_gradient(const gb_conv *conv, const gb_real *x, const gb_real *dy,
                                   int rows, gb_real *d_weight) {
    struct sizes s = sizes_of(conv);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < s.wide; j++, dy += s.filters) {
            gb_real *d = d_weight;
            for (int u = 0; u < conv->kernel; u++) {
                const gb_real *patch = x + (i + u) * s.row + j * conv->channels;
                for (int l = 0; l < s.strip; l++, d += s.filters)
                    for (int f = 0; f < s.filters; f++) d[f] += patch[l] * dy[f];
            }
        }
}

/* --- the three products -----------------------------------------------------------------------*/

void gb_conv_forward(const gb_conv *conv, const gb_real *weight, const gb_real *bias,
                     const gb_real *x, gb_real *y, int n, int top, int rows, bool relu) {
    struct sizes s = sizes_of(conv);
    x += top * s.row, y += top * s.out_row;
    for (int k = 0; k < n; k++, x += s.in, y += s.out) {
        if (s.filters < LANES) {
            narrow_forward(conv, weight, bias, x, y, rows, relu);
            continue;
        }
        for (int f = 0; f < s.filters; f = next_lanes(f, s.filters)) {
            struct product p = {.a = x,
                                .b = weight + f,
                                .out = y + f,
                                .start = gb_vector_load(bias + f),
                                .relu = relu,
                                .rows = rows,
                                .cols = s.wide,
                                .n_g = 1,
                                .n_h = conv->kernel,
                                .n_l = s.strip,
                                .a_h = s.row,
                                .a_l = 1,
                                .a_i = s.row,
                                .a_j = conv->channels,
                                .b_h = (ptrdiff_t)s.strip * s.filters,
                                .b_l = s.filters,
                                .out_i = s.out_row,
                                .out_j = s.filters};
            run(&p, HIGH);
        }
    }
}

/* d_bias = sum of the rows of n pictures dy, (rows, filters) each, `step` apart; four side by side.
 */
static void sum_rows(const gb_real *dy, int n, ptrdiff_t step, ptrdiff_t rows, int filters,
                     gb_real *d_bias) {
    memset(d_bias, 0, (size_t)filters * sizeof *d_bias);
    if (filters < LANES) {
        for (int k = 0; k < n; k++)
            for (ptrdiff_t i = 0; i < rows; i++)
                for (int f = 0; f < filters; f++) d_bias[f] += dy[k * step + i * filters + f];
        return;
    }
    for (int f = 0; f < filters; f = next_lanes(f, filters)) {
        gb_vector sum[4] = {{0}};
        for (int k = 0; k < n; k++) {
            const gb_real *at = dy + k * step + f;
            ptrdiff_t i = 0;
            for (; i + 4 <= rows; i += 4)
                for (int c = 0; c < 4; c++) sum[c] += gb_vector_load(at + (i + c) * filters);
            for (; i < rows; i++) sum[0] += gb_vector_load(at + i * filters);
        }
        gb_vector_store(d_bias + f, sum[0] + sum[1] + (sum[2] + sum[3]));
    }
}

void gb_conv_weight_gradient(const gb_conv *conv, const gb_real *x, const gb_real *dy, int top,
                             int rows, gb_real *d_weight, gb_real *d_bias, int n) {
    struct sizes s = sizes_of(conv);
    x += top * s.row, dy += top * s.out_row;
    sum_rows(dy, n, s.out, (ptrdiff_t)rows * s.wide, s.filters, d_bias);
    if (s.filters < LANES) {
        memset(d_weight, 0, (size_t)(gb_conv_taps(conv) * s.filters) * sizeof *d_weight);
        for (int k = 0; k < n; k++)
            narrow_weight_gradient(conv, x + k * s.in, dy + k * s.out, rows, d_weight);
        return;
    }
    for (int f = 0; f < s.filters; f = next_lanes(f, s.filters)) {
        struct product p = {.a = x,
                            .b = dy + f,
                            .out = d_weight + f,
                            .rows = conv->kernel,
                            .cols = s.strip,
                            .n_g = n,
                            .n_h = rows,
                            .n_l = s.wide,
                            .a_g = s.in,
                            .a_h = s.row,
                            .a_l = conv->channels,
                            .a_i = s.row,
                            .a_j = 1,
                            .b_g = s.out,
                            .b_h = s.out_row,
                            .b_l = s.filters,
                            .out_i = (ptrdiff_t)s.strip * s.filters,
                            .out_j = s.filters};
        run(&p, TALL);
    }
}

/* --- gradient by the input ----------------------------------------------------------------------
 * For each row u of the kernel dx[i + u] += dy[i] W[u]^T, strips of pictures again, LANES numbers
 * of a strip and DEPTH filters at a time: for these the weight is transposed. */

enum { DEPTH = 64 };

struct piece {
    int u, at, lanes; /* row of the kernel, first number of the strip, how many */
    int from, depth;  /* filters */
    gb_real weight[DEPTH * LANES];
};

static void transpose(const gb_conv *conv, const gb_real *weight, struct piece *piece) {
    int f = conv->filters, strip = conv->kernel * conv->channels;
    for (int l = 0; l < LANES; l++) {
        const gb_real *from =
            weight + (ptrdiff_t)(piece->u * strip + piece->at + l) * f + piece->from;
        for (int d = 0; d < piece->depth; d++)
            piece->weight[d * LANES + l] = l < piece->lanes ? from[d] : 0;
    }
}

/* One row of output pictures: dy (wide, filters) to dx, which is where the strips of u begin. */
static void add_row(const gb_conv *conv, const struct piece *piece, const gb_real *dy,
                    gb_real *dx) {
    int wide = gb_conv_size(conv, conv->width);
    gb_real sum[WIDE * LANES];
    for (int j = 0; j < wide; j += WIDE) {
        struct product p = {.a = dy + (ptrdiff_t)j * conv->filters + piece->from,
                            .b = piece->weight,
                            .out = sum,
                            .rows = 1,
                            .cols = wide - j < WIDE ? wide - j : WIDE,
                            .n_g = 1,
                            .n_h = 1,
                            .n_l = piece->depth,
                            .a_l = 1,
                            .a_j = conv->filters,
                            .b_l = LANES,
                            .out_j = LANES};
        run(&p, 1);
        for (int c = 0; c < p.cols; c++) {
            gb_real *to = dx + (ptrdiff_t)(j + c) * conv->channels + piece->at;
            for (int l = 0; l < piece->lanes; l++) to[l] += sum[c * LANES + l];
        }
    }
}

void gb_conv_input_gradient(const gb_conv *conv, const gb_real *weight, const gb_real *dy,
                            gb_real *dx, int n) {
    struct sizes s = sizes_of(conv);
    struct piece piece;
    memset(dx, 0, (size_t)(n * s.in) * sizeof *dx);
    for (piece.u = 0; piece.u < conv->kernel; piece.u++)
        for (piece.at = 0; piece.at < s.strip; piece.at += LANES) {
            piece.lanes = s.strip - piece.at < LANES ? s.strip - piece.at : LANES;
            for (piece.from = 0; piece.from < s.filters; piece.from += DEPTH) {
                int left = s.filters - piece.from;
                piece.depth = left < DEPTH ? left : DEPTH;
                transpose(conv, weight, &piece);
                for (int k = 0; k < n; k++)
                    for (int i = 0; i < s.high; i++)
                        add_row(conv, &piece, dy + k * s.out + i * s.out_row,
                                dx + k * s.in + (i + piece.u) * s.row);
            }
        }
}
