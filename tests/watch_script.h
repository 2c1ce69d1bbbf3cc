/* Scripts for the window on SDL's dummy driver: keys are pressed frame by frame, and what they led
 * to is looked at. */
#ifndef GB_TESTS_WATCH_SCRIPT_H
#define GB_TESTS_WATCH_SCRIPT_H

#include "../cli/cli.h"
#include "../cli/watch.h"
#include "sdl.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static inline int frame(struct watch *w, gb_err *err) {
    int code = stage.inner && stage.inner->frame ? stage.inner->frame(w, err) : GB_OK;
    ck_assert_msg(stage.frames++ < 2000, "still at step %d", stage.step);
    viewer_scene(&w->viewer); /* as of now: what is shown is of the frame before */
    if (stage.script(w, stage.step)) stage.step++;
    return code;
}

static inline void down(SDL_Keycode key, bool is_down) {
    SDL_Event event = {.type = is_down ? SDL_KEYDOWN : SDL_KEYUP};
    event.key.keysym.sym = key;
    ck_assert_int_eq(SDL_PushEvent(&event), 1);
}

static inline bool push(SDL_Keycode key) {
    down(key, true);
    down(key, false);
    return true;
}

static inline bool quit(void) {
    SDL_Event event = {.type = SDL_QUIT};
    SDL_PushEvent(&event);
    return true;
}

/* Shows the watch, which is ready, as the script goes. */
static inline void play(struct watch *w, script *keys) {
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

static inline const gb_item *item_of(const struct watch *w, const char *label) {
    for (int i = 0; i < w->viewer.scene.n_items; i++)
        if (!strcmp(w->viewer.scene.items[i].label, label)) return &w->viewer.scene.items[i];
    ck_abort_msg("no item %s", label);
    return NULL;
}

#endif
