/* humanoid - make a body with arms and legs walk forward without falling.
 *
 * Gymnasium's Humanoid-v4 and -v5 (option version); the task is older (Tassa, Erez and Todorov,
 * "Synthesis and stabilization of complex behaviors through online trajectory optimization", 2012).
 * Version 5 pays for the forces of contacts, and does not see what is always 0.
 */
#include "legged.h"

enum { NQ = 24, NV = 23, NU = 17, BODIES = 14 };

struct config {
    gb_mujoco mujoco;
    gb_legged legged;
    double contact_cost_weight, contact_cost_max;
};

struct state {
    GB_MUJOCO_STATE(NQ, NV);
    double mass_x;               /* of the centre of mass, m */
    double cinert[BODIES * 10];  /* inertia and mass of bodies, about the common centre */
    double cvel[BODIES * 6];     /* their velocities: rotation, translation */
    double qfrc_actuator[NV];    /* forces of the motors in the joints */
    double cfrc_ext[BODIES * 6]; /* torque and force of contacts on bodies */
};

static const gb_opt opts[] = {
    GB_LEGGED_OPTS(struct config, 1.25, 0.1, 5, 1, 2, 0.01),
    {"contact_cost_weight", GB_F64(struct config, contact_cost_weight), 5e-7, 0, 1e6,
     "version 5: cost of the square of the contacts' forces"},
    {"contact_cost_range_max", GB_F64(struct config, contact_cost_max), 10, 0, 1e6,
     "version 5: largest such cost"},
    GB_MUJOCO_FRAME_SKIP(struct config, 5),
    GB_MUJOCO_RENDERER(struct config),
    {0},
};

static const gb_field fields[] = {GB_MUJOCO_FIELDS(struct state), {0}};

static double mass_centre_x(const mjModel *model, const mjData *data) {
    double mass = 0, sum = 0;
    for (int k = 0; k < model->nbody; k++) {
        mass += model->body_mass[k];
        sum += model->body_mass[k] * data->xipos[3 * k];
    }
    return sum / mass;
}

static void read_data(const void *config, mjData *data, void *state, bool stepped) {
    const struct config *c = config;
    struct state *s = state;
    s->mass_x = mass_centre_x(c->mujoco.model, data);
    memcpy(s->cinert, data->cinert, sizeof s->cinert);
    memcpy(s->cvel, data->cvel, sizeof s->cvel);
    memcpy(s->qfrc_actuator, data->qfrc_actuator, sizeof s->qfrc_actuator);
    memset(s->cfrc_ext, 0, sizeof s->cfrc_ext);
    if (!stepped) return; /* Gymnasium computes them after steps only */
    mj_rnePostConstraint(c->mujoco.model, data);
    memcpy(s->cfrc_ext, data->cfrc_ext, sizeof s->cfrc_ext);
}

static const unsigned char xml[] = {
#include <models/humanoid.xml.inc>
};
static const gb_mujoco_task task = {"humanoid", xml, sizeof xml, NQ, NV, NU, read_data};

static const char *prepare(void *config) {
    return gb_mujoco_prepare(config, &task);
}

/* Positions that are not shown: x and y. */
static int hidden(const struct config *c) {
    return c->legged.exclude_current_positions_from_observation ? 2 : 0;
}

/* What version 5 leaves out at the head of a list: the world, and the joint to it. */
static int left_out(const struct config *c, int n) {
    return c->legged.version == 5 ? n : 0;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[NU] = {"abdomen_y",       "abdomen_z",   "abdomen_x",
                                            "right_hip_x",     "right_hip_z", "right_hip_y",
                                            "right_knee",      "left_hip_x",  "left_hip_z",
                                            "left_hip_y",      "left_knee",   "right_shoulder1",
                                            "right_shoulder2", "right_elbow", "left_shoulder1",
                                            "left_shoulder2",  "left_elbow"};
    const struct config *c = config;
    const int n = NQ - hidden(c) + NV + BODIES * 22 + NV - left_out(c, 22 + 6);
    gb_mujoco_spec(&c->mujoco, n, NULL, actions, 1000, out);
}

static void reset(void *state, const void *config, gb_rng *rng) {
    struct state *s = state;
    const struct config *c = config;
    gb_mujoco_rest(&c->mujoco, s);
    gb_mujoco_jitter(s->qpos, NQ, c->legged.reset_noise_scale, rng);
    gb_mujoco_jitter(s->qvel, NV, c->legged.reset_noise_scale, rng);
    gb_mujoco_settle(s, c);
}

static double contact_cost(const struct state *s, const struct config *c) {
    double pressure = 0;
    for (int k = 0; k < BODIES * 6; k++) pressure += s->cfrc_ext[k] * s->cfrc_ext[k];
    return c->legged.version == 5 ? fmin(c->contact_cost_weight * pressure, c->contact_cost_max)
                                  : 0;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    struct state *s = state;
    const struct config *c = config;
    const double before = s->mass_x;
    gb_mujoco_step(&c->mujoco, s, action);
    const double z = s->qpos[2], velocity = (s->mass_x - before) / c->mujoco.dt;
    const bool healthy = z > c->legged.healthy_z_min && z < c->legged.healthy_z_max;
    gb_step result = gb_legged_step(&c->legged, velocity, gb_mujoco_effort(action, NU), healthy);
    result.reward -= contact_cost(s, c);
    return result;
}

static void observe(const void *state, const void *config, float *obs) {
    const struct state *s = state;
    const struct config *c = config;
    const int ten = left_out(c, 10), six = left_out(c, 6);
    obs = gb_mujoco_see(obs, s->qpos + hidden(c), NQ - hidden(c));
    obs = gb_mujoco_see(obs, s->qvel, NV);
    obs = gb_mujoco_see(obs, s->cinert + ten, BODIES * 10 - ten);
    obs = gb_mujoco_see(obs, s->cvel + six, BODIES * 6 - six);
    obs = gb_mujoco_see(obs, s->qfrc_actuator + six, NV - six);
    gb_mujoco_see(obs, s->cfrc_ext + six, BODIES * 6 - six);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct config *c = config;
    const struct state *s = state;
    const double centre[3] = {s->qpos[0], s->qpos[1], 0.85};
    gb_mujoco_draw(&c->mujoco, s, GB_MUJOCO_SLANT, 1.35, centre, canvas);
}

GB_ENV(gb_env_humanoid) = {
    GB_ENV_HEADER,
    .name = "humanoid",
    .help = "make a body with arms and legs walk forward (MuJoCo)",
    .gym_id = "Humanoid-v4",
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
