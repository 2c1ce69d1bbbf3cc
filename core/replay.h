/* replay.h - ring of transitions for off-policy agents.
 *
 * One transition is one row of floats, so that a random draw touches one place in memory. Full: the
 * oldest goes first. The successor observation is kept beside the observation, so that a cut
 * episode keeps its true successor.
 */
#ifndef GB_CORE_REPLAY_H
#define GB_CORE_REPLAY_H

#include "agent.h"
#include "archive.h"
#include "base.h"

typedef struct gb_replay {
    int obs_size, act_size, row; /* numbers a row: obs, action, next_obs, reward, terminal */
    int64_t capacity, count;     /* rows */
    int64_t head;                /* where the next row goes */
    float *rows;                 /* (capacity, row) */
} gb_replay;

int gb_replay_init(gb_replay *replay, int obs_size, int act_size, int64_t capacity, gb_err *err);

/* Adds the transitions of batch in order. */
void gb_replay_add(gb_replay *replay, const gb_batch *batch);

/* Parts of a row. */
static inline const float *gb_replay_row(const gb_replay *replay, int64_t i) {
    return replay->rows + (size_t)i * (size_t)replay->row;
}
static inline const float *gb_replay_action(const gb_replay *replay, const float *row) {
    return row + replay->obs_size;
}
static inline const float *gb_replay_next(const gb_replay *replay, const float *row) {
    return row + replay->obs_size + replay->act_size;
}
static inline float gb_replay_reward(const gb_replay *replay, const float *row) {
    return row[replay->row - 2];
}
static inline float gb_replay_terminal(const gb_replay *replay, const float *row) {
    return row[replay->row - 1];
}

/* Returns a row drawn uniformly; the replay must not be empty. */
static inline const float *gb_replay_draw(const gb_replay *replay, gb_rng *rng) {
    return gb_replay_row(replay, gb_rng_below(rng, (uint32_t)replay->count));
}

/* Visits the rows in use. A replay loads from one of another capacity as long as that one never
 * ran full. */
void gb_replay_archive(gb_replay *replay, gb_archive *archive);
void gb_replay_free(gb_replay *replay);

#endif
