/* swimmer - make a chain of three links swim forward in a plane.
 *
 * Gymnasium's Swimmer-v4 (v5 has the same rules); the task is older (Coulom, "Reinforcement
 * learning using neural networks, with applications to motor control", 2002). Nothing ends an
 * episode but the step limit.
 */
#include "task.h"

enum { NQ = 5, NV = 5, NU = 2 };

struct config {
    gb_mujoco mujoco;
    double forward_reward_weight, ctrl_cost_weight, reset_noise_scale;
    bool exclude_current_positions_from_observation;
};

struct state {
    GB_MUJOCO_STATE(NQ, NV);
};

static const gb_opt opts[] = {
    {"forward_reward_weight", GB_F64(struct config, forward_reward_weight), 1, -1e6, 1e6,
     "reward of 1 m/s along x"},
    {"ctrl_cost_weight", GB_F64(struct config, ctrl_cost_weight), 1e-4, 0, 1e6,
     "cost of the square of an action"},
    {"reset_noise_scale", GB_F64(struct config, reset_noise_scale), 0.1, 0, 1,
     "spread of positions and speeds at the start"},
    {"exclude_current_positions_from_observation",
     GB_BOOL(struct config, exclude_current_positions_from_observation), 1, 0, 1,
     "do not show where the body is"},
    GB_MUJOCO_FRAME_SKIP(struct config, 4),
    {0},
};

static const gb_field fields[] = {GB_MUJOCO_FIELDS(struct state), {0}};

static const unsigned char xml[] = {
#include <models/swimmer.xml.inc>
};
static const gb_mujoco_task task = {"swimmer", xml, sizeof xml, NQ, NV, NU, NULL};

static const char *prepare(void *config) {
    return gb_mujoco_prepare(config, &task);
}

/* Positions that are not shown: x and y. */
static int hidden(const struct config *c) {
    return c->exclude_current_positions_from_observation ? 2 : 0;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const seen[NQ + NV] = {"x",   "y",   "angle",   "joint_1",   "joint_2",
                                              "v_x", "v_y", "v_angle", "v_joint_1", "v_joint_2"};
    static const char *const actions[NU] = {"joint_1", "joint_2"};
    const struct config *c = config;
    gb_mujoco_spec(&c->mujoco, NQ + NV - hidden(c), seen + hidden(c), actions, 1000, out);
    out->reward_threshold = 360;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    struct state *s = state;
    const struct config *c = config;
    gb_mujoco_rest(&c->mujoco, s);
    gb_mujoco_jitter(s->qpos, NQ, c->reset_noise_scale, rng);
    gb_mujoco_jitter(s->qvel, NV, c->reset_noise_scale, rng);
    gb_mujoco_settle(s, c);
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    struct state *s = state;
    const struct config *c = config;
    const double before = s->qpos[0];
    gb_mujoco_step(&c->mujoco, s, action);
    const double velocity = (s->qpos[0] - before) / c->mujoco.dt;
    return (gb_step){.reward = c->forward_reward_weight * velocity -
                               c->ctrl_cost_weight * gb_mujoco_effort(action, NU)};
}

static void observe(const void *state, const void *config, float *obs) {
    const struct state *s = state;
    const int skip = hidden(config);
    obs = gb_mujoco_see(obs, s->qpos + skip, NQ - skip);
    gb_mujoco_see(obs, s->qvel, NV);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct config *c = config;
    const struct state *s = state;
    const double centre[3] = {s->qpos[0], s->qpos[1], 0};
    gb_mujoco_draw(&c->mujoco, s, GB_MUJOCO_TOP, 2.4, centre, canvas);
}

GB_ENV(gb_env_swimmer) = {
    GB_ENV_HEADER,
    .name = "swimmer",
    .help = "make three links swim forward (MuJoCo)",
    .gym_id = "Swimmer-v4",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .fields = fields,
    .prepare = prepare,
    .release = gb_mujoco_release,
    .spec = spec,
    .reset = reset,
    .step = step,
    .observe = observe,
    .draw = draw,
    .settle = gb_mujoco_settle,
    .bare = gb_mujoco_bare,
};
