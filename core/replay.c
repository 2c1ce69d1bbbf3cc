#include "replay.h"

#include "memory.h"

#include <math.h>
#include <string.h>

/* --- making -----------------------------------------------------------------------------------*/

int64_t gb_replay_room(int64_t buffer, int64_t total_steps, int envs) {
    /* all instances step together, so beyond total_steps */
    int64_t all = (total_steps + envs - 1) / envs * envs;
    return all < 1 ? 1 : all < buffer ? all : buffer;
}

/* Room for short runs and for tests, whatever they are told. */
enum { FEWEST_CUTS = 4096 };

int64_t gb_replay_cuts(int64_t capacity, int envs, int max_steps) {
    int64_t cuts = max_steps ? capacity / max_steps + 2 * (int64_t)envs : 0;
    if (cuts < FEWEST_CUTS) cuts = FEWEST_CUTS;
    return cuts < capacity ? cuts : capacity;
}

int gb_replay_init(gb_replay *replay, const gb_replay_shape *shape, gb_err *err) {
    *replay = (gb_replay){.shape = *shape};
    size_t n = (size_t)shape->obs_size, envs = (size_t)shape->envs;
    replay->obs_bytes = shape->bits ? (n + 31) / 32 * 4 : n * sizeof(float);
    replay->stride = sizeof(int32_t) + (1 + (size_t)shape->act_size) * sizeof(float);
    replay->stride += replay->obs_bytes;
    double bytes = (double)shape->capacity * (double)replay->stride;
    bytes += (double)(shape->cuts + shape->envs) * (double)replay->obs_bytes;
    if (gb_memory_check(bytes, "replay memory", err)) return GB_FAIL;
    if (!(replay->share = gb_share_create(err))) return GB_FAIL;
    replay->rows = gb_alloc((size_t)shape->capacity, replay->stride, err);
    replay->pending = gb_alloc(envs, replay->obs_bytes, err);
    replay->truncated = gb_alloc(envs, 1, err);
    replay->cut = gb_alloc((size_t)shape->cuts, replay->obs_bytes, err);
    return replay->rows && replay->pending && replay->truncated && replay->cut ? GB_OK : GB_FAIL;
}

int gb_replay_prioritize(gb_replay *replay, double alpha, gb_err *err) {
    replay->alpha = alpha, replay->largest = 1;
    return gb_priority_init(&replay->priority, replay->shape.capacity, err);
}

void gb_replay_free(gb_replay *replay) {
    gb_share_destroy(replay->share);
    gb_dealloc(replay->rows);
    gb_dealloc(replay->pending);
    gb_dealloc(replay->truncated);
    gb_dealloc(replay->cut);
    gb_priority_free(&replay->priority);
    *replay = (gb_replay){0};
}

/* --- observations -----------------------------------------------------------------------------*/

/* Writes an observation as it is stored; returns whether that was possible. */
static bool pack(const gb_replay *replay, const float *obs, unsigned char *out) {
    if (!replay->shape.bits) {
        memcpy(out, obs, replay->obs_bytes);
        return true;
    }
    bool sound = true;
    const int n = replay->shape.obs_size;
    for (int k = 0; k < n; k += 32, out += 4) {
        uint32_t word = 0;
        for (int j = 0; j < 32 && k + j < n; j++) {
            sound &= (obs[k + j] == 0) | (obs[k + j] == 1);
            word |= (uint32_t)(obs[k + j] != 0) << j;
        }
        memcpy(out, &word, sizeof word);
    }
    return sound;
}

static const float *unpack(const gb_replay *replay, const unsigned char *packed, float *room) {
    if (!replay->shape.bits) return (const float *)packed;
    const int n = replay->shape.obs_size;
    for (int k = 0; k < n; k += 32, packed += 4) {
        uint32_t word;
        memcpy(&word, packed, sizeof word);
        if (k + 32 <= n) /* a whole word is a loop that a compiler makes vectors of */
            for (int j = 0; j < 32; j++) room[k + j] = (float)(word >> j & 1);
        else
            for (int j = 0; k + j < n; j++) room[k + j] = (float)(word >> j & 1);
    }
    return room;
}

static unsigned char *obs_of(const gb_replay *replay, int64_t i) {
    return replay->rows + (size_t)(i + 1) * replay->stride - replay->obs_bytes;
}

static unsigned char *cut_of(const gb_replay *replay, int64_t slot) {
    return replay->cut + (size_t)slot * replay->obs_bytes;
}

static unsigned char *pending_of(const gb_replay *replay, int64_t env) {
    return replay->pending + (size_t)env * replay->obs_bytes;
}

/* Returns the place `steps` behind place i of a ring; steps may be negative. */
static int64_t around(int64_t i, int64_t steps, int64_t size) {
    return (i + steps + size) % size;
}

const float *gb_replay_obs(const gb_replay *replay, int64_t i, float *room) {
    return unpack(replay, obs_of(replay, i), room);
}

const float *gb_replay_next(const gb_replay *replay, int64_t i, float *room) {
    const int64_t capacity = replay->shape.capacity;
    int32_t link = gb_replay_link(replay, i);
    if (link >= 0) return unpack(replay, cut_of(replay, link), room);
    if (link == GB_REPLAY_TERMINAL) return gb_replay_obs(replay, i, room);
    if (link == GB_REPLAY_GOES_ON)
        return gb_replay_obs(replay, around(i, replay->shape.envs, capacity), room);
    int64_t age = around(replay->head, -1 - i, capacity);
    return unpack(replay, pending_of(replay, replay->shape.envs - 1 - age), room);
}

gb_replay_steps gb_replay_follow(const gb_replay *replay, int64_t i, int n, double gamma) {
    gb_replay_steps steps = {.last = i, .n = 1, .reward = (double)gb_replay_reward(replay, i)};
    double discount = 1;
    while (steps.n < n && gb_replay_link(replay, steps.last) == GB_REPLAY_GOES_ON) {
        steps.last = around(steps.last, replay->shape.envs, replay->shape.capacity);
        steps.reward += (discount *= gamma) * (double)gb_replay_reward(replay, steps.last);
        steps.n++;
    }
    return steps;
}

/* --- adding -----------------------------------------------------------------------------------*/

/* Returns row i, to be changed. */
static unsigned char *change_row(gb_replay *replay, int64_t i) {
    const size_t at = (size_t)i * replay->stride;
    gb_share_change(replay->share, at, replay->stride);
    return replay->rows + at;
}

static void set_link(gb_replay *replay, int64_t i, int32_t link) {
    memcpy(change_row(replay, i), &link, sizeof link);
}

static void forget_oldest(gb_replay *replay) {
    int64_t i = around(replay->head, -replay->count, replay->shape.capacity);
    if (gb_replay_link(replay, i) >= 0) replay->cut_count--;
    if (replay->priority.sum) gb_priority_set(&replay->priority, i, 0);
    replay->count--;
}

/* Keeps the successor of transition i apart. Slots are given and freed in the order of the rows. */
static void cut_off(gb_replay *replay, int64_t i, const unsigned char *successor) {
    while (replay->cut_count == replay->shape.cuts) forget_oldest(replay);
    memcpy(cut_of(replay, replay->cut_head), successor, replay->obs_bytes);
    set_link(replay, i, (int32_t)replay->cut_head);
    replay->cut_head = (replay->cut_head + 1) % replay->shape.cuts;
    replay->cut_count++;
    if (replay->cut_filled < replay->shape.cuts) replay->cut_filled++;
}

/* Adds transition e of batch, of instance e. */
static int add(gb_replay *replay, const gb_batch *batch, size_t e, gb_err *err) {
    const gb_replay_shape *shape = &replay->shape;
    const size_t obs = (size_t)shape->obs_size, act = (size_t)shape->act_size;
    const int64_t i = replay->head, before = around(i, -shape->envs, shape->capacity);
    unsigned char *row = change_row(replay, i);
    unsigned char *pending = pending_of(replay, (int64_t)e);
    if (replay->count == shape->capacity) forget_oldest(replay);
    bool sound = pack(replay, batch->obs + e * obs, obs_of(replay, i));
    if (replay->count >= shape->envs && gb_replay_link(replay, before) == GB_REPLAY_NEWEST) {
        if (!replay->truncated[e] && !memcmp(pending, obs_of(replay, i), replay->obs_bytes))
            set_link(replay, before, GB_REPLAY_GOES_ON);
        else
            cut_off(replay, before, pending);
    }
    sound &= pack(replay, batch->next_obs + e * obs, pending);
    replay->truncated[e] = batch->truncated[e];
    set_link(replay, i, batch->terminal[e] ? GB_REPLAY_TERMINAL : GB_REPLAY_NEWEST);
    memcpy(row + sizeof(int32_t), batch->reward + e, sizeof(float));
    memcpy(row + sizeof(int32_t) + sizeof(float), batch->action + e * act, act * sizeof(float));
    if (replay->priority.sum) gb_priority_set(&replay->priority, i, replay->largest);
    replay->head = (i + 1) % shape->capacity;
    replay->count++;
    if (replay->filled < shape->capacity) replay->filled++;
    if (sound) return GB_OK;
    return gb_fail(err, GB_FAIL,
                   "replay memory: a number of an observation is neither 0 nor 1; use --bits 0");
}

int gb_replay_add(gb_replay *replay, const gb_batch *batch, gb_err *err) {
    GB_ASSERT(batch->n == replay->shape.envs);
    for (size_t e = 0; e < (size_t)batch->n; e++)
        if (add(replay, batch, e, err)) return GB_FAIL;
    return GB_OK;
}

/* --- prioritised draws ------------------------------------------------------------------------*/

void gb_replay_draw_prioritized(const gb_replay *replay, gb_rng *rng, int n, double beta,
                                int64_t *index, gb_real *weight) {
    const gb_priority *priority = &replay->priority;
    const double total = gb_priority_total(priority);
    double largest = 0;
    for (int k = 0; k < n; k++) {
        index[k] = gb_priority_find(priority, (k + gb_rng_unit(rng)) / n * total);
        double share = gb_priority_get(priority, index[k]) / total;
        double w = pow((double)replay->count * share, -beta);
        weight[k] = (gb_real)w;
        largest = fmax(largest, w);
    }
    for (int k = 0; k < n; k++) weight[k] = (gb_real)((double)weight[k] / largest);
}

void gb_replay_set_error(gb_replay *replay, int64_t i, double error) {
    double weight = pow(fabs(error) + 1e-6, replay->alpha);
    gb_priority_set(&replay->priority, i, weight);
    replay->largest = fmax(replay->largest, weight);
}

/* --- saving -----------------------------------------------------------------------------------*/

static bool is_place(int64_t i, int64_t size) {
    return i >= 0 && i < size;
}

/* A ring that never turned over has its head right behind its last row, and fits any capacity: it
 * may have been saved just as it had run full, with its head at 0, and goes on in a larger one. */
static bool fits(int64_t count, int64_t *head, int64_t filled, int64_t capacity) {
    if (count < 0 || count > filled || filled > capacity || !is_place(*head, capacity))
        return false;
    if (filled == capacity) return true;
    if (*head == 0) *head = filled;
    return *head == filled;
}

static bool links_are_sound(const gb_replay *replay) {
    for (int64_t k = 1; k <= replay->count; k++) {
        int32_t link = gb_replay_link(replay, around(replay->head, -k, replay->shape.capacity));
        if (link < GB_REPLAY_NEWEST || link >= replay->cut_filled) return false;
        if (link == GB_REPLAY_NEWEST && k > replay->shape.envs) return false;
        if (link == GB_REPLAY_GOES_ON && k <= replay->shape.envs) return false;
    }
    return true;
}

static void archive_places(gb_replay *replay, gb_archive *archive) {
    gb_archive_i64(archive, "count", &replay->count, 1);
    gb_archive_i64(archive, "head", &replay->head, 1);
    gb_archive_i64(archive, "filled", &replay->filled, 1);
    gb_archive_i64(archive, "cut_count", &replay->cut_count, 1);
    gb_archive_i64(archive, "cut_head", &replay->cut_head, 1);
    gb_archive_i64(archive, "cut_filled", &replay->cut_filled, 1);
    if (!gb_archive_loading(archive)) return;
    if (fits(replay->count, &replay->head, replay->filled, replay->shape.capacity) &&
        fits(replay->cut_count, &replay->cut_head, replay->cut_filled, replay->shape.cuts))
        return;
    gb_archive_reject(archive, "replay memory of another size; keep --buffer as it was");
    replay->count = replay->head = replay->filled = 0;
    replay->cut_count = replay->cut_head = replay->cut_filled = 0;
}

void gb_replay_archive(gb_replay *replay, gb_archive *archive) {
    const size_t envs = (size_t)replay->shape.envs;
    archive_places(replay, archive);
    gb_archive_shared(archive, "rows", replay->share, replay->rows,
                      (size_t)replay->filled * replay->stride);
    gb_archive_bytes(archive, "cut", replay->cut, (size_t)replay->cut_filled * replay->obs_bytes);
    gb_archive_bytes(archive, "pending", replay->pending, envs * replay->obs_bytes);
    gb_archive_bytes(archive, "truncated", replay->truncated, envs);
    if (replay->priority.sum) {
        gb_archive_f64(archive, "priority", replay->priority.sum + replay->priority.leaves,
                       (size_t)replay->filled);
        gb_archive_f64(archive, "largest", &replay->largest, 1);
    }
    if (!gb_archive_loading(archive) || gb_archive_status(archive, NULL)) return;
    if (!links_are_sound(replay)) {
        gb_archive_reject(archive, "replay memory is damaged");
        replay->count = replay->head = replay->filled = 0;
    }
    if (replay->priority.sum) gb_priority_rebuild(&replay->priority);
}
