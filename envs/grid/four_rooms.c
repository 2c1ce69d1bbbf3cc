/* four_rooms - find the goal through four rooms joined by hallways: Sutton, Precup and Singh 1999,
 * "Between MDPs and semi-MDPs", section 2 and figure 2. A move goes as wanted with probability 2/3,
 * else one of the other three ways; into a wall it stays. 104 cells can be stood on; the states
 * count the walls as well.
 *
 * Of this project: the goal is the eastern hallway (theirs, G1), entering it pays 1 and ends the
 * episode, which starts anywhere else, equally likely. */
#include "cells.h"

struct config {
    struct cells grid;
    double success;
};

static const gb_opt opts[] = {
    {"success", GB_F64(struct config, success), 2.0 / 3, 0, 1, "probability of the wanted move"},
    {0},
};

static const char *prepare(void *config) {
    static const char map[] = "#############/#.....#.....#/#.....#.....#/#...........#/"
                              "#.....#.....#/#.....#.....#/##.####.....#/#.....###G###/"
                              "#.....#.....#/#.....#.....#/#...........#/#.....#.....#/"
                              "#############";
    struct config *c = config;
    const char *fault = cells_read(&c->grid, map, "#.G", "walls, floor and a goal");
    cells_start_from(&c->grid, '.');
    return fault;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[] = {"up", "right", "down", "left"};
    static const gb_key keys[] = {{"up", 0}, {"right", 1}, {"down", 2}, {"left", 3}, {0}};
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = ((const struct config *)config)->grid.n};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 4, .names = actions};
    out->keys = keys;
    out->max_steps = 1000;
    out->reward_threshold = NAN;
}

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    const struct config *c = config;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (!cells_inside(&c->grid, s) || strchr("#G", c->grid.cell[s])) return 1;
    for (int turn = 0; turn < 4; turn++) {
        const int next = cells_next(&c->grid, s, a + turn);
        const bool goal = c->grid.cell[next] == 'G';
        const double probability = turn ? (1 - c->success) / 3 : c->success;
        out[turn] = (gb_outcome){probability, next, goal ? 1 : 0, goal};
    }
    return 4;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct walker *s = state;
    return gb_model_step(model, config, s->cell, (int)action[0], &s->cell, rng);
}

GB_ENV(gb_env_four_rooms) = {
    GB_ENV_HEADER,
    .name = "four_rooms",
    .help = "find the goal through four rooms (Sutton, Precup, Singh 1999)",
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
