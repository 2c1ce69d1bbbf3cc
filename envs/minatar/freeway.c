/* freeway - cross a road with eight lanes, again and again, for 2,500 steps.
 *
 * MinAtar's Freeway (minatar.h). The chicken walks up one column, a step in three at most. Reaching
 * the top pays 1 and gives the cars new speeds; a car throws the chicken back to the bottom.
 */
#include "sprites.h"

enum { CHANNELS = 7, CHICKEN = 0, CAR, SPEED }; /* SPEED + k: trails where wait is k + 1 */
enum { CARS = 8, TOP = 1, SPEEDS = 5, COLUMN = 4, START = SIZE - 1 }; /* car i: row i + TOP */
enum { MOVE_SPEED = 3, TIME = 2500 };

struct state {
    int chicken;     /* its row */
    int x[CARS];     /* columns of the cars */
    int right[CARS]; /* 1: it drives to the right, 0: to the left */
    int wait[CARS];  /* 1..SPEEDS: a car moves every wait + 1 steps */
    int timer[CARS]; /* steps until then */
    int move_timer;  /* of the chicken */
    int time;        /* steps left; the episode ends below zero */
    int last_action;
};

static const gb_opt opts[] = {MINATAR_OPTS, {0}};

static const gb_field fields[] = {
    {"chicken", GB_INT(struct state, chicken)},
    {"move_timer", GB_INT(struct state, move_timer)},
    {"time", GB_INT(struct state, time)},
    {"x", GB_INT(struct state, x)},
    {"right", GB_INT(struct state, right)},
    {"wait", GB_INT(struct state, wait)},
    {"timer", GB_INT(struct state, timer)},
    {"last_action", GB_INT(struct state, last_action)},
    {0},
};

static const char *prepare(void *config) {
    static const int minimal[] = {STAY, UP, DOWN};
    return minatar_prepare(config, minimal, 3);
}

static void spec(const void *config, gb_spec *out) {
    static const char *const names[] = {"stay", "up", "down"};
    minatar_spec(config, CHANNELS, names, out);
}

static inline void new_speeds(struct state *s, gb_rng *rng) {
    for (int i = 0; i < CARS; i++) s->wait[i] = 1 + (int)gb_rng_below(rng, SPEEDS);
    for (int i = 0; i < CARS; i++) s->right[i] = gb_rng_unit(rng) >= 0.5;
    memcpy(s->timer, s->wait, sizeof s->timer);
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    struct state *s = state;
    *s = (struct state){.chicken = START, .move_timer = MOVE_SPEED, .time = TIME};
    new_speeds(s, rng);
}

/* Moves the cars. Returns whether one was on column COLUMN of the chicken's row, before or after
 * its move: as it can be hit in its own row only, the cars' order does not matter. */
static inline bool drive(struct state *s) {
    int hit = 0;
    for (int i = 0; i < CARS; i++) {
        const int from = moved(s->x[i], 0, 0, SIZE - 1), ahead = s->right[i] ? from + 1 : from - 1;
        const int to = ahead < 0 ? SIZE - 1 : ahead >= SIZE ? 0 : ahead, due = s->timer[i] <= 0;
        const int x = due ? to : from;
        s->x[i] = x;
        s->timer[i] = due ? s->wait[i] : s->timer[i] - 1;
        hit |= (i + TOP == s->chicken) & ((from == COLUMN) | (x == COLUMN));
    }
    return hit;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct state *s = state;
    gb_step step = {0};
    const int a = minatar_action(config, action[0], &s->last_action, rng);
    if (s->move_timer <= 0 && (a == UP || a == DOWN)) {
        s->move_timer = MOVE_SPEED;
        s->chicken = moved(s->chicken, a == UP ? -1 : 1, 0, START);
    }
    if (s->chicken == 0) {
        step.reward = 1;
        new_speeds(s, rng);
        s->chicken = START;
    }
    if (drive(s)) s->chicken = START;
    s->move_timer -= s->move_timer > 0;
    step.terminal = s->time <= 0;
    s->time -= s->time >= 0;
    return step;
}

static void observe_bits(const void *state, const void *config, uint64_t *bits) {
    (void)config;
    const struct state *s = state;
    unsigned car[CARS], trail[CARS]; /* bits of them; first, as a loop that runs on vectors */
    for (int i = 0; i < CARS; i++) {
        const int row = (i + TOP) * SIZE, kind = SPEED - 1 + moved(s->wait[i], 0, 1, SPEEDS);
        const int x = moved(s->x[i], 0, 0, SIZE - 1), behind = s->right[i] ? x - 1 : x + 1;
        const int wrapped = behind < 0 ? SIZE - 1 : behind >= SIZE ? 0 : behind;
        car[i] = (unsigned)((row + x) * CHANNELS + CAR);
        trail[i] = (unsigned)((row + wrapped) * CHANNELS + kind);
    }
    for (int i = 0; i < CARS; i++) mark_bit(bits, car[i]);
    for (int i = 0; i < CARS; i++) mark_bit(bits, trail[i]);
    mark(bits, CHANNELS, COLUMN, s->chicken, CHICKEN);
}

static void observe(const void *state, const void *config, float *obs) {
    minatar_observe(observe_bits, CHANNELS, state, config, obs);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    static const char *const chicken[] = {"...rr...", "..bbbb..", "..bbkboo", "..bbbb..",
                                          "b.bbbb..", "bbbbbbb.", ".bbbbb..", "..o.o..."};
    static const char *const car[] = {"........", "..rrrr..", ".rsrssr.", "rrrrrrrr",
                                      "rrrrrrry", "rkkrrkkr", ".kk..kk.", "........"};
    (void)config;
    const struct state *s = state;
    draw_board(canvas, false);
    canvas->rect(canvas, 0, SIZE - 1, SIZE, 1, GB_GREEN);
    canvas->rect(canvas, 0, SIZE - 1, SIZE, 0.06, GB_INK);
    canvas->rect(canvas, 0, 1 - 0.06, SIZE, 0.06, GB_INK);
    for (int lane = 2; lane < SIZE - 1; lane++)
        for (int x = 0; x < SIZE; x++)
            canvas->rect(canvas, x + 0.2, lane - 0.02, 0.6, 0.04, GB_MUTED);
    for (int i = 0; i < CARS; i++) {
        const int x = moved(s->x[i], 0, 0, SIZE - 1), behind = s->right[i] ? x - 1 : x + 1;
        draw_trail(canvas, (behind + SIZE) % SIZE, i + TOP, s->right[i],
                   SPEEDS + 1 - moved(s->wait[i], 0, 1, SPEEDS));
        sprite_at(canvas, x, i + TOP, car, !s->right[i]);
    }
    sprite_at(canvas, COLUMN, s->chicken, chicken, false);
}

GB_ENV(gb_env_freeway) = {
    GB_ENV_HEADER,
    .name = "freeway",
    .help = "MinAtar: cross a busy road",
    .gym_id = "MinAtar/Freeway-v1",
    .state_size = sizeof(struct state),
    .config_size = sizeof(struct minatar),
    .opts = opts,
    .fields = fields,
    .prepare = prepare,
    .spec = spec,
    .reset = reset,
    .step = step,
    .observe = observe,
    .draw = draw,
    .observe_bits = observe_bits,
};
