/* cliff_walking - walk along a cliff without falling: Sutton and Barto 2018, example 6.6, as
 * Gymnasium's CliffWalking-v1 (slippery=1: CliffWalkingSlippery-v1; v0 is v1 without slipping).
 * -1 a step; a step over the edge pays -100 and goes back to the start, without an end.
 *
 * Slippery moves go as wanted or to either side, equally likely. As in Gymnasium's table, cells of
 * the cliff and the goal itself keep ordinary moves, and there is no step limit. */
#include "cells.h"

struct config {
    struct cells grid;
    bool slippery;
};

static const gb_opt opts[] = {
    {"slippery", GB_BOOL(struct config, slippery), 0, 0, 1, "whether moves may go to a side"},
    {0},
};

static const char *prepare(void *config) {
    struct config *c = config;
    return cells_read(&c->grid, "............/............/............/SCCCCCCCCCCG", ".SCG",
                      "floor, a start, a cliff and a goal");
}

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[] = {"up", "right", "down", "left"};
    static const gb_key keys[] = {{"up", 0}, {"right", 1}, {"down", 2}, {"left", 3}, {0}};
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = ((const struct config *)config)->grid.n};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 4, .names = actions};
    out->keys = keys;
    out->reward_threshold = NAN;
}

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    const struct config *c = config;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (!cells_inside(&c->grid, s)) return 1;
    const int ways = c->slippery ? 3 : 1, start = c->grid.n - c->grid.cols;
    for (int k = 0; k < ways; k++) {
        const int next = cells_next(&c->grid, s, c->slippery ? a + k + 3 : a);
        const bool falls = c->grid.cell[next] == 'C', goal = c->grid.cell[next] == 'G';
        out[k] = (gb_outcome){1.0 / ways, falls ? start : next, falls ? -100 : -1, goal};
    }
    return ways;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct walker *s = state;
    return gb_model_step(model, config, s->cell, (int)action[0], &s->cell, rng);
}

GB_ENV(gb_env_cliff_walking) = {
    GB_ENV_HEADER,
    .name = "cliff_walking",
    .help = "walk along a cliff; slippery=1 is CliffWalkingSlippery-v1",
    .gym_id = "CliffWalking-v1",
    .state_size = sizeof(struct walker),
    .config_size = sizeof(struct config),
    .opts = opts,
    .fields = cells_fields,
    .prepare = prepare,
    .spec = spec,
    .reset = cells_reset,
    .step = step,
    .observe = cells_observe,
    .model = model,
    .draw = cells_draw,
    .start = cells_start,
    .cell = cells_cell,
};
