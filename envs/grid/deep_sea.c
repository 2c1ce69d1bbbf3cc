/* deep_sea - dive to the treasure in the far corner, which random actions find once in 2^size
 * episodes: Osband, Van Roy, Russo and Wen 2019 ("Deep exploration via randomized value functions")
 * and its form in bsuite (Osband et al. 2020). From the top left of size x size cells every step
 * sinks one row, to the left or to the right; right costs 0.01 / size, and right in the last column
 * pays 1. The dive ends below the last row.
 *
 * States are numbered row by row; one row more, the sea bed, is where dives end. In bsuite's
 * stochastic form a step to the right drifts straight down with probability 1 / size (its noise on
 * the last reward is left out: a finite MDP has finitely many rewards). */
#include "gibbs_plugin.h"

#define LARGEST 64

struct config {
    int size, mapping;
    double move_cost;
    bool stochastic;
    char goes_right[LARGEST * LARGEST]; /* (size, size) derived: the action that goes right */
};

struct state {
    int row, col;
};

static const gb_opt opts[] = {
    {"size", GB_INT(struct config, size), 10, 2, LARGEST, "rows and columns"},
    {"move_cost", GB_F64(struct config, move_cost), 0.01, 0, 1, "of moving right all the way"},
    {"stochastic", GB_BOOL(struct config, stochastic), 0, 0, 1, "whether the way right may fail"},
    {"mapping", GB_INT(struct config, mapping), 0, 0, 2147483647,
     "0: action 1 is right; else the seed of which action is right in each cell"},
    {0},
};

static const gb_field fields[] = {
    {"row", GB_INT(struct state, row)},
    {"col", GB_INT(struct state, col)},
    {0},
};

static const char *prepare(void *config) {
    struct config *c = config;
    gb_rng rng = {(uint64_t)c->mapping * 0x9e3779b97f4a7c15u, 1};
    gb_rng_u32(&rng);
    for (int s = 0; s < c->size * c->size; s++)
        c->goes_right[s] = (char)(c->mapping ? gb_rng_below(&rng, 2) : 1);
    return NULL;
}

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[] = {"left", "right"};
    static const gb_key keys[] = {{"left", 0}, {"right", 1}, {0}};
    const struct config *c = config;
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = (c->size + 1) * c->size};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 2, .names = c->mapping ? NULL : actions};
    out->keys = keys;
    out->reward_threshold = NAN;
}

static double start(const void *config, int s) {
    (void)config;
    return s == 0;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config, (void)rng;
    *(struct state *)state = (struct state){0};
}

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    const struct config *c = config;
    const int n = c->size;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (s < 0 || s >= n * n) return 1;
    const int row = s / n, col = s % n, below = s + n;
    const bool right = a == c->goes_right[s], ends = row == n - 1;
    if (!right) {
        out[0] = (gb_outcome){1, col > 0 ? below - 1 : below, 0, ends};
        return 1;
    }
    const double drift = c->stochastic ? 1.0 / n : 0;
    const double reward = (col == n - 1 ? 1 : 0) - c->move_cost / n;
    out[0] = (gb_outcome){1 - drift, col < n - 1 ? below + 1 : below, reward, ends};
    if (drift == 0) return 1;
    out[1] = (gb_outcome){drift, below, reward, ends};
    return 2;
}

static int number(const struct state *s, const struct config *c) {
    const bool inside = s->row >= 0 && s->row <= c->size && s->col >= 0 && s->col < c->size;
    return inside ? s->row * c->size + s->col : -1;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    const struct config *c = config;
    struct state *s = state;
    int next;
    gb_step result = gb_model_step(model, config, number(s, c), action[0] == 1, &next, rng);
    if (next >= 0) *s = (struct state){next / c->size, next % c->size};
    return result;
}

static void observe(const void *state, const void *config, float *obs) {
    obs[0] = (float)number(state, config);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct config *c = config;
    const struct state *s = state;
    const int n = c->size;
    canvas->view(canvas, -0.1, -0.1, n + 0.1, n + 1.1);
    for (int row = 0; row <= n; row++)
        for (int col = 0; col < n; col++) {
            const gb_color water = col <= row ? GB_SKY : GB_FLOOR; /* no dive gets there */
            canvas->rect(canvas, col + 0.03, n - row + 0.03, 0.94, 0.94,
                         row < n        ? water
                         : col == n - 1 ? GB_GREEN
                                        : GB_MUTED);
        }
    canvas->disc(canvas, n - 0.5, 0.5, 0.3, GB_YELLOW); /* the treasure */
    canvas->disc(canvas, s->col + 0.5, n - s->row + 0.5, 0.32, GB_PAPER);
    canvas->disc(canvas, s->col + 0.5, n - s->row + 0.5, 0.27, GB_BLUE);
}

static bool cell(const void *state, const void *config, int s, double box[4]) {
    const int n = ((const struct config *)config)->size;
    (void)state;
    if (s < 0 || s >= (n + 1) * n) return false;
    box[0] = s % n, box[1] = n - s / n;
    box[2] = box[0] + 1, box[3] = box[1] + 1;
    return true;
}

GB_ENV(gb_env_deep_sea) = {
    GB_ENV_HEADER,
    .name = "deep_sea",
    .help = "dive to the treasure in the far corner (Osband et al. 2019, bsuite)",
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
