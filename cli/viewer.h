/* viewer.h - an environment that is played for people to look at, and the scene that shows it: what
 * watch, record and play have in common.
 *
 *     struct viewer viewer;
 *     viewer_init(&viewer, &env, (struct mind){.agent = &agent}, &err);
 *     viewer_start(&viewer, seed, &err);
 *     for (...) {
 *         gb_scene_paint(viewer_scene(&viewer), &raster, 1);
 *         viewer_advance(&viewer, &err);
 *     }
 *
 * The action of a step is chosen when the state before it is shown, so that a picture holds a state
 * and what is about to be done in it. The same seed gives the same episodes as gibbs rollout.
 */
#ifndef GB_CLI_VIEWER_H
#define GB_CLI_VIEWER_H

#include "agent.h"
#include "atlas.h"
#include "mind.h"
#include "player.h"
#include "scene.h"

enum { VIEWER_STRIP = 200 }; /* steps in the charts of reward and value */

struct viewer {
    gb_player player;
    struct mind mind;
    gb_insight insight; /* of the state that is shown; after an episode, of the one before */
    gb_rng rng;         /* actions are sampled from it */
    int64_t seed;
    double last_ret; /* of the last finished episode; NAN: none yet */

    /* to be set by the caller at any time; call viewer_think if it should be seen at once */
    bool sampled;    /* actions are drawn from the policy, not its best */
    bool by_hand;    /* the caller sets player.action before each step */
    int map;         /* see atlas.h */
    bool arrows;     /* over the world, where there is a map */
    const char *who; /* whose policy it is; NULL: the agent's name */
    /* Adds items to the panel below those of the episode; may be NULL. */
    void (*extra)(void *context, gb_scene *scene);
    void *context;

    struct atlas *atlas; /* NULL: this environment has no map */
    float reward[VIEWER_STRIP], value[VIEWER_STRIP];
    int n_strip;
    gb_scene scene; /* title, status, message, help, dark and bare are the caller's */
};

/* Makes a viewer of env, which must outlive it, as must all of mind. GB_OK, or GB_FAIL (memory).
 * Start it next. */
int viewer_init(struct viewer *viewer, const gb_env *env, struct mind mind, gb_err *err);
void viewer_free(struct viewer *viewer);

/* Shows a map of the kind `map` (atlas.h). GB_USAGE if there is none: states that lie nowhere, or
 * values and entropy of random actions. */
int viewer_choose_map(struct viewer *viewer, int map, gb_err *err);

/* Goes to the first episode of seed. GB_FAIL with the environment's fault. */
int viewer_start(struct viewer *viewer, int64_t seed, gb_err *err);

/* One step; after the end of an episode, the beginning of the next. GB_FAIL with the environment's
 * fault; then it must be started again. */
int viewer_advance(struct viewer *viewer, gb_err *err);

/* Looks at the state that is shown once more, as policy or choice have changed. */
void viewer_think(struct viewer *viewer);

/* The policy has changed: the map is out of date, too. */
void viewer_renew(struct viewer *viewer);

/* Returns how the episode ended ("terminal", "time limit"), or NULL while it runs. */
const char *viewer_end(const struct viewer *viewer);

/* Fills in the scene as of now and returns it; valid until the viewer moves on. */
const gb_scene *viewer_scene(struct viewer *viewer);

/* Adds a row with a number of a fixed number of decimals, so that digits stay where they are from
 * step to step; NAN is "-". */
void viewer_add_number(gb_scene *scene, const char *label, double value, bool whole,
                       const char *unit);

#endif
