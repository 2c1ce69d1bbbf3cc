/* Charts as pictures: gaps and infinities, a golden picture, files. */
#include "support.h"

#ifdef GB_CAIRO

#include "cairo.h"
#include "chart_things.h"
#include "theme.h"
#include "view.h"

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
    gb_chart_series series = {.x = steps, .y = y, .n = N};
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
    gb_chart_series series = {.x = steps, .y = y, .n = N};
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
    gb_chart_series series = {.x = steps, .y = rise, .low = low, .high = high, .n = N};
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
    gb_chart_series series[] = {{.x = steps, .y = y, .n = N},
                                {.x = steps, .y = rise, .n = N, .color = 2}};
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
        {.name = "fast", .x = steps, .y = fast, .low = low, .high = high, .n = N},
        {.name = "linear", .x = steps, .y = rise, .n = N, .markers = true},
        {.name = "theory", .x = steps, .y = fall, .n = N, .style = GB_CHART_DASHED}};
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
    gb_chart_series series = {.name = "a", .x = steps, .y = rise, .n = N};
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
    const TTest *const tests[] = {
        test_gap,      test_log_axis, test_infinite_band, test_given_range_clips,
        test_any_data, test_golden,   test_svg,           test_refusals,
        NULL};
    return test_suite("chart", tests, 120);
}

#else

Suite *chart_suite(void);
Suite *chart_suite(void) {
    return suite_create("chart");
}

#endif
