/* tabular.h - what agents that learn a table of action values share: the table with its visits and
 * step sizes, exploration, figures and checkpoints.
 *
 * They explore with probability epsilon uniformly and else with the regularised greedy policy of
 * the values; under the entropy that is softmax(q / temperature), at temperature 0 the uniform
 * policy over the best actions. So epsilon-greedy is temperature 0, Boltzmann exploration epsilon
 * 0, and both may be mixed. Each moves linearly to its end over a part of the run.
 *
 * An agent's config begins with struct tabular_config and its state with struct tabular, so that
 * the functions that take void *state serve as functions of its type.
 */
#ifndef GB_AGENTS_TABULAR_H
#define GB_AGENTS_TABULAR_H

#include "agent.h"
#include "regularizer.h"

struct tabular_config {
    double lr, lr_decay, gamma, initial_value;
    double epsilon, epsilon_end, temperature, temperature_end, exploration_fraction;
};

/* Option rows: those that all have, and those of agents whose temperature serves exploration only.
 * To be put into an agent's table. */
/* clang-format off */
#define GB_TABULAR_OPTS                                                                            \
    {"lr", GB_F64(struct tabular_config, lr), 0.1, 0, 1, "step size, at the first visit"},         \
    {"lr_decay", GB_F64(struct tabular_config, lr_decay), 0, 0, 1,                                 \
     "w: the n-th visit of a state and action has step size lr / n^w; 0: constant"},               \
    {"gamma", GB_F64(struct tabular_config, gamma), 0.99, 0, 1, "discount"},                       \
    {"initial_value", GB_F64(struct tabular_config, initial_value), 0, -1e9, 1e9,                  \
     "of all states and actions; above the returns it is optimism"},                               \
    {"epsilon", GB_F64(struct tabular_config, epsilon), 1, 0, 1,                                   \
     "probability of a uniform action, at first"},                                                 \
    {"epsilon_end", GB_F64(struct tabular_config, epsilon_end), 0.05, 0, 1, "and at last"},        \
    {"exploration_fraction", GB_F64(struct tabular_config, exploration_fraction), 0.5, 0, 1,       \
     "part of the run over which exploration moves to its end"}
#define GB_TABULAR_TEMPERATURE                                                                     \
    {"temperature", GB_F64(struct tabular_config, temperature), 0, 0, 1e6,                         \
     "of softmax(q / temperature), at first; 0: greedy"},                                          \
    {"temperature_end", GB_F64(struct tabular_config, temperature_end), 0, 0, 1e6, "and at last"}
/* clang-format on */

struct tabular {
    struct tabular_config c;
    int states, actions;
    gb_regularizer regularizer; /* of the policy; its weights are the temperature */
    gb_rng rng;
    double *q;       /* (states, actions) */
    int64_t *visits; /* (states, actions) updates so far */
    int64_t steps;
    double decay_steps; /* over which exploration moves */

    double *log_policy, *prob; /* (actions) room for one state's policy */

    int64_t visited;               /* entries with a visit */
    double error_sum, entropy_sum; /* since the last metrics */
    int64_t updates, acts;         /* summands of these */
};

/* One row of a batch as the table sees it. */
struct tabular_step {
    int s, a, next;
    double reward;
    bool terminal;
};

/* Returns NULL, or why there can be no table for these spaces. */
const char *gb_tabular_reject(const gb_spec *spec);

/* Makes the table. regularizer: whose greedy policy explores. GB_OK or GB_FAIL (memory). */
int gb_tabular_init(struct tabular *t, const struct tabular_config *config,
                    const gb_regularizer *regularizer, const gb_setting *setting, gb_err *err);
void gb_tabular_free(void *state);

/* Draws from the exploring policy, or takes the first of the best actions. */
void gb_tabular_act(void *state, int n, const float *obs, float *action, bool explore);

struct tabular_step gb_tabular_step(const struct tabular *t, const gb_batch *batch, int i);

/* Returns the first of the best actions in s. */
int gb_tabular_best(const struct tabular *t, int s);

/* Returns the entry of state s and action a. */
static inline double *gb_tabular_q(const struct tabular *t, int s, int a) {
    return &t->q[(size_t)s * (size_t)t->actions + (size_t)a];
}

/* Returns the regularised value of s at the present temperature, max_p <p, q(s)> - Omega(p), and
 * writes the maximising policy to t->log_policy. */
double gb_tabular_value(struct tabular *t, int s);

/* Writes the exploring policy of s to t->prob. Overwrites t->log_policy. */
void gb_tabular_explore(struct tabular *t, int s);

/* Moves the entry of state s and action a towards target by the step size of this visit. */
void gb_tabular_update(struct tabular *t, int s, int a, double target);

/* Ends an observe of n transitions. GB_FAIL if an update was not finite. */
int gb_tabular_observed(struct tabular *t, int n, const char *name, gb_err *err);

/* The policy is the regularised greedy one, with its value; uniform exploration is left out. */
void gb_tabular_insight(void *state, const float *obs, gb_rng *rng, gb_insight *out);
void gb_tabular_archive_insight(void *state, gb_archive *archive);

int gb_tabular_metrics(void *state, gb_metric out[GB_MAX_METRICS]);
void gb_tabular_archive(void *state, gb_archive *archive, bool policy_only);

#endif
