/* cmd_watch.c - gibbs watch: an environment in a window, played by a trained policy or at random,
 * or one picture of it. The same seed gives the same episodes as gibbs rollout. */
#include "cli.h"
#include "file.h"
#include "player.h"
#include "shot.h"
#include "space.h"
#include "window.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FASTEST = 6, SLOWEST = -2 }; /* powers of two of the speed */

static const double HOLD = 0.5; /* seconds that the end of an episode stays, at speed 1 */
static const double DT = 0.1;   /* seconds a step, for environments without physical time */
static const double FRAME_BUDGET = 0.01; /* seconds of stepping in one frame, at most */

struct watch {
    gb_player player;
    int64_t seed, steps; /* steps: since the window opened, over all episodes and seeds */
    double last_ret;     /* of the last finished episode; NAN: none yet */

    bool paused, help, quit;
    int speed; /* power of two */
    gb_scene scene;
};

/* --- playing ----------------------------------------------------------------------------------*/

/* Returns how the episode ended, or NULL while it runs. */
static const char *end_of(const struct watch *w) {
    return w->player.terminal ? "terminal" : w->player.truncated ? "time limit" : NULL;
}

/* Back to the first episode of the seed. */
static int restart(struct watch *w, gb_err *err) {
    w->last_ret = NAN;
    return gb_player_start(&w->player, (uint64_t)w->seed, err);
}

/* One step; after the end of an episode, the beginning of the next. */
static int advance(struct watch *w, gb_err *err) {
    if (end_of(w)) return gb_player_reset(&w->player, err);
    gb_player_choose(&w->player);
    int code = gb_player_step(&w->player, err);
    w->steps++;
    if (end_of(w)) w->last_ret = w->player.ret;
    return code;
}

/* --- the panel ---------------------------------------------------------------------------------*/

/* Writes value with a fixed number of decimals, so that digits stay where they are from step to
 * step; -0 without its sign. */
static void add_number(gb_scene *scene, const char *label, double value, bool whole,
                       const char *unit) {
    char text[GB_SCENE_TEXT];
    if (isnan(value)) {
        gb_scene_add(scene, label, "-");
        return;
    }
    const char *format = fabs(value) >= 1e6 ? "%.4e%s%s" : whole ? "%.0f%s%s" : "%.4f%s%s";
    bool named = unit && unit[0];
    snprintf(text, sizeof text, format, value + 0.0, named ? " " : "", named ? unit : "");
    gb_scene_add(scene, label, text);
}

static bool is_whole(double value) {
    return value == rint(value);
}

static void add_play(struct watch *w) {
    gb_scene *scene = &w->scene;
    const gb_player *player = &w->player;
    char text[GB_SCENE_TEXT];
    const char *end = end_of(w);
    const int most = player->env->spec.max_steps;
    add_number(scene, "seed", (double)w->seed, true, NULL);
    add_number(scene, "episode", (double)player->episode, true, NULL);
    gb_format(text, sizeof text, most ? "%d of %d" : "%d", player->age, most);
    gb_scene_add(scene, "step", text);
    add_number(scene, "return", player->ret, is_whole(player->ret), NULL);
    add_number(scene, "last reward", player->reward, is_whole(player->reward), NULL);
    add_number(scene, "last return", w->last_ret, is_whole(w->last_ret), NULL);
    gb_format(text, sizeof text, w->speed < 0 ? "1/%d x" : "%d x", 1 << abs(w->speed));
    gb_scene_add(scene, "speed", text);
    gb_scene_add(scene, "status", end ? end : w->paused ? "paused" : "running");
}

static void add_action(struct watch *w) {
    const gb_player *player = &w->player;
    const gb_space *act = &player->env->spec.act;
    char text[GB_SCENE_TEXT];
    gb_scene_add(&w->scene, "", NULL);
    gb_scene_add(&w->scene, "last action", NULL);
    if (act->kind == GB_DISCRETE) {
        int chosen = (int)player->action[0];
        gb_format(text, sizeof text, act->names ? "%d %s" : "%d", chosen,
                  act->names ? act->names[chosen] : "");
        gb_scene_add(&w->scene, "number", player->age ? text : "-");
        return;
    }
    for (int i = 0; i < act->n; i++) {
        gb_format(text, sizeof text, "action%d", i);
        add_number(&w->scene, act->names ? act->names[i] : text,
                   player->age ? (double)player->action[i] : NAN, false, NULL);
    }
}

static void add_state(struct watch *w) {
    char label[GB_SCENE_TEXT];
    gb_scene_add(&w->scene, "", NULL);
    gb_scene_add(&w->scene, "state", NULL);
    for (const gb_field *f = w->player.env->type->fields; f && f->name; f++) {
        bool real = f->kind == GB_KIND_F64 || f->kind == GB_KIND_F32;
        int n = gb_field_elements(f);
        for (int k = 0; k < n; k++) {
            gb_format(label, sizeof label, n == 1 ? "%s" : "%s%d", f->name, k);
            add_number(&w->scene, label, gb_field_get(f, w->player.state, k), !real, f->unit);
        }
    }
}

static void draw_state(const void *context, gb_canvas *canvas) {
    const gb_player *player = context;
    player->env->type->draw(player->state, player->env->config, canvas);
}

static const char *const keys[][2] = {
    {"space", "pause, go on"},
    {"n", "one step"},
    {"up down", "speed, 1/4 to 64"},
    {"r", "restart with this seed"},
    {"s", "restart with the next seed"},
    {"t", "light or dark"},
    {"h", "show or hide this list"},
    {"q, Esc", "quit"},
    {NULL},
};

static const gb_scene *compose(struct watch *w) {
    w->scene.title = w->player.env->type->name;
    w->scene.draw = w->player.env->type->draw ? draw_state : NULL;
    w->scene.context = &w->player;
    w->scene.help = w->help ? keys : NULL;
    w->scene.n_rows = 0;
    gb_scene_add(&w->scene, "policy",
                 w->player.agent ? w->player.agent->type->name : "random actions");
    add_play(w);
    add_action(w);
    add_state(w);
    return &w->scene;
}

/* --- the window --------------------------------------------------------------------------------*/

static int press(struct watch *w, int key, gb_err *err) {
    switch (key) {
    case GB_KEY_QUIT:
    case 'q':
        w->quit = true;
        break;
    case GB_KEY_UP:
        w->speed += w->speed < FASTEST;
        break;
    case GB_KEY_DOWN:
        w->speed -= w->speed > SLOWEST;
        break;
    case ' ':
        w->paused = !w->paused;
        break;
    case 'n':
        w->paused = true;
        return advance(w, err);
    case 's':
        w->seed++;
        return restart(w, err);
    case 'r':
        return restart(w, err);
    case 't':
        w->scene.dark = !w->scene.dark;
        break;
    case 'h':
        w->help = !w->help;
        break;
    }
    return GB_OK;
}

/* Plays as many steps as `seconds` of the environment's time hold; returns in *seconds what is left
 * over. Gives up what it cannot do within one frame. */
static int catch_up(struct watch *w, int64_t most, double *seconds, gb_err *err) {
    const double dt = w->player.env->spec.dt > 0 ? w->player.env->spec.dt : DT,
                 start = gb_window_time();
    while (w->steps < most) {
        double due = end_of(w) ? dt + HOLD : dt;
        if (*seconds < due) return GB_OK;
        *seconds -= due;
        int code = advance(w, err);
        if (code) return code;
        if (gb_window_time() - start > FRAME_BUDGET) *seconds = 0;
    }
    return GB_OK;
}

/* Shows steps until `most` of them are played or the user quits. */
static int watch_window(struct watch *w, int width, int height, int64_t most, gb_err *err) {
    char title[160];
    gb_format(title, sizeof title, "gibbs: %s (h shows the keys)", w->player.env->type->name);
    gb_window *window = gb_window_open(title, width, height, err);
    if (!window) return GB_FAIL;
    int code = GB_OK;
    double left = 0, before = gb_window_time();
    while (!code && !w->quit && w->steps < most) {
        gb_window_show(window, compose(w));
        for (int key; !code && (key = gb_window_key(window)) != GB_KEY_NONE;)
            code = press(w, key, err);
        double now = gb_window_time();
        left += w->paused ? 0 : ldexp(now - before, w->speed);
        before = now;
        if (!code && !w->paused) code = catch_up(w, most, &left, err);
    }
    gb_window_close(window);
    return code;
}

/* --- the picture -------------------------------------------------------------------------------*/

static int watch_shot(struct watch *w, int width, int height, int64_t steps, const char *path,
                      gb_err *err) {
    size_t n;
    while (w->steps < steps)
        if (advance(w, err)) return GB_FAIL;
    void *png = gb_shot(compose(w), width, height, &n, err);
    int code = png ? gb_write_file(path, png, n, err) : GB_FAIL;
    gb_dealloc(png);
    return code;
}

/* --- the command -------------------------------------------------------------------------------*/

struct request {
    int64_t steps, seed; /* steps: -1 if not given */
    int width, height;
    bool dark;
    const char *shot; /* NULL: a window */
};

static int take_size(struct args *args, struct request *request, gb_err *err) {
    const char *text = args_take(args, "size");
    if (!text) return GB_OK;
    int code = args_read_size("--size", text, &request->width, &request->height, err);
    if (code) return code;
    bool fits = request->width >= GB_SHOT_LEAST && request->width <= GB_SHOT_MOST &&
                request->height >= GB_SHOT_LEAST && request->height <= GB_SHOT_MOST;
    return fits ? GB_OK
                : gb_fail(err, GB_USAGE, "--size: %s is out of range; choose %d to %d each way",
                          text, GB_SHOT_LEAST, GB_SHOT_MOST);
}

static int take_request(struct args *args, struct request *request, gb_err *err) {
    *request = (struct request){.steps = -1, .width = 960, .height = 640};
    int code = args_take_int(args, "steps", 0, (int64_t)1e15, &request->steps, err);
    if (!code) code = args_take_int(args, "seed", 0, (int64_t)9e15, &request->seed, err);
    if (!code) code = take_size(args, request, err);
    const char *theme = args_take(args, "theme");
    if (!code) code = args_take_file(args, "shot", &request->shot, err);
    if (code || !theme) return code;
    request->dark = !strcmp(theme, "dark");
    if (request->dark || !strcmp(theme, "light")) return GB_OK;
    return gb_fail(err, GB_USAGE, "--theme: there is no %s; choose light or dark", theme);
}

static int show(struct watch *w, const struct request *request, gb_err *err) {
    w->seed = request->seed;
    w->scene.dark = request->dark;
    int code = restart(w, err);
    if (code) return code;
    if (request->shot)
        return watch_shot(w, request->width, request->height,
                          request->steps < 0 ? 50 : request->steps, request->shot, err);
    return watch_window(w, request->width, request->height,
                        request->steps < 0 ? INT64_MAX : request->steps, err);
}

int cmd_watch(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {NULL};
    struct args args;
    struct request request;
    struct watch watch = {0};
    gb_run run = {0};
    gb_err err;
    bool trained = false;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = take_request(&args, &request, &err);
    if (!code) code = session_open_played(session, &args, "watch", &run, &trained, &err);
    if (!code) code = gb_player_init(&watch.player, &run.env, trained ? &run.agent : NULL, &err);
    if (!code) code = show(&watch, &request, &err);
    gb_player_free(&watch.player);
    gb_run_free(&run);
    return code ? complain(code, &err) : 0;
}
