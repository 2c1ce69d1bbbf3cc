/* The window of gibbs watch on SDL's dummy driver: every key does what the list says, and a window
 * may be closed at any time. */
#include "support.h"

#include "../cli/cli.h"

/* What the parts of the program ask of its main file, which is not in the tests. */
const struct command commands[] = {{0}};
const char *usage_of(const char *name) {
    return name;
}

#ifdef GB_SDL

#include "watch_script.h"

static bool exists(const char *name) {
    return !access(name, F_OK);
}

/* Pause, step, speed, seed, restart. */
static bool press_time(struct watch *w, int step) {
    static int age;
    const struct viewer *v = &w->viewer;
    const gb_player *player = &v->player;
    switch (step) {
    case 0:
        w->paused = true;
        return push(SDLK_SPACE);
    case 1:
        ck_assert(!w->paused);
        return push(SDLK_SPACE);
    case 2:
        ck_assert(w->paused);
        age = player->age;
        return push(SDLK_n);
    case 3:
        ck_assert_int_eq(player->age, age + 1);
        return push(SDLK_UP);
    case 4:
        ck_assert_int_eq(w->speed, 1);
        return push(SDLK_DOWN);
    case 5:
        ck_assert_int_eq(w->speed, 0);
        return push(SDLK_s);
    case 6:
        ck_assert(v->seed == 1 && player->age == 0);
        return push(SDLK_n);
    case 7:
        ck_assert_int_eq(player->age, 1);
        return push(SDLK_r);
    case 8:
        ck_assert(v->seed == 1 && player->age == 0);
        return push(SDLK_q);
    default:
        ck_abort_msg("goes on after q");
    }
    return true;
}

/* Policy, panel, theme, list of keys, pictures, map. */
static bool press_view(struct watch *w, int step) {
    const struct viewer *v = &w->viewer;
    switch (step) {
    case 0:
        w->paused = true;
        return push(SDLK_d);
    case 1:
        ck_assert(v->sampled);
        return push(SDLK_p);
    case 2:
        ck_assert(v->scene.bare);
        return push(SDLK_p);
    case 3:
        ck_assert(!v->scene.bare);
        return push(SDLK_t);
    case 4:
        ck_assert(v->scene.dark);
        return push(SDLK_h);
    case 5:
        ck_assert(w->help);
        return push(SDLK_c);
    case 6:
        ck_assert(exists("cartpole-1.png"));
        return push(SDLK_c);
    case 7:
        ck_assert(exists("cartpole-2.png"));
        return push(SDLK_m);
    case 8:
        ck_assert_int_eq(v->map, 0);
        return push(SDLK_q); /* cartpole has no map */
    default:
        ck_abort_msg("goes on after q");
    }
    return true;
}

/* Taking over, and a film. */
static bool press_hand(struct watch *w, int step) {
    static int age;
    struct viewer *v = &w->viewer;
    const gb_player *player = &v->player;
    switch (step) {
    case 0:
        w->paused = true;
        return push(SDLK_k);
    case 1: /* by hand: the cart goes where the held key says */
        ck_assert(v->by_hand);
        age = player->age, w->paused = false;
        down(SDLK_LEFT, true);
        return true;
    case 2:
        if (player->age < age + 3 && !viewer_end(v)) return false;
        ck_assert(player->action[0] == 0);
        age = player->age;
        down(SDLK_LEFT, false);
        down(SDLK_RIGHT, true);
        return true;
    case 3:
        if (player->age < age + 2 && !viewer_end(v)) return false;
        ck_assert(player->action[0] == 1);
        down(SDLK_RIGHT, false);
        return push(SDLK_k);
    case 4:
        ck_assert(!v->by_hand && w->speed == 0);
        return push(SDLK_v);
    case 5:
#ifdef GB_FFMPEG
        ck_assert(w->film != NULL);
#else
        ck_assert(!w->film && w->message[0]);
#endif
        return true;
    case 6:
        return w->film ? push(SDLK_v) : true;
    case 7:
#ifdef GB_FFMPEG
        ck_assert(!w->film && exists("cartpole-1.mp4"));
#endif
        return push(SDLK_q);
    default:
        ck_abort_msg("goes on after q");
    }
    return true;
}

extern const gb_env_type gb_env_cartpole;

static void open_cartpole(struct watch *w, gb_env *env) {
    gb_err err;
    ck_assert(!gb_env_init(env, &gb_env_cartpole, &err) && !gb_env_open(env, &err));
    ck_assert(!viewer_init(&w->viewer, env, (struct mind){0}, &err));
}

START_TEST(keys_do_what_they_say) {
    static const struct {
        script *script;
        int steps;
    } all[] = {{press_time, 9}, {press_view, 9}, {press_hand, 8}};
    static struct watch w;
    gb_env env;
    open_cartpole(&w, &env);
    play(&w, all[_i].script);
    ck_assert_int_eq(stage.step, all[_i].steps);
    ck_assert(w.quit);
    viewer_free(&w.viewer);
    gb_env_free(&env);
}
END_TEST

/* Closes in the middle of this and that; a film that is being made is kept. */
static int closing_at;
static bool close_soon(struct watch *w, int step) {
    static const SDL_Keycode keys[] = {SDLK_h, SDLK_v, SDLK_k, SDLK_UP, SDLK_SPACE, SDLK_n};
    SDL_Event lost = {.type = SDL_RENDER_DEVICE_RESET};
    (void)w;
    SDL_PushEvent(&lost);
    return step == closing_at ? quit() : push(keys[step % 6]);
}

START_TEST(closes_at_any_time) {
    for (closing_at = 0; closing_at < 7; closing_at++) {
        static struct watch w;
        gb_env env;
        w = (struct watch){0};
        open_cartpole(&w, &env);
        play(&w, close_soon);
        ck_assert(w.quit && !w.film);
        viewer_free(&w.viewer);
        gb_env_free(&env);
    }
}
END_TEST

Suite *watch_keys_suite(void);
Suite *watch_keys_suite(void) {
    Suite *suite = suite_create("watch_keys");
    TCase *cases = tcase_create("watch_keys");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, keys_do_what_they_say, 0, 3);
    tcase_add_test(cases, closes_at_any_time);
    suite_add_tcase(suite, cases);
    return suite;
}

#else

Suite *watch_keys_suite(void);
Suite *watch_keys_suite(void) {
    return suite_create("watch_keys");
}

#endif
