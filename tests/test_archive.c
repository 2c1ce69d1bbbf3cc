/* Checkpoints: what is saved comes back, in a format that others read. */
#include "archive_things.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void check_things(gb_archive *a) {
    struct things t;
    memset(&t, 0, sizeof t);
    ck_assert(gb_archive_loading(a));
    archive_things(&t, a);
    gb_err err = {""};
    ck_assert_msg(gb_archive_status(a, &err) == GB_OK, "%s", err.msg);
    ck_assert_mem_eq(&t, &some_things, sizeof t);
}

START_TEST(test_round_trip) {
    char *bytes;
    size_t n;
    const char *path = save_things(&bytes, &n);
    gb_archive *a = gb_archive_open(path, NULL);
    ck_assert_ptr_nonnull(a);
    check_things(a);
    check_things(a); /* visits may be repeated */
    gb_archive_close(a);
    a = gb_archive_parse(bytes, n, "memory", NULL);
    ck_assert_ptr_nonnull(a);
    check_things(a);
    gb_archive_close(a);
    free(bytes);
    gb_archive_close(NULL);
}
END_TEST

START_TEST(test_equal_contents_make_equal_files) {
    char *a, *b;
    size_t n, m;
    save_things(&a, &n);
    save_things(&b, &m);
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(a, b, n);
    free(a);
    free(b);
}
END_TEST

START_TEST(test_an_empty_archive_is_a_file) {
    const char *path = things_path();
    gb_archive *a = gb_archive_create(NULL);
    ck_assert_int_eq(gb_archive_write(a, path, NULL), GB_OK);
    gb_archive_close(a);
    a = gb_archive_open(path, NULL);
    ck_assert_ptr_nonnull(a);
    gb_archive_close(a);
}
END_TEST

/* --- the format, as another program reads it --------------------------------------------------*/

static size_t header_length(const char *bytes) {
    uint64_t n;
    memcpy(&n, bytes, sizeof n);
    return (size_t)n;
}

static double number(const cJSON *array, int i) {
    return cJSON_GetArrayItem(array, i)->valuedouble;
}

START_TEST(test_file_is_safetensors) {
    char *bytes;
    size_t n;
    save_things(&bytes, &n);
    size_t length = header_length(bytes);
    ck_assert_uint_eq(length % 8, 0);
    cJSON *header = cJSON_ParseWithLength(bytes + 8, length);
    ck_assert_ptr_nonnull(header);
    double at = 0;
    int blocks = 0;
    for (cJSON *item = header->child; item; item = item->next) {
        if (!strcmp(item->string, "__metadata__")) continue;
        const cJSON *place = cJSON_GetObjectItem(item, "data_offsets"), *dim;
        const char *type = cJSON_GetObjectItem(item, "dtype")->valuestring;
        double size = strstr(type, "64") ? 8 : strstr(type, "32") ? 4 : 1;
        ck_assert_double_eq(number(place, 0), at); /* no gaps, in order */
        ck_assert_double_eq(fmod(at, size), 0);    /* aligned */
        at = number(place, 1);
        cJSON_ArrayForEach(dim, cJSON_GetObjectItem(item, "shape")) size *= dim->valuedouble;
        ck_assert_double_eq(size, at - number(place, 0));
        blocks++;
    }
    ck_assert_int_eq(blocks, 11);
    ck_assert_double_eq(at, (double)(n - 8 - length));
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(header, "outer.inner.x");
    ck_assert_str_eq(cJSON_GetObjectItem(x, "dtype")->valuestring, "F64");
    double value;
    memcpy(&value, bytes + 8 + length + (size_t)number(cJSON_GetObjectItem(x, "data_offsets"), 0),
           8);
    ck_assert(value == 0.1);
    const cJSON *matrix = cJSON_GetObjectItemCaseSensitive(header, "matrix");
    const cJSON *shape = cJSON_GetObjectItem(matrix, "shape");
    ck_assert_int_eq(cJSON_GetArraySize(shape), 2);
    ck_assert(number(shape, 0) == 2 && number(shape, 1) == 3);
    ck_assert_str_eq(cJSON_GetObjectItem(matrix, "dtype")->valuestring,
                     sizeof(gb_real) == 8 ? "F64" : "F32");
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(header, "__metadata__");
    ck_assert_str_eq(cJSON_GetObjectItem(meta, "format")->valuestring, "gibbs-checkpoint-1");
    ck_assert_str_eq(cJSON_GetObjectItem(meta, "gibbs")->valuestring, GB_VERSION);
    ck_assert_str_eq(cJSON_GetObjectItem(meta, "text")->valuestring, some_things.text);
    cJSON_Delete(header);
    free(bytes);
}
END_TEST

START_TEST(test_checksum_is_of_the_whole_file) {
    char *bytes;
    size_t n;
    save_things(&bytes, &n);
    char *same = malloc(n + 1);
    memcpy(same, bytes, n + 1);
    mend(same, n);
    ck_assert_mem_eq(same, bytes, n);
    free(same);
    free(bytes);
}
END_TEST

/* --- visits that do not fit -------------------------------------------------------------------*/

/* Loads with one wrong visit, and asserts that the message says what. */
#define CHECK_MISFIT(visit, message)                                                               \
    do {                                                                                           \
        gb_archive *a = gb_archive_parse(bytes, n, "x", NULL);                                     \
        gb_err err = {""};                                                                         \
        unsigned char room[64], before[64];                                                        \
        memset(room, 0x5a, sizeof room);                                                           \
        memcpy(before, room, sizeof room);                                                         \
        visit;                                                                                     \
        ck_assert_int_eq(gb_archive_status(a, &err), GB_FAIL);                                     \
        ck_assert_str_eq(err.msg, message);                                                        \
        ck_assert_mem_eq(room, before, sizeof room);                                               \
        gb_archive_close(a);                                                                       \
    } while (0)

START_TEST(test_visits_that_do_not_fit) {
    char *bytes;
    size_t n;
    save_things(&bytes, &n);
    CHECK_MISFIT(
        gb_archive_f32(a, "outer.x", (float *)(void *)room, 4),
        "x: outer.x is F32 [5] where F32 [4] is needed; use the options it was saved with");
    CHECK_MISFIT(
        gb_archive_i32(a, "outer.x", (int *)(void *)room, 5),
        "x: outer.x is F32 [5] where I32 [5] is needed; use the options it was saved with");
    CHECK_MISFIT(gb_archive_bytes(a, "bytes", room, 2),
                 "x: bytes is U8 [3] where U8 [2] is needed; use the options it was saved with");
    CHECK_MISFIT(gb_archive_bytes(a, "Bytes", room, 3),
                 "x: holds no Bytes; it was saved by another agent or version of gibbs");
    CHECK_MISFIT(gb_archive_bytes(a, "text", room, 3),
                 "x: holds no text; it was saved by another agent or version of gibbs");
    CHECK_MISFIT(gb_archive_text(a, "bytes", (char *)room, 64),
                 "x: holds no bytes; it was saved by another agent or version of gibbs");
    CHECK_MISFIT(gb_archive_text(a, "text", (char *)room, strlen(some_things.text)),
                 "x: the text text is too long; at most 7 bytes fit");
    if (sizeof(gb_real) == sizeof(float)) {
        CHECK_MISFIT(gb_archive_real(a, "matrix", (gb_real *)(void *)room, 3, 2),
                     "x: matrix is F32 [2, 3] where F32 [3, 2] is needed; use the options it was "
                     "saved with");
        CHECK_MISFIT(gb_archive_real(a, "matrix", (gb_real *)(void *)room, 6, 0),
                     "x: matrix is F32 [2, 3] where F32 [6] is needed; use the options it was "
                     "saved with");
    }
    /* the first failure stays, and later visits do nothing */
    CHECK_MISFIT((gb_archive_reject(a, "no %s", "luck"), gb_archive_reject(a, "again"),
                  gb_archive_bytes(a, "bytes", room, 3),
                  gb_archive_text(a, "text", (char *)room, 64)),
                 "no luck");
    free(bytes);
}
END_TEST

static void refuse_to_save(gb_archive *a, const char *why) {
    const char *path = things_path();
    gb_err err = {""};
    ck_assert_int_eq(gb_archive_write(a, path, &err), GB_FAIL);
    ck_assert_msg(strstr(err.msg, why) != NULL, "%s", err.msg);
    ck_assert(!gb_file_readable(path));
    gb_archive_close(a);
}

START_TEST(test_what_could_not_be_loaded_is_not_saved) {
    char x[4] = "", longer[200], latin[] = "\xe4";
    memset(longer, 'n', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    gb_archive *a = gb_archive_create(NULL);
    gb_archive_bytes(a, "x", x, 4);
    gb_archive_bytes(a, "x", x, 4);
    refuse_to_save(a, "x is saved twice");
    a = gb_archive_create(NULL);
    gb_archive_bytes(a, longer, x, 4);
    refuse_to_save(a, "too long");
    a = gb_archive_create(NULL);
    gb_archive_enter(a, longer);
    gb_archive_bytes(a, "x", x, 4);
    gb_archive_leave(a);
    refuse_to_save(a, "too long");
    a = gb_archive_create(NULL);
    gb_archive_text(a, "t", latin, sizeof latin);
    refuse_to_save(a, "not UTF-8");
    a = gb_archive_create(NULL);
    gb_archive_reject(a, "not now");
    refuse_to_save(a, "not now");
}
END_TEST

/* --- the machine ------------------------------------------------------------------------------*/

START_TEST(test_full_disk_leaves_the_old_checkpoint) {
    const char *path = save_things(NULL, NULL);
    static float big[4096];
    gb_err err = {""};
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit none, small;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &none), 0);
    small = none;
    small.rlim_cur = 6000;
    gb_archive *a = gb_archive_create(NULL);
    gb_archive_f32(a, "big", big, 4096);
    setrlimit(RLIMIT_FSIZE, &small); /* no assertions meanwhile: they write to a file as well */
    int code = gb_archive_write(a, path, &err);
    setrlimit(RLIMIT_FSIZE, &none);
    ck_assert_int_eq(code, GB_FAIL);
    gb_archive_close(a);
    ck_assert_msg(!strncmp(err.msg, path, strlen(path)), "%s", err.msg);
    a = gb_archive_open(path, &err);
    ck_assert_msg(a != NULL, "%s", err.msg);
    check_things(a);
    gb_archive_close(a);
    char folder[128];
    gb_format(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = 0;
    DIR *dir = opendir(folder);
    int entries = 0;
    for (struct dirent *entry; (entry = readdir(dir));) entries += entry->d_name[0] != '.';
    closedir(dir);
    ck_assert_int_eq(entries, 1);
}
END_TEST

/* Every allocation made to fail: an error each time, no crash, no leak. */
START_TEST(test_short_memory) {
    const char *path = save_things(NULL, NULL);
    struct things t = some_things;
    gb_err err = {""};
    int code = GB_FAIL;
    for (long after = 0; code != GB_OK; after++) {
        ck_assert_int_lt(after, 50);
        gb_alloc_fail_after(after);
        gb_archive *a = gb_archive_create(&err);
        if (a) archive_things(&t, a);
        code = a ? gb_archive_write(a, path, &err) : GB_FAIL;
        gb_archive_close(a);
        if (code != GB_OK) ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
    }
    gb_archive *in = NULL;
    for (long after = 0; !in; after++) {
        ck_assert_int_lt(after, 50);
        gb_alloc_fail_after(after);
        in = gb_archive_open(path, &err);
        if (!in) ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
    }
    gb_alloc_fail_after(-1);
    check_things(in);
    gb_archive_close(in);
}
END_TEST

Suite *archive_suite(void);
Suite *archive_suite(void) {
    const TTest *const tests[] = {test_round_trip,
                                  test_equal_contents_make_equal_files,
                                  test_an_empty_archive_is_a_file,
                                  test_file_is_safetensors,
                                  test_checksum_is_of_the_whole_file,
                                  test_visits_that_do_not_fit,
                                  test_what_could_not_be_loaded_is_not_saved,
                                  test_full_disk_leaves_the_old_checkpoint,
                                  test_short_memory,
                                  NULL};
    return test_suite("archive", tests, 60);
}
