/* regularizer.h - convex functions of the policy that a regularised agent or solver subtracts from
 * the action values: one interface for planning, agents and diagnostics.
 *
 * For a regulariser Omega and the values q of a state's actions, the regularised greedy policy and
 * the regularised value of the state are the maximiser and the maximum of <p, q> - Omega(p) over
 * policies p: grad Omega*(q) and Omega*(q), with Omega* the convex conjugate (Geist, Scherrer and
 * Pietquin 2019). All functions work in double on log-probabilities and allocate nothing; cost is
 * O(n) times about ten where a scalar equation is solved.
 *
 *   name              Omega(p)                                    policy p_a
 *   none              0                                           greedy
 *   entropy           tau sum p ln p                              ~ exp(q/tau)
 *   kl                lambda KL(p||m)                             ~ m exp(q/lambda)
 *   kl_entropy        lambda KL(p||m) + tau sum p ln p            ~ m^b exp(q/(lambda+tau)),
 *                                                                   b = lambda/(lambda+tau)
 *   sparsemax         tau/2 (sum p^2 - 1)                         [q/tau - x]
 *   tsallis           tau/c (sum p^k - 1)                         [c (q-x)/(tau k)]^(1/c)
 *   log_barrier       -tau sum ln p                               tau/(x - q)
 *   reverse_kl        lambda sum m (-ln (p/m))                    m lambda/(x - q)
 *   chi2              lambda sum m (p/m - 1)^2 / 2                m [1 + (q-x)/lambda]
 *   hellinger         lambda sum m 2 (1 - sqrt(p/m))              m (lambda/(x - q))^2
 *   alpha_divergence  lambda sum m f(p/m), f of divergence.h      m [1 + c (q-x)/lambda]^(1/c)
 *
 * Here k is the index, c = k - 1, [y] = max(0, y), and x is what makes p sum to 1. At index 1
 * tsallis is entropy and alpha_divergence kl; at 0 alpha_divergence is reverse_kl. m is the prior,
 * conditioned on the legal actions; where m is 0, kl and the divergences never put mass, and
 * kl_entropy does so at lambda = 0 only, where it is entropy.
 *
 * At weight 0 the policy is the limit from above: uniform over the best actions for none, entropy,
 * kl_entropy, sparsemax, tsallis and log_barrier, and the prior restricted to them for the others
 * (the best of those whose prior is not 0). Omega itself is then 0 everywhere.
 */
#ifndef GB_CORE_REGULARIZER_H
#define GB_CORE_REGULARIZER_H

#include "base.h"
#include "divergence.h"
#include "gibbs_plugin.h"

typedef struct gb_regularizer gb_regularizer;

/* A regulariser on one state's actions: Omega(p) = weight D_index(p||prior) + offset. */
typedef struct gb_regularizer_form {
    double index, weight, offset;
    gb_prior prior;
} gb_regularizer_form;

typedef struct gb_regularizer_type {
    const char *name, *help;
    const gb_opt *opts; /* the parameters it takes, as fields of gb_regularizer */
    gb_regularizer_form (*form)(const gb_regularizer *regularizer, const gb_actions *actions);
} gb_regularizer_type;

/* Plain data: may be filled by hand, {gb_regularizer_find("entropy", NULL), .tau = 0.1}. */
struct gb_regularizer {
    const gb_regularizer_type *type;
    double tau;    /* weight of what knows no prior */
    double lambda; /* weight of a divergence from the prior */
    double index;  /* of tsallis and alpha_divergence */
};

/* All types, ended by one without name. */
extern const gb_regularizer_type gb_regularizer_types[];

/* Returns the type called name, or NULL and GB_USAGE's message with near names. */
const gb_regularizer_type *gb_regularizer_find(const char *name, gb_err *err);

/* Makes the regulariser called name with the defaults of its table; single parameters may then be
 * set by hand or by gb_opt_set with the rows of type->opts. GB_USAGE if there is none. */
int gb_regularizer_init(gb_regularizer *regularizer, const char *name, gb_err *err);

/* Makes the regulariser called name with these parameters, for callers whose own option table has
 * rows for all. Parameters that the type does not take are ignored; GB_USAGE if one that it takes
 * is outside its range. */
int gb_regularizer_make(gb_regularizer *regularizer, const char *name, double tau, double lambda,
                        double index, gb_err *err);

/* Returns Omega*(q) and writes the log-probabilities of the regularised greedy policy to
 * log_policy (n), which must not overlap q or the prior. Illegal actions get -INFINITY; their q is
 * not looked at. All is NAN if no action is possible or a value that counts is not finite. */
double gb_regularizer_greedy(const gb_regularizer *regularizer, const gb_actions *actions,
                             const double *q, double *log_policy);

/* The same for `rows` states of n actions each, all legal and without a prior, several times as
 * fast: q and log_policy are (rows, n), value (rows); either of the last two may be NULL. Returns
 * false, and what was written is of no use, where there is no such way (only entropy, kl and
 * kl_entropy with a weight have one) or a q is not finite. Rounding differs from that above, by no
 * more than it has itself (softmax.h). */
bool gb_regularizer_greedy_rows(const gb_regularizer *regularizer, int rows, int n, const double *q,
                                double *value, double *log_policy);

/* Returns Omega(p); INFINITY where it is infinite: mass on an illegal action or where the prior of
 * a divergence is 0, and zeros under a log_barrier or a divergence of index <= 0. */
double gb_regularizer_value(const gb_regularizer *regularizer, const gb_actions *actions,
                            const double *log_policy);

/* Writes dOmega/dp_a to gradient (n), up to a number that is the same for all actions: policies sum
 * to 1, so that only differences matter. Where p_a = 0 it is the one-sided derivative: -INFINITY
 * for entropy, kl and all of index <= 1 (no such policy is a maximiser), finite above 1. INFINITY
 * for actions that are illegal or have prior 0; zero for the others if the weight is 0. */
void gb_regularizer_gradient(const gb_regularizer *regularizer, const gb_actions *actions,
                             const double *log_policy, double *gradient);

/* Writes the least value and the supremum of Omega over the policies for which it is defined:
 * -tau ln n and 0 for entropy, 0 and lambda max ln 1/m for kl, ... INFINITY as supremum for
 * log_barrier and index <= 0. Either pointer may be NULL. */
void gb_regularizer_bounds(const gb_regularizer *regularizer, const gb_actions *actions,
                           double *low, double *high);

#endif
