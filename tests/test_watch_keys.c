/* The window of gibbs watch on SDL's dummy driver: every key does what the list says, sliders move
 * with the mouse, the solver's iterations go back and forth, and a window may be closed at any
 * time.
 */
#include "support.h"

#include "../cli/cli.h"

/* What the parts of the program ask of its main file, which is not in the tests. */
const struct command commands[] = {{0}};
const char *usage_of(const char *name) {
    return name;
}

#ifdef GB_SDL

#include "../cli/watch.h"

#include "opt.h"
#include "regularizer.h"
#include "sdl.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- scripts ----------------------------------------------------------------------------------*/

/* Called once a frame: checks what the last step led to, and presses the next key. Returns whether
 * it goes on with the next step. */
typedef bool script(struct watch *w, int step);

enum { WIDTH = 480, HEIGHT = 360 }; /* of the window */

static struct {
    script *script;
    const struct watch_mode *inner;
    struct watch_mode mode;
    int step, frames;
} stage;

static int frame(struct watch *w, gb_err *err) {
    int code = stage.inner && stage.inner->frame ? stage.inner->frame(w, err) : GB_OK;
    ck_assert_msg(stage.frames++ < 2000, "still at step %d", stage.step);
    viewer_scene(&w->viewer); /* as of now: what is shown is of the frame before */
    if (stage.script(w, stage.step)) stage.step++;
    return code;
}

static void down(SDL_Keycode key, bool is_down) {
    SDL_Event event = {.type = is_down ? SDL_KEYDOWN : SDL_KEYUP};
    event.key.keysym.sym = key;
    ck_assert_int_eq(SDL_PushEvent(&event), 1);
}

static bool push(SDL_Keycode key) {
    down(key, true);
    down(key, false);
    return true;
}

static bool quit(void) {
    SDL_Event event = {.type = SDL_QUIT};
    SDL_PushEvent(&event);
    return true;
}

/* Shows the watch, which is ready, as the script goes. */
static void play(struct watch *w, script *keys) {
    struct watch_request request = {
        .steps = -1, .width = WIDTH, .height = HEIGHT, .scale = 1, .map = -1};
    gb_err err;
    stage.script = keys, stage.inner = w->mode, stage.step = stage.frames = 0;
    stage.mode = w->mode ? *w->mode : (struct watch_mode){0};
    stage.mode.frame = frame;
    w->mode = &stage.mode;
    ck_assert(!chdir(test_folder()));
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    ck_assert_msg(!watch_show(w, &request, &err), "%s", err.msg);
}

static const gb_item *item_of(const struct watch *w, const char *label) {
    for (int i = 0; i < w->viewer.scene.n_items; i++)
        if (!strcmp(w->viewer.scene.items[i].label, label)) return &w->viewer.scene.items[i];
    ck_abort_msg("no item %s", label);
    return NULL;
}

/* --- an environment ---------------------------------------------------------------------------*/

static bool exists(const char *name) {
    return !access(name, F_OK);
}

static bool press_all(struct watch *w, int step) {
    static int age;
    struct viewer *v = &w->viewer;
    gb_player *player = &v->player;
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
        return push(SDLK_d);
    case 9:
        ck_assert(v->sampled);
        return push(SDLK_p);
    case 10:
        ck_assert(v->scene.bare);
        return push(SDLK_p);
    case 11:
        ck_assert(!v->scene.bare);
        return push(SDLK_t);
    case 12:
        ck_assert(v->scene.dark);
        return push(SDLK_h);
    case 13:
        ck_assert(w->help);
        return push(SDLK_c);
    case 14:
        ck_assert(exists("cartpole-1.png"));
        return push(SDLK_c);
    case 15:
        ck_assert(exists("cartpole-2.png"));
        return push(SDLK_k);
    case 16: /* by hand: the cart goes where the held key says */
        ck_assert(v->by_hand);
        age = player->age, w->paused = false;
        down(SDLK_LEFT, true);
        return true;
    case 17:
        if (player->age < age + 3 && !viewer_end(v)) return false;
        ck_assert(player->action[0] == 0);
        age = player->age;
        down(SDLK_LEFT, false);
        down(SDLK_RIGHT, true);
        return true;
    case 18:
        if (player->age < age + 2 && !viewer_end(v)) return false;
        ck_assert(player->action[0] == 1);
        down(SDLK_RIGHT, false);
        return push(SDLK_k);
    case 19:
        ck_assert(!v->by_hand && w->speed == 0);
        return push(SDLK_v);
    case 20:
#ifdef GB_FFMPEG
        ck_assert(w->film != NULL);
#else
        ck_assert(!w->film && w->message[0]);
#endif
        return true;
    case 21:
        return w->film ? push(SDLK_v) : true;
    case 22:
#ifdef GB_FFMPEG
        ck_assert(!w->film && exists("cartpole-1.mp4"));
#endif
        return push(SDLK_m);
    case 23:
        ck_assert_int_eq(v->map, 0);
        return push(SDLK_q); /* cartpole has no map */
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
    static struct watch w;
    gb_env env;
    open_cartpole(&w, &env);
    play(&w, press_all);
    ck_assert_int_eq(stage.step, 24);
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

/* --- a solver ---------------------------------------------------------------------------------*/

static long iteration(const struct watch *w) {
    return atol(item_of(w, "iteration")->value);
}

static bool converged(const struct watch *w) {
    return strstr(item_of(w, "iteration")->value, "converged") != NULL;
}

/* Presses, moves or lets go the mouse where the slider with this id is at `part`. */
static void mouse(const struct watch *w, int type, int id, double part) {
    double best = 2, found;
    int x = 0, y = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        if (gb_scene_grab(&w->viewer.scene, WIDTH, HEIGHT, 1, i % WIDTH, i / WIDTH, 0, &found) !=
            id)
            continue;
        if (fabs(found - part) < best) best = fabs(found - part), x = i % WIDTH, y = i / WIDTH;
    }
    ck_assert_double_lt(best, 0.1);
    SDL_Event event = {.type = (Uint32)type};
    if (type == SDL_MOUSEMOTION)
        event.motion.x = x, event.motion.y = y;
    else
        event.button.x = x, event.button.y = y;
    SDL_PushEvent(&event);
}

static bool solve_all(struct watch *w, int step) {
    static long last, seen;
    static double tau, value;
    const struct viewer *v = &w->viewer;
    if (v->scene.n_items == 0) return false; /* not drawn yet */
    switch (step) {
    case 0:
        if (!converged(w)) return false;
        last = iteration(w);
        return push(SDLK_LEFT);
    case 1:
        if (iteration(w) == last) return false;
        return iteration(w) == last - 1;
    case 2:
        ck_assert(!converged(w));
        return push(SDLK_RIGHT);
    case 3:
        return iteration(w) == last ? push(SDLK_i) : false;
    case 4:
        if (iteration(w) > 4 || iteration(w) < 2) return false;
        return push(SDLK_i);
    case 5:
        seen = iteration(w);
        return true;
    case 6: /* the film has stopped: there it stays */
        ck_assert_int_le(iteration(w), seen + 1);
        seen = iteration(w);
        return push(SDLK_RIGHT);
    case 7:
        if (iteration(w) == seen) return false;
        ck_assert_int_eq(iteration(w), seen + 1);
        return push(SDLK_e);
    case 8:
        if (!converged(w)) return false;
        ck_assert_int_eq(iteration(w), last);
        return push(SDLK_TAB);
    case 9:
        ck_assert(item_of(w, "tau")->chosen && !item_of(w, "gamma")->chosen);
        tau = atof(item_of(w, "tau")->value), value = v->mind.solver->v[0];
        return push(SDLK_EQUALS);
    case 10:
        if (!converged(w) || atof(item_of(w, "tau")->value) <= tau) return false;
        ck_assert(v->mind.solver->v[0] > value); /* more entropy is paid for */
        return push(SDLK_MINUS);
    case 11:
        if (!converged(w) || fabs(atof(item_of(w, "tau")->value) - tau) > 1e-4) return false;
        ck_assert_double_eq_tol(v->mind.solver->v[0], value, 1e-3);
        mouse(w, SDL_MOUSEBUTTONDOWN, 1, 0.2);
        return true;
    case 12:
        mouse(w, SDL_MOUSEMOTION, 1, 0.3);
        return true;
    case 13:
        mouse(w, SDL_MOUSEBUTTONUP, 1, 0.3);
        return true;
    case 14:
        if (!converged(w)) return false;
        ck_assert_double_eq_tol(v->mind.solver->mdp->gamma, 1 - pow(10, -4 * 0.3), 0.1);
        ck_assert(item_of(w, "gamma")->chosen);
        ck_assert_double_gt(v->mind.solver->v[0], 1.5 * value); /* far-sighted */
        return push(SDLK_m);
    case 15:
        ck_assert_int_eq(v->map, MAP_ENTROPY);
        return push(SDLK_m);
    case 16:
        ck_assert(v->map == MAP_VISITS && v->scene.map->counts);
        return push(SDLK_m);
    case 17:
        ck_assert(v->map == MAP_NONE && v->scene.map->arrows == 5);
        return push(SDLK_a);
    case 18:
        ck_assert(!v->arrows);
        return true;
    case 19:
        ck_assert(!v->scene.map);
        return push(SDLK_ESCAPE);
    default:
        ck_abort_msg("goes on after Escape");
    }
    return true;
}

START_TEST(solver_keys_do_what_they_say) {
    static struct session session;
    static struct watch w;
    struct args args;
    gb_err err;
    char *words[] = {"maze4", "--tau", "0.2", "--gamma", "0.9"};
    static const char *const flags[] = {NULL};
    ck_assert(!gb_registry_init(&session.registry, gb_builtin_envs, gb_builtin_agents,
                                gb_builtin_presets, &err));
    ck_assert(!args_parse(&args, 5, words, flags, &err));
    ck_assert_msg(!watch_open_solver(&w, &session, &args, "mdvi", &err), "%s", err.msg);
    play(&w, solve_all);
    ck_assert_int_eq(stage.step, 20);
    watch_close_solver(&w);
    gb_registry_free(&session.registry);
}
END_TEST

/* The value at the start, the entropy, and all action values after some iterations with this
 * weight, as three numbers. */
static void solve_with(struct watch *w, const char *name, double value, double out[3]) {
    gb_err err;
    gb_solver *solver = gb_alloc(1, sizeof *solver, &err);
    const gb_solver *like = w->viewer.mind.solver;
    const gb_opt *row = gb_opts_find(like->type->opts, name);
    ck_assert(solver && row && !gb_solver_init(solver, like->type, &err));
    memcpy(solver->config, like->config, like->type->config_size);
    memcpy((char *)solver->config + row->offset, &value, sizeof value);
    ck_assert_msg(!gb_solver_open(solver, like->mdp, &err), "%s", err.msg);
    for (int i = 0; i < 12 && gb_solver_iterate(solver, &err) == GB_CONTINUE; i++) continue;
    out[0] = gb_solver_start_value(solver), out[1] = gb_solver_entropy(solver), out[2] = 0;
    for (size_t i = 0; i < gb_mdp_pairs(like->mdp); i++)
        out[2] += isfinite(solver->q[i]) ? (double)(i + 1) * solver->q[i] : 0;
    gb_solver_free(solver);
    gb_dealloc(solver);
}

/* Each weight has a slider if it changes the solution, and none if it changes nothing. */
static void check_sliders(struct session *session, const char *method, const char *option,
                          const char *choice) {
    static const char *const weights[] = {"tau", "lambda", "alpha", "temperature", "beta"};
    static struct watch w;
    struct args args;
    gb_err err;
    char *words[] = {"maze4", "--gamma", "0.9", (char *)option, (char *)choice};
    static const char *const flags[] = {NULL};
    w = (struct watch){0};
    ck_assert(!args_parse(&args, option ? 5 : 3, words, flags, &err));
    const int code = watch_open_solver(&w, session, &args, method, &err);
    if (!code) { /* else: not for this solver */
        const gb_scene *scene = (viewer_start(&w.viewer, 0, &err), viewer_scene(&w.viewer));
        const gb_solver *solver = w.viewer.mind.solver;
        for (int k = 0; k < 5; k++) {
            double small[3], large[3];
            bool shown = false;
            const gb_opt *row = gb_opts_find(solver->type->opts, weights[k]);
            for (int i = 0; i < scene->n_items; i++)
                shown |= scene->items[i].kind == GB_ITEM_SLIDER &&
                         !strcmp(scene->items[i].label, weights[k]);
            if (!row || row->kind != GB_KIND_F64 || row->min < 0) {
                ck_assert(!shown);
                continue;
            }
            solve_with(&w, weights[k], 0.3, small);
            solve_with(&w, weights[k], 0.8, large);
            const bool moves = memcmp(small, large, sizeof small) != 0;
            ck_assert_msg(shown == moves, "%s %s: %s has %s slider, and %s effect", method,
                          choice ? choice : "", weights[k], shown ? "a" : "no",
                          moves ? "an" : "no");
        }
    }
    ck_assert_msg(!code || option, "%s: %s", method, err.msg);
    watch_close_solver(&w);
}

START_TEST(sliders_have_an_effect) {
    static struct session session;
    gb_err err;
    ck_assert(!gb_registry_init(&session.registry, gb_builtin_envs, gb_builtin_agents,
                                gb_builtin_presets, &err));
    for (int k = 0; gb_builtin_solvers[k]; k++) {
        const gb_solver_type *type = gb_builtin_solvers[k];
        check_sliders(&session, type->name, NULL, NULL);
        if (gb_opts_find(type->opts, "regularizer"))
            for (const gb_regularizer_type *r = gb_regularizer_types; r->name; r++)
                check_sliders(&session, type->name, "--regularizer", r->name);
        if (gb_opts_find(type->opts, "risk"))
            check_sliders(&session, type->name, "--risk", "kl_ball");
    }
    gb_registry_free(&session.registry);
}
END_TEST

/* --- training ---------------------------------------------------------------------------------*/

/* Closes the window as soon as there is one. */
static void *close_window(void *unused) {
    while (!SDL_WasInit(SDL_INIT_VIDEO)) nanosleep(&(struct timespec){0, 1000000}, NULL);
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    quit();
    return unused;
}

START_TEST(training_goes_on_without_its_window) {
    static struct session session;
    gb_run run = {0};
    gb_err err;
    pthread_t closer;
    char folder[256];
    ck_assert(!gb_registry_init(&session.registry, gb_builtin_envs, gb_builtin_agents,
                                gb_builtin_presets, &err));
    const gb_agent_type *agent = gb_registry_agent(&session.registry, "qlearning", &err);
    const gb_env_type *env = gb_registry_env(&session.registry, "corridor", &err);
    ck_assert(!gb_run_init(&run, agent, env, &err) && !gb_env_open(&run.env, &err));
    run.train.steps = 1500000, run.train.log_every = 100000;
    gb_format(folder, sizeof folder, "%s/run", test_folder());
    ck_assert_msg(!gb_run_create_folder(&run, folder, &err), "%s", err.msg);
    gb_train train = {.config = run.train, .env = &run.env, .agent = &run.agent, .dir = run.dir};
    ck_assert_msg(!gb_train_open(&train, false, &err), "%s", err.msg);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    ck_assert(!pthread_create(&closer, NULL, close_window, NULL));
    ck_assert_msg(!watch_training(&run, &train, &err), "%s", err.msg);
    pthread_join(closer, NULL);
    ck_assert_int_eq(train.step, run.train.steps);
    gb_train_close(&train);
    gb_run_free(&run);
    gb_registry_free(&session.registry);
}
END_TEST

/* With the window, metrics are the same, row for row; an interrupt closes it when all is done. */
START_TEST(metrics_do_not_depend_on_the_window) {
    const test_run *run = test_shell(
        "B=$PWD/%s/gibbs; cd %s; for a in 'qlearning corridor --steps 60000' "
        "'sac pendulum --steps 600 --hidden 16 --batch 16 --eval_every 200' "
        "'ppo cartpole --steps 2000 --hidden 16 --n_steps 64' "
        "'mdqn breakout --steps 500 --hidden 16 --no-preset'; do rm -rf a b; "
        "T=\"$B train $a --quiet --save_every 0 --log_every 100\"; $T --out a || exit 3; "
        "SDL_VIDEODRIVER=dummy $T --out b --watch & P=$!; "
        "while ! [ -e b/checkpoint.safetensors ]; do kill -0 $P || exit 4; sleep 0.02; done; "
        "sleep 0.4; kill -INT $P; wait $P || exit 5; cmp a/metrics.csv b/metrics.csv || exit 6; "
        "done",
        GB_BUILD, test_folder());
    ck_assert_msg(run->code == 0, "%d %s", run->code, run->err);
}
END_TEST

START_TEST(training_says_first_that_there_is_no_display) {
    const test_run *run =
        test_shell("B=$PWD/%s/gibbs; cd %s; env -u DISPLAY -u SDL_VIDEODRIVER -u WAYLAND_DISPLAY "
                   "$B train sac pendulum --watch --out a",
                   GB_BUILD, test_folder());
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
    ck_assert(strstr(run->err, "gibbs record") != NULL);
    ck_assert(access(gb_format((char[256]){0}, 256, "%s/a", test_folder()), F_OK));
}
END_TEST

Suite *watch_keys_suite(void);
Suite *watch_keys_suite(void) {
    const TTest *const tests[] = {keys_do_what_they_say,
                                  closes_at_any_time,
                                  solver_keys_do_what_they_say,
                                  sliders_have_an_effect,
                                  training_goes_on_without_its_window,
                                  metrics_do_not_depend_on_the_window,
                                  training_says_first_that_there_is_no_display,
                                  NULL};
    return test_suite("watch_keys", tests, 60);
}

#else

Suite *watch_keys_suite(void);
Suite *watch_keys_suite(void) {
    return suite_create("watch_keys");
}

#endif
