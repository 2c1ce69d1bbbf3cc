/* frozen_lake - cross the ice to the goal without falling into a hole: Gymnasium's FrozenLake-v1
 * (FrozenLake8x8-v1 is the map 8x8). Cells are numbered row by row from the top left.
 *
 * On slippery ice a move goes as wanted with probability `success`, else to one of the two sides,
 * equally likely; all three are listed even where they lead to the same cell. */
#include "cells.h"

struct config {
    struct cells grid;
    char map[CELLS_TEXT]; /* "4x4", "8x8", or rows of S F H G joined by '/' */
    bool slippery;
    double success;
    /* derived: what each step looks up */
    int16_t beside[CELLS_TEXT][4]; /* the cell next to one in each direction */
    uint8_t end[CELLS_TEXT];       /* whether a cell is ice, a hole or a goal */
};

enum { ICE, HOLE, GOAL };

static const gb_opt opts[] = {
    {"map", GB_FILE(struct config, map), .text = "4x4", .choices = "4x4|8x8",
     .help = "map: 4x4, 8x8 (FrozenLake8x8-v1), or a file of rows of S F H G"},
    {"slippery", GB_BOOL(struct config, slippery), 1, 0, 1, "whether moves may go to a side"},
    {"success", GB_F64(struct config, success), 1.0 / 3, 0, 1, "probability of the wanted move"},
    {0},
};

static const char *prepare(void *config) {
    struct config *c = config;
    const char *map = c->map, *legend = "S (start), F (ice), H (hole), G (goal)";
    if (!strcmp(map, "4x4")) map = "SFFF/FHFH/FFFH/HFFG";
    if (!strcmp(map, "8x8"))
        map = "SFFFFFFF/FFFFFFFF/FFFHFFFF/FFFFFHFF/FFFHFFFF/FHHFFFHF/FHFFHFHF/FFFHFFFG";
    const char *fault = cells_read(&c->grid, map, "SFHG", legend);
    if (fault) return fault;
    if (!c->grid.starts) return "map has no start; add a cell S";
    if (!cells_count(&c->grid, 'G')) return "map has no goal; add a cell G";
    for (int s = 0; s < c->grid.n; s++) {
        const char letter = c->grid.cell[s];
        c->end[s] = letter == 'G' ? GOAL : letter == 'H' ? HOLE : ICE;
        for (int way = 0; way < 4; way++) c->beside[s][way] = (int16_t)cells_next(&c->grid, s, way);
    }
    return NULL;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[] = {"left", "down", "right", "up"};
    static const gb_key keys[] = {{"left", 0}, {"down", 1}, {"right", 2}, {"up", 3}, {0}};
    const struct config *c = config;
    const bool large = c->grid.n > 16;
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = c->grid.n};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 4, .names = actions};
    out->keys = keys;
    out->max_steps = large ? 200 : 100;
    out->reward_threshold = large ? 0.85 : 0.70;
}

static bool over(const struct config *c, int s) {
    return !cells_inside(&c->grid, s) || c->end[s] != ICE;
}

/* Where action a leads from s when it turns to a side (-1, 1) or does not (0); actions go
 * anticlockwise. */
static inline int way(const struct config *c, int s, int a, int turn) {
    return c->beside[s][(LEFT - (a + turn)) & 3];
}

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    const struct config *c = config;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (over(c, s)) return 1;
    const int ways = c->slippery ? 3 : 1;
    for (int k = 0; k < ways; k++) {
        const int turn = c->slippery ? k - 1 : 0, next = way(c, s, a, turn);
        const double probability = !c->slippery ? 1 : turn ? (1 - c->success) / 2 : c->success;
        out[k] = (gb_outcome){probability, next, c->end[next] == GOAL, c->end[next] != ICE};
    }
    return ways;
}

/* Draws to which side the ice turns a move, as gb_model_step does from the model's probabilities.
 */
static inline int draw_turn(double success, gb_rng *rng) {
    const double left = gb_rng_unit(rng) - (1 - success) / 2;
    return (left >= 0) + (left - success >= 0) - 1;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    const struct config *c = config;
    struct walker *s = state;
    if (over(c, s->cell)) return (gb_step){.terminal = true};
    s->cell = way(c, s->cell, (int)action[0], c->slippery ? draw_turn(c->success, rng) : 0);
    return (gb_step){c->end[s->cell] == GOAL, c->end[s->cell] != ICE};
}

/* Where --state has put walkers where no episode goes on, they stay, and draw nothing. */
static bool any_over(const struct config *c, const struct walker *s, int n) {
    bool any = false;
    for (int i = 0; i < n; i++) any |= over(c, s[i].cell);
    return any;
}

/* For n instances. Whole streams are written back, for only then does the loop run on vectors. */
static void draw_turns(double success, gb_rng *restrict rng, int n, int *restrict turn) {
    for (int i = 0; i < n; i++) {
        gb_rng one = rng[i];
        turn[i] = draw_turn(success, &one);
        rng[i] = one;
    }
}

/* In loops that run on vectors, but for the one that looks moves up. */
static void step_block(const void *config, const gb_env_block *b) {
    const struct config *c = config;
    struct walker copies[GB_BLOCK], *s = gb_env_block_load(b, copies, sizeof *s);
    const int n = b->n;
    int turn[GB_BLOCK] = {0}, end[GB_BLOCK];
    if (any_over(c, s, n)) {
        for (int i = 0; i < n; i++) {
            const gb_step one = step(&s[i], c, &b->action[i], &b->rng[i]);
            b->reward[i] = one.reward;
            b->terminal[i] = one.terminal;
        }
    } else {
        if (c->slippery) draw_turns(c->success, b->rng, n, turn);
        for (int i = 0; i < n; i++) {
            s[i].cell = way(c, s[i].cell, (int)b->action[i], turn[i]);
            end[i] = c->end[s[i].cell];
        }
        for (int i = 0; i < n; i++) b->reward[i] = end[i] == GOAL;
        for (int i = 0; i < n; i++) b->terminal[i] = end[i] != ICE;
    }
    for (int i = 0; i < n; i++) b->obs[i] = (float)s[i].cell;
    gb_env_block_store(b, s, sizeof *s);
}

GB_ENV(gb_env_frozen_lake) = {
    GB_ENV_HEADER,
    .name = "frozen_lake",
    .help = "cross the ice without falling into a hole; map=8x8 is FrozenLake8x8-v1",
    .gym_id = "FrozenLake-v1",
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
    .step_block = step_block,
    .start = cells_start,
    .cell = cells_cell,
};
