/* acrobot - swing the tip of two hanging links above a line with a torque between them.
 * Sutton, "Generalization in reinforcement learning: successful examples using sparse coarse
 * coding", 1996, with the equations of motion of Sutton and Barto's book, stepped by one classical
 * Runge-Kutta step of fourth order, as in Gymnasium's Acrobot-v1. */
#include "classic.h"

#define MAX_SPEED_1 (4 * PI)
#define MAX_SPEED_2 (9 * PI)

struct config {
    double g, length1, length2, mass1, mass2, com1, com2, moi, torque, dt, height;
};

struct state {
    double theta1, theta2;         /* rad: first link from hanging; second from the first */
    double theta1_dot, theta2_dot; /* rad/s */
};

static const gb_opt opts[] = {
    {"g", GB_F64(struct config, g), 9.8, 0, 100, "gravity, m/s^2"},
    {"length1", GB_F64(struct config, length1), 1, 0.01, 100, "length of the first link, m"},
    {"length2", GB_F64(struct config, length2), 1, 0.01, 100, "length of the second link, m"},
    {"mass1", GB_F64(struct config, mass1), 1, 0.01, 100, "mass of the first link, kg"},
    {"mass2", GB_F64(struct config, mass2), 1, 0.01, 100, "mass of the second link, kg"},
    {"com1", GB_F64(struct config, com1), 0.5, 0, 100, "joint to centre of mass, first link, m"},
    {"com2", GB_F64(struct config, com2), 0.5, 0, 100, "joint to centre of mass, second link, m"},
    {"moi", GB_F64(struct config, moi), 1, 0.001, 100, "moment of inertia of a link, kg m^2"},
    {"torque", GB_F64(struct config, torque), 1, 0, 100, "torque of an action, N m"},
    {"dt", GB_F64(struct config, dt), 0.2, 0.001, 1, "time of a step, s"},
    {"height", GB_F64(struct config, height), 1, -100, 100, "height of the line over the pivot, m"},
    {0},
};

static const gb_field fields[] = {
    {"theta1", GB_F64(struct state, theta1), "rad"},
    {"theta2", GB_F64(struct state, theta2), "rad"},
    {"theta1_dot", GB_F64(struct state, theta1_dot), "rad/s"},
    {"theta2_dot", GB_F64(struct state, theta2_dot), "rad/s"},
    {0},
};

static void spec(const void *config, gb_spec *out) {
    static const float high[] = {1, 1, 1, 1, (float)MAX_SPEED_1, (float)MAX_SPEED_2};
    static const float low[] = {-1, -1, -1, -1, -(float)MAX_SPEED_1, -(float)MAX_SPEED_2};
    static const char *const names[] = {"cos_theta1", "sin_theta1", "cos_theta2",
                                        "sin_theta2", "theta1_dot", "theta2_dot"};
    static const char *const actions[] = {"clockwise", "none", "counter-clockwise"};
    out->obs = (gb_space){GB_BOX, 6, low, high, names};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 3, .names = actions};
    out->max_steps = 500;
    out->dt = ((const struct config *)config)->dt;
    out->reward_threshold = -100;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    struct state *s = state;
    s->theta1 = (double)(float)gb_rng_uniform(rng, -0.1, 0.1); /* Gymnasium rounds these too */
    s->theta2 = (double)(float)gb_rng_uniform(rng, -0.1, 0.1);
    s->theta1_dot = (double)(float)gb_rng_uniform(rng, -0.1, 0.1);
    s->theta2_dot = (double)(float)gb_rng_uniform(rng, -0.1, 0.1);
}

/* Equations of motion: writes the rates of y = {theta1, theta2, theta1_dot, theta2_dot}. The order
 * of operations is Gymnasium's, since the motion magnifies the last digit. */
static void rates(const struct config *c, double torque, const double y[4], double rate[4]) {
    const double m1 = c->mass1, m2 = c->mass2, l1 = c->length1, lc1 = c->com1, lc2 = c->com2;
    const double I = c->moi, w1 = y[2], w2 = y[3], cos2 = cos(y[1]), sin2 = sin(y[1]);
    double d1 = m1 * (lc1 * lc1) + m2 * (l1 * l1 + lc2 * lc2 + 2 * l1 * lc2 * cos2) + I + I;
    double d2 = m2 * (lc2 * lc2 + l1 * lc2 * cos2) + I;
    double phi2 = m2 * lc2 * c->g * cos(y[0] + y[1] - PI / 2);
    double phi1 = -m2 * l1 * lc2 * (w2 * w2) * sin2 - 2 * m2 * l1 * lc2 * w2 * w1 * sin2 +
                  (m1 * lc1 + m2 * l1) * c->g * cos(y[0] - PI / 2) + phi2;
    rate[0] = w1, rate[1] = w2;
    rate[3] = (torque + d2 / d1 * phi1 - m2 * l1 * lc2 * (w1 * w1) * sin2 - phi2) /
              (m2 * (lc2 * lc2) + I - d2 * d2 / d1);
    rate[2] = -(d2 * rate[3] + phi1) / d1;
}

/* The same angle in [-pi, pi]. */
static double wrap(double angle) {
    if (fabs(angle) > 1e3) return remainder(angle, 2 * PI);
    while (angle > PI) angle -= 2 * PI;
    while (angle < -PI) angle += 2 * PI;
    return angle;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    struct state *s = state;
    const struct config *c = config;
    const double torque = ((double)action[0] - 1) * c->torque;
    const double y[4] = {s->theta1, s->theta2, s->theta1_dot, s->theta2_dot};
    double k[4][4], at[4];
    rates(c, torque, y, k[0]);
    for (int j = 1; j < 4; j++) { /* twice half-way, then at the end */
        for (int i = 0; i < 4; i++) at[i] = y[i] + (j == 3 ? c->dt : c->dt / 2) * k[j - 1][i];
        rates(c, torque, at, k[j]);
    }
    for (int i = 0; i < 4; i++)
        at[i] = y[i] + c->dt / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
    s->theta1 = wrap(at[0]), s->theta2 = wrap(at[1]);
    s->theta1_dot = clamp(at[2], -MAX_SPEED_1, MAX_SPEED_1);
    s->theta2_dot = clamp(at[3], -MAX_SPEED_2, MAX_SPEED_2);
    double tip = -c->length1 * cos(s->theta1) - c->length2 * cos(s->theta2 + s->theta1);
    const bool above = tip > c->height;
    return (gb_step){.reward = above ? 0 : -1, .terminal = above};
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    const struct state *s = state;
    observe_angle(s->theta1, obs);
    observe_angle(s->theta2, obs + 2);
    obs[4] = (float)s->theta1_dot;
    obs[5] = (float)s->theta2_dot;
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct state *s = state;
    const struct config *c = config;
    const double reach = c->length1 + c->length2, half = 1.1 * reach, w = 0.06 * reach;
    double x1 = c->length1 * sin(s->theta1), y1 = -c->length1 * cos(s->theta1);
    double x2 = x1 + c->length2 * sin(s->theta1 + s->theta2);
    double y2 = y1 - c->length2 * cos(s->theta1 + s->theta2);
    canvas->view(canvas, -half, -half, half, half);
    canvas->line(canvas, -half, c->height, half, c->height, 0.015 * reach, GB_GREEN);
    canvas->line(canvas, 0, 0, x1, y1, w, GB_BLUE);
    canvas->line(canvas, x1, y1, x2, y2, w, GB_ORANGE);
    canvas->disc(canvas, 0, 0, 0.8 * w, GB_INK);
    canvas->disc(canvas, x1, y1, 0.8 * w, GB_YELLOW);
    canvas->disc(canvas, x2, y2, 0.6 * w, GB_ORANGE);
}

GB_ENV(gb_env_acrobot) = {
    GB_ENV_HEADER,
    .name = "acrobot",
    .help = "swing two links above a line",
    .gym_id = "Acrobot-v1",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .fields = fields,
    .spec = spec,
    .reset = reset,
    .step = step,
    .observe = observe,
    .draw = draw,
};
