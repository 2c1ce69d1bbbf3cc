/* stream.h - long rows of numbers on their way to memory.
 *
 * What is written once and read much later, and is larger than the caches, goes past them: it would
 * be gone from there before somebody reads it, and would take others along. Such stores are fast
 * only if they are of whole cache lines, GB_LINE numbers on a boundary of so many.
 */
#ifndef GB_CORE_STREAM_H
#define GB_CORE_STREAM_H

#include "base.h"

enum { GB_LINE = 16 }; /* floats in a cache line of 64 bytes */

/* Copies x (n) to `to`, past the caches if both begin on a cache line and n is of whole lines. */
void gb_stream_copy(float *restrict to, const float *restrict x, size_t n);

/* Rows of bits that become floats, 0 and 1, close behind each other. Whole lines are written; what
 * is left of a row waits for the next one, so that rows need not be of whole lines. */
typedef struct gb_bit_stream {
    float *to;     /* where the next line goes */
    uint64_t held; /* bits that wait */
    int n;         /* how many, 0..GB_LINE-1 */
    bool past;     /* the caches; `to` must begin on a cache line then */
} gb_bit_stream;

/* Appends n bits: number k is bit k % 64 of bits[k / 64]. Bits behind n must be zero. */
void gb_bit_stream_put(gb_bit_stream *s, const uint64_t *bits, int n);
/* Writes the numbers that wait. */
void gb_bit_stream_end(gb_bit_stream *s);

#endif
