/* Where the parts of a scene go: the panel holds everything in type that can be read, or is not
 * there; messages and maps cover nothing that they explain; what is over is grey; sliders move
 * something. */
#include "support.h"

#include "../cli/cli.h"
#include "../cli/viewer.h"

#include "layout.h"
#include "painter.h"
#include "registry.h"
#include "solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- viewers ----------------------------------------------------------------------------------*/

struct stand {
    gb_env env;
    gb_agent agent;
    gb_mdp mdp;
    gb_solver solver;
    struct viewer viewer;
};

static void open_env(struct stand *s, const char *name) {
    gb_err err;
    *s = (struct stand){0};
    for (int e = 0; gb_builtin_envs[e]; e++)
        if (!strcmp(gb_builtin_envs[e]->name, name)) {
            ck_assert(!gb_env_init(&s->env, gb_builtin_envs[e], &err));
            ck_assert_msg(!gb_env_open(&s->env, &err), "%s", err.msg);
            return;
        }
    ck_abort_msg("no %s", name);
}

static void start(struct stand *s, struct mind mind) {
    gb_err err;
    ck_assert_msg(!viewer_init(&s->viewer, &s->env, mind, &err), "%s", err.msg);
    ck_assert_msg(!viewer_start(&s->viewer, 0, &err), "%s", err.msg);
}

/* What an agent that has not learned yet makes of the environment. */
static void open_agent(struct stand *s, const char *env, const char *name) {
    gb_err err;
    open_env(s, env);
    const gb_setting setting = {.spec = s->env.spec, .envs = 1, .threads = 1, .seed = 1};
    for (int k = 0; gb_builtin_agents[k]; k++)
        if (!strcmp(gb_builtin_agents[k]->name, name))
            ck_assert(!gb_agent_init(&s->agent, gb_builtin_agents[k], &err));
    ck_assert_msg(!gb_agent_open(&s->agent, &setting, &err), "%s", err.msg);
    start(s, (struct mind){.agent = &s->agent});
}

static void open_solver(struct stand *s, const char *env, const char *name) {
    gb_err err;
    open_env(s, env);
    ck_assert(!gb_mdp_from_env(&s->mdp, &s->env, 0.9, &err));
    const gb_solver_type *type = gb_solver_find(gb_builtin_solvers, name, &err);
    ck_assert(!gb_solver_init(&s->solver, type, &err));
    ck_assert(!gb_solver_open(&s->solver, &s->mdp, &err));
    while (gb_solver_iterate(&s->solver, &err) == GB_CONTINUE) continue;
    start(s, (struct mind){.solver = &s->solver});
}

static void close_stand(struct stand *s) {
    viewer_free(&s->viewer);
    if (s->solver.type) gb_solver_free(&s->solver);
    if (s->agent.type) gb_agent_free(&s->agent);
    gb_mdp_free(&s->mdp);
    gb_env_free(&s->env);
}

static uint32_t pixel_of(const gb_theme *theme, int color) {
    const gb_rgb c = theme->color[color];
    return 0xff000000u | (uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b;
}

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

/* --- maps and messages ------------------------------------------------------------------------*/

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
                                  what_stays_over_a_map,
                                  messages_cover_nothing,
                                  all_cells_are_painted,
                                  NULL};
    return test_suite("panel", tests, 120);
}
