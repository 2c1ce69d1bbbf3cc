/* archive_things.h - a checkpoint with one block of every kind, for the tests of archives. */
#ifndef GB_TESTS_ARCHIVE_THINGS_H
#define GB_TESTS_ARCHIVE_THINGS_H

#include "archive.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One of everything that an archive can hold. */
struct things {
    float f32[5];
    double f64[2];
    int i32[3];
    int64_t i64[1];
    uint64_t u64[2];
    unsigned char bytes[3];
    gb_real matrix[6], vector[2];
    gb_rng rng;
    char text[16];
};

static const struct things some_things = {.f32 = {1.5f, -0.0f, INFINITY, 1e-40f, 3.1415927f},
                                          .f64 = {0.1, -1e300},
                                          .i32 = {-1, 2147483647, -2147483647 - 1},
                                          .i64 = {INT64_MIN},
                                          .u64 = {UINT64_MAX, 1},
                                          .bytes = {0, 255, 10},
                                          .matrix = {1, 2, 3, 4, 5, 6},
                                          .vector = {7, 8},
                                          .rng = {0x123456789abcdef0, 0xfedcba9876543211},
                                          .text = "a \"b\"\n\xc3\xa4"};

/* The one function that saves and loads. */
static inline void archive_things(struct things *t, gb_archive *a) {
    gb_archive_bytes(a, "bytes", t->bytes, 3);
    gb_archive_text(a, "text", t->text, sizeof t->text);
    gb_archive_enter(a, "outer");
    gb_archive_f32(a, "x", t->f32, 5);
    gb_archive_enter(a, "inner");
    gb_archive_f64(a, "x", t->f64, 2);
    gb_archive_leave(a);
    gb_archive_i32(a, "y", t->i32, 3);
    gb_archive_leave(a);
    gb_archive_i64(a, "i64", t->i64, 1);
    gb_archive_u64(a, "u64", t->u64, 2);
    gb_archive_f32(a, "none", NULL, 0);
    gb_archive_real(a, "matrix", t->matrix, 2, 3);
    gb_archive_real(a, "vector", t->vector, 2, 0);
    gb_archive_real(a, "no_rows", NULL, 0, 7);
    gb_archive_rng(a, "rng", &t->rng);
}

/* Returns the path of the checkpoint that a test works on, in a folder of its own. */
static inline const char *things_path(void) {
    static char path[128];
    if (!*path) snprintf(path, sizeof path, "%s/checkpoint.safetensors", test_folder());
    return path;
}

/* Saves some things and returns the path; *bytes, if wanted, is what the file holds. */
static inline const char *save_things(char **bytes, size_t *n) {
    const char *path = things_path();
    struct things t;
    gb_err err = {""};
    memcpy(&t, &some_things, sizeof t); /* padding too: it is compared later */
    gb_archive *a = gb_archive_create(&err);
    ck_assert(!gb_archive_loading(a));
    archive_things(&t, a);
    ck_assert_msg(gb_archive_write(a, path, &err) == GB_OK, "%s", err.msg);
    gb_archive_close(a);
    if (bytes) *bytes = test_read(path, n);
    return path;
}

/* Writes the right checksum into a file whose bytes were changed. */
static inline void mend(char *bytes, size_t n) {
    char digits[9];
    char *at = strstr(bytes + 8, "\"crc32c\":\"") + 10;
    memcpy(at, "00000000", 8);
    memcpy(at, gb_format(digits, sizeof digits, "%08x", gb_crc32c(0, bytes, n)), 8);
}

#endif
