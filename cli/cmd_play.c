/* cmd_play.c - gibbs play: a person plays an environment with the keys that it declares; the steps
 * may be saved as gibbs rollout prints them. */
#include "cli.h"
#include "file.h"
#include "keys.h"
#include "opt.h"
#include "pace.h"
#include "shot.h"
#include "step_lines.h"
#include "viewer.h"
#include "window.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_KEYS = 40, MOST_LETTERS = 64 };

static const double HASTE = 2;      /* steps a second where time waits: as many times as to watch */
static const double BACKLOG = 0.25; /* seconds of play that may be owed after a hiccup */

struct request {
    int64_t steps, seed; /* steps: 0 for no end */
    int width, height, dark;
    double speed;
    const char *save;
};

struct play {
    const struct request *request;
    struct viewer viewer;
    gb_window *window;
    bool paused, help, quit;
    double pace, owed; /* steps a second; seconds that are not yet played */
    int64_t steps;     /* so far, over all episodes */
    int64_t finished;  /* episodes */
    double best;       /* return of these; NAN: none */

    FILE *lines; /* the steps so far, in memory; NULL: they are not saved */
    char *text;
    size_t text_size;

    const char *help_rows[MOST_KEYS][2];
    char letters[MOST_KEYS][MOST_LETTERS]; /* what help_rows point to */
    char message[160];
};

/* --- what is saved ----------------------------------------------------------------------------*/

/* A file of an earlier play is not written over: nobody can play it again. */
static int open_lines(struct play *p, gb_err *err) {
    const char *path = p->request->save;
    if (!path) return GB_OK;
    if (!access(path, F_OK))
        return gb_fail(err, GB_USAGE, "--save: %.300s is there already; choose another name", path);
    if (args_check_folder(path, err)) return GB_FAIL;
    p->lines = open_memstream(&p->text, &p->text_size);
    if (p->lines) return GB_OK;
    return gb_fail(err, GB_FAIL, "%.300s: %s; close some programs", path, strerror(errno));
}

/* Writes all steps so far, as a whole. */
static int save_lines(struct play *p, gb_err *err) {
    if (!p->lines || !p->steps) return GB_OK;
    if (fflush(p->lines))
        return gb_fail(err, GB_FAIL, "%.300s: %s; close some programs", p->request->save,
                       strerror(errno));
    return gb_write_file(p->request->save, p->text, p->text_size, err);
}

static void free_lines(struct play *p) {
    if (p->lines) fclose(p->lines);
    free(p->text);
}

/* --- help -------------------------------------------------------------------------------------*/

static void add_help(struct play *p, int *n, const char *key, const char *meaning) {
    if (*n >= MOST_KEYS - 1) return;
    p->help_rows[*n][0] = key;
    p->help_rows[(*n)++][1] = meaning;
}

/* "left: 0 clockwise", or "left: torque 2": what a row of the table does. */
static const char *meaning_of(const struct play *p, const gb_key *row, char *text) {
    const gb_space *act = &p->viewer.player.env->spec.act;
    const char *name = act->names ? act->names[row->number] : NULL;
    if (act->kind == GB_DISCRETE)
        return name ? name : gb_format(text, MOST_LETTERS, "action %d", row->number);
    if (name) return gb_format(text, MOST_LETTERS, "%s %g", name, row->value);
    return gb_format(text, MOST_LETTERS, "action %d: %g", row->number, row->value);
}

static void list_help(struct play *p) {
    int n = 0;
    for (const gb_key *row = p->viewer.player.env->spec.keys; row->name && n < MOST_KEYS - 8; row++)
        if (row->name[0]) {
            char *text = p->letters[n];
            add_help(p, &n, row->name, meaning_of(p, row, text));
        }
    add_help(p, &n, "Tab", "pause, go on");
    add_help(p, &n, "+ -", "faster, slower");
    add_help(p, &n, ".", "light or dark");
    add_help(p, &n, "/", "show or hide this list");
    add_help(p, &n, "Esc", "quit");
    p->help_rows[n][0] = p->help_rows[n][1] = NULL;
}

/* --- playing ----------------------------------------------------------------------------------*/

static int step(struct play *p, gb_err *err) {
    struct viewer *v = &p->viewer;
    int code = viewer_advance(v, err);
    if (code) return code;
    if (p->lines) step_write(p->lines, &v->player, p->steps);
    p->steps++;
    if (!viewer_end(v)) return GB_OK;
    p->finished++;
    if (isnan(p->best) || v->player.ret > p->best) p->best = v->player.ret;
    gb_format(p->message, sizeof p->message, "%s: return %.5g; any key begins the next episode",
              viewer_end(v), v->player.ret);
    return save_lines(p, err);
}

static int begin(struct play *p, gb_err *err) {
    p->message[0] = 0;
    return viewer_advance(&p->viewer, err);
}

/* Keys of the player; those of the environment are asked for when a step is due. */
static int press(struct play *p, int key, gb_err *err) {
    switch (key) {
    case GB_KEY_QUIT:
        p->quit = true;
        return GB_OK;
    case GB_KEY_DRAW:
    case GB_KEY_MOUSE:
        return GB_OK;
    case GB_KEY_TAB:
        p->paused = !p->paused;
        break;
    case '+':
    case '=':
        p->pace *= p->pace < 1000 ? 1.25 : 1;
        return GB_OK;
    case '-':
        p->pace /= p->pace > 0.5 ? 1.25 : 1;
        return GB_OK;
    case '.':
        p->viewer.scene.dark = !p->viewer.scene.dark;
        return GB_OK;
    case '/':
        p->help = !p->help;
        return GB_OK;
    default:
        if (viewer_end(&p->viewer)) return begin(p, err);
    }
    p->help = false; /* it stood there until the first key */
    return GB_OK;
}

/* Plays the steps that are due. Where the environment waits for a key, one step is kept due. */
static int catch_up(struct play *p, double seconds, gb_err *err) {
    struct viewer *v = &p->viewer;
    gb_player *player = &v->player;
    const double due = 1 / p->pace;
    p->owed = fmin(p->owed + seconds, due > BACKLOG ? due : BACKLOG);
    if (p->paused || p->help || viewer_end(v)) p->owed = 0;
    while (p->owed >= due && !viewer_end(v)) {
        const char *held[GB_WINDOW_HELD];
        const int n = gb_window_held(p->window, held);
        if (!gb_keys_action(&player->env->spec, held, n, player->age > 0, player->action)) {
            p->owed = due;
            return GB_OK;
        }
        p->owed -= due;
        int code = step(p, err);
        if (code || p->steps == p->request->steps) return code;
    }
    return GB_OK;
}

static void add_score(void *context, gb_scene *scene) {
    const struct play *p = context;
    if (p->finished) viewer_add_number(scene, "best return", p->best, p->best == rint(p->best), "");
}

static int show(struct play *p, gb_err *err) {
    gb_scene *scene = &p->viewer.scene;
    scene->status = p->paused ? "paused" : viewer_end(&p->viewer);
    scene->help = p->help ? (const char *const(*)[2])p->help_rows : NULL;
    scene->message = p->message;
    return gb_window_show(p->window, viewer_scene(&p->viewer), err);
}

static int loop(struct play *p, gb_err *err) {
    int code = GB_OK;
    double before = gb_seconds();
    while (!code && !p->quit && !(p->request->steps && p->steps == p->request->steps)) {
        code = show(p, err);
        for (int key; !code && !p->quit && (key = gb_window_key(p->window)) != GB_KEY_NONE;)
            code = press(p, key, err);
        const double now = gb_seconds();
        if (!code && !p->quit) code = catch_up(p, now - before, err);
        before = now;
    }
    return code;
}

/* --- the command ------------------------------------------------------------------------------*/

static int check_env(const gb_env *env, gb_err *err) {
    char fault[256];
    const char *name = env->type->name;
    if (!env->type->draw)
        return gb_fail(err, GB_FAIL,
                       "%s: it has no draw function, so there is nothing to see; "
                       "write one",
                       name);
    if (!env->spec.keys)
        return gb_fail(err, GB_FAIL,
                       "%s: it declares no keys to play with; give its spec a table "
                       "of gb_key, or type gibbs watch",
                       name);
    if (!gb_keys_fault(&env->spec, fault, sizeof fault)) return GB_OK;
    return gb_fail(err, GB_FAIL, "%s: keys: %s; mend the table that spec gives out", name, fault);
}

static int play(struct play *p, const gb_env *env, gb_err *err) {
    const struct request *r = p->request;
    struct viewer *v = &p->viewer;
    float action = 0;
    char title[160];
    int code = check_env(env, err);
    if (!code) code = open_lines(p, err);
    if (!code) code = viewer_init(v, env, (struct mind){0}, err);
    if (code) return code;
    const bool waits =
        env->spec.act.kind == GB_DISCRETE && !gb_keys_action(&env->spec, NULL, 0, true, &action);
    p->pace = pace_of(&env->spec) * r->speed * (waits ? HASTE : 1);
    p->best = NAN;
    p->help = true;
    v->by_hand = true;
    v->map = MAP_NONE;
    v->extra = add_score, v->context = p;
    v->scene.dark = r->dark;
    list_help(p);
    code = viewer_start(v, r->seed, err);
    if (code) return code;
    gb_format(title, sizeof title, "gibbs: %s", env->type->name);
    p->window = gb_window_open(title, r->width, r->height, 0, err);
    if (!p->window) return GB_FAIL;
    code = loop(p, err);
    gb_window_close(p->window);
    gb_err lost;
    const int saved = save_lines(p, code ? &lost : err);
    if (code || saved) return code ? code : saved;
    printf("%lld steps, %lld episodes", (long long)p->steps, (long long)p->finished);
    if (p->finished) printf(", best return %.5g", p->best);
    if (p->lines && p->steps) printf("; saved %s", r->save);
    putchar('\n');
    return GB_OK;
}

static int take_request(struct args *args, struct request *r, gb_err *err) {
    static const char *const themes[] = {"light", "dark", NULL};
    static const gb_opt row = {"speed", GB_F64(struct request, speed), 1, 0.05, 20, ""};
    *r = (struct request){.width = 960, .height = 640, .speed = 1};
    int code = args_take_int(args, "seed", 0, (int64_t)9e15, &r->seed, err);
    if (!code) code = args_take_int(args, "steps", 1, (int64_t)1e15, &r->steps, err);
    const char *speed = args_take(args, "speed");
    if (!code && speed) code = gb_opt_set(&row, r, speed, "--speed", err);
    if (!code) code = args_take_size(args, GB_SHOT_LEAST, GB_SHOT_MOST, &r->width, &r->height, err);
    if (!code) code = args_take_choice(args, "theme", themes, &r->dark, err);
    if (!code) code = args_take_file(args, "save", &r->save, err);
    return code;
}

int cmd_play(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {NULL};
    struct args args;
    struct request request;
    gb_env env = {0};
    gb_err err;
    int code = args_parse(&args, argc, argv, flags, &err);
    if (!code) code = take_request(&args, &request, &err);
    if (!code) code = session_take_plugin(session, &args, &err);
    if (!code && args.n_words < 1) code = args_finish(&args, 1, 1, usage_of("play"), &err);
    if (!code) code = session_open_env(session, &args, args.words[0], &env, &err);
    if (!code) code = args_finish(&args, 1, 1, usage_of("play"), &err);
    struct play *p = code ? NULL : gb_alloc(1, sizeof *p, &err);
    if (!code && !p) code = GB_FAIL;
    if (!code) {
        p->request = &request;
        code = play(p, &env, &err);
        viewer_free(&p->viewer);
        free_lines(p);
    }
    gb_dealloc(p);
    gb_env_free(&env);
    return code ? complain(code, &err) : 0;
}
