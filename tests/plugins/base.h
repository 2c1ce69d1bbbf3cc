/* base.h - a tiny correct environment, which each bad plugin of this folder spoils in one way.
 *
 * A walker on cells 0..6 starts on one of 2..4 and steps left or right; one step in ten slips the
 * other way. Both ends are terminal, the right one pays 1. Seen as a finite MDP; or, with
 * -DBOX or #define BOX before the include, through two real numbers and steered by a third.
 *
 * A bad plugin redefines one of the macros NAME .. BITS and ends with PLUGIN.
 */
#ifndef GB_TESTS_PLUGINS_BASE_H
#define GB_TESTS_PLUGINS_BASE_H

#include "gibbs_plugin.h"

#define CELLS     7
#define MAX_STEPS 12

struct state {
    int cell;
};

static inline int base_model(const void *config, int s, int a, gb_outcome *out, int max) {
    (void)config;
    (void)max;
    bool end = s == 0 || s == CELLS - 1;
    out[0] = (gb_outcome){.probability = 1, .next = s, .terminal = true};
    if (end) return 1;
    for (int side = 0; side < 2; side++) {
        int next = s + (side ? 1 : -1);
        out[side] = (gb_outcome){.probability = side == a ? 0.9 : 0.1,
                                 .next = next,
                                 .reward = next == CELLS - 1 ? 1 : 0,
                                 .terminal = next == 0 || next == CELLS - 1};
    }
    return 2;
}

static inline void base_reset(void *state, const void *config, gb_rng *rng) {
    (void)config;
    struct state *s = state;
    s->cell = 2 + (int)gb_rng_below(rng, 3);
}

static inline void base_draw(const void *state, const void *config, gb_canvas *c) {
    (void)config;
    const struct state *s = state;
    c->view(c, 0, 0, CELLS, 1);
    c->rect(c, 0, 0, CELLS, 1, GB_MUTED);
    c->disc(c, s->cell + 0.5, 0.5, 0.4, GB_BLUE);
}

#ifdef BOX
static inline void base_spec(const void *config, gb_spec *out) {
    (void)config;
    static const float obs_low[] = {0, -1}, obs_high[] = {CELLS - 1, 1}, low[] = {-1}, high[] = {1};
    static const char *const names[] = {"cell", "side"};
    static const gb_key keys[] = {{"left", 0, -1}, {"right", 0, 1}, {0}};
    *out = (gb_spec){.obs = {GB_BOX, 2, obs_low, obs_high, names},
                     .act = {GB_BOX, 1, low, high},
                     .max_steps = MAX_STEPS,
                     .reward_threshold = NAN,
                     .keys = keys};
}

static inline gb_step base_step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct state *s = state;
    return gb_model_step(base_model, config, s->cell, action[0] > 0, &s->cell, rng);
}

static inline void base_observe(const void *state, const void *config, float *obs) {
    (void)config;
    const struct state *s = state;
    obs[0] = (float)s->cell;
    obs[1] = (float)((s->cell > 3) - (s->cell < 3));
}
#define MODEL NULL
#define START NULL
#else
static inline void base_spec(const void *config, gb_spec *out) {
    (void)config;
    static const gb_key keys[] = {{"left", 0}, {"right", 1}, {0}};
    *out = (gb_spec){.obs = {GB_DISCRETE, CELLS},
                     .act = {GB_DISCRETE, 2},
                     .max_steps = MAX_STEPS,
                     .reward_threshold = NAN,
                     .keys = keys};
}

static inline gb_step base_step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct state *s = state;
    return gb_model_step(base_model, config, s->cell, (int)action[0], &s->cell, rng);
}

static inline void base_observe(const void *state, const void *config, float *obs) {
    (void)config;
    const struct state *s = state;
    obs[0] = (float)s->cell;
}

static inline double base_start(const void *config, int s) {
    (void)config;
    return s >= 2 && s <= 4 ? 1.0 / 3 : 0;
}
#define MODEL base_model
#define START base_start
#endif

static inline void base_step_block(const void *config, const gb_env_block *b) {
    struct state copies[GB_BLOCK], *s = gb_env_block_load(b, copies, sizeof *s);
    gb_spec spec;
    base_spec(config, &spec);
    for (int i = 0; i < b->n; i++) {
        gb_step step = base_step(&s[i], config, b->action + i, &b->rng[i]);
        b->reward[i] = step.reward;
        b->terminal[i] = step.terminal;
        base_observe(&s[i], config, b->obs + i * (spec.obs.kind == GB_BOX ? spec.obs.n : 1));
    }
    gb_env_block_store(b, s, sizeof *s);
}

#define ABI         GB_ABI
#define SIZE        sizeof(gb_env_type)
#define SPEC_SIZE   sizeof(gb_spec)
#define NAME        "tiny"
#define STATE_SIZE  sizeof(struct state)
#define CONFIG_SIZE 0
#define OPTS        NULL
#define FIELDS      NULL
#define SPEC        base_spec
#define RESET       base_reset
#define STEP        base_step
#define OBSERVE     base_observe
#define DRAW        base_draw
#define STEP_BLOCK  NULL
#define CELL        NULL
#define BITS        NULL

#define PLUGIN                                                                                     \
    GB_ENV(tiny) = {.abi = ABI,                                                                    \
                    .size = SIZE,                                                                  \
                    .spec_size = SPEC_SIZE,                                                        \
                    .name = NAME,                                                                  \
                    .help = "a walker on a few cells",                                             \
                    .state_size = STATE_SIZE,                                                      \
                    .config_size = CONFIG_SIZE,                                                    \
                    .opts = OPTS,                                                                  \
                    .fields = FIELDS,                                                              \
                    .spec = SPEC,                                                                  \
                    .reset = RESET,                                                                \
                    .step = STEP,                                                                  \
                    .observe = OBSERVE,                                                            \
                    .model = MODEL,                                                                \
                    .draw = DRAW,                                                                  \
                    .start = START,                                                                \
                    .step_block = STEP_BLOCK,                                                      \
                    .cell = CELL,                                                                  \
                    .observe_bits = BITS}

#endif
