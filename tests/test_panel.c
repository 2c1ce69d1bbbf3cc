/* The panel of a scene holds everything in type that can be read, or is not there; what is over is
 * grey; sliders move something. */
#include "layout.h"
#include "painter.h"
#include "viewer_things.h"

#include <math.h>
#include <string.h>

static int count(const gb_raster *r, uint32_t pixel) {
    int n = 0;
    for (int i = 0; i < r->w * r->h; i++) n += r->pixels[i] == pixel;
    return n;
}

/* --- the panel --------------------------------------------------------------------------------*/

/* With an agent, every environment's panel is whole on ordinary screens: the state, too. */
START_TEST(panels_are_whole) {
    static const int sizes[][2] = {{800, 600}, {600, 800}, {1280, 800}, {1920, 1080}};
    static struct stand s;
    for (int e = 0; gb_builtin_envs[e]; e++) {
        open_agent(&s, gb_builtin_envs[e]->name, "ppo");
        const gb_scene *scene = viewer_scene(&s.viewer);
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            int shown;
            double cap;
            ck_assert(gb_scene_panel(scene, sizes[k][0], sizes[k][1], 1, &shown, &cap));
            ck_assert_msg(shown == scene->n_items && cap >= 7 && cap <= 16,
                          "%s at %dx%d: %d of %d, %g pixels high", gb_builtin_envs[e]->name,
                          sizes[k][0], sizes[k][1], shown, scene->n_items, cap);
        }
        close_stand(&s);
    }
}
END_TEST

/* Where a panel cannot be read there is none, and a scale is for what there is room for. */
START_TEST(small_pictures_have_no_panel) {
    static const struct {
        int w, h;
        double scale;
        bool panel;
    } rows[] = {
        {64, 64, 1, false},  {160, 120, 1, false}, {120, 160, 1, false}, {500, 70, 1, false},
        {320, 240, 1, true}, {240, 320, 1, true},  {960, 640, 8, true},  {640, 960, 8, true},
        {320, 240, 8, true}, {4096, 64, 1, false}, {64, 4096, 1, false}, {1920, 1080, 0.5, true},
    };
    static struct stand s;
    open_agent(&s, "pendulum", "sac");
    const gb_scene *scene = viewer_scene(&s.viewer);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int shown;
        double cap;
        const int w = rows[i].w, h = rows[i].h;
        ck_assert_msg(gb_scene_panel(scene, w, h, rows[i].scale, &shown, &cap) == rows[i].panel,
                      "%dx%d at %g", w, h, rows[i].scale);
        if (!rows[i].panel) continue;
        ck_assert_msg(cap >= 6 * fmin(1, rows[i].scale) && cap <= 0.03 * fmax(w, h), "%dx%d: %g", w,
                      h, cap);
        ck_assert_msg(shown >= 7, "%dx%d: %d items", w, h, shown); /* as far as the action */
    }
    gb_raster small = {0};
    gb_err err;
    ck_assert(!gb_raster_resize(&small, 160, 120, &err));
    gb_scene_paint(scene, &small, 1);
    ck_assert_int_lt(count(&small, pixel_of(&gb_theme_light, GB_PANEL)), 50);
    gb_raster_free(&small);
    close_stand(&s);
}
END_TEST

/* The middle of the exact pixels of a colour in the panel of a picture, right; NAN: none. */
static double middle_of(const gb_raster *r, int color, int left, int *n) {
    const uint32_t pixel = pixel_of(&gb_theme_light, color);
    double sum = 0;
    *n = 0;
    for (int i = 0; i < r->w * r->h; i++)
        if (i % r->w >= left && r->pixels[i] == pixel) sum += i % r->w, ++*n;
    return *n ? sum / *n : NAN;
}

/* The bar of what is chosen is full of colour and has a mark; marks of a density lie where they
 * are said to. */
START_TEST(marks_are_where_they_belong) {
    static const float flat[] = {1, 1, 1, 1};
    gb_raster r = {0};
    gb_err err;
    int n;
    ck_assert(!gb_raster_resize(&r, 1280, 960, &err));
    for (int chosen = 0; chosen < 2; chosen++) {
        gb_scene scene = {.title = ""};
        gb_item *bar = gb_scene_item(&scene, GB_ITEM_BAR, "bar", "0.25");
        bar->part = 0.5, bar->chosen = chosen;
        gb_scene_paint(&scene, &r, 1);
        const double blue = middle_of(&r, GB_BLUE, 900, &n);
        ck_assert_msg(chosen ? n > 500 : n == 0, "%d", n);
        const double red = middle_of(&r, GB_RED, 900, &n);
        ck_assert(chosen ? n > 20 && red < blue : n == 0);
    }
    gb_scene scene = {.title = ""};
    gb_item *density = gb_scene_item(&scene, GB_ITEM_DENSITY, "", "");
    density->y = flat, density->n = 4, density->sample = 0, density->mean = NAN;
    gb_scene_paint(&scene, &r, 1);
    const double low = middle_of(&r, GB_RED, 900, &n);
    density->sample = 1;
    gb_scene_paint(&scene, &r, 1);
    const double high = middle_of(&r, GB_RED, 900, &n);
    density->sample = 0.25, density->mean = 0.75;
    gb_scene_paint(&scene, &r, 1);
    ck_assert_double_gt(high - low, 200);
    ck_assert_double_eq_tol(middle_of(&r, GB_RED, 900, &n), low + 0.25 * (high - low), 2);
    gb_raster_free(&r);
}
END_TEST

/* A slider is grabbed where its handle is drawn, and nowhere outside of its row. */
START_TEST(sliders_are_where_they_are_drawn) {
    gb_raster r = {0};
    gb_err err;
    ck_assert(!gb_raster_resize(&r, 1280, 960, &err));
    for (int k = 1; k < 4; k++) {
        gb_scene scene = {.title = ""};
        gb_item *slider = gb_scene_item(&scene, GB_ITEM_SLIDER, "", "");
        slider->part = k / 4.0, slider->id = 7, slider->color = GB_RED;
        gb_scene_paint(&scene, &r, 1);
        double y = 0, most = 0, part = -1;
        const uint32_t red = pixel_of(&gb_theme_light, GB_RED);
        for (int row = 0; row < r.h; row++) { /* the handle is where the colour is highest */
            int wide = 0;
            for (int x = 900; x < r.w; x++) wide += r.pixels[row * r.w + x] == red;
            if (wide > most) most = wide, y = row;
        }
        double right = 0;
        for (int x = 900; x < r.w; x++)
            if (r.pixels[(int)y * r.w + x] == red) right = x;
        const double cap = 960 / 62.0;
        ck_assert_int_eq(gb_scene_grab(&scene, r.w, r.h, 1, right - 0.55 * cap + 0.5, y, 0, &part),
                         7);
        ck_assert_double_eq_tol(part, k / 4.0, 0.02);
        ck_assert_int_eq(gb_scene_grab(&scene, r.w, r.h, 1, 300, y, 0, &part), 0);
        ck_assert_int_eq(gb_scene_grab(&scene, r.w, r.h, 1, 300, y, 7, &part), 7); /* held */
        ck_assert_double_eq(part, 0);
        ck_assert_int_eq(gb_scene_grab(&scene, r.w, r.h, 1, right, 900, 0, &part), 0);
    }
    /* a chart that goes through zero has a line there */
    static const float curve[] = {-1, -1, -1, 1, 1, 1}, above[] = {1, 1, 1, 3, 3, 3};
    for (int k = 0; k < 2; k++) {
        gb_scene scene = {.title = ""};
        gb_item *strip = gb_scene_item(&scene, GB_ITEM_STRIP, "", "");
        strip->y = k ? above : curve, strip->n = strip->room = 6;
        gb_scene_paint(&scene, &r, 1);
        int lines = 0;
        for (int row = 0; row < r.h; row++) {
            const uint32_t *at = r.pixels + row * r.w + 1000, first = at[0];
            const int red = first >> 16 & 255, blue = first & 255;
            bool line = blue - red < 30 && red - blue < 30 && red < 0xe8; /* grey */
            for (int x = 0; x < 40; x++) line = line && at[x] == first;
            lines += line;
        }
        ck_assert(k ? lines == 0 : lines == 1 || lines == 2);
    }
    gb_raster_free(&r);
}
END_TEST

/* Beside the bars stands the value that counts: the smaller one of twin critics. */
START_TEST(bars_show_the_smaller_value) {
    static struct stand s;
    static const double values[] = {1, 2, 0.5, 3};
    static const char *const shown[] = {"0.50", "2.00"};
    int bars = 0;
    open_agent(&s, "cartpole", "sac");
    const gb_insight *in = &s.viewer.insight;
    ck_assert(in->critics == 2 && in->act.n == 2);
    memcpy(in->q, values, sizeof values);
    in->prob[0] = 0.2, in->prob[1] = 0.8;
    const gb_scene *scene = viewer_scene(&s.viewer);
    for (int i = 0; i < scene->n_items; i++) {
        const gb_item *item = &scene->items[i];
        const int a = bars;
        if (item->kind != GB_ITEM_BAR) continue;
        ck_assert_str_eq(item->value, shown[a]);
        ck_assert_double_eq(item->part, in->prob[a]);
        ck_assert_int_eq(item->chosen, a == (int)s.viewer.player.action[0]);
        bars++;
    }
    ck_assert_int_eq(bars, 2);
    close_stand(&s);
}
END_TEST

/* The charts hold the last rewards and values, the newest last; where nothing is expected, a gap.
 */
START_TEST(charts_hold_the_last_steps) {
    static struct stand s;
    static float reward[700], value[700];
    gb_err err;
    int n = 0;
    open_agent(&s, "pendulum", "ppo");
    struct viewer *v = &s.viewer;
    for (; n < 700; n++) {
        reward[n] = (float)v->player.reward;
        value[n] = viewer_end(v) ? NAN : (float)v->insight.value;
        if (n < 699) ck_assert(!viewer_advance(v, &err));
    }
    ck_assert_int_eq(v->n_strip, VIEWER_STRIP);
    int gaps = 0;
    for (int i = 0; i < VIEWER_STRIP; i++) {
        const int then = n - VIEWER_STRIP + i;
        ck_assert(isnan(reward[then]) ? isnan(v->reward[i]) : v->reward[i] == reward[then]);
        ck_assert(isnan(value[then]) ? isnan(v->value[i]) : v->value[i] == value[then]);
        gaps += isnan(value[then]);
    }
    ck_assert_int_ge(gaps, 1);
    close_stand(&s);
}
END_TEST

/* --- what is over -----------------------------------------------------------------------------*/

/* After an episode's end the last action's figures are grey, and only then. */
START_TEST(last_figures_are_grey) {
    static struct stand s;
    gb_err err;
    open_agent(&s, "cartpole", "dqn");
    for (int ends = 0; ends < 2;) {
        const gb_scene *scene = viewer_scene(&s.viewer);
        const bool end = viewer_end(&s.viewer) != NULL;
        int faded = 0, bars = 0;
        for (int i = 0; i < scene->n_items; i++) {
            const gb_item *item = &scene->items[i];
            faded += item->faded;
            if (item->kind == GB_ITEM_BAR || !strncmp(item->label, "value", 6 * !item->n))
                bars += item->faded;
            ck_assert(end || !item->faded);
            ck_assert(!end || !item->chosen);
            ck_assert_msg(strcmp(item->label, "reward") || !item->faded, "the reward is of now");
        }
        if (end) ck_assert_msg(faded >= 4 && bars >= 2, "%d of %d", faded, bars);
        ends += end;
        ck_assert(!viewer_advance(&s.viewer, &err));
    }
    close_stand(&s);
}
END_TEST

START_TEST(faded_items_have_no_colour) {
    static const float curve[] = {0, 1, 2, 1};
    gb_raster raster = {0};
    gb_err err;
    const uint32_t blue = pixel_of(&gb_theme_light, GB_BLUE),
                   label = pixel_of(&gb_theme_light, GB_LABEL);
    ck_assert(!gb_raster_resize(&raster, 1280, 960, &err));
    for (int faded = 0; faded < 2; faded++) {
        gb_scene scene = {.title = ""};
        gb_scene_add(&scene, "heading", NULL)->faded = faded;
        gb_item *bar = gb_scene_item(&scene, GB_ITEM_BAR, "bar", "0.25");
        bar->part = 1, bar->chosen = !faded, bar->faded = faded;
        gb_item *density = gb_scene_item(&scene, GB_ITEM_DENSITY, "density", "0.5");
        density->y = curve, density->n = 4, density->mean = 0.5, density->faded = faded;
        gb_scene_paint(&scene, &raster, 1);
        int hues = 0, labels = 0, blues = 0;
        for (int i = 0; i < 1280 * 960; i++) { /* greys are no more blue than they are red */
            const int r = raster.pixels[i] >> 16 & 255, b = raster.pixels[i] & 255;
            if (i % 1280 < 900) continue; /* left of the panel */
            hues += b - r > 40;
            labels += raster.pixels[i] == label, blues += raster.pixels[i] == blue;
        }
        ck_assert_msg(faded ? hues == 0 : hues > 500, "%d", hues);
        ck_assert(faded ? !labels && !blues : labels > 0 && blues > 0);
    }
    gb_raster_free(&raster);
}
END_TEST

Suite *panel_suite(void);
Suite *panel_suite(void) {
    const TTest *const tests[] = {panels_are_whole,
                                  small_pictures_have_no_panel,
                                  marks_are_where_they_belong,
                                  bars_show_the_smaller_value,
                                  sliders_are_where_they_are_drawn,
                                  charts_hold_the_last_steps,
                                  last_figures_are_grey,
                                  faded_items_have_no_colour,
                                  NULL};
    return test_suite("panel", tests, 120);
}
