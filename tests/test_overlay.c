/* What lies over a scene: maps hide nothing that they explain, and messages cover nothing. */
#include "layout.h"
#include "painter.h"
#include "viewer_things.h"

#include <stdlib.h>

/* --- maps -------------------------------------------------------------------------------------*/

static void everything(gb_canvas *c) {
    c->view(c, 0, 0, 10, 10);
    c->rect(c, 0, 0, 10, 10, GB_FLOOR);
    c->rect(c, 1, 1, 2, 2, GB_GREEN);
    c->rect(c, 4, 1, 2, 2, GB_SKY);
    c->line(c, 0, 5, 10, 5, 0.3, GB_INK);
    c->line(c, 0, 6, 10, 6, 1, GB_ORANGE);
    c->disc(c, 8, 8, 1, GB_BLUE);
    c->text(c, 2, 8, 1.5, "R", GB_INK);
}

static uint32_t at(const gb_raster *r, double x, double y) {
    return r->pixels[(int)(100 - 10 * y) * r->w + (int)(10 * x)];
}

/* Over a map: letters, walls, what moves, and the frame of the goal; not the ground. */
START_TEST(what_stays_over_a_map) {
    gb_raster r = {0};
    gb_painter p;
    gb_err err;
    const gb_theme *theme = &gb_theme_light;
    ck_assert(!gb_raster_resize(&r, 100, 100, &err));
    gb_painter_init(&p, &r, theme, 1);
    gb_painter_area(&p, (gb_box){0, 0, 100, 100}, 0, GB_YELLOW);
    gb_painter_top(&p, true);
    everything(&p.canvas);
    const uint32_t map = pixel_of(theme, GB_YELLOW);
    ck_assert_uint_eq(at(&r, 9, 2), map);                          /* no floor */
    ck_assert_uint_eq(at(&r, 5, 2), map);                          /* no sky */
    ck_assert_uint_eq(at(&r, 2, 2), map);                          /* inside of the goal */
    ck_assert_uint_eq(at(&r, 1.05, 2), pixel_of(theme, GB_GREEN)); /* its frame, all round */
    ck_assert_uint_eq(at(&r, 2.95, 2), pixel_of(theme, GB_GREEN));
    ck_assert_uint_eq(at(&r, 2, 1.05), pixel_of(theme, GB_GREEN));
    ck_assert_uint_eq(at(&r, 2, 2.95), pixel_of(theme, GB_GREEN));
    ck_assert_uint_eq(at(&r, 3, 5), pixel_of(theme, GB_INK));
    ck_assert_uint_eq(at(&r, 3, 6), pixel_of(theme, GB_ORANGE));
    ck_assert_uint_eq(at(&r, 3, 6.58), pixel_of(theme, GB_PAPER)); /* its rim */
    ck_assert_uint_eq(at(&r, 8, 8), pixel_of(theme, GB_BLUE));
    int letter = 0;
    for (double x = 1; x < 3; x += 0.1)
        for (double y = 7; y < 9; y += 0.1) letter += at(&r, x, y) == pixel_of(theme, GB_INK);
    ck_assert_int_gt(letter, 5);
    gb_raster_free(&r);
}
END_TEST

static void nothing(const void *context, gb_canvas *c) {
    (void)context;
    c->view(c, 0, 0, 2, 1);
}

/* Each cell has its colour and its arrow. */
START_TEST(all_cells_are_painted) {
    const gb_map_cell cells[] = {{{0, 0, 1, 1}, 1, 0}, {{1, 0, 2, 1}, 2, 0}};
    const float arrows[] = {0, 1, 0, 1};
    const gb_map map = {.name = "value",
                        .n = 2,
                        .arrows = 1,
                        .cell = cells,
                        .arrow = arrows,
                        .low = 1,
                        .high = 2,
                        .color = GB_ORANGE};
    const gb_scene scene = {.title = "", .draw = nothing, .map = &map, .bare = true};
    gb_raster r = {0};
    gb_err err;
    ck_assert(!gb_raster_resize(&r, 400, 300, &err));
    gb_scene_paint(&scene, &r, 1);
    int ink[2] = {0};
    for (int i = 0; i < 400 * 250; i++) /* above the scale */
        ink[i % 400 / 200] += r.pixels[i] == pixel_of(&gb_theme_light, GB_INK);
    ck_assert_msg(ink[0] > 100 && abs(ink[0] - ink[1]) <= 10, "%d %d", ink[0], ink[1]);
    const uint32_t pale = r.pixels[180 * 400 + 40], full = r.pixels[180 * 400 + 360];
    ck_assert_msg((pale & 255) > (full & 255) + 100, "%x %x", pale, full);
    gb_raster_free(&r);
}
END_TEST

/* --- messages ---------------------------------------------------------------------------------*/

/* A message changes nothing of the map, its scale, or the panel. */
START_TEST(messages_cover_nothing) {
    static const int sizes[][2] = {{640, 480}, {800, 600}, {600, 800}, {1280, 800}, {1920, 1080}};
    static struct stand s;
    gb_raster with = {0}, without = {0};
    gb_err err;
    open_solver(&s, "taxi", "soft_value_iteration");
    gb_scene *scene = &s.viewer.scene;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const int w = sizes[k][0], h = sizes[k][1];
        viewer_scene(&s.viewer);
        ck_assert(!gb_raster_resize(&with, w, h, &err) && !gb_raster_resize(&without, w, h, &err));
        scene->message = NULL;
        gb_scene_paint(scene, &without, 1);
        scene->message =
            "taxi-1.png: no space is left on the device; delete something, then try again";
        gb_scene_paint(scene, &with, 1);
        int different = 0;
        const uint32_t paper = pixel_of(&gb_theme_light, GB_PAPER);
        for (int i = 0; i < w * h; i++) {
            if (with.pixels[i] == without.pixels[i]) continue;
            different++;
            ck_assert_msg(without.pixels[i] == paper, "%dx%d: (%d, %d) is covered", w, h, i % w,
                          i / w);
        }
        ck_assert_int_gt(different, 500);
    }
    gb_raster_free(&with);
    gb_raster_free(&without);
    close_stand(&s);
}
END_TEST

Suite *overlay_suite(void);
Suite *overlay_suite(void) {
    const TTest *const tests[] = {what_stays_over_a_map, messages_cover_nothing,
                                  all_cells_are_painted, NULL};
    return test_suite("overlay", tests, 120);
}
