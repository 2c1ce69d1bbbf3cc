/* minatar.h - what the five MinAtar games share: the board, options, sticky actions.
 *
 * MinAtar: Young and Tian, "MinAtar: An Atari-Inspired Testbed for Thorough and Reproducible
 * Reinforcement Learning Experiments", 2019; rules as of its code of December 2024. The board has
 * 10 x 10 cells, y downward. An observation is a picture of it whose channels tell kinds of things
 * apart: 1 where there is one, else 0.
 *
 * With probability `sticky` the action before is played again. One difference to the original: the
 * first step of an episode has no action before it, where the original repeats the last one of the
 * episode before. So an episode depends on nothing but its own draws.
 *
 * The config of each game is `struct minatar`. Observations are made as bits (observe_bits), which
 * the host turns into numbers on their way to memory: most of the time goes into writing them.
 */
#ifndef GB_ENVS_MINATAR_H
#define GB_ENVS_MINATAR_H

#include "gibbs_plugin.h"

enum { SIZE = 10, CELLS = SIZE * SIZE };
enum { STAY, LEFT, UP, RIGHT, DOWN, FIRE, ACTIONS };

struct minatar {
    double sticky;
    bool ramping;
    char actions[8];
    int max_steps;
    int n, code[ACTIONS];     /* derived: how many actions there are, and which */
    gb_key keys[ACTIONS + 1]; /* derived: for people, whom the game does not wait for */
};

#define MINATAR_OPTS                                                                               \
    {"sticky", GB_F64(struct minatar, sticky), 0.1, 0, 1, "chance that the last action repeats"},  \
        {"actions", GB_TEXT(struct minatar, actions), .text = "minimal",                           \
         .choices = "minimal|full", .help = "those that matter here, or all six, as published"},   \
    {                                                                                              \
        "max_steps", GB_INT(struct minatar, max_steps), 10000, 0, 1e9,                             \
            "steps of an episode at most, 0 for no limit"                                          \
    }
#define MINATAR_RAMPING                                                                            \
    { "ramping", GB_BOOL(struct minatar, ramping), 1, 0, 1, "whether the game gets harder" }

/* --- set-up -----------------------------------------------------------------------------------*/

/* Serves prepare: `minimal` lists the n actions that matter. */
static inline const char *minatar_prepare(struct minatar *c, const int *minimal, int n) {
    c->n = strcmp(c->actions, "full") ? n : ACTIONS;
    static const char *const names[] = {"", "left", "up", "right", "down", "space"};
    for (int k = 0; k < c->n; k++) {
        c->code[k] = c->n == ACTIONS ? k : minimal[k];
        c->keys[k] = (gb_key){names[c->code[k]], k};
    }
    return NULL;
}

/* Serves spec: a board of so many channels; names (n of minatar_prepare) of the minimal actions. */
static inline void minatar_spec(const struct minatar *c, int channels, const char *const *names,
                                gb_spec *out) {
#define TEN(x) x, x, x, x, x, x, x, x, x, x
    static const float zeros[10 * CELLS], ones[] = {TEN(TEN(TEN(1)))};
#undef TEN
    static const char *const all[] = {"stay", "left", "up", "right", "down", "fire"};
    out->obs = (gb_space){GB_BOX, CELLS * channels, zeros, ones, NULL};
    out->obs_shape[0] = out->obs_shape[1] = SIZE;
    out->obs_shape[2] = channels;
    out->act = (gb_space){.kind = GB_DISCRETE, .n = c->n, .names = c->n == ACTIONS ? all : names};
    out->keys = c->keys;
    out->max_steps = c->max_steps;
    out->reward_threshold = NAN;
}

/* --- the board --------------------------------------------------------------------------------*/

static inline bool on_board(int x) {
    return (unsigned)x < SIZE;
}

/* Sets bit k. */
static inline void mark_bit(uint64_t *bits, unsigned k) {
    bits[k / 64] |= (uint64_t)1 << k % 64;
}

/* Sets a cell of a channel; nothing outside of the board, where --state may put things. */
static inline void mark(uint64_t *bits, int channels, int x, int y, int channel) {
    if (on_board(x) && on_board(y)) mark_bit(bits, (unsigned)((y * SIZE + x) * channels + channel));
}

/* Sets the n bits `from` on, 1..64, to those of set. */
static inline void mark_all(uint64_t *bits, int from, int n, uint64_t set) {
    const int shift = from % 64;
    bits[from / 64] |= set << shift;
    if (shift + n > 64) bits[from / 64 + 1] |= set >> (64 - shift);
}

/* Sets a channel of n cells to the right of and with (x, y); n is 0..SIZE - x. */
static inline void mark_run(uint64_t *bits, int channels, int x, int y, int n, int channel) {
    uint64_t five = 0; /* cells: as many as 64 bits hold */
    for (int k = 0; k < 5; k++) five |= (uint64_t)1 << k * channels;
    for (int from = (y * SIZE + x) * channels + channel; n > 0; n -= 5, from += 5 * channels) {
        const int width = (n < 5 ? n : 5) * channels;
        mark_all(bits, from, width, five & (((uint64_t)1 << width) - 1));
    }
}

/* Serves observe: observe_bits of a board of so many channels, as numbers. */
static inline void minatar_observe(void (*observe_bits)(const void *, const void *, uint64_t *),
                                   int channels, const void *state, const void *config,
                                   float *obs) {
    uint64_t bits[10 * CELLS / 64 + 1] = {0};
    observe_bits(state, config, bits);
    gb_bits_expand(bits, channels * CELLS, obs);
}

/* Returns v one further (by = 1), one back (by = -1), or as it is (0); in low..high. Without
 * branches, as actions are not to be predicted; what is outside, as --state may have it, comes to
 * the border and no further. */
static inline int moved(int v, int by, int low, int high) {
    const int inside = (v >= low) & (v <= high), to = v + (inside ? by : 0);
    return to < low ? low : to > high ? high : to;
}

/* --- playing ----------------------------------------------------------------------------------*/

/* Returns the action to play for `wanted`, a number of spec.act, and keeps it in *last. */
static inline int minatar_action(const struct minatar *c, float wanted, int *last, gb_rng *rng) {
    const int action = c->code[(int)wanted];
    return *last = gb_rng_unit(rng) < c->sticky ? *last : action;
}

#endif
