/* maze4 - stay on the reward in a 4x4 maze: the maze on which ShinRL (Kitamura and Yonetani 2021)
 * shows value iteration with errors. Acting in the reward cell pays 1, each of 25 steps; there is
 * no end. With probability `slip` any legal move is made instead of the chosen one, equally likely
 * (legal: inside and not into a wall; standing still is one); an illegal choice stands still. */
#include "cells.h"

#define ACTIONS 5

struct config {
    struct cells grid;
    double slip;
};

static const gb_opt opts[] = {
    {"slip", GB_F64(struct config, slip), 0.1, 0, 1, "probability of a random legal move"},
    {0},
};

static const char *prepare(void *config) {
    struct config *c = config;
    return cells_read(&c->grid, "S.../.###/..../.#R.", "S.#R", "a start, floor, walls, a reward");
}

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[ACTIONS] = {"stay", "up", "down", "left", "right"};
    static const gb_key keys[] = {{"space", 0}, {"up", 1},    {"down", 2},
                                  {"left", 3},  {"right", 4}, {0}};
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = ((const struct config *)config)->grid.n};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = ACTIONS, .names = actions};
    out->keys = keys;
    out->max_steps = 25;
    out->reward_threshold = NAN;
}

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    static const int right[ACTIONS] = {0, 0, 0, -1, 1}, up[ACTIONS] = {0, 1, -1, 0, 0};
    const struct config *c = config;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (!cells_inside(&c->grid, s) || c->grid.cell[s] == '#' || a < 0 || a >= ACTIONS) return 1;
    const double reward = c->grid.cell[s] == 'R' ? 1 : 0;
    int n = 0;
    out[n++] = (gb_outcome){1 - c->slip, cells_walk(&c->grid, s, right[a], up[a]), reward, false};
    if (c->slip == 0) return n;
    for (int other = 0; other < ACTIONS; other++) {
        const int next = cells_walk(&c->grid, s, right[other], up[other]);
        if (other == 0 || next != s) out[n++] = (gb_outcome){0, next, reward, false};
    }
    for (int k = 1; k < n; k++) out[k].probability = c->slip / (n - 1);
    return n;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct walker *s = state;
    return gb_model_step(model, config, s->cell, (int)action[0], &s->cell, rng);
}

GB_ENV(gb_env_maze4) = {
    GB_ENV_HEADER,
    .name = "maze4",
    .help = "find the reward in a 4x4 maze and stay on it (ShinRL's maze)",
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
