/* toy.h - an environment whose every number is known beforehand, and how tests make instances.
 *
 * Step t of episode e (both from 1) pays t and shows {100 e + t, -t}; it ends after `end` steps.
 * One number may be spoilt in one step.
 */
#ifndef GB_TESTS_TOY_H
#define GB_TESTS_TOY_H

#include "env.h"
#include "opt.h"
#include "support.h"

#include <string.h>

enum { NOTHING, REWARD, OBSERVATION, FIRST_OBSERVATION };

struct toy_config {
    int end, max_steps, spoil, at;
    double with;
};

struct toy {
    int episode, t;
};

static const gb_opt toy_opts[] = {
    {"end", GB_INT(struct toy_config, end), 3, 1, 1000, "steps"},
    {0},
};

static inline const char *toy_prepare(void *config) {
    return ((struct toy_config *)config)->end == 13 ? "end is 13; choose another" : NULL;
}

static inline void toy_spec(const void *config, gb_spec *out) {
    static const char *const names[] = {"clock", "minus_t"};
    const struct toy_config *c = config;
    out->obs = (gb_space){.kind = GB_BOX, .n = 2, .names = names};
    out->act = (gb_space){.kind = GB_DISCRETE, .n = 2};
    out->max_steps = c->max_steps;
}

static inline void toy_reset(void *state, const void *config, gb_rng *rng) {
    (void)config, (void)rng;
    struct toy *s = state;
    s->episode++;
    s->t = 0;
}

static inline gb_step toy_step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)action, (void)rng;
    struct toy *s = state;
    const struct toy_config *c = config;
    s->t++;
    bool spoilt = c->spoil == REWARD && s->t == c->at;
    return (gb_step){spoilt ? c->with : s->t, s->t == c->end};
}

static inline void toy_observe(const void *state, const void *config, float *obs) {
    const struct toy *s = state;
    const struct toy_config *c = config;
    bool spoilt = (c->spoil == OBSERVATION && s->t == c->at) ||
                  (c->spoil == FIRST_OBSERVATION && s->episode == c->at);
    obs[0] = (float)(100 * s->episode + s->t);
    obs[1] = spoilt ? (float)c->with : (float)-s->t;
}

static const gb_env_type toy_type = {
    GB_ENV_HEADER,
    .name = "toy",
    .help = "a toy",
    .state_size = sizeof(struct toy),
    .config_size = sizeof(struct toy_config),
    .opts = toy_opts,
    .prepare = toy_prepare,
    .spec = toy_spec,
    .reset = toy_reset,
    .step = toy_step,
    .observe = toy_observe,
};

static inline void open_type(gb_env *env, const gb_env_type *type) {
    gb_err err = {{0}};
    ck_assert_int_eq(gb_env_init(env, type, &err), GB_OK);
    ck_assert_msg(gb_env_open(env, &err) == GB_OK, "%s", err.msg);
}

/* Opens an environment with options "name=value name=value". Returns gb_env_open's code. */
static inline int open_with(gb_env *env, const gb_env_type *type, const char *options,
                            gb_err *err) {
    char text[300];
    ck_assert_int_eq(gb_env_init(env, type, err), GB_OK);
    gb_format(text, sizeof text, "%s", options);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value++ = 0;
        const gb_opt *row = gb_opts_find(type->opts, word);
        ck_assert_msg(row != NULL, "%s has no option %s", type->name, word);
        ck_assert_msg(gb_opt_set(row, env->config, value, word, err) == GB_OK, "%s", err->msg);
    }
    return gb_env_open(env, err);
}

static inline void open_toy(gb_env *env, struct toy_config config) {
    gb_err err = {{0}};
    ck_assert_int_eq(gb_env_init(env, &toy_type, &err), GB_OK);
    *(struct toy_config *)env->config = config;
    ck_assert_msg(gb_env_open(env, &err) == GB_OK, "%s", err.msg);
}

static inline void make_vec(gb_vec *vec, const gb_env *env, int n, uint64_t seed, uint64_t stream) {
    gb_err err = {{0}};
    ck_assert_msg(gb_vec_init(vec, env, n, seed, stream, &err) == GB_OK, "%s", err.msg);
}

#endif
