/* watch_window.c - the loop of the window: time, keys, pictures. */
#include "watch.h"

#include "file.h"
#include "film.h"
#include "keys.h"
#include "pace.h"
#include "shot.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FASTEST = 6, SLOWEST = -2 }; /* powers of two of the speed */

static const double HOLD = 0.5;          /* seconds that the end of an episode stays, at speed 1 */
static const double FRAME_BUDGET = 0.01; /* seconds of stepping in one frame, at most */
static const double FILM_RATE = 30;      /* frames a second */
static const double MESSAGE = 2.5;       /* seconds that a message stays */

/* --- messages and pictures --------------------------------------------------------------------*/

void watch_say(struct watch *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(w->message, sizeof w->message, format, args);
    va_end(args);
    w->message_until = gb_seconds() + MESSAGE;
    w->changed = true;
}

/* The first name NAME-N.ending in the working folder that is not there. */
static char *free_name(const struct watch *w, const char *ending, char *path, size_t size) {
    int number = 1;
    do gb_format(path, size, "%s-%d.%s", w->viewer.player.env->type->name, number, ending);
    while (!access(path, F_OK) && number++ < 9999);
    return path;
}

static void take_picture(struct watch *w) {
    char path[160];
    int w_pixels, h_pixels;
    double scale;
    size_t n;
    gb_err err;
    free_name(w, "png", path, sizeof path);
    gb_window_size(w->window, &w_pixels, &h_pixels, &scale);
    w->viewer.scene.message = NULL;
    void *png = gb_shot(viewer_scene(&w->viewer), w_pixels, h_pixels, scale, &n, &err);
    int code = png ? gb_write_file(path, png, n, &err) : GB_FAIL;
    gb_dealloc(png);
    code ? watch_say(w, "%s", err.msg) : watch_say(w, "saved %s", path);
}

/* --- films ------------------------------------------------------------------------------------*/

static void stop_film(struct watch *w) {
    gb_err err;
    const int code = gb_film_close(w->film, &err);
    w->film = NULL;
    gb_raster_free(&w->film_frame);
    code ? watch_say(w, "%s", err.msg) : watch_say(w, "saved %s", w->film_path);
}

/* Begins or ends a film of what the window shows, at its size of the moment. */
static void record(struct watch *w) {
    int width, height, code;
    gb_err err;
    if (w->film) {
        stop_film(w);
        return;
    }
    gb_window_size(w->window, &width, &height, &w->film_scale);
    free_name(w, "mp4", w->film_path, sizeof w->film_path);
    const gb_theme *theme = w->viewer.scene.dark ? &gb_theme_dark : &gb_theme_light;
    if (!gb_raster_resize(&w->film_frame, width, height, &err))
        w->film = gb_film_open(w->film_path, width, height, FILM_RATE, theme, &code, &err);
    w->film_due = gb_seconds();
    w->film ? watch_say(w, "recording: v ends the film") : watch_say(w, "%s", err.msg);
}

/* Adds what is shown to the film as often as its rate asks for; time that was lost stays lost. */
static void film_frame(struct watch *w) {
    gb_err err;
    const double now = gb_seconds();
    if (!w->film || now < w->film_due) return;
    w->film_due = fmax(w->film_due + 1 / FILM_RATE, now - 1 / FILM_RATE);
    w->viewer.scene.message = NULL;
    gb_scene_paint(viewer_scene(&w->viewer), &w->film_frame, w->film_scale);
    if (!gb_film_frame(w->film, w->film_frame.pixels, &err)) return;
    gb_film_drop(w->film);
    w->film = NULL;
    watch_say(w, "%s", err.msg);
}

/* --- keys -------------------------------------------------------------------------------------*/

static const char *const common_keys[][2] = {
    {"space", "pause, go on"},
    {"n", "one step"},
    {"up down", "speed, 1/4 to 64"},
    {"r", "restart with this seed"},
    {"s", "restart with the next seed"},
    {"d", "best or sampled actions"},
    {"k", "take over with the keyboard, hand back"},
    {"p", "panel"},
    {"c", "save a picture"},
    {"v", "record a film, stop"},
    {"t", "light or dark"},
    {"h", "show or hide this list"},
    {"q, Esc", "quit"},
};
static const char *const map_keys[][2] = {
    {"m", "map of values, entropy, visits, none"},
    {"a", "arrows: what the policy does"},
};

static void list_keys(struct watch *w) {
    int n = 0;
    const int common = sizeof common_keys / sizeof *common_keys;
    for (int i = 0; i < common; i++) {
        if (i == common - 2 && w->viewer.atlas)
            for (int k = 0; k < 2; k++, n++)
                w->keys[n][0] = map_keys[k][0], w->keys[n][1] = map_keys[k][1];
        for (int k = 0; i == common - 2 && w->mode && w->mode->keys && w->mode->keys[k][0];
             k++, n++)
            w->keys[n][0] = w->mode->keys[k][0], w->keys[n][1] = w->mode->keys[k][1];
        w->keys[n][0] = common_keys[i][0], w->keys[n][1] = common_keys[i][1];
        n++;
    }
    w->keys[n][0] = w->keys[n][1] = NULL;
}

static void take_over(struct watch *w) {
    struct viewer *v = &w->viewer;
    const gb_spec *spec = &v->player.env->spec;
    if (!spec->keys) {
        watch_say(w, "%s declares no keys to play with", v->player.env->type->name);
        return;
    }
    v->by_hand = !v->by_hand;
    if (!v->by_hand) viewer_think(v);
    watch_say(w, v->by_hand ? "you play: k hands back" : "handed back");
}

/* Sets the action that the keys which are held ask for. Returns whether time goes on. */
static bool steer(struct watch *w) {
    gb_player *player = &w->viewer.player;
    const char *held[GB_WINDOW_HELD];
    const int n = gb_window_held(w->window, held);
    return gb_keys_action(&player->env->spec, held, n, player->age > 0, player->action);
}

static void next_map(struct watch *w) {
    struct viewer *v = &w->viewer;
    if (!v->atlas) return;
    v->map = (v->map + 1) % MAP_KINDS;
    watch_say(w, "map: %s", map_names[v->map]);
}

/* Keys that play while the keyboard has taken over; they mean nothing else then. */
static bool plays(const struct watch *w, int key) {
    const gb_key *row = w->viewer.by_hand ? w->viewer.player.env->spec.keys : NULL;
    for (; row && row->name; row++) {
        const char *name = row->name;
        if (name[0] && !name[1] && name[0] == key) return true;
        if ((key == ' ' && !strcmp(name, "space")) || (key == GB_KEY_UP && !strcmp(name, "up")) ||
            (key == GB_KEY_DOWN && !strcmp(name, "down")) ||
            (key == GB_KEY_LEFT && !strcmp(name, "left")) ||
            (key == GB_KEY_RIGHT && !strcmp(name, "right")) ||
            (key == GB_KEY_ENTER && !strcmp(name, "enter")))
            return true;
    }
    return false;
}

static int advance(struct watch *w, gb_err *err) {
    if (!viewer_end(&w->viewer)) w->steps++;
    w->changed = true;
    return viewer_advance(&w->viewer, err);
}

static int press(struct watch *w, int key, gb_err *err) {
    struct viewer *v = &w->viewer;
    w->changed = true;
    if (key == GB_KEY_QUIT || (plays(w, key) && key != 'k')) {
        w->quit = key == GB_KEY_QUIT;
        return GB_OK;
    }
    if (w->mode && w->mode->press && w->mode->press(w, key)) return GB_OK;
    switch (key) {
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
        return v->by_hand && !viewer_end(v) && !steer(w) ? GB_OK : advance(w, err);
    case 'r':
        return viewer_start(v, v->seed, err);
    case 's':
        return viewer_start(v, v->seed + 1, err);
    case 'd':
        v->sampled = !v->sampled;
        viewer_think(v);
        watch_say(w, v->sampled ? "actions are sampled" : "best actions");
        break;
    case 'k':
        take_over(w);
        break;
    case 'p':
        v->scene.bare = !v->scene.bare;
        break;
    case 'c':
        take_picture(w);
        break;
    case 'v':
        record(w);
        break;
    case 'm':
        next_map(w);
        break;
    case 'a':
        v->arrows = !v->arrows;
        break;
    case 't':
        v->scene.dark = !v->scene.dark;
        break;
    case 'h':
        w->help = !w->help;
        break;
    }
    return GB_OK;
}

/* --- time -------------------------------------------------------------------------------------*/

/* Plays as many steps as are owed. Gives up what it cannot do within one frame. */
static int catch_up(struct watch *w, int64_t most, gb_err *err) {
    const struct viewer *v = &w->viewer;
    const double dt = 1 / pace_of(&v->player.env->spec), start = gb_seconds();
    while (w->steps < most) {
        const double due = viewer_end(v) ? dt + HOLD : dt;
        if (w->owed < due) return GB_OK;
        w->owed -= due;
        if (v->by_hand && !viewer_end(v) && !steer(w)) {
            w->owed = 0;
            return GB_OK;
        }
        int code = advance(w, err);
        if (code) return code;
        if (gb_seconds() - start > FRAME_BUDGET) w->owed = 0;
    }
    return GB_OK;
}

/* --- the loop ---------------------------------------------------------------------------------*/

static int show_frame(struct watch *w, gb_err *err) {
    gb_scene *scene = &w->viewer.scene;
    const char *end = viewer_end(&w->viewer);
    if (w->message[0] && gb_seconds() > w->message_until) w->message[0] = 0, w->changed = true;
    if (!w->changed) return gb_window_show(w->window, NULL, err);
    w->changed = false;
    gb_format(w->status, sizeof w->status, w->speed < 0 ? "%s 1/%dx" : "%s %dx",
              end                 ? end
              : w->paused         ? "paused"
              : w->viewer.by_hand ? "by hand"
                                  : "",
              1 << abs(w->speed));
    scene->status = w->status[0] == ' ' ? w->status + 1 : w->status;
    scene->message = w->message;
    scene->help = w->help ? (const char *const(*)[2])w->keys : NULL;
    return gb_window_show(w->window, viewer_scene(&w->viewer), err);
}

static int run_window(struct watch *w, int64_t most, gb_err *err) {
    int code = GB_OK;
    double before = gb_seconds();
    w->changed = true;
    while (!code && !w->quit && w->steps < most) {
        if (w->mode && w->mode->frame) code = w->mode->frame(w, err);
        if (!code) code = show_frame(w, err);
        film_frame(w);
        for (int key; !code && !w->quit && (key = gb_window_key(w->window)) != GB_KEY_NONE;)
            code = press(w, key, err);
        const double now = gb_seconds();
        w->owed = w->paused ? 0 : w->owed + ldexp(now - before, w->speed);
        before = now;
        if (!code && !w->quit) code = catch_up(w, most, err);
    }
    return code;
}

static int take_shot(struct watch *w, const struct watch_request *r, gb_err *err) {
    size_t n;
    const int64_t steps = r->steps < 0 ? 50 : r->steps;
    int code = GB_OK;
    if (w->mode && w->mode->frame) code = w->mode->frame(w, err);
    while (!code && w->steps < steps) code = advance(w, err);
    if (code) return code;
    w->viewer.scene.status = viewer_end(&w->viewer);
    void *png = gb_shot(viewer_scene(&w->viewer), r->width, r->height, r->scale > 0 ? r->scale : 1,
                        &n, err);
    code = png ? gb_write_file(r->shot, png, n, err) : GB_FAIL;
    gb_dealloc(png);
    return code;
}

int watch_show(struct watch *w, const struct watch_request *r, gb_err *err) {
    struct viewer *v = &w->viewer;
    char title[160];
    v->scene.dark = r->dark;
    v->sampled = r->sampled;
    int code = r->map < 0 ? GB_OK : viewer_choose_map(v, r->map, err);
    if (!code) code = viewer_start(v, r->seed, err);
    if (code) return code;
    if (r->shot) return take_shot(w, r, err);
    gb_format(title, sizeof title, "gibbs: %s (h shows the keys)", v->player.env->type->name);
    list_keys(w);
    w->window = gb_window_open(title, r->width, r->height, r->scale, err);
    if (!w->window) return GB_FAIL;
    if (w->mode && w->mode->opened) w->mode->opened(w);
    code = run_window(w, r->steps < 0 ? INT64_MAX : r->steps, err);
    if (w->film) stop_film(w);
    gb_window_close(w->window);
    return code;
}
