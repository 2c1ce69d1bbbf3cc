/* double_chain - two chains joined at the start, on which random walks stay near home: the task of
 * Kaufmann et al. 2021 and Tiapkin et al. 2023 for exploration without a reward. 31 cells, start in
 * the middle, a move goes as wanted with probability 0.9, else the other way; at an end one stays.
 * Episodes of 20 steps, no end.
 *
 * Of this project: acting in the first or last cell may pay a reward. */
#include "gibbs_plugin.h"

#define PI 3.14159265358979323846

struct config {
    int length;
    double success, reward_left, reward_right;
};

struct state {
    int cell;
};

static const gb_opt opts[] = {
    {"length", GB_INT(struct config, length), 31, 3, 1001, "cells; the start is in the middle"},
    {"success", GB_F64(struct config, success), 0.9, 0, 1, "probability of the wanted move"},
    {"reward_left", GB_F64(struct config, reward_left), 0, -1e6, 1e6,
     "of acting in the first cell"},
    {"reward_right", GB_F64(struct config, reward_right), 0, -1e6, 1e6, "and in the last"},
    {0},
};

static const gb_field fields[] = {{"cell", GB_INT(struct state, cell)}, {0}};

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[] = {"left", "right"};
    static const gb_key keys[] = {{"left", 0}, {"right", 1}, {0}};
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = ((const struct config *)config)->length};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 2, .names = actions};
    out->keys = keys;
    out->max_steps = 20;
    out->reward_threshold = NAN;
}

static double start(const void *config, int s) {
    return s == ((const struct config *)config)->length / 2;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)rng;
    ((struct state *)state)->cell = ((const struct config *)config)->length / 2;
}

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    const struct config *c = config;
    const int last = c->length - 1, left = s > 0 ? s - 1 : 0, right = s < last ? s + 1 : last;
    const double reward = s == 0 ? c->reward_left : s == last ? c->reward_right : 0;
    out[0] = (gb_outcome){c->success, a ? right : left, reward, false};
    out[1] = (gb_outcome){1 - c->success, a ? left : right, reward, false};
    return 2;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct state *s = state;
    return gb_model_step(model, config, s->cell, action[0] == 1, &s->cell, rng);
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    obs[0] = (float)((const struct state *)state)->cell;
}

/* The chain hangs like a necklace, its start at the lowest point, which shows it larger than a line
 * would. */
static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct config *c = config;
    const int home = c->length / 2, at = ((const struct state *)state)->cell;
    const double step = PI / (c->length - 1), radius = 1 / step; /* cells are one apart */
    canvas->view(canvas, -radius - 1, -radius - 1, radius + 1, 1);
    for (int k = 0; k < c->length; k++) {
        const double x = -radius * cos(k * step), y = -radius * sin(k * step);
        const double reward = k == 0 ? c->reward_left : k == c->length - 1 ? c->reward_right : 0;
        canvas->disc(canvas, x, y, 0.45, reward > 0 ? GB_GREEN : reward < 0 ? GB_RED : GB_FLOOR);
        if (k == home) canvas->text(canvas, x, y, 0.4, "S", GB_INK);
        if (k == at) canvas->disc(canvas, x, y, 0.3, GB_BLUE);
    }
}

static bool cell(const void *state, const void *config, int s, double box[4]) {
    const int n = ((const struct config *)config)->length;
    const double step = PI / (n - 1), half = 0.31; /* as far as diagonal neighbours allow */
    (void)state;
    box[0] = -cos(s * step) / step - half, box[1] = -sin(s * step) / step - half;
    box[2] = box[0] + 2 * half, box[3] = box[1] + 2 * half;
    return s >= 0 && s < n;
}

GB_ENV(gb_env_double_chain) = {
    GB_ENV_HEADER,
    .name = "double_chain",
    .help = "two chains joined at the start, to explore without a reward",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct config),
    .opts = opts,
    .fields = fields,
    .spec = spec,
    .reset = reset,
    .step = step,
    .observe = observe,
    .model = model,
    .draw = draw,
    .start = start,
    .cell = cell,
};
