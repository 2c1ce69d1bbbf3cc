/* atlas.h - maps of a finite environment: what a mind makes of every state, where the environment
 * says that a state lies (cell in gibbs_plugin.h). */
#ifndef GB_CLI_ATLAS_H
#define GB_CLI_ATLAS_H

#include "env.h"
#include "mind.h"
#include "scene.h"

/* What the colours of a map mean. */
enum { MAP_NONE, MAP_VALUE, MAP_ENTROPY, MAP_VISITS, MAP_KINDS };

/* "value of the state", ...: for people. */
extern const char *const map_names[MAP_KINDS];

struct atlas;

/* Makes an atlas of env, or *atlas = NULL if it has no places for its states, no model, or too many
 * states. GB_FAIL if memory is short. */
int atlas_init(struct atlas **atlas, const gb_env *env, gb_err *err);
void atlas_free(struct atlas *atlas);

/* Counts a visit of the state number s. */
void atlas_visit(struct atlas *atlas, int s);

/* Looks at all states anew when the next map is asked for. */
void atlas_renew(struct atlas *atlas);

/* Returns the map of a kind, with arrows or without, as of the environment's state (of which the
 * world may depend); NULL if there is nothing to show. Valid until the next call. Visits are those
 * of training where the mind counts them, else those counted here. */
const gb_map *atlas_map(struct atlas *atlas, const struct mind *mind, const void *state, int kind,
                        bool arrows);

#endif
