#include "player.h"

#include "rng.h"
#include "space.h"

#include <math.h>
#include <string.h>

/* --- faults -----------------------------------------------------------------------------------*/

static const char *number_name(double x, char text[32]) {
    if (isnan(x)) return "nan";
    if (isinf(x)) return x > 0 ? "inf" : "-inf";
    return gb_format(text, 32, "%g", x);
}

/* Returns NULL if obs can be shown to an agent, else what is wrong. Bounds of a box are not
 * checked: agents can do with numbers beyond them. */
static const char *observation_fault(const gb_space *space, const float *obs, char *fault,
                                     size_t size) {
    char value[32];
    if (space->kind != GB_BOX) {
        if (gb_space_contains(space, obs)) return NULL;
        return gb_format(fault, size, "observation is %s, not one of 0..%d",
                         number_name((double)obs[0], value), space->n - 1);
    }
    for (int k = 0; k < space->n; k++) {
        if (isfinite(obs[k])) continue;
        const char *name = space->names ? space->names[k] : NULL;
        return gb_format(fault, size, "observation %d%s%.80s%s is %s", k, name ? " (" : "",
                         name ? name : "", name ? ")" : "", number_name((double)obs[k], value));
    }
    return NULL;
}

const char *gb_player_observe(gb_player *player, char *fault, size_t size) {
    const gb_env *env = player->env;
    env->type->observe(player->state, env->config, player->obs);
    return observation_fault(&env->spec.obs, player->obs, fault, size);
}

/* --- a player ---------------------------------------------------------------------------------*/

int gb_player_init(gb_player *player, const gb_env *env, const gb_agent *agent, gb_err *err) {
    const size_t obs = (size_t)gb_space_size(&env->spec.obs);
    const size_t act = (size_t)gb_space_size(&env->spec.act);
    *player = (gb_player){.env = env, .agent = agent};
    player->state = gb_alloc(1, env->type->state_size, err);
    if (player->state) player->last_state = gb_alloc(1, env->type->state_size, err);
    if (player->last_state) player->obs = gb_alloc(2 * obs + act, sizeof *player->obs, err);
    if (!player->obs) {
        gb_player_free(player);
        return GB_FAIL;
    }
    player->last_obs = player->obs + obs;
    player->action = player->last_obs + obs;
    return GB_OK;
}

void gb_player_free(gb_player *player) {
    gb_dealloc(player->state);
    gb_dealloc(player->last_state);
    gb_dealloc(player->obs); /* the head of all rows */
    *player = (gb_player){0};
}

int gb_player_start(gb_player *player, uint64_t seed, gb_err *err) {
    const gb_agent *agent = player->agent;
    if (agent && agent->type->seed_evaluation) agent->type->seed_evaluation(agent->state, seed);
    const gb_env *env = player->env;
    memset(player->state, 0, env->type->state_size);
    memset(player->action, 0, (size_t)gb_space_size(&env->spec.act) * sizeof *player->action);
    player->rng = gb_rng_stream(seed, GB_STREAM_EVAL);
    player->steps = player->episode = 0;
    return gb_player_reset(player, err);
}

int gb_player_reset(gb_player *player, gb_err *err) {
    const gb_env *env = player->env;
    char fault[160];
    env->type->reset(player->state, env->config, &player->rng);
    player->episode++;
    player->age = 0, player->reward = NAN, player->ret = 0;
    player->terminal = player->truncated = false;
    if (!gb_player_observe(player, fault, sizeof fault)) return GB_OK;
    return gb_fail(err, GB_FAIL, "%s: reset: %s; mend the environment's reset or observe function",
                   env->type->name, fault);
}

void gb_player_choose(gb_player *player) {
    const gb_agent *agent = player->agent;
    if (agent)
        agent->type->act(agent->state, 1, player->obs, player->action, false);
    else
        gb_space_sample(&player->env->spec.act, &player->rng, player->action);
}

int gb_player_step(gb_player *player, gb_err *err) {
    const gb_env *env = player->env;
    const size_t obs = (size_t)gb_space_size(&env->spec.obs);
    char fault[160], value[32];
    memcpy(player->last_state, player->state, env->type->state_size);
    memcpy(player->last_obs, player->obs, obs * sizeof *player->obs);
    gb_step step = env->type->step(player->state, env->config, player->action, &player->rng);
    player->steps++;
    player->age++;
    player->reward = step.reward;
    player->ret += step.reward;
    player->terminal = step.terminal;
    player->truncated = !step.terminal && player->age == env->spec.max_steps;

    const bool lost = !isfinite((float)step.reward);
    if (lost) gb_format(fault, sizeof fault, "reward is %s", number_name(step.reward, value));
    if (!lost && !gb_player_observe(player, fault, sizeof fault)) return GB_OK;
    return gb_fail(err, GB_FAIL, "%s: step %lld: %s; mend the environment's step%s function",
                   env->type->name, (long long)player->steps, fault, lost ? "" : " or observe");
}
