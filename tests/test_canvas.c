/* The canvas: views, shapes and letters, also under bad input. */
#include "support.h"

#ifdef GB_SDL

#include "glyphs.h"
#include "layout.h"
#include "picture_things.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

START_TEST(view_keeps_aspect) {
    static const double boxes[][2] = {{640, 480}, {100, 900}, {900, 100}, {64, 64}};
    static const double worlds[][4] = {{-1, -1, 1, 1}, {0, 0, 10, 1}, {-2, 5, -1, 105}};
    for (int b = 0; b < 4; b++)
        for (int k = 0; k < 3; k++) {
            const double *r = worlds[k], margin = 7;
            gb_box box = {30, 20, boxes[b][0], boxes[b][1]};
            gb_view v = gb_view_fit(box, margin, r[0], r[1], r[2], r[3]);
            double left = gb_view_x(&v, r[0]) - box.x, right = box.x + box.w - gb_view_x(&v, r[2]);
            double top = gb_view_y(&v, r[3]) - box.y, bottom = box.y + box.h - gb_view_y(&v, r[1]);
            ck_assert_double_eq_tol(left, right, 1e-9);
            ck_assert_double_eq_tol(top, bottom, 1e-9);
            ck_assert_double_eq_tol(left < top ? left : top, margin, 1e-9);
            /* one unit to the right is as long as one unit up, and y is up */
            double dx = gb_view_x(&v, 1) - gb_view_x(&v, 0),
                   dy = gb_view_y(&v, 0) - gb_view_y(&v, 1);
            ck_assert(dx > 0);
            ck_assert_double_eq_tol(dx, dy, 1e-9 * dx);
        }
}
END_TEST

/* In any window a disc is round, in the middle of its part, and y is up. */
START_TEST(disc_is_round) {
    static const int sizes[][2] = {{400, 300}, {500, 200}, {200, 500}, {64, 64}};
    gb_scene scene = {.title = "disc", .draw = draw_disc};
    for (int k = 0; k < 4; k++) {
        const picture *p = shoot(&scene, sizes[k][0], sizes[k][1]);
        int low[2] = {512, 512}, high[2] = {-1, -1}, red[3] = {0};
        for (int i = 0; i < p->w * p->h; i++) {
            const int at[2] = {i % p->w, i / p->w};
            if (is(p, at[0], at[1], &gb_theme_light, GB_RED))
                red[0] += at[0], red[1] += at[1], red[2]++;
            if (!is(p, at[0], at[1], &gb_theme_light, GB_GREEN)) continue;
            for (int axis = 0; axis < 2; axis++) {
                if (at[axis] < low[axis]) low[axis] = at[axis];
                if (at[axis] > high[axis]) high[axis] = at[axis];
            }
        }
        int w = high[0] - low[0], h = high[1] - low[1];
        ck_assert_msg(w > 20 && abs(w - h) <= 2, "%dx%d: %d wide, %d high", p->w, p->h, w, h);
        ck_assert_int_gt(red[2], 0);
        ck_assert_int_lt(red[0] / red[2], (low[0] + high[0]) / 2);
        ck_assert_int_lt(red[1] / red[2], (low[1] + high[1]) / 2);
    }
}
END_TEST

static void draw_nonsense(const void *context, gb_canvas *c) {
    const double bad[] = {NAN, INFINITY, -INFINITY, 1e308, -1e308, 1e20, -3, 0};
    const int n = sizeof bad / sizeof *bad;
    char text[300];
    (void)context;
    for (int i = 1; i < 256; i++) text[i - 1] = (char)i;
    text[255] = 0;
    c->disc(c, 0, 0, 1, GB_RED); /* before any view */
    for (int i = 0; i < n; i++) {
        double x = bad[i], y = bad[(i + 1) % n], z = bad[(i + 3) % n];
        const double xy[] = {x, y, z, x, 1, 1, y, 0};
        c->view(c, x, y, z, x);
        for (int color = -1; color <= GB_COLORS + 5; color++) {
            c->line(c, x, y, z, 0, 1, (gb_color)color);
            c->line(c, 0, 0, 1, 1, x, (gb_color)color);
            c->rect(c, x, 0, y, z, (gb_color)color);
            c->disc(c, 0, 0, x, (gb_color)color);
            c->disc(c, x, y, 1, (gb_color)color);
            c->text(c, x, y, 1, "abc", (gb_color)color);
        }
        c->text(c, 0, 0, x, text, GB_INK);
        c->text(c, 0, 0, 1, NULL, GB_INK);
        c->text(c, 0, 0, 1, "\xc3", GB_INK);
        for (int corners = -1; corners <= 4; corners++) c->polygon(c, xy, corners, GB_BLUE);
        c->polygon(c, NULL, 3, GB_BLUE);
    }
    c->view(c, 0, 0, 1, 1);
    c->disc(c, 0.5, 0.5, 0.2, GB_GREEN);
}

/* Whatever a plugin draws, the viewer lives, the panel stays whole and good shapes are seen. */
START_TEST(nonsense_is_survived) {
    gb_scene scene = {.title = "nonsense", .draw = draw_nonsense}, empty = {.title = "nonsense"};
    static picture calm;
    calm = *shoot(&empty, 400, 300);
    const picture *p = shoot(&scene, 400, 300);
    ck_assert_int_gt(count(p, &gb_theme_light, GB_GREEN), 500);
    int panel = 0;
    for (int i = 0; i < p->w * p->h; i++) {
        if (!is(&calm, i % p->w, i / p->w, &gb_theme_light, GB_PANEL)) continue;
        panel++;
        ck_assert(is(p, i % p->w, i / p->w, &gb_theme_light, GB_PANEL));
    }
    ck_assert_int_gt(panel, 10000);
}
END_TEST

struct extent {
    double low[2], high[2], shape; /* shape: a number that depends on all strokes in order */
    int n;
};

static void stretch(void *context, double x0, double y0, double x1, double y1) {
    struct extent *e = context;
    const double at[2][2] = {{x0, y0}, {x1, y1}};
    for (int k = 0; k < 4; k++) {
        double x = at[k / 2][k % 2];
        if (x < e->low[k % 2]) e->low[k % 2] = x;
        if (x > e->high[k % 2]) e->high[k % 2] = x;
    }
    e->shape = 1.3 * e->shape + x0 + 2 * y0 + 3 * x1 + 5 * y1;
    e->n++;
}

/* Each character has strokes of its own, inside its width and the line. */
START_TEST(glyphs_fit) {
    static struct extent all[127];
    for (int c = '!'; c < 127; c++) {
        const char text[2] = {(char)c, 0};
        struct extent *e = &all[c];
        *e = (struct extent){{9, 9}, {-9, -9}, 0, 0};
        gb_text_strokes(text, stretch, e);
        ck_assert_msg(e->n > 0, "%c has no strokes", c);
        ck_assert_msg(e->low[0] >= 0 && e->high[0] <= gb_text_width(text) + 1e-9, "%c is wide", c);
        ck_assert_msg(e->low[1] >= -1 / 3.0 - 1e-9 && e->high[1] <= 1.1, "%c is high", c);
        for (int d = '!'; d < c; d++)
            ck_assert_msg(memcmp(e, &all[d], sizeof *e), "%c is drawn as %c", c, d);
    }
    ck_assert_double_eq(gb_text_width(""), 0);
    ck_assert_double_eq(gb_text_width("\xc3\xa4"), gb_text_width("?"));
}
END_TEST

START_TEST(panel_holds_any_rows) {
    gb_scene scene = {.title = "a title that is far too long for the width of any small panel"};
    for (int i = 0; i < 2 * GB_SCENE_ITEMS; i++)
        gb_scene_add(&scene, i % 3 ? "a name" : "",
                     i % 5 ? "a value much longer than the room that a row has for it, by far"
                           : NULL);
    ck_assert_int_eq(scene.n_items, GB_SCENE_ITEMS);
    const int sizes[][2] = {{64, 64}, {500, 64}, {64, 500}, {500, 500}};
    for (int k = 0; k < 4; k++)
        ck_assert_int_eq(shoot(&scene, sizes[k][0], sizes[k][1])->w, sizes[k][0]);
}
END_TEST

Suite *canvas_suite(void);
Suite *canvas_suite(void) {
    const TTest *const tests[] = {view_keeps_aspect, disc_is_round,        nonsense_is_survived,
                                  glyphs_fit,        panel_holds_any_rows, NULL};
    return test_suite("canvas", tests, 120);
}

#else

Suite *canvas_suite(void);
Suite *canvas_suite(void) {
    return suite_create("canvas");
}

#endif
