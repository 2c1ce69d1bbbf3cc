/* half_cheetah - make a planar cheetah of seven links run.
 *
 * Gymnasium's HalfCheetah-v4 (v5 has the same rules); the task is older (Wawrzynski, "A cat-like
 * robot real-time learning to run", 2009). Nothing ends an episode but the step limit.
 */
#include "task.h"

enum { NQ = 9, NV = 9, NU = 6 };

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
    {"ctrl_cost_weight", GB_F64(struct config, ctrl_cost_weight), 0.1, 0, 1e6,
     "cost of the square of an action"},
    {"reset_noise_scale", GB_F64(struct config, reset_noise_scale), 0.1, 0, 1,
     "spread of positions and speeds at the start"},
    {"exclude_current_positions_from_observation",
     GB_BOOL(struct config, exclude_current_positions_from_observation), 1, 0, 1,
     "do not show where the body is along the ground"},
    GB_MUJOCO_FRAME_SKIP(struct config, 5),
    {0},
};

static const gb_field fields[] = {GB_MUJOCO_FIELDS(struct state), {0}};

static const unsigned char xml[] = {
#include <models/half_cheetah.xml.inc>
};
static const gb_mujoco_task task = {"half_cheetah", xml, sizeof xml, NQ, NV, NU, NULL};

static const char *prepare(void *config) {
    return gb_mujoco_prepare(config, &task);
}

/* Positions that are not shown: that along x. */
static int hidden(const struct config *c) {
    return c->exclude_current_positions_from_observation ? 1 : 0;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const seen[NQ + NV] = {"x",
                                              "z",
                                              "pitch",
                                              "back_thigh",
                                              "back_shin",
                                              "back_foot",
                                              "fore_thigh",
                                              "fore_shin",
                                              "fore_foot",
                                              "v_x",
                                              "v_z",
                                              "v_pitch",
                                              "v_back_thigh",
                                              "v_back_shin",
                                              "v_back_foot",
                                              "v_fore_thigh",
                                              "v_fore_shin",
                                              "v_fore_foot"};
    static const char *const actions[NU] = {"back_thigh", "back_shin", "back_foot",
                                            "fore_thigh", "fore_shin", "fore_foot"};
    const struct config *c = config;
    gb_mujoco_spec(&c->mujoco, NQ + NV - hidden(c), seen + hidden(c), actions, 1000, out);
    out->reward_threshold = 4800;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    struct state *s = state;
    const struct config *c = config;
    gb_mujoco_rest(&c->mujoco, s);
    gb_mujoco_jitter(s->qpos, NQ, c->reset_noise_scale, rng);
    gb_mujoco_shake(s->qvel, NV, c->reset_noise_scale, rng);
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
    const double centre[3] = {s->qpos[0], 0, 0.7};
    gb_mujoco_draw(&c->mujoco, s, GB_MUJOCO_SIDE, 1.3, centre, canvas);
}

GB_ENV(gb_env_half_cheetah) = {
    GB_ENV_HEADER,
    .name = "half_cheetah",
    .help = "make a planar cheetah run (MuJoCo)",
    .gym_id = "HalfCheetah-v4",
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
