/* Memory that is read while its owner changes it. */
#include "rng.h"
#include "share.h"
#include "support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SIZE (5 * GB_SHARE_CHUNK + 777)

static unsigned char *filled(gb_rng *rng) {
    unsigned char *bytes = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++) bytes[i] = (unsigned char)gb_rng_below(rng, 256);
    return bytes;
}

/* Changes up to `most` bytes anywhere: also across the border of chunks, also the last. */
static void change(gb_share *share, unsigned char *bytes, uint32_t most, gb_rng *rng) {
    const size_t n = 1 + gb_rng_below(rng, most), at = gb_rng_below(rng, (uint32_t)(SIZE - n + 1));
    gb_share_change(share, at, n);
    for (size_t i = 0; i < n; i++) bytes[at + i] ^= (unsigned char)(1 + gb_rng_below(rng, 255));
}

/* Reads what is left of a share behind `at` into out; returns how much that was. */
static size_t read_rest(gb_share *share, unsigned char *out, size_t at) {
    const size_t start = at;
    for (size_t n; (n = gb_share_next(share, out + at));) at += n;
    return at - start;
}

START_TEST(what_is_read_is_what_was_there) {
    gb_rng rng = gb_rng_stream(1, 1);
    gb_share *share = gb_share_create(NULL);
    unsigned char *bytes = filled(&rng), *before = malloc(SIZE), *out = malloc(SIZE);
    for (int round = 0; round < 8; round++) {
        size_t at = 0;
        memcpy(before, bytes, SIZE);
        ck_assert_int_eq(gb_share_begin(share, bytes, SIZE, NULL), GB_OK);
        for (int chunk = 0; chunk < 4; chunk++) {
            for (int k = 0; k < 3; k++) change(share, bytes, 2 * GB_SHARE_CHUNK, &rng);
            if (round % 2) at += gb_share_next(share, out + at);
        }
        at += read_rest(share, out, at);
        ck_assert_uint_eq(at, SIZE);
        ck_assert(!memcmp(out, before, SIZE));
        change(share, bytes, 100, &rng); /* read to its end, not ended yet */
        gb_share_end(share);
        gb_share_end(share);
        change(share, bytes, SIZE, &rng);
    }
    gb_share_destroy(share);
    free(bytes), free(before), free(out);
}
END_TEST

START_TEST(one_reading_at_a_time) {
    gb_rng rng = gb_rng_stream(2, 1);
    gb_share *share = gb_share_create(NULL);
    unsigned char *bytes = filled(&rng), *out = malloc(SIZE);
    gb_err err = {""};
    ck_assert_int_eq(gb_share_begin(share, bytes, SIZE, &err), GB_OK);
    ck_assert_int_eq(gb_share_begin(share, bytes, 9, &err), GB_FAIL);
    ck_assert_ptr_nonnull(strstr(err.msg, "already"));
    ck_assert_uint_eq(read_rest(share, out, 0), SIZE); /* the first is as it was */
    gb_share_end(share);
    ck_assert_int_eq(gb_share_begin(share, bytes, 0, &err), GB_OK);
    ck_assert_uint_eq(gb_share_next(share, out), 0);
    gb_share_end(share);
    gb_share_destroy(share);
    gb_share_destroy(NULL);
    free(bytes), free(out);
}
END_TEST

struct reader {
    gb_share *share;
    unsigned char *out;
    size_t n;
    bool give_up; /* in the middle */
};

static void *reads(void *context) {
    struct reader *r = context;
    for (int chunk = 0; r->give_up && chunk < 2; chunk++) gb_share_next(r->share, r->out);
    if (!r->give_up) r->n = read_rest(r->share, r->out, 0);
    gb_share_end(r->share);
    return NULL;
}

/* Another thread reads. When memory is short, the owner waits for it instead of keeping copies, and
 * is set free also by one that gives up. */
START_TEST(another_thread_reads) {
    gb_rng rng = gb_rng_stream(3, 1);
    gb_share *share = gb_share_create(NULL);
    unsigned char *bytes = filled(&rng), *before = malloc(SIZE);
    struct reader r = {share, malloc(SIZE), 0, false};
    for (int round = 0; round < 60; round++) {
        const bool memory_is_short = round & 1;
        pthread_t thread;
        r.give_up = round & 2;
        memcpy(before, bytes, SIZE);
        ck_assert_int_eq(gb_share_begin(share, bytes, SIZE, NULL), GB_OK);
        if (memory_is_short) gb_alloc_fail_after(0);
        ck_assert_int_eq(pthread_create(&thread, NULL, reads, &r), 0);
        for (int k = 0; k < 20; k++) change(share, bytes, 5000, &rng);
        pthread_join(thread, NULL);
        gb_alloc_fail_after(-1);
        if (r.give_up) continue;
        ck_assert_uint_eq(r.n, SIZE);
        ck_assert(!memcmp(r.out, before, SIZE));
    }
    gb_share_destroy(share);
    free(bytes), free(before), free(r.out);
}
END_TEST

Suite *share_suite(void);
Suite *share_suite(void) {
    const TTest *const tests[] = {what_is_read_is_what_was_there, one_reading_at_a_time,
                                  another_thread_reads, NULL};
    return test_suite("share", tests, 60);
}
