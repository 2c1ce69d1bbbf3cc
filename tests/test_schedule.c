/* Schedules: what texts mean, and which are refused. */
#include "schedule.h"
#include "support.h"

#include <string.h>

static gb_schedule parsed(const char *text) {
    gb_schedule schedule = {0};
    gb_err err;
    ck_assert_msg(!gb_schedule_parse(&schedule, text, 0, 2, "--lr", &err), "%s", err.msg);
    return schedule;
}

START_TEST(each_notation) {
    gb_schedule s = parsed("3e-4");
    ck_assert_double_eq(gb_schedule_at(&s, 0, 100), 3e-4);
    ck_assert_double_eq(gb_schedule_at(&s, 77, 100), 3e-4);
    s = parsed("lin_1e-3");
    ck_assert_double_eq(gb_schedule_at(&s, 0, 100), 1e-3);
    ck_assert_double_eq_tol(gb_schedule_at(&s, 25, 100), 7.5e-4, 1e-18);
    ck_assert_double_eq(gb_schedule_at(&s, 100, 100), 0);
    s = parsed("1:0.5");
    ck_assert_double_eq(gb_schedule_at(&s, 50, 100), 0.75);
    ck_assert_double_eq(gb_schedule_at(&s, 100, 100), 0.5);
    s = parsed("0:1:0.1");
    ck_assert_double_eq_tol(gb_schedule_at(&s, 5, 100), 0.5, 1e-15);
    ck_assert_double_eq(gb_schedule_at(&s, 10, 100), 1);
    ck_assert_double_eq(gb_schedule_at(&s, 90, 100), 1);
}
END_TEST

START_TEST(beyond_the_run) {
    gb_schedule s = parsed("1:0.5");
    ck_assert_double_eq(gb_schedule_at(&s, 107, 100), 0.5); /* the last step may pass the end */
    ck_assert_double_eq(gb_schedule_at(&s, 50, 0), 1);      /* evaluation: no run at all */
}
END_TEST

START_TEST(other_texts_are_refused) {
    static const char *const bad[] = {"",      "x",        "1:",      ":1",     "1:2:3:4",
                                      "lin_",  "lin_1:2",  "1,2",     "1 :2",   " 1",
                                      "3",     "-1",       "1:3",     "1:-1",   "nan",
                                      "inf",   "1:0:0",    "1:0:1.5", "1:0:-1", "1:0:nan",
                                      "lin_3", "1:inf:.5", "lin_ 1",  "1e-3 ",  "Lin_1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gb_schedule s = {7, 7, 7};
        gb_err err = {""};
        ck_assert_msg(gb_schedule_parse(&s, bad[i], 0, 2, "--lr", &err) == GB_USAGE, "%s", bad[i]);
        ck_assert_ptr_eq(strstr(err.msg, "--lr "), err.msg);
        ck_assert_ptr_nonnull(strstr(err.msg, "; give "));
        ck_assert_double_eq(s.from, 7);
    }
}
END_TEST

Suite *schedule_suite(void) {
    const TTest *const tests[] = {each_notation, beyond_the_run, other_texts_are_refused, NULL};
    return test_suite("schedule", tests, 10);
}
