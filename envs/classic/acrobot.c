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
    static const gb_key keys[] = {{"", 1}, {"left", 0}, {"right", 2}, {0}};
    out->obs = (gb_space){GB_BOX, 6, low, high, names};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 3, .names = actions};
    out->keys = keys;
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

/* Variables of up to GB_BLOCK acrobots, each in an array of its own: {theta1, theta2, theta1_dot,
 * theta2_dot}, or their rates. */
struct motion {
    double of[4][GB_BLOCK];
};

/* Equations of motion of n acrobots at y: writes their rates. The order of operations is
 * Gymnasium's, since the motion magnifies the last digit. */
static void rates(const struct config *c, int n, const float *restrict action,
                  struct motion *restrict y, struct motion *restrict rate) {
    const double m1 = c->mass1, m2 = c->mass2, l1 = c->length1, lc1 = c->com1, lc2 = c->com2;
    const double I = c->moi, g = c->g;
    double angle1[GB_BLOCK], angle12[GB_BLOCK], unused[GB_BLOCK];
    double cos1[GB_BLOCK], cos12[GB_BLOCK], cos2[GB_BLOCK], sin2[GB_BLOCK];
    for (int i = 0; i < n; i++) {
        angle1[i] = y->of[0][i] - PI / 2;
        angle12[i] = y->of[0][i] + y->of[1][i] - PI / 2;
    }
    sines_cosines(n, angle1, unused, cos1);
    sines_cosines(n, angle12, unused, cos12);
    sines_cosines(n, y->of[1], sin2, cos2);
    for (int i = 0; i < n; i++) {
        const double w1 = y->of[2][i], w2 = y->of[3][i], s2 = sin2[i], c2 = cos2[i];
        double d1 = m1 * (lc1 * lc1) + m2 * (l1 * l1 + lc2 * lc2 + 2 * l1 * lc2 * c2) + I + I;
        double d2 = m2 * (lc2 * lc2 + l1 * lc2 * c2) + I;
        double phi2 = m2 * lc2 * g * cos12[i];
        double phi1 = -m2 * l1 * lc2 * (w2 * w2) * s2 - 2 * m2 * l1 * lc2 * w2 * w1 * s2 +
                      (m1 * lc1 + m2 * l1) * g * cos1[i] + phi2;
        double torque = ((double)action[i] - 1) * c->torque;
        double push = torque + d2 / d1 * phi1 - m2 * l1 * lc2 * (w1 * w1) * s2 - phi2;
        rate->of[0][i] = w1;
        rate->of[1][i] = w2;
        rate->of[3][i] = push / (m2 * (lc2 * lc2) + I - d2 * d2 / d1);
        rate->of[2][i] = -(d2 * rate->of[3][i] + phi1) / d1;
    }
}

/* Moves n acrobots at y on by one Runge-Kutta step. */
static void integrate(const struct config *c, int n, const float *restrict action,
                      struct motion *restrict y) {
    struct motion at, rate, sum;
    rates(c, n, action, y, &rate);
    for (int v = 0; v < 4; v++)
        for (int i = 0; i < n; i++) sum.of[v][i] = rate.of[v][i];
    for (int stage = 1; stage < 4; stage++) { /* twice half-way, then at the end */
        const double dt = stage == 3 ? c->dt : c->dt / 2, weight = stage == 3 ? 1 : 2;
        for (int v = 0; v < 4; v++)
            for (int i = 0; i < n; i++) at.of[v][i] = y->of[v][i] + dt * rate.of[v][i];
        rates(c, n, action, &at, &rate);
        for (int v = 0; v < 4; v++)
            for (int i = 0; i < n; i++) sum.of[v][i] += weight * rate.of[v][i];
    }
    for (int v = 0; v < 4; v++)
        for (int i = 0; i < n; i++) y->of[v][i] += c->dt / 6 * sum.of[v][i];
}

/* Brings n angles into [-pi, pi]. One turn is most often enough. */
static void wrap(int n, double *restrict angle) {
    int more = 0;
    for (int i = 0; i < n; i++) {
        const double x = angle[i], turn = x > PI ? 2 * PI : x < -PI ? -2 * PI : 0;
        angle[i] = x - turn;
        more |= fabs(x - turn) > PI;
    }
    for (int i = 0; more && i < n; i++) {
        if (fabs(angle[i]) > 1e3) angle[i] = remainder(angle[i], 2 * PI);
        while (angle[i] > PI) angle[i] -= 2 * PI;
        while (angle[i] < -PI) angle[i] += 2 * PI;
    }
}

/* One step of n acrobots; writes which tips are above the line. One and many go the same way. */
static void move(const struct config *c, int n, struct state *s, const float *action,
                 int64_t *restrict above) {
    struct motion y;
    double sum[GB_BLOCK], unused[GB_BLOCK], cos1[GB_BLOCK], cos12[GB_BLOCK];
    for (int i = 0; i < n; i++) {
        y.of[0][i] = s[i].theta1, y.of[1][i] = s[i].theta2;
        y.of[2][i] = s[i].theta1_dot, y.of[3][i] = s[i].theta2_dot;
    }
    integrate(c, n, action, &y);
    wrap(n, y.of[0]);
    wrap(n, y.of[1]);
    for (int i = 0; i < n; i++) {
        s[i].theta1 = y.of[0][i], s[i].theta2 = y.of[1][i];
        s[i].theta1_dot = clamp(y.of[2][i], -MAX_SPEED_1, MAX_SPEED_1);
        s[i].theta2_dot = clamp(y.of[3][i], -MAX_SPEED_2, MAX_SPEED_2);
        sum[i] = s[i].theta2 + s[i].theta1;
    }
    sines_cosines(n, y.of[0], unused, cos1);
    sines_cosines(n, sum, unused, cos12);
    for (int i = 0; i < n; i++)
        above[i] = -c->length1 * cos1[i] - c->length2 * cos12[i] > c->height;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng;
    int64_t above;
    move(config, 1, state, action, &above);
    return (gb_step){.reward = above ? 0 : -1, .terminal = above};
}

/* Writes the observations (n, 6) of n acrobots. */
static void show(int n, const struct state *s, float *restrict obs) {
    double angle[2][GB_BLOCK], sine[2][GB_BLOCK], cosine[2][GB_BLOCK];
    for (int i = 0; i < n; i++) angle[0][i] = s[i].theta1, angle[1][i] = s[i].theta2;
    for (int k = 0; k < 2; k++) sines_cosines(n, angle[k], sine[k], cosine[k]);
    for (int i = 0; i < n; i++, obs += 6) {
        for (int k = 0; k < 2; k++) {
            obs[2 * k] = (float)cosine[k][i];
            obs[2 * k + 1] = (float)sine[k][i];
        }
        obs[4] = (float)s[i].theta1_dot;
        obs[5] = (float)s[i].theta2_dot;
    }
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    show(1, state, obs);
}

static void step_block(const void *config, const gb_env_block *b) {
    struct state copies[GB_BLOCK], *s = gb_env_block_load(b, copies, sizeof *s);
    int64_t above[GB_BLOCK];
    move(config, b->n, s, b->action, above);
    for (int i = 0; i < b->n; i++) b->reward[i] = above[i] ? 0 : -1;
    end_block(b, above);
    show(b->n, s, b->obs);
    gb_env_block_store(b, s, sizeof *s);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct state *s = state;
    const struct config *c = config;
    const double reach = c->length1 + c->length2, half = 1.1 * reach, w = 0.09 * reach;
    double x1 = c->length1 * sin(s->theta1), y1 = -c->length1 * cos(s->theta1);
    double x2 = x1 + c->length2 * sin(s->theta1 + s->theta2);
    double y2 = y1 - c->length2 * cos(s->theta1 + s->theta2);
    canvas->view(canvas, -half, -half, half, half);
    canvas->disc(canvas, 0, 0, 1.05 * reach, GB_FLOOR);
    canvas->line(canvas, -half, c->height, half, c->height, 0.02 * reach, GB_GREEN);
    canvas->line(canvas, 0, 0, x1, y1, w, GB_BLUE);
    canvas->line(canvas, x1, y1, x2, y2, w, GB_ORANGE);
    canvas->disc(canvas, 0, 0, 0.3 * w, GB_INK);
    canvas->disc(canvas, x1, y1, 0.3 * w, GB_INK);
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
    .step_block = step_block,
};
