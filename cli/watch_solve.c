/* watch_solve.c - gibbs watch ENV --solve METHOD: the iterations of a solver like a film, and
 * sliders for its weights, with which the same MDP is solved anew at once. */
#include "planning.h"
#include "watch.h"

#include "opt.h"
#include "regularizer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_SLIDERS = 6, MOST_HISTORY = 400, TO_THE_END = -1 };

static const double BUDGET = 0.012; /* seconds of solving in one frame */
static const double RATE = 8;       /* iterations a second of the film, at speed 1 */

/* A number that can be changed while one looks. */
struct slider {
    char name[32];
    double *value;
    double most; /* of value */
    bool discount;
};

struct solving {
    struct planning plan;
    struct slider slider[MOST_SLIDERS];
    int n_sliders, selected;
    int grabbed;        /* id of the slider that the mouse holds; 0: none */
    int64_t goal;       /* iteration to show; TO_THE_END: the last one */
    bool film, settled; /* iterations are played; there is no more to do for goal */
    bool over;          /* converged, or failed: no further iteration */
    int code;           /* of the last iteration */
    double film_time;   /* when the film showed its last iteration */
    float residual[MOST_HISTORY], start_value[MOST_HISTORY]; /* (n_history), by iteration */
    int n_history;
};

/* --- sliders ----------------------------------------------------------------------------------
 * Weights go from 10^-4 to their most by factors, below that is 0; the discount by its horizon. */

enum { DECADES = 4 };

static double part_of(const struct slider *s) {
    const double x = *s->value;
    if (s->discount) return x > 0 ? -log10(1 - x) / DECADES : 0;
    return x > 0 ? 1 + log10(x / s->most) / (DECADES + log10(s->most)) : 0;
}

static void set_part(struct slider *s, double part) {
    part = part > 0 ? part < 1 ? part : 1 : 0;
    if (s->discount) {
        *s->value = 1 - pow(10, -DECADES * part);
        return;
    }
    *s->value = part > 0.004 ? s->most * pow(10, (part - 1) * (DECADES + log10(s->most))) : 0;
}

static void add_slider(struct solving *s, const char *name, double *value, double most) {
    if (s->n_sliders == MOST_SLIDERS) return;
    struct slider *slider = &s->slider[s->n_sliders++];
    *slider =
        (struct slider){.value = value, .most = most, .discount = value == &s->plan.mdp.gamma};
    gb_format(slider->name, sizeof slider->name, "%s", name);
}

/* The text of the solver's option called name; NULL: it has none. */
static const char *text_of(const gb_solver *solver, const char *name) {
    const gb_opt *row = gb_opts_find(solver->type->opts, name);
    if (!row || row->kind != GB_KIND_TEXT) return NULL;
    return (const char *)solver->config + row->offset;
}

/* Whether the solver looks at its option called name, as its other options are: a weight may be of
 * another regulariser than the chosen one, or of nature's other powers. */
static bool has_effect(const gb_solver *solver, const char *name) {
    gb_err ignored;
    const char *regularizer = text_of(solver, "regularizer"), *risk = text_of(solver, "risk");
    const bool weight = !strcmp(name, "tau") || !strcmp(name, "lambda");
    const gb_regularizer_type *type =
        regularizer ? gb_regularizer_find(regularizer, &ignored) : NULL;
    if (type && weight) return gb_opts_find(type->opts, name) != NULL;
    return !risk || strcmp(name, "beta") || !strcmp(risk, "entropic");
}

/* The solver's own weights lie in its config, which each restart has at another place. */
static void find_sliders(struct solving *s) {
    static const char *const names[] = {"tau", "lambda", "alpha", "temperature", "beta"};
    s->n_sliders = 0;
    add_slider(s, "gamma", &s->plan.mdp.gamma, 1);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        for (const gb_opt *o = s->plan.solver->type->opts; o && o->name; o++)
            if (!strcmp(o->name, names[k]) && o->kind == GB_KIND_F64 && o->min >= 0 &&
                has_effect(s->plan.solver, o->name))
                add_slider(s, o->name, (double *)((char *)s->plan.solver->config + o->offset),
                           fmin(o->max, 10));
}

/* --- solving ----------------------------------------------------------------------------------*/

static void note(struct solving *s) {
    const gb_solver *solver = s->plan.solver;
    if (s->n_history == MOST_HISTORY) { /* every other one is enough from now on */
        for (int i = 0; i < MOST_HISTORY / 2; i++)
            s->residual[i] = s->residual[2 * i], s->start_value[i] = s->start_value[2 * i];
        s->n_history = MOST_HISTORY / 2;
    }
    s->residual[s->n_history] = (float)log10(fmax(solver->residual, 1e-16));
    s->start_value[s->n_history++] = (float)gb_solver_start_value(solver);
}

/* Starts again with the options as they are; on the way to `goal`. */
static int solve_anew(struct watch *w, int64_t goal, gb_err *err) {
    struct solving *s = w->mode_state;
    int code = planning_restart(&s->plan, err);
    if (code) return code;
    w->viewer.mind.solver = s->plan.solver;
    find_sliders(s);
    s->goal = goal;
    s->over = s->settled = false;
    s->code = GB_CONTINUE;
    s->n_history = 0;
    return GB_OK;
}

/* One iteration. */
static void iterate(struct watch *w) {
    struct solving *s = w->mode_state;
    gb_err err;
    const int code = s->code = gb_solver_iterate(s->plan.solver, &err);
    s->over = code != GB_CONTINUE;
    if (code < 0)
        watch_say(w, "%s", err.msg);
    else
        note(s);
}

/* Solves on towards the goal, for as long as a frame allows (a picture waits for the end). */
static int solve_on(struct watch *w, gb_err *err) {
    (void)err;
    struct solving *s = w->mode_state;
    const gb_solver *solver = s->plan.solver;
    if (!w->window) { /* a picture */
        while (!s->over && (s->goal < 0 || solver->iteration < s->goal)) iterate(w);
        viewer_renew(&w->viewer);
        return GB_OK;
    }
    const double start = gb_seconds();
    if (s->film && !s->over && start - s->film_time > ldexp(1, -w->speed) / RATE) {
        s->goal = solver->iteration + 1;
        s->film_time = start;
        s->settled = false;
    }
    if (s->settled) return GB_OK;
    while (!s->over && (s->goal < 0 || solver->iteration < s->goal) &&
           gb_seconds() - start < BUDGET)
        iterate(w);
    s->settled = s->over || (s->goal >= 0 && solver->iteration >= s->goal);
    if (s->over) s->film = false;
    w->changed = true;
    viewer_renew(&w->viewer);
    return GB_OK;
}

/* --- keys and mouse ---------------------------------------------------------------------------*/

static const char *const keys[][2] = {
    {"i", "play the iterations, stop"},
    {"left right", "iteration before, next"},
    {"e", "to the last iteration"},
    {"tab - =", "choose a slider, less, more"},
    {NULL},
};

static void change(struct watch *w, struct slider *slider, double part) {
    struct solving *s = w->mode_state;
    gb_err err;
    const double before = *slider->value;
    set_part(slider, part);
    if (!solve_anew(w, s->film ? s->plan.solver->iteration : s->goal, &err)) return;
    *slider->value = before;
    watch_say(w, "%s", err.msg);
}

static void drag(struct watch *w) {
    struct solving *s = w->mode_state;
    double x, y, scale, part;
    int width, height;
    const bool held = gb_window_mouse(w->window, &x, &y);
    gb_window_size(w->window, &width, &height, &scale);
    if (!held)
        s->grabbed = 0;
    else
        s->grabbed = gb_scene_grab(&w->viewer.scene, width, height, scale, x, y, s->grabbed, &part);
    if (!s->grabbed) return;
    s->selected = s->grabbed - 1;
    change(w, &s->slider[s->selected], part);
}

/* To the iteration `goal`; what lies behind is solved again from the start. */
static void seek(struct watch *w, int64_t goal) {
    struct solving *s = w->mode_state;
    gb_err err;
    s->film = false;
    if (goal < 0 || (goal > s->plan.solver->iteration && s->over)) return;
    s->goal = goal, s->settled = false;
    if (goal < s->plan.solver->iteration && solve_anew(w, goal, &err)) watch_say(w, "%s", err.msg);
}

static void play_film(struct watch *w) {
    struct solving *s = w->mode_state;
    gb_err err;
    const bool begin = !s->film && s->over;
    s->film = !s->film;
    if (begin && solve_anew(w, 0, &err)) watch_say(w, "%s", err.msg);
    if (!s->film) s->goal = s->plan.solver->iteration;
}

static bool press(struct watch *w, int key) {
    struct solving *s = w->mode_state;
    struct slider *slider = &s->slider[s->selected];
    switch (key) {
    case 'i':
        play_film(w);
        return true;
    case GB_KEY_LEFT:
        seek(w, s->plan.solver->iteration - 1);
        return true;
    case GB_KEY_RIGHT:
        seek(w, s->plan.solver->iteration + 1);
        return true;
    case 'e':
        s->goal = TO_THE_END, s->film = s->settled = false;
        return true;
    case GB_KEY_TAB:
        s->selected = (s->selected + 1) % s->n_sliders;
        return true;
    case '-':
        change(w, slider, part_of(slider) - 0.02);
        return true;
    case '+':
    case '=':
        change(w, slider, part_of(slider) + 0.02);
        return true;
    case GB_KEY_MOUSE:
        drag(w);
        return true;
    default:
        return false;
    }
}

/* --- the panel --------------------------------------------------------------------------------*/

static void add_history(gb_scene *scene, const struct solving *s, const char *name, const float *y,
                        int color, double now) {
    char text[32];
    snprintf(text, sizeof text, "%.5g", now);
    gb_item *item = gb_scene_item(scene, GB_ITEM_STRIP, name, text);
    item->y = y, item->n = item->room = s->n_history, item->color = color;
}

static void add_items(void *context, gb_scene *scene) {
    const struct solving *s = context;
    const gb_solver *solver = s->plan.solver;
    char text[64];
    gb_scene_add(scene, "", NULL);
    gb_scene_add(scene, solver->type->name, NULL);
    snprintf(text, sizeof text, "%lld%s", (long long)solver->iteration,
             !s->over                                        ? ""
             : s->code == GB_OK                              ? ", converged"
             : solver->iteration < solver->common.iterations ? ", failed"
                                                             : ", not converged");
    gb_scene_add(scene, "iteration", text);
    for (int k = 0; k < s->n_sliders; k++) {
        const struct slider *slider = &s->slider[k];
        snprintf(text, sizeof text, "%.4g", *slider->value);
        gb_item *item = gb_scene_item(scene, GB_ITEM_SLIDER, slider->name, text);
        item->part = part_of(slider), item->id = k + 1, item->chosen = k == s->selected;
    }
    add_history(scene, s, "log10 residual", s->residual, GB_PURPLE,
                log10(fmax(solver->residual, 1e-16)));
    add_history(scene, s, "value at the start", s->start_value, GB_BLUE,
                gb_solver_start_value(solver));
}

/* --- the command ------------------------------------------------------------------------------*/

static const struct watch_mode mode = {.keys = keys, .press = press, .frame = solve_on};

static int prepare(struct session *session, struct args *args, const char *method,
                   struct solving *s, gb_err *err) {
    s->goal = TO_THE_END;
    int code = args_take_int(args, "iteration", 0, (int64_t)1e15, &s->goal, err);
    if (!code && args->n_words != 1) code = args_finish(args, 1, 1, usage_of("watch"), err);
    if (!code) code = planning_prepare(&s->plan, session, args, method, args->words[0], err);
    if (!code) code = args_finish(args, 1, 1, usage_of("watch"), err);
    if (!code) code = gb_solver_open(s->plan.solver, &s->plan.mdp, err);
    if (!code) find_sliders(s);
    return code;
}

int watch_open_solver(struct watch *w, struct session *session, struct args *args,
                      const char *method, gb_err *err) {
    struct solving *s = gb_alloc(1, sizeof *s, err);
    if (!s) return GB_FAIL;
    w->mode = &mode, w->mode_state = s;
    int code = prepare(session, args, method, s, err);
    struct mind mind = {.solver = s->plan.solver};
    if (!code) code = viewer_init(&w->viewer, &s->plan.env, mind, err);
    w->viewer.extra = add_items, w->viewer.context = s;
    return code;
}

void watch_close_solver(struct watch *w) {
    struct solving *s = w->mode_state;
    viewer_free(&w->viewer);
    if (s) planning_free(&s->plan);
    gb_dealloc(s);
    w->mode_state = NULL;
}
