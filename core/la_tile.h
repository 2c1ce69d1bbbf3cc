/* la_tile.h - one tile of a product, as templates: with constants for its height and width they
 * become straight code. Only la_kernel.c includes this, and tells there how tiles are used.
 */
#ifndef GB_CORE_LA_TILE_H
#define GB_CORE_LA_TILE_H

#include "la_kernel.h"
#include "la_unit.h"

/* The last of a tile's vectors may be cut; the others are whole. */
INLINE vec load_at(const float *x, int v, const int vecs, mask last) {
    return v < vecs - 1 ? load(x + v * WIDTH) : load_part(x + v * WIDTH, last);
}

/* Sums to numbers of the target, from c on; y is there for derivatives. */
INLINE void finish_row(const int finish, const float beta, const int vecs, vec *x, float *c,
                       const float *y, mask last) {
    if (beta != 0)
#pragma GCC unroll 16
        for (int v = 0; v < vecs; v++) x[v] += beta * load_at(c, v, vecs, last);
    if (finish == GB_LA_RELU) {
#pragma GCC unroll 16
        for (int v = 0; v < vecs; v++) x[v] = relu(x[v]);
    } else if (finish != GB_LA_STORE) {
#pragma GCC unroll 16
        for (int v = 0; v < vecs; v++) {
            vec out = load_at(y, v, vecs, last);
            if (finish == GB_LA_BACK_RELU)
                x[v] = where_positive(x[v], out);
            else
                x[v] *= 1 - out * out;
        }
    }
#pragma GCC unroll 16
    for (int v = 0; v < vecs - 1; v++) store(c + v * WIDTH, x[v]);
    store_part(c + (vecs - 1) * WIDTH, x[vecs - 1], last);
}

/* All rows of a tile, whose first is row i from column j on. What is asked for is known when this
 * is compiled, or at least not read anew after each store. */
INLINE void finish_rows(const gb_la_product *p, const int finish, const float beta, const int rows,
                        const int vecs, vec (*x)[8], int i, int j, mask last) {
    const bool back = finish == GB_LA_BACK_RELU || finish == GB_LA_BACK_TANH;
    const ptrdiff_t ldc = p->ldc, ldy = p->ldy;
    const int *const y_rows = back && p->y_rows ? p->y_rows + i : NULL;
    float *c = p->c + i * ldc + j;
    const float *const y_all = back ? p->y + j : NULL;
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
        const float *y = back ? y_all + (y_rows ? y_rows[r] : i + r) * ldy : NULL;
        finish_row(finish, beta, vecs, x[r], c, y, last);
        c += ldc;
        __asm__("" : "+r"(c)); /* one address that walks, not one for each row */
    }
}

/* What the sums of a tile begin with. */
INLINE void begin_rows(const gb_la_product *p, const int rows, const int vecs, vec (*sum)[8], int i,
                       int j, mask last) {
    const float *c = p->c + i * p->ldc + j;
    if (p->goes_on) {
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
            for (int v = 0; v < vecs; v++) sum[r][v] = load_at(c + r * p->ldc, v, vecs, last);
        return;
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (int v = 0; v < vecs; v++)
            sum[r][v] = p->bias ? load_at(p->bias + j, v, vecs, last) : all(0);
}

/* Rows i.. and columns j.. of the target; b begins at its column j. `along` says that a is read
 * along k. */
INLINE void tile(const gb_la_product *p, const int rows, const int vecs, const bool along, int i,
                 int j, const float *b, ptrdiff_t ldb, mask last) {
    vec sum[ROWS][8];
    begin_rows(p, rows, vecs, sum, i, j, last);
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
            const vec scale = all(a[r / 3][(r % 3) * row]);
#pragma GCC unroll 16
            for (int v = 0; v < vecs; v++) sum[r][v] = multiply_add(scale, x[v], sum[r][v]);
        }
#pragma GCC unroll 16
        for (int r = 0; r < rows; r += 3) a[r / 3] += col;
    }
    if (p->beta != 0)
        finish_rows(p, p->finish, p->beta, rows, vecs, sum, i, j, last);
    else if (p->finish == GB_LA_STORE)
        finish_rows(p, GB_LA_STORE, 0, rows, vecs, sum, i, j, last);
    else if (p->finish == GB_LA_RELU)
        finish_rows(p, GB_LA_RELU, 0, rows, vecs, sum, i, j, last);
    else if (p->finish == GB_LA_BACK_RELU)
        finish_rows(p, GB_LA_BACK_RELU, 0, rows, vecs, sum, i, j, last);
    else
        finish_rows(p, GB_LA_BACK_TANH, 0, rows, vecs, sum, i, j, last);
}

/* --- sums along both operands -----------------------------------------------------------------*/

/* The sum of four neighbours of each kind: lane i gets lanes i, i + 4, i + 8, ... */
INLINE four fold(vec v) {
#if defined(__AVX512F__)
    __m256 half = _mm256_add_ps(_mm512_castps512_ps256(v),
                                _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1)));
    return _mm256_castps256_ps128(half) + _mm256_extractf128_ps(half, 1);
#elif defined(__AVX__)
    return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
    return v;
#endif
}

/* A vector that begins with these four. */
INLINE vec widen(four v) {
#if defined(__AVX512F__)
    return _mm512_castps128_ps512(v);
#elif defined(__AVX__)
    return __builtin_shufflevector(v, v, 0, 1, 2, 3, 0, 1, 2, 3);
#else
    return v;
#endif
}

/* Four totals at once. */
INLINE four totals(const vec v[4]) {
    four a = fold(v[0]), b = fold(v[1]), c = fold(v[2]), d = fold(v[3]);
    four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
    four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
    return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) +
           __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

/* Products of `rows` rows of a and `cols` rows of a transposed b, up to 4 each, read along k. */
INLINE void dots(const gb_la_product *p, const int rows, const int cols, int i, int j) {
    vec sum[4][4];
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++)
#pragma GCC unroll 4
        for (int c = 0; c < 4; c++) sum[r][c] = all(0);
    const float *a = p->a + i * p->a_row, *b = p->b + j * p->ldb;
    for (int l = 0; l < p->k; l += WIDTH) {
        mask m = mask_of(p->k - l < WIDTH ? p->k - l : WIDTH);
        vec y[4];
#pragma GCC unroll 4
        for (int c = 0; c < cols; c++) y[c] = load_part(b + c * p->ldb + l, m);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            vec x = load_part(a + r * p->a_row + l, m);
#pragma GCC unroll 4
            for (int c = 0; c < cols; c++) sum[r][c] = multiply_add(x, y[c], sum[r][c]);
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
        vec x[1][8] = {{widen(totals(sum[r]))}};
        if (p->bias) x[0][0] += load_part(p->bias + j, mask_of(cols));
        finish_rows(p, p->finish, p->beta, 1, 1, x, i + r, j, mask_of(cols));
    }
}

#endif
