/* conform_data.c - checks of what an environment writes: observations, rewards, memory, drawing,
 * keys. */
#include "canvas.h"
#include "keys.h"
#include "probe.h"
#include "space.h"

#include <string.h>

#define MANY_CALLS 10000 /* of checks that only look */
#define CALLS      2000  /* of checks that compare memory */

/* --- observations and rewards -----------------------------------------------------------------*/

/* Returns what observe_bits shows that observe does not, in text, or NULL. bits: words for the
 * observation, and one behind it. */
static const char *bits_fault(const gb_probe *probe, uint64_t *bits, char *text, size_t size) {
    const gb_env *env = probe->env;
    const int n = probe->obs_size, all = (n + 63) / 64 * 64 + 64;
    char name[100];
    memset(bits, 0, (size_t)all / 8);
    env->type->observe_bits(probe->state, env->config, bits);
    for (int k = 0; k < all; k++) {
        const int bit = (int)(bits[k / 64] >> k % 64 & 1);
        if (k >= n && bit)
            return gb_format(text, size, "observe_bits set bit %d, behind the last; write %d bits",
                             k, n);
        if (k < n && (float)bit != probe->obs[k])
            return gb_format(text, size,
                             "%s is %.9g, and %d in observe_bits; let observe call it and "
                             "gb_bits_expand",
                             gb_probe_name(env, k, name, sizeof name), (double)probe->obs[k], bit);
    }
    return NULL;
}

gb_verdict gb_check_observation(const gb_env *env, uint64_t seed, gb_err *why) {
    gb_probe probe;
    if (gb_probe_init(&probe, env, seed, why)) return GB_FAILED;
    char text[200], where[80];
    const char *fault = NULL;
    uint64_t *bits = NULL;
    const bool as_bits = env->type->observe_bits != NULL;
    if (as_bits) bits = gb_alloc((size_t)probe.obs_size / 64 + 2, sizeof *bits, why);
    for (int i = 0; i < MANY_CALLS && !fault && !as_bits == !bits; i++) {
        gb_probe_go(&probe);
        fault = gb_probe_fault(&probe, text, sizeof text);
        if (!fault && bits) fault = bits_fault(&probe, bits, text, sizeof text);
    }
    if (fault)
        gb_fail(why, GB_FAIL, "%s; seen %s", fault,
                gb_probe_where(&probe, seed, where, sizeof where));
    gb_probe_free(&probe);
    gb_dealloc(bits);
    return fault || (as_bits && !bits) ? GB_FAILED : GB_PASSED;
}

/* --- actions ----------------------------------------------------------------------------------*/

#define MAX_CORNERS  32 /* boxes with more corners get those next to (low, ...) and (high, ...) */
#define MAX_DISCRETE 256
#define UNBOUNDED    10.0f /* tried where an action has no bounds */

static int count_actions(const gb_space *space) {
    if (space->kind == GB_DISCRETE) return space->n < MAX_DISCRETE ? space->n : MAX_DISCRETE;
    int corners = space->n < 31 && 1 << space->n <= MAX_CORNERS ? 1 << space->n : 2 + 2 * space->n;
    return 1 + corners;
}

/* Writes extreme action number k to action: a discrete one; or the middle, then corners of a box.
 */
static void extreme_action(const gb_space *space, int k, float *action) {
    if (space->kind == GB_DISCRETE) {
        action[0] = (float)k;
        return;
    }
    bool all = space->n < 31 && 1 << space->n <= MAX_CORNERS;
    for (int i = 0; i < space->n; i++) {
        float low = space->low && isfinite(space->low[i]) ? space->low[i] : -UNBOUNDED;
        float high = space->high && isfinite(space->high[i]) ? space->high[i] : UNBOUNDED;
        /* not all corners: k - 1 is 2 j + side, and coordinate j - 1 is on the other side */
        bool upper = all ? (k - 1) >> i & 1 : ((k - 1) & 1) ^ ((k - 1) / 2 == i + 1);
        action[i] = k == 0 ? low + (high - low) / 2 : upper ? high : low;
    }
}

static void describe_action(const gb_space *space, const float *action, char *text, size_t size) {
    if (space->kind == GB_DISCRETE) {
        int k = (int)action[0];
        gb_format(text, size, "%d%s%.40s%s", k, space->names ? " (" : "",
                  space->names ? space->names[k] : "", space->names ? ")" : "");
        return;
    }
    size_t used = 0;
    for (int i = 0; i < space->n && used + 16 < size; i++) {
        gb_format(text + used, size - used, "%s%g", i ? ", " : "(", (double)action[i]);
        used += strlen(text + used);
    }
    gb_format(text + used, size - used, ")");
}

/* Plays an episode of at most 50 steps with action number k: at each step, or at every other one
 * between random ones. Returns what went wrong, or NULL. */
static const char *play_action(gb_probe *probe, int k, bool hold, char *fault, size_t size) {
    enum { steps = 50 };
    gb_probe_reset(probe);
    for (int i = 0; i < steps && !gb_probe_over(probe); i++) {
        bool extreme = hold || i % 2 == 1;
        if (extreme)
            extreme_action(&probe->env->spec.act, k, probe->action);
        else
            gb_probe_choose(probe);
        gb_probe_step(probe);
        gb_probe_look(probe);
        if (extreme && gb_probe_fault(probe, fault, size)) return fault;
    }
    return NULL;
}

gb_verdict gb_check_action(const gb_env *env, uint64_t seed, gb_err *why) {
    if (gb_check_observation(env, seed, NULL) != GB_PASSED) {
        gb_fail(why, GB_OK, "cannot be told before observations are right with random actions");
        return GB_INAPPLICABLE;
    }
    gb_probe probe;
    if (gb_probe_init(&probe, env, seed, why)) return GB_FAILED;
    const gb_space *space = &env->spec.act;
    char text[200], where[80], action[100];
    const char *fault = NULL;
    int n = count_actions(space);
    for (int k = 0; k < n && !fault; k++)
        for (int episode = 0; episode < 6 && !fault; episode++)
            fault = play_action(&probe, k, episode % 2, text, sizeof text);
    if (fault) {
        describe_action(space, probe.action, action, sizeof action);
        gb_fail(why, GB_FAIL, "after action %s, %s; seen %s", action, fault,
                gb_probe_where(&probe, seed, where, sizeof where));
    }
    gb_probe_free(&probe);
    return fault ? GB_FAILED : GB_PASSED;
}

/* --- memory -----------------------------------------------------------------------------------*/

/* What the environment may not change: kept copies. */
typedef struct copies {
    unsigned char *config, *state, *action; /* (config_size) (state_size) (act_size floats) */
} copies;

/* Does the next move and look of probe, and returns what was written out of place, or NULL. */
static const char *misplaced(gb_probe *probe, const copies *copy) {
    const gb_env_type *type = probe->env->type;
    size_t act_bytes = (size_t)probe->act_size * sizeof *probe->action;
    size_t obs_bytes = (size_t)probe->obs_size * sizeof *probe->obs;
    bool reset = gb_probe_over(probe);
    if (!reset) {
        gb_probe_choose(probe);
        memcpy(copy->action, probe->action, act_bytes);
        gb_probe_step(probe);
        if (memcmp(copy->action, probe->action, act_bytes)) return "step changed the action";
    } else {
        gb_probe_reset(probe);
    }
    if (!gb_probe_guarded(probe->action, act_bytes)) return "step wrote beside the action";
    if (!gb_probe_guarded(probe->state, type->state_size))
        return reset ? "reset wrote beyond state_size" : "step wrote beyond state_size";
    if (!gb_probe_guarded(probe->obs, obs_bytes)) return "step or reset wrote to the observation";

    memcpy(copy->state, probe->state, type->state_size);
    gb_probe_look(probe);
    if (memcmp(copy->state, probe->state, type->state_size)) return "observe changed state";
    if (!gb_probe_guarded(probe->obs, obs_bytes))
        return "observe wrote more numbers than spec declares";
    if (!gb_probe_guarded(probe->state, type->state_size)) return "observe wrote beside state";
    if (type->config_size && memcmp(copy->config, probe->env->config, type->config_size))
        return "config was changed";
    return NULL;
}

gb_verdict gb_check_memory(const gb_env *env, uint64_t seed, gb_err *why) {
    gb_probe probe = {0};
    const gb_env_type *type = env->type;
    copies copy = {gb_alloc(type->config_size, 1, why), gb_alloc(type->state_size, 1, why),
                   gb_alloc(gb_space_size(&env->spec.act), sizeof(float), why)};
    gb_verdict verdict = GB_FAILED;
    if (copy.config && copy.state && copy.action && !gb_probe_init(&probe, env, seed, why)) {
        if (type->config_size) memcpy(copy.config, env->config, type->config_size);
        const char *what = NULL;
        for (int i = 0; i < CALLS && !what; i++) what = misplaced(&probe, &copy);
        char where[80];
        if (what)
            gb_fail(why, GB_FAIL, "%s, %s; write only what the function is handed to fill", what,
                    gb_probe_where(&probe, seed, where, sizeof where));
        verdict = what ? GB_FAILED : GB_PASSED;
    }
    gb_probe_free(&probe);
    gb_dealloc(copy.config);
    gb_dealloc(copy.state);
    gb_dealloc(copy.action);
    return verdict;
}

/* Observes twice over different bytes: what keeps both was not written. */
gb_verdict gb_check_written(const gb_env *env, uint64_t seed, gb_err *why) {
    gb_probe probe;
    if (gb_probe_init(&probe, env, seed, why)) return GB_FAILED;
    size_t bytes = (size_t)probe.obs_size * sizeof *probe.obs;
    float first, second, *obs = gb_alloc(bytes, 1, why);
    memset(&first, 0x5b, sizeof first);
    memset(&second, 0xc3, sizeof second);
    gb_verdict verdict = obs ? GB_PASSED : GB_FAILED;
    for (int call = 0; obs && call < CALLS / 10 && verdict == GB_PASSED; call++) {
        gb_probe_move(&probe);
        memset(probe.obs, 0x5b, bytes);
        gb_probe_look(&probe);
        memcpy(obs, probe.obs, bytes);
        memset(probe.obs, 0xc3, bytes);
        gb_probe_look(&probe);
        for (int i = 0; i < probe.obs_size && verdict == GB_PASSED; i++) {
            if (!memcmp(&obs[i], &probe.obs[i], sizeof *obs)) continue;
            bool unwritten = !memcmp(&obs[i], &first, sizeof first) &&
                             !memcmp(&probe.obs[i], &second, sizeof second);
            char name[80], where[80];
            verdict = GB_FAILED;
            gb_fail(why, GB_FAIL, "%s %s, %s; %s", gb_probe_name(env, i, name, sizeof name),
                    unwritten ? "is not written by observe" : "differs when observed twice",
                    gb_probe_where(&probe, seed, where, sizeof where),
                    unwritten ? "write each number, or declare fewer"
                              : "make it depend on state and config alone");
        }
    }
    gb_dealloc(obs);
    gb_probe_free(&probe);
    return verdict;
}

/* --- drawing ----------------------------------------------------------------------------------*/

/* Returns NULL, or what is wrong with the places of states. */
static const char *cells_fault(const gb_env *env, const void *state) {
    enum { MOST = 4096 }; /* states looked at */
    const int n = env->spec.obs.n < MOST ? env->spec.obs.n : MOST;
    if (!env->type->cell || env->spec.obs.kind != GB_DISCRETE) return NULL;
    for (int s = 0; s < n; s++) {
        double b[4] = {NAN, NAN, NAN, NAN};
        if (!env->type->cell(state, env->config, s, b)) continue;
        if (isfinite(b[0] + b[1] + b[2] + b[3]) && b[0] < b[2] && b[1] < b[3]) continue;
        return "cell gives a rectangle without an area; write left < right and bottom < top";
    }
    return NULL;
}

gb_verdict gb_check_draw(const gb_env *env, uint64_t seed, gb_err *why) {
    const gb_env_type *type = env->type;
    if (!type->draw) {
        gb_fail(why, GB_OK, "none given");
        return GB_INAPPLICABLE;
    }
    gb_probe probe = {0};
    gb_null_canvas null = {0};
    const char *what = NULL;
    gb_verdict verdict = GB_FAILED;
    unsigned char *state = gb_alloc(type->state_size, 1, why);
    unsigned char *config = gb_alloc(type->config_size, 1, why);
    if (!state || !config || gb_probe_init(&probe, env, seed, why)) goto done;
    if (type->config_size) memcpy(config, env->config, type->config_size);
    for (int i = 0; i < CALLS / 4 && !what; i++) {
        gb_probe_go(&probe);
        memcpy(state, probe.state, type->state_size);
        gb_null_canvas_init(&null);
        type->draw(probe.state, env->config, &null.canvas);
        bool kept = !memcmp(state, probe.state, type->state_size) &&
                    (!type->config_size || !memcmp(config, env->config, type->config_size));
        what = !kept         ? "draw changed state or config; it must only look"
               : null.faults ? "a number is not finite, a size is negative or there is no such "
                               "colour; mend draw"
               : null.viewed ? cells_fault(env, probe.state)
                             : "draw never called view; call it first, with the world to show";
    }
    char where[80];
    verdict = what ? GB_FAILED : GB_PASSED;
    gb_probe_where(&probe, seed, where, sizeof where);
    if (what && null.fault)
        gb_fail(why, GB_FAIL, "%s drawn %s: %s", null.fault, where, what);
    else if (what)
        gb_fail(why, GB_FAIL, "%s: %s", where, what);
done:
    gb_dealloc(state);
    gb_dealloc(config);
    gb_probe_free(&probe);
    return verdict;
}

/* --- keys -------------------------------------------------------------------------------------*/

gb_verdict gb_check_keys(const gb_env *env, uint64_t seed, gb_err *why) {
    char fault[256];
    (void)seed;
    if (!env->spec.keys) {
        gb_fail(why, GB_OK, "none given");
        return GB_INAPPLICABLE;
    }
    if (!gb_keys_fault(&env->spec, fault, sizeof fault)) return GB_PASSED;
    gb_fail(why, GB_FAIL, "keys: %s; mend the table that spec gives out", fault);
    return GB_FAILED;
}
