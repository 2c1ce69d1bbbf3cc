/* Errors, allocation, names and checksums. */
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(test_fail_writes_message_and_returns_code) {
    gb_err err;
    ck_assert_int_eq(gb_fail(&err, GB_USAGE, "%s: %d", "steps", 7), GB_USAGE);
    ck_assert_str_eq(err.msg, "steps: 7");
    ck_assert_int_eq(gb_fail(NULL, GB_FAIL, "nobody reads this"), GB_FAIL);
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    gb_fail(&err, GB_FAIL, "%s", text);
    ck_assert_uint_eq(strlen(err.msg), sizeof err.msg - 1);
}
END_TEST

START_TEST(test_assert_ends_the_process) {
    fflush(NULL);
    pid_t pid = fork();
    if (!pid) {
        signal(SIGABRT, SIG_DFL);
        if (!freopen("/dev/null", "w", stderr)) _exit(2);
        GB_ASSERT(1 + 1 == 3);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

START_TEST(test_alloc_is_zeroed_and_aligned) {
    for (size_t n = 0; n < 300; n += 7) {
        unsigned char *p = gb_alloc(n, 3, NULL);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % 64, 0);
        for (size_t i = 0; i < 3 * n; i++) ck_assert_uint_eq(p[i], 0);
        memset(p, 0xff, 3 * n);
        gb_dealloc(p);
    }
    gb_dealloc(NULL);
}
END_TEST

START_TEST(test_alloc_refuses_what_overflows) {
    const size_t pairs[][2] = {{SIZE_MAX, 2},
                               {SIZE_MAX / 2 + 1, 2},
                               {SIZE_MAX - 10, 1},
                               {SIZE_MAX, SIZE_MAX}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        gb_err err = {""};
        ck_assert_ptr_null(gb_alloc(pairs[i][0], pairs[i][1], &err));
        ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
    }
}
END_TEST

START_TEST(test_alloc_can_be_made_to_fail) {
    gb_err err = {""};
    gb_alloc_fail_after(2);
    void *first = gb_alloc(1, 1, &err), *second = gb_alloc(1, 1, &err);
    ck_assert(first && second);
    ck_assert_str_eq(err.msg, "");
    ck_assert_ptr_null(gb_alloc(1, 1, &err));
    ck_assert_str_ne(err.msg, "");
    ck_assert_ptr_null(gb_alloc(1, 1, NULL));
    gb_alloc_fail_after(-1);
    void *third = gb_alloc(1, 1, &err);
    ck_assert_ptr_nonnull(third);
    gb_dealloc(first);
    gb_dealloc(second);
    gb_dealloc(third);
}
END_TEST

START_TEST(test_format_cuts_to_fit) {
    char text[6] = "";
    ck_assert_ptr_eq(gb_format(text, sizeof text, "%d-%s", 12, "abcdef"), text);
    ck_assert_str_eq(text, "12-ab");
}
END_TEST

START_TEST(test_names) {
    const char *good[] = {"a", "lr", "a_1", "value_iteration", "x2"};
    const char *bad[] = {"", "A", "1a", "_a", "a-b", "a b", "a.b", "\xc3\xa4", "aB"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) ck_assert(gb_is_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert(!gb_is_name(bad[i]));
    ck_assert(!gb_is_name(NULL));
}
END_TEST

/* Vectors of RFC 3720, B.4, and the usual check value. */
START_TEST(test_crc32c_known_values) {
    unsigned char bytes[32];
    ck_assert_uint_eq(gb_crc32c(0, "", 0), 0);
    ck_assert_uint_eq(gb_crc32c(0, "123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    ck_assert_uint_eq(gb_crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    ck_assert_uint_eq(gb_crc32c(0, bytes, 32), 0x62a8ab43);
    for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)i;
    ck_assert_uint_eq(gb_crc32c(0, bytes, 32), 0x46dd794e);
    for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)(31 - i);
    ck_assert_uint_eq(gb_crc32c(0, bytes, 32), 0x113fdb5c);
}
END_TEST

START_TEST(test_crc32c_goes_on) {
    unsigned char bytes[67];
    for (int i = 0; i < 67; i++) bytes[i] = (unsigned char)(i * 37 + 11);
    uint32_t whole = gb_crc32c(0, bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        uint32_t head = gb_crc32c(0, bytes, cut);
        ck_assert_uint_eq(gb_crc32c(head, bytes + cut, sizeof bytes - cut), whole);
    }
}
END_TEST

Suite *base_suite(void);
Suite *base_suite(void) {
    const TTest *const tests[] = {test_fail_writes_message_and_returns_code,
                                  test_assert_ends_the_process,
                                  test_alloc_is_zeroed_and_aligned,
                                  test_alloc_refuses_what_overflows,
                                  test_alloc_can_be_made_to_fail,
                                  test_format_cuts_to_fit,
                                  test_names,
                                  test_crc32c_known_values,
                                  test_crc32c_goes_on,
                                  NULL};
    return test_suite("base", tests, 30);
}
