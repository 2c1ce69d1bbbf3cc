/* The viewer: pictures without a display, what it refuses, the canvas under bad input, the window
 * and its keys on SDL's dummy driver. */
#include "support.h"

#ifdef GB_SDL

#include "glyphs.h"
#include "layout.h"
#include "sdl.h"
#include "shot.h"
#include "window.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

/* --- pictures
 * -----------------------------------------------------------------------------------*/

typedef struct picture {
    int w, h;
    uint8_t rgb[512 * 512 * 3];
} picture;

static const picture *decode(const void *bytes, size_t n) {
    static picture p;
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert_msg(png_image_begin_read_from_memory(&image, bytes, n), "%s", image.message);
    image.format = PNG_FORMAT_RGB;
    ck_assert_uint_le(PNG_IMAGE_SIZE(image), sizeof p.rgb);
    ck_assert(png_image_finish_read(&image, NULL, p.rgb, 0, NULL));
    p.w = (int)image.width, p.h = (int)image.height;
    return &p;
}

static const picture *read_picture(const char *path) {
    size_t n;
    char *bytes = test_read(path, &n);
    const picture *p = decode(bytes, n);
    free(bytes);
    return p;
}

static const picture *shoot(const gb_scene *scene, int w, int h) {
    size_t n;
    gb_err err;
    void *png = gb_shot(scene, w, h, 1, &n, &err);
    ck_assert_msg(png != NULL, "%s", err.msg);
    const picture *p = decode(png, n);
    gb_dealloc(png);
    return p;
}

static bool is(const picture *p, int x, int y, const gb_theme *theme, int color) {
    return !memcmp(p->rgb + 3 * (y * p->w + x), &theme->color[color], 3);
}

static int count(const picture *p, const gb_theme *theme, int color) {
    int n = 0;
    for (int i = 0; i < p->w * p->h; i++) n += is(p, i % p->w, i / p->w, theme, color);
    return n;
}

START_TEST(picture_of_every_environment) {
    static const char *const envs[] = {"acrobot",    "asterix",       "breakout",
                                       "cartpole",   "cliff_walking", "corridor",
                                       "deep_sea",   "double_chain",  "four_rooms",
                                       "freeway",    "frozen_lake",   "gridworld",
                                       "maze4",      "mountain_car",  "pendulum",
                                       "river_swim", "seaquest",      "space_invaders",
                                       "taxi",       "windy_grid"};
    const char *folder = test_folder();
    for (size_t i = 0; i < sizeof envs / sizeof *envs; i++)
        for (int dark = 0; dark < 2; dark++) {
            const test_run *run =
                test_shell("gibbs watch %s --shot %s/a.png --size %s --theme %s", envs[i], folder,
                           dark ? "400x300" : "200x310", dark ? "dark" : "light");
            ck_assert_msg(!run->code && !run->err[0], "%s: %s", envs[i], run->err);
            char path[256];
            const picture *p = read_picture(gb_format(path, sizeof path, "%s/a.png", folder));
            ck_assert_int_eq(p->w, dark ? 400 : 200);
            ck_assert_int_eq(p->h, dark ? 300 : 310);
            const gb_theme *theme = dark ? &gb_theme_dark : &gb_theme_light;
            int all = p->w * p->h, paper = count(p, theme, GB_PAPER),
                panel = count(p, theme, GB_PANEL), ink = count(p, theme, GB_INK);
            ck_assert_msg(paper > all / 10 && panel > all / 10, "%s: %d %d", envs[i], paper, panel);
            ck_assert_msg(ink > 20 && all - paper - panel > 1000, "%s: nothing drawn", envs[i]);
        }
}
END_TEST

/* Panels and maps look as they did, but for rounding on edges: at most one number in 200 differs by
 * more than a tenth. To make them again: the command below with --shot
 * tests/golden/scenes/NAME.png.
 */
START_TEST(scenes_are_golden) {
    static const char *const scenes[][2] = {
        {"solved", "four_rooms --solve md_mpi --tau 0.02 --iteration 40 --steps 5 --size 320x240"},
        {"spread", "taxi --solve soft_value_iteration --tau 1 --map entropy --theme dark --steps 4 "
                   "--size 320x240"},
        {"density", "pendulum --steps 30 --theme dark --size 320x240"},
        {"tall", "cartpole --steps 12 --size 240x320"},
        {"dense", "breakout --steps 9 --size 512x512 --scale 2"},
    };
    char golden[128], path[256];
    static picture then;
    gb_format(path, sizeof path, "%s/a.png", test_folder());
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        const test_run *run = test_shell("gibbs watch %s --shot %s", scenes[i][1], path);
        ck_assert_msg(!run->code, "%s", run->err);
        then = *read_picture(
            gb_format(golden, sizeof golden, "tests/golden/scenes/%s.png", scenes[i][0]));
        const picture *now = read_picture(path);
        ck_assert(now->w == then.w && now->h == then.h);
        const int n = 3 * now->w * now->h;
        int different = 0;
        for (int k = 0; k < n; k++) different += abs(now->rgb[k] - then.rgb[k]) > 25;
        ck_assert_msg(different <= n / 200, "%s: %d of %d differ", scenes[i][0], different, n);
    }
}
END_TEST

/* A plugin's drawing is shown, in its colours. */
START_TEST(plugin_is_drawn) {
    char path[256];
    const test_run *run =
        test_shell("gibbs watch %s/plugins/point_mass.so --steps 0 --shot %s/a.png "
                   "--size 300x200",
                   GB_BUILD, test_folder());
    ck_assert_msg(!run->code, "%s", run->err);
    const picture *p = read_picture(gb_format(path, sizeof path, "%s/a.png", test_folder()));
    int blue = 0;
    for (int i = 0; i < p->w * p->h; i++)
        blue += i % p->w < 180 && is(p, i % p->w, i / p->w, &gb_theme_light, GB_BLUE);
    ck_assert_int_gt(blue, 20);
}
END_TEST

START_TEST(picture_depends_on_seed_and_steps) {
    const char *folder = test_folder();
    ck_assert_int_eq(test_shell("B=$PWD/%s/gibbs; cd %s; for a in '0 7' '0 7' '1 7' '0 8'; do "
                                "set -- $a; i=$((i+1)); $B watch cartpole --seed $1 --steps $2 "
                                "--shot $i.png --size 320x240 || exit 1; done; "
                                "cmp 1.png 2.png && ! cmp -s 1.png 3.png && ! cmp -s 1.png 4.png",
                                GB_BUILD, folder)
                         ->code,
                     0);
}
END_TEST

/* Which cell of ten the agent is in, in a picture of the corridor whose world is `width` wide. */
static int corridor_cell(const picture *p, int width) {
    int first[GB_COLORS], last[GB_COLORS] = {0};
    for (int k = 0; k < GB_COLORS; k++) first[k] = p->w;
    for (int i = 0; i < p->w * p->h; i++)
        for (int k = 0; i % p->w < width && k < GB_COLORS; k++) {
            if (!is(p, i % p->w, i / p->w, &gb_theme_light, k)) continue;
            if (i % p->w < first[k]) first[k] = i % p->w;
            if (i % p->w > last[k]) last[k] = i % p->w;
        }
    double middle = (first[GB_BLUE] + last[GB_BLUE]) / 2.0 - first[GB_FLOOR];
    return (int)(10 * middle / (last[GB_GREEN] - first[GB_FLOOR]));
}

/* The state that the picture shows is the one that rollout prints. */
START_TEST(plays_what_rollout_plays) {
    const char *folder = test_folder();
    for (int seed = 0; seed < 8; seed++) {
        char path[256];
        const test_run *run =
            test_shell("B=$PWD/%s/gibbs; cd %s && "
                       "$B watch corridor --seed %d --steps 60 --shot a.png --size 300x300 && "
                       "$B rollout corridor --seed %d --steps 61 | tail -1",
                       GB_BUILD, folder, seed, seed);
        const char *at = strstr(run->out, "\"cell\":");
        ck_assert_msg(!run->code && at, "%s", run->err);
        const picture *p = read_picture(gb_format(path, sizeof path, "%s/a.png", folder));
        ck_assert_int_eq(corridor_cell(p, 145), atoi(at + 7));
    }
}
END_TEST

/* A solver that stops early is shown as far as it came, and without a window there is no SDL. */
START_TEST(unfinished_solution_is_shown) {
    const test_run *run =
        test_shell("gibbs watch frozen_lake --solve value_iteration --iterations 3 --size 320x240 "
                   "--shot %s/a.png",
                   test_folder());
    ck_assert_msg(run->code == 0, "%d %s", run->code, run->err);
}
END_TEST

START_TEST(refusals) {
    const char *folder = test_folder();
    static const struct {
        const char *args, *says;
        int code;
    } bad[] = {
        {"pendulum --shot no/x.png", "no/x.png", 1},
        {"pendulum --shot . --steps 1", ".png", 2},
        {"pendulum --shot x.jpg --steps 1", ".png", 2},
        {"pendulum --shot x.png --size 10x10", "--size", 2},
        {"pendulum --shot x.png --size 100x9999", "--size", 2},
        {"pendulum --shot x.png --size 100", "--size", 2},
        {"pendulum --shot x.png --size 100x", "--size", 2},
        {"pendulum --shot x.png --size 100x100x", "--size", 2},
        {"pendulum --shot x.png --size -100x-100", "--size", 2},
        {"pendulum --shot x.png --size ''", "--size", 2},
        {"pendulum --shot x.png --theme grey", "--theme", 2},
        {"pendulum --shot x.png --steps -1", "--steps", 2},
        {"pendulum --shot x.png --shoot", "--shoot", 2},
        {"pendulum --shot x.png extra", "extra", 2},
        {"pendulm --shot x.png", "pendulum", 2},
        {". --shot x.png", "config.ini", 1},
        {"", "usage", 2},
        {"pendulum", "--shot", 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const test_run *run =
            test_shell("B=$PWD/%s/gibbs; cd %s && env -u DISPLAY -u SDL_VIDEODRIVER "
                       "-u WAYLAND_DISPLAY $B watch %s",
                       GB_BUILD, folder, bad[i].args);
        ck_assert_msg(run->code == bad[i].code, "%s: exit code %d", bad[i].args, run->code);
        test_one_line(run->err);
        ck_assert_msg(strstr(run->err, bad[i].says) != NULL, "%s: %s", bad[i].args, run->err);
        ck_assert_str_eq(run->out, "");
    }
    ck_assert_int_eq(test_shell("ls -A %s | grep .", folder)->code, 1); /* nothing was left */
}
END_TEST

/* --- the canvas
 * ---------------------------------------------------------------------------------*/

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

static void draw_disc(const void *context, gb_canvas *c) {
    (void)context;
    c->view(c, -1, -1, 1, 1);
    c->disc(c, 0, 0, 1, GB_GREEN);
    c->rect(c, -0.5, 0.25, 0.25, 0.25, GB_RED);
}

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

/* --- the window
 * ---------------------------------------------------------------------------------*/

static void push(SDL_Keycode key) {
    SDL_Event event = {.type = SDL_KEYDOWN};
    event.key.keysym.sym = key;
    ck_assert_int_eq(SDL_PushEvent(&event), 1);
}

START_TEST(window_hands_out_keys) {
    gb_err err;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    gb_window *window = gb_window_open("test", 320, 240, 1, &err);
    ck_assert_msg(window != NULL, "%s", err.msg);
    gb_scene scene = {.title = "disc", .draw = draw_disc};
    ck_assert(!gb_window_show(window, &scene, &err));
    while (gb_window_key(window) != GB_KEY_NONE) continue;
    const SDL_Keycode keys[] = {SDLK_SPACE, SDLK_LSHIFT, SDLK_UP, SDLK_DOWN, SDLK_s, SDLK_ESCAPE};
    const int expected[] = {' ', GB_KEY_UP, GB_KEY_DOWN, 's', GB_KEY_QUIT, GB_KEY_NONE};
    for (int i = 0; i < 6; i++) push(keys[i]);
    for (int i = 0; i < 6; i++) ck_assert_int_eq(gb_window_key(window), expected[i]);
    SDL_Event quit = {.type = SDL_QUIT};
    SDL_PushEvent(&quit);
    ck_assert_int_eq(gb_window_key(window), GB_KEY_QUIT);
    gb_window_close(window);
}
END_TEST

/* The window shows what a picture shows, also after the screen has lost its textures. */
START_TEST(window_shows_the_scene) {
    enum { W = 320, H = 240 };
    static uint8_t shown[W * H * 3];
    gb_err err;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    gb_window *window = gb_window_open("test", W, H, 1, &err);
    ck_assert_msg(window != NULL, "%s", err.msg);
    gb_scene scene = {.title = "disc", .draw = draw_disc};
    const picture *p = shoot(&scene, W, H);
    const int lost[] = {SDL_FIRSTEVENT, SDL_RENDER_DEVICE_RESET, SDL_RENDER_TARGETS_RESET};
    for (int i = 0; i < 3; i++) {
        SDL_Event event = {.type = lost[i]};
        if (lost[i]) SDL_PushEvent(&event);
        while (gb_window_key(window) != GB_KEY_NONE) continue;
        ck_assert(!gb_window_show(window, &scene, &err));
        SDL_Renderer *renderer = SDL_GetRenderer(SDL_GetWindowFromID(1));
        ck_assert(!SDL_RenderReadPixels(renderer, NULL, SDL_PIXELFORMAT_RGB24, shown, 3 * W));
        ck_assert(!memcmp(shown, p->rgb, sizeof shown));
        memset(shown, 0, sizeof shown);
    }
    gb_window_close(window);
}
END_TEST

START_TEST(window_quits_after_steps) {
    const test_run *run = test_shell("SDL_VIDEODRIVER=dummy %s/gibbs watch cartpole --steps 5 "
                                     "--size 200x150",
                                     GB_BUILD);
    ck_assert_msg(!run->code && !run->err[0], "%d %s", run->code, run->err);
}
END_TEST

Suite *watch_suite(void);
Suite *watch_suite(void) {
    const TTest *const tests[] = {picture_of_every_environment,
                                  scenes_are_golden,
                                  plugin_is_drawn,
                                  picture_depends_on_seed_and_steps,
                                  plays_what_rollout_plays,
                                  unfinished_solution_is_shown,
                                  refusals,
                                  view_keeps_aspect,
                                  disc_is_round,
                                  nonsense_is_survived,
                                  glyphs_fit,
                                  panel_holds_any_rows,
                                  window_hands_out_keys,
                                  window_shows_the_scene,
                                  window_quits_after_steps,
                                  NULL};
    return test_suite("watch", tests, 120);
}

#else

Suite *watch_suite(void);
Suite *watch_suite(void) {
    return suite_create("watch");
}

#endif
