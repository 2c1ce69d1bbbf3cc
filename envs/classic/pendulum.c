/* pendulum - swing a pendulum up and hold it with a torque too weak to lift it at once.
 *
 * Gymnasium's Pendulum-v1; the task is older (Doya, "Reinforcement learning in continuous time and
 * space", 2000). The cost is of the angle before the step; the new speed is limited before the
 * angle moves with it; the angle of the state is never wrapped.
 */
#include "classic.h"

struct config {
    double g, mass, length, dt, max_speed, max_torque;
    double pull, turn; /* derived: rad/s^2 of gravity at the side, and of 1 N m */
    float low[3], high[3], act_low[1], act_high[1];
    gb_key keys[3]; /* derived */
};

struct state {
    double theta, theta_dot; /* rad from upright, counter-clockwise; rad/s */
    double torque;           /* of the last step, N m; only for the drawing */
};

static const gb_opt opts[] = {
    {"g", GB_F64(struct config, g), 10, 0, 100, "gravity, m/s^2"},
    {"mass", GB_F64(struct config, mass), 1, 0.01, 100, "mass of the rod, kg"},
    {"length", GB_F64(struct config, length), 1, 0.01, 100, "length of the rod, m"},
    {"dt", GB_F64(struct config, dt), 0.05, 0.0001, 1, "time of a step, s"},
    {"max_speed", GB_F64(struct config, max_speed), 8, 0.1, 1000, "limit of the speed, rad/s"},
    {"max_torque", GB_F64(struct config, max_torque), 2, 0.01, 1000, "limit of the torque, N m"},
    {0},
};

static const gb_field fields[] = {
    {"theta", GB_F64(struct state, theta), "rad"},
    {"theta_dot", GB_F64(struct state, theta_dot), "rad/s"},
    {0},
};

static const char *prepare(void *config) {
    struct config *c = config;
    c->pull = 3 * c->g / (2 * c->length);
    c->turn = 3 / (c->mass * (c->length * c->length));
    const double bound[3] = {1, 1, c->max_speed};
    for (int k = 0; k < 3; k++) {
        c->high[k] = (float)bound[k];
        c->low[k] = -c->high[k];
    }
    c->act_high[0] = (float)c->max_torque;
    c->act_low[0] = -c->act_high[0];
    /* as one turns a pendulum that stands upright */
    c->keys[0] = (gb_key){"left", 0, (double)c->act_high[0]};
    c->keys[1] = (gb_key){"right", 0, (double)c->act_low[0]};
    return NULL;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const names[] = {"cos_theta", "sin_theta", "theta_dot"};
    static const char *const actions[] = {"torque"};
    const struct config *c = config;
    out->obs = (gb_space){GB_BOX, 3, c->low, c->high, names};
    out->act = (gb_space){GB_BOX, 1, c->act_low, c->act_high, actions};
    out->keys = c->keys;
    out->max_steps = 200;
    out->dt = c->dt;
    out->reward_threshold = NAN;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    struct state *s = state;
    s->theta = gb_rng_uniform(rng, -PI, PI);
    s->theta_dot = gb_rng_uniform(rng, -1, 1);
    s->torque = 0;
}

/* The same angle in [-pi, pi): 0 is upright. The fused product makes the remainder exact. */
static double wrap(double angle) {
    double turns = floor((angle + PI) * (1 / (2 * PI)));
    return fma(-turns, 2 * PI, angle + PI) - PI;
}

/* One step with the sine of the angle; returns the reward. */
static inline double move(struct state *s, const struct config *c, double action, double sine) {
    double torque = clamp(action, -c->max_torque, c->max_torque);
    double angle = wrap(s->theta);
    double cost = angle * angle + 0.1 * (s->theta_dot * s->theta_dot) + 0.001 * (torque * torque);
    double speed = s->theta_dot + (c->pull * sine + c->turn * torque) * c->dt;
    s->theta_dot = clamp(speed, -c->max_speed, c->max_speed);
    s->theta += s->theta_dot * c->dt;
    s->torque = torque;
    return -cost;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    struct state *s = state;
    double sine, cosine;
    sine_cosine(s->theta, &sine, &cosine);
    return (gb_step){.reward = move(s, config, (double)action[0], sine)};
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    const struct state *s = state;
    observe_angle(s->theta, obs);
    obs[2] = (float)s->theta_dot;
}

static void step_block(const void *config, const gb_env_block *b) {
    struct state copies[GB_BLOCK], *s = gb_env_block_load(b, copies, sizeof *s);
    double theta[GB_BLOCK], sine[GB_BLOCK], cosine[GB_BLOCK];
    const struct config c = *(const struct config *)config;
    const int n = b->n;
    for (int i = 0; i < n; i++) theta[i] = s[i].theta;
    sines_cosines(n, theta, sine, cosine);
    for (int i = 0; i < n; i++) {
        b->reward[i] = move(&s[i], &c, (double)b->action[i], sine[i]);
        theta[i] = s[i].theta;
    }
    sines_cosines(n, theta, sine, cosine);
    for (int i = 0; i < n; i++) {
        float *obs = b->obs + 3 * i;
        obs[0] = (float)cosine[i], obs[1] = (float)sine[i], obs[2] = (float)s[i].theta_dot;
    }
    memset(b->terminal, 0, (size_t)n);
    gb_env_block_store(b, s, sizeof *s);
}

/* An arc around the pivot, as long as the torque is strong, with a head where it turns to. */
static void draw_torque(const struct config *c, double torque, gb_canvas *canvas) {
    const int pieces = 24;
    const double radius = 0.45 * c->length, span = torque / c->max_torque * 1.5;
    const double head = torque < 0 ? -0.28 : 0.28, begin = PI / 2 - span / 2, width = 0.035;
    if (fabs(span) < 0.03) return;
    for (int k = 0; k < pieces; k++) {
        double a = begin + span * k / pieces, b = begin + span * (k + 1) / pieces;
        canvas->line(canvas, radius * cos(a), radius * sin(a), radius * cos(b), radius * sin(b),
                     width * c->length, GB_PURPLE);
    }
    double end = begin + span, x = radius * cos(end), y = radius * sin(end);
    double tip = end + head, tx = radius * cos(tip), ty = radius * sin(tip);
    const double arrow[] = {0.8 * x, 0.8 * y, 1.2 * x, 1.2 * y, tx, ty};
    canvas->polygon(canvas, arrow, 3, GB_PURPLE);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct state *s = state;
    const struct config *c = config;
    const double l = c->length, half = 1.3 * l, x = -l * sin(s->theta), y = l * cos(s->theta);
    canvas->view(canvas, -half, -half, half, half);
    canvas->disc(canvas, 0, 0, 1.15 * l, GB_FLOOR);
    canvas->line(canvas, 0, 0, 0, l, 0.015 * l, GB_MUTED);
    canvas->disc(canvas, 0, l, 0.15 * l, GB_GREEN);
    canvas->disc(canvas, 0, l, 0.12 * l, GB_FLOOR);
    canvas->line(canvas, 0, 0, x, y, 0.17 * l, GB_ORANGE);
    draw_torque(c, s->torque, canvas);
    canvas->disc(canvas, 0, 0, 0.05 * l, GB_INK);
}

GB_ENV(gb_env_pendulum) = {
    GB_ENV_HEADER,
    .name = "pendulum",
    .help = "swing a pendulum up and hold it",
    .gym_id = "Pendulum-v1",
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
