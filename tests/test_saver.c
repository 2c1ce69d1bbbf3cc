/* The thread that writes checkpoints. */
#include "saver.h"
#include "support.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int number[1000];

/* Returns an archive of `number`, frozen. */
static gb_archive *frozen(void) {
    gb_archive *archive = gb_archive_create(NULL);
    char text[] = "a text";
    gb_archive_i32(archive, "number", number, 1000);
    gb_archive_text(archive, "text", text, sizeof text);
    ck_assert_int_eq(gb_archive_freeze(archive, NULL), GB_OK);
    memset(text, '!', sizeof text);
    return archive;
}

/* Returns the first number in the checkpoint at path. */
static int number_in(const char *path) {
    static int x[1000];
    char text[16];
    gb_err err = {""};
    gb_archive *archive = gb_archive_open(path, &err);
    ck_assert_msg(archive != NULL, "%s", err.msg);
    gb_archive_i32(archive, "number", x, 1000);
    gb_archive_text(archive, "text", text, sizeof text);
    ck_assert_int_eq(gb_archive_status(archive, NULL), GB_OK);
    ck_assert_str_eq(text, "a text");
    gb_archive_close(archive);
    return x[0];
}

static const char *path_of(const char *name) {
    static char path[128];
    return gb_format(path, sizeof path, "%s/%s", test_folder(), name);
}

/* What comes before: waits until it may go on, and notes that it was there. */
struct gate {
    atomic_bool open;
    atomic_int passed;
    bool fail;
};

static int pass(void *context, gb_err *err) {
    struct gate *gate = context;
    while (!atomic_load(&gate->open)) sched_yield();
    atomic_fetch_add(&gate->passed, 1);
    return gate->fail ? gb_fail(err, GB_FAIL, "the gate: broken; mend it") : GB_OK;
}

START_TEST(what_was_handed_over_is_written_whatever_changes) {
    const char *path = path_of("a");
    gb_saver *saver = gb_saver_create(NULL);
    struct gate gate = {.open = false};
    ck_assert(gb_saver_idle(saver));
    ck_assert_int_eq(gb_saver_wait(saver, NULL), GB_OK); /* nothing was to be done */
    number[0] = 7;
    gb_saver_start(saver, frozen(), path, pass, &gate);
    number[0] = 8;
    ck_assert(!gb_saver_idle(saver)); /* nobody waited for it */
    ck_assert(access(path, F_OK));    /* and the gate comes first */
    atomic_store(&gate.open, true);
    ck_assert_int_eq(gb_saver_wait(saver, NULL), GB_OK);
    ck_assert(gb_saver_idle(saver));
    ck_assert_int_eq(gate.passed, 1);
    ck_assert_int_eq(number_in(path), 7);
    for (number[0] = 100; number[0] < 150; number[0]++) {
        gb_saver_start(saver, frozen(), path, NULL, NULL);
        ck_assert_int_eq(gb_saver_wait(saver, NULL), GB_OK);
        ck_assert_int_eq(number_in(path), number[0]);
    }
    ck_assert_double_gt(gb_saver_seconds(saver), 0);
    gb_saver_destroy(saver);
}
END_TEST

START_TEST(ending_waits_for_what_is_written) {
    const char *path = path_of("a");
    number[0] = 9;
    gb_saver *saver = gb_saver_create(NULL);
    gb_saver_start(saver, frozen(), path, NULL, NULL);
    gb_saver_destroy(saver);
    ck_assert_int_eq(number_in(path), 9);
    gb_saver_destroy(NULL);
}
END_TEST

/* The first failure is told each time, and what was on the disk stays. */
START_TEST(failures_stick) {
    const char *path = path_of("a");
    char nowhere[256];
    gb_err err = {""};
    gb_format(nowhere, sizeof nowhere, "%s/no/folder", test_folder());
    for (int broken_gate = 0; broken_gate < 2; broken_gate++) {
        struct gate gate = {.open = true, .fail = broken_gate};
        gb_saver *saver = gb_saver_create(NULL);
        number[0] = 10;
        gb_saver_start(saver, frozen(), path, NULL, NULL);
        ck_assert_int_eq(gb_saver_wait(saver, NULL), GB_OK);
        number[0] = 11;
        gb_saver_start(saver, frozen(), broken_gate ? path : nowhere, pass, &gate);
        ck_assert_int_eq(gb_saver_wait(saver, &err), GB_FAIL);
        ck_assert(gb_saver_failed(saver) && gb_saver_idle(saver));
        ck_assert_msg(strstr(err.msg, broken_gate ? "the gate" : nowhere) != NULL, "%s", err.msg);
        ck_assert_int_eq(number_in(path), 10);
        gb_saver_start(saver, frozen(), path, NULL, NULL);
        gb_err again = {""};
        ck_assert_int_eq(gb_saver_wait(saver, &again), GB_FAIL);
        ck_assert_str_eq(again.msg, err.msg);
        gb_saver_destroy(saver);
    }
}
END_TEST

START_TEST(what_failed_is_not_frozen) {
    gb_err err = {""};
    gb_archive *archive = gb_archive_create(NULL);
    gb_archive_reject(archive, "not now");
    ck_assert_int_eq(gb_archive_freeze(archive, &err), GB_FAIL);
    ck_assert_str_eq(err.msg, "not now");
    gb_archive_close(archive);
    archive = gb_archive_create(NULL);
    gb_archive_i32(archive, "number", number, 1000);
    gb_alloc_fail_after(0);
    ck_assert_int_eq(gb_archive_freeze(archive, &err), GB_FAIL);
    gb_alloc_fail_after(-1);
    ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
    gb_archive_close(archive);
}
END_TEST

Suite *saver_suite(void);
Suite *saver_suite(void) {
    const TTest *const tests[] = {what_was_handed_over_is_written_whatever_changes,
                                  ending_waits_for_what_is_written, failures_stick,
                                  what_failed_is_not_frozen, NULL};
    return test_suite("saver", tests, 60);
}
