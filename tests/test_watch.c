/* gibbs watch: pictures without a display, what it refuses, the window and its keys on SDL's dummy
 * driver. */
#include "support.h"

#ifdef GB_SDL

#include "picture_things.h"
#include "sdl.h"
#include "window.h"

#include <stdlib.h>
#include <string.h>

/* --- pictures ---------------------------------------------------------------------------------*/

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

/* --- the window -------------------------------------------------------------------------------*/

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
