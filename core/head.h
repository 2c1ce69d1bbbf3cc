/* head.h - policy heads: what the outputs of a policy network mean as distributions of actions.
 *
 *   name         of a row of outputs                     raw action           needs bounds
 *   categorical  k logits                                0..k-1               -
 *   gaussian     d means; log sigma is d free numbers    normal, unclipped    no
 *   squashed     d means u, then d log sigma             u, the action is     yes
 *                                                        tanh(u)
 *   beta         d times a, then d times b; the shape    x in (0, 1)          yes
 *                parameters are 1 + softplus of them
 *
 * An agent works with raw actions: they have a density that needs no inverse. action() maps them to
 * what the environment takes: gaussian is clipped to the bounds, so that the density stays that of
 * what was drawn; squashed and beta are scaled to them. Densities and entropies are those of x in
 * [0, 1] for beta and of tanh(u) in [-1, 1] for squashed, before scaling.
 *
 * All functions take n rows at once. Outputs of a network become parameters by prepare(), in place:
 * log-probabilities, clamped log sigma, shapes. The others take parameters; gradients are those of
 * the network's outputs and of the free numbers. Everything is exact: categorical sums, closed
 * forms (digamma and trigamma functions from GSL), and for the entropy of squashed the trapezoidal
 * rule, whose error here is below 1e-8 (Trefethen and Weideman 2014).
 */
#ifndef GB_CORE_HEAD_H
#define GB_CORE_HEAD_H

#include "base.h"
#include "gibbs_plugin.h"
#include "rng.h"

typedef struct gb_head_type gb_head_type;

typedef struct gb_head {
    const gb_head_type *type;
    gb_space act; /* bounds stay valid as long as the head */
    int raw;      /* numbers in a raw action: 1 or d */
    int out;      /* network outputs a row */
    int free;     /* parameters that do not depend on the state */
} gb_head;

/* n distributions, or gradients by them. */
typedef struct gb_dists {
    int n;
    gb_real *out;  /* (n, head->out) */
    gb_real *free; /* (head->free), shared by all rows */
} gb_dists;

struct gb_head_type {
    const char *name;
    bool bounded;                /* needs actions with finite bounds */
    int outs, frees;             /* outputs and free numbers for each number of the action */
    int log_stds;                /* how many of outs are log sigma; they stand last */
    double (*spread)(gb_real x); /* free number or log sigma to deviation; NULL: has none */
    void (*prepare)(const gb_head *head, gb_dists p);
    /* Draws raw (n, raw) and their log_prob (n). */
    void (*sample)(const gb_head *head, gb_dists p, gb_rng *rng, gb_real *raw, gb_real *log_prob);
    /* The most likely action (for squashed: before squashing). */
    void (*mode)(const gb_head *head, gb_dists p, gb_real *raw);
    /* log_prob (n) of raw (n, raw), and unless NULL the entropies (n). */
    void (*forward)(const gb_head *head, gb_dists p, const gb_real *raw, gb_real *log_prob,
                    gb_real *entropy);
    /* Adds to d the gradient of sum_i d_log_prob[i] log_prob[i] + d_entropy sum_i entropy[i]. */
    void (*backward)(const gb_head *head, gb_dists p, const gb_real *raw, const gb_real *d_log_prob,
                     gb_real d_entropy, gb_dists d);
    /* KL(p||q) of each row to kl (n). */
    void (*kl)(const gb_head *head, gb_dists p, gb_dists q, gb_real *kl);
    /* Adds weight times the gradient of sum_i KL(p||q) by p to dp, and by q to dq; either may have
     * NULL pointers, and is then left out. */
    void (*kl_backward)(const gb_head *head, gb_dists p, gb_dists q, gb_real weight, gb_dists dp,
                        gb_dists dq);
    /* Writes weight times the Fisher matrix times v to y: row by row for outputs, summed over rows
     * for free numbers. v and y may be the same. */
    void (*fisher)(const gb_head *head, gb_dists p, gb_dists v, gb_real weight, gb_dists y);
    /* From raw actions (n, raw) to actions of the environment (n, gb_space_size). */
    void (*action)(const gb_head *head, int n, const gb_real *raw, float *action);
    /* The other way; what lies on a bound is moved inside by a rounding error. */
    void (*raw_of)(const gb_head *head, int n, const float *action, gb_real *raw);
};

extern const gb_head_type gb_head_categorical, gb_head_gaussian, gb_head_squashed, gb_head_beta;

/* Makes the head called name for a box of actions; a discrete space gets the categorical one
 * whatever name is. GB_USAGE if it needs bounds and act has none, or for an unknown name. */
int gb_head_init(gb_head *head, const char *name, const gb_space *act, gb_err *err);

/* Writes what the free numbers (head->free) and the biases of the network's last layer (head->out)
 * begin with: zeros, and log_std where they are log sigma. */
void gb_head_reset(const gb_head *head, double log_std, gb_real *bias, gb_real *free);

/* Returns the mean deviation of p; NAN for heads that have none as parameter. */
double gb_head_spread(const gb_head *head, gb_dists p);

#endif
