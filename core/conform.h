/* conform.h - the conformance checks for authors of environments: what a host relies on, tested.
 *
 * Each check takes a configured environment, plays it with random and with extreme actions, and
 * says whether one promise of gibbs_plugin.h is kept. A check that fails says in one line what was
 * seen and what to mend. Checks find what happens on the paths they take; passing is no proof.
 *
 * The environment's functions run in the calling process. A faulty one may crash, hang, or write
 * where it must not: run each check in a process of its own, as `gibbs check` does. Checks reseed
 * rand(), random() and drand48() of the process.
 */
#ifndef GB_CORE_CONFORM_H
#define GB_CORE_CONFORM_H

#include "base.h"
#include "env.h"

typedef enum gb_verdict {
    GB_PASSED,
    GB_FAILED,      /* why: what was seen, and what to mend */
    GB_INAPPLICABLE /* why: the environment has nothing that this check is about */
} gb_verdict;

typedef gb_verdict gb_check_function(const gb_env *env, uint64_t seed, gb_err *why);

typedef struct gb_check {
    const char *name;       /* "clone": one word */
    const char *help;       /* "a copy of state and stream goes the same way": one line */
    gb_check_function *run; /* env must be open; seed chooses the paths; why is set unless passed */
} gb_check;

/* All checks, ended by {0}. */
extern const gb_check gb_checks[];

/* Returns the check called name, or NULL. */
const gb_check *gb_check_find(const char *name);

#endif
