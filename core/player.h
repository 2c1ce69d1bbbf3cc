/* player.h - one instance of an environment, played step by step for people to look at: rewards as
 * doubles, and the last state of an episode before the next one begins.
 *
 * Learning uses gb_vec (env.h), which resets a finished instance at once. What is not sound there
 * (an observation that is not finite or not of its space, a reward that no float holds) is not
 * sound here.
 */
#ifndef GB_CORE_PLAYER_H
#define GB_CORE_PLAYER_H

#include "agent.h"
#include "base.h"
#include "env.h"

typedef struct gb_player {
    const gb_env *env;     /* not owned */
    const gb_agent *agent; /* NULL: random actions; not owned */
    gb_rng rng;
    void *state, *last_state; /* now, and before the last step */
    float *obs, *last_obs;    /* of these two states */
    float *action;            /* of the last step, or of the next one once it is chosen */

    int64_t steps, episode; /* since gb_player_start; the running episode, from 1 */
    int age;                /* steps in this episode */
    double reward, ret;     /* of the last step (NAN: none in this episode); of this episode */
    bool terminal, truncated;
} gb_player;

/* Makes a player of env, which must outlive it, as must agent. GB_OK, or GB_FAIL (memory). Start it
 * next. */
int gb_player_init(gb_player *player, const gb_env *env, const gb_agent *agent, gb_err *err);
void gb_player_free(gb_player *player);

/* Goes to the first episode of seed, as of a player that was just made. GB_FAIL as below. */
int gb_player_start(gb_player *player, uint64_t seed, gb_err *err);
/* Begins the next episode. GB_FAIL with the environment's name if its observation is not sound. */
int gb_player_reset(gb_player *player, gb_err *err);

/* Writes the agent's deterministic action, or a random one, to player->action. */
void gb_player_choose(gb_player *player);
/* Takes the step of player->action. GB_FAIL with the environment's name, the step and the variable
 * if reward or observation is not sound; then the player must be started again. */
int gb_player_step(gb_player *player, gb_err *err);

/* Makes obs match a state that was changed from outside. Returns NULL, or what is wrong with the
 * observation, in fault[size]; then do not go on from that state. */
const char *gb_player_observe(gb_player *player, char *fault, size_t size);

#endif
