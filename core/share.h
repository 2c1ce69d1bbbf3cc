/* share.h - large memory that is saved while its owner goes on changing it: copy on write.
 *
 * The owner begins; from then on another thread reads the bytes as they were at that moment, chunk
 * by chunk from the first to the last. The owner tells of each place before it changes it: chunks
 * that have not been read yet are copied then. So beginning costs next to nothing, and no more is
 * copied than what changes while it is read.
 */
#ifndef GB_CORE_SHARE_H
#define GB_CORE_SHARE_H

#include "base.h"

#include <stdatomic.h>

#define GB_SHARE_CHUNK ((size_t)256 << 10) /* bytes */

typedef struct gb_share gb_share;

/* What the owner looks at before each change. */
struct gb_share_state {
    atomic_bool reading;
};

/* Returns a share of no memory yet; NULL with a message. Destroying accepts NULL; nobody may read
 * then. */
gb_share *gb_share_create(gb_err *err);
void gb_share_destroy(gb_share *share);

/* The owner: what bytes[n] are now can be read until gb_share_end. One reading at a time: GB_FAIL
 * while another goes on, or if memory is short. */
int gb_share_begin(gb_share *share, const void *bytes, size_t n, gb_err *err);

/* The owner, before it changes bytes[at .. at + n): keeps what has not been read. */
void gb_share_keep(gb_share *share, size_t at, size_t n);
static inline void gb_share_change(gb_share *share, size_t at, size_t n) {
    const struct gb_share_state *state = (const struct gb_share_state *)share;
    if (atomic_load_explicit(&state->reading, memory_order_acquire)) gb_share_keep(share, at, n);
}

/* The reader: copies the next chunk to out[GB_SHARE_CHUNK] and returns its size; 0 behind the last.
 */
size_t gb_share_next(gb_share *share, void *out);

/* The reader: has read enough. Does nothing if nobody reads. */
void gb_share_end(gb_share *share);

#endif
