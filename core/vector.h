/* vector.h - one vector of the widest kind that the build may use, by the vector extensions of gcc
 * and clang: arithmetic and comparisons work on all lanes at once, on any CPU.
 */
#ifndef GB_CORE_VECTOR_H
#define GB_CORE_VECTOR_H

#include "base.h"

#if defined(__AVX512F__)
#define GB_VECTOR_BYTES 64
#elif defined(__AVX__)
#define GB_VECTOR_BYTES 32
#else
#define GB_VECTOR_BYTES 16
#endif

enum { GB_LANES = GB_VECTOR_BYTES / sizeof(gb_real) };

typedef gb_real gb_vector __attribute__((vector_size(GB_VECTOR_BYTES)));
/* As it lies anywhere in memory, on no boundary. */
typedef gb_vector gb_loose_vector __attribute__((aligned(sizeof(gb_real)), may_alias));
/* What a comparison gives: all bits of a lane set or none; and integers of the size of a lane. */
typedef __typeof__((gb_vector){0} < 0) gb_vector_bits;

static inline gb_vector gb_vector_load(const gb_real *at) {
    return *(const gb_loose_vector *)at;
}

static inline void gb_vector_store(gb_real *at, gb_vector v) {
    *(gb_loose_vector *)at = v;
}

/* Returns yes in the lanes where which is set, no in the others. */
static inline gb_vector gb_vector_select(gb_vector_bits which, gb_vector yes, gb_vector no) {
    return (gb_vector)(((gb_vector_bits)yes & which) | ((gb_vector_bits)no & ~which));
}

#endif
