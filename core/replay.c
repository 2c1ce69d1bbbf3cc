#include "replay.h"

#include "memory.h"

#include <string.h>

int gb_replay_init(gb_replay *replay, int obs_size, int act_size, int64_t capacity, gb_err *err) {
    *replay = (gb_replay){.obs_size = obs_size, .act_size = act_size, .capacity = capacity};
    replay->row = 2 * obs_size + act_size + 2;
    if (gb_memory_check((double)capacity * replay->row * sizeof(float), "replay memory", err))
        return GB_FAIL;
    replay->rows = gb_alloc((size_t)capacity, (size_t)replay->row * sizeof(float), err);
    return replay->rows ? GB_OK : GB_FAIL;
}

void gb_replay_add(gb_replay *replay, const gb_batch *batch) {
    size_t obs = (size_t)replay->obs_size, act = (size_t)replay->act_size;
    for (size_t i = 0; i < (size_t)batch->n; i++) {
        float *row = replay->rows + (size_t)replay->head * (size_t)replay->row;
        memcpy(row, batch->obs + i * obs, obs * sizeof *row);
        memcpy(row + obs, batch->action + i * act, act * sizeof *row);
        memcpy(row + obs + act, batch->next_obs + i * obs, obs * sizeof *row);
        row[replay->row - 2] = batch->reward[i];
        row[replay->row - 1] = batch->terminal[i];
        replay->head = (replay->head + 1) % replay->capacity;
        if (replay->count < replay->capacity) replay->count++;
    }
}

/* A ring that never ran full has its head right behind its last row, and fits any capacity. */
static bool place_is_sound(const gb_replay *replay) {
    if (replay->count < 0 || replay->count > replay->capacity) return false;
    if (replay->count == replay->capacity) return replay->head >= 0 && replay->head < replay->count;
    return replay->head == replay->count;
}

void gb_replay_archive(gb_replay *replay, gb_archive *archive) {
    gb_archive_i64(archive, "count", &replay->count, 1);
    gb_archive_i64(archive, "head", &replay->head, 1);
    if (gb_archive_loading(archive)) {
        if (replay->head == 0 && replay->count < replay->capacity)
            replay->head = replay->count; /* saved as it had just run full, in a smaller ring */
        if (!place_is_sound(replay)) {
            gb_archive_reject(archive, "replay memory of another size; keep --buffer as it was");
            replay->count = replay->head = 0;
        }
    }
    gb_archive_f32(archive, "rows", replay->rows, (size_t)replay->count * (size_t)replay->row);
}

void gb_replay_free(gb_replay *replay) {
    gb_dealloc(replay->rows);
    *replay = (gb_replay){0};
}
