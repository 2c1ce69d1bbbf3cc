/* viewer_panel.c - the panel beside the world: the episode, what the policy is about to do and what
 * it expects, and the state. */
#include "viewer.h"

#include <math.h>
#include <stdio.h>

enum { MOST_BARS = 18, MOST_DENSITIES = 6 };

void viewer_add_number(gb_scene *scene, const char *label, double value, bool whole,
                       const char *unit) {
    char text[GB_SCENE_TEXT];
    if (isnan(value)) {
        gb_scene_add(scene, label, "-");
        return;
    }
    const char *format = fabs(value) >= 1e6 ? "%.4e%s%s" : whole ? "%.0f%s%s" : "%.4f%s%s";
    const bool named = unit && unit[0];
    snprintf(text, sizeof text, format, value + 0.0, named ? " " : "", named ? unit : "");
    gb_scene_add(scene, label, text);
}

static bool is_whole(double value) {
    return value == rint(value);
}

/* --- the episode ------------------------------------------------------------------------------*/

static const char *policy_name(const struct viewer *v) {
    const struct mind *mind = &v->mind;
    return v->by_hand     ? "the keyboard"
           : v->who       ? v->who
           : mind->solver ? mind->solver->type->name
           : mind->agent  ? mind->agent->type->name
                          : "random actions";
}

static void add_episode(struct viewer *v) {
    gb_scene *scene = &v->scene;
    const gb_player *player = &v->player;
    const bool draws = v->mind.agent || v->mind.solver;
    const int most = player->env->spec.max_steps;
    char text[GB_SCENE_TEXT];
    snprintf(text, sizeof text, "%s%s", policy_name(v),
             v->by_hand || !draws ? ""
             : v->sampled         ? ", sampled"
                                  : ", best action");
    gb_scene_add(scene, "policy", text);
    gb_format(text, sizeof text, "%lld of seed %lld", (long long)player->episode,
              (long long)v->seed);
    gb_scene_add(scene, "episode", text);
    gb_format(text, sizeof text, most ? "%d of %d" : "%d", player->age, most);
    gb_scene_add(scene, "step", text);
    viewer_add_number(scene, "return", player->ret, is_whole(player->ret), NULL);
    if (!isnan(v->last_ret))
        viewer_add_number(scene, "last return", v->last_ret, is_whole(v->last_ret), NULL);
}

/* --- the action -------------------------------------------------------------------------------*/

static const char *name_of(const gb_space *space, int i, char *text, size_t size) {
    return space->names ? space->names[i] : gb_format(text, size, "action %d", i);
}

static double least_q(const gb_insight *in, int a) {
    const double q = in->q[a];
    return in->critics == 2 ? fmin(q, in->q[in->act.n + a]) : q;
}

/* A bar for each action: its probability; behind it its value, where there is one. */
static void add_discrete(struct viewer *v) {
    gb_scene *scene = &v->scene;
    const gb_insight *in = &v->insight;
    char name[GB_SCENE_TEXT], value[32];
    const int chosen = viewer_end(v) ? -1 : (int)v->player.action[0];
    if (in->act.n > MOST_BARS || !in->has_policy) {
        gb_scene_add(scene, "number",
                     chosen < 0 ? "-" : name_of(&in->act, chosen, name, sizeof name));
        return;
    }
    for (int a = 0; a < in->act.n; a++) {
        const double p = in->prob[a];
        if (in->critics)
            snprintf(value, sizeof value,
                     fabs(least_q(in, a)) < 1000  ? "%.2f"
                     : fabs(least_q(in, a)) < 1e6 ? "%.0f"
                                                  : "%.3g",
                     least_q(in, a));
        else
            snprintf(value, sizeof value, "%.0f%%", 100 * p);
        gb_item *item =
            gb_scene_item(scene, GB_ITEM_BAR, name_of(&in->act, a, name, sizeof name), value);
        item->part = p;
        item->chosen = a == chosen;
    }
}

/* Where x lies in the range of dimension j. */
static double place_of(const gb_insight *in, int j, float x) {
    const double low = (double)in->low[j], high = (double)in->high[j];
    return fmin(fmax(((double)x - low) / (high - low), 0), 1);
}

static void add_box(struct viewer *v) {
    gb_scene *scene = &v->scene;
    const gb_insight *in = &v->insight;
    const float *action = v->player.action;
    const bool over = viewer_end(v) != NULL;
    char name[GB_SCENE_TEXT], text[GB_SCENE_TEXT];
    for (int j = 0; j < in->act.n; j++) {
        name_of(&in->act, j, name, sizeof name);
        snprintf(text, sizeof text, over ? "-" : "%.3f", (double)action[j]);
        const char *label = in->act.names ? in->act.names[j] : name;
        if (!in->has_policy || in->act.n > MOST_DENSITIES) {
            gb_scene_add(scene, label, text);
            continue;
        }
        gb_item *item = gb_scene_item(scene, GB_ITEM_DENSITY, label, text);
        item->y = in->density + j * GB_INSIGHT_POINTS;
        item->n = GB_INSIGHT_POINTS;
        if (v->mind.agent) item->mean = place_of(in, j, in->mode[j]);
        if (!over) item->sample = place_of(in, j, action[j]);
    }
}

/* After an episode's end, what was there before its last step stands in grey: nothing more is
 * decided. */
static void fade(struct viewer *v, int first) {
    if (!viewer_end(v)) return;
    for (int i = first; i < v->scene.n_items; i++) v->scene.items[i].faded = true;
}

static void add_action(struct viewer *v) {
    const gb_insight *in = &v->insight;
    const bool discrete = in->act.kind == GB_DISCRETE;
    if (v->by_hand && !v->mind.agent && !v->mind.solver) return; /* nobody else has a say */
    gb_scene_add(&v->scene, "", NULL);
    const bool density = !discrete && in->act.n <= MOST_DENSITIES;
    const int first = v->scene.n_items;
    char heading[GB_SCENE_TEXT];
    gb_format(heading, sizeof heading, "%s action%s", viewer_end(v) ? "last" : "next",
              !in->has_policy || (!discrete && !density) ? ""
              : density                                  ? ", density"
              : in->critics                              ? ": probability, Q"
                                                         : ": probability");
    gb_scene_add(&v->scene, heading, NULL);
    discrete ? add_discrete(v) : add_box(v);
    fade(v, first);
}

/* --- what is expected -------------------------------------------------------------------------*/

/* The critics' values of the action that comes next: both, where they are twins. */
static void add_critics(struct viewer *v) {
    const gb_insight *in = &v->insight;
    const bool discrete = in->act.kind == GB_DISCRETE;
    const int n = discrete ? in->act.n : 1, a = discrete ? (int)v->player.action[0] : 0;
    char text[GB_SCENE_TEXT];
    if (in->critics == 2) {
        snprintf(text, sizeof text, "%.4f  %.4f", in->q[a], in->q[n + a]);
        gb_scene_add(&v->scene, "twin Q", text);
    } else if (in->critics && discrete && n > MOST_BARS) {
        viewer_add_number(&v->scene, "Q", in->q[a], false, NULL);
    }
}

static void add_expected(struct viewer *v) {
    const gb_insight *in = &v->insight;
    if (!v->mind.agent && !v->mind.solver) return;
    gb_scene_add(&v->scene, "", NULL);
    const int first = v->scene.n_items;
    if (!isnan(in->value)) viewer_add_number(&v->scene, "value", in->value, false, NULL);
    add_critics(v);
    if (!isnan(in->entropy)) viewer_add_number(&v->scene, "entropy", in->entropy, false, NULL);
    if (!isnan(in->temperature))
        viewer_add_number(&v->scene, "temperature", in->temperature, false, NULL);
    fade(v, first);
}

static void add_strip(struct viewer *v, const char *name, const float *y, int color) {
    char text[GB_SCENE_TEXT] = "-";
    const double now = (double)y[v->n_strip - 1];
    if (!isnan(now)) snprintf(text, sizeof text, is_whole(now) ? "%.0f" : "%.4f", now + 0.0);
    gb_item *item = gb_scene_item(&v->scene, GB_ITEM_STRIP, name, text);
    item->y = y, item->n = v->n_strip, item->room = VIEWER_STRIP, item->color = color;
}

/* --- the state --------------------------------------------------------------------------------*/

static void add_state(struct viewer *v) {
    char label[GB_SCENE_TEXT];
    gb_scene_add(&v->scene, "", NULL);
    gb_scene_add(&v->scene, "state", NULL);
    for (const gb_field *f = v->player.env->type->fields; f && f->name; f++) {
        const bool real = f->kind == GB_KIND_F64 || f->kind == GB_KIND_F32;
        const int n = gb_field_elements(f);
        for (int k = 0; k < n; k++) {
            gb_format(label, sizeof label, n == 1 ? "%s" : "%s%d", f->name, k);
            viewer_add_number(&v->scene, label, gb_field_get(f, v->player.state, k), !real,
                              f->unit);
        }
    }
}

static void draw_state(const void *context, gb_canvas *canvas) {
    const gb_player *player = context;
    player->env->type->draw(player->state, player->env->config, canvas);
}

const gb_scene *viewer_scene(struct viewer *v) {
    const gb_env_type *env = v->player.env->type;
    gb_scene *scene = &v->scene;
    if (!scene->title) scene->title = env->name;
    scene->draw = env->draw ? draw_state : NULL;
    scene->context = &v->player;
    scene->map = atlas_map(v->atlas, &v->mind, v->player.state, v->map,
                           v->arrows && (v->mind.agent || v->mind.solver));
    scene->n_items = 0;
    add_episode(v);
    if (v->extra) v->extra(v->context, scene);
    add_action(v);
    add_expected(v);
    gb_scene_add(scene, "", NULL);
    add_strip(v, "reward", v->reward, GB_GREEN);
    if (v->mind.agent || v->mind.solver) add_strip(v, "value", v->value, GB_BLUE);
    add_state(v);
    return scene;
}
