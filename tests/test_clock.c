/* The clock of a run, read back from its event file: whole, cut and damaged. */
#include "metrics.h"
#include "support.h"
#include "tfrecord.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char path[128];

/* Writes a run of `rows` rows; row i is of step 100 i and second i + 0.5. */
static char *write_run(int rows, size_t *n) {
    gb_err err;
    gb_metrics *m = gb_metrics_create(test_folder(), &err);
    ck_assert(m != NULL);
    for (int i = 0; i < rows; i++) {
        const gb_metric figure[] = {{"return", 1}};
        const gb_metric timing[] = {{"steps_per_s", 7}, {"seconds", i + 0.5}};
        ck_assert_int_eq(gb_metrics_row(m, 100 * i, figure, 1, timing, 2, &err), GB_OK);
    }
    gb_metrics_close(m);
    gb_format(path, sizeof path, "%s/events.out.tfevents.gibbs", test_folder());
    return test_read(path, n);
}

static void check_rows(const gb_clock *clock) {
    for (int i = 0; i < clock->n; i++)
        ck_assert(clock->step[i] == 100 * i && clock->seconds[i] == i + 0.5);
}

START_TEST(test_whole) {
    size_t n;
    gb_clock clock;
    gb_err err;
    free(write_run(5, &n));
    ck_assert_int_eq(gb_clock_read(test_folder(), &clock, &err), GB_OK);
    ck_assert_int_eq(clock.n, 5);
    check_rows(&clock);
    gb_clock_free(&clock);
}
END_TEST

/* Half of a record at the end is what a running program has written of it so far. */
START_TEST(test_cut) {
    size_t n;
    char *bytes = write_run(3, &n);
    int before = 0;
    for (size_t k = 0; k <= n; k++) {
        gb_clock clock;
        gb_err err = {""};
        test_write(path, bytes, k);
        ck_assert_msg(gb_clock_read(test_folder(), &clock, &err) == GB_OK, "%zu: %s", k, err.msg);
        ck_assert(clock.n == before || clock.n == before + 1);
        before = clock.n;
        check_rows(&clock);
        gb_clock_free(&clock);
    }
    ck_assert_int_eq(before, 3);
    free(bytes);
}
END_TEST

/* A flipped bit anywhere is seen: each byte is under a checksum, or is one. */
START_TEST(test_damage) {
    size_t n;
    char *bytes = write_run(3, &n);
    for (size_t k = 0; k < n; k++) {
        gb_clock clock;
        gb_err err = {""};
        bytes[k] ^= (char)(1 << k % 8);
        test_write(path, bytes, n);
        ck_assert_int_eq(gb_clock_read(test_folder(), &clock, &err), GB_FAIL);
        ck_assert_msg(strstr(err.msg, "damaged at byte") && strstr(err.msg, path), "%s", err.msg);
        bytes[k] ^= (char)(1 << k % 8);
    }
    free(bytes);
}
END_TEST

/* Sound records of other contents: no event, an event without values, a length beyond the file. */
START_TEST(test_foreign) {
    unsigned char record[64] = {0};
    gb_clock clock;
    gb_err err = {""};
    size_t n;
    free(write_run(0, &n));
    memset(record + GB_TFRECORD_HEAD, 0xff, 8);
    gb_tfrecord_seal(record, 8);
    test_write(path, record, GB_TFRECORD_HEAD + 8 + GB_TFRECORD_TAIL);
    ck_assert_int_eq(gb_clock_read(test_folder(), &clock, &err), GB_FAIL);
    test_write(path, "", 0);
    ck_assert_int_eq(gb_clock_read(test_folder(), &clock, &err), GB_OK);
    ck_assert_int_eq(clock.n, 0);
    gb_clock_free(&clock);
    remove(path);
    ck_assert_int_eq(gb_clock_read(test_folder(), &clock, &err), GB_FAIL);
    ck_assert_msg(strstr(err.msg, path) != NULL, "%s", err.msg);
}
END_TEST

START_TEST(test_memory) {
    size_t n;
    gb_clock clock;
    free(write_run(2, &n));
    for (int after = 0; after < 3; after++) {
        gb_err err = {""};
        gb_alloc_fail_after(after);
        ck_assert_int_eq(gb_clock_read(test_folder(), &clock, &err), GB_FAIL);
        gb_alloc_fail_after(-1);
        ck_assert_msg(strstr(err.msg, "memory") != NULL, "%s", err.msg);
    }
}
END_TEST

Suite *clock_suite(void);
Suite *clock_suite(void) {
    const TTest *const tests[] = {test_whole,   test_cut,    test_damage,
                                  test_foreign, test_memory, NULL};
    return test_suite("clock", tests, 60);
}
