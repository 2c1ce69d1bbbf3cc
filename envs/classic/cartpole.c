/* cartpole - keep a pole upright on a cart that is pushed left or right.
 *
 * Dynamics and constants: Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve
 * difficult learning control problems", 1983, with the frictionless equations of Florian, "Correct
 * equations for the dynamics of the cart-pole system", 2007, stepped by explicit Euler (positions
 * move with the old velocities), as in Gymnasium's CartPole-v1.
 */
#include "classic.h"

struct config {
    double g, cart_mass, pole_mass, length, force, dt, x_limit, theta_limit;
    double mass, moment, theta_end; /* derived: both masses; pole_mass * length; limit in rad */
    float low[4], high[4];
};

struct state {
    double x, x_dot;         /* cart: m, m/s */
    double theta, theta_dot; /* pole: rad from upright, clockwise; rad/s */
};

static const gb_opt opts[] = {
    {"g", GB_F64(struct config, g), 9.8, 0, 100, "gravity, m/s^2"},
    {"cart_mass", GB_F64(struct config, cart_mass), 1.0, 0.001, 1000, "mass of the cart, kg"},
    {"pole_mass", GB_F64(struct config, pole_mass), 0.1, 0.001, 1000, "mass of the pole, kg"},
    {"length", GB_F64(struct config, length), 0.5, 0.01, 100, "half the length of the pole, m"},
    {"force", GB_F64(struct config, force), 10, 0, 10000, "push of an action, N"},
    {"dt", GB_F64(struct config, dt), 0.02, 0.0001, 1, "time of a step, s"},
    {"x_limit", GB_F64(struct config, x_limit), 2.4, 0.1, 1000, "end of the track, m"},
    {"theta_limit", GB_F64(struct config, theta_limit), 12, 1, 180, "angle of a fall, degrees"},
    {0},
};

static const gb_field fields[] = {
    {"x", GB_F64(struct state, x), "m"},
    {"x_dot", GB_F64(struct state, x_dot), "m/s"},
    {"theta", GB_F64(struct state, theta), "rad"},
    {"theta_dot", GB_F64(struct state, theta_dot), "rad/s"},
    {0},
};

static const char *prepare(void *config) {
    struct config *c = config;
    c->mass = c->pole_mass + c->cart_mass;
    c->moment = c->pole_mass * c->length;
    c->theta_end = c->theta_limit * 2 * PI / 360;
    /* twice the limits, so that the observation of a failure still lies inside */
    const double bound[4] = {2 * c->x_limit, INFINITY, 2 * c->theta_end, INFINITY};
    for (int k = 0; k < 4; k++) {
        c->high[k] = (float)bound[k];
        c->low[k] = -c->high[k];
    }
    return NULL;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const names[] = {"x", "x_dot", "theta", "theta_dot"};
    static const char *const actions[] = {"left", "right"};
    static const gb_key keys[] = {{"", GB_KEEP}, {"left", 0}, {"right", 1}, {0}};
    const struct config *c = config;
    out->obs = (gb_space){GB_BOX, 4, c->low, c->high, names};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 2, .names = actions};
    out->keys = keys;
    out->max_steps = 500;
    out->dt = c->dt;
    out->reward_threshold = 475;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    struct state *s = state;
    s->x = gb_rng_uniform(rng, -0.05, 0.05);
    s->x_dot = gb_rng_uniform(rng, -0.05, 0.05);
    s->theta = gb_rng_uniform(rng, -0.05, 0.05);
    s->theta_dot = gb_rng_uniform(rng, -0.05, 0.05);
}

/* One step with the sine and cosine of the pole's angle; returns whether it is a failure. */
static inline bool move(struct state *s, const struct config *c, double force, double sine,
                        double cosine) {
    double push = (force + c->moment * (s->theta_dot * s->theta_dot) * sine) / c->mass;
    double theta_acc = (c->g * sine - cosine * push) /
                       (c->length * (4.0 / 3.0 - c->pole_mass * (cosine * cosine) / c->mass));
    double x_acc = push - c->moment * theta_acc * cosine / c->mass;
    s->x += c->dt * s->x_dot;
    s->x_dot += c->dt * x_acc;
    s->theta += c->dt * s->theta_dot;
    s->theta_dot += c->dt * theta_acc;
    return (fabs(s->x) > c->x_limit) | (fabs(s->theta) > c->theta_end);
}

static inline void show(const struct state *s, float *obs) {
    obs[0] = (float)s->x;
    obs[1] = (float)s->x_dot;
    obs[2] = (float)s->theta;
    obs[3] = (float)s->theta_dot;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    struct state *s = state;
    const struct config *c = config;
    double sine, cosine, force = action[0] == 1 ? c->force : -c->force;
    sine_cosine(s->theta, &sine, &cosine);
    return (gb_step){.reward = 1, .terminal = move(s, config, force, sine, cosine)};
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    show(state, obs);
}

static void step_block(const void *config, const gb_env_block *b) {
    struct state copies[GB_BLOCK], *s = gb_env_block_load(b, copies, sizeof *s);
    double theta[GB_BLOCK], sine[GB_BLOCK], cosine[GB_BLOCK], force[GB_BLOCK];
    int64_t fell[GB_BLOCK];
    const struct config c = *(const struct config *)config;
    const float *restrict action = b->action;
    float *restrict obs = b->obs;
    const int n = b->n;
    for (int i = 0; i < n; i++) theta[i] = s[i].theta;
    sines_cosines(n, theta, sine, cosine);
    for (int i = 0; i < n; i++) force[i] = action[i] == 1 ? c.force : -c.force;
    for (int i = 0; i < n; i++) fell[i] = move(&s[i], &c, force[i], sine[i], cosine[i]);
    end_block(b, fell);
    for (int i = 0; i < n; i++) b->reward[i] = 1;
    for (int i = 0; i < n; i++) show(&s[i], obs + 4 * i);
    gb_env_block_store(b, s, sizeof *s);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct state *s = state;
    const struct config *c = config;
    const double pole = 2 * c->length, half = c->x_limit * 1.15, w = 0.36 * pole,
                 wheel = 0.11 * pole;
    const double reach = 1.15 * pole, axle = 3.2 * wheel, side = reach * sin(c->theta_end),
                 top = axle + reach * cos(c->theta_end);
    canvas->view(canvas, -half, -0.5 * pole, half, axle + 1.2 * pole);
    if (c->theta_end < PI / 2) { /* where the pole may be */
        const double fan[] = {s->x, axle, s->x + side, top, s->x - side, top};
        canvas->polygon(canvas, fan, 3, GB_FLOOR);
    }
    canvas->line(canvas, -c->x_limit, 0, c->x_limit, 0, 0.4 * wheel, GB_MUTED);
    canvas->line(canvas, 0, -wheel, 0, -1.6 * wheel, 0.2 * wheel, GB_MUTED);
    for (int k = -1; k <= 1; k += 2) { /* ends of the track, and the angle of a fall */
        const double end = k * c->x_limit;
        canvas->line(canvas, end, -wheel, end, 5 * wheel, 0.4 * wheel, GB_RED);
        canvas->line(canvas, s->x, axle, s->x + k * side, top, 0.1 * wheel, GB_RED);
    }
    canvas->rect(canvas, s->x - w, 1.2 * wheel, 2 * w, axle - 1.2 * wheel, GB_BLUE);
    for (int k = -1; k <= 1; k += 2) {
        canvas->disc(canvas, s->x + k * 0.6 * w, 1.2 * wheel, wheel, GB_INK);
        canvas->disc(canvas, s->x + k * 0.6 * w, 1.2 * wheel, 0.4 * wheel, GB_PAPER);
    }
    canvas->line(canvas, s->x, axle, s->x + pole * sin(s->theta), axle + pole * cos(s->theta),
                 0.11 * pole, GB_ORANGE);
    canvas->disc(canvas, s->x, axle, 0.035 * pole, GB_INK);
}

GB_ENV(gb_env_cartpole) = {
    GB_ENV_HEADER,
    .name = "cartpole",
    .help = "balance a pole on a cart",
    .gym_id = "CartPole-v1",
    .state_size = sizeof(struct state),
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
