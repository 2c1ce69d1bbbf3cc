/* ant - make a body on four legs walk forward without falling over.
 *
 * Gymnasium's Ant-v4 and -v5 (option version); the task is older (Schulman et al.,
 * "High-dimensional continuous control using generalized advantage estimation", 2015). Version 5
 * sees the forces of contacts and pays for them, which version 4 does with use_contact_forces.
 */
#include "legged.h"

enum { NQ = 15, NV = 14, NU = 8, BODIES = 14 };

struct config {
    gb_mujoco mujoco;
    gb_legged legged;
    double contact_cost_weight, contact_force_min, contact_force_max;
    bool use_contact_forces;
};

struct state {
    GB_MUJOCO_STATE(NQ, NV);
    double torso[2];             /* x and y of its frame, m */
    double cfrc_ext[BODIES * 6]; /* torque and force of contacts on each body, if looked at */
};

static const gb_opt opts[] = {
    GB_LEGGED_OPTS(struct config, 1, 0.5, 1, 0.2, 1, 0.1),
    {"use_contact_forces", GB_BOOL(struct config, use_contact_forces), 0, 0, 1,
     "see the forces of contacts and pay for them; version 5 always does"},
    {"contact_cost_weight", GB_F64(struct config, contact_cost_weight), 5e-4, 0, 1e6,
     "cost of the square of the contacts' forces"},
    {"contact_force_range_min", GB_F64(struct config, contact_force_min), -1, -1e6, 1e6,
     "forces of contacts are clipped here"},
    {"contact_force_range_max", GB_F64(struct config, contact_force_max), 1, -1e6, 1e6, "and here"},
    GB_MUJOCO_FRAME_SKIP(struct config, 5),
    GB_MUJOCO_RENDERER(struct config),
    {0},
};

static const gb_field fields[] = {GB_MUJOCO_FIELDS(struct state), {0}};

static bool feels(const struct config *c) {
    return c->use_contact_forces || c->legged.version == 5;
}

static void read_data(const void *config, mjData *data, void *state, bool stepped) {
    const struct config *c = config;
    struct state *s = state;
    memcpy(s->torso, data->xpos + 3, sizeof s->torso);
    memset(s->cfrc_ext, 0, sizeof s->cfrc_ext);
    if (!feels(c) || !stepped) return; /* Gymnasium computes them after steps only */
    mj_rnePostConstraint(c->mujoco.model, data);
    for (int k = 0; k < BODIES * 6; k++)
        s->cfrc_ext[k] = fmin(fmax(data->cfrc_ext[k], c->contact_force_min), c->contact_force_max);
}

static const unsigned char xml[] = {
#include <models/ant.xml.inc>
};
static const gb_mujoco_task task = {"ant", xml, sizeof xml, NQ, NV, NU, read_data};

static const char *prepare(void *config) {
    return gb_mujoco_prepare(config, &task);
}

/* Positions that are not shown: x and y. */
static int hidden(const struct config *c) {
    return c->legged.exclude_current_positions_from_observation ? 2 : 0;
}

/* Forces that are not shown: those on the world. */
static int unfelt(const struct config *c) {
    return c->legged.version == 5 ? 6 : 0;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[NU] = {"hip_4", "ankle_4", "hip_1", "ankle_1",
                                            "hip_2", "ankle_2", "hip_3", "ankle_3"};
    const struct config *c = config;
    const int forces = feels(c) ? BODIES * 6 - unfelt(c) : 0;
    gb_mujoco_spec(&c->mujoco, NQ - hidden(c) + NV + forces, NULL, actions, 1000, out);
    out->reward_threshold = 6000;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    struct state *s = state;
    const struct config *c = config;
    gb_mujoco_rest(&c->mujoco, s);
    gb_mujoco_jitter(s->qpos, NQ, c->legged.reset_noise_scale, rng);
    gb_mujoco_shake(s->qvel, NV, c->legged.reset_noise_scale, rng);
    gb_mujoco_settle(s, c);
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    struct state *s = state;
    const struct config *c = config;
    const double before = s->torso[0];
    gb_mujoco_step(&c->mujoco, s, action);
    const double z = s->qpos[2], velocity = (s->torso[0] - before) / c->mujoco.dt;
    const bool healthy = z >= c->legged.healthy_z_min && z <= c->legged.healthy_z_max;
    gb_step result = gb_legged_step(&c->legged, velocity, gb_mujoco_effort(action, NU), healthy);
    double pressure = 0;
    for (int k = 0; k < BODIES * 6; k++) pressure += s->cfrc_ext[k] * s->cfrc_ext[k];
    result.reward -= c->contact_cost_weight * pressure;
    return result;
}

static void observe(const void *state, const void *config, float *obs) {
    const struct state *s = state;
    const struct config *c = config;
    obs = gb_mujoco_see(obs, s->qpos + hidden(c), NQ - hidden(c));
    obs = gb_mujoco_see(obs, s->qvel, NV);
    if (feels(c)) gb_mujoco_see(obs, s->cfrc_ext + unfelt(c), BODIES * 6 - unfelt(c));
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct config *c = config;
    const struct state *s = state;
    const double centre[3] = {s->qpos[0], s->qpos[1], 0.4};
    gb_mujoco_draw(&c->mujoco, s, GB_MUJOCO_SLANT, 1.6, centre, canvas);
}

GB_ENV(gb_env_ant) = {
    GB_ENV_HEADER,
    .name = "ant",
    .help = "make a body on four legs walk forward (MuJoCo)",
    .gym_id = "Ant-v4",
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
