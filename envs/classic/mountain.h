/* mountain.h - the hill that mountain_car and mountain_car_continuous share.
 *
 * A car too weak for the slope must swing back first: Moore, "Efficient memory-based learning for
 * robot control", 1990; constants of Singh and Sutton, "Reinforcement learning with replacing
 * eligibility traces", 1996.
 */
#ifndef GB_ENVS_MOUNTAIN_H
#define GB_ENVS_MOUNTAIN_H

#include "classic.h"

#define MOUNTAIN_LEFT  (-1.2) /* a wall: the car stops there */
#define MOUNTAIN_RIGHT 0.6

struct mountain_state {
    double position, velocity;
};

struct mountain_config {
    double force, gravity, max_speed, goal_position, goal_velocity;
    float low[2], high[2]; /* derived: bounds of the observation */
};

/* Option rows of the config T, which begins with a mountain_config called hill. */
#define MOUNTAIN_OPTS(T, push, goal)                                                               \
    {"force", GB_F64(T, hill.force), push, 0, 1, "speed that the engine adds a step, at most"},    \
        {"gravity", GB_F64(T, hill.gravity), 0.0025, 0, 1, "speed that the slope adds, at most"},  \
        {"max_speed", GB_F64(T, hill.max_speed), 0.07, 0.001, 1, "speed limit, a step"},           \
        {"goal_position", GB_F64(T, hill.goal_position), goal, -1.2, 0.6, "where the flag is"}, {  \
        "goal_velocity", GB_F64(T, hill.goal_velocity), 0, -1, 1, "least speed at the flag"        \
    }

static inline void mountain_prepare(struct mountain_config *c) {
    c->low[0] = (float)MOUNTAIN_LEFT;
    c->high[0] = (float)MOUNTAIN_RIGHT;
    c->high[1] = (float)c->max_speed;
    c->low[1] = -c->high[1];
}

static inline void mountain_reset(struct mountain_state *s, gb_rng *rng) {
    s->position = gb_rng_uniform(rng, -0.6, -0.4);
    s->velocity = 0;
}

/* Moves the car by one step with the engine adding push; slope is cos(3 position), the hill's
 * derivative but for a factor. Returns whether the car reached the flag. */
static inline bool mountain_move(struct mountain_state *s, const struct mountain_config *c,
                                 double push, double slope) {
    double velocity = clamp(s->velocity + (push - c->gravity * slope), -c->max_speed, c->max_speed);
    double position = s->position + velocity;
    const bool stopped = (position <= MOUNTAIN_LEFT) & (velocity < 0);
    s->velocity = stopped ? 0 : velocity;
    s->position = clamp(position, MOUNTAIN_LEFT, MOUNTAIN_RIGHT);
    return (s->position >= c->goal_position) & (s->velocity >= c->goal_velocity);
}

static inline double mountain_slope(const struct mountain_state *s) {
    double sine, cosine;
    sine_cosine(3 * s->position, &sine, &cosine);
    return cosine;
}

/* Writes the slopes at n cars, n <= GB_BLOCK. */
static inline void mountain_slopes(int n, const struct mountain_state *s, double *slope) {
    double angle[GB_BLOCK], sine[GB_BLOCK];
    for (int i = 0; i < n; i++) angle[i] = 3 * s[i].position;
    sines_cosines(n, angle, sine, slope);
}

static inline void mountain_observe(const struct mountain_state *s, float *obs) {
    obs[0] = (float)s->position;
    obs[1] = (float)s->velocity;
}

static inline void mountain_observe_all(int n, const struct mountain_state *s,
                                        float *restrict obs) {
    for (int i = 0; i < n; i++) mountain_observe(&s[i], obs + 2 * i);
}

static inline double mountain_height(double x) {
    return 0.45 * sin(3 * x) + 0.55;
}

/* The car at (x, y), along the slope: (ux, uy) forwards, (-uy, ux) upwards. */
static inline void mountain_car(double x, double y, double ux, double uy, gb_canvas *canvas) {
    static const double body[] = {-0.115, 0.03, 0.115, 0.03, 0.115, 0.075, -0.115, 0.075};
    static const double roof[] = {-0.08, 0.07, 0.07, 0.07, 0.035, 0.125, -0.05, 0.125};
    static const double *const parts[] = {roof, body};
    for (int part = 0; part < 2; part++) {
        double corners[8];
        for (int k = 0; k < 8; k += 2) {
            const double along = parts[part][k], up = parts[part][k + 1];
            corners[k] = x + along * ux - up * uy;
            corners[k + 1] = y + along * uy + up * ux;
        }
        canvas->polygon(canvas, corners, 4, part ? GB_BLUE : GB_SKY);
    }
    for (int side = -1; side <= 1; side += 2) {
        const double wx = x + side * 0.065 * ux - 0.032 * uy,
                     wy = y + side * 0.065 * uy + 0.032 * ux;
        canvas->disc(canvas, wx, wy, 0.032, GB_INK);
        canvas->disc(canvas, wx, wy, 0.013, GB_PAPER);
    }
}

static inline void mountain_draw(const struct mountain_state *s, const struct mountain_config *c,
                                 gb_canvas *canvas) {
    const int pieces = 64;
    const double floor = -0.1, width = (MOUNTAIN_RIGHT - MOUNTAIN_LEFT) / pieces;
    canvas->view(canvas, MOUNTAIN_LEFT - 0.05, floor, MOUNTAIN_RIGHT + 0.05, 1.35);
    for (int part = 0; part < 2 * pieces; part++) { /* the ground, then its outline on top */
        double x0 = MOUNTAIN_LEFT + part % pieces * width, x1 = x0 + width;
        double y0 = mountain_height(x0), y1 = mountain_height(x1);
        /* each piece reaches a little into the next, below its surface, so that no seam shows */
        double x2 = x1 + width / 2, y2 = fmin(fmin(y1, mountain_height(x2)), y1 + (y1 - y0) / 2);
        if (part == pieces - 1) x2 = x1, y2 = y1;
        const double ground[] = {x0, floor, x2, floor, x2, y2, x1, y1, x0, y0};
        if (part < pieces)
            canvas->polygon(canvas, ground, 5, GB_FLOOR);
        else
            canvas->line(canvas, x0, y0, x1, y1, 0.014, GB_MUTED);
    }
    double x = c->goal_position, y = mountain_height(x);
    const double flag[] = {x, y + 0.3, x, y + 0.16, x + 0.12, y + 0.23};
    canvas->polygon(canvas, flag, 3, GB_GREEN);
    canvas->line(canvas, x, y, x, y + 0.3, 0.014, GB_INK);
    double wall = mountain_height(MOUNTAIN_LEFT);
    canvas->line(canvas, MOUNTAIN_LEFT, wall, MOUNTAIN_LEFT, wall + 0.3, 0.025, GB_RED);
    double slope = 1.35 * cos(3 * s->position), ux = 1 / sqrt(1 + slope * slope);
    mountain_car(s->position, mountain_height(s->position), ux, slope * ux, canvas);
}

#endif
