/* point_mass - push a mass over a table to a goal: a complete environment in one file, to copy.
 *
 * Build it, check it, train on it:
 *     cc -O2 -shared -fPIC -DGB_PLUGIN -Icore examples/plugin/point_mass.c -o point_mass.so -lm
 *     gibbs check ./point_mass.so && gibbs train sac ./point_mass.so
 *
 * The mass slides with some friction on a square table with walls; the agent pushes it along both
 * axes and is paid for being near the goal, which lies somewhere else in every episode. Nothing
 * ends an episode but the step limit, so no step is terminal.
 */
#include "gibbs_plugin.h"

#define EDGE 1.0 /* the table reaches from -EDGE to EDGE along both axes, m */

/* What a run fixes. The host fills it from the option rows below. */
struct config {
    double mass, friction, force, dt;
};

/* What a step changes: plain data, so that the host may copy and save it. Arrays are {x, y}. */
struct state {
    double position[2], velocity[2], goal[2];
    double push[2]; /* the last force, kept only to be drawn */
};

/* Name, field, default, smallest, largest, meaning and unit. Users write --env.mass 2. */
static const gb_opt opts[] = {
    {"mass", GB_F64(struct config, mass), 1, 0.1, 100, "mass, kg"},
    {"friction", GB_F64(struct config, friction), 1, 0, 100, "drag at 1 m/s, N"},
    {"force", GB_F64(struct config, force), 2, 0.1, 1000, "force of a full action, N"},
    {"dt", GB_F64(struct config, dt), 0.05, 0.001, 0.1, "time of a step, s"},
    {0},
};

/* The state variables that people may look at and set: position0, position1, velocity0, ... */
static const gb_field fields[] = {
    {"position", GB_F64(struct state, position), "m"},
    {"velocity", GB_F64(struct state, velocity), "m/s"},
    {"goal", GB_F64(struct state, goal), "m"},
    {0},
};

/* What agents may know beforehand. The arrays must outlive the call, hence static. */
static void spec(const void *config, gb_spec *out) {
    static const float low[] = {-1, -1}, high[] = {1, 1};
    static const char *const seen[] = {"x", "y", "vx", "vy", "to_goal_x", "to_goal_y"};
    static const char *const pushes[] = {"push_x", "push_y"};
    static const gb_key keys[] = {
        {"left", 0, -1}, {"right", 0, 1}, {"down", 1, -1}, {"up", 1, 1}, {0}};
    const struct config *c = config;
    out->obs = (gb_space){.kind = GB_BOX, .n = 6, .names = seen}; /* no bounds */
    out->act = (gb_space){.kind = GB_BOX, .n = 2, .low = low, .high = high, .names = pushes};
    out->max_steps = 100; /* the host cuts the episode here, and tells agents that it was cut */
    out->dt = c->dt;
    out->keys = keys; /* for people, who push with full force: gibbs play */
    out->reward_threshold = NAN;
}

/* Chance comes from rng and nowhere else: the same seed then gives the same run. */
static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    struct state *s = state;
    for (int k = 0; k < 2; k++) {
        s->position[k] = gb_rng_uniform(rng, -0.8 * EDGE, 0.8 * EDGE);
        s->goal[k] = gb_rng_uniform(rng, -0.8 * EDGE, 0.8 * EDGE);
        s->velocity[k] = s->push[k] = 0;
    }
}

static double clip(double x, double limit) {
    return x < -limit ? -limit : x > limit ? limit : x;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)rng; /* this table has no chance after the reset */
    struct state *s = state;
    const struct config *c = config;
    double distance2 = 0, effort = 0;
    for (int k = 0; k < 2; k++) {
        /* agents should keep to the bounds; an environment does not count on it */
        double asked = clip((double)action[k], 1);
        s->push[k] = asked * c->force;
        double pull = s->push[k] - c->friction * s->velocity[k];
        s->velocity[k] += c->dt * pull / c->mass; /* first the speed, then the way: stable */
        s->position[k] += c->dt * s->velocity[k];
        if (fabs(s->position[k]) > EDGE) { /* a wall takes all the speed */
            s->position[k] = clip(s->position[k], EDGE);
            s->velocity[k] = 0;
        }
        double gap = s->goal[k] - s->position[k];
        distance2 += gap * gap;
        effort += asked * asked;
    }
    /* dense: every step tells which way is better; 0 is the best that can be */
    return (gb_step){.reward = -sqrt(distance2) - 0.01 * effort, .terminal = false};
}

/* Numbers of about the size of 1 are easiest for a network, so no scaling is needed here. */
static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    const struct state *s = state;
    for (int k = 0; k < 2; k++) {
        obs[k] = (float)s->position[k];
        obs[2 + k] = (float)s->velocity[k];
        obs[4 + k] = (float)(s->goal[k] - s->position[k]);
    }
}

/* Optional. In metres, y up; colours are roles, so that viewers choose the theme. */
static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct state *s = state;
    const struct config *c = config;
    const double x = s->position[0], y = s->position[1], arrow = 0.3 / c->force;
    canvas->view(canvas, -1.1 * EDGE, -1.1 * EDGE, 1.1 * EDGE, 1.1 * EDGE);
    canvas->rect(canvas, -EDGE, -EDGE, 2 * EDGE, 2 * EDGE, GB_FLOOR);
    canvas->disc(canvas, s->goal[0], s->goal[1], 0.09, GB_GREEN);
    canvas->disc(canvas, s->goal[0], s->goal[1], 0.07, GB_FLOOR);
    canvas->disc(canvas, s->goal[0], s->goal[1], 0.03, GB_GREEN);
    canvas->line(canvas, x, y, s->goal[0], s->goal[1], 0.005, GB_MUTED);
    canvas->line(canvas, x, y, x + arrow * s->push[0], y + arrow * s->push[1], 0.03, GB_ORANGE);
    canvas->disc(canvas, x, y, 0.06, GB_BLUE);
}

/* Last, the one table that the host reads. Designated fields, so that later ones may be added. */
GB_ENV(gb_env_point_mass) = {
    GB_ENV_HEADER, /* must come first: the host checks it before it calls anything */
    .name = "point_mass",
    .help = "push a mass over a table to a goal",
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
