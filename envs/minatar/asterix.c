/* asterix - gather gold that crosses the board, and keep out of the way of enemies.
 *
 * MinAtar's Asterix (minatar.h). On each of eight rows there is at most one thing, gold or enemy,
 * which crosses from one side to the other. Gold pays 1, an enemy ends the episode. Things come
 * and move faster in time, if `ramping`.
 */
#include "sprites.h"

enum { CHANNELS = 4, PLAYER = 0, ENEMY, TRAIL, GOLD };
enum { SLOTS = 8, TOP = 1, BOTTOM = SLOTS, NONE = -1 }; /* slot i is row i + TOP */
enum { SPAWN_SPEED = 10, MOVE_SPEED = 5, RAMP_INTERVAL = 100 };

struct state {
    int player_x, player_y;
    int x[SLOTS];     /* columns of things, NONE where there is none */
    int right[SLOTS]; /* 1: it moves right, 0: left */
    int gold[SLOTS];  /* 1: gold, 0: an enemy */
    int spawn_timer, spawn_speed, move_timer, move_speed, ramp_timer, ramps;
    int last_action;
};

static const gb_opt opts[] = {MINATAR_OPTS, MINATAR_RAMPING, {0}};

static const gb_field fields[] = {
    {"player_x", GB_INT(struct state, player_x)},
    {"player_y", GB_INT(struct state, player_y)},
    {"x", GB_INT(struct state, x)},
    {"right", GB_INT(struct state, right)},
    {"gold", GB_INT(struct state, gold)},
    {"spawn_timer", GB_INT(struct state, spawn_timer)},
    {"spawn_speed", GB_INT(struct state, spawn_speed)},
    {"move_timer", GB_INT(struct state, move_timer)},
    {"move_speed", GB_INT(struct state, move_speed)},
    {"last_action", GB_INT(struct state, last_action)},
    {0},
};

static const char *prepare(void *config) {
    static const int minimal[] = {STAY, LEFT, UP, RIGHT, DOWN};
    return minatar_prepare(config, minimal, 5);
}

static void spec(const void *config, gb_spec *out) {
    static const char *const names[] = {"stay", "left", "up", "right", "down"};
    minatar_spec(config, CHANNELS, names, out);
}

static void reset(void *state, const void *config, gb_rng *rng) {
    struct state *s = state;
    (void)config, (void)rng;
    *s = (struct state){.player_x = SIZE / 2,
                        .player_y = SIZE / 2,
                        .spawn_timer = SPAWN_SPEED,
                        .spawn_speed = SPAWN_SPEED,
                        .move_timer = MOVE_SPEED,
                        .move_speed = MOVE_SPEED,
                        .ramp_timer = RAMP_INTERVAL};
    for (int i = 0; i < SLOTS; i++) s->x[i] = NONE;
}

/* A new thing at the side of a free row, if there is one. */
static inline void spawn(struct state *s, gb_rng *rng) {
    const bool right = gb_rng_unit(rng) < 1.0 / 2, gold = gb_rng_unit(rng) < 1.0 / 3;
    int vacant[SLOTS], n = 0;
    for (int i = 0; i < SLOTS; i++) {
        vacant[n] = i;
        n += !on_board(s->x[i]);
    }
    if (!n) return;
    const int slot = vacant[gb_rng_below(rng, (uint32_t)n)];
    s->x[slot] = right ? 0 : SIZE - 1;
    s->right[slot] = right;
    s->gold[slot] = gold;
}

/* What happens where the player meets a thing, which can only be that of its row. */
static inline void meet(struct state *s, gb_step *step) {
    const int i = s->player_y - TOP;
    if (s->x[i] != s->player_x) return;
    if (s->gold[i]) {
        s->x[i] = NONE;
        step->reward += 1;
    } else {
        step->terminal = true;
    }
}

static inline void move_things(struct state *s) {
    for (int i = 0; i < SLOTS; i++) {
        const int to = !on_board(s->x[i]) ? NONE : s->right[i] ? s->x[i] + 1 : s->x[i] - 1;
        s->x[i] = on_board(to) ? to : NONE;
    }
}

/* Every RAMP_INTERVAL + 2 steps things come faster, every other time they also move faster. */
static inline void ramp(struct state *s) {
    if (s->spawn_speed <= 1 && s->move_speed <= 1) return;
    if (s->ramp_timer >= 0) {
        s->ramp_timer--;
        return;
    }
    if (s->move_speed > 1 && s->ramps % 2) s->move_speed--;
    if (s->spawn_speed > 1) s->spawn_speed--;
    s->ramps++;
    s->ramp_timer = RAMP_INTERVAL;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    const struct minatar *c = config;
    struct state *s = state;
    gb_step step = {0};
    const int a = minatar_action(c, action[0], &s->last_action, rng);
    if (s->spawn_timer <= 0) {
        spawn(s, rng);
        s->spawn_timer = s->spawn_speed;
    }
    s->player_x = moved(s->player_x, (a == RIGHT) - (a == LEFT), 0, SIZE - 1);
    s->player_y = moved(s->player_y, (a == DOWN) - (a == UP), TOP, BOTTOM);
    meet(s, &step);
    if (s->move_timer <= 0) {
        s->move_timer = s->move_speed;
        move_things(s);
        meet(s, &step);
    }
    s->spawn_timer -= s->spawn_timer > 0;
    s->move_timer -= s->move_timer > 0;
    if (c->ramping) ramp(s);
    return step;
}

static void observe_bits(const void *state, const void *config, uint64_t *bits) {
    (void)config;
    const struct state *s = state;
    mark(bits, CHANNELS, s->player_x, s->player_y, PLAYER);
    for (int i = 0; i < SLOTS; i++) {
        if (!on_board(s->x[i])) continue;
        mark(bits, CHANNELS, s->x[i], i + TOP, s->gold[i] ? GOLD : ENEMY);
        mark(bits, CHANNELS, s->right[i] ? s->x[i] - 1 : s->x[i] + 1, i + TOP, TRAIL);
    }
}

static void observe(const void *state, const void *config, float *obs) {
    minatar_observe(observe_bits, CHANNELS, state, config, obs);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    static const char *const player[] = {"..bbbb..", ".bbbbbb.", ".bwkbwkb", ".bbbbbbb",
                                         ".boooob.", "..bbbb..", ".bbbbbb.", ".bb..bb."};
    static const char *const enemy[] = {"..rrrr..", ".rrrrrr.", "rrrwkrwk", "rrrwwrww",
                                        "rrrrrrrr", "rrrrrrrr", "rr.rr.rr", "r..rr..r"};
    static const char *const gold[] = {"..gggg..", ".gyyyyg.", "gyyggyyg", "gygyyyyg",
                                       "gygyyyyg", "gyyggyyg", ".gyyyyg.", "..gggg.."};
    (void)config;
    const struct state *s = state;
    draw_board(canvas, true);
    for (int i = 0; i < SLOTS; i++) {
        if (!on_board(s->x[i])) continue;
        draw_trail(canvas, s->right[i] ? s->x[i] - 1 : s->x[i] + 1, i + TOP, s->right[i], 3);
        sprite_at(canvas, s->x[i], i + TOP, s->gold[i] ? gold : enemy, !s->gold[i] && !s->right[i]);
    }
    sprite_at(canvas, s->player_x, s->player_y, player, false);
}

GB_ENV(gb_env_asterix) = {
    GB_ENV_HEADER,
    .name = "asterix",
    .help = "MinAtar: gather gold among enemies",
    .gym_id = "MinAtar/Asterix-v1",
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
