/* sound.h - whether numbers of environments can be shown to an agent, and what is wrong if not.
 */
#ifndef GB_CORE_SOUND_H
#define GB_CORE_SOUND_H

#include "base.h"
#include "gibbs_plugin.h"

/* Returns whether all of x (n) are finite. */
bool gb_all_finite(const float *x, size_t n);

/* Returns whether n observations of a space are finite, and of the space if that is discrete. */
bool gb_observations_sound(const gb_space *space, const float *obs, size_t n);

/* Returns "nan", "inf", "-inf", or x as text. */
const char *gb_number_name(double x, char text[32]);

/* Says what is wrong with one observation that is not sound; env: the environment's name; when:
 * "reset" or "step 12". Returns GB_FAIL. */
int gb_observation_fault(const char *env, const gb_space *space, const float *obs, const char *when,
                         gb_err *err);

#endif
