/* Statistics of episodes. */
#include "stats.h"
#include "support.h"

#include <math.h>
#include <stdio.h>

START_TEST(test_empty_statistics_are_unknown) {
    gb_stats stats = {0};
    ck_assert(isnan(gb_stats_return(&stats)));
    ck_assert(isnan(gb_stats_length(&stats)));
}
END_TEST

START_TEST(test_means_look_back_on_the_window) {
    gb_stats stats = {0};
    for (int i = 1; i <= 250; i++) {
        gb_stats_add(&stats, &(gb_episode){.ret = 2.0 * i, .length = i, .terminal = i % 2});
        int first = i > GB_STATS_WINDOW ? i - GB_STATS_WINDOW + 1 : 1;
        ck_assert_double_eq_tol(gb_stats_return(&stats), first + i, 1e-9);
        ck_assert_double_eq_tol(gb_stats_length(&stats), (first + i) / 2.0, 1e-9);
        ck_assert_int_eq(stats.episodes, i);
    }
}
END_TEST

START_TEST(test_statistics_are_saved_and_loaded) {
    char path[128];
    snprintf(path, sizeof path, "%s/s", test_folder());
    gb_stats stats = {0}, back = {0};
    for (int i = 0; i < 130; i++) gb_stats_add(&stats, &(gb_episode){.ret = sin(i), .length = i});
    gb_archive *out = gb_archive_create(NULL);
    gb_stats_archive(&stats, out);
    ck_assert_int_eq(gb_archive_write(out, path, NULL), GB_OK);
    gb_archive_close(out);
    gb_archive *in = gb_archive_open(path, NULL);
    gb_stats_archive(&back, in);
    ck_assert_int_eq(gb_archive_status(in, NULL), GB_OK);
    gb_archive_close(in);
    ck_assert_mem_eq(&stats, &back, sizeof stats);
    gb_stats_add(&stats, &(gb_episode){.ret = 3, .length = 1});
    gb_stats_add(&back, &(gb_episode){.ret = 3, .length = 1});
    ck_assert(gb_stats_return(&stats) == gb_stats_return(&back));
}
END_TEST

START_TEST(test_a_negative_count_is_refused) {
    char path[128];
    snprintf(path, sizeof path, "%s/s", test_folder());
    gb_stats stats = {.episodes = -1};
    gb_archive *out = gb_archive_create(NULL);
    gb_archive_i64(out, "episodes", &stats.episodes, 1);
    gb_archive_f64(out, "return", stats.ret, GB_STATS_WINDOW);
    gb_archive_f64(out, "length", stats.length, GB_STATS_WINDOW);
    ck_assert_int_eq(gb_archive_write(out, path, NULL), GB_OK);
    gb_archive_close(out);
    gb_archive *in = gb_archive_open(path, NULL);
    gb_stats_archive(&stats, in);
    ck_assert_int_eq(gb_archive_status(in, NULL), GB_FAIL);
    gb_archive_close(in);
}
END_TEST

START_TEST(test_summary) {
    const gb_episode episodes[] = {{-1, 10, true}, {4, 20, false}, {2, 30, true}, {3, 60, true}};
    gb_summary s = gb_summarize(episodes, 4);
    ck_assert_int_eq(s.episodes, 4);
    ck_assert_double_eq_tol(s.return_mean, 2, 1e-12);
    ck_assert_double_eq_tol(s.return_std, sqrt(14 / 3.0), 1e-12); /* n - 1 */
    ck_assert_double_eq(s.return_min, -1);
    ck_assert_double_eq(s.return_max, 4);
    ck_assert_double_eq_tol(s.length_mean, 30, 1e-12);
    ck_assert_double_eq_tol(s.terminal_fraction, 0.75, 1e-12);
}
END_TEST

START_TEST(test_summary_of_one_has_no_spread) {
    gb_summary s = gb_summarize(&(gb_episode){-7.5, 3, false}, 1);
    ck_assert_double_eq(s.return_mean, -7.5);
    ck_assert_double_eq(s.return_std, 0);
    ck_assert_double_eq(s.return_min, -7.5);
    ck_assert_double_eq(s.return_max, -7.5);
    ck_assert_double_eq(s.length_mean, 3);
    ck_assert_double_eq(s.terminal_fraction, 0);
}
END_TEST

Suite *stats_suite(void);
Suite *stats_suite(void) {
    const TTest *const tests[] = {test_empty_statistics_are_unknown,
                                  test_means_look_back_on_the_window,
                                  test_statistics_are_saved_and_loaded,
                                  test_a_negative_count_is_refused,
                                  test_summary,
                                  test_summary_of_one_has_no_spread,
                                  NULL};
    return test_suite("stats", tests, 30);
}
