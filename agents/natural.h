/* natural.h - natural policy gradients, shared by trpo and npg.
 *
 * The surrogate is J(theta) = mean rho A + ent_coef mean H(pi), with rho = pi(a|s) / pi_old(a|s); F
 * is the Hessian of mean KL(pi_old||pi) at pi_old, J^T F_head J with the head's own Fisher matrix
 * (Gauss-Newton, which here is exact). Conjugate gradients solve (F + cg_damping) x = grad J.
 */
#ifndef GB_AGENTS_NATURAL_H
#define GB_AGENTS_NATURAL_H

#include "on_policy.h"

struct natural_config {
    struct on_policy_config on;
    int batch, n_critic_updates, cg_max_steps, sub_sampling_factor;
    double cg_damping, target_kl;
};

// clang-format off
/* Rows of the table of an agent in whose config T the field `natural` is a struct natural_config. */
#define NATURAL_OPTS(T)                                                                            \
    ON_POLICY_OPTS(T, natural.on, "1e-3", 1),                                                                  \
    ON_POLICY_GAE_OPTS(T, natural.on, 2048, 0.95),                                                             \
    {"batch", GB_INT(T, natural.batch), 128, 1, 10000000, "transitions a gradient step of the critic"}, \
    {"n_critic_updates", GB_INT(T, natural.n_critic_updates), 10, 0, 100000, "passes of the critic over each rollout"}, \
    {"cg_max_steps", GB_INT(T, natural.cg_max_steps), 15, 1, 100000, "steps of conjugate gradients"}, \
    {"cg_damping", GB_F64(T, natural.cg_damping), 0.1, 0, 1e9, "added to the Fisher matrix's diagonal"}, \
    {"sub_sampling_factor", GB_INT(T, natural.sub_sampling_factor), 1, 1, 1000000, "Fisher matrix of one state in so many"}, \
    {"target_kl", GB_F64(T, natural.target_kl), 0.01, 1e-12, 1e9, "KL(old||new) of a whole step"},  \
    ON_POLICY_ENTROPY_OPTS(T, natural.on)
// clang-format on

enum { NATURAL_KL = ON_POLICY_OWN, NATURAL_CG_RESIDUAL, NATURAL_STEP, NATURAL_OWN };
#define NATURAL_FIGURES "kl", "cg_residual", "step_size"

struct natural {
    struct on_policy on; /* first: shared functions take its place */
    struct natural_config c;
    gb_real *work; /* the arrays below, (n_policy) each */
    gb_real *start, *gradient, *direction, *f, *residual, *search;
};

/* Makes the shared part; figures are those of the agent, which begin with NATURAL_FIGURES. */
int gb_natural_init(struct natural *s, const struct natural_config *config, const char *name,
                    const char *const *figures, const gb_setting *setting, gb_err *err);
void gb_natural_free(void *state);

/* An update begins: the whole rollout is the batch, the policy is kept in start; gradient and
 * direction are computed. Returns the step along direction at which the quadratic model of KL is
 * target_kl; 0 if there is no direction. */
double gb_natural_begin(struct natural *s);

/* Moves the policy to start + step direction, and tells its surrogate and KL over the batch. */
void gb_natural_move(struct natural *s, double step, double *surrogate, double *kl);

/* The policy has its place: the critic learns; GB_FAIL if something is not finite. */
int gb_natural_end(struct natural *s, double step, double kl, gb_err *err);

/* (F + cg_damping) v, (n_policy), at the policy of the last forward pass over the batch. */
void gb_natural_fisher(struct natural *s, const gb_real *v, gb_real *out);

/* For benchmarks: gradient and direction. */
double gb_natural_update(void *state);

#endif
