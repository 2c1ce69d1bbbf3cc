/* deep_q.h - Q-learning with networks, regularised by KL divergence and entropy: what the agents
 * dqn and mdqn share.
 *
 * With T = lambda + tau, policies pi = softmax(Q / T) and target network Qt, n = 1 step:
 *
 *   y    = r + lambda / T clip(T log pi_t(a|s), l0, 0) + gamma (1 - terminal) V(s'),
 *   V(s) = <pi_t, Qt - T log pi_t>(s) = T log sum exp(Qt(s, .) / T),
 *   loss = mean w L(Q(s, a) - y),      L(d) = d^2 or Huber's, w = 1 unless weighted.
 *
 * This is mirror-descent value iteration MD-VI(lambda, tau) (Vieillard, Kozuno et al. 2020, arXiv
 * 2003.14089) in the form of Munchausen DQN (Vieillard, Pietquin and Geist 2020, arXiv 2007.14430),
 * whose alpha and tau are lambda / T and T: Q - lambda log pi are the values of mirror descent.
 * lambda = tau = 0 is DQN (V = max Qt), lambda = 0 soft DQN, tau = 0 dynamic policy programming.
 *
 * Options: double Q-learning (van Hasselt et al. 2016), where the policy of s' is the online
 * network's; n steps, where the term of log pi is that of the first action; a dueling head (Wang et
 * al. 2016); prioritised replay; variance weighting (deep_q_variance.c). A step limit does not stop
 * bootstrapping. Behaviour is epsilon-greedy.
 *
 * Files: deep_q.c, the agent as the host sees it; deep_q_update.c, what it learns from a batch.
 */
#ifndef GB_AGENTS_DEEP_Q_H
#define GB_AGENTS_DEEP_Q_H

#include "agent.h"
#include "nn.h"
#include "optim.h"
#include "replay.h"
#include "schedule.h"

struct deep_q_config {
    double lr, gamma, lambda, tau, l0;
    double epsilon, epsilon_end, exploration_fraction;
    double lr_end, utd, polyak, max_grad_norm, adam_epsilon, target_noise;
    double per_alpha, per_beta, lr_variance, lr_eta;
    int64_t buffer, learning_starts, target_update_interval;
    int batch, train_every, n_step, hold;
    int channels[GB_MAX_FILTERED + 1], hidden[GB_MAX_HIDDEN + 1];
    char activation[8], loss[8], bits[8];
    bool double_q, dueling, prioritized, dvw, scale_obs;
};

/* Option rows, for configs T with a field `deep`; to be put into an agent's table. What is not here
 * has defaults of its own: lr, gamma, lambda, tau, l0 and exploration. */
/* clang-format off */
#define GB_DEEP_Q_OPTS(T)                                                                          \
    {"hidden", GB_INTS(T, deep.hidden), 0, 0, 0, "hidden layers", "128,128"},                      \
    {"channels", GB_INTS(T, deep.channels), 0, 0, 0,                                               \
     "of pictures: filters of 3x3 convolutions before these", "16"},                               \
    {"activation", GB_TEXT(T, deep.activation), 0, 0, 0, "between layers", "relu",                 \
     "relu|tanh|silu"},                                                                            \
    {"scale_obs", GB_BOOL(T, deep.scale_obs), 0, 0, 1,                                             \
     "observations from their bounds, where finite, to [-1, 1]"},                                  \
    {"batch", GB_INT(T, deep.batch), 32, 1, 65536, "transitions an update"},                       \
    {"buffer", GB_I64(T, deep.buffer), 1000000, 1, 1e9, "transitions remembered"},                 \
    {"bits", GB_TEXT(T, deep.bits), 0, 0, 0,                                                       \
     "remember observations as bits; auto: pictures with bounds 0 and 1", "auto", "auto|0|1"},     \
    {"learning_starts", GB_I64(T, deep.learning_starts), 100, 0, 1e9,                              \
     "random steps before learning"},                                                              \
    {"hold", GB_INT(T, deep.hold), 1, 1, 1000000,                                                  \
     "steps that a random action is kept, to get further (Dabney et al. 2021)"},                   \
    {"train_every", GB_INT(T, deep.train_every), 4, 1, 100000, "steps between bouts of updates"},  \
    {"utd", GB_F64(T, deep.utd), 0.25, 0, 100, "updates to data: updates for each step"},          \
    {"target_update_interval", GB_I64(T, deep.target_update_interval), 10000, 1, 1e9,              \
     "steps between updates of the target network"},                                               \
    {"polyak", GB_F64(T, deep.polyak), 1, 0, 1,                                                    \
     "how far the target network then moves to the online one; 1: a copy"},                        \
    {"loss", GB_TEXT(T, deep.loss), 0, 0, 0, "of an error d: Huber's, or d^2", "huber",            \
     "huber|squared"},                                                                             \
    {"lr_end", GB_F64(T, deep.lr_end), 1, 0, 1,                                                    \
     "part of lr at the end of the run, to which it falls linearly"},                              \
    {"max_grad_norm", GB_F64(T, deep.max_grad_norm), 10, 0, 1e9,                                   \
     "largest gradient norm; 0: any"},                                                             \
    {"adam_epsilon", GB_F64(T, deep.adam_epsilon), 1e-8, 0, 1, "Adam's epsilon"},                  \
    {"double", GB_BOOL(T, deep.double_q), 0, 0, 1,                                                 \
     "double Q-learning: the online network chooses, the target network judges"},                  \
    {"dueling", GB_BOOL(T, deep.dueling), 0, 0, 1, "value and advantages instead of values"},      \
    {"n_step", GB_INT(T, deep.n_step), 1, 1, 1000, "steps of reward before bootstrapping"},        \
    {"prioritized", GB_BOOL(T, deep.prioritized), 0, 0, 1,                                         \
     "draw transitions in proportion to their last errors"},                                       \
    {"per_alpha", GB_F64(T, deep.per_alpha), 0.6, 0, 1, "of prioritized: errors to this power"},   \
    {"per_beta", GB_F64(T, deep.per_beta), 0.4, 0, 1,                                              \
     "of prioritized: importance weights to this power at first, to 1 at last"},                   \
    {"dvw", GB_BOOL(T, deep.dvw), 0, 0, 1, "deep variance weighting: weigh errors by 1/variance"}, \
    {"lr_variance", GB_F64(T, deep.lr_variance), 2.5e-4, 0, 1,                                     \
     "of dvw: learning rate of the variance network"},                                             \
    {"lr_eta", GB_F64(T, deep.lr_eta), 1e-3, 0, 1, "of dvw: learning rate of the log scale"},      \
    {"target_noise", GB_F64(T, deep.target_noise), 0, 0, 1e9,                                      \
     "standard deviation of noise added to regression targets, for studies"}
/* clang-format on */

enum {
    DEEP_Q_LOSS,
    DEEP_Q_ERROR,
    DEEP_Q_MEAN,
    DEEP_Q_ENTROPY,
    DEEP_Q_GRAD_NORM,
    DEEP_Q_CLIPPED,
    DEEP_Q_WEIGHT,
    DEEP_Q_ESS,
    DEEP_Q_VARIANCE,
    DEEP_Q_VARIANCE_LOSS,
    DEEP_Q_SUMS
};

/* A network that learns. */
struct deep_q_learner {
    gb_real *params, *grad; /* (net.n_params) */
    gb_adam adam;
    gb_tape tape;
};

struct deep_q {
    struct deep_q_config c;
    const char *name; /* of the agent, for messages */
    gb_space obs, act;
    int features, actions, envs, threads;
    int64_t total_steps;
    gb_rng rng;
    gb_schedule epsilon, beta, lr;
    int *held, *held_for; /* (envs) a random action, and how many more steps it is kept */

    gb_net net;     /* of values and, with outputs exponentiated, of variances */
    gb_real *block; /* all parameters and gradients */
    struct deep_q_learner q, variance;
    gb_real *target, *previous; /* (net.n_params) target network, and the one before it */
    gb_real *frozen;            /* (net.n_params) copy of the variance network */
    gb_tape target_tape, act_tape;
    gb_real log_eta, log_eta_grad;
    gb_adam eta_adam;

    gb_replay replay;
    int64_t steps, updates;
    double owed; /* updates */

    /* a batch of b: rows 0..b-1 belong to s, the next b to s' */
    gb_real *work;
    gb_real *x;                    /* (2 b, features) */
    gb_real *online, *judged;      /* (2 b, actions) values under a dueling head */
    gb_real *reward, *discount;    /* (b) of n steps; discount 0 behind a terminal one */
    gb_real *y, *weight;           /* (b) targets; of errors */
    gb_real *y_previous, *reached; /* (b) of dvw: targets of variances; Qt(s, a) */
    gb_real *d_value, *d_head;     /* (b, actions), (b, net.out) */
    gb_real *act_x, *act_values;   /* (act rows, ...) for acting */
    int act_rows;
    float *room;    /* (threads, obs) */
    gb_real *scale; /* (2 features) what the network sees is scale obs + shift; NULL: obs */
    int *taken;     /* (b) actions */
    int64_t *index; /* (b) places in the memory */

    double last[DEEP_Q_SUMS]; /* figures of the last update */
    double sum[DEEP_Q_SUMS];  /* since the last metrics */
    int64_t summed;
};

/* --- the agent's functions, deep_q.c: state is a struct deep_q --------------------------------*/

const char *gb_deep_q_reject(const gb_spec *spec);
int gb_deep_q_init(struct deep_q *s, const struct deep_q_config *config, const char *name,
                   const gb_setting *setting, gb_err *err);
void gb_deep_q_act(void *state, int n, const float *obs, float *action, bool explore);
int gb_deep_q_observe(void *state, const gb_batch *batch, gb_err *err);
int gb_deep_q_metrics(void *state, gb_metric out[GB_MAX_METRICS]);
void gb_deep_q_archive(void *state, gb_archive *archive, bool policy_only);
/* The policy is softmax(q / T); greedy where T is 0. The value is T log sum exp(q / T), or max q.
 */
void gb_deep_q_insight(void *state, const float *obs, gb_rng *rng, gb_insight *out);
void gb_deep_q_free(void *state);
double gb_deep_q_update(void *state);

/* --- learning, deep_q_update.c ----------------------------------------------------------------*/

/* One update from the replay memory, which must not be empty. */
void gb_deep_q_learn(struct deep_q *s);

/* Writes what the network sees of n observations to x (n, features). */
void gb_deep_q_encode(const struct deep_q *s, int n, const float *obs, gb_real *x);

/* Returns the values (n, actions) by params of n rows of x: in the tape or, under a dueling head,
 * in values, where there must be room. */
const gb_real *gb_deep_q_values(const struct deep_q *s, const gb_real *params, const gb_real *x,
                                int n, gb_tape *tape, gb_real *values);

/* Goes back through the learner's last pass over s with d_value (b, actions), the gradient of a
 * loss by its values, and takes a step. Returns the norm of the gradient, or -1 if it was not
 * measured. */
double gb_deep_q_step(struct deep_q *s, struct deep_q_learner *learner, const gb_real *d_value,
                      double max_norm);

/* A network's values (b, actions) of s and of s'. */
struct deep_q_pair {
    const gb_real *now, *next;
};

/* Returns the values of the batch by params, valid until the next call; now is NULL where targets
 * do not need it. */
struct deep_q_pair gb_deep_q_judge(struct deep_q *s, const gb_real *params);

/* Writes targets y (b) from a target network's values, where `chosen` (b, actions) are the values
 * whose policy goes on from s'. Returns how many log-policies were clipped. */
int gb_deep_q_targets(struct deep_q *s, const struct deep_q_pair *judged, const gb_real *chosen,
                      gb_real *y);

/* Moves the target network, and what follows it. */
void gb_deep_q_move_target(struct deep_q *s);

/* Nominal operations of one update, multiply and add counted apart. */
double gb_deep_q_flops(const struct deep_q *s);

/* --- variance weighting, deep_q_variance.c ----------------------------------------------------*/

/* One update of the variance network and of the scale from the batch in place, with the target
 * network's values of s (b, actions), which it overwrites; multiplies s->weight (b). */
void gb_deep_q_weigh(struct deep_q *s, const gb_real *judged);

#endif
