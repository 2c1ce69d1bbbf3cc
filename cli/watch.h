/* watch.h - the window of gibbs watch and gibbs train --watch: the loop and its keys, which know
 * nothing of where the policy comes from, and modes, which do.
 */
#ifndef GB_CLI_WATCH_H
#define GB_CLI_WATCH_H

#include "cli.h"
#include "film.h"
#include "layout.h"
#include "viewer.h"
#include "window.h"

struct watch;

/* What a mode adds to the loop. Functions may be NULL. */
struct watch_mode {
    const char *const (*keys)[2]; /* {key, meaning} pairs ended by {NULL}, for the list of keys */
    /* Takes a key (or GB_KEY_MOUSE); returns whether it was one of the mode's. */
    bool (*press)(struct watch *watch, int key);
    /* Called once, when the window is there. */
    void (*opened)(struct watch *watch);
    /* Called before each frame: brings the viewer up to date. */
    int (*frame)(struct watch *watch, gb_err *err);
};

enum { WATCH_KEYS = 40 };

struct watch {
    struct viewer viewer;
    gb_window *window;
    const struct watch_mode *mode; /* NULL: none */
    void *mode_state;

    bool paused, help, quit;
    bool changed;  /* what is shown is out of date */
    int speed;     /* power of two */
    int64_t steps; /* since the window opened, over all episodes and seeds */
    double owed;   /* seconds of the environment's time that are not yet played */
    char status[64], message[GB_PATH_MAX + 64];
    double message_until;
    gb_film *film; /* being recorded; NULL: none */
    gb_raster film_frame;
    char film_path[160];
    double film_due, film_scale;
    const char *keys[WATCH_KEYS][2]; /* the list of keys, with those of the mode */
};

/* What the command line says about the window and the picture. */
struct watch_request {
    int64_t steps, seed; /* steps: -1 if not given */
    int width, height;
    double scale; /* 0: as the screen says */
    bool dark, sampled;
    int map;          /* -1 if not given */
    const char *shot; /* NULL: a window */
};

/* Takes these options from args. */
int watch_take_request(struct args *args, struct watch_request *request, gb_err *err);

/* Shows what request asks for: a window until it is closed, or request->steps are played, or an
 * interrupt; or one picture in a file. viewer must be made. */
int watch_show(struct watch *watch, const struct watch_request *request, gb_err *err);

/* Shows a line at the bottom of the world for a moment. */
void watch_say(struct watch *watch, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* gibbs train --watch: runs train, which is open, on a thread of its own, and shows its policy in a
 * window. Returns what gb_train_run does, when both are over. watch_train.c. */
int watch_training(const gb_run *run, gb_train *train, gb_err *err);

/* gibbs watch ENV --solve METHOD: makes watch (zeros) ready to be shown with the solver's mode,
 * from what is left of args; the environment is its first word. The caller closes it, also after a
 * failure. watch_solve.c. */
int watch_open_solver(struct watch *watch, struct session *session, struct args *args,
                      const char *method, gb_err *err);
void watch_close_solver(struct watch *watch);

#endif
