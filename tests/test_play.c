/* gibbs play from within, on SDL's dummy driver: its keys, that time stands still when it should,
 * and what is counted. */
#include "support.h"

#ifdef GB_SDL

#define cmd_play cmd_play_under_test
#include "../cli/cmd_play.c"

#include "sdl.h"

static gb_env env;
static struct play p;
static const struct request request = {.width = 320, .height = 240, .speed = 1};

/* A play that waits for its first key, with a window. */
static void set_up(const char *name) {
    gb_err err;
    float action = 0;
    p = (struct play){.request = &request, .help = true, .best = NAN};
    for (int e = 0; gb_builtin_envs[e]; e++)
        if (!strcmp(gb_builtin_envs[e]->name, name))
            ck_assert(!gb_env_init(&env, gb_builtin_envs[e], &err) && !gb_env_open(&env, &err));
    ck_assert(!gb_keys_action(&env.spec, NULL, 0, true, &action)); /* it waits */
    ck_assert(!viewer_init(&p.viewer, &env, (struct mind){0}, &err));
    p.viewer.by_hand = true;
    p.pace = 10;
    list_help(&p);
    ck_assert(!viewer_start(&p.viewer, 1, &err));
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    p.window = gb_window_open("test", request.width, request.height, 1, &err);
    ck_assert_msg(p.window != NULL, "%s", err.msg);
    while (gb_window_key(p.window) != GB_KEY_NONE) continue;
}

static void tear_down(void) {
    gb_window_close(p.window);
    viewer_free(&p.viewer);
    gb_env_free(&env);
}

static void hold(SDL_Keycode key, bool down) {
    SDL_Event event = {.type = down ? SDL_KEYDOWN : SDL_KEYUP};
    event.key.keysym.sym = key;
    ck_assert_int_eq(SDL_PushEvent(&event), 1);
    while (gb_window_key(p.window) != GB_KEY_NONE) continue;
}

static void press_one(int key) {
    gb_err err;
    ck_assert_msg(!press(&p, key, &err), "%s", err.msg);
}

static void pass(double seconds) {
    gb_err err;
    ck_assert_msg(!catch_up(&p, seconds, &err), "%s", err.msg);
}

START_TEST(keys_do_what_they_say) {
    gb_err err;
    set_up("frozen_lake");
    press_one('x');
    ck_assert(!p.help && !p.paused && p.viewer.player.age == 0); /* the list goes, no more */
    press_one('/');
    ck_assert(p.help);
    press_one('/');
    ck_assert(!p.help);
    press_one(GB_KEY_TAB);
    ck_assert(p.paused);
    press_one(GB_KEY_TAB);
    ck_assert(!p.paused);
    press_one('.');
    ck_assert(p.viewer.scene.dark);
    press_one('.');
    ck_assert(!p.viewer.scene.dark);
    press_one('+');
    ck_assert_double_eq(p.pace, 12.5);
    press_one('-');
    press_one('-');
    ck_assert_double_eq(p.pace, 8);
    ck_assert(!p.quit && !show(&p, &err));
    press_one(GB_KEY_QUIT);
    ck_assert(p.quit);
    tear_down();
}
END_TEST

START_TEST(time_stands_still) {
    set_up("frozen_lake");
    pass(1);
    ck_assert_int_eq(p.steps, 0); /* no key */
    hold(SDLK_LEFT, true);
    pass(1);
    ck_assert_int_eq(p.steps, 0); /* the list of keys is read */
    p.help = false, p.paused = true;
    pass(1);
    ck_assert_int_eq(p.steps, 0);
    p.paused = false;
    pass(0.09);
    ck_assert_int_eq(p.steps, 0); /* a tenth of a second each */
    pass(0.02);
    ck_assert_int_eq(p.steps, 1);
    ck_assert(p.viewer.player.action[0] == 0 && p.viewer.player.age == 1);
    pass(60);
    ck_assert_int_le(p.steps, 4); /* a hiccup is no second of play */
    hold(SDLK_LEFT, false);
    tear_down();
}
END_TEST

/* Episodes end, are counted, and go on with any key; the best return is that. */
START_TEST(episodes_are_counted) {
    gb_err err;
    double best = -INFINITY;
    set_up("gridworld");
    for (int episode = 1; episode <= 12; episode++) {
        gb_rng rng = gb_rng_stream((uint64_t)episode, 1);
        while (!viewer_end(&p.viewer)) {
            p.viewer.player.action[0] = (float)gb_rng_below(&rng, 4);
            ck_assert(!step(&p, &err));
        }
        best = fmax(best, p.viewer.player.ret);
        ck_assert_int_eq(p.finished, episode);
        ck_assert_double_eq(p.best, best);
        ck_assert_msg(strstr(p.message, viewer_end(&p.viewer)) && strstr(p.message, "any key"),
                      "%s", p.message);
        const int64_t steps = p.steps;
        p.help = false;
        hold(SDLK_LEFT, true);
        pass(1);
        hold(SDLK_LEFT, false);
        ck_assert_int_eq(p.steps, steps); /* it waits at the end */
        press_one(GB_KEY_LEFT);
        ck_assert(!viewer_end(&p.viewer) && p.viewer.player.age == 0 && !p.message[0]);
    }
    ck_assert_double_gt(best, -1);
    tear_down();
}
END_TEST

/* The list names each key of the environment with what it does, and those of the player. */
START_TEST(help_lists_the_keys) {
    set_up("frozen_lake");
    int n = 0, known = 0;
    while (p.help_rows[n][0]) n++;
    for (const gb_key *row = env.spec.keys; row->name; row++)
        for (int i = 0; row->name[0] && i < n; i++)
            known += !strcmp(p.help_rows[i][0], row->name) &&
                     !strcmp(p.help_rows[i][1], env.spec.act.names[row->number]);
    ck_assert_int_ge(known, 4);
    ck_assert_int_eq(n, known + 5);
    tear_down();
}
END_TEST

Suite *play_suite(void);
Suite *play_suite(void) {
    const TTest *const tests[] = {keys_do_what_they_say, time_stands_still, episodes_are_counted,
                                  help_lists_the_keys, NULL};
    return test_suite("play", tests, 60);
}

#else

Suite *play_suite(void);
Suite *play_suite(void) {
    return suite_create("play");
}

#endif
