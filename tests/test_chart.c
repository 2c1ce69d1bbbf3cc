/* Charts as pictures: where things stand, gaps and infinities, the legend, a golden picture. */
#include "support.h"

#ifdef GB_CAIRO

#include "chart.h"
#include "chart_layout.h"
#include "chart_legend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- pictures ---------------------------------------------------------------------------------*/

typedef struct picture {
    int w, h;
    uint8_t rgb[900 * 900 * 3];
} picture;

static void read_picture(const char *path, picture *p) {
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path);
    ck_assert_msg(!cairo_surface_status(surface), "%s is no picture", path);
    p->w = cairo_image_surface_get_width(surface);
    p->h = cairo_image_surface_get_height(surface);
    ck_assert_int_le(p->w * p->h * 3, (int)sizeof p->rgb);
    const unsigned char *data = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int i = 0; i < p->w * p->h; i++) {
        uint32_t pixel;
        memcpy(&pixel, data + i / p->w * stride + 4 * (i % p->w), 4);
        for (int k = 0; k < 3; k++) p->rgb[3 * i + k] = (uint8_t)(pixel >> 8 * (2 - k));
    }
    cairo_surface_destroy(surface);
}

/* Draws the chart and reads it back; the picture is valid until the next call. */
static const picture *draw(const gb_chart *chart) {
    static picture p;
    char path[128];
    gb_err err = {""};
    gb_format(path, sizeof path, "%s/a.png", test_folder());
    ck_assert_msg(gb_chart_write(chart, path, &err) == GB_OK, "%s", err.msg);
    read_picture(path, &p);
    return &p;
}

static bool is(const picture *p, int x, int y, const gb_theme *theme, int color) {
    return !memcmp(p->rgb + 3 * (y * p->w + x), &theme->color[color], 3);
}

/* Counts the pixels of a colour in columns [x0, x1). */
static int count(const picture *p, int x0, int x1, int color) {
    int n = 0;
    for (int y = 0; y < p->h; y++)
        for (int x = x0; x < x1; x++) n += is(p, x, y, &gb_theme_light, color);
    return n;
}

/* --- data -------------------------------------------------------------------------------------*/

enum { N = 100 };
static double x[N], rise[N], fall[N], low[N], high[N];

static void fill(void) {
    for (int i = 0; i < N; i++) {
        x[i] = i;
        rise[i] = i, low[i] = i - 15, high[i] = i + 15;
        fall[i] = 99 - i;
    }
}

/* --- gaps and infinities ----------------------------------------------------------------------*/

/* The box of what is blue: of the line that runs from corner to corner of the data. */
static gb_box frame_of(const picture *p) {
    int left = p->w, right = 0, top = p->h, bottom = 0;
    for (int i = 0; i < p->w * p->h; i++)
        if (is(p, i % p->w, i / p->w, &gb_theme_light, GB_BLUE)) {
            if (i % p->w < left) left = i % p->w;
            if (i % p->w > right) right = i % p->w;
            if (i / p->w < top) top = i / p->w;
            if (i / p->w > bottom) bottom = i / p->w;
        }
    return (gb_box){left, top, right - left, bottom - top};
}

START_TEST(test_gap) {
    fill();
    double y[N];
    memcpy(y, rise, sizeof y);
    gb_chart_series series = {.x = x, .y = y, .n = N};
    gb_chart_panel panel = {.series = &series, .n_series = 1};
    gb_chart chart = {.panels = &panel, .n_panels = 1, .width = 600, .height = 400};
    const picture *p = draw(&chart);
    gb_box box = frame_of(p);
    int from = (int)(box.x + 0.45 * box.w), to = (int)(box.x + 0.55 * box.w);
    ck_assert_int_gt(count(p, from, to, GB_BLUE), 10);
    static const double nowhere[] = {NAN, INFINITY, -INFINITY};
    for (int k = 0; k < 3; k++) {
        for (int i = 40; i < 60; i++) y[i] = nowhere[k];
        p = draw(&chart);
        ck_assert_int_eq(count(p, from, to, GB_BLUE), 0);
        ck_assert_int_gt(count(p, 0, from, GB_BLUE), 60);
        ck_assert_int_gt(count(p, to, p->w, GB_BLUE), 60);
    }
    static picture without;
    without = *p;
    y[50] = 50; /* alone between gaps: a dot */
    p = draw(&chart);
    int changed = 0;
    for (int i = 0; i < p->w * p->h; i++) {
        bool differs = memcmp(p->rgb + 3 * i, without.rgb + 3 * i, 3) != 0;
        ck_assert(!differs || (i % p->w > from && i % p->w < to));
        changed += differs;
    }
    ck_assert(changed >= 4 && changed < 40);
}
END_TEST

/* On a logarithmic axis a straight line is what was exponential, and zero is a gap. */
START_TEST(test_log_axis) {
    fill();
    double y[N];
    for (int i = 0; i < N; i++) y[i] = pow(10, -12.0 * i / (N - 1));
    gb_chart_series series = {.x = x, .y = y, .n = N};
    gb_chart_panel panel = {.y.log = true, .series = &series, .n_series = 1};
    gb_chart chart = {.panels = &panel, .n_panels = 1, .width = 600, .height = 400};
    const picture *p = draw(&chart);
    gb_box box = frame_of(p);
    for (int i = 1; i < 10; i++) { /* the line's middle in ten columns */
        int column = (int)(box.x + box.w * i / 10), sum = 0, n = 0;
        for (int row = (int)box.y - 2; row < box.y + box.h + 2;
             row++) /* blue, or half so at the line's rim */
            if (p->rgb[3 * (row * p->w + column)] < 128) sum += row, n++;
        ck_assert_int_gt(n, 0);
        ck_assert_double_eq_tol((double)sum / n, box.y + box.h * i / 10, 2.5);
    }
    for (int i = 40; i < 60; i++) y[i] = i % 2 ? 0 : -1;
    p = draw(&chart);
    ck_assert_int_eq(count(p, (int)(box.x + 0.45 * box.w), (int)(box.x + 0.55 * box.w), GB_BLUE),
                     0);
}
END_TEST

/* An infinite band reaches the panel's edge; it does not move the axis. */
START_TEST(test_infinite_band) {
    fill();
    gb_chart_series series = {.x = x, .y = rise, .low = low, .high = high, .n = N};
    gb_chart_panel panel = {.series = &series, .n_series = 1};
    gb_chart chart = {.panels = &panel, .n_panels = 1, .width = 600, .height = 400};
    static picture finite;
    finite = *draw(&chart);
    low[50] = -INFINITY, high[50] = INFINITY;
    const picture *p = draw(&chart);
    gb_box box = frame_of(p);
    int column = (int)(box.x + box.w * 50 / (N - 1) + 0.5), changed = 0;
    for (int i = 0; i < p->w * p->h; i++) {
        bool differs = abs(p->rgb[3 * i] - finite.rgb[3 * i]) > 8;
        changed += differs && abs(i % p->w - column) < 2;
        ck_assert(!differs || abs(i % p->w - column) < 20);
    }
    ck_assert_int_gt(changed, 200);
}
END_TEST

/* Nothing of what is far outside a given range is drawn beyond the panel, and nothing is lost. */
START_TEST(test_given_range_clips) {
    fill();
    double y[N];
    for (int i = 0; i < N; i++) y[i] = i % 2 ? 1e300 : -1e300;
    gb_chart_series series[] = {{.x = x, .y = y, .n = N}, {.x = x, .y = rise, .n = N, .color = 2}};
    gb_chart_panel panel = {.y = {.low = 40, .high = 60}, .series = series, .n_series = 2};
    gb_chart chart = {.panels = &panel, .n_panels = 1, .width = 600, .height = 400};
    const picture *p = draw(&chart);
    for (int y0 = 0; y0 < 4; y0++)
        for (int i = 0; i < p->w; i++) ck_assert(is(p, i, y0, &gb_theme_light, GB_PAPER));
    int right = count(p, p->w / 2 + 100, p->w, GB_RED), middle = count(p, 0, p->w, GB_RED);
    ck_assert(right == 0 && middle > 50);
}
END_TEST

/* Any numbers in any panel of any size give a picture. */
START_TEST(test_any_data) {
    static const double odd[] = {NAN, INFINITY, -INFINITY, 0,     -0.0, 1e308, -1e308,  5e-324,
                                 1,   -1,       1e-12,     1e300, 3,    2,     -5e-324, 1e17};
    static const int sizes[][2] = {{160, 160}, {160, 700}, {900, 160}, {480, 320}};
    double data[4][16];
    gb_chart_series series[2];
    gb_chart_panel panels[5];
    srand(3);
    for (int round = 0; round < 150; round++) {
        for (int i = 0; i < 64; i++) data[i / 16][i % 16] = odd[rand() % 16];
        for (int i = 0; round % 3 && i < 16; i++) data[0][i] = i;
        for (int k = 0; k < 2; k++)
            series[k] =
                (gb_chart_series){.name = k ? "a \xff name" : "\xc3\xa4, with a very long name",
                                  .x = data[0],
                                  .y = data[1 + k],
                                  .low = rand() % 2 ? data[2] : NULL,
                                  .high = data[3],
                                  .n = rand() % 17,
                                  .color = rand() % 20 - 1,
                                  .style = (gb_chart_style)(rand() % 3),
                                  .markers = rand() % 2};
        gb_chart_level level = {"level", odd[rand() % 16], 0};
        int n = 1 + rand() % 5;
        for (int k = 0; k < n; k++)
            panels[k] = (gb_chart_panel){
                .title = k ? "title" : "a title that is far too long for the width of any panel",
                .x = {"x", rand() % 2, rand() % 2, odd[rand() % 16], odd[rand() % 16]},
                .y = {"y", rand() % 2, rand() % 2, odd[rand() % 16], odd[rand() % 16]},
                .series = series,
                .n_series = rand() % 3,
                .levels = &level,
                .n_levels = rand() % 2};
        gb_chart chart = {.title = "any",
                          .subtitle = "\n\n",
                          .panels = panels,
                          .n_panels = n,
                          .footnote = "a footnote that is longer than one line of a small picture "
                                      "could ever hold, and has_a_word_of_great_length_in_it_too",
                          .columns = rand() % 4,
                          .width = sizes[round % 4][0],
                          .height = sizes[round % 4][1],
                          .dark = rand() % 2};
        ck_assert_int_eq(draw(&chart)->w, sizes[round % 4][0]);
    }
}
END_TEST

/* --- layout -----------------------------------------------------------------------------------*/

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
    gb_chart_series series = {.name = "a", .x = x, .y = rise, .n = N};
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
        {.name = "rise", .x = x, .y = rise, .low = low, .high = high, .n = N},
        {.name = "fall", .x = x, .y = fall, .n = N},
        {.name = "again", .x = x, .y = rise, .n = N}};
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
        series[i] = (gb_chart_series){.name = names[i], .x = x, .y = rise, .n = N};
    }
    gb_chart_series unnamed[] = {{.x = x, .y = rise, .n = N},
                                 {.name = "", .x = x, .y = rise, .n = N}};
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

/* --- the golden picture -----------------------------------------------------------------------*/

enum { TILE = 10 };

/* The mean difference of the means of tiles, 0..255: blind to fonts and edges, not to shapes. */
static double distance(const picture *a, const picture *b) {
    double sum = 0;
    int tiles = 0;
    ck_assert(a->w == b->w && a->h == b->h);
    for (int ty = 0; ty + TILE <= a->h; ty += TILE)
        for (int tx = 0; tx + TILE <= a->w; tx += TILE)
            for (int k = 0; k < 3; k++, tiles++) {
                int difference = 0;
                for (int i = 0; i < TILE * TILE; i++) {
                    int at = 3 * ((ty + i / TILE) * a->w + tx + i % TILE) + k;
                    difference += a->rgb[at] - b->rgb[at];
                }
                sum += abs(difference) / (double)(TILE * TILE);
            }
    return sum / tiles;
}

/* tests/golden/chart.png is this chart: this test leaves it as chart.png in the build's tests
 * folder. Mended fonts move it by less than 1; a missing band, another colour or scale by much
 * more. */
START_TEST(test_golden) {
    static picture golden;
    double fast[N];
    fill();
    for (int i = 0; i < N; i++) {
        fast[i] = 100 * (1 - exp(-i / 10.0)), low[i] = fast[i] - 40, high[i] = fast[i] + 40;
    }
    gb_chart_series series[] = {
        {.name = "fast", .x = x, .y = fast, .low = low, .high = high, .n = N},
        {.name = "linear", .x = x, .y = rise, .n = N, .markers = true},
        {.name = "theory", .x = x, .y = fall, .n = N, .style = GB_CHART_DASHED}};
    gb_chart_level level = {"solved", 90, 0};
    gb_chart_panel panel[] = {
        {.title = "one",
         .x.label = "steps",
         .y.label = "return",
         .series = series,
         .n_series = 3,
         .levels = &level,
         .n_levels = 1},
        {.title = "two", .x.label = "steps", .y.log = true, .series = series, .n_series = 2}};
    gb_chart chart = {.title = "golden",
                      .panels = panel,
                      .n_panels = 2,
                      .width = 800,
                      .height = 400,
                      .footnote = "a footnote"};
    gb_err err = {""};
    ck_assert_int_eq(gb_chart_write(&chart, GB_BUILD "/tests/chart.png", &err), GB_OK);
    read_picture("tests/golden/chart.png", &golden);
    ck_assert_double_lt(distance(draw(&chart), &golden), 1);

    /* the distance sees what matters */
    panel[1].y.log = false;
    ck_assert_double_gt(distance(draw(&chart), &golden), 2);
    panel[1].y.log = true, series[0].low = NULL;
    ck_assert_double_gt(distance(draw(&chart), &golden), 2);
    series[0].low = low, series[0].color = 3;
    ck_assert_double_gt(distance(draw(&chart), &golden), 1);
    series[0].color = 0, chart.dark = true;
    ck_assert_double_gt(distance(draw(&chart), &golden), 50);
}
END_TEST

/* --- files ------------------------------------------------------------------------------------*/

START_TEST(test_svg) {
    fill();
    char path[128];
    gb_err err;
    gb_chart_series series = {.name = "a", .x = x, .y = rise, .n = N};
    gb_chart_panel panel = {.series = &series, .n_series = 1};
    gb_chart chart = {.panels = &panel, .n_panels = 1, .width = 321, .height = 234};
    gb_format(path, sizeof path, "%s/a.svg", test_folder());
    ck_assert_int_eq(gb_chart_write(&chart, path, &err), GB_OK);
    char *text = test_read(path, NULL);
    ck_assert(strstr(text, "<svg") && strstr(text, "</svg>"));
    ck_assert(strstr(text, "width=\"321px\"") && strstr(text, "height=\"234px\""));
    free(text);
}
END_TEST

START_TEST(test_refusals) {
    static const struct {
        const char *path, *says;
        int width, height, code;
    } cases[] = {
        {"a.jpg", "a.jpg: charts are .svg or .png files", 300, 200, GB_USAGE},
        {".png", ".svg or .png", 300, 200, GB_USAGE},
        {"a.png", "out of range", 300, 159, GB_USAGE},
        {"a.png", "out of range", 8193, 300, GB_USAGE},
        {"/nowhere/at/all.png", "/nowhere/at/all.png: cannot be written", 300, 200, GB_FAIL},
        {"/nowhere/at/all.svg", "/nowhere/at/all.svg: cannot be written", 300, 200, GB_FAIL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gb_err err = {""};
        gb_chart_panel panel = {.title = "empty"};
        gb_chart chart = {.panels = &panel,
                          .n_panels = 1,
                          .width = cases[i].width,
                          .height = cases[i].height};
        ck_assert_int_eq(gb_chart_write(&chart, cases[i].path, &err), cases[i].code);
        ck_assert_msg(strstr(err.msg, cases[i].says) != NULL, "%s", err.msg);
    }
    gb_err err = {""};
    gb_chart_panel panel = {.title = "empty"};
    gb_chart chart = {.panels = &panel, .n_panels = 1};
    char path[128];
    gb_alloc_fail_after(0);
    ck_assert_int_eq(gb_chart_write(&chart, gb_format(path, 128, "%s/a.png", test_folder()), &err),
                     GB_FAIL);
    gb_alloc_fail_after(-1);
    ck_assert_msg(strstr(err.msg, "memory") != NULL, "%s", err.msg);
    ck_assert_int_ne(test_shell("ls %s | grep .", test_folder())->code, 0);
}
END_TEST

Suite *chart_suite(void);
Suite *chart_suite(void) {
    const TTest *const tests[] = {test_gap,
                                  test_log_axis,
                                  test_infinite_band,
                                  test_given_range_clips,
                                  test_any_data,
                                  test_panels_do_not_touch,
                                  test_numbers_do_not_touch,
                                  test_legend_covers_nothing,
                                  test_legend_names_once,
                                  test_golden,
                                  test_svg,
                                  test_refusals,
                                  NULL};
    return test_suite("chart", tests, 120);
}

#else

Suite *chart_suite(void);
Suite *chart_suite(void) {
    return suite_create("chart");
}

#endif
