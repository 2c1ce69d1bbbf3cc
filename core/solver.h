/* solver.h - what a planner on a finite MDP is to the rest: initialise, iterate, test.
 *
 * A solver type is a constant table of functions; the host allocates state, config and the tables
 * below. The loop and the printing are the caller's: iterate until the residual is small enough or
 * patience ends. All solvers see the MDP through gb_solver_backup, where errors can be injected:
 * the same seed gives the same errors to each of them.
 */
#ifndef GB_CORE_SOLVER_H
#define GB_CORE_SOLVER_H

#include "base.h"
#include "mdp.h"
#include "rng.h"

/* Options that every solver has, besides its own. */
typedef struct gb_solver_common {
    double tol;         /* stop when the residual is at most this, or what rounding leaves */
    int64_t iterations; /* and after so many at the latest */
    double noise;       /* standard deviation of a normal error on every action value */
    int samples;        /* M > 0: action values from M sampled transitions a pair, not from sums */
    int64_t seed;       /* of errors and samples */
    int threads;        /* the numbers do not depend on it */
} gb_solver_common;
extern const gb_opt gb_solver_common_opts[];

typedef struct gb_solver_type gb_solver_type;

/* A solver at work on one MDP. */
typedef struct gb_solver {
    const gb_solver_type *type;
    const gb_mdp *mdp; /* not owned */
    gb_solver_common common;
    void *config, *state; /* owned; of type->config_size and type->state_size bytes */

    /* The solution so far. Illegal pairs have q = log_policy = -INFINITY. */
    double *q;          /* (states, actions) */
    double *v;          /* (states) */
    double *log_policy; /* (states, actions) */
    double residual;    /* the type's own measure of how far it is; INFINITY before the first */
    int64_t iteration;  /* done so far */

    gb_rng rng;    /* of the errors */
    double *error; /* (states, actions) of the last backup; NULL unless errors are injected */
} gb_solver;

struct gb_solver_type {
    const char *name, *help;
    size_t state_size, config_size;
    const gb_opt *opts;
    /* Checks options, allocates what it needs, and sets the solution before the first iteration
     * (q, v zero and the policy uniform over the legal actions are already there). GB_OK, GB_FAIL,
     * or GB_USAGE if this MDP or these options do not suit it. free is called after a failure too.
     */
    int (*init)(gb_solver *solver, gb_err *err);
    /* One iteration: moves q, v and log_policy on and sets residual. GB_OK, or GB_FAIL with a
     * message. */
    int (*iterate)(gb_solver *solver, gb_err *err);
    void (*free)(gb_solver *solver); /* of what init allocated; may be NULL */
};

/* All that are compiled in, ended by NULL: cli/builtins.c. */
extern const gb_solver_type *const gb_builtin_solvers[];

/* Returns the type called name in a list ended by NULL, or NULL and GB_USAGE's message with near
 * names. */
const gb_solver_type *gb_solver_find(const gb_solver_type *const *list, const char *name,
                                     gb_err *err);

/* Makes a solver of type with default options; set them in solver->config (type->opts) and
 * solver->common, then open it. */
int gb_solver_init(gb_solver *solver, const gb_solver_type *type, gb_err *err);
/* Starts it on mdp, which must outlive it. */
int gb_solver_open(gb_solver *solver, const gb_mdp *mdp, gb_err *err);
void gb_solver_free(gb_solver *solver);

/* One iteration. GB_OK: converged (see tol). GB_CONTINUE: more to do. GB_FAIL with a
 * message: a number is no longer finite, or common.iterations are over. */
int gb_solver_iterate(gb_solver *solver, gb_err *err);

/* q (states, actions) = r + gamma P v, with what errors the options ask for: the one place where
 * solvers look into the MDP. With samples, v is seen through sampled successors only. */
void gb_solver_backup(gb_solver *solver, const double *v, double *q);

/* The end of every backup, for solvers whose own is no expectation (robust ones): adds the noise
 * that the options ask for to q, and turns solver->error from the exact action values, which the
 * caller wrote there, into the errors of q. Does nothing if there are none: error is NULL then. */
void gb_solver_disturb(gb_solver *solver, double *q);

/* --- readings ---------------------------------------------------------------------------------*/

/* sum_s start(s) v(s). */
double gb_solver_start_value(const gb_solver *solver);
/* Mean over states of the policy's Shannon entropy. */
double gb_solver_entropy(const gb_solver *solver);

#endif
