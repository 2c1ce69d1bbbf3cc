/* windy_grid - cross a grid with an upward wind: Sutton and Barto 2018, example 6.5; with the
 * king's moves of exercise 6.9 (moves=8, or 9 to stand still as well) and the stochastic wind of
 * exercise 6.10. -1 a step until the goal; 15 steps are the least with four moves, 7 with eight.
 *
 * The wind of the column that is left is added to the move, and the sum is cut off at the border:
 * so a move down against a wind of 1 stays in its row, at the bottom too. */
#include "cells.h"
#include <stdlib.h>

struct config {
    struct cells grid;
    char moves[4];
    bool stochastic;
    int actions;
};

static const gb_opt opts[] = {
    {"moves", GB_TEXT(struct config, moves), .text = "4", .choices = "4|8|9",
     .help = "4 moves, 8 with the diagonals, 9 with standing still"},
    {"stochastic", GB_BOOL(struct config, stochastic), 0, 0, 1,
     "whether wind is 1 less, as it is, or 1 more, equally likely"},
    {0},
};

static const char *prepare(void *config) {
    static const char wind[] = {0, 0, 0, 1, 1, 1, 2, 2, 1, 0};
    struct config *c = config;
    const char *fault = cells_read(&c->grid,
                                   "........../........../........../S......G../........../"
                                   "........../..........",
                                   ".SG", "floor, a start and a goal");
    for (int s = 0; s < c->grid.n; s++) c->grid.blow[s] = wind[s % 10];
    c->actions = atoi(c->moves);
    return fault;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[] = {"up",         "right",     "down",    "left", "up_right",
                                          "down_right", "down_left", "up_left", "stay"};
    /* as the digits of a keypad lie */
    static const gb_key plain[] = {{"up", 0}, {"right", 1}, {"down", 2}, {"left", 3}, {0}};
    static const gb_key king[] = {{"up", 0}, {"right", 1}, {"down", 2}, {"left", 3}, {"8", 0},
                                  {"6", 1},  {"2", 2},     {"4", 3},    {"9", 4},    {"3", 5},
                                  {"1", 6},  {"7", 7},     {0}};
    static const gb_key idle[] = {{"up", 0}, {"right", 1}, {"down", 2}, {"left", 3}, {"8", 0},
                                  {"6", 1},  {"2", 2},     {"4", 3},    {"9", 4},    {"3", 5},
                                  {"1", 6},  {"7", 7},     {"5", 8},    {0}};
    const struct config *c = config;
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = c->grid.n};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = c->actions, .names = actions};
    out->keys = c->actions == 4 ? plain : c->actions == 8 ? king : idle;
    out->max_steps = 1000;
    out->reward_threshold = NAN;
}

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    static const int right[] = {0, 1, 0, -1, 1, 1, -1, -1, 0},
                     up[] = {1, 0, -1, 0, 1, -1, -1, 1, 0};
    const struct config *c = config;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (!cells_inside(&c->grid, s) || c->grid.cell[s] == 'G' || a < 0 || a >= c->actions) return 1;
    const int wind = c->grid.blow[s], ways = c->stochastic && wind ? 3 : 1;
    for (int k = 0; k < ways; k++) {
        const int change = ways == 3 ? k - 1 : 0;
        const int next = cells_walk(&c->grid, s, right[a], up[a] + wind + change);
        out[k] = (gb_outcome){1.0 / ways, next, -1, c->grid.cell[next] == 'G'};
    }
    return ways;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct walker *s = state;
    return gb_model_step(model, config, s->cell, (int)action[0], &s->cell, rng);
}

GB_ENV(gb_env_windy_grid) = {
    GB_ENV_HEADER,
    .name = "windy_grid",
    .help = "cross a grid against an upward wind (Sutton and Barto, example 6.5)",
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
