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
    static const gb_key keys[] = {{"left", 0, -1}, {"right", 0, 1}, {0}};
    const struct config *c = config;
    out->obs = (gb_space){GB_BOX, 2, c->hill.low, c->hill.high, names};
    out->act = (gb_space){GB_BOX, 1, low, high, actions};
    out->keys = keys;
    out->max_steps = 999;
    out->reward_threshold = 90;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    mountain_reset(state, rng);
}

/* One step on a slope; returns whether the car arrived. */
static inline bool move(struct mountain_state *s, const struct config *c, double asked,
                        double slope) {
    bool arrived = mountain_move(s, &c->hill, clamp(asked, -1, 1) * c->hill.force, slope);
    s->position = (double)(float)s->position;
    s->velocity = (double)(float)s->velocity;
    return arrived;
}

static inline double reward_of(const struct config *c, double asked, bool arrived) {
    return arrived * c->goal_reward - asked * asked * c->fuel_cost;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    const double asked = (double)action[0];
    bool arrived = move(state, config, asked, mountain_slope(state));
    return (gb_step){.reward = reward_of(config, asked, arrived), .terminal = arrived};
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    mountain_observe(state, obs);
}

static void step_block(const void *config, const gb_env_block *b) {
    struct mountain_state copies[GB_BLOCK], *s = gb_env_block_load(b, copies, sizeof *s);
    double slope[GB_BLOCK];
    int64_t arrived[GB_BLOCK];
    const struct config c = *(const struct config *)config;
    const int n = b->n;
    mountain_slopes(n, s, slope);
    for (int i = 0; i < n; i++) {
        const double asked = (double)b->action[i];
        arrived[i] = move(&s[i], &c, asked, slope[i]);
        b->reward[i] = reward_of(&c, asked, arrived[i]);
    }
    end_block(b, arrived);
    mountain_observe_all(n, s, b->obs);
    gb_env_block_store(b, s, sizeof *s);
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
    .step_block = step_block,
};
