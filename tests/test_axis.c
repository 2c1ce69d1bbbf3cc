/* The arithmetic of charts' axes: ranges, ticks, numbers. */
#include "support.h"

#ifdef GB_CAIRO

#include "chart_axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The major ticks' texts, with a blank between them. */
static const char *texts(bool log, double low, double high, int most, bool whole) {
    static char text[GB_TICKS * GB_TICK_TEXT];
    gb_ticks ticks;
    text[0] = 0;
    gb_ticks_make(&(gb_scale){log, low, high}, most, whole, &ticks);
    for (int i = 0; i < ticks.n && !ticks.tick[i].minor; i++) {
        if (i) strcat(text, " ");
        strcat(text, ticks.tick[i].text);
    }
    return text;
}

START_TEST(test_known_ticks) {
    static const struct {
        bool log;
        double low, high;
        int most;
        bool whole;
        const char *texts;
    } cases[] = {
        {false, 0, 1, 6, false, "0 0.2 0.4 0.6 0.8 1.0"},
        {false, 0, 1, 2, false, "0 1"},
        {false, 0, 1, 6, true, "0 1"},
        {false, -1700, 0, 5, false, "-1500 -1000 -500 0"},
        {false, 0, 100000, 6, false, "0 20k 40k 60k 80k 100k"},
        {false, 0, 20000, 5, false, "0 5k 10k 15k 20k"},
        {false, 0, 2e6, 5, false, "0 0.5M 1.0M 1.5M 2.0M"},
        {false, 0, 3e9, 4, false, "0 1G 2G 3G"},
        {false, 0, 9000, 4, false, "0 5000"},
        {false, 0, 4e-8, 5, false, "0 1e-8 2e-8 3e-8 4e-8"},
        {false, 0, 5e-5, 3, false, "0 2e-5 4e-5"},
        {false, 0, 1.6e20, 4, false, "0 5e19 1e20 1.5e20"},
        {false, 1000001, 1000002, 3, false, "1000001.0 1000001.5 1000002.0"},
        {false, 0.3, 0.30002, 3, false, "0.30000 0.30001 0.30002"},
        {false, -1e300, 1e300, 3, false, "-1e300 0 1e300"},
        {true, 1, 1000, 5, false, "1 10 100 1000"},
        {true, 1, 1e6, 10, false, "1 10 100 1k 10k 100k 1M"},
        {true, 1e-8, 1, 10, false, "1e-8 1e-7 1e-6 1e-5 1e-4 1e-3 1e-2 1e-1 1"},
        {true, 1e-12, 1, 7, false, "1e-12 1e-10 1e-8 1e-6 1e-4 1e-2 1"},
        {true, 1e-12, 1, 4, false, "1e-10 1e-5 1"},
        {true, 0.01, 10, 5, false, "0.01 0.1 1 10"},
        {true, 1, 50, 6, false, "1 2 5 10 20 50"},
        {true, 2, 5, 4, false, "2 3 4 5"},
        {true, 1.1, 1.4, 4, false, "1.1 1.2 1.3 1.4"},
        {true, 1e-300, 1e300, 4, false, "1e-200 1 1e200"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(texts(cases[i].log, cases[i].low, cases[i].high, cases[i].most,
                               cases[i].whole),
                         cases[i].texts);
}
END_TEST

/* Reads a tick's text as a person does. */
static double read_back(const char *text) {
    static const char letters[] = "kMGT";
    char *end;
    double value = strtod(text, &end);
    const char *letter = *end ? strchr(letters, *end) : NULL;
    ck_assert_msg(!*end || (letter && !end[1]), "%s", text);
    return letter ? value * pow(1000, (double)(letter - letters + 1)) : value;
}

static void check_ticks(const gb_scale *scale, int most) {
    gb_ticks ticks;
    int majors = 0;
    gb_ticks_make(scale, most, false, &ticks);
    while (majors < ticks.n && !ticks.tick[majors].minor) majors++;
    ck_assert_msg(majors <= most, "%d of %d on %g..%g", majors, most, scale->low, scale->high);
    if (most >= 3) ck_assert_msg(majors >= 1, "none on %g..%g", scale->low, scale->high);
    for (int i = 0; i < ticks.n; i++) {
        const gb_tick *tick = &ticks.tick[i];
        double at = gb_scale_at(scale, tick->value);
        ck_assert_msg(at > -1e-6 && at < 1 + 1e-6, "%g of %g..%g", tick->value, scale->low,
                      scale->high);
        if (i && i != majors) ck_assert(tick->value > tick[-1].value);
        if (i >= majors) ck_assert(tick->minor && !tick->text[0]);
        if (i >= majors) continue;
        double step = majors > 1
                          ? fabs(ticks.tick[i ? i : 1].value - ticks.tick[i ? i - 1 : 0].value)
                          : fabs(tick->value);
        double error = fabs(read_back(tick->text) - tick->value);
        ck_assert_msg(error <= 0.01 * step + 1e-9 * fabs(tick->value), "%s for %.17g", tick->text,
                      tick->value);
        if (i) ck_assert_str_ne(tick->text, tick[-1].text);
    }
}

/* On axes of any range ticks are few, inside, in order, and say what they stand for. */
START_TEST(test_ticks_of_any_range) {
    srand(7);
    for (int i = 0; i < 5000; i++) {
        double size = pow(10, 600.0 * rand() / RAND_MAX - 300), from = 2.0 * rand() / RAND_MAX - 1;
        double a = size * from, b = size * (2.0 * rand() / RAND_MAX - 1);
        if (i % 3 == 0) b = a * (1 + pow(10, -8.0 * rand() / RAND_MAX));
        if (i % 2) a = fabs(a), b = fabs(b) * pow(10, rand() % 30 - 15);
        double low = fmin(a, b), high = fmax(a, b);
        gb_scale scale = gb_scale_fit(i % 2, low, high, 0);
        ck_assert(scale.low < scale.high && isfinite(scale.high - scale.low));
        check_ticks(&scale, 1 + rand() % 12);
    }
}
END_TEST

START_TEST(test_ranges) {
    gb_scale s = gb_scale_fit(false, 0, 10, 0.1);
    ck_assert_double_eq_tol(s.low, -1, 1e-12);
    ck_assert_double_eq_tol(s.high, 11, 1e-12);
    s = gb_scale_fit(false, -200, -200, 0.1); /* no extent: in the middle */
    ck_assert_double_eq_tol(gb_scale_at(&s, -200), 0.5, 1e-12);
    s = gb_scale_fit(false, 0, 0, 0.1);
    ck_assert(s.low == -1 && s.high == 1);
    s = gb_scale_fit(true, 1e-4, 1e-4, 0);
    ck_assert_double_eq_tol(gb_scale_at(&s, 1e-4), 0.5, 1e-9);
    s = gb_scale_fit(false, INFINITY, -INFINITY, 0.1); /* no data */
    ck_assert(s.low < s.high);
    s = gb_scale_fit(true, INFINITY, -INFINITY, 0.1);
    ck_assert(s.low > 0 && s.low < s.high);
    s = gb_scale_fit(false, -1.7e308, 1.7e308, 0);
    ck_assert(isfinite(s.high - s.low));
    s = gb_scale_fit(true, 5e-324, 1.7e308, 0.05); /* whose quotient is no number */
    ck_assert(s.low > 0 && isfinite(s.high));
    ck_assert_double_eq_tol(gb_scale_at(&s, 1), 0.5, 1e-9);
    check_ticks(&s, 6);
    s = gb_scale_fit(false, 0, 5e-324, 0);
    ck_assert(s.low < s.high);
}
END_TEST

START_TEST(test_places) {
    const gb_scale linear = {false, 10, 20}, log = {true, 1, 100};
    ck_assert_double_eq(gb_scale_at(&linear, 15), 0.5);
    ck_assert_double_eq(gb_scale_at(&linear, 30), 2);
    ck_assert_double_eq_tol(gb_scale_at(&log, 10), 0.5, 1e-12);
    ck_assert(gb_scale_at(&log, 0) == -INFINITY && gb_scale_at(&log, -3) == -INFINITY);
    ck_assert(isnan(gb_scale_at(&log, NAN)) && isnan(gb_scale_at(&linear, NAN)));
}
END_TEST

Suite *axis_suite(void);
Suite *axis_suite(void) {
    const TTest *const tests[] = {test_known_ticks, test_ticks_of_any_range, test_ranges,
                                  test_places, NULL};
    return test_suite("axis", tests, 60);
}

#else

Suite *axis_suite(void);
Suite *axis_suite(void) {
    return suite_create("axis");
}

#endif
