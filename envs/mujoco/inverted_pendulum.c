/* inverted_pendulum - balance a pole on a cart that is pushed along a rail.
 *
 * Gymnasium's InvertedPendulum-v4 and -v5 (option version), which differ in the last step's reward.
 */
#include "task.h"

enum { NQ = 2, NV = 2, NU = 1 };

struct config {
    gb_mujoco mujoco;
    double reset_noise_scale;
    int version;
};

struct state {
    GB_MUJOCO_STATE(NQ, NV);
};

static const gb_opt opts[] = {
    {"reset_noise_scale", GB_F64(struct config, reset_noise_scale), 0.01, 0, 0.1,
     "spread of positions and speeds at the start"},
    GB_MUJOCO_VERSION(struct config, version),
    GB_MUJOCO_FRAME_SKIP(struct config, 2),
    {0},
};

static const gb_field fields[] = {GB_MUJOCO_FIELDS(struct state), {0}};

static const unsigned char xml[] = {
#include <models/inverted_pendulum.xml.inc>
};
static const gb_mujoco_task task = {"inverted_pendulum", xml, sizeof xml, NQ, NV, NU, NULL};

static const char *prepare(void *config) {
    return gb_mujoco_prepare(config, &task);
}

static void spec(const void *config, gb_spec *out) {
    static const char *const seen[NQ + NV] = {"x", "angle", "v_x", "v_angle"};
    static const char *const actions[NU] = {"push"};
    const struct config *c = config;
    gb_mujoco_spec(&c->mujoco, NQ + NV, seen, actions, 1000, out);
    out->reward_threshold = 950;
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
    gb_mujoco_step(&c->mujoco, s, action);
    const bool fallen = !(fabs(s->qpos[1]) <= 0.2);
    return (gb_step){.reward = fallen && c->version == 5 ? 0 : 1, .terminal = fallen};
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    const struct state *s = state;
    obs = gb_mujoco_see(obs, s->qpos, NQ);
    gb_mujoco_see(obs, s->qvel, NV);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    static const double centre[3] = {0, 0, 0.25};
    const struct config *c = config;
    gb_mujoco_draw(&c->mujoco, state, GB_MUJOCO_SIDE, 1.1, centre, canvas);
}

GB_ENV(gb_env_inverted_pendulum) = {
    GB_ENV_HEADER,
    .name = "inverted_pendulum",
    .help = "balance a pole on a cart (MuJoCo)",
    .gym_id = "InvertedPendulum-v4",
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
