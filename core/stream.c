#include "stream.h"

#include <string.h>
#ifdef __SSE__
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { SIZE = 16 };
#define store_past(to, x) _mm512_stream_ps(to, _mm512_load_ps(x))
#elif defined(__SSE__)
enum { SIZE = 4 };
#define store_past(to, x) _mm_stream_ps(to, _mm_load_ps(x))
#else
enum { SIZE = 1 };
#define store_past(to, x) (*(to) = *(x))
#endif

static bool on_line(const float *x) {
    return (uintptr_t)x % (GB_LINE * sizeof *x) == 0;
}

void gb_stream_copy(float *restrict to, const float *restrict x, size_t n) {
    if (n % GB_LINE == 0 && on_line(to) && on_line(x))
        for (size_t i = 0; i < n; i += SIZE) store_past(to + i, x + i);
    else
        memcpy(to, x, n * sizeof *to);
}

/* --- bits -------------------------------------------------------------------------------------*/

/* Writes the lowest 16 of bits. */
static inline void write_line(float *to, uint64_t bits, bool past) {
#if defined(__AVX512F__)
    const __m512 line = _mm512_maskz_mov_ps((__mmask16)bits, _mm512_set1_ps(1));
    if (past)
        _mm512_stream_ps(to, line);
    else
        _mm512_storeu_ps(to, line);
#else
    _Alignas(64) float line[GB_LINE];
    for (int k = 0; k < GB_LINE; k++) line[k] = (float)((int)bits >> k & 1);
    if (past)
        for (int k = 0; k < GB_LINE; k += SIZE) store_past(to + k, line + k);
    else
        memcpy(to, line, sizeof line);
#endif
}

static inline void put(gb_bit_stream *s, const uint64_t *bits, int n, bool past) {
    float *to = s->to;
    uint64_t held = s->held;
    const int shift = s->n;
    for (; n >= 64; n -= 64, to += 64) {
        const uint64_t word = *bits++, four = held | word << shift;
        for (int k = 0; k < 64 / GB_LINE; k++)
            write_line(to + k * GB_LINE, four >> k * GB_LINE, past);
        held = word >> 1 >> (63 - shift);
    }
    /* up to 63 bits and 15 that wait; where they are more than a word, four lines of them leave */
    const uint64_t word = n ? *bits : 0;
    uint64_t rest = held | word << shift, over = word >> 1 >> (63 - shift);
    int left = shift + n;
    for (; left >= GB_LINE; left -= GB_LINE, to += GB_LINE) {
        write_line(to, rest, past);
        rest = rest >> GB_LINE | over << (64 - GB_LINE);
        over = 0;
    }
    *s = (gb_bit_stream){to, rest, left, past};
}

void gb_bit_stream_put(gb_bit_stream *s, const uint64_t *bits, int n) {
    if (s->past)
        put(s, bits, n, true);
    else
        put(s, bits, n, false);
}

void gb_bit_stream_end(gb_bit_stream *s) {
    for (int k = 0; k < s->n; k++) s->to[k] = (float)(s->held >> k & 1);
    s->to += s->n;
    s->n = 0;
    s->held = 0;
}
