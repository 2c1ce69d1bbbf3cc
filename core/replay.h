/* replay.h - ring of transitions for off-policy agents. Full: the oldest goes first.
 *
 * An observation is stored once: the successor of a transition is the observation of the row that
 * its instance adds next, envs rows further on. Only where an episode was cut - truncated, or going
 * on from elsewhere than where it was - the true successor is kept apart, in a second ring of
 * `cuts` observations; should that ever be too small, the oldest transitions go early. The
 * successor of a terminal transition, of which nothing can depend, is not kept.
 *
 * One transition is one row of bytes, so that a draw touches one place in memory or two:
 *   link int32, reward float, action float (act_size), observation (obs_bytes)
 * The observation is obs_size floats or, for those that are all 0 or 1, as many bits.
 *
 * Draws are uniform or, after gb_replay_prioritize, proportional to priorities (Schaul et al. 2016,
 * arXiv 1511.05952). Both need a replay that is not empty.
 */
#ifndef GB_CORE_REPLAY_H
#define GB_CORE_REPLAY_H

#include "agent.h"
#include "archive.h"
#include "base.h"
#include "priority.h"

/* What a replay is made for. */
typedef struct gb_replay_shape {
    int obs_size, act_size; /* floats */
    bool bits;              /* observations consist of zeros and ones */
    int envs;               /* transitions that come together, one an instance */
    int64_t capacity;       /* transitions */
    int64_t cuts;           /* successors kept apart, see gb_replay_cuts */
} gb_replay_shape;

typedef struct gb_replay {
    gb_replay_shape shape;
    size_t obs_bytes, stride; /* of one observation and of one row */
    int64_t count, head;      /* rows in use; where the next row goes */
    int64_t filled;           /* rows that were ever in use */
    gb_share *share;          /* of rows: they are saved while more come */
    unsigned char *rows;      /* (capacity, stride) */

    unsigned char *pending; /* (envs, obs_bytes) successors of the newest rows */
    uint8_t *truncated;     /* (envs) whether these ended an episode */
    unsigned char *cut;     /* (cuts, obs_bytes) */
    int64_t cut_count, cut_head, cut_filled;

    gb_priority priority; /* of each row; sum is NULL unless draws are prioritised */
    double alpha;         /* weight = priority^alpha */
    double largest;       /* weight so far, which a new row gets */
} gb_replay;

/* Returns how many transitions a replay of a run needs room for: no more than `buffer`, and no more
 * than will ever come. */
int64_t gb_replay_room(int64_t buffer, int64_t total_steps, int envs);

/* Returns how many successors need to be kept apart when the host truncates episodes after
 * max_steps (0: never). For transitions that come in no order: as many as there are. */
int64_t gb_replay_cuts(int64_t capacity, int envs, int max_steps);

/* GB_OK or GB_FAIL (memory). */
int gb_replay_init(gb_replay *replay, const gb_replay_shape *shape, gb_err *err);
void gb_replay_free(gb_replay *replay);

/* Adds the transitions of batch, one of each instance, in order. GB_FAIL if an observation is not
 * of zeros and ones though it should be; the transitions before it are in. */
int gb_replay_add(gb_replay *replay, const gb_batch *batch, gb_err *err);

/* --- parts of transition i --------------------------------------------------------------------*/

/* Links below 0; others are slots of the successors that are kept apart. */
enum { GB_REPLAY_GOES_ON = -1, GB_REPLAY_TERMINAL = -2, GB_REPLAY_NEWEST = -3 };

static inline const void *gb_replay_row(const gb_replay *replay, int64_t i) {
    return replay->rows + (size_t)i * replay->stride;
}
static inline int32_t gb_replay_link(const gb_replay *replay, int64_t i) {
    return *(const int32_t *)gb_replay_row(replay, i);
}
static inline float gb_replay_reward(const gb_replay *replay, int64_t i) {
    return ((const float *)gb_replay_row(replay, i))[1];
}
static inline const float *gb_replay_action(const gb_replay *replay, int64_t i) {
    return (const float *)gb_replay_row(replay, i) + 2;
}
static inline bool gb_replay_terminal(const gb_replay *replay, int64_t i) {
    return gb_replay_link(replay, i) == GB_REPLAY_TERMINAL;
}

/* Return the observation and its true successor (obs_size): in the memory or, if it has to be
 * unpacked, in room, which the caller gives. A terminal transition's successor is its own
 * observation. */
const float *gb_replay_obs(const gb_replay *replay, int64_t i, float *room);
const float *gb_replay_next(const gb_replay *replay, int64_t i, float *room);

/* Up to n steps of one episode. */
typedef struct gb_replay_steps {
    int64_t last;  /* transition: bootstrap from its successor unless it is terminal */
    int n;         /* steps from the first on, discount of the successor: gamma^n */
    double reward; /* sum of gamma^k r_k */
} gb_replay_steps;

/* Follows transition i for n steps (n >= 1), or for fewer where its episode ends, was truncated or
 * has not yet gone on. */
gb_replay_steps gb_replay_follow(const gb_replay *replay, int64_t i, int n, double gamma);

/* --- draws ------------------------------------------------------------------------------------*/

/* Returns a transition drawn uniformly. */
static inline int64_t gb_replay_draw(const gb_replay *replay, gb_rng *rng) {
    const int64_t capacity = replay->shape.capacity,
                  drawn = gb_rng_below(rng, (uint32_t)replay->count);
    if (replay->count == capacity || replay->head == replay->count) return drawn;
    int64_t i = replay->head - replay->count + drawn; /* some went early */
    return i < 0 ? i + capacity : i;
}

/* Makes draws proportional to |error|^alpha; before the first transition. New ones get the largest
 * weight so far. GB_OK or GB_FAIL (memory). */
int gb_replay_prioritize(gb_replay *replay, double alpha, gb_err *err);

/* Draws n transitions, one from each of n equal parts of the total weight, with the importance
 * weights (count P(i))^-beta over the largest of them. */
void gb_replay_draw_prioritized(const gb_replay *replay, gb_rng *rng, int n, double beta,
                                int64_t *index, gb_real *weight);

/* Gives transition i the priority |error| + 1e-6. */
void gb_replay_set_error(gb_replay *replay, int64_t i, double error);

/* Visits what is in use. A replay loads from one of another capacity as long as that one never ran
 * full. */
void gb_replay_archive(gb_replay *replay, gb_archive *archive);

#endif
