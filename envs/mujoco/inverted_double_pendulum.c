/* inverted_double_pendulum - balance two poles, one on the other, on a cart.
 *
 * Gymnasium's InvertedDoublePendulum-v4 and -v5 (option version), which differ in what is seen of
 * the forces of constraints and in the last step's reward.
 */
#include "task.h"

enum { NQ = 3, NV = 3, NU = 1 };

struct config {
    gb_mujoco mujoco;
    double healthy_reward, reset_noise_scale;
    int version;
};

struct state {
    GB_MUJOCO_STATE(NQ, NV);
    double tip[3];              /* of the upper pole, m */
    double qfrc_constraint[NV]; /* forces of the joints' limits */
};

static const gb_opt opts[] = {
    {"healthy_reward", GB_F64(struct config, healthy_reward), 10, -1e6, 1e6,
     "reward of a step that does not end the episode; in version 4 of all"},
    {"reset_noise_scale", GB_F64(struct config, reset_noise_scale), 0.1, 0, 0.3,
     "spread of positions and speeds at the start"},
    GB_MUJOCO_VERSION(struct config, version),
    GB_MUJOCO_FRAME_SKIP(struct config, 5),
    {0},
};

static const gb_field fields[] = {GB_MUJOCO_FIELDS(struct state), {0}};

static void read_data(const void *config, mjData *data, void *state, bool stepped) {
    (void)config, (void)stepped;
    struct state *s = state;
    memcpy(s->tip, data->site_xpos, sizeof s->tip);
    memcpy(s->qfrc_constraint, data->qfrc_constraint, sizeof s->qfrc_constraint);
}

static const unsigned char xml[] = {
#include <models/inverted_double_pendulum.xml.inc>
};
static const gb_mujoco_task task = {
    "inverted_double_pendulum", xml, sizeof xml, NQ, NV, NU, read_data};

static const char *prepare(void *config) {
    return gb_mujoco_prepare(config, &task);
}

/* How many forces of constraints are seen: only the first can differ from 0. */
static int forces(const struct config *c) {
    return c->version == 5 ? 1 : NV;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const seen[8 + NV] = {"x",         "sin_lower",   "sin_upper",  "cos_lower",
                                             "cos_upper", "v_x",         "v_lower",    "v_upper",
                                             "force_x",   "force_lower", "force_upper"};
    static const char *const actions[NU] = {"push"};
    const struct config *c = config;
    gb_mujoco_spec(&c->mujoco, 8 + forces(c), seen, actions, 1000, out);
    out->reward_threshold = 9100;
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
    gb_mujoco_step(&c->mujoco, s, action);
    const double x = s->tip[0], y = s->tip[2], v1 = s->qvel[1], v2 = s->qvel[2];
    const bool fallen = y <= 1;
    const double alive = fallen && c->version == 5 ? 0 : c->healthy_reward;
    const double off = 0.01 * x * x + (y - 2) * (y - 2), moving = 1e-3 * v1 * v1 + 5e-3 * v2 * v2;
    return (gb_step){.reward = alive - off - moving, .terminal = fallen};
}

static void observe(const void *state, const void *config, float *obs) {
    const struct state *s = state;
    *obs++ = (float)s->qpos[0];
    for (int k = 1; k < NQ; k++) *obs++ = (float)sin(s->qpos[k]);
    for (int k = 1; k < NQ; k++) *obs++ = (float)cos(s->qpos[k]);
    obs = gb_mujoco_see_clipped(obs, s->qvel, NV, 10);
    gb_mujoco_see_clipped(obs, s->qfrc_constraint, forces(config), 10);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    static const double centre[3] = {0, 0, 0.55};
    const struct config *c = config;
    gb_mujoco_draw(&c->mujoco, state, GB_MUJOCO_SIDE, 1.25, centre, canvas);
}

GB_ENV(gb_env_inverted_double_pendulum) = {
    GB_ENV_HEADER,
    .name = "inverted_double_pendulum",
    .help = "balance two poles on a cart (MuJoCo)",
    .gym_id = "InvertedDoublePendulum-v4",
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
