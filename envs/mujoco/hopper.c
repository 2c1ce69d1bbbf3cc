/* hopper - make a planar leg of four links hop forward without falling.
 *
 * Gymnasium's Hopper-v4 and -v5 (option version); the task is older (Erez, Tassa and Todorov,
 * "Infinite-horizon model predictive control for periodic tasks with contacts", 2011).
 */
#include "legged.h"

enum { NQ = 6, NV = 6, NU = 3 };

struct config {
    gb_mujoco mujoco;
    gb_legged legged;
    double healthy_angle_min, healthy_angle_max, healthy_state_min, healthy_state_max;
};

struct state {
    GB_MUJOCO_STATE(NQ, NV);
};

static const gb_opt opts[] = {
    GB_LEGGED_OPTS(struct config, 1, 1e-3, 1, 0.7, 1e6, 5e-3),
    {"healthy_angle_range_min", GB_F64(struct config, healthy_angle_min), -0.2, -1e6, 1e6,
     "healthy from this angle of the torso, rad"},
    {"healthy_angle_range_max", GB_F64(struct config, healthy_angle_max), 0.2, -1e6, 1e6,
     "healthy up to this angle of the torso, rad"},
    {"healthy_state_range_min", GB_F64(struct config, healthy_state_min), -100, -1e6, 1e6,
     "healthy if angles and speeds are larger"},
    {"healthy_state_range_max", GB_F64(struct config, healthy_state_max), 100, -1e6, 1e6,
     "healthy if angles and speeds are smaller"},
    GB_MUJOCO_FRAME_SKIP(struct config, 4),
    {0},
};

static const gb_field fields[] = {GB_MUJOCO_FIELDS(struct state), {0}};

static const unsigned char xml[] = {
#include <models/hopper.xml.inc>
};
static const gb_mujoco_task task = {"hopper", xml, sizeof xml, NQ, NV, NU, NULL};

static const char *prepare(void *config) {
    return gb_mujoco_prepare(config, &task);
}

/* Positions that are not shown: that along x. */
static int hidden(const struct config *c) {
    return c->legged.exclude_current_positions_from_observation ? 1 : 0;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const seen[NQ + NV] = {"x",       "z",       "pitch", "thigh",
                                              "leg",     "foot",    "v_x",   "v_z",
                                              "v_pitch", "v_thigh", "v_leg", "v_foot"};
    static const char *const actions[NU] = {"thigh", "leg", "foot"};
    const struct config *c = config;
    gb_mujoco_spec(&c->mujoco, NQ + NV - hidden(c), seen + hidden(c), actions, 1000, out);
    out->reward_threshold = 3800;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    struct state *s = state;
    const struct config *c = config;
    gb_mujoco_rest(&c->mujoco, s);
    gb_mujoco_jitter(s->qpos, NQ, c->legged.reset_noise_scale, rng);
    gb_mujoco_jitter(s->qvel, NV, c->legged.reset_noise_scale, rng);
    gb_mujoco_settle(s, c);
}

static bool is_healthy(const struct state *s, const struct config *c) {
    bool healthy = s->qpos[1] > c->legged.healthy_z_min && s->qpos[1] < c->legged.healthy_z_max &&
                   s->qpos[2] > c->healthy_angle_min && s->qpos[2] < c->healthy_angle_max;
    for (int k = 2; k < NQ; k++)
        healthy = healthy && s->qpos[k] > c->healthy_state_min && s->qpos[k] < c->healthy_state_max;
    for (int k = 0; k < NV; k++)
        healthy = healthy && s->qvel[k] > c->healthy_state_min && s->qvel[k] < c->healthy_state_max;
    return healthy;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    struct state *s = state;
    const struct config *c = config;
    const double before = s->qpos[0];
    gb_mujoco_step(&c->mujoco, s, action);
    return gb_legged_step(&c->legged, (s->qpos[0] - before) / c->mujoco.dt,
                          gb_mujoco_effort(action, NU), is_healthy(s, c));
}

static void observe(const void *state, const void *config, float *obs) {
    const struct state *s = state;
    const int skip = hidden(config);
    obs = gb_mujoco_see(obs, s->qpos + skip, NQ - skip);
    gb_mujoco_see_clipped(obs, s->qvel, NV, 10);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct config *c = config;
    const struct state *s = state;
    const double centre[3] = {s->qpos[0], 0, 0.9};
    gb_mujoco_draw(&c->mujoco, s, GB_MUJOCO_SIDE, 1.2, centre, canvas);
}

GB_ENV(gb_env_hopper) = {
    GB_ENV_HEADER,
    .name = "hopper",
    .help = "make a planar leg hop forward (MuJoCo)",
    .gym_id = "Hopper-v4",
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
