/* reacher - bring the fingertip of an arm of two links to a target.
 *
 * Gymnasium's Reacher-v4 and -v5 (option version). Version 4 pays for the distance before the step
 * and sees a height that is always 0; version 5 pays for that after the step.
 */
#include "task.h"

enum { NQ = 4, NV = 4, NU = 2 };

struct config {
    gb_mujoco mujoco;
    double reward_dist_weight, reward_control_weight;
    int version;
    int fingertip, target; /* bodies */
};

struct state {
    GB_MUJOCO_STATE(NQ, NV); /* the last two of each are the target's */
    double fingertip[3], target[3];
};

static const gb_opt opts[] = {
    {"reward_dist_weight", GB_F64(struct config, reward_dist_weight), 1, 0, 1e6,
     "cost of 1 m between fingertip and target"},
    {"reward_control_weight", GB_F64(struct config, reward_control_weight), 1, 0, 1e6,
     "cost of the square of an action"},
    GB_MUJOCO_VERSION(struct config, version),
    GB_MUJOCO_FRAME_SKIP(struct config, 2),
    {0},
};

static const gb_field fields[] = {GB_MUJOCO_FIELDS(struct state), {0}};

static void read_data(const void *config, mjData *data, void *state, bool stepped) {
    (void)stepped;
    const struct config *c = config;
    struct state *s = state;
    memcpy(s->fingertip, data->xpos + 3 * c->fingertip, sizeof s->fingertip);
    memcpy(s->target, data->xpos + 3 * c->target, sizeof s->target);
}

static const unsigned char xml[] = {
#include <models/reacher.xml.inc>
};
static const gb_mujoco_task task = {"reacher", xml, sizeof xml, NQ, NV, NU, read_data};

static const char *prepare(void *config) {
    struct config *c = config;
    const char *fault = gb_mujoco_prepare(&c->mujoco, &task);
    if (fault) return fault;
    c->fingertip = gb_mujoco_body(&c->mujoco, "fingertip");
    c->target = gb_mujoco_body(&c->mujoco, "target");
    return c->fingertip < 0 || c->target < 0 ? "reacher.xml has no fingertip or no target" : NULL;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const seen[] = {"cos_1",       "cos_2",       "sin_1",      "sin_2",
                                       "target_x",    "target_y",    "v_1",        "v_2",
                                       "to_finger_x", "to_finger_y", "to_finger_z"};
    static const char *const actions[NU] = {"joint_1", "joint_2"};
    const struct config *c = config;
    gb_mujoco_spec(&c->mujoco, c->version == 5 ? 10 : 11, seen, actions, 50, out);
    out->reward_threshold = -3.75;
}

/* The target lies anywhere within reach. */
static void reset(void *state, const void *config, gb_rng *rng) {
    struct state *s = state;
    const struct config *c = config;
    gb_mujoco_rest(&c->mujoco, s);
    gb_mujoco_jitter(s->qpos, NQ, 0.1, rng);
    do {
        for (int k = 2; k < NQ; k++) s->qpos[k] = gb_rng_uniform(rng, -0.2, 0.2);
    } while (hypot(s->qpos[2], s->qpos[3]) >= 0.2);
    gb_mujoco_jitter(s->qvel, 2, 0.005, rng);
    gb_mujoco_settle(s, c);
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    struct state *s = state;
    const struct config *c = config;
    const double before = gb_mujoco_distance(s->fingertip, s->target);
    gb_mujoco_step(&c->mujoco, s, action);
    const double after = gb_mujoco_distance(s->fingertip, s->target);
    return (gb_step){.reward = -c->reward_dist_weight * (c->version == 5 ? after : before) -
                               c->reward_control_weight * gb_mujoco_effort(action, NU)};
}

static void observe(const void *state, const void *config, float *obs) {
    const struct state *s = state;
    const struct config *c = config;
    for (int k = 0; k < 2; k++) *obs++ = (float)cos(s->qpos[k]);
    for (int k = 0; k < 2; k++) *obs++ = (float)sin(s->qpos[k]);
    obs = gb_mujoco_see(obs, s->qpos + 2, 2);
    obs = gb_mujoco_see(obs, s->qvel, 2);
    for (int k = 0; k < (c->version == 5 ? 2 : 3); k++)
        *obs++ = (float)(s->fingertip[k] - s->target[k]);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    static const double centre[3] = {0, 0, 0};
    const struct config *c = config;
    gb_mujoco_draw(&c->mujoco, state, GB_MUJOCO_TOP, 0.33, centre, canvas);
}

GB_ENV(gb_env_reacher) = {
    GB_ENV_HEADER,
    .name = "reacher",
    .help = "bring the tip of an arm to a target (MuJoCo)",
    .gym_id = "Reacher-v4",
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
