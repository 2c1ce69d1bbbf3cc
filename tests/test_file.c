/* Whole files: reading with limits, atomic writing, UTF-8. */
#include "file.h"
#include "support.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns how many entries folder has. */
static int entries(const char *folder) {
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(dir));) n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static const char *path_in(const char *folder, const char *name) {
    static char path[4][256];
    static int next;
    return gb_format(path[next = (next + 1) % 4], sizeof *path, "%s/%s", folder, name);
}

START_TEST(test_read_gives_bytes_and_a_zero) {
    const char *path = path_in(test_folder(), "a");
    size_t n = 99;
    test_write(path, "a\0b\n", 4);
    char *bytes = gb_file_read(path, 4, &n, NULL);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(n, 4);
    ck_assert_mem_eq(bytes, "a\0b\n", 5);
    gb_dealloc(bytes);
    test_write(path, "", 0);
    bytes = gb_file_read(path, 0, &n, NULL);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(n, 0);
    gb_dealloc(bytes);
}
END_TEST

static void refuse_read(const char *path, size_t limit, const char *why) {
    gb_err err = {""};
    size_t n;
    ck_assert_ptr_null(gb_file_read(path, limit, &n, &err));
    ck_assert_msg(!strncmp(err.msg, path, strlen(path)), "path not named: %s", err.msg);
    ck_assert_msg(strstr(err.msg, why) != NULL, "%s not said: %s", why, err.msg);
}

START_TEST(test_read_refuses) {
    const char *folder = test_folder();
    const char *path = path_in(folder, "five"), *fifo = path_in(folder, "fifo");
    test_write(path, "12345", 5);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    refuse_read(path, 4, "too large");
    refuse_read(folder, 100, "folder");
    refuse_read(fifo, 100, "pipe");
    refuse_read("/dev/zero", 100, "device");
    refuse_read("/nowhere/at/all", 100, "No such file");
    ck_assert(gb_file_readable(path));
    ck_assert(!gb_file_readable(folder));
    ck_assert(!gb_file_readable(fifo));
    ck_assert(!gb_file_readable("/nowhere/at/all"));
    ck_assert(!gb_file_readable(""));
    gb_alloc_fail_after(0);
    gb_err err = {""};
    size_t n;
    ck_assert_ptr_null(gb_file_read(path, 5, &n, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
}
END_TEST

START_TEST(test_write_replaces_and_leaves_nothing_else) {
    const char *folder = test_folder(), *path = path_in(folder, "a");
    for (int i = 0; i < 3; i++) {
        char text[8];
        gb_format(text, sizeof text, "try %d", i);
        ck_assert_int_eq(gb_write_file(path, text, strlen(text), NULL), GB_OK);
        char *back = test_read(path, NULL);
        ck_assert_str_eq(back, text);
        free(back);
        ck_assert_int_eq(entries(folder), 1);
    }
}
END_TEST

/* Pieces of all sizes around that of the buffer, and one put back in the midst of them. */
START_TEST(test_write_bit_by_bit) {
    static char bytes[400000];
    const char *path = path_in(test_folder(), "a");
    const size_t sizes[] = {1, 0, 65535, 1, 65536, 7, 65537, 200000, 3};
    size_t n = 0;
    gb_new_file file;
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * i >> 7);
    gb_new_file_begin(&file, path);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; n += sizes[i++]) {
        if (i == 5) gb_new_file_put(&file, 65530, "put back", 8);
        gb_new_file_add(&file, bytes + n, sizes[i]);
    }
    ck_assert_int_eq(entries(test_folder()), 1); /* under another name so far */
    ck_assert(access(path, F_OK));
    ck_assert_int_eq(gb_new_file_end(&file, NULL), GB_OK);
    memcpy(bytes + 65530, "put back", 8);
    size_t size;
    char *back = test_read(path, &size);
    ck_assert(size == n && !memcmp(back, bytes, n));
    free(back);
    ck_assert_int_eq(entries(test_folder()), 1);
}
END_TEST

START_TEST(test_write_refuses_where_it_cannot) {
    const char *folder = test_folder(), *path = path_in(folder, "a");
    test_write(path, "old", 3);
    /* below a file, in a folder that takes no files, in none, and over a folder */
    const char *bad[] = {path_in(folder, "a/b"), "/proc/gibbs-test", path_in(folder, "no/b"),
                         folder};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gb_err err = {""};
        ck_assert_int_eq(gb_write_file(bad[i], "new", 3, &err), GB_FAIL);
        ck_assert_msg(!strncmp(err.msg, bad[i], strlen(bad[i])), "path not named: %s", err.msg);
    }
    ck_assert_int_eq(entries(folder), 1);
}
END_TEST

START_TEST(test_full_disk_leaves_the_old_file) {
    const char *folder = test_folder(), *path = path_in(folder, "a");
    static char bytes[8192];
    gb_err err = {""};
    test_write(path, "old", 3);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit none, small;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &none), 0);
    small = none;
    small.rlim_cur = 5000;
    setrlimit(RLIMIT_FSIZE, &small); /* no assertions meanwhile: they write to a file as well */
    int code = gb_write_file(path, bytes, sizeof bytes, &err);
    setrlimit(RLIMIT_FSIZE, &none);
    ck_assert_int_eq(code, GB_FAIL);
    ck_assert_ptr_nonnull(strstr(err.msg, "File too large"));
    char *back = test_read(path, NULL);
    ck_assert_str_eq(back, "old");
    free(back);
    ck_assert_int_eq(entries(folder), 1);
}
END_TEST

START_TEST(test_utf8) {
    const char *good[] = {"",
                          "abc",
                          "\xc3\xa4",
                          "\xe2\x82\xac",
                          "\xf0\x9f\x8e\xb2",
                          "\xed\x9f\xbf",
                          "\xf4\x8f\xbf\xbf"};
    const char *bad[] = {
        "\x80",     "\xc3",         "\xc0\xaf",         "\xc1\x81",         "\xe0\x80\xaf",
        "\xe2\x82", "\xed\xa0\x80", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff",     "a\xc3z"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(gb_is_utf8(good[i], strlen(good[i])), "good %zu", i);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!gb_is_utf8(bad[i], strlen(bad[i])), "bad %zu", i);
    ck_assert(!gb_is_utf8("a\0b", 3));
    ck_assert(!gb_is_utf8("\xe2\x82\xac", 2)); /* what follows the end does not count */
}
END_TEST

Suite *file_suite(void);
Suite *file_suite(void) {
    const TTest *const tests[] = {test_read_gives_bytes_and_a_zero,
                                  test_read_refuses,
                                  test_write_replaces_and_leaves_nothing_else,
                                  test_write_bit_by_bit,
                                  test_write_refuses_where_it_cannot,
                                  test_full_disk_leaves_the_old_file,
                                  test_utf8,
                                  NULL};
    return test_suite("file", tests, 30);
}
