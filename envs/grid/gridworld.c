/* gridworld - any map of walls, starts, goals and traps, with slipping and wind. As it stands it is
 * the 4x3 world of Russell and Norvig (Artificial Intelligence: A Modern Approach, section 17.1):
 * -0.04 a step, +1 and -1 at the ends, a move goes to either side with probability 0.1.
 *
 * The wind carries a move on: from a cell ^ > v < by one cell that way, from a column with a digit
 * in `wind` by so many cells up; both movements are added, then made cell by cell, across before
 * up or down. Only the cell where they end counts. */
#include "cells.h"

struct config {
    struct cells grid;
    char map[CELLS_TEXT], wind[512];
    double step, goal, trap, slip;
    int max_steps;
};

static const gb_opt opts[] = {
    {"map", GB_FILE(struct config, map), .text = "...G/.#.T/S...",
     .help =
         "rows of # wall, S start, G goal, T H trap, . F floor, ^ > v < wind; or a file of them"},
    {"wind", GB_TEXT(struct config, wind),
     .help = "a digit a column: cells carried upward; or none"},
    {"slip", GB_F64(struct config, slip), 0.2, 0, 1, "probability of a move to a side, half each"},
    {"reward_step", GB_F64(struct config, step), -0.04, -1e6, 1e6, "reward of a step elsewhere"},
    {"reward_goal", GB_F64(struct config, goal), 1, -1e6, 1e6, "reward of a step into a goal"},
    {"reward_trap", GB_F64(struct config, trap), -1, -1e6, 1e6, "reward of a step into a trap"},
    {"max_steps", GB_INT(struct config, max_steps), 100, 0, 1e6, "step limit; 0: none"},
    {0},
};

/* Reads the digits of `wind` into what blows in each cell. */
static const char *read_wind(struct config *c) {
    const int digits = (int)strlen(c->wind);
    if (!digits) return NULL;
    if (digits != c->grid.cols || (int)strspn(c->wind, "0123456789") != digits) {
        snprintf(c->grid.fault, sizeof c->grid.fault,
                 "wind is '%.40s'; give %d digits, one for each column of the map", c->wind,
                 c->grid.cols);
        return c->grid.fault;
    }
    for (int s = 0; s < c->grid.n; s++)
        if (c->grid.cell[s] != '#') c->grid.blow[s] = (char)(c->wind[s % c->grid.cols] - '0');
    return NULL;
}

static const char *prepare(void *config) {
    struct config *c = config;
    const char *fault = cells_read(&c->grid, c->map, "#SGTH.F^>v<",
                                   "# (wall), S (start), G (goal), T or H (trap), . or F (floor), "
                                   "^ > v < (wind)");
    if (!fault) fault = read_wind(c);
    if (fault) return fault;
    if (!c->grid.starts && !cells_start_from(&c->grid, '.'))
        return "map has no start; add a cell S, or cells . to start anywhere";
    return NULL;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[] = {"up", "right", "down", "left"};
    static const gb_key keys[] = {{"up", 0}, {"right", 1}, {"down", 2}, {"left", 3}, {0}};
    const struct config *c = config;
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = c->grid.n};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 4, .names = actions};
    out->keys = keys;
    out->max_steps = c->max_steps;
    out->reward_threshold = NAN;
}

static gb_outcome outcome(const struct config *c, int s, int direction, double probability) {
    static const char winds[] = "^>v<";
    const char *wind = strchr(winds, c->grid.cell[s]);
    int right = cells_right[direction], up = cells_up[direction] + c->grid.blow[s];
    if (wind) right += cells_right[wind - winds], up += cells_up[wind - winds];
    const int next = cells_walk(&c->grid, s, right, up);
    const bool goal = c->grid.cell[next] == 'G', trap = strchr("TH", c->grid.cell[next]) != NULL;
    const double reward = goal ? c->goal : trap ? c->trap : c->step;
    return (gb_outcome){probability, next, reward, goal || trap};
}

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    const struct config *c = config;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (!cells_inside(&c->grid, s) || strchr("#GTH", c->grid.cell[s])) return 1;
    out[0] = outcome(c, s, a & 3, 1 - c->slip);
    if (c->slip == 0) return 1;
    out[1] = outcome(c, s, (a + 3) & 3, c->slip / 2); /* to the left of the way */
    out[2] = outcome(c, s, (a + 1) & 3, c->slip / 2); /* to the right */
    return 3;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct walker *s = state;
    return gb_model_step(model, config, s->cell, (int)action[0], &s->cell, rng);
}

GB_ENV(gb_env_gridworld) = {
    GB_ENV_HEADER,
    .name = "gridworld",
    .help = "any map: walls, goals, traps, slipping, wind; Russell and Norvig's 4x3 world",
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
