/* walker2d - make a planar pair of legs walk forward without falling.
 *
 * Gymnasium's Walker2d-v4 and -v5 (option version); the task is older (Erez, Tassa and Todorov,
 * "Infinite-horizon model predictive control for periodic tasks with contacts", 2011).
 */
#include "legged.h"

enum { NQ = 9, NV = 9, NU = 6 };

struct config {
    gb_mujoco mujoco;
    gb_legged legged;
    double healthy_angle_min, healthy_angle_max;
};

struct state {
    GB_MUJOCO_STATE(NQ, NV);
};

static const gb_opt opts[] = {
    GB_LEGGED_OPTS(struct config, 1, 1e-3, 1, 0.8, 2, 5e-3),
    {"healthy_angle_range_min", GB_F64(struct config, healthy_angle_min), -1, -1e6, 1e6,
     "healthy from this angle of the torso, rad"},
    {"healthy_angle_range_max", GB_F64(struct config, healthy_angle_max), 1, -1e6, 1e6,
     "healthy up to this angle of the torso, rad"},
    GB_MUJOCO_FRAME_SKIP(struct config, 4),
    {0},
};

static const gb_field fields[] = {GB_MUJOCO_FIELDS(struct state), {0}};

static const unsigned char xml[] = {
#include <models/walker2d.xml.inc>
};
static const gb_mujoco_task task = {"walker2d", xml, sizeof xml, NQ, NV, NU, NULL};

static const char *prepare(void *config) {
    struct config *c = config;
    const char *fault = gb_mujoco_prepare(&c->mujoco, &task);
    if (fault || c->legged.version == 4) return fault;
    /* the right foot slipped more than the left one, until version 5 */
    const mjModel *model = c->mujoco.model;
    const int right = mj_name2id(model, mjOBJ_GEOM, "foot_geom");
    const int left = mj_name2id(model, mjOBJ_GEOM, "foot_left_geom");
    if (right < 0 || left < 0) return "walker2d.xml has no foot_geom or foot_left_geom";
    memcpy(model->geom_friction + 3 * right, model->geom_friction + 3 * left,
           3 * sizeof *model->geom_friction);
    return NULL;
}

/* Positions that are not shown: that along x. */
static int hidden(const struct config *c) {
    return c->legged.exclude_current_positions_from_observation ? 1 : 0;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const seen[NQ + NV] = {"x",
                                              "z",
                                              "pitch",
                                              "right_thigh",
                                              "right_leg",
                                              "right_foot",
                                              "left_thigh",
                                              "left_leg",
                                              "left_foot",
                                              "v_x",
                                              "v_z",
                                              "v_pitch",
                                              "v_right_thigh",
                                              "v_right_leg",
                                              "v_right_foot",
                                              "v_left_thigh",
                                              "v_left_leg",
                                              "v_left_foot"};
    static const char *const actions[NU] = {"right_thigh", "right_leg", "right_foot",
                                            "left_thigh",  "left_leg",  "left_foot"};
    const struct config *c = config;
    gb_mujoco_spec(&c->mujoco, NQ + NV - hidden(c), seen + hidden(c), actions, 1000, out);
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
    return s->qpos[1] > c->legged.healthy_z_min && s->qpos[1] < c->legged.healthy_z_max &&
           s->qpos[2] > c->healthy_angle_min && s->qpos[2] < c->healthy_angle_max;
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

GB_ENV(gb_env_walker2d) = {
    GB_ENV_HEADER,
    .name = "walker2d",
    .help = "make a planar pair of legs walk forward (MuJoCo)",
    .gym_id = "Walker2d-v4",
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
