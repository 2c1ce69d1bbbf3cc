/* taxi - fetch a passenger at one of four stands and bring them to another: Dietterich 2000 ("The
 * MAXQ value function decomposition", section 3), as Gymnasium's Taxi-v3 and Taxi-v4, which differ
 * in rain only. -1 a step, 20 for a delivery, -10 for picking up or setting down where it cannot
 * be. State ((row * 5 + column) * 5 + passenger) * 4 + destination: 500, of which 404 are reached.
 *
 * Rain (as is_rainy of Gymnasium): a move goes as wanted with probability `intended`, else to its
 * left or right. In version 4 (Gymnasium 1.3) nothing moves where the way ahead is closed. Version
 * 3 (1.2) has the faults of its table: a move up or down slips even where the way ahead is closed,
 * and the slips of a move east or west are stopped by walls beside their target. Gymnasium's fickle
 * passenger remembers more than its state number says, so it is no finite MDP of 500 states, and is
 * left out. */
#include "gibbs_plugin.h"

enum { SOUTH, NORTH, EAST, WEST, PICK_UP, SET_DOWN, ACTIONS };
enum { SIDE = 5, STANDS = 4, IN_TAXI = STANDS, STATES = SIDE * SIDE * (STANDS + 1) * STANDS };

struct config {
    bool rainy;
    double intended;
    int version;
};

struct state {
    int row, col, passenger, destination;
};

static const struct {
    int row, col;
    const char *name;
} stands[STANDS] = {{0, 0, "R"}, {0, 4, "G"}, {4, 0, "Y"}, {4, 3, "B"}};

static const gb_opt opts[] = {
    {"rainy", GB_BOOL(struct config, rainy), 0, 0, 1, "whether moves may slip to a side"},
    {"intended", GB_F64(struct config, intended), 0.8, 0, 1,
     "probability of the wanted move in rain"},
    {"version", GB_INT(struct config, version), 4, 3, 4, "rain as in Taxi-v3 or Taxi-v4"},
    {0},
};

static const gb_field fields[] = {
    {"row", GB_INT(struct state, row)},
    {"col", GB_INT(struct state, col)},
    {"passenger", GB_INT(struct state, passenger)},
    {"destination", GB_INT(struct state, destination)},
    {0},
};

static void spec(const void *config, gb_spec *out) {
    static const char *const actions[] = {"south", "north", "east", "west", "pick_up", "set_down"};
    static const gb_key keys[] = {{"down", SOUTH},
                                  {"up", NORTH},
                                  {"right", EAST},
                                  {"left", WEST},
                                  {"space", PICK_UP},
                                  {"enter", SET_DOWN},
                                  {0}};
    (void)config;
    out->obs = (gb_space){.kind = GB_DISCRETE, .n = STATES};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = ACTIONS, .names = actions};
    out->keys = keys;
    out->max_steps = 200;
    out->reward_threshold = 8;
}

/* --- states -----------------------------------------------------------------------------------*/

static int number(const struct state *s) {
    const bool valid = s->row >= 0 && s->row < SIDE && s->col >= 0 && s->col < SIDE &&
                       s->passenger >= 0 && s->passenger <= IN_TAXI && s->destination >= 0 &&
                       s->destination < STANDS;
    const int at = s->row * SIDE + s->col;
    return valid ? (at * (STANDS + 1) + s->passenger) * STANDS + s->destination : -1;
}

static struct state decode(int s) {
    const int at = s / STANDS / (STANDS + 1);
    return (struct state){at / SIDE, at % SIDE, s / STANDS % (STANDS + 1), s % STANDS};
}

/* Episodes start with a passenger who waits, and wants to go elsewhere. */
static double start(const void *config, int s) {
    (void)config;
    if (s < 0 || s >= STATES) return 0;
    const struct state at = decode(s);
    const bool waits = at.passenger != IN_TAXI && at.passenger != at.destination;
    return waits ? 1.0 / (SIDE * SIDE * STANDS * (STANDS - 1)) : 0;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    struct state *s = state;
    s->row = (int)gb_rng_below(rng, SIDE);
    s->col = (int)gb_rng_below(rng, SIDE);
    s->passenger = (int)gb_rng_below(rng, STANDS);
    s->destination = (s->passenger + 1 + (int)gb_rng_below(rng, STANDS - 1)) % STANDS;
}

/* --- moves ------------------------------------------------------------------------------------*/

/* Whether the way is open between the columns col - 1 and col of a row. */
static bool gap(int row, int col) {
    static const char *const between[SIDE] = {":|::", ":|::", "::::", "|:|:", "|:|:"};
    return col > 0 && col < SIDE && between[row][col - 1] == ':';
}

/* Where the taxi gets by moving one cell; stays where the way is closed. */
static struct state move(struct state s, int a) {
    if (a == SOUTH && s.row < SIDE - 1) s.row++;
    if (a == NORTH && s.row > 0) s.row--;
    if (a == EAST && gap(s.row, s.col + 1))
        s.col++;
    else if (a == WEST && gap(s.row, s.col))
        s.col--;
    return s;
}

/* Where a move that slips gets, to the left or right of the wanted one. */
static struct state slip(const struct config *c, struct state s, int a, bool to_right) {
    static const int left[] = {EAST, WEST, NORTH, SOUTH}, right[] = {WEST, EAST, SOUTH, NORTH};
    const struct state ahead = move(s, a);
    const bool closed = number(&ahead) == number(&s);
    if (c->version == 4) return closed ? s : move(s, to_right ? right[a] : left[a]);
    /* version 3: left and right as on a map, below and above for east and west */
    if (a == SOUTH || a == NORTH) return move(s, to_right ? EAST : WEST);
    const struct state aside = move(s, to_right ? NORTH : SOUTH);
    const bool open = gap(aside.row, to_right ? s.col : s.col + 1);
    return closed || !open ? s : aside;
}

static int stand_at(int row, int col) {
    int k = 0;
    while (k < STANDS && (stands[k].row != row || stands[k].col != col)) k++;
    return k < STANDS ? k : -1;
}

/* Picks up or sets down; writes what comes of it. */
static gb_outcome serve(struct state s, int a) {
    const int here = stand_at(s.row, s.col);
    const bool can = here >= 0 && s.passenger == (a == PICK_UP ? here : IN_TAXI);
    const bool delivered = can && a == SET_DOWN && here == s.destination;
    if (can) s.passenger = a == PICK_UP ? IN_TAXI : here;
    return (gb_outcome){1, number(&s), delivered ? 20 : can ? -1 : -10, delivered};
}

static int model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)max;
    const struct config *c = config;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (s < 0 || s >= STATES || a < 0 || a >= ACTIONS) return 1;
    const struct state at = decode(s);
    if (a >= PICK_UP) {
        out[0] = serve(at, a);
        return 1;
    }
    const struct state ahead = move(at, a);
    out[0] = (gb_outcome){c->rainy ? c->intended : 1, number(&ahead), -1, false};
    if (!c->rainy) return 1;
    for (int k = 0; k < 2; k++) {
        const struct state aside = slip(c, at, a, k == 1);
        out[1 + k] = (gb_outcome){(1 - c->intended) / 2, number(&aside), -1, false};
    }
    return 3;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    int next;
    gb_step result = gb_model_step(model, config, number(state), (int)action[0], &next, rng);
    if (next >= 0) *(struct state *)state = decode(next);
    return result;
}

static void observe(const void *state, const void *config, float *obs) {
    (void)config;
    obs[0] = (float)number(state);
}

/* The destination is green, the passenger orange, walls are thick lines. */
static void draw_passenger(gb_canvas *canvas, double x, double y) {
    canvas->line(canvas, x, y - 0.14, x, y - 0.02, 0.17, GB_ORANGE);
    canvas->disc(canvas, x, y + 0.13, 0.09, GB_ORANGE);
}

static void draw_taxi(gb_canvas *canvas, double x, double y, bool taken) {
    const double roof[] = {x - 0.2, y, x + 0.18, y, x + 0.1, y + 0.2, x - 0.14, y + 0.2};
    canvas->polygon(canvas, roof, 4, GB_BLUE);
    canvas->rect(canvas, x - 0.34, y - 0.16, 0.68, 0.18, GB_BLUE);
    canvas->disc(canvas, x, y + 0.07, 0.08, taken ? GB_ORANGE : GB_PAPER);
    canvas->rect(canvas, x - 0.08, y + 0.2, 0.14, 0.06, GB_YELLOW);
    for (int side = -1; side <= 1; side += 2) {
        canvas->disc(canvas, x + 0.19 * side, y - 0.17, 0.09, GB_INK);
        canvas->disc(canvas, x + 0.19 * side, y - 0.17, 0.035, GB_PAPER);
    }
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    (void)config;
    const struct state *s = state;
    canvas->view(canvas, -0.2, -0.2, SIDE + 0.2, SIDE + 0.2);
    for (int k = 0; k < SIDE * SIDE; k++) {
        const int row = k / SIDE, col = k % SIDE, stand = stand_at(row, col);
        const double y = SIDE - 1 - row;
        canvas->rect(canvas, col + 0.03, y + 0.03, 0.94, 0.94,
                     stand < 0                 ? GB_FLOOR
                     : stand == s->destination ? GB_GREEN
                                               : GB_SKY);
        if (stand >= 0) canvas->text(canvas, col + 0.2, y + 0.8, 0.22, stands[stand].name, GB_INK);
    }
    for (int k = 0; k < SIDE * SIDE; k++) { /* walls lie over the cells of both sides */
        const int row = k / SIDE, col = k % SIDE;
        const double y = SIDE - 1 - row;
        if (col > 0 && !gap(row, col)) canvas->line(canvas, col, y, col, y + 1, 0.08, GB_INK);
    }
    if (s->passenger >= 0 && s->passenger < STANDS)
        draw_passenger(canvas, stands[s->passenger].col + 0.8,
                       SIDE - stands[s->passenger].row - 0.3);
    draw_taxi(canvas, s->col + 0.5, SIDE - s->row - 0.5, s->passenger == IN_TAXI);
}

/* The map is that of the passenger and the destination of the moment. */
static bool cell(const void *state, const void *config, int s, double box[4]) {
    const struct state *now = state, at = decode(s);
    (void)config;
    if (s < 0 || s >= STATES) return false;
    if (at.passenger != now->passenger || at.destination != now->destination) return false;
    box[0] = at.col, box[1] = SIDE - 1 - at.row;
    box[2] = box[0] + 1, box[3] = box[1] + 1;
    return true;
}

GB_ENV(gb_env_taxi) = {
    GB_ENV_HEADER,
    .name = "taxi",
    .help = "bring a passenger from stand to stand; Taxi-v4 too: another rain; no fickle passenger",
    .gym_id = "Taxi-v3",
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
