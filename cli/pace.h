/* pace.h - how fast an environment is shown. */
#ifndef GB_CLI_PACE_H
#define GB_CLI_PACE_H

#include "gibbs_plugin.h"

/* Returns the steps a second at which an environment is shown: those of its own time; where it has
 * none, such as one can follow: 4 for states that are numbers, 10 for pictures, else 30. */
static inline double pace_of(const gb_spec *spec) {
    if (spec->dt > 0) return 1 / spec->dt;
    return spec->obs.kind == GB_DISCRETE ? 4 : spec->obs_shape[0] > 0 ? 10 : 30;
}

#endif
