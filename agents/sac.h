/* sac.h - the state of a soft actor-critic, shared by its files: sac.c (the agent as the host sees
 * it), sac_act.c (how it acts), sac_update.c (what it learns from a batch) and sac_insight.c (what
 * it shows of itself).
 */
#ifndef GB_AGENTS_SAC_H
#define GB_AGENTS_SAC_H

#include "agent.h"
#include "nn.h"
#include "noise.h"
#include "normalize.h"
#include "optim.h"
#include "replay.h"

struct sac_config {
    double lr, lr_critic, lr_alpha, gamma, tau, alpha, entropy_scale, utd, weight_decay, clip;
    double reward_scale;
    int64_t buffer, learning_starts;
    int batch, train_every, noise_hold;
    int hidden[GB_MAX_HIDDEN + 1];
    char activation[8], noise[8];
    bool tune_alpha, layer_norm, norm_obs;
};

enum { SAC_ENTROPY, SAC_CRITIC_LOSS, SAC_ACTOR_LOSS, SAC_Q_MEAN, SAC_SUMS };

/* One critic with what it needs for itself: the two are updated side by side. */
struct sac_critic {
    gb_real *params, *target, *grad; /* (critic.n_params) */
    gb_adam adam;
    gb_tape tape;
    gb_real *d_out;    /* (batch, out) gradient of a loss by its output */
    gb_real *d_action; /* (batch, act) */
    gb_real *q_next;   /* (batch, out) target's values of s' */
    gb_real *q;        /* (batch, out) values that the actor sees */
    double loss;
};

struct sac {
    struct sac_config c;
    gb_space obs, act;
    bool discrete;
    int features, dims; /* of an observation; numbers or kinds of an action */
    int envs, threads;
    gb_rng rng;

    gb_net actor_net, critic_net;
    gb_real *block;         /* all parameters and gradients */
    gb_real *actor;         /* (actor.n_params) */
    gb_real *actor_grad[2]; /* (actor.n_params) from each half of a batch */
    gb_adam actor_adam;
    gb_tape actor_tape, act_tape; /* of updates; of acting */
    struct sac_critic critic[2];
    gb_real log_alpha, log_alpha_grad;
    gb_real alpha; /* of the update at work */
    gb_adam alpha_adam;
    double target_entropy;

    gb_moments moments; /* of all observations so far, if they are normalised */
    gb_replay replay;
    gb_noise noise;
    int64_t steps, updates;
    double owed; /* updates */

    /* a batch: rows 0..batch-1 of the actor's arrays belong to s, the next batch rows to s' */
    gb_real *work, *x, *xa, *xa_next, *xa_pi, *head_grad, *eps, *action, *log_prob, *y, *d_prob;
    const gb_real *head;      /* (batch, out) the policy's outputs for s */
    gb_real *act_x, *act_out; /* (act rows, ...) for acting */
    int *taken;               /* (batch) discrete actions */
    int64_t *row;             /* (batch) places in the memory */
    float *reward, *terminal; /* (batch) */

    double actor_loss, entropy, q_mean; /* of the last update */
    double sum[SAC_SUMS];               /* since the last metrics: see sac_metrics */
    int64_t summed;
};

/* Whether the networks see observations normalised. The memory keeps them as they were. */
static inline bool gb_sac_normalizes(const struct sac *s) {
    return s->c.norm_obs && s->obs.kind == GB_BOX;
}

/* Writes the features (n, features) of obs (n, observation size) to x, as the networks see them. */
void gb_sac_see(const struct sac *s, int n, const float *obs, gb_real *x);

/* The act of the agent: see agent.h. Uniform actions while exploring in the first learning_starts
 * steps; any n, in rows that fit the acting tape. */
void gb_sac_act(void *state, int n, const float *obs, float *action, bool explore);

/* The insight and archive_insight of the agent: see agent.h. */
void gb_sac_insight(void *state, const float *obs, gb_rng *rng, gb_insight *out);
void gb_sac_archive_insight(void *state, gb_archive *archive);

/* One update from the replay memory, which must not be empty. */
void gb_sac_learn(struct sac *s);

/* Nominal operations of one update: see sac_update.c. */
double gb_sac_flops(const struct sac *s);

#endif
