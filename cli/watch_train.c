/* watch_train.c - gibbs train --watch: training in a thread of its own, and a window that plays
 * with copies of its policy.
 *
 * Training is asked for a copy a few times a second, and makes it between two steps: it reads what
 * a checkpoint would read, so that no number of the run depends on who looks on. The window's own
 * agent is loaded from the copy, and the window's episodes draw from streams of their own.
 */
#include "watch.h"

#include "archive.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { MOST_POINTS = 400, MOST_CURVES = 4 };

static const double INTERVAL = 0.25; /* seconds between copies, at least ... */
static const double SHARE = 0.005;   /* ... and so many that copying takes no more of the time */

/* Figures worth a curve, the most telling first. */
static const char *const telling[] = {"return_mean", "eval_return_mean", "entropy",    "alpha",
                                      "ent_coef",    "critic_loss",      "value_loss", "loss",
                                      "td_error"};

struct curve {
    const char *name;
    float y[MOST_POINTS];
};

struct live {
    gb_train *train;
    void (*report)(void *context, const gb_train *train); /* the one that was there before */
    void *context;
    int code; /* of training */
    gb_err err;
    pthread_t thread;
    bool started;

    atomic_bool wanted, ended; /* a copy is asked for; training is over */
    pthread_mutex_t lock;      /* of what follows, up to the blank line */
    void *copy;                /* packed archive of the policy, newer than the window's; or NULL */
    size_t copy_size;
    double copy_cost; /* seconds that it took */
    int64_t step;
    double speed;
    struct curve curve[MOST_CURVES];
    int n_curves, n_points; /* rows of metrics so far: thinned out when there are many */

    gb_agent agent;     /* the window's */
    double next_copy;   /* when to ask again */
    int64_t shown_step; /* of the policy that plays */
    struct curve shown[MOST_CURVES];
    int n_shown;
};

/* --- on the thread of training ----------------------------------------------------------------*/

static void *pack_policy(const gb_agent *agent, size_t *n) {
    gb_err ignored;
    gb_archive *archive = gb_archive_create(&ignored);
    void *bytes = NULL;
    if (!archive) return NULL;
    gb_agent_archive_policy(agent, archive);
    bytes = gb_archive_pack(archive, n, &ignored);
    gb_archive_close(archive);
    return bytes;
}

static void tick(void *context, gb_train *train) {
    struct live *live = context;
    size_t n = 0;
    if (!atomic_load_explicit(&live->wanted, memory_order_relaxed)) return;
    const double start = gb_seconds();
    void *bytes = pack_policy(train->agent, &n);
    pthread_mutex_lock(&live->lock);
    gb_dealloc(live->copy);
    live->copy = bytes, live->copy_size = n;
    live->copy_cost = gb_seconds() - start;
    live->step = train->step, live->speed = gb_train_speed(train);
    pthread_mutex_unlock(&live->lock);
    atomic_store(&live->wanted, false);
}

static void choose_curves(struct live *live, const gb_train *train) {
    for (size_t k = 0; k < sizeof telling / sizeof *telling; k++)
        for (int i = 0; i < train->n_figures && live->n_curves < MOST_CURVES; i++)
            if (!strcmp(train->figures[i].name, telling[k]))
                live->curve[live->n_curves++].name = telling[k];
}

static float figure_of(const gb_train *train, const char *name) {
    for (int i = 0; i < train->n_figures; i++)
        if (!strcmp(train->figures[i].name, name)) return (float)train->figures[i].value;
    return NAN;
}

static void report(void *context, const gb_train *train) {
    struct live *live = context;
    pthread_mutex_lock(&live->lock);
    if (!live->n_curves) choose_curves(live, train);
    if (live->n_points == MOST_POINTS) {
        live->n_points /= 2;
        for (int k = 0; k < live->n_curves; k++)
            for (int i = 0; i < live->n_points; i++)
                live->curve[k].y[i] = live->curve[k].y[2 * i + 1];
    }
    for (int k = 0; k < live->n_curves; k++)
        live->curve[k].y[live->n_points] = figure_of(train, live->curve[k].name);
    live->n_points++;
    live->step = train->step, live->speed = gb_train_speed(train);
    pthread_mutex_unlock(&live->lock);
    if (live->report) live->report(live->context, train);
}

static void *run_training(void *context) {
    struct live *live = context;
    live->code = gb_train_run(live->train, &live->err);
    atomic_store(&live->ended, true);
    return NULL;
}

/* --- on the window's --------------------------------------------------------------------------*/

/* Takes the newest copy, if there is one. Returns whether the policy is another now. */
static bool take_copy(struct live *live) {
    gb_err ignored;
    pthread_mutex_lock(&live->lock);
    void *bytes = live->copy;
    const size_t n = live->copy_size;
    live->copy = NULL;
    if (bytes) live->shown_step = live->step;
    live->next_copy = gb_seconds() + fmax(INTERVAL, live->copy_cost / SHARE);
    pthread_mutex_unlock(&live->lock);
    gb_archive *archive = bytes ? gb_archive_parse(bytes, n, "policy", &ignored) : NULL;
    if (archive) gb_agent_archive_policy(&live->agent, archive);
    gb_archive_close(archive);
    gb_dealloc(bytes);
    return archive != NULL;
}

static int frame(struct watch *w, gb_err *err) {
    struct live *live = w->mode_state;
    const bool over = atomic_load(&live->ended);
    (void)err;
    if (over && (live->code || live->train->stopped)) w->quit = true;
    if (live->train->stop && *live->train->stop && over) w->quit = true;
    if (!atomic_load(&live->wanted) && gb_seconds() >= live->next_copy) {
        if (take_copy(live)) viewer_renew(&w->viewer);
        atomic_store(&live->wanted, !over);
        w->changed = true;
    }
    return GB_OK;
}

static void add_items(void *context, gb_scene *scene) {
    struct live *live = context;
    char text[64];
    pthread_mutex_lock(&live->lock);
    const int64_t step = live->step, total = live->train->config.steps;
    const double speed = live->speed;
    memcpy(live->shown, live->curve, sizeof live->shown);
    live->n_shown = live->n_points;
    const int n = live->n_curves;
    pthread_mutex_unlock(&live->lock);
    const bool over = atomic_load(&live->ended);
    gb_scene_add(scene, "", NULL);
    gb_scene_add(scene, over ? "training is done" : "training", NULL);
    snprintf(text, sizeof text, "%.0f%%", 100 * fmin(1, (double)step / (double)total));
    gb_item *bar = gb_scene_item(scene, GB_ITEM_BAR, "progress", text);
    bar->part = (double)step / (double)total, bar->color = GB_GREEN;
    snprintf(text, sizeof text, "%lld", (long long)live->shown_step);
    gb_scene_add(scene, "policy of step", text);
    if (speed > 0 && isfinite(speed)) viewer_add_number(scene, "steps a second", speed, true, NULL);
    for (int k = 0; k < n; k++) {
        const struct curve *curve = &live->shown[k];
        const float now = live->n_shown ? curve->y[live->n_shown - 1] : NAN;
        snprintf(text, sizeof text, isnan(now) ? "-" : "%.4g", (double)now);
        gb_item *item = gb_scene_item(scene, GB_ITEM_STRIP, curve->name, text);
        item->y = curve->y, item->n = item->room = live->n_shown;
        item->color = k == 0 ? GB_ORANGE : GB_PURPLE;
    }
}

static void start_training(struct live *live) {
    if (!live->started) live->started = !pthread_create(&live->thread, NULL, run_training, live);
}

/* Training starts behind the window: while that opens, Xlib may end the process. */
static void opened(struct watch *w) {
    struct live *live = w->mode_state;
    start_training(live);
    w->quit = !live->started;
}

static const struct watch_mode mode = {.opened = opened, .frame = frame};

/* An agent as that of run, for acting. */
static int open_agent(const gb_run *run, gb_agent *agent, gb_err *err) {
    const gb_setting setting = {.spec = run->env.spec,
                                .envs = 1,
                                .threads = 1,
                                .seed = (uint64_t)run->train.seed};
    int code = gb_agent_init(agent, run->agent.type, err);
    if (!code) memcpy(agent->config, run->agent.config, agent->type->config_size);
    return code ? code : gb_agent_open(agent, &setting, err);
}

/* Trains, and shows it until the window is closed; then goes on training. */
static int train_and_show(const gb_run *run, struct watch *w, struct live *live, gb_err *err) {
    struct watch_request request = {.steps = -1, .width = 1100, .height = 720, .map = -1};
    gb_err why;
    int code = open_agent(run, &live->agent, err);
    struct mind mind = {.agent = &live->agent};
    if (!code) code = viewer_init(&w->viewer, &run->env, mind, err);
    if (code) return code;
    w->mode = &mode, w->mode_state = live;
    w->viewer.extra = add_items, w->viewer.context = live;
    const bool lost = watch_show(w, &request, &why) != GB_OK; /* its faults are not the run's */
    start_training(live);
    if (lost && !atomic_load(&live->ended))
        fprintf(stderr, "gibbs: --watch: %.*s; training goes on without it\n",
                (int)strcspn(why.msg, ";"), why.msg);
    if (!live->started)
        return gb_fail(err, GB_FAIL, "--watch: cannot start a thread; leave it out");
    pthread_join(live->thread, NULL);
    if (live->code) *err = live->err;
    return live->code;
}

int watch_training(const gb_run *run, gb_train *train, gb_err *err) {
    struct watch *w = gb_alloc(1, sizeof *w, err);
    struct live *live = w ? gb_alloc(1, sizeof *live, err) : NULL;
    int code = live ? GB_OK : GB_FAIL;
    if (live) {
        live->train = train;
        live->report = train->report, live->context = train->context;
        pthread_mutex_init(&live->lock, NULL);
        train->report = report, train->tick = tick, train->context = live;
        code = train_and_show(run, w, live, err);
        train->report = live->report, train->tick = NULL, train->context = live->context;
        pthread_mutex_destroy(&live->lock);
        viewer_free(&w->viewer);
        gb_agent_free(&live->agent);
        gb_dealloc(live->copy);
    }
    gb_dealloc(live);
    gb_dealloc(w);
    return code;
}
