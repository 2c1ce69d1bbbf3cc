/* frozen_lake - cross the ice to the goal without falling into a hole: Gymnasium's FrozenLake-v1
 * (FrozenLake8x8-v1 is the map 8x8). Cells are numbered row by row from the top left.
 *
 * On slippery ice a move goes as wanted with probability `success`, else to one of the two sides,
 * equally likely; all three are listed even where they lead to the same cell. */
#include "gibbs_plugin.h"
#include <stdio.h>
#include <string.h>

#define MAX_TEXT 4200 /* of a map: 64 x 64 and its line ends */

struct config {
    char map[MAX_TEXT]; /* "4x4", "8x8", or rows of S F H G joined by '/' */
    bool slippery;
    double success;
    int rows, cols, starts; /* derived from the map */
    char cell[MAX_TEXT];    /* (rows, cols) */
    char fault[160];
};

struct state {
    int cell;
};

static const gb_opt opts[] = {
    {"map", GB_FILE(struct config, map), .text = "4x4", .choices = "4x4|8x8",
     .help = "map: 4x4, 8x8 (FrozenLake8x8-v1), or a file of rows of S F H G"},
    {"slippery", GB_BOOL(struct config, slippery), 1, 0, 1, "whether moves may go to a side"},
    {"success", GB_F64(struct config, success), 1.0 / 3, 0, 1, "probability of the wanted move"},
    {0},
};

static const gb_field fields[] = {{"cell", GB_INT(struct state, cell)}, {0}};

static const char *prepare(void *config) {
    struct config *c = config;
    const char *row = c->map;
    if (!strcmp(row, "4x4")) row = "SFFF/FHFH/FFFH/HFFG";
    if (!strcmp(row, "8x8"))
        row = "SFFFFFFF/FFFFFFFF/FFFHFFFF/FFFFFHFF/FFFHFFFF/FHHFFFHF/FHFFHFHF/FFFHFFFG";
    c->rows = c->cols = c->starts = 0;
    for (int length; *row; row += length + (row[length] == '/')) {
        length = (int)strcspn(row, "/");
        const int good = (int)strspn(row, "SFHG");
        if (good < length) {
            snprintf(c->fault, sizeof c->fault,
                     "map row %d, column %d is '%c'; use S (start), F (ice), H (hole), G (goal)",
                     c->rows + 1, good + 1, row[good] > ' ' && row[good] < 127 ? row[good] : '?');
            return c->fault;
        }
        if (c->rows > 0 && length != c->cols) {
            snprintf(c->fault, sizeof c->fault,
                     "map row %d has %d cells, row 1 has %d; make all rows equally long",
                     c->rows + 1, length, c->cols);
            return c->fault;
        }
        for (int k = 0; k < length; k++) {
            c->starts += row[k] == 'S';
            c->cell[c->rows * length + k] = row[k];
        }
        c->cols = length;
        c->rows++;
    }
    if (!c->starts) return "map has no start; add a cell S";
    bool goal = memchr(c->cell, 'G', (size_t)(c->rows * c->cols)) != NULL;
    return goal ? NULL : "map has no goal; add a cell G";
}

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[] = {"left", "down", "right", "up"};
    const struct config *c = config;
    const bool large = c->rows * c->cols > 16;
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = c->rows * c->cols};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 4, .names = actions};
    out->max_steps = large ? 200 : 100;
    out->reward_threshold = large ? 0.85 : 0.70;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    const struct config *c = config;
    int cell = 0, skip = (int)gb_rng_below(rng, (uint32_t)c->starts);
    while (c->cell[cell] != 'S' || skip-- > 0) cell++;
    ((struct state *)state)->cell = cell;
}

/* The cell next to s in direction a (0 left, 1 down, 2 right, 3 up), or s at the border. */
static int neighbour(const struct config *c, int s, int a) {
    static const int right[] = {-1, 0, 1, 0}, down[] = {0, 1, 0, -1};
    const int row = s / c->cols + down[a & 3], col = s % c->cols + right[a & 3];
    const bool inside = row >= 0 && row < c->rows && col >= 0 && col < c->cols;
    return inside ? row * c->cols + col : s;
}

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    const struct config *c = config;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (s < 0 || s >= c->rows * c->cols || c->cell[s] == 'H' || c->cell[s] == 'G') return 1;
    const int ways = c->slippery ? 3 : 1;
    for (int k = 0; k < ways; k++) {
        int turn = c->slippery ? k - 1 : 0, next = neighbour(c, s, a + turn + 4);
        double probability = !c->slippery ? 1 : turn ? (1 - c->success) / 2 : c->success;
        bool goal = c->cell[next] == 'G', hole = c->cell[next] == 'H';
        out[k] = (gb_outcome){probability, next, goal ? 1 : 0, goal || hole};
    }
    return ways;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct state *s = state;
    return gb_model_step(model, config, s->cell, (int)action[0], &s->cell, rng);
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    obs[0] = (float)((const struct state *)state)->cell;
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct config *c = config;
    const int at = ((const struct state *)state)->cell;
    canvas->view(canvas, -0.1, -0.1, c->cols + 0.1, c->rows + 0.1);
    for (int k = 0; k < c->rows * c->cols; k++) {
        const double x = k % c->cols, y = c->rows - 1 - k / c->cols;
        const bool goal = c->cell[k] == 'G';
        canvas->rect(canvas, x + 0.03, y + 0.03, 0.94, 0.94, goal ? GB_GREEN : GB_SKY);
        if (c->cell[k] == 'H') canvas->disc(canvas, x + 0.5, y + 0.5, 0.36, GB_RED);
        if (c->cell[k] == 'S') canvas->text(canvas, x + 0.5, y + 0.5, 0.4, "S", GB_INK);
    }
    canvas->disc(canvas, at % c->cols + 0.5, c->rows - 0.5 - at / c->cols, 0.22, GB_BLUE);
}

GB_ENV(gb_env_frozen_lake) = {
    GB_ENV_HEADER,
    .name = "frozen_lake",
    .help = "cross the ice without falling into a hole; map=8x8 is FrozenLake8x8-v1",
    .gym_id = "FrozenLake-v1",
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
};
