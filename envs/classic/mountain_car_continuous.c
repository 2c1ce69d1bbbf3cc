/* mountain_car_continuous - swing a weak car up a hill with little fuel: Gymnasium's
 * MountainCarContinuous-v0. The dynamics, and where they come from, are in mountain.h.
 *
 * As there, the state is rounded to single precision after every step (not after a reset), the
 * goal is tested before the rounding, and fuel is paid for the action as it was asked for, even
 * where it is more than the engine gives.
 */
#include "mountain.h"

struct config {
    struct mountain_config hill;
    double fuel_cost, goal_reward;
};

static const gb_opt opts[] = {
    MOUNTAIN_OPTS(struct config, 0.0015, 0.45),
    {"fuel_cost", GB_F64(struct config, fuel_cost), 0.1, 0, 100, "cost of a squared action"},
    {"goal_reward", GB_F64(struct config, goal_reward), 100, 0, 1e6, "reward at the flag"},
    {0},
};

static const gb_field fields[] = {
    {"position", GB_F64(struct mountain_state, position)},
    {"velocity", GB_F64(struct mountain_state, velocity)},
    {0},
};

static const char *prepare(void *config) {
    mountain_prepare(&((struct config *)config)->hill);
    return NULL;
}

static void spec(const void *config, gb_spec *out) {
    static const float low[] = {-1}, high[] = {1};
    static const char *const names[] = {"position", "velocity"};
    static const char *const actions[] = {"throttle"};
    const struct config *c = config;
    out->obs = (gb_space){GB_BOX, 2, c->hill.low, c->hill.high, names};
    out->act = (gb_space){GB_BOX, 1, low, high, actions};
    out->max_steps = 999;
    out->reward_threshold = 90;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    mountain_reset(state, rng);
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    struct mountain_state *s = state;
    const struct config *c = config;
    double asked = (double)action[0], throttle = clamp(asked, -1, 1);
    bool arrived = mountain_move(s, &c->hill, throttle * c->hill.force);
    s->position = (double)(float)s->position;
    s->velocity = (double)(float)s->velocity;
    double reward = (arrived ? c->goal_reward : 0) - asked * asked * c->fuel_cost;
    return (gb_step){.reward = reward, .terminal = arrived};
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    mountain_observe(state, obs);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    mountain_draw(state, &((const struct config *)config)->hill, canvas);
}

GB_ENV(gb_env_mountain_car_continuous) = {
    GB_ENV_HEADER,
    .name = "mountain_car_continuous",
    .help = "swing a weak car up a hill, a throttle that costs fuel",
    .gym_id = "MountainCarContinuous-v0",
    .state_size = sizeof(struct mountain_state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .fields = fields,
    .prepare = prepare,
    .spec = spec,
    .reset = reset,
    .step = step,
    .observe = observe,
    .draw = draw,
};
