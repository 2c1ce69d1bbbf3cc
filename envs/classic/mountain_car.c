/* mountain_car - swing a weak car up a hill with three actions: Gymnasium's MountainCar-v0. The
 * dynamics, and where they come from, are in mountain.h. */
#include "mountain.h"

struct config {
    struct mountain_config hill;
};

static const gb_opt opts[] = {MOUNTAIN_OPTS(struct config, 0.001, 0.5), {0}};

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
    static const char *const names[] = {"position", "velocity"};
    static const char *const actions[] = {"left", "coast", "right"};
    static const gb_key keys[] = {{"", 1}, {"left", 0}, {"right", 2}, {0}};
    const struct config *c = config;
    out->obs = (gb_space){GB_BOX, 2, c->hill.low, c->hill.high, names};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 3, .names = actions};
    out->keys = keys;
    out->max_steps = 200;
    out->reward_threshold = -110;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    mountain_reset(state, rng);
}

static inline double push_of(const struct config *c, float action) {
    return ((double)action - 1) * c->hill.force;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    const struct config *c = config;
    bool arrived = mountain_move(state, &c->hill, push_of(c, action[0]), mountain_slope(state));
    return (gb_step){.reward = -1, .terminal = arrived};
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
    for (int i = 0; i < n; i++)
        arrived[i] = mountain_move(&s[i], &c.hill, push_of(&c, b->action[i]), slope[i]);
    for (int i = 0; i < n; i++) b->reward[i] = -1;
    end_block(b, arrived);
    mountain_observe_all(n, s, b->obs);
    gb_env_block_store(b, s, sizeof *s);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    mountain_draw(state, &((const struct config *)config)->hill, canvas);
}

GB_ENV(gb_env_mountain_car) = {
    GB_ENV_HEADER,
    .name = "mountain_car",
    .help = "swing a weak car up a hill, three actions",
    .gym_id = "MountainCar-v0",
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
