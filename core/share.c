#include "share.h"

#include <pthread.h>
#include <string.h>

struct gb_share {
    struct gb_share_state state; /* first: gb_share_change looks there */
    pthread_mutex_t lock;        /* of all that follows */
    pthread_cond_t moved;        /* the reader has gone on, or ended */
    const unsigned char *bytes;
    size_t n, next;       /* bytes in all; chunk that is read next */
    unsigned char **kept; /* (chunks) copies, NULL where there is none */
};

gb_share *gb_share_create(gb_err *err) {
    gb_share *share = gb_alloc(1, sizeof *share, err);
    if (!share) return NULL;
    atomic_init(&share->state.reading, false);
    pthread_mutex_init(&share->lock, NULL);
    pthread_cond_init(&share->moved, NULL);
    return share;
}

void gb_share_destroy(gb_share *share) {
    if (!share) return;
    GB_ASSERT(!share->kept);
    pthread_cond_destroy(&share->moved);
    pthread_mutex_destroy(&share->lock);
    gb_dealloc(share);
}

static size_t chunks(const gb_share *share) {
    return (share->n + GB_SHARE_CHUNK - 1) / GB_SHARE_CHUNK;
}

static size_t chunk_size(const gb_share *share, size_t chunk) {
    const size_t left = share->n - chunk * GB_SHARE_CHUNK;
    return left < GB_SHARE_CHUNK ? left : GB_SHARE_CHUNK;
}

int gb_share_begin(gb_share *share, const void *bytes, size_t n, gb_err *err) {
    int code = GB_OK;
    pthread_mutex_lock(&share->lock);
    if (share->kept) {
        code = gb_fail(err, GB_FAIL, "memory is being saved already; wait for that to end");
    } else {
        share->bytes = bytes, share->n = n, share->next = 0;
        share->kept = gb_alloc(chunks(share), sizeof *share->kept, err);
        code = share->kept ? GB_OK : GB_FAIL;
        atomic_store_explicit(&share->state.reading, !code, memory_order_release);
    }
    pthread_mutex_unlock(&share->lock);
    return code;
}

/* Copies one chunk, unless it is read already or never will be. Where memory is short, the change
 * waits until the reader has passed. */
static void keep(gb_share *share, size_t chunk) {
    const size_t size = chunk_size(share, chunk);
    if (chunk < share->next || share->kept[chunk]) return;
    share->kept[chunk] = gb_alloc(size, 1, NULL);
    if (share->kept[chunk]) memcpy(share->kept[chunk], share->bytes + chunk * GB_SHARE_CHUNK, size);
    while (share->kept && !share->kept[chunk] && chunk >= share->next)
        pthread_cond_wait(&share->moved, &share->lock);
}

void gb_share_keep(gb_share *share, size_t at, size_t n) {
    pthread_mutex_lock(&share->lock);
    const size_t end = at + n < share->n ? at + n : share->n;
    for (size_t chunk = at / GB_SHARE_CHUNK; chunk * GB_SHARE_CHUNK < end && share->kept; chunk++)
        keep(share, chunk);
    pthread_mutex_unlock(&share->lock);
}

size_t gb_share_next(gb_share *share, void *out) {
    size_t size = 0;
    pthread_mutex_lock(&share->lock);
    if (share->kept && share->next < chunks(share)) {
        const size_t chunk = share->next++;
        unsigned char *kept = share->kept[chunk];
        size = chunk_size(share, chunk);
        memcpy(out, kept ? kept : share->bytes + chunk * GB_SHARE_CHUNK, size);
        gb_dealloc(kept);
        share->kept[chunk] = NULL;
        pthread_cond_signal(&share->moved);
    }
    pthread_mutex_unlock(&share->lock);
    return size;
}

void gb_share_end(gb_share *share) {
    pthread_mutex_lock(&share->lock);
    if (share->kept) {
        for (size_t chunk = share->next; chunk < chunks(share); chunk++)
            gb_dealloc(share->kept[chunk]);
        gb_dealloc(share->kept);
        share->kept = NULL;
        atomic_store_explicit(&share->state.reading, false, memory_order_release);
        pthread_cond_signal(&share->moved);
    }
    pthread_mutex_unlock(&share->lock);
}
