/* task.h - what the tasks on MuJoCo share beside the simulator. */
#ifndef GB_ENVS_MUJOCO_TASK_H
#define GB_ENVS_MUJOCO_TASK_H

#include "draw.h"
#include "sim.h"

/* The row of an option of tasks whose rules have changed. */
#define GB_MUJOCO_VERSION(T, f)                                                                    \
    { "version", GB_INT(T, f), 4, 4, 5, "Gymnasium's rules" }

/* The spec of a task with n_obs numbers to see, in double and without bounds as in Gymnasium. */
static inline void gb_mujoco_spec(const gb_mujoco *m, int n_obs, const char *const *seen,
                                  const char *const *actions, int max_steps, gb_spec *out) {
    out->obs = (gb_space){.kind = GB_BOX, .n = n_obs, .names = seen};
    out->act = (gb_space){GB_BOX, m->model->nu, m->low, m->high, actions};
    out->max_steps = max_steps;
    out->dt = m->dt;
    out->reward_threshold = NAN;
}

/* Adds to each of x (n) a number uniform in [-scale, scale). */
static inline void gb_mujoco_jitter(double *x, int n, double scale, gb_rng *rng) {
    for (int k = 0; k < n; k++) x[k] += gb_rng_uniform(rng, -scale, scale);
}

/* Adds to each of x (n) a normal number of deviation scale. */
static inline void gb_mujoco_shake(double *x, int n, double scale, gb_rng *rng) {
    for (int k = 0; k < n; k++) x[k] += scale * gb_rng_normal(rng);
}

/* Sum of squares of an action (n), before MuJoCo clamps it. */
static inline double gb_mujoco_effort(const float *action, int n) {
    double sum = 0;
    for (int k = 0; k < n; k++) sum += (double)action[k] * (double)action[k];
    return sum;
}

static inline double gb_mujoco_clip(double x, double limit) {
    return x < -limit ? -limit : x > limit ? limit : x;
}

/* Copies x (n) to obs. Returns where the next number goes. */
static inline float *gb_mujoco_see(float *obs, const double *x, int n) {
    for (int k = 0; k < n; k++) obs[k] = (float)x[k];
    return obs + n;
}

/* The same, each clipped to +-limit. */
static inline float *gb_mujoco_see_clipped(float *obs, const double *x, int n, double limit) {
    for (int k = 0; k < n; k++) obs[k] = (float)gb_mujoco_clip(x[k], limit);
    return obs + n;
}

static inline double gb_mujoco_distance(const double a[3], const double b[3]) {
    const double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    return sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

#endif
