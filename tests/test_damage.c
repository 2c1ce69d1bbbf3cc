/* Damaged checkpoints: none gets as far as a visit. */
#include "archive_things.h"

#include <stdlib.h>

/* Returns whether n bytes are refused, with a message that names the file and a way out. */
static bool refused(const char *bytes, size_t n) {
    gb_err err = {""};
    char *exact = malloc(n ? n : 1); /* so that the sanitizer sees a read beyond the end */
    memcpy(exact, bytes, n);
    gb_archive *a = gb_archive_parse(exact, n, "runs/x.safetensors", &err);
    free(exact);
    bool ok = !a && !strncmp(err.msg, "runs/x.safetensors: ", 20) &&
              strstr(err.msg, "; use an older checkpoint or train again") && !strchr(err.msg, '\n');
    gb_archive_close(a);
    return ok;
}

START_TEST(test_every_flipped_bit_is_found) {
    char *bytes;
    size_t n;
    save_things(&bytes, &n);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        if (!refused(bytes, n)) ck_abort_msg("bit %zu of %zu bytes", bit, n);
        bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    ck_assert(!refused(bytes, n));
    free(bytes);
}
END_TEST

START_TEST(test_every_cut_is_found) {
    char *bytes;
    size_t n;
    save_things(&bytes, &n);
    for (size_t cut = 0; cut < n; cut++)
        if (!refused(bytes, cut)) ck_abort_msg("cut to %zu of %zu bytes", cut, n);
    free(bytes);
}
END_TEST

START_TEST(test_extra_bytes_are_found) {
    char *bytes;
    size_t n;
    save_things(&bytes, &n);
    char *more = calloc(n + 100, 1);
    memcpy(more, bytes, n);
    for (size_t extra = 1; extra < 100; extra++) {
        ck_assert(refused(more, n + extra));
        if (extra % 8) continue;
        mend(more, n + extra); /* also with a checksum that fits */
        ck_assert(refused(more, n + extra));
        memcpy(more, bytes, n);
    }
    free(more);
    free(bytes);
}
END_TEST

/* Makes a file of a header and data_n zero bytes, with the right length and checksum. The header
 * goes on from the fixed beginning of our files. */
static char *make_file(const char *rest, size_t rest_n, size_t data_n, size_t *n) {
    const char *begin =
        "{\"__metadata__\":{\"format\":\"gibbs-checkpoint-1\",\"crc32c\":\"00000000\"";
    uint64_t length = strlen(begin) + rest_n;
    *n = 8 + length + data_n;
    char *bytes = calloc(*n + 1, 1);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, begin, strlen(begin));
    memcpy(bytes + 8 + strlen(begin), rest, rest_n);
    mend(bytes, *n);
    return bytes;
}

static bool header_refused(const char *rest, size_t data_n) {
    size_t n;
    char *bytes = make_file(rest, strlen(rest), data_n, &n);
    bool result = refused(bytes, n);
    free(bytes);
    return result;
}

#define ENTRY(name, type, shape, place)                                                            \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":[" shape "],\"data_offsets\":[" place "]}"

#define N32       "a_name_of_thirty_two_letters_32_"
#define LONG_NAME N32 N32 N32 N32

START_TEST(test_headers_that_hold) {
    ck_assert(!header_refused("}}", 0));
    ck_assert(!header_refused("}}   ", 0));
    ck_assert(!header_refused("}," ENTRY("a", "F32", "2", "0,8") "}", 8));
    ck_assert(!header_refused("}," ENTRY("a", "F32", "1,2", "0,8") "}", 8));
    ck_assert(
        !header_refused("}," ENTRY("b", "U8", "1", "4,5") "," ENTRY("a", "I32", "1", "0,4") "}",
                        5));
    ck_assert(!header_refused("}," ENTRY("a", "F32", "0,7", "0,0") "}", 0));
}
END_TEST

/* All with a checksum that fits: as a program would write them that is wrong or means harm. */
START_TEST(test_headers_that_lie) {
    const struct {
        const char *rest;
        size_t data_n;
    } bad[] = {
        {"", 0},
        {"}", 0},
        {"}}{", 0},
        {"}} x", 0},
        {"},}", 0},
        {"},\"a\":1}", 0},
        {"},\"a\":{}}", 0},
        {"},\"__metadata__\":{}}", 0},
        {",\"x\":1}}", 0},
        {",\"x\":\"1\",\"x\":\"2\"}}", 0},
        {",\"crc32c\":\"00000000\"}}", 0},
        {"}," ENTRY("a", "F32", "2", "0,8") "}", 7},
        {"}," ENTRY("a", "F32", "2", "0,8") "}", 9},
        {"}," ENTRY("a", "F32", "1", "0,8") "}", 8},
        {"}," ENTRY("a", "F16", "4", "0,8") "}", 8},
        {"}," ENTRY("a", "text", "8", "0,8") "}", 8},
        {"}," ENTRY("a", "F32", "", "0,4") "}", 4},
        {"}," ENTRY("a", "F32", "", "0,0") "}", 0},
        {"}," ENTRY(LONG_NAME, "U8", "1", "0,1") "}", 1},
        {"}," ENTRY("a", "F32", "1,1,2", "0,8") "}", 8},
        {"}," ENTRY("a", "F32", "2.5", "0,10") "}", 10},
        {"}," ENTRY("a", "U8", "8.5", "0,8") "}", 8},
        {"}," ENTRY("a", "U8", "8", "0,8.5") "}", 8},
        {"}," ENTRY("a", "F32", "-2", "0,8") "}", 8},
        {"}," ENTRY("a", "F32", "\"2\"", "0,8") "}", 8},
        {"}," ENTRY("a", "F32", "2", "8,0") "}", 8},
        {"}," ENTRY("a", "F32", "2", "0") "}", 8},
        {"}," ENTRY("a", "F32", "2", "0,8,8") "}", 8},
        {"}," ENTRY("a", "F32", "2", "-8,0") "}", 8},
        {"}," ENTRY("a", "F32", "2", "0,1e300") "}", 8},
        {"}," ENTRY("a", "U8", "4294967296,4294967296", "0,0") "}", 0},
        {"}," ENTRY("a", "F64", "2305843009213693952", "0,0") "}", 0},
        {"}," ENTRY("a", "U8", "18446744073709551616", "0,0") "}", 0},
        {"}," ENTRY("a", "U8", "4", "0,4") "," ENTRY("b", "U8", "4", "2,6") "}", 6},
        {"}," ENTRY("a", "U8", "4", "0,4") "," ENTRY("b", "U8", "2", "6,8") "}", 8},
        {"}," ENTRY("a", "U8", "4", "0,4") "," ENTRY("b", "U8", "4", "0,4") "}", 4},
        {"}," ENTRY("a", "U8", "4", "4,8") "}", 8},
        {"}," ENTRY("a", "U8", "4", "0,4") "," ENTRY("a", "U8", "4", "4,8") "}", 8},
        {"}," ENTRY("a\xff", "U8", "4", "0,4") "}", 4},
        {"},\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0},
        {"},\"a\":{\"dtype\":8,\"shape\":[0],\"data_offsets\":[0,0]}}", 0},
        {"},\"a\":{\"dtype\":\"U8\",\"shape\":0,\"data_offsets\":[0,0]}}", 0},
        {"},\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":0}}", 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(header_refused(bad[i].rest, bad[i].data_n), "accepted: %s", bad[i].rest);
}
END_TEST

START_TEST(test_extreme_headers) {
    size_t n, size = 3 << 20;
    char *rest = malloc(size);
    /* nested very deep, a name very long, a zero byte, and a header above the limit */
    memset(rest, '[', size);
    memcpy(rest, "},\"a\":", 6);
    char *bytes = make_file(rest, size, 0, &n);
    ck_assert(refused(bytes, n));
    free(bytes);
    memset(rest, 'a', size);
    memcpy(rest, "},\"", 3);
    memcpy(rest + size - 6, "\":{}}", 5);
    rest[size - 1] = ' ';
    bytes = make_file(rest, size, 0, &n);
    ck_assert(refused(bytes, n));
    free(bytes);
    bytes = make_file("}\0}", 3, 0, &n);
    ck_assert(refused(bytes, n));
    free(bytes);
    size = (16 << 20) + 8;
    rest = realloc(rest, size);
    memset(rest, ' ', size);
    memcpy(rest, "}}", 2);
    bytes = make_file(rest, size, 0, &n);
    ck_assert(refused(bytes, n));
    free(bytes);
    bytes = make_file(rest, size / 2, 0, &n); /* it was not the blanks */
    ck_assert(!refused(bytes, n));
    for (int byte = 0; byte < 8; byte++) { /* a length far beyond the end */
        bytes[byte] ^= 0x70;
        ck_assert(refused(bytes, n));
        mend(bytes, n); /* also with a checksum that fits */
        ck_assert(refused(bytes, n));
        bytes[byte] ^= 0x70;
    }
    free(bytes);
    free(rest);
}
END_TEST

START_TEST(test_files_that_are_no_checkpoints) {
    const char *path = things_path();
    gb_err err = {""};
    ck_assert_ptr_null(gb_archive_open(path, &err));
    ck_assert_msg(!strncmp(err.msg, path, strlen(path)), "%s", err.msg);
    ck_assert_ptr_null(gb_archive_open("/tmp", &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "folder"));
    ck_assert_ptr_null(gb_archive_open("/dev/zero", &err));
    test_write(path, "", 0);
    ck_assert_ptr_null(gb_archive_open(path, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "not a checkpoint"));
    ck_assert(refused("PK\3\4 some archive of another kind, and long enough to be looked at", 66));
}
END_TEST

Suite *damage_suite(void);
Suite *damage_suite(void) {
    const TTest *const tests[] = {test_every_flipped_bit_is_found,
                                  test_every_cut_is_found,
                                  test_extra_bytes_are_found,
                                  test_headers_that_hold,
                                  test_headers_that_lie,
                                  test_extreme_headers,
                                  test_files_that_are_no_checkpoints,
                                  NULL};
    return test_suite("damage", tests, 60);
}
