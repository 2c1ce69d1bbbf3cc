/* keys.h - how people play: keys that are held, turned into actions by the table of an environment
 * (gb_key in gibbs_plugin.h). */
#ifndef GB_CORE_KEYS_H
#define GB_CORE_KEYS_H

#include "base.h"
#include "gibbs_plugin.h"

/* Returns whether name is one of a key that a table may name: "left", "space", "a", "7". */
bool gb_key_is_known(const char *name);

/* Returns NULL if spec->keys can be played with, else what is wrong with it, in fault[size]: an
 * unknown or repeated key, an action that does not exist, a value beyond its bounds, no key. */
const char *gb_keys_fault(const gb_spec *spec, char *fault, size_t size);

/* Writes the action for the n keys that are held, in the order in which they were pressed; names
 * that the table does not have count as not held. action (gb_space_size) is handed in as it was in
 * the last step; `began` is whether there was one in this episode. Returns whether time goes on:
 * false where the environment waits for a key. spec->keys must be there and sound. */
bool gb_keys_action(const gb_spec *spec, const char *const *held, int n, bool began, float *action);

#endif
