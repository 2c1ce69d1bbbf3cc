/* env_step.c - one step of n instances: cut among threads, and into blocks that stay in the nearest
 * cache while each of them is stepped, observed, counted, and begun anew where its episode ended.
 */
#include "env.h"

#include "pool.h"
#include "sound.h"
#include "space.h"
#include "stream.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/* Says what is wrong with one observation; when is "reset" or "step 12". */
static int observation_fault(const gb_vec *vec, const float *obs, const char *when, gb_err *err) {
    return gb_observation_fault(vec->env->type->name, &vec->env->spec.obs, obs, when, err);
}

/* Says what the first faulty instance of the last step did wrong. */
static int step_fault(const gb_vec *vec, gb_err *err) {
    char when[40], value[32];
    for (int i = 0; i < vec->n; i++) {
        size_t row = (size_t)i * (size_t)vec->obs_size;
        gb_format(when, sizeof when, "step %lld", (long long)vec->steps - vec->n + i + 1);
        if (!isfinite(vec->reward[i]))
            return gb_fail(err, GB_FAIL,
                           "%s: %s: reward is %s; mend the environment's step function",
                           vec->env->type->name, when,
                           gb_number_name((double)vec->reward[i], value));
        if (!gb_observations_sound(&vec->env->spec.obs, vec->next_obs + row, 1))
            return observation_fault(vec, vec->next_obs + row, when, err);
    }
    return GB_OK;
}

static float *row_of(const gb_vec *vec, float *obs, int i) {
    return obs + (size_t)i * (size_t)vec->obs_size;
}

static void reset_instance(gb_vec *vec, int i) {
    vec->env->type->reset(gb_vec_state(vec, i), vec->env->config, &vec->rng[i]);
}

/* Instances are stepped in blocks that stay in the nearest cache between the passes: from on, n. */
typedef struct block {
    int from, n;
    double reward[GB_BLOCK];
} block;

enum { NEAR = 4096 };           /* numbers that the nearest cache holds beside other things */
enum { FAR = 8 * 1024 * 1024 }; /* bytes that caches do not hold for long */

/* Steps instance i; its observation is still to come. */
static inline void step_one(gb_vec *vec, const float *action, block *b, int i) {
    const int at = b->from + i;
    const gb_step step =
        vec->env->type->step(gb_vec_state(vec, at), vec->env->config,
                             action + (size_t)at * (size_t)vec->act_size, &vec->rng[at]);
    b->reward[i] = step.reward;
    vec->terminal[at] = step.terminal;
}

/* Appends the observation of instance i to a stream of numbers, if it comes as bits. */
static inline void observe_bits(const gb_vec *vec, int i, gb_bit_stream *stream) {
    uint64_t bits[NEAR / 64];
    memset(bits, 0, ((size_t)vec->obs_size + 63) / 64 * sizeof *bits);
    vec->env->type->observe_bits(gb_vec_state(vec, i), vec->env->config, bits);
    gb_bit_stream_put(stream, bits, vec->obs_size);
}

static bool comes_as_bits(const gb_vec *vec) {
    return vec->env->type->observe_bits && vec->obs_size <= NEAR;
}

/* Steps and observes a block: bits become numbers only when they are stored, and that goes on while
 * the next instance is stepped. */
static void move_bits(gb_vec *vec, const float *action, block *b, bool past) {
    gb_bit_stream stream = {.to = row_of(vec, vec->next_obs, b->from)};
    stream.past = past && (uintptr_t)stream.to % 64 == 0;
    for (int i = 0; i < b->n; i++) {
        step_one(vec, action, b, i);
        observe_bits(vec, b->from + i, &stream);
    }
    gb_bit_stream_end(&stream);
}

/* Lets the environment step and observe a block. For a few instances, the beginnings and ends of
 * step_block's loops would cost more than they save. Long observations of many instances are
 * written and looked at in the nearest cache, and then past all caches: they would be gone from
 * there before somebody reads them, and would take others along. Returns whether all are sound. */
static bool move_block(gb_vec *vec, const float *action, block *b) {
    const gb_env_type *type = vec->env->type;
    const void *config = vec->env->config;
    const size_t from = (size_t)b->from, n = (size_t)b->n, obs_size = (size_t)vec->obs_size;
    const size_t act_size = (size_t)vec->act_size;
    float *const obs = row_of(vec, vec->next_obs, b->from);
    enum { few = 4 };
    if (type->step_block && b->n >= few) {
        const gb_env_block whole = {.n = b->n,
                                    .stride = vec->stride,
                                    .states = gb_vec_state(vec, b->from),
                                    .action = action + from * act_size,
                                    .rng = vec->rng + from,
                                    .reward = b->reward,
                                    .terminal = vec->terminal + from,
                                    .obs = obs};
        type->step_block(config, &whole);
        return gb_observations_sound(&vec->env->spec.obs, obs, n);
    }
    const bool far = n * obs_size <= NEAR && obs_size > NEAR / GB_BLOCK &&
                     (double)vec->n * (double)obs_size * sizeof *obs > FAR;
    if (comes_as_bits(vec)) {
        move_bits(vec, action, b, far);
        return true;
    }
    _Alignas(64) float near[NEAR];
    near[0] = 0; /* for compilers that see a reader, but not the writer */
    float *const to = far ? near : obs;
    for (int i = 0; i < b->n; i++) {
        step_one(vec, action, b, i);
        type->observe(gb_vec_state(vec, b->from + i), config, to + (size_t)i * obs_size);
    }
    const bool sound = gb_observations_sound(&vec->env->spec.obs, to, n);
    if (far) gb_stream_copy(obs, near, n * obs_size);
    return sound;
}

/* Keeps the books of a block: ages, limits, returns. Returns whether an episode finished. No
 * branches, and one width of numbers a loop, so that the loops run on vectors. */
static bool count_block(gb_vec *vec, const block *b) {
    const int n = b->n, max = vec->env->spec.max_steps, limit = max > 0 ? max : INT_MAX;
    const uint8_t limited = max > 0;
    int *restrict age = vec->age + b->from;
    double *restrict ret = vec->ret + b->from;
    float *restrict reward = vec->reward + b->from;
    const uint8_t *restrict terminal = vec->terminal + b->from;
    uint8_t *restrict truncated = vec->truncated + b->from;
    uint8_t finished = 0;
    for (int i = 0; i < n; i++) {
        ret[i] += b->reward[i];
        reward[i] = (float)b->reward[i];
    }
    for (int i = 0; i < n; i++) {
        age[i] += age[i] < INT_MAX;
        truncated[i] = age[i] >= limit;
    }
    for (int i = 0; i < n; i++) {
        truncated[i] &= limited & (terminal[i] ^ 1);
        finished |= truncated[i] | terminal[i];
    }
    return finished;
}

/* Lists the finished ones of n instances, n <= GB_BLOCK, from `from` on. Returns how many. Most
 * often eight at once have not; where one has, no branch depends on which. */
static int list_finished(const gb_vec *vec, int from, int n, int list[GB_BLOCK + 1]) {
    const uint8_t *terminal = vec->terminal + from, *truncated = vec->truncated + from;
    int finished = 0, i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t ends, cuts;
        memcpy(&ends, terminal + i, sizeof ends);
        memcpy(&cuts, truncated + i, sizeof cuts);
        for (int k = i; (ends | cuts) && k < i + 8; k++) {
            list[finished] = from + k;
            finished += terminal[k] | truncated[k];
        }
    }
    for (; i < n; i++) {
        list[finished] = from + i;
        finished += terminal[i] | truncated[i];
    }
    return finished;
}

/* Lists the finished episodes of a block from number `at` on, and begins new ones. Returns how
 * many. */
static int renew_block(gb_vec *vec, const block *b, int at) {
    int which[GB_BLOCK + 1];
    const int finished = list_finished(vec, b->from, b->n, which);
    for (int k = 0; k < finished; k++) {
        const int i = which[k];
        vec->ended[at + k] = i;
        vec->episode[i] = (gb_episode){vec->ret[i], vec->age[i], vec->terminal[i] != 0};
        vec->ret[i] = 0;
        vec->age[i] = 0;
        reset_instance(vec, i);
    }
    return finished;
}

/* Instances that one thread steps: from..to-1. */
typedef struct range {
    _Alignas(64) int from; /* each in a line of its own: threads write theirs */
    int to;
    int finished; /* episodes, listed in vec->ended[from] and on */
    bool sound;   /* all numbers were */
} range;

static void step_range(gb_vec *vec, const float *action, range *r) {
    /* fours of rows are whole cache lines, mostly: stores past the caches want them */
    const int fits = NEAR / vec->obs_size, fours = fits > 4 ? fits / 4 * 4 : fits;
    const int length = fours < 1 ? 1 : fours < GB_BLOCK ? fours : GB_BLOCK;
    for (int i = r->from; i < r->to; i += length) {
        block b; /* not as a literal, which would clear the rewards */
        b.from = i;
        b.n = r->to - i < length ? r->to - i : length;
        const bool sound = move_block(vec, action, &b), finished = count_block(vec, &b);
        if (!sound || !gb_all_finite(vec->reward + i, (size_t)b.n)) r->sound = false;
        if (finished) r->finished += renew_block(vec, &b, r->from + r->finished);
    }
}

/* What all threads share. */
typedef struct stepping {
    gb_vec *vec;
    const float *action;
    float *drawn; /* where to draw actions first, or NULL */
    range *ranges;
} stepping;

/* Where the instances of a part begin: on whole cache lines of their numbers. */
static int part_begin(const gb_vec *vec, int part, int parts) {
    enum { LINE = 16 };
    return part == parts ? vec->n : (int)((int64_t)vec->n * part / parts) / LINE * LINE;
}

static void draw_part(void *context, int part, int parts) {
    const stepping *s = context;
    const gb_vec *vec = s->vec;
    const int from = part_begin(vec, part, parts), to = part_begin(vec, part + 1, parts);
    gb_space_sample_each(&vec->env->spec.act, vec->rng + from, to - from,
                         s->drawn + (size_t)from * (size_t)vec->act_size);
}

static void step_part(void *context, int part, int parts) {
    const stepping *s = context;
    s->ranges[part] = (range){.from = part_begin(s->vec, part, parts),
                              .to = part_begin(s->vec, part + 1, parts),
                              .sound = true};
    if (s->drawn) draw_part(context, part, parts);
    step_range(s->vec, s->action, &s->ranges[part]);
}

/* Of the n ascending numbers in list, returns how many are below `end`. */
static int count_below(const int *list, int n, int end) {
    int low = 0;
    while (low < n) {
        const int middle = low + (n - low) / 2;
        if (list[middle] < end)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

/* Observes the instances whose episodes have just begun. */
static void turn_part(void *context, int part, int parts) {
    const stepping *s = context;
    gb_vec *vec = s->vec;
    const int from = count_below(vec->ended, vec->finished, part_begin(vec, part, parts));
    const int to = count_below(vec->ended, vec->finished, part_begin(vec, part + 1, parts));
    bool sound = true;
    for (int k = from; k < to; k++) sound &= gb_vec_observe(vec, vec->ended[k]);
    s->ranges[part].sound = sound;
}

/* Each thread has the same instances in every task, so that they stay in its cache. A block of
 * those with step_block takes no longer than waking a thread. */
static int parts_of(const gb_vec *vec, int threads) {
    const int least = vec->env->type->step_block ? GB_BLOCK : 1, most = vec->n / least;
    const int parts = threads < GB_POOL_MOST ? threads : GB_POOL_MOST;
    return parts > most ? (most < 1 ? 1 : most) : parts < 1 ? 1 : parts;
}

static int step_all(gb_vec *vec, const float *action, float *drawn, int threads, gb_err *err) {
    range ranges[GB_POOL_MOST];
    const int parts = parts_of(vec, threads);
    gb_pool_run(parts, step_part, &(stepping){vec, action, drawn, ranges});
    vec->steps += vec->n;

    bool sound = true;
    vec->finished = 0;
    for (int k = 0; k < parts; k++) { /* the lists close ranks */
        const range *r = &ranges[k];
        memmove(vec->ended + vec->finished, vec->ended + r->from,
                (size_t)r->finished * sizeof *vec->ended);
        vec->finished += r->finished;
        sound = sound && r->sound;
    }
    return sound ? GB_OK : step_fault(vec, err);
}

int gb_vec_step(gb_vec *vec, const float *action, int threads, gb_err *err) {
    return step_all(vec, action, NULL, threads, err);
}

int gb_vec_step_random(gb_vec *vec, float *action, int threads, gb_err *err) {
    return step_all(vec, action, action, threads, err);
}

int gb_vec_turn(gb_vec *vec, int threads, gb_err *err) {
    enum { FEW = 64 }; /* not worth waking a thread */
    float *const acted_on = vec->obs;
    vec->obs = vec->next_obs;
    vec->next_obs = acted_on;
    if (!vec->finished) return GB_OK;
    range ranges[GB_POOL_MOST];
    const int parts = vec->finished > FEW ? parts_of(vec, threads) : 1;
    bool sound = true;
    gb_pool_run(parts, turn_part, &(stepping){.vec = vec, .ranges = ranges});
    for (int k = 0; k < parts; k++) sound = sound && ranges[k].sound;
    for (int k = 0; !sound && k < vec->finished; k++)
        if (!gb_vec_observe(vec, vec->ended[k]))
            return observation_fault(vec, row_of(vec, vec->obs, vec->ended[k]), "reset", err);
    return GB_OK;
}

void gb_vec_random_actions(gb_vec *vec, float *action, int threads) {
    gb_pool_run(parts_of(vec, threads), draw_part, &(stepping){.vec = vec, .drawn = action});
}

bool gb_vec_observe(gb_vec *vec, int i) {
    float *obs = row_of(vec, vec->obs, i);
    if (comes_as_bits(vec)) {
        gb_bit_stream stream = {.to = obs};
        observe_bits(vec, i, &stream);
        gb_bit_stream_end(&stream);
        return true;
    }
    vec->env->type->observe(gb_vec_state(vec, i), vec->env->config, obs);
    const gb_space *space = &vec->env->spec.obs;
    return space->kind == GB_BOX ? gb_all_finite(obs, (size_t)space->n)
                                 : gb_space_contains(space, obs);
}
