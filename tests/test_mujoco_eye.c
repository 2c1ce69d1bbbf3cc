/* Pictures by MuJoCo's own renderer: they show what the flat ones show, in the same place. */
#include "mujoco_things.h"
#include "painter.h"

#include <pthread.h>
#include <stdlib.h>

static const gb_env_type *const in_space[] = {&gb_env_ant, &gb_env_humanoid, &gb_env_pusher};

/* A task at its first state, and a raster to draw it on. */
typedef struct easel {
    gb_env env;
    double state[2000]; /* aligned for any */
    gb_rng rng;
    gb_raster raster;
    gb_painter painter;
} easel;

static void set_up(easel *e, const gb_env_type *type, const char *renderer) {
    char option[32];
    gb_format(option, sizeof option, "renderer=%s", renderer);
    *e = (easel){.rng = {3, 5}};
    ck_assert_uint_le(type->state_size, sizeof e->state);
    open_with(&e->env, type, option);
    type->reset(e->state, e->env.config, &e->rng);
}

static void take_down(easel *e) {
    gb_env_free(&e->env);
    gb_raster_free(&e->raster);
}

static void draw(easel *e, int w, int h, const gb_theme *theme) {
    gb_err err = {{0}};
    ck_assert_int_eq(gb_raster_resize(&e->raster, w, h, &err), GB_OK);
    gb_painter_init(&e->painter, &e->raster, theme, 1);
    gb_painter_area(&e->painter, (gb_box){0, 0, w, h}, 0, GB_PAPER);
    e->env.type->draw(e->state, e->env.config, &e->painter.canvas);
}

/* Whether a pixel has the hue of a role, in light or in shadow. */
static bool has_hue(uint32_t pixel, gb_rgb role) {
    const double a[3] = {pixel >> 16 & 255, pixel >> 8 & 255, pixel & 255};
    const double b[3] = {role.r, role.g, role.b};
    double ab = 0, aa = 0, bb = 0;
    for (int k = 0; k < 3; k++) ab += a[k] * b[k], aa += a[k] * a[k], bb += b[k] * b[k];
    return aa > 2500 && ab > 0.99 * sqrt(aa * bb);
}

/* The share of pixels of a role in either picture that are so in both. */
static double overlap(const gb_raster *a, const gb_raster *b, gb_color color) {
    const gb_rgb role = gb_theme_color(&gb_theme_light, color);
    int both = 0, either = 0;
    for (int i = 0; i < a->w * a->h; i++) {
        const bool in_a = has_hue(a->pixels[i], role), in_b = has_hue(b->pixels[i], role);
        both += in_a && in_b;
        either += in_a || in_b;
    }
    ck_assert_int_gt(either, 100);
    return (double)both / either;
}

static double difference(const gb_raster *a, const gb_raster *b) {
    ck_assert(a->w == b->w && a->h == b->h);
    int n = 0;
    for (int i = 0; i < a->w * a->h; i++) n += a->pixels[i] != b->pixels[i];
    return (double)n / (a->w * a->h);
}

/* Bodies lie where the flat drawing has them, which was looked at, but for the perspective; after
 * steps too, in wide and high windows. */
START_TEST(shows_what_flat_pictures_show) {
    static const int size[][2] = {{320, 240}, {400, 200}, {180, 320}};
    static easel by_gl, flat;
    const gb_env_type *type = in_space[_i];
    set_up(&by_gl, type, "opengl");
    set_up(&flat, type, "flat");
    const float action[32] = {0.3f, -0.3f, 0.2f, 0.3f, -0.2f, 0.3f};
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 5 * k; i++) {
            type->step(by_gl.state, by_gl.env.config, action, &by_gl.rng);
            type->step(flat.state, flat.env.config, action, &flat.rng);
        }
        draw(&by_gl, size[k][0], size[k][1], &gb_theme_light);
        draw(&flat, size[k][0], size[k][1], &gb_theme_light);
        static const gb_color roles[] = {GB_BLUE, GB_ORANGE};
        for (int r = 0; r < 2; r++) {
            const double share = overlap(&by_gl.raster, &flat.raster, roles[r]);
            ck_assert_double_gt(share, 0.4);
        }
        ck_assert_double_gt(difference(&by_gl.raster, &flat.raster), 0.2);
    }
    take_down(&by_gl);
    take_down(&flat);
}
END_TEST

/* Mean of the green of the first row, where there is nothing but ground. */
static double top_green(const gb_raster *raster) {
    double sum = 0;
    for (int x = 0; x < raster->w; x++) sum += raster->pixels[x] >> 8 & 255;
    return sum / raster->w;
}

/* The same state gives the same picture, at any time and on any thread; the theme is the viewer's.
 */
static void *draw_elsewhere(void *context) {
    draw(context, 160, 120, &gb_theme_light);
    return NULL;
}

START_TEST(pictures_repeat) {
    static easel a, b;
    set_up(&a, in_space[_i], "opengl");
    set_up(&b, in_space[_i], "opengl");
    draw(&a, 160, 120, &gb_theme_light);
    draw(&b, 640, 480, &gb_theme_dark);
    const gb_rgb dark = gb_theme_color(&gb_theme_dark, GB_FLOOR);
    ck_assert_double_lt(fabs(top_green(&b.raster) - dark.g), 20);
    draw(&b, 40, 30, &gb_theme_light);
    pthread_t thread;
    ck_assert(!pthread_create(&thread, NULL, draw_elsewhere, &b));
    ck_assert(!pthread_join(thread, NULL));
    ck_assert_double_eq(difference(&a.raster, &b.raster), 0);
    const gb_rgb light = gb_theme_color(&gb_theme_light, GB_FLOOR);
    ck_assert_double_lt(fabs(top_green(&a.raster) - light.g), 20);
    draw(&a, 300, 200, &gb_theme_light); /* larger than all before */
    draw(&b, 300, 200, &gb_theme_light);
    ck_assert_double_eq(difference(&a.raster, &b.raster), 0);
    take_down(&a);
    take_down(&b);
}
END_TEST

static void check_flat(easel *e) {
    static easel flat;
    set_up(&flat, e->env.type, "flat");
    draw(&flat, 160, 120, &gb_theme_light);
    ck_assert_double_eq(difference(&e->raster, &flat.raster), 0);
    take_down(&flat);
}

/* A host from before pictures, and a machine without OpenGL, get the flat drawing. */
START_TEST(flat_where_there_are_no_pictures) {
    static easel e;
    gb_err err = {{0}};
    set_up(&e, &gb_env_ant, "auto");
    ck_assert_int_eq(gb_raster_resize(&e.raster, 160, 120, &err), GB_OK);
    gb_painter_init(&e.painter, &e.raster, &gb_theme_light, 1);
    gb_painter_area(&e.painter, (gb_box){0, 0, 160, 120}, 0, GB_PAPER);
    e.painter.canvas.size = offsetof(gb_canvas, picture);
    e.env.type->draw(e.state, e.env.config, &e.painter.canvas);
    check_flat(&e);
    take_down(&e);
}
END_TEST

START_TEST(flat_where_there_is_no_opengl) {
    static easel e;
    gb_err err = {{0}};
    setenv("__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent", 1);
    set_up(&e, &gb_env_ant, "auto");
    for (int k = 0; k < 2; k++) draw(&e, 160, 120, &gb_theme_light);
    check_flat(&e);
    take_down(&e);
    gb_env env;
    ck_assert_int_eq(gb_env_init(&env, &gb_env_ant, &err), GB_OK);
    const gb_opt *row = gb_opts_find(gb_env_ant.opts, "renderer");
    ck_assert_int_eq(gb_opt_set(row, env.config, "opengl", "renderer", &err), GB_OK);
    ck_assert_int_ne(gb_env_open(&env, &err), GB_OK);
    ck_assert_msg(strstr(err.msg, "OpenGL") && strstr(err.msg, "flat"), "%s", err.msg);
    gb_env_free(&env);
}
END_TEST

/* Checks run in forked processes, which have no thread that draws. */
START_TEST(forked_checks_pass) {
    const test_run *run = test_shell("gibbs check ant --env.renderer opengl");
    ck_assert_msg(run->code == 0, "%s%s", run->out, run->err);
}
END_TEST

Suite *mujoco_eye_suite(void);
Suite *mujoco_eye_suite(void) {
    Suite *suite = suite_create("mujoco_eye");
    TCase *cases = tcase_create("pictures");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, shows_what_flat_pictures_show, 0, 3);
    tcase_add_loop_test(cases, pictures_repeat, 0, 3);
    tcase_add_test(cases, flat_where_there_are_no_pictures);
    tcase_add_test(cases, forked_checks_pass);
    tcase_add_test(cases, flat_where_there_is_no_opengl);
    suite_add_tcase(suite, cases);
    return suite;
}
