/* corridor - walk to the end of a corridor whose floor may slip. The template of an environment:
 * copy it, rename it, and add it to cli/builtins.c or build it as a plugin (see
 * core/gibbs_plugin.h). */
#include "gibbs_plugin.h"
struct config { /* what a run fixes; filled from the options */
    int length;
    double slip;
};
struct state { /* what a step changes */
    int cell;
};

/* Rows: name, field, default, smallest, largest, help. */
static const gb_opt opts[] = {
    {"length", GB_INT(struct config, length), 10, 2, 1000, "cells; the goal is the last"},
    {"slip", GB_F64(struct config, slip), 0.1, 0, 1, "probability of a step the other way"},
    {0},
};
static const gb_field fields[] = {{"cell", GB_INT(struct state, cell)}, {0}};
static void spec(const void *config, gb_spec *out) {
    static const char *const actions[] = {"left", "right"}; /* for people */
    const struct config *c = config;
    static const gb_key keys[] = {{"left", 0}, {"right", 1}, {0}};
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = c->length};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 2, .names = actions};
    out->keys = keys;
    out->max_steps = 10 * c->length; /* the host cuts here; step knows of no time limit */
    out->reward_threshold = NAN;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config, (void)rng;
    ((struct state *)state)->cell = 0;
}

/* What may follow action a in cell s: the one truth, for planning and for step. */
static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    const struct config *c = config;
    const int goal = c->length - 1, left = s > 0 ? s - 1 : 0, right = s + 1;
    const int wanted = a ? right : left, slipped = a ? left : right;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (s < 0 || s >= goal) return 1; /* over: nothing happens any more */
    out[0] = (gb_outcome){1 - c->slip, wanted, wanted == goal ? 1 : 0, wanted == goal};
    out[1] = (gb_outcome){c->slip, slipped, slipped == goal ? 1 : 0, slipped == goal};
    return 2;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct state *s = state;
    return gb_model_step(model, config, s->cell, action[0] == 1, &s->cell, rng);
}

/* The probability that an episode starts in s: what reset draws from. */
static double start(const void *config, int s) {
    (void)config;
    return s == 0;
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    obs[0] = (float)((const struct state *)state)->cell;
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct config *c = config;
    const double x = ((const struct state *)state)->cell + 0.5, end = c->length;
    const double flag[] = {end - 0.6, 0.8, end - 0.6, 0.46, end - 0.24, 0.63};
    canvas->view(canvas, -0.2, -0.5, end + 0.2, 1.5);
    for (int k = 0; k < c->length; k++)
        canvas->rect(canvas, k + 0.03, 0.03, 0.94, 0.94, k < c->length - 1 ? GB_FLOOR : GB_GREEN);
    canvas->line(canvas, end - 0.6, 0.2, end - 0.6, 0.8, 0.06, GB_PAPER);
    canvas->polygon(canvas, flag, 3, GB_PAPER);
    canvas->disc(canvas, x, 0.5, 0.27, GB_BLUE);
}

/* Where draw puts state s, for maps of values and policies. */
static bool cell(const void *state, const void *config, int s, double box[4]) {
    (void)state;
    box[0] = s, box[1] = 0, box[2] = s + 1, box[3] = 1;
    return s >= 0 && s < ((const struct config *)config)->length;
}

GB_ENV(gb_env_corridor) = {
    GB_ENV_HEADER,
    .name = "corridor",
    .help = "walk to the end of a slippery corridor",
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
