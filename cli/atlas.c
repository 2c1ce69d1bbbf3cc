#include "atlas.h"

#include "mdp.h"

#include <math.h>
#include <string.h>

enum { MOST_STATES = 20000 };

const char *const map_names[MAP_KINDS] = {"none", "value", "entropy of the policy", "visits"};

struct atlas {
    const gb_env *env;
    gb_mdp mdp;
    uint8_t *inner;   /* (states) 1: an episode can go on there */
    double (*way)[2]; /* (actions) where an action leads, right and up; zeros: not the same in all
                         states; NAN: nowhere */
    gb_insight insight;
    gb_rng rng;
    bool fresh;                       /* the next three are those of the mind */
    double *value, *entropy, *visits; /* (states) */
    float *prob;                      /* (states, actions) */
    double *seen;                     /* (states) visits counted here */
    gb_map map;
    gb_map_cell *cell; /* (states) of map */
    float *arrow;      /* (states, actions, 2) of map */
};

/* --- where actions lead -----------------------------------------------------------------------*/

/* The directions that people give such names. */
static bool named_way(const char *name, double way[2]) {
    static const struct {
        const char *name;
        double way[2];
    } known[] = {{"up", {0, 1}},    {"north", {0, 1}}, {"right", {1, 0}},
                 {"east", {1, 0}},  {"down", {0, -1}}, {"south", {0, -1}},
                 {"left", {-1, 0}}, {"west", {-1, 0}}, {"stay", {NAN, NAN}}};
    for (size_t k = 0; name && k < sizeof known / sizeof *known; k++)
        if (!strcmp(name, known[k].name)) {
            memcpy(way, known[k].way, sizeof known[k].way);
            return true;
        }
    return false;
}

static bool middle_of(const struct atlas *atlas, const void *state, int s, double at[2]) {
    double box[4];
    const gb_env *env = atlas->env;
    if (!env->type->cell(state, env->config, s, box)) return false;
    at[0] = (box[0] + box[2]) / 2, at[1] = (box[1] + box[3]) / 2;
    return true;
}

/* How far pair (s, a) is expected to move on the map, in world units; false: not at all. */
static bool drift(const struct atlas *atlas, const void *state, int s, int a, double way[2]) {
    const size_t i = gb_mdp_pair(&atlas->mdp, s, a);
    double from[2], to[2];
    way[0] = way[1] = 0;
    if (!middle_of(atlas, state, s, from)) return false;
    for (size_t k = atlas->mdp.row[i]; k < atlas->mdp.row[i + 1]; k++) {
        const gb_outcome o = gb_mdp_outcome(&atlas->mdp, i, k);
        if (!middle_of(atlas, state, o.next, to)) continue;
        for (int d = 0; d < 2; d++) way[d] += o.probability * (to[d] - from[d]);
    }
    const double length = hypot(way[0], way[1]);
    if (length < 1e-6) return false;
    way[0] /= length, way[1] /= length;
    return true;
}

/* The way of an action whose name says nothing: the mean over states, where they agree. */
static void common_way(struct atlas *atlas, const void *state, int a) {
    double sum[2] = {0, 0}, way[2];
    int n = 0;
    for (int s = 0; s < atlas->mdp.states; s++) {
        if (!atlas->inner[s] || !drift(atlas, state, s, a, way)) continue;
        sum[0] += way[0], sum[1] += way[1], n++;
    }
    const double length = hypot(sum[0], sum[1]);
    if (n && length > 0.6 * n)
        atlas->way[a][0] = sum[0] / length, atlas->way[a][1] = sum[1] / length;
}

static void find_ways(struct atlas *atlas, const void *state) {
    const gb_space *act = &atlas->env->spec.act;
    for (int a = 0; a < act->n; a++)
        if (!named_way(act->names ? act->names[a] : NULL, atlas->way[a]))
            common_way(atlas, state, a);
}

/* --- making -----------------------------------------------------------------------------------*/

static int allocate(struct atlas *atlas, gb_err *err) {
    const size_t n = (size_t)atlas->mdp.states, pairs = gb_mdp_pairs(&atlas->mdp);
    atlas->value = gb_alloc(4 * n, sizeof *atlas->value, err);
    if (atlas->value) atlas->prob = gb_alloc(3 * pairs, sizeof *atlas->prob, err);
    if (atlas->prob) atlas->cell = gb_alloc(n, sizeof *atlas->cell, err);
    if (atlas->cell) atlas->inner = gb_alloc(n, 1, err);
    if (atlas->inner) atlas->way = gb_alloc((size_t)atlas->mdp.actions, sizeof *atlas->way, err);
    if (!atlas->way) return GB_FAIL;
    atlas->entropy = atlas->value + n, atlas->visits = atlas->entropy + n;
    atlas->seen = atlas->visits + n;
    atlas->arrow = atlas->prob + pairs;
    return gb_insight_init(&atlas->insight, &atlas->env->spec.act, err);
}

int atlas_init(struct atlas **out, const gb_env *env, gb_err *err) {
    const gb_spec *spec = &env->spec;
    *out = NULL;
    if (!env->type->cell || !env->type->model || !env->type->draw || spec->obs.n > MOST_STATES)
        return GB_OK;
    struct atlas *atlas = gb_alloc(1, sizeof *atlas, err);
    if (!atlas) return GB_FAIL;
    atlas->env = env;
    atlas->rng = gb_rng_stream(0, GB_STREAM_BENCH);
    int code = gb_mdp_from_env(&atlas->mdp, env, 0.99, err);
    if (!code) code = allocate(atlas, err);
    if (!code) code = gb_mdp_reachable(&atlas->mdp, atlas->inner, err) < 0 ? GB_FAIL : GB_OK;
    void *state = code ? NULL : gb_alloc(1, env->type->state_size, err);
    if (!state) {
        atlas_free(atlas);
        return GB_FAIL;
    }
    gb_rng rng = gb_rng_stream(0, GB_STREAM_BENCH);
    env->type->reset(state, env->config, &rng);
    find_ways(atlas, state);
    gb_dealloc(state);
    *out = atlas;
    return GB_OK;
}

void atlas_free(struct atlas *atlas) {
    if (!atlas) return;
    gb_mdp_free(&atlas->mdp);
    gb_insight_free(&atlas->insight);
    gb_dealloc(atlas->value);
    gb_dealloc(atlas->prob);
    gb_dealloc(atlas->cell);
    gb_dealloc(atlas->inner);
    gb_dealloc(atlas->way);
    gb_dealloc(atlas);
}

/* --- maps -------------------------------------------------------------------------------------*/

void atlas_visit(struct atlas *atlas, int s) {
    if (atlas && s >= 0 && s < atlas->mdp.states) atlas->seen[s]++;
}

void atlas_renew(struct atlas *atlas) {
    if (atlas) atlas->fresh = false;
}

static void look(struct atlas *atlas, const struct mind *mind) {
    gb_insight *in = &atlas->insight;
    const int actions = atlas->mdp.actions;
    for (int s = 0; s < atlas->mdp.states; s++) {
        const float obs = (float)s;
        if (!atlas->inner[s]) continue;
        mind_look(mind, &obs, &atlas->rng, in);
        atlas->value[s] = in->value;
        atlas->entropy[s] = in->has_policy ? in->entropy : NAN;
        atlas->visits[s] = in->visits;
        for (int a = 0; a < actions; a++)
            atlas->prob[s * actions + a] = in->has_policy ? (float)in->prob[a] : 0;
    }
    atlas->fresh = true;
}

static double heat_of(const struct atlas *atlas, int s, int kind) {
    switch (kind) {
    case MAP_VALUE:
        return atlas->value[s];
    case MAP_ENTROPY:
        return atlas->entropy[s];
    case MAP_VISITS:
        return isnan(atlas->visits[s]) ? atlas->seen[s] : atlas->visits[s];
    default:
        return NAN;
    }
}

static void set_arrows(struct atlas *atlas, const void *state, int s, float *arrow) {
    for (int a = 0; a < atlas->mdp.actions; a++) {
        const float p = atlas->prob[s * atlas->mdp.actions + a];
        double way[2] = {atlas->way[a][0], atlas->way[a][1]};
        bool known =
            !isnan(way[0]) && (way[0] != 0 || way[1] != 0 || drift(atlas, state, s, a, way));
        arrow[2 * a] = known ? p * (float)way[0] : NAN;
        arrow[2 * a + 1] = known ? p * (float)way[1] : p;
    }
}

const gb_map *atlas_map(struct atlas *atlas, const struct mind *mind, const void *state, int kind,
                        bool arrows) {
    static const int colors[MAP_KINDS] = {GB_ORANGE, GB_ORANGE, GB_PURPLE, GB_GREEN};
    if (!atlas || (kind == MAP_NONE && !arrows)) return NULL;
    const gb_env *env = atlas->env;
    const double most = log(atlas->mdp.actions > 1 ? atlas->mdp.actions : 2);
    gb_map *map = &atlas->map;
    if (!atlas->fresh) look(atlas, mind);
    *map = (gb_map){.name = map_names[kind],
                    .cell = atlas->cell,
                    .arrow = atlas->arrow,
                    .color = colors[kind]};
    map->low = INFINITY, map->high = -INFINITY;
    map->counts = kind == MAP_VISITS, map->numbers = kind != MAP_NONE;
    map->arrows = arrows ? atlas->mdp.actions : 0;
    for (int s = 0; s < atlas->mdp.states; s++) {
        gb_map_cell *cell = &atlas->cell[map->n];
        if (!atlas->inner[s] || !env->type->cell(state, env->config, s, cell->box)) continue;
        cell->heat = heat_of(atlas, s, kind);
        cell->entropy = atlas->entropy[s] / most;
        if (isfinite(cell->heat)) {
            map->low = fmin(map->low, cell->heat), map->high = fmax(map->high, cell->heat);
        }
        if (arrows)
            set_arrows(atlas, state, s, atlas->arrow + 2 * (size_t)map->n * (size_t)map->arrows);
        map->n++;
    }
    if (kind == MAP_ENTROPY) map->low = 0, map->high = most;
    if (kind == MAP_VISITS) map->low = 0;
    return map;
}
