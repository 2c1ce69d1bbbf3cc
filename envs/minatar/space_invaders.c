/* space_invaders - shoot rows of aliens that come down and shoot back.
 *
 * MinAtar's Space Invaders (minatar.h). The fewer aliens are left, the faster they move. Each pays
 * 1; a wave that is gone is followed by another, faster one if `ramping`. A bullet, an alien on the
 * cannon or one in the lowest row when they turn ends the episode. Nothing is random here but
 * sticky actions.
 */
#include "sprites.h"

enum { CHANNELS = 6, CANNON = 0, ALIEN, TO_LEFT, TO_RIGHT, SHOT, BOMB };
enum { SHOT_COOL_DOWN = 5, BOMB_INTERVAL = 10, MOVE_INTERVAL = 12, LEAST_INTERVAL = 6 };
enum { WAVE_ROWS = 4, WAVE = 0xfc, FIRST = 1, LAST = 1 << (SIZE - 1), FULL = 2 * LAST - 1 };

/* Things on the board are bits: of row y, bit x is column x. */
typedef uint16_t rows[SIZE];

struct state {
    int cannon;    /* its column, in the lowest row */
    int direction; /* of the aliens: -1 left, 1 right */
    int interval;  /* steps between moves of many aliens */
    int move_timer, bomb_timer, shot_timer;
    int last_action;
    rows aliens, shots, bombs; /* bombs: the aliens' bullets */
};

static const gb_opt opts[] = {MINATAR_OPTS, MINATAR_RAMPING, {0}};

static const gb_field fields[] = {
    {"cannon", GB_INT(struct state, cannon)},
    {"direction", GB_INT(struct state, direction)},
    {"interval", GB_INT(struct state, interval)},
    {"move_timer", GB_INT(struct state, move_timer)},
    {"bomb_timer", GB_INT(struct state, bomb_timer)},
    {"shot_timer", GB_INT(struct state, shot_timer)},
    {"last_action", GB_INT(struct state, last_action)},
    {0},
};

static const char *prepare(void *config) {
    static const int minimal[] = {STAY, LEFT, RIGHT, FIRE};
    return minatar_prepare(config, minimal, 4);
}

static void spec(const void *config, gb_spec *out) {
    static const char *const names[] = {"stay", "left", "right", "fire"};
    minatar_spec(config, CHANNELS, names, out);
}

static inline void new_wave(rows aliens) {
    for (int y = 0; y < SIZE; y++) aliens[y] = y < WAVE_ROWS ? WAVE : 0;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    struct state *s = state;
    (void)config, (void)rng;
    *s = (struct state){.cannon = SIZE / 2,
                        .direction = -1,
                        .interval = MOVE_INTERVAL,
                        .move_timer = MOVE_INTERVAL,
                        .bomb_timer = BOMB_INTERVAL};
    new_wave(s->aliens);
}

/* Returns the columns in which any row has a bit. */
static inline unsigned columns(const rows r) {
    unsigned all = 0;
    for (int y = 0; y < SIZE; y++) all |= r[y];
    return all;
}

static inline int count(unsigned bits) {
    int n = 0;
    for (; bits; bits &= bits - 1) n++;
    return n;
}

static inline bool at_cannon(const struct state *s, const rows r) {
    return r[SIZE - 1] >> s->cannon & 1;
}

/* Eight of nine rows at once: a compiler makes one load and one store of that. */
static inline void shift_up(rows r) {
    memmove(r, r + 1, 8 * sizeof *r);
    r[8] = r[9];
    r[9] = 0;
}

static inline void shift_down(rows r, uint16_t enters) {
    r[9] = r[8];
    memmove(r + 1, r, 8 * sizeof *r);
    r[0] = enters;
}

/* The aliens' move: aside, or down where they turn. Returns whether that ends the episode. */
static inline bool march(struct state *s) {
    const unsigned all = columns(s->aliens);
    bool end = false;
    int n = 0;
    for (int y = 0; y < SIZE; y++) n += count(s->aliens[y]);
    s->move_timer = n < s->interval ? n : s->interval;
    if (all & (s->direction < 0 ? FIRST : LAST)) {
        s->direction = s->direction < 0 ? 1 : -1;
        end = s->aliens[SIZE - 1] != 0;
        shift_down(s->aliens, s->aliens[SIZE - 1]);
    } else {
        for (int y = 0; y < SIZE; y++) {
            const unsigned row = s->aliens[y];
            s->aliens[y] = (uint16_t)((s->direction < 0 ? row >> 1 : row << 1) & FULL);
        }
    }
    return end || at_cannon(s, s->aliens);
}

/* The lowest alien of the column nearest to the cannon, the left one of two, drops a bomb. */
static inline void drop_bomb(struct state *s) {
    const unsigned all = columns(s->aliens);
    if (!all) return;
    int distance = 0, x = s->cannon, y = SIZE - 1;
    while (!(on_board(x) && all >> x & 1)) {
        const bool left_was_tried = x < s->cannon;
        distance += !left_was_tried;
        x = s->cannon + (left_was_tried ? distance : -distance);
    }
    while (!(s->aliens[y] >> x & 1)) y--;
    s->bombs[y] |= (uint16_t)(1u << x);
}

static inline int kill(struct state *s) {
    int n = 0;
    for (int y = 0; y < SIZE; y++) {
        const uint16_t hit = s->aliens[y] & s->shots[y];
        if (!hit) continue;
        s->aliens[y] ^= hit;
        s->shots[y] ^= hit;
        n += count(hit);
    }
    return n;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    const struct minatar *c = config;
    struct state *s = state;
    gb_step step = {0};
    const int a = minatar_action(c, action[0], &s->last_action, rng);
    s->cannon = moved(s->cannon, (a == RIGHT) - (a == LEFT), 0, SIZE - 1);
    if (a == FIRE && s->shot_timer <= 0) {
        s->shots[SIZE - 1] |= (uint16_t)(1u << s->cannon);
        s->shot_timer = SHOT_COOL_DOWN;
    }
    shift_up(s->shots);
    shift_down(s->bombs, 0);
    step.terminal = at_cannon(s, s->bombs) || at_cannon(s, s->aliens);
    if (s->move_timer <= 0) step.terminal |= march(s);
    if (s->bomb_timer <= 0) {
        s->bomb_timer = BOMB_INTERVAL;
        drop_bomb(s);
    }
    step.reward = kill(s);
    s->shot_timer -= s->shot_timer > 0;
    s->move_timer -= s->move_timer > 0;
    s->bomb_timer -= s->bomb_timer > 0;
    if (!columns(s->aliens)) {
        s->interval -= c->ramping && s->interval > LEAST_INTERVAL;
        new_wave(s->aliens);
    }
    return step;
}

/* Returns the ten bits of a row, CHANNELS from one to the next. A product puts bit k of five, moved
 * by 5 k, at 6 k; the other bits of it do not meet, so that nothing is carried. */
static inline uint64_t six_apart(uint32_t row) {
    const uint32_t moves = 0x108421, places = 0x1041041;
    const uint32_t low = (row & 31) * moves & places, high = (row >> 5 & 31) * moves & places;
    return low | (uint64_t)high << 5 * CHANNELS;
}

static void observe_bits(const void *state, const void *config, uint64_t *bits) {
    (void)config;
    const struct state *s = state;
    const int heading = s->direction < 0 ? TO_LEFT : TO_RIGHT;
    uint64_t row[SIZE]; /* first, as a loop that runs on vectors */
    for (int y = 0; y < SIZE; y++) {
        const uint64_t aliens = six_apart(s->aliens[y]);
        row[y] = aliens << ALIEN | aliens << heading | six_apart(s->shots[y]) << SHOT |
                 six_apart(s->bombs[y]) << BOMB;
    }
    for (int y = 0; y < SIZE; y++) mark_all(bits, y * SIZE * CHANNELS, SIZE * CHANNELS, row[y]);
    mark(bits, CHANNELS, s->cannon, SIZE - 1, CANNON);
}

static void observe(const void *state, const void *config, float *obs) {
    minatar_observe(observe_bits, CHANNELS, state, config, obs);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    static const char *const alien[] = {"........", ".g....g.", "..gggg..", ".gwggwg.",
                                        ".gggggg.", ".gggggg.", ".g.gg.g.", "..g..g.."};
    static const char *const cannon[] = {"........", "...bb...", "...bb...", ".bbbbbb.",
                                         "bbbbbbbb", "bbbbbbbb", "bbbbbbbb", "........"};
    static const char *const shot[] = {"...oo...", "...oo...", "...oo...", "...oo...",
                                       "...oo...", "........", "........", "........"};
    static const char *const bomb[] = {"........", "....r...", "...r....", "....r...",
                                       "...r....", "..rrrr..", "...rr...", "........"};
    (void)config;
    const struct state *s = state;
    draw_board(canvas, true);
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++) {
            if (s->aliens[y] >> x & 1) sprite(canvas, x, y, alien, false);
            if (s->shots[y] >> x & 1) sprite(canvas, x, y, shot, false);
            if (s->bombs[y] >> x & 1) sprite(canvas, x, y, bomb, false);
        }
    sprite_at(canvas, s->cannon, SIZE - 1, cannon, false);
}

GB_ENV(gb_env_space_invaders) = {
    GB_ENV_HEADER,
    .name = "space_invaders",
    .help = "MinAtar: shoot aliens that come down",
    .gym_id = "MinAtar/SpaceInvaders-v1",
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
