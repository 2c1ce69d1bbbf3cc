/* Where the parts of a chart stand: panels and numbers do not touch, the legend covers nothing. */
#include "support.h"

#ifdef GB_CAIRO

#include "chart_layout.h"
#include "chart_legend.h"
#include "chart_things.h"

#include <string.h>

static gb_pen start_pen(int w, int h) {
    gb_err err = {""};
    ck_assert_msg(gb_cairo_load(&err) == GB_OK, "%s", err.msg);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
    gb_pen pen = {cairo_create(surface), false, 12};
    cairo_surface_destroy(surface);
    return pen;
}

START_TEST(test_panels_do_not_touch) {
    fill();
    gb_chart_series series = {.name = "a", .x = steps, .y = rise, .n = N};
    gb_chart_panel panels[12];
    for (int i = 0; i < 12; i++)
        panels[i] = (gb_chart_panel){
            .title = "t", .x.label = "x", .y.label = "y", .series = &series, .n_series = 1};
    gb_pen pen = start_pen(1000, 700);
    for (int n = 1; n <= 12; n++)
        for (int columns = 0; columns <= 3; columns++) {
            gb_frame f[12];
            gb_chart chart = {.panels = panels, .n_panels = n, .columns = columns};
            gb_layout(&chart, &pen, (gb_box){10, 20, 900, 600}, f);
            for (int i = 0; i < n; i++) {
                gb_box b = f[i].plot.box;
                ck_assert(b.w > 60 && b.h > 10 && b.w == f[0].plot.box.w && b.h == f[0].plot.box.h);
                ck_assert(b.x > 10 && b.x + b.w < 910 && b.y > 20 && b.y + b.h < 640);
                for (int k = 0; k < i && b.h > 20; k++) {
                    gb_box o = f[k].cell;
                    bool apart = b.x >= o.x + o.w - 1e-6 || o.x >= b.x + b.w - 1e-6 ||
                                 b.y >= o.y + o.h - 1e-6 || o.y >= b.y + b.h - 1e-6;
                    ck_assert_msg(apart, "panels %d and %d of %d", k, i, n);
                }
            }
        }
    cairo_destroy(pen.cairo);
}
END_TEST

START_TEST(test_numbers_do_not_touch) {
    static const double most[] = {1, 7, 1000, 123456, 1e7, 3e-9};
    gb_pen pen = start_pen(1000, 700);
    for (int k = 0; k < 6; k++)
        for (int log = 0; log < 2; log++)
            for (double w = 120; w < 1000; w *= 1.3) {
                double xy[] = {most[k] * 1e-9 * !log + most[k] * 1e-5 * log, most[k]};
                gb_chart_series series = {.x = xy, .y = xy, .n = 2};
                gb_chart_panel panel = {.x.log = log,
                                        .y.log = log,
                                        .series = &series,
                                        .n_series = 1};
                gb_chart chart = {.panels = &panel, .n_panels = 1};
                gb_frame f;
                gb_layout(&chart, &pen, (gb_box){0, 0, w, w}, &f);
                ck_assert_int_gt(f.x.n, 0);
                double end = -1e9;
                for (int i = 0; i < f.x.n && !f.x.tick[i].minor; i++) {
                    double at = f.plot.box.w * gb_scale_at(&f.plot.x, f.x.tick[i].value);
                    double half = gb_pen_width(&pen, gb_tick_font, f.x.tick[i].text) / 2;
                    ck_assert_double_gt(at - half, end + 3);
                    end = at + half;
                }
            }
    cairo_destroy(pen.cairo);
}
END_TEST

/* The legend in the panel covers neither lines nor bands; where there is no such place it is not
 * in the panel. */
START_TEST(test_legend_covers_nothing) {
    fill();
    gb_pen pen = start_pen(600, 400);
    gb_chart_series series[] = {
        {.name = "rise", .x = steps, .y = rise, .low = low, .high = high, .n = N},
        {.name = "fall", .x = steps, .y = fall, .n = N},
        {.name = "again", .x = steps, .y = rise, .n = N}};
    gb_plot plot = {{50, 10, 500, 350}, {false, 0, 99}, {false, -20, 120}};
    int placed = 0;
    for (int shift = -80; shift <= 80; shift += 5) {
        plot.y = (gb_scale){false, -20 + shift, 120 + shift};
        gb_chart_panel panel = {.series = series, .n_series = 3};
        gb_chart chart = {.panels = &panel, .n_panels = 1};
        gb_legend legend;
        gb_box box;
        gb_legend_make(&legend, &chart, &pen);
        ck_assert_int_eq(legend.n, 3);
        if (!gb_legend_place(&legend, &pen, &plot, &panel, &box)) continue;
        placed++;
        ck_assert(box.x >= 50 && box.y >= 10 && box.x + box.w <= 550 && box.y + box.h <= 360);
        for (double t = 0; t <= 99; t += 0.25) {
            double px = 50 + 500 * t / 99;
            if (px < box.x || px > box.x + box.w) continue;
            const double edges[][2] = {{t - 15, t + 15}, {99 - t, 99 - t}};
            for (int k = 0; k < 2; k++) {
                double top = 10 + 350 * (1 - gb_scale_at(&plot.y, edges[k][1]));
                double bottom = 10 + 350 * (1 - gb_scale_at(&plot.y, edges[k][0]));
                ck_assert_msg(bottom < box.y || top > box.y + box.h, "at %g, shift %d", t, shift);
            }
        }
    }
    ck_assert_int_gt(placed, 5);
    for (int i = 0; i < N; i++) low[i] = -200, high[i] = 300;
    gb_chart_panel full = {.series = series, .n_series = 1};
    gb_chart chart = {.panels = &full, .n_panels = 1};
    gb_legend legend;
    gb_box box;
    gb_legend_make(&legend, &chart, &pen);
    ck_assert(!gb_legend_place(&legend, &pen, &plot, &full, &box));
    ck_assert_double_gt(gb_legend_height(&legend, &pen, 500), 10);
    cairo_destroy(pen.cairo);
}
END_TEST

START_TEST(test_legend_names_once) {
    fill();
    gb_pen pen = start_pen(100, 100);
    gb_chart_series series[60];
    char names[60][8];
    for (int i = 0; i < 60; i++) {
        gb_format(names[i], 8, "n%d", i);
        series[i] = (gb_chart_series){.name = names[i], .x = steps, .y = rise, .n = N};
    }
    gb_chart_series unnamed[] = {{.x = steps, .y = rise, .n = N},
                                 {.name = "", .x = steps, .y = rise, .n = N}};
    gb_chart_level levels[] = {{"optimum", 3, 0}, {NULL, 4, 0}};
    gb_chart_panel panels[] = {{.series = series, .n_series = 3, .levels = levels, .n_levels = 2},
                               {.series = series, .n_series = 4, .levels = levels, .n_levels = 1},
                               {.series = unnamed, .n_series = 2}};
    gb_chart chart = {.panels = panels, .n_panels = 3};
    gb_legend legend;
    gb_legend_make(&legend, &chart, &pen);
    ck_assert_int_eq(legend.n, 5);
    ck_assert_str_eq(legend.entry[3].name, "n3");
    ck_assert_str_eq(legend.entry[4].name, "optimum");
    panels[0].n_series = 60;
    gb_legend_make(&legend, &chart, &pen);
    ck_assert_int_eq(legend.n, GB_CHART_ENTRIES);
    cairo_destroy(pen.cairo);
}
END_TEST

Suite *chart_layout_suite(void);
Suite *chart_layout_suite(void) {
    const TTest *const tests[] = {test_panels_do_not_touch, test_numbers_do_not_touch,
                                  test_legend_covers_nothing, test_legend_names_once, NULL};
    return test_suite("chart_layout", tests, 120);
}

#else

Suite *chart_layout_suite(void);
Suite *chart_layout_suite(void) {
    return suite_create("chart_layout");
}

#endif
