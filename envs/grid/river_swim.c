/* river_swim - swim up a river, or drift down to a small reward: Strehl and Littman 2008, "An
 * analysis of model-based interval estimation for Markov decision processes", section 5. Six
 * cells. To the left one always gets, and in the first cell it pays 5. To the right one swims
 * against the current: on with probability 0.3, back with 0.1; in the first cell on with 0.3, in
 * the last one back with 0.7 or stay with 0.3, which pays 10000. Episodes start in the second or
 * the third cell and have no end; the step limit is the length of their experiments.
 *
 * The variant of Osband, Russo and Van Roy 2013: forward=0.35 back=0.05 first=0.6 last=0.6
 * reward_left=0.005 reward_right=1 (they start in the first cell). */
#include "gibbs_plugin.h"
#include <stdio.h>

struct config {
    int length, max_steps;
    double forward, back, first, last, reward_left, reward_right;
};

struct state {
    int cell;
};

static const gb_opt opts[] = {
    {"length", GB_INT(struct config, length), 6, 3, 1000, "cells"},
    {"forward", GB_F64(struct config, forward), 0.3, 0, 1, "probability to get on, in the river"},
    {"back", GB_F64(struct config, back), 0.1, 0, 1, "probability to fall back, in the river"},
    {"first", GB_F64(struct config, first), 0.3, 0, 1, "probability to get on in the first cell"},
    {"last", GB_F64(struct config, last), 0.3, 0, 1, "probability to stay in the last cell"},
    {"reward_left", GB_F64(struct config, reward_left), 5, -1e6, 1e6, "of left in the first cell"},
    {"reward_right", GB_F64(struct config, reward_right), 10000, -1e6, 1e6,
     "of staying in the last cell by swimming right"},
    {"max_steps", GB_INT(struct config, max_steps), 5000, 1, 1e6, "step limit"},
    {0},
};

static const gb_field fields[] = {{"cell", GB_INT(struct state, cell)}, {0}};

static const char *prepare(void *config) {
    const struct config *c = config;
    return c->forward + c->back > 1 ? "forward and back together exceed 1; lower one" : NULL;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[] = {"left", "right"};
    static const gb_key keys[] = {{"left", 0}, {"right", 1}, {0}};
    const struct config *c = config;
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = c->length};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 2, .names = actions};
    out->keys = keys;
    out->max_steps = c->max_steps;
    out->reward_threshold = NAN;
}

static double start(const void *config, int s) {
    (void)config;
    return s == 1 || s == 2 ? 0.5 : 0;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    ((struct state *)state)->cell = 1 + (int)gb_rng_below(rng, 2);
}

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    const struct config *c = config;
    const int end = c->length - 1;
    if (s < 0 || s > end) {
        out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
        return 1;
    }
    if (a == 0) {
        out[0] = (gb_outcome){1, s ? s - 1 : 0, s ? 0 : c->reward_left, false};
        return 1;
    }
    if (s == 0) {
        out[0] = (gb_outcome){c->first, 1, 0, false};
        out[1] = (gb_outcome){1 - c->first, 0, 0, false};
        return 2;
    }
    if (s == end) {
        out[0] = (gb_outcome){c->last, end, c->reward_right, false};
        out[1] = (gb_outcome){1 - c->last, end - 1, 0, false};
        return 2;
    }
    out[0] = (gb_outcome){c->forward, s + 1, 0, false};
    out[1] = (gb_outcome){1 - c->forward - c->back, s, 0, false};
    out[2] = (gb_outcome){c->back, s - 1, 0, false};
    return 3;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct state *s = state;
    return gb_model_step(model, config, s->cell, action[0] == 1, &s->cell, rng);
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    obs[0] = (float)((const struct state *)state)->cell;
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct config *c = config;
    const double end = c->length;
    const double at = ((const struct state *)state)->cell + 0.5;
    char text[32];
    canvas->view(canvas, -0.2, -0.7, end + 0.2, 1.5);
    canvas->rect(canvas, 0, 0, 1, 1, GB_YELLOW); /* a beach, water, a meadow */
    canvas->rect(canvas, 1, 0, end - 2, 1, GB_SKY);
    canvas->rect(canvas, end - 1, 0, 1, 1, GB_GREEN);
    for (int k = 1; k < c->length; k++) {
        const double head[] = {k - 0.13, 1.22, k + 0.13, 1.36, k + 0.13, 1.08};
        canvas->line(canvas, k, 0, k, 1, 0.03, GB_PAPER);
        canvas->polygon(canvas, head, 3, GB_SKY); /* the current */
    }
    snprintf(text, sizeof text, "%g", c->reward_left);
    canvas->text(canvas, 0.5, -0.3, 0.24, text, GB_INK);
    snprintf(text, sizeof text, "%g", c->reward_right);
    canvas->text(canvas, end - 0.5, -0.3, 0.24, text, GB_INK);
    canvas->disc(canvas, at, 0.5, 0.32, GB_PAPER);
    canvas->disc(canvas, at, 0.5, 0.27, GB_BLUE);
}

static bool cell(const void *state, const void *config, int s, double box[4]) {
    (void)state;
    box[0] = s, box[1] = 0, box[2] = s + 1, box[3] = 1;
    return s >= 0 && s < ((const struct config *)config)->length;
}

GB_ENV(gb_env_river_swim) = {
    GB_ENV_HEADER,
    .name = "river_swim",
    .help = "swim up a river, or drift down to a small reward (Strehl and Littman 2008)",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .fields = fields,
    .prepare = prepare,
    .spec = spec,
    .reset = reset,
    .step = step,
    .observe = observe,
    .model = model,
    .draw = draw,
    .start = start,
    .cell = cell,
};
