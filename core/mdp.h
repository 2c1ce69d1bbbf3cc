/* mdp.h - finite Markov decision processes for planning, in double precision.
 *
 * Sparse, in compressed rows. A pair is a state and an action, numbered i = s * actions + a. Its
 * outcomes stand in next, p and reward from row[i] to row[i + 1] - 1: first those after which the
 * task goes on, up to stop[i] - 1, then those that end it. A sweep reads only the first part, so
 * that no value follows a terminal outcome, and reads it without a branch; whoever samples or
 * writes the MDP reads all of it.
 *
 * A pair that is not legal has an empty row and r = -INFINITY: its action value comes out as
 * -INFINITY, and a maximum or a softmax passes it over.
 *
 * Everything that makes an MDP goes through the builder below, which holds all the checks.
 */
#ifndef GB_CORE_MDP_H
#define GB_CORE_MDP_H

#include "base.h"
#include "env.h"
#include "gibbs_plugin.h"

#define GB_MDP_MAX_ACTIONS 16384 /* a row of action values fits a thread's stack */

typedef struct gb_mdp {
    int states, actions;
    double gamma;    /* discount, in [0, 1) */
    size_t outcomes; /* of all pairs together, terminal ones included */
    int branching;   /* outcomes of every pair, if all have as many and none is terminal; else 0 */

    size_t *row;          /* (pairs + 1) */
    const size_t *stop;   /* (pairs) or row + 1 if no outcome is terminal */
    int32_t *next;        /* (outcomes) successors, in 0..states-1 */
    double *p;            /* (outcomes) probabilities, above 0; those of a pair sum to 1 */
    double *r;            /* (pairs) expected rewards */
    double *reward;       /* (outcomes); NULL: every outcome's reward is the r of its pair */
    double *start;        /* (states) initial distribution */
    double *start_sum;    /* (states) its running sums, to draw from */
    uint8_t *legal;       /* (pairs) 0 or 1; NULL: all are. Each state has a legal action. */
    size_t *stop_of_ends; /* owned: what stop points to if some outcome is terminal */
} gb_mdp;

/* Returns the number of a pair. */
static inline size_t gb_mdp_pair(const gb_mdp *mdp, int s, int a) {
    return (size_t)s * (size_t)mdp->actions + (size_t)a;
}

/* Returns how many pairs there are. */
static inline size_t gb_mdp_pairs(const gb_mdp *mdp) {
    return (size_t)mdp->states * (size_t)mdp->actions;
}

/* Returns outcome number k (row[i] <= k < row[i + 1]) of pair i. */
gb_outcome gb_mdp_outcome(const gb_mdp *mdp, size_t i, size_t k);

/* Draws an outcome of pair i, which must be legal. Takes nothing from rng if there is but one. */
gb_outcome gb_mdp_sample(const gb_mdp *mdp, size_t i, gb_rng *rng);

/* Draws an initial state. */
int gb_mdp_sample_start(const gb_mdp *mdp, gb_rng *rng);

/* Returns how many states can be reached from the initial distribution without a terminal outcome
 * between, and marks them in seen (states; 0 or 1; may be NULL). GB_FAIL if memory is short. */
int gb_mdp_reachable(const gb_mdp *mdp, uint8_t *seen, gb_err *err);

/* Frees what mdp holds; zeros it, so that it may be freed again. */
void gb_mdp_free(gb_mdp *mdp);

/* --- the builder ------------------------------------------------------------------------------*/

/* Fields are the builder's own. */
typedef struct gb_mdp_builder {
    gb_mdp mdp;
    size_t room;  /* outcomes there is memory for */
    size_t pair;  /* being filled; those before it are closed */
    size_t ends;  /* terminal ones among its outcomes */
    double first; /* reward of its first outcome */
    bool started; /* an initial probability was given */
} gb_mdp_builder;

/* Starts an MDP of at most `outcomes` outcomes. GB_USAGE if a number is out of range (states and
 * actions at least 1, gamma in [0, 1)), GB_FAIL if it does not fit memory, which is told before any
 * is taken. Messages of all these functions are one line and name state and action. */
int gb_mdp_begin(gb_mdp_builder *b, int states, int actions, double gamma, size_t outcomes,
                 gb_err *err);

/* Adds an outcome. Those of a pair come together; pairs come in ascending order. One of probability
 * 0 is passed over; two that lead to the same state stay two. GB_USAGE if anything is wrong. After
 * a failure of this or the next three functions only gb_mdp_abandon may be called. */
int gb_mdp_add(gb_mdp_builder *b, int s, int a, gb_outcome outcome, gb_err *err);

/* Says that action a must not be taken in state s: stands in the place of the pair's outcomes. */
int gb_mdp_forbid(gb_mdp_builder *b, int s, int a, gb_err *err);

/* Gives state s the initial probability p. Without any, all states are equally likely. */
int gb_mdp_start(gb_mdp_builder *b, int s, double p, gb_err *err);

/* Closes the last pair, checks that none is missing, and hands over the MDP; the builder is empty
 * then. On failure out is zeroed.
 *
 * Probabilities that sum to 1 within 1e-12 are kept to the bit, so that a table equals its source;
 * within 1e-9 (typed with few digits) they are divided by their sum; else they are refused. */
int gb_mdp_finish(gb_mdp_builder *b, gb_mdp *out, gb_err *err);

/* Frees an unfinished builder. */
void gb_mdp_abandon(gb_mdp_builder *b);

/* --- sources: each makes *mdp, which gb_mdp_free frees; on failure it is zeroed ---------------*/

/* From an open environment with a model(). Its step limit is left out: the task goes on until it
 * ends. The initial distribution is the environment's start(); one that has none is reset 10,000
 * times, and all states that come up count as equally likely. */
int gb_mdp_from_env(gb_mdp *mdp, const gb_env *env, double gamma, gb_err *err);

/* From and to a text file:
 *
 *     # two states; a comment goes to the end of the line
 *     mdp 1                   first: this format, version 1
 *     states 2                then the head, in any order
 *     actions 2
 *     gamma 0.9
 *     start 0 1               state, initial probability; without: all states equally likely
 *     reward -1               of the lines below that give none; 0 before
 *     0 0 1 0.25 2.5          state, action, successor, probability, reward
 *     0 0 0 0.75              the reward is -1 here
 *     0 1 1 1 10 terminal     the task ends; 1 is where it ended
 *     illegal 1 0             this action must not be taken
 *     1 1 1 1 0
 *
 * `end 1` stands for the lines of all actions of a state that only ends: 1 A 1 1 0 terminal.
 * Outcomes of a pair stand together, pairs in ascending order. Numbers are C's; fields are parted
 * by blanks. A malformed line is refused with "path:line: what; what to do" (GB_USAGE).
 *
 * Reading what was written gives the same MDP to the bit. Reading fails with GB_FAIL if there is no
 * such file or memory is short. */
int gb_mdp_read(gb_mdp *mdp, const char *path, gb_err *err);
int gb_mdp_write(const gb_mdp *mdp, const char *path, gb_err *err);

/* The same for text[n] in memory, which must be followed by a zero byte; shown stands for the
 * path. */
int gb_mdp_parse(gb_mdp *mdp, const char *text, size_t n, const char *shown, gb_err *err);

/* Random families. The same seed gives the same MDP on every machine (linear ones up to the
 * rounding of its logarithm). All states start equally likely. GB_USAGE for numbers that cannot be.
 *
 * Garnet (Archibald et al. 1995, as in Vieillard et al. 2020, appendix D): `branching` distinct
 * successors of each pair, uniform without replacement; their probabilities are the gaps between
 * branching - 1 sorted uniforms on [0, 1]; the reward depends on the state only: a tenth of the
 * states (rounded down, at least one) get one uniform on [0, 1), the others 0. */
int gb_mdp_garnet(gb_mdp *mdp, int states, int actions, int branching, double gamma, uint64_t seed,
                  gb_err *err);

/* The same with a reward uniform on [0, 1) of each pair, and probabilities that are uniform numbers
 * over their sum: quick to make at a million states. With branching = states it is dense. */
int gb_mdp_random(gb_mdp *mdp, int states, int actions, int branching, double gamma, uint64_t seed,
                  gb_err *err);

/* A linear MDP (Jin et al. 2020): P(s'|s,a) = sum_i phi_i(s,a) mu_i(s') and r(s,a) = sum_i
 * phi_i(s,a) theta_i, where phi(s,a) and the `rank` measures mu_i are uniform on their simplices
 * and theta is uniform on [0, 1). If features is not NULL, phi (pairs, rank) is written to it. */
int gb_mdp_linear(gb_mdp *mdp, int states, int actions, int rank, double gamma, uint64_t seed,
                  double *features, gb_err *err);

#endif
