/* legged.h - what the walking tasks share: paid to go forward along x, for being healthy, and for
 * sparing their motors. */
#ifndef GB_ENVS_MUJOCO_LEGGED_H
#define GB_ENVS_MUJOCO_LEGGED_H

#include "task.h"

/* Options, under Gymnasium's names. */
typedef struct gb_legged {
    double forward_reward_weight, ctrl_cost_weight, healthy_reward, reset_noise_scale;
    double healthy_z_min, healthy_z_max;
    bool terminate_when_unhealthy, exclude_current_positions_from_observation;
    int version;
} gb_legged;

// clang-format off
#define GB_LEGGED_OPTS(T, forward, control, bonus, low, high, noise) \
    {"forward_reward_weight", GB_F64(T, legged.forward_reward_weight), forward, -1e6, 1e6, "reward of 1 m/s along x"}, \
    {"ctrl_cost_weight", GB_F64(T, legged.ctrl_cost_weight), control, 0, 1e6, "cost of the square of an action"}, \
    {"healthy_reward", GB_F64(T, legged.healthy_reward), bonus, -1e6, 1e6, "reward of a healthy step, or in version 4 of all if unhealthy ones end the episode"}, \
    {"terminate_when_unhealthy", GB_BOOL(T, legged.terminate_when_unhealthy), 1, 0, 1, "an unhealthy state ends the episode"}, \
    {"healthy_z_range_min", GB_F64(T, legged.healthy_z_min), low, -1e6, 1e6, "healthy from this height, m"}, \
    {"healthy_z_range_max", GB_F64(T, legged.healthy_z_max), high, -1e6, 1e6, "healthy up to this height, m"}, \
    {"reset_noise_scale", GB_F64(T, legged.reset_noise_scale), noise, 0, 1, "spread of positions and speeds at the start"}, \
    {"exclude_current_positions_from_observation", GB_BOOL(T, legged.exclude_current_positions_from_observation), 1, 0, 1, "do not show where the body is along the ground"}, \
    GB_MUJOCO_VERSION(T, legged.version)
// clang-format on

/* The result of a step at `velocity` along x. effort: sum of squares of the action. */
static inline gb_step gb_legged_step(const gb_legged *c, double velocity, double effort,
                                     bool healthy) {
    const bool paid = healthy || (c->version == 4 && c->terminate_when_unhealthy);
    return (gb_step){.reward = c->forward_reward_weight * velocity +
                               (paid ? c->healthy_reward : 0) - c->ctrl_cost_weight * effort,
                     .terminal = !healthy && c->terminate_when_unhealthy};
}

#endif
