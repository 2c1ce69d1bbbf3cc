#include "replay.h"

#include <string.h>

int gb_replay_init(gb_replay *replay, int obs_size, int act_size, int64_t capacity, gb_err *err) {
    *replay = (gb_replay){.obs_size = obs_size, .act_size = act_size, .capacity = capacity};
    replay->row = 2 * obs_size + act_size + 2;
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

void gb_replay_archive(gb_replay *replay, gb_archive *archive) {
    int64_t place[2] = {replay->count, replay->head};
    gb_archive_i64(archive, "place", place, 2);
    if (gb_archive_loading(archive)) {
        bool wrapped = place[1] != place[0];
        if (place[0] < 0 || place[0] > replay->capacity || place[1] < 0 ||
            place[1] >= replay->capacity + !wrapped || (wrapped && place[0] != replay->capacity)) {
            gb_archive_reject(archive, "replay memory of another size; keep --buffer as it was");
            return;
        }
        replay->count = place[0];
        replay->head = place[1] % replay->capacity;
    }
    gb_archive_f32(archive, "rows", replay->rows, (size_t)replay->count * (size_t)replay->row);
}

void gb_replay_free(gb_replay *replay) {
    gb_dealloc(replay->rows);
    *replay = (gb_replay){0};
}
