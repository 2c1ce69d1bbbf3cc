/* pusher - push an object over a table to a goal, with an arm of seven joints.
 *
 * Gymnasium's Pusher-v4, which pays for the distances before the step. (In v5 the object is another
 * one.)
 */
#include "task.h"

enum { NQ = 11, NV = 11, NU = 7 };

struct config {
    gb_mujoco mujoco;
    double reward_near_weight, reward_dist_weight, reward_control_weight;
    int tips_arm, object, goal; /* bodies */
};

struct state {
    GB_MUJOCO_STATE(NQ, NV); /* of each, the last four are the object's and the goal's */
    double tips_arm[3], object[3], goal[3];
};

static const gb_opt opts[] = {
    {"reward_near_weight", GB_F64(struct config, reward_near_weight), 0.5, 0, 1e6,
     "cost of 1 m between tip and object"},
    {"reward_dist_weight", GB_F64(struct config, reward_dist_weight), 1, 0, 1e6,
     "cost of 1 m between object and goal"},
    {"reward_control_weight", GB_F64(struct config, reward_control_weight), 0.1, 0, 1e6,
     "cost of the square of an action"},
    GB_MUJOCO_FRAME_SKIP(struct config, 5),
    GB_MUJOCO_RENDERER(struct config),
    {0},
};

static const gb_field fields[] = {GB_MUJOCO_FIELDS(struct state), {0}};

static void read_data(const void *config, mjData *data, void *state, bool stepped) {
    (void)stepped;
    const struct config *c = config;
    struct state *s = state;
    memcpy(s->tips_arm, data->xpos + 3 * c->tips_arm, sizeof s->tips_arm);
    memcpy(s->object, data->xpos + 3 * c->object, sizeof s->object);
    memcpy(s->goal, data->xpos + 3 * c->goal, sizeof s->goal);
}

static const unsigned char xml[] = {
#include <models/pusher.xml.inc>
};
static const gb_mujoco_task task = {"pusher", xml, sizeof xml, NQ, NV, NU, read_data};

static const char *prepare(void *config) {
    struct config *c = config;
    const char *fault = gb_mujoco_prepare(&c->mujoco, &task);
    if (fault) return fault;
    c->tips_arm = gb_mujoco_body(&c->mujoco, "tips_arm");
    c->object = gb_mujoco_body(&c->mujoco, "object");
    c->goal = gb_mujoco_body(&c->mujoco, "goal");
    const bool found = c->tips_arm >= 0 && c->object >= 0 && c->goal >= 0;
    return found ? NULL : "pusher.xml has no tips_arm, no object or no goal";
}

static void spec(const void *config, gb_spec *out) {
    static const char *const seen[23] = {
        "shoulder_pan", "shoulder_lift",  "upper_arm_roll", "elbow_flex",      "forearm_roll",
        "wrist_flex",   "wrist_roll",     "v_shoulder_pan", "v_shoulder_lift", "v_upper_arm_roll",
        "v_elbow_flex", "v_forearm_roll", "v_wrist_flex",   "v_wrist_roll",    "tip_x",
        "tip_y",        "tip_z",          "object_x",       "object_y",        "object_z",
        "goal_x",       "goal_y",         "goal_z"};
    const struct config *c = config;
    gb_mujoco_spec(&c->mujoco, 23, seen, seen, 100, out);
    out->reward_threshold = 0;
}

/* The object lies at some distance from the goal, on the side of the arm. */
static void reset(void *state, const void *config, gb_rng *rng) {
    struct state *s = state;
    const struct config *c = config;
    gb_mujoco_rest(&c->mujoco, s);
    do {
        s->qpos[7] = gb_rng_uniform(rng, -0.3, 0);
        s->qpos[8] = gb_rng_uniform(rng, -0.2, 0.2);
    } while (hypot(s->qpos[7], s->qpos[8]) <= 0.17);
    s->qpos[9] = s->qpos[10] = 0;
    gb_mujoco_jitter(s->qvel, NU, 0.005, rng);
    gb_mujoco_settle(s, c);
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    struct state *s = state;
    const struct config *c = config;
    const double near = gb_mujoco_distance(s->object, s->tips_arm);
    const double off = gb_mujoco_distance(s->object, s->goal);
    gb_mujoco_step(&c->mujoco, s, action);
    return (gb_step){.reward = -c->reward_dist_weight * off - c->reward_near_weight * near -
                               c->reward_control_weight * gb_mujoco_effort(action, NU)};
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    const struct state *s = state;
    obs = gb_mujoco_see(obs, s->qpos, NU);
    obs = gb_mujoco_see(obs, s->qvel, NU);
    obs = gb_mujoco_see(obs, s->tips_arm, 3);
    obs = gb_mujoco_see(obs, s->object, 3);
    gb_mujoco_see(obs, s->goal, 3);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    static const double centre[3] = {0.35, -0.15, -0.2};
    const struct config *c = config;
    gb_mujoco_draw(&c->mujoco, state, GB_MUJOCO_SLANT, 0.85, centre, canvas);
}

GB_ENV(gb_env_pusher) = {
    GB_ENV_HEADER,
    .name = "pusher",
    .help = "push an object to a goal with an arm (MuJoCo)",
    .gym_id = "Pusher-v4",
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
