/* on_policy.h - what on-policy agents have in common: an actor with a policy head, a critic, a
 * rollout that is filled and used up, normalisation, entropy, figures. An agent adds how the policy
 * learns from a rollout: its file holds the loss.
 *
 * Actor and critic are two networks in one block of parameters, [actor | free numbers of the head |
 * critic], so that one optimiser and one gradient norm serve both (Stable-Baselines3's layout of
 * a policy with separate networks).
 */
#ifndef GB_AGENTS_ON_POLICY_H
#define GB_AGENTS_ON_POLICY_H

#include "agent.h"
#include "head.h"
#include "nn.h"
#include "normalize.h"
#include "opt.h"
#include "optim.h"
#include "rollout.h"
#include "schedule.h"

#include <limits.h>

/* --- options ----------------------------------------------------------------------------------*/

struct on_policy_config {
    char lr[GB_SCHEDULE_TEXT], activation[8], policy[12];
    double gamma, gae_lambda, ent_coef, entropy_scale, vf_coef, max_grad_norm, log_std_init;
    int n_steps, hidden[GB_MAX_HIDDEN + 1];
    bool tune_ent_coef, ortho_init, normalize_advantage, norm_obs, norm_reward;
};

// clang-format off
/* Rows of the table of an agent in whose config T the field `at` is a struct on_policy_config: all
 * agents have these, ... */
#define ON_POLICY_OPTS(T, at, LR, NORMALIZE)                                                           \
    {"lr", GB_TEXT(T, at.lr), 0, 0, 0, "learning rate: 3e-4, lin_3e-4 (falls to 0) or from:to[:part]", LR}, \
    {"gamma", GB_F64(T, at.gamma), 0.99, 0, 1, "discount"},                                        \
    {"normalize_advantage", GB_BOOL(T, at.normalize_advantage), NORMALIZE, 0, 1, "to mean 0 and deviation 1, in each batch"}, \
    {"hidden", GB_INTS(T, at.hidden), 0, 0, 0, "hidden layers of actor and critic", "64,64"},      \
    {"activation", GB_TEXT(T, at.activation), 0, 0, 0, "between layers", "tanh", "relu|tanh|silu"}, \
    {"ortho_init", GB_BOOL(T, at.ortho_init), 1, 0, 1, "orthogonal first weights, small ones of the policy's last layer"}, \
    {"policy", GB_TEXT(T, at.policy), 0, 0, 0, "distribution of continuous actions", "gaussian", "gaussian|squashed|beta"}, \
    {"log_std_init", GB_F64(T, at.log_std_init), 0, -20, 2, "first log standard deviation of gaussian and squashed"}, \
    {"norm_obs", GB_BOOL(T, at.norm_obs), 0, 0, 1, "normalise observations by running moments"},   \
    {"norm_reward", GB_BOOL(T, at.norm_reward), 0, 0, 1, "scale rewards by the running deviation of returns"}

/* ... those that look at fixed numbers of steps these, ... */
#define ON_POLICY_GAE_OPTS(T, at, STEPS, LAMBDA)                                                       \
    {"n_steps", GB_INT(T, at.n_steps), STEPS, 1, 10000000, "steps of each environment before an update"}, \
    {"gae_lambda", GB_F64(T, at.gae_lambda), LAMBDA, 0, 1, "of generalised advantage estimation; 1: returns"}

/* ... and those with an entropy bonus in their loss these. */
#define ON_POLICY_ENTROPY_OPTS(T, at)                                                                  \
    {"ent_coef", GB_F64(T, at.ent_coef), 0, 0, 1e6, "weight of the policy's entropy"},             \
    {"tune_ent_coef", GB_BOOL(T, at.tune_ent_coef), 0, 0, 1, "move it to the target entropy"},     \
    {"entropy_scale", GB_F64(T, at.entropy_scale), 1, -10, 10,                                     \
     "target entropy in units of the usual one: -dimensions, or 0.98 log(actions)"}

/* One optimiser for actor and critic. */
#define ON_POLICY_JOINT_OPTS(T, at)                                                                    \
    {"vf_coef", GB_F64(T, at.vf_coef), 0.5, 0, 1e6, "weight of the critic's squared error"},       \
    {"max_grad_norm", GB_F64(T, at.max_grad_norm), 0.5, 0, 1e9, "largest norm of the gradient; 0: any"}
// clang-format on

/* --- state ------------------------------------------------------------------------------------*/

/* Figures that are means over what was noted since the last report; agents add their own. */
enum {
    ON_POLICY_LOSS,
    ON_POLICY_VALUE_LOSS,
    ON_POLICY_ENTROPY,
    ON_POLICY_EXPLAINED_VARIANCE,
    ON_POLICY_GRAD_NORM,
    ON_POLICY_STD,
    ON_POLICY_OWN,
    ON_POLICY_FIGURES = 16
};

struct on_policy;

#define ON_POLICY_WHOLE INT_MAX

/* What an agent asks of the shared part. */
struct on_policy_plan {
    const char *name;  /* of the agent, for messages */
    const char *room;  /* option that sets the size of the rollout; NULL: --n_steps */
    int steps;         /* room in the rollout, for each instance */
    int batch;         /* most rows that learn together; ON_POLICY_WHOLE: all of a rollout */
    bool keep_old;     /* the loss looks at the policy that acted */
    bool no_critic;    /* values are 0 */
    bool critic_alone; /* the optimiser moves the critic only */
    /* Called with the rows in use and with the policy that acted at hand, before advantages are
     * computed: may change rewards. May be NULL. */
    void (*reward)(struct on_policy *o, int rows);
    const char *const *figures; /* names of the agent's own, ended by NULL; may be NULL */
};

/* A minibatch: n rows of the rollout, what the networks give for them now, and gradients. */
struct on_policy_batch {
    int n;
    gb_real *x, *action;         /* (n, features), (n, raw) */
    gb_real *old_log_prob;       /* (n) of the policy that acted */
    gb_real *advantage, *ret;    /* (n) */
    gb_real *old_value;          /* (n) */
    gb_dists old;                /* the policy that acted, with plan.keep_old */
    gb_dists p;                  /* the policy now */
    gb_real *log_prob, *entropy; /* (n) of p */
    gb_real *kl;                 /* (n) for losses to work with */
    gb_real *d_log_prob;         /* (n) a loss writes its gradient here ... */
    gb_real d_entropy;           /* ... and here (one for all rows) */
    gb_dists d;                  /* gradient by p's parameters */
    gb_real *d_value;            /* (n) */
    double policy_loss, value_loss, mean_entropy;
    bool stop; /* a loss sets it: take no step, and no more from this rollout */
};

struct on_policy {
    struct on_policy_config c;
    struct on_policy_plan plan;
    gb_space obs;
    gb_head head;
    int features, envs, threads;
    int64_t steps, total_steps, updates;
    gb_rng rng;
    gb_schedule lr;

    gb_net actor_net, critic_net;
    size_t n_policy, n_params;                     /* actor and head; all */
    gb_real *params, *grad;                        /* (n_params) */
    gb_real *actor, *free, *critic;                /* parts of params */
    gb_real *actor_grad, *free_grad, *critic_grad; /* parts of grad */
    gb_adam adam;
    gb_tape actor_tape, critic_tape;
    int tape_rows; /* that both hold */

    double target_entropy;
    gb_real log_ent_coef, ent_grad;
    gb_adam ent_adam;

    gb_moments moments;    /* of observations */
    gb_return_scale scale; /* of rewards */
    gb_rollout rollout;
    gb_real *old_out;         /* (rows, out) parameters of the policy that acted, with keep_old */
    gb_real *old_free;        /* (free) */
    int *order, rows;         /* rows of the rollout to learn from, shuffled in each epoch */
    bool pending;             /* act has drawn what observe will tell the outcome of */
    gb_real *work;            /* all arrays below and in batch */
    gb_real *act_x, *act_raw; /* (tape_rows, ...) for deterministic actions */
    gb_real *drawn_x, *drawn, *drawn_log_prob, *next_x; /* (envs, ...) between act and observe */
    int *cut; /* (envs) instances whose successor needs a value */
    struct on_policy_batch batch;

    double sum[ON_POLICY_FIGURES];
    int64_t count[ON_POLICY_FIGURES];
    double last[ON_POLICY_FIGURES];  /* newest, for what must be finite */
    double shown[ON_POLICY_FIGURES]; /* in the last report: stays until there is a newer one */
};

/* --- as the host sees an agent -----------------------------------------------------------------
 * Functions that take a state take that of an agent whose struct begins with struct on_policy. */

/* Makes the shared part: GB_OK, GB_FAIL or GB_USAGE. */
int gb_on_policy_init(struct on_policy *o, const struct on_policy_config *config,
                      const struct on_policy_plan *plan, const gb_setting *setting, gb_err *err);
void gb_on_policy_act(void *state, int n, const float *obs, float *action, bool explore);

/* Puts one step of all instances but those in skip (envs; may be NULL) behind their lanes. Returns
 * whether the first lane is full. */
bool gb_on_policy_record(struct on_policy *o, const gb_batch *batch, const uint8_t *skip);
int gb_on_policy_metrics(void *state, gb_metric out[GB_MAX_METRICS]);
void gb_on_policy_archive(void *state, gb_archive *archive, bool policy_only);
void gb_on_policy_free(void *state);
/* The value is the critic's; with norm_reward it is that of scaled rewards. */
void gb_on_policy_insight(void *state, const float *obs, gb_rng *rng, gb_insight *out);
void gb_on_policy_archive_insight(void *state, gb_archive *archive);
/* Every space has a policy head. */
const char *gb_on_policy_reject(const gb_spec *spec);

/* --- learning: on_policy_learn.c --------------------------------------------------------------*/

/* A loss of the policy: reads batch, writes policy_loss (without the entropy term), d_log_prob, and
 * unless it is the weight of the entropy alone, d_entropy; may add to d. */
typedef void on_policy_loss(struct on_policy *o, struct on_policy_batch *batch, void *agent);

/* An update begins: values, advantages, the rows to learn from, learning rate. */
void gb_on_policy_begin(struct on_policy *o);

/* L = -mean log pi(a|s) A: the score function's. */
void gb_on_policy_score(struct on_policy_batch *batch);

/* One joint step of actor and critic on n rows of the rollout. clip_vf: how far values may move
 * from those before the update (Engstrom et al. 2020); 0: any way. Returns false if the loss said
 * stop. The two networks are independent, so that each has its own thread if there are two. */
bool gb_on_policy_step(struct on_policy *o, const int *rows, int n, on_policy_loss *loss,
                       void *agent, double clip_vf);

/* One pass over all rows in random order, in batches of up to plan.batch rows. */
bool gb_on_policy_epoch(struct on_policy *o, on_policy_loss *loss, void *agent, double clip_vf);

/* Returns the policy for n rows of x (n, features), as many as the tapes hold; it is in the actor's
 * tape. */
gb_dists gb_on_policy_policy(struct on_policy *o, int n, const gb_real *x);

/* Gathers n rows of the rollout into the batch, advantages normalised if asked for. */
void gb_on_policy_gather(struct on_policy *o, const int *rows, int n);

/* Runs the policy over the batch: p, log_prob, entropy; d becomes 0, d_entropy -ent_coef / n. */
void gb_on_policy_forward(struct on_policy *o);
/* Goes back from d_log_prob, d_entropy and d: writes actor_grad and free_grad. */
void gb_on_policy_backward(struct on_policy *o);
/* The critic's loss and gradient over the batch, times weight. */
void gb_on_policy_critic(struct on_policy *o, double weight, double clip_vf);

/* Passes of the critic alone over all rows, in batches of up to `batch`. */
void gb_on_policy_fit_critic(struct on_policy *o, int batch, int passes);

/* Moves ent_coef, if that is asked for, by the batch's entropy. */
void gb_on_policy_tune_entropy(struct on_policy *o);

/* Returns the weight of the entropy. */
double gb_on_policy_ent_coef(const struct on_policy *o);

/* The update is over: empties the rollout. GB_FAIL if a figure is not finite. */
int gb_on_policy_end(struct on_policy *o, gb_err *err);

/* Notes a figure. */
void gb_on_policy_note(struct on_policy *o, int figure, double value);

/* For benchmarks: one joint step on the rollout at hand, whole or not. Returns its nominal
 * operations, or 0 if there is nothing to learn from. */
double gb_on_policy_update(struct on_policy *o, on_policy_loss *loss, void *agent, double clip_vf);

/* Nominal operations of one joint step on n rows. */
double gb_on_policy_flops(const struct on_policy *o, int n);

#endif
