/* breakout - return a ball with a paddle, and break a wall of three rows of bricks with it.
 *
 * MinAtar's Breakout (minatar.h). The ball flies diagonally, one cell a step. A brick pays 1; the
 * ball breaks one in a row of steps that touch bricks. A wall that is gone is built again when the
 * ball comes down to the paddle; a ball that gets past it ends the episode.
 */
#include "sprites.h"

enum { CHANNELS = 4, PADDLE = 0, BALL, TRAIL, BRICK };
enum { WALL = 1, WALL_ROWS = 3, BRICKS = WALL_ROWS * SIZE };
static const uint32_t all_bricks = (1u << BRICKS) - 1;

struct state {
    int ball_x, ball_y, last_x, last_y; /* of the ball, now and a step ago */
    int direction;                      /* 0..3: left up, right up, right down, left down */
    int paddle;                         /* column of the paddle, in the lowest row */
    bool strike;                        /* the ball touched a brick in the last step */
    uint32_t bricks;                    /* bit 10 k + x: the brick in row WALL + k, column x */
    int last_action;
};

static const gb_opt opts[] = {MINATAR_OPTS, {0}};

static const gb_field fields[] = {
    {"ball_x", GB_INT(struct state, ball_x)},
    {"ball_y", GB_INT(struct state, ball_y)},
    {"last_x", GB_INT(struct state, last_x)},
    {"last_y", GB_INT(struct state, last_y)},
    {"direction", GB_INT(struct state, direction)},
    {"paddle", GB_INT(struct state, paddle)},
    {"strike", GB_BOOL(struct state, strike)},
    {"last_action", GB_INT(struct state, last_action)},
    {0},
};

static const char *prepare(void *config) {
    static const int minimal[] = {STAY, LEFT, RIGHT};
    return minatar_prepare(config, minimal, 3);
}

static void spec(const void *config, gb_spec *out) {
    static const char *const names[] = {"stay", "left", "right"};
    minatar_spec(config, CHANNELS, names, out);
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    const int side = (int)gb_rng_below(rng, 2), x = side * (SIZE - 1), y = WALL + WALL_ROWS - 1;
    *(struct state *)state = (struct state){.ball_x = x,
                                            .ball_y = y,
                                            .last_x = x,
                                            .last_y = y,
                                            .direction = 2 + side,
                                            .paddle = SIZE / 2 - 1,
                                            .bricks = all_bricks};
}

/* Returns the bit of the brick at (x, y); 0 outside of the wall's rows. */
static inline uint32_t brick_bit(int x, int y) {
    const int k = y - WALL;
    return (unsigned)k < WALL_ROWS ? 1u << (k * SIZE + x) : 0;
}

/* Moves the ball. Of a direction d, d ^ 1 is its mirror image in x and 3 - d in y. */
static inline gb_step fly(struct state *s) {
    const int d = s->direction & 3, dx = d == 1 || d == 2 ? 1 : -1, dy = d < 2 ? -1 : 1;
    const int old_x = moved(s->ball_x, 0, 0, SIZE - 1), old_y = moved(s->ball_y, 0, 0, SIZE - 1);
    const int wall = !on_board(old_x + dx), x = wall ? old_x : old_x + dx;
    int y = old_y + dy;
    gb_step step = {0};
    s->direction = d ^ wall;
    s->last_x = old_x;
    s->last_y = old_y;
    const uint32_t brick = s->bricks & brick_bit(x, y);
    if (y < 0) {
        y = 0;
        s->direction = 3 - s->direction;
    } else if (brick && !s->strike) {
        step.reward = 1;
        s->bricks ^= brick;
        y = old_y;
        s->direction = 3 - s->direction;
    } else if (y >= SIZE - 1) {
        if (!s->bricks) s->bricks = all_bricks;
        if (old_x == s->paddle || x == s->paddle) { /* at the very edge it flies back */
            s->direction = old_x == s->paddle ? 3 - s->direction : s->direction ^ 2;
            y = old_y;
        } else {
            step.terminal = true;
        }
    }
    s->strike = brick != 0;
    s->ball_x = x;
    s->ball_y = y;
    return step;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct state *s = state;
    const int a = minatar_action(config, action[0], &s->last_action, rng);
    s->paddle = moved(s->paddle, (a == RIGHT) - (a == LEFT), 0, SIZE - 1);
    return fly(s);
}

/* Returns 16 bits, CHANNELS from one to the next: halves part, then quarters, and so on. */
static inline uint64_t four_apart(uint64_t bits) {
    bits = (bits | bits << 24) & 0x000000ff000000ff;
    bits = (bits | bits << 12) & 0x000f000f000f000f;
    bits = (bits | bits << 6) & 0x0303030303030303;
    return (bits | bits << 3) & 0x1111111111111111;
}

static void observe_bits(const void *state, const void *config, uint64_t *bits) {
    (void)config;
    const struct state *s = state;
    const int wall = WALL * SIZE * CHANNELS + BRICK;
    mark_all(bits, wall, 64, four_apart(s->bricks & 0xffff));
    mark_all(bits, wall + 64, 4 * (BRICKS - 16), four_apart(s->bricks >> 16));
    mark(bits, CHANNELS, s->paddle, SIZE - 1, PADDLE);
    mark(bits, CHANNELS, s->ball_x, s->ball_y, BALL);
    mark(bits, CHANNELS, s->last_x, s->last_y, TRAIL);
}

static void observe(const void *state, const void *config, float *obs) {
    minatar_observe(observe_bits, CHANNELS, state, config, obs);
}

static void draw(const void *state, const void *config, gb_canvas *canvas) {
    (void)config;
    const struct state *s = state;
    const double x = s->ball_x + 0.5, y = SIZE - s->ball_y - 0.5;
    const double last_x = s->last_x + 0.5, last_y = SIZE - s->last_y - 0.5;
    draw_board(canvas, true);
    for (int k = 0; k < BRICKS; k++)
        if (s->bricks >> k & 1)
            canvas->rect(canvas, k % SIZE + 0.04, SIZE - 1 - WALL - k / SIZE + 0.08, 0.92, 0.84,
                         GB_GREEN);
    for (int k = 1; k <= 3; k++)
        canvas->disc(canvas, last_x + (x - last_x) * k / 4, last_y + (y - last_y) * k / 4,
                     0.06 + 0.05 * k, GB_MUTED);
    canvas->disc(canvas, x, y, 0.32, GB_ORANGE);
    canvas->rect(canvas, s->paddle, 0.3, 1, 0.4, GB_BLUE);
}

GB_ENV(gb_env_breakout) = {
    GB_ENV_HEADER,
    .name = "breakout",
    .help = "MinAtar: break a wall with a ball",
    .gym_id = "MinAtar/Breakout-v1",
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
