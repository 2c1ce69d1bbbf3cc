/* viewer.c - playing for people to look at; viewer_panel.c fills in what they see. */
#include "viewer.h"

#include "space.h"

#include <math.h>
#include <string.h>

int viewer_init(struct viewer *v, const gb_env *env, struct mind mind, gb_err *err) {
    *v = (struct viewer){.mind = mind, .last_ret = NAN, .arrows = true};
    int code = gb_player_init(&v->player, env, mind.solver ? NULL : mind.agent, err);
    if (!code) code = gb_insight_init(&v->insight, &env->spec.act, err);
    if (!code) code = atlas_init(&v->atlas, env, err);
    if (code) viewer_free(v);
    if (v->atlas && (mind.solver || mind.agent)) v->map = MAP_VALUE;
    return code;
}

void viewer_free(struct viewer *v) {
    gb_player_free(&v->player);
    gb_insight_free(&v->insight);
    atlas_free(v->atlas);
    v->atlas = NULL;
}

int viewer_choose_map(struct viewer *v, int map, gb_err *err) {
    const char *env = v->player.env->type->name;
    if (map != MAP_NONE && !v->atlas)
        return gb_fail(err, GB_USAGE, "--map: the states of %s lie on no map; leave it out", env);
    if ((map == MAP_VALUE || map == MAP_ENTROPY) && !v->mind.agent && !v->mind.solver)
        return gb_fail(err, GB_USAGE,
                       "--map: random actions have only visits; name a run or solver");
    v->map = map;
    return GB_OK;
}

/* --- choosing ---------------------------------------------------------------------------------*/

static void choose(struct viewer *v) {
    gb_player *player = &v->player;
    const gb_space *act = &player->env->spec.act;
    const bool sampled = v->sampled && (v->mind.agent || v->mind.solver);
    if (v->insight.has_policy && (sampled || v->mind.solver))
        memcpy(player->action, sampled ? v->insight.sample : v->insight.mode,
               (size_t)gb_space_size(act) * sizeof *player->action);
    else
        gb_player_choose(player);
}

static void look(struct viewer *v) {
    v->insight.sampled = v->sampled;
    mind_look(&v->mind, v->player.obs, &v->rng, &v->insight);
}

/* In a new state: what is made of it, and what to do next. */
static void think(struct viewer *v) {
    if (!viewer_end(v)) look(v); /* nothing is decided in a last state */
    if (v->player.env->spec.obs.kind == GB_DISCRETE) atlas_visit(v->atlas, (int)v->player.obs[0]);
    if (v->n_strip == VIEWER_STRIP) {
        v->n_strip--;
        memmove(v->reward, v->reward + 1, (size_t)v->n_strip * sizeof *v->reward);
        memmove(v->value, v->value + 1, (size_t)v->n_strip * sizeof *v->value);
    }
    v->reward[v->n_strip] = (float)v->player.reward;
    v->value[v->n_strip++] = viewer_end(v) ? NAN : (float)v->insight.value;
    if (!viewer_end(v) && !v->by_hand) choose(v);
}

void viewer_think(struct viewer *v) {
    if (viewer_end(v)) return;
    look(v);
    if (!v->by_hand) choose(v);
}

void viewer_renew(struct viewer *v) {
    atlas_renew(v->atlas);
    viewer_think(v);
}

/* --- moving on --------------------------------------------------------------------------------*/

const char *viewer_end(const struct viewer *v) {
    return v->player.terminal ? "terminal" : v->player.truncated ? "time limit" : NULL;
}

int viewer_start(struct viewer *v, int64_t seed, gb_err *err) {
    v->seed = seed;
    v->last_ret = NAN;
    v->n_strip = 0;
    v->rng = gb_rng_stream((uint64_t)seed, GB_STREAM_AGENT);
    int code = gb_player_start(&v->player, (uint64_t)seed, err);
    if (!code) think(v);
    return code;
}

int viewer_advance(struct viewer *v, gb_err *err) {
    int code;
    if (viewer_end(v)) {
        code = gb_player_reset(&v->player, err);
    } else {
        code = gb_player_step(&v->player, err);
        if (viewer_end(v)) v->last_ret = v->player.ret;
    }
    if (!code) think(v);
    return code;
}
