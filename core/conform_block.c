/* conform_block.c - step_block against step and observe: instances stepped together and one by one
 * must show the same, bit for bit, in blocks of all sizes. */
#include "probe.h"
#include "rng.h"

#include <string.h>

#define ROUNDS   60 /* steps of every block */
#define SIZES    17 /* blocks of 1..SIZES, which have every rest of a vector, and the largest */
#define N_ARRAYS 6

/* The instances of a block, with guards around each array, and their twins. */
typedef struct twins {
    const gb_env *env;
    gb_env_block block;
    gb_probe *one;                  /* (n) owned: the same instances, stepped one by one */
    gb_trace seen;                  /* (n) what step and observe did to them */
    unsigned char *memory, *config; /* owned: the arrays; a copy of config */
    struct array {
        const char *name;
        size_t bytes;
        unsigned char *at;
    } array[N_ARRAYS]; /* states, actions, rng, rewards, terminals, observations */
} twins;

static size_t obs_bytes(const twins *t) {
    return (size_t)t->one->obs_size * sizeof(float);
}
static size_t act_bytes(const twins *t) {
    return (size_t)t->one->act_size * sizeof(float);
}
static unsigned char *state_of(const twins *t, int i) {
    return (unsigned char *)t->block.states + (size_t)i * t->block.stride;
}

static void twins_free(twins *t) {
    for (int i = 0; t->one && i < t->block.n; i++) gb_probe_free(&t->one[i]);
    gb_dealloc(t->one);
    gb_trace_free(&t->seen);
    gb_dealloc(t->memory);
    gb_dealloc(t->config);
}

/* Cuts the arrays of the block from one piece of memory. */
static int lay_out(twins *t, gb_err *why) {
    const size_t n = (size_t)t->block.n;
    const struct array arrays[N_ARRAYS] = {{"states", n * t->block.stride, NULL},
                                           {"actions", n * act_bytes(t), NULL},
                                           {"random streams", n * sizeof(gb_rng), NULL},
                                           {"rewards", n * sizeof(double), NULL},
                                           {"terminals", n, NULL},
                                           {"observations", n * obs_bytes(t), NULL}};
    size_t total = GB_PROBE_GUARD;
    for (int k = 0; k < N_ARRAYS; k++) total += (arrays[k].bytes + 63) / 64 * 64 + GB_PROBE_GUARD;
    t->memory = gb_alloc(total, 1, why);
    if (!t->memory) return GB_FAIL;
    memset(t->memory, GB_PROBE_BYTE, total);
    unsigned char *at = t->memory + GB_PROBE_GUARD;
    for (int k = 0; k < N_ARRAYS; k++) {
        t->array[k] = arrays[k];
        t->array[k].at = at;
        at += (arrays[k].bytes + 63) / 64 * 64 + GB_PROBE_GUARD;
    }
    t->block.states = t->array[0].at;
    t->block.action = (float *)t->array[1].at;
    t->block.rng = (gb_rng *)t->array[2].at;
    t->block.reward = (double *)t->array[3].at;
    t->block.terminal = t->array[4].at;
    t->block.obs = (float *)t->array[5].at;
    return GB_OK;
}

/* The states of odd blocks lie close together, if their size allows it; of even ones not. */
static int twins_init(twins *t, const gb_env *env, int n, uint64_t seed, gb_err *why) {
    const size_t align = _Alignof(max_align_t), size = env->type->state_size;
    const size_t close = (size + align - 1) / align * align;
    *t = (twins){.env = env, .block = {.n = n, .stride = n % 2 ? close : close + align}};
    t->one = gb_alloc((size_t)n, sizeof *t->one, why);
    t->config = gb_alloc(env->type->config_size, 1, why);
    if (!t->one || !t->config) return GB_FAIL;
    if (env->type->config_size) memcpy(t->config, env->config, env->type->config_size);
    for (int i = 0; i < n; i++)
        if (gb_probe_init(&t->one[i], env, seed + (uint64_t)i, why)) return GB_FAIL;
    if (gb_trace_init(&t->seen, env, n, why)) return GB_FAIL;
    return lay_out(t, why);
}

/* Begins a new episode where one is over, and chooses actions, for both. */
static void prepare(twins *t) {
    for (int i = 0; i < t->block.n; i++) {
        gb_probe *one = &t->one[i];
        if (gb_probe_over(one)) {
            gb_probe_reset(one);
            memcpy(state_of(t, i), one->state, t->env->type->state_size);
            t->block.rng[i] = one->rng;
        }
        gb_probe_choose(one);
        memcpy(t->array[1].at + (size_t)i * act_bytes(t), one->action, act_bytes(t));
    }
    for (int k = 3; k < N_ARRAYS; k++) memset(t->array[k].at, GB_PROBE_BYTE, t->array[k].bytes);
}

/* Returns what step_block wrote that it must not, or NULL. */
static const char *misplaced(const twins *t, char *text, size_t size) {
    const gb_env_type *type = t->env->type;
    for (int k = 0; k < N_ARRAYS; k++)
        if (!gb_probe_guarded(t->array[k].at, t->array[k].bytes))
            return gb_format(text, size, "it wrote beside the %s", t->array[k].name);
    for (int i = 0; i < t->block.n; i++) {
        if (memcmp(t->block.action + (size_t)i * (size_t)t->one->act_size, t->one[i].action,
                   act_bytes(t)))
            return "it changed an action";
        for (size_t k = type->state_size; k < t->block.stride; k++)
            if (state_of(t, i)[k] != GB_PROBE_BYTE) return "it wrote between the states";
    }
    if (type->config_size && memcmp(t->config, t->env->config, type->config_size))
        return "it changed config";
    return NULL;
}

/* Returns what instance i shows that its twin does not, or NULL. Of the state, named variables are
 * compared: padding may hold anything. */
static const char *difference(const twins *t, int i, char *text, size_t size) {
    const gb_field *field = t->env->type->fields;
    gb_probe together = t->one[i];
    together.obs = t->block.obs + (size_t)i * (size_t)t->one->obs_size;
    together.last = (gb_step){t->block.reward[i], t->block.terminal[i] != 0};
    const char *found = gb_trace_difference(&t->seen, i, &together, text, size);
    if (found) return found;
    if (t->block.terminal[i] > 1)
        return gb_format(text, size, "terminal is %d, not 0 or 1", t->block.terminal[i]);
    if (memcmp(&t->block.rng[i], &t->one[i].rng, sizeof(gb_rng)))
        return "the random stream was drawn from differently";
    for (; field && field->name; field++)
        for (int k = 0; k < gb_field_elements(field); k++) {
            double was = gb_field_get(field, t->one[i].state, k);
            double now = gb_field_get(field, state_of(t, i), k);
            if (memcmp(&was, &now, sizeof was))
                return gb_format(text, size, "%s was %.17g, now %.17g", field->name, was, now);
        }
    return NULL;
}

/* Steps all instances both ways. Returns whether nothing was out of order. */
static bool go(twins *t, uint64_t seed, gb_err *why) {
    char text[200], where[80];
    prepare(t);
    for (int i = 0; i < t->block.n; i++) {
        gb_probe_step(&t->one[i]);
        gb_probe_look(&t->one[i]);
        gb_trace_set(&t->seen, i, &t->one[i]);
    }
    t->env->type->step_block(t->env->config, &t->block);
    const char *what = misplaced(t, text, sizeof text);
    if (what)
        gb_fail(why, GB_FAIL, "step_block, a block of %d: %s; write rows 0..n-1 and nothing else",
                t->block.n, what);
    for (int i = 0; i < t->block.n && !what; i++) {
        what = difference(t, i, text, sizeof text);
        if (what)
            gb_fail(why, GB_FAIL,
                    "step_block, a block of %d: after step and observe %s (instance %d, %s); let "
                    "both forms call one function, and compile with -ffp-contract=off",
                    t->block.n, what, i,
                    gb_probe_where(&t->one[i], seed + (uint64_t)i, where, sizeof where));
    }
    return !what;
}

gb_verdict gb_check_block(const gb_env *env, uint64_t seed, gb_err *why) {
    if (!env->type->step_block) {
        gb_fail(why, GB_OK, "none given");
        return GB_INAPPLICABLE;
    }
    if (gb_check_find("seed")->run(env, seed, NULL) != GB_PASSED) {
        gb_fail(why, GB_OK, "cannot be told before the same seed takes the same path");
        return GB_INAPPLICABLE;
    }
    bool sound = true;
    for (int n = 1; n <= SIZES + 1 && sound; n++) {
        twins t;
        sound = !twins_init(&t, env, n <= SIZES ? n : GB_BLOCK, seed, why);
        for (int round = 0; round < ROUNDS && sound; round++) sound = go(&t, seed, why);
        twins_free(&t);
    }
    return sound ? GB_PASSED : GB_FAILED;
}
