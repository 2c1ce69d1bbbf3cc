/* conform_end.c - checks of how episodes end: by the task (terminal), by the host's limit, and
 * never by a reset inside step. */
#include "probe.h"
#include "rng.h"

#include <string.h>

/* --- an episode ends --------------------------------------------------------------------------*/

gb_verdict gb_check_end(const gb_env *env, uint64_t seed, gb_err *why) {
    enum { steps = 200000 };
    if (env->spec.max_steps > 0) return GB_PASSED;
    gb_probe probe;
    if (gb_probe_init(&probe, env, seed, why)) return GB_FAILED;
    while (probe.age < steps && !probe.last.terminal) gb_probe_move(&probe);
    bool ended = probe.last.terminal;
    if (!ended)
        gb_fail(why, GB_FAIL,
                "no end in %d random steps, seed %llu, and max_steps is 0; set max_steps in spec",
                probe.age, (unsigned long long)seed);
    gb_probe_free(&probe);
    return ended ? GB_PASSED : GB_FAILED;
}

/* --- no reset inside step ---------------------------------------------------------------------*/

/* Returns whether the last step, which drew from `before` on, ended with a reset: whether reset,
 * handed the rest of what the step drew, makes the very same state and draws exactly that rest.
 * For a reset that draws nothing: whether the state is the one it makes. A step that resets by
 * other code than reset, or draws after it, is not found. */
static bool looks_reset(const gb_probe *probe, gb_rng before, gb_probe *scratch) {
    enum { max_draws = 4096 };
    const gb_env_type *type = probe->env->type;
    for (int k = 0; k < max_draws; k++) {
        gb_probe_copy(scratch, probe);
        scratch->rng = before;
        gb_probe_reset(scratch);
        if (!memcmp(&scratch->rng, &probe->rng, sizeof probe->rng) &&
            !memcmp(scratch->state, probe->state, type->state_size))
            return true;
        if (!memcmp(&before, &probe->rng, sizeof before)) return false;
        gb_rng_u32(&before);
    }
    return false;
}

/* One ending proves nothing: a task may end where it starts. Fails if every ending looks like a
 * reset, and the last step of one moved the observation there. */
gb_verdict gb_check_terminal(const gb_env *env, uint64_t seed, gb_err *why) {
    enum { steps = 50000, endings = 20, at_least = 3 };
    gb_probe probe = {0}, previous = {0}, scratch = {0};
    int ended = 0, resets = 0, moved = 0;
    gb_verdict verdict = GB_FAILED;
    if (gb_probe_init(&probe, env, seed, why) || gb_probe_init(&previous, env, seed, why) ||
        gb_probe_init(&scratch, env, seed, why))
        goto done;
    size_t bytes = (size_t)probe.obs_size * sizeof *probe.obs;
    for (int i = 0; i < steps && ended < endings && resets == ended; i++) {
        gb_probe_copy(&previous, &probe);
        gb_probe_go(&probe);
        if (!probe.last.terminal) continue;
        ended++;
        resets += looks_reset(&probe, previous.rng, &scratch);
        moved += memcmp(probe.obs, previous.obs, bytes) != 0;
    }
    char where[80];
    verdict = ended ? GB_PASSED : GB_INAPPLICABLE;
    if (!ended) gb_fail(why, GB_OK, "no random episode ended by itself");
    if (ended < at_least || resets < ended || !moved) goto done;
    verdict = GB_FAILED;
    gb_fail(why, GB_FAIL,
            "step resets the environment when an episode ends, %s and %d times before; leave the "
            "last state in place, the host calls reset",
            gb_probe_where(&probe, seed, where, sizeof where), ended - 1);
done:
    gb_probe_free(&probe);
    gb_probe_free(&previous);
    gb_probe_free(&scratch);
    return verdict;
}

/* --- the time limit ---------------------------------------------------------------------------*/

#define CROWD     32     /* copies that live on together */
#define MAX_LIMIT 100000 /* longer episodes are not tried */

/* A crowd of copies of one environment, for living longer than a random player does. */
typedef struct crowd {
    gb_probe member[CROWD], scratch;
    bool over[CROWD]; /* the last step was terminal */
    int ended;        /* members whose last step was terminal */
    int gone;         /* members whose last step was terminal or looks like a reset */
    gb_rng rng;
} crowd;

/* Steps all members with random actions and counts. */
static void crowd_step(crowd *c, bool find_resets) {
    c->ended = c->gone = 0;
    for (int i = 0; i < CROWD; i++) {
        gb_probe *member = &c->member[i];
        gb_rng before = member->rng;
        gb_probe_choose(member);
        gb_probe_step(member);
        c->over[i] = member->last.terminal;
        c->ended += c->over[i];
        c->gone += c->over[i] || (find_resets && looks_reset(member, before, &c->scratch));
    }
}

/* Puts copies of random survivors, on streams of their own, in the place of those that ended. */
static void crowd_refill(crowd *c) {
    for (int i = 0; i < CROWD; i++) {
        if (!c->over[i]) continue;
        int from;
        do from = (int)gb_rng_below(&c->rng, CROWD);
        while (c->over[from]);
        gb_rng rng = c->member[i].rng, chooser = c->member[i].chooser;
        gb_probe_copy(&c->member[i], &c->member[from]);
        c->member[i].rng = rng;
        c->member[i].chooser = chooser;
    }
    memset(c->over, 0, sizeof c->over);
}

/* A crowd that is refilled from its survivors outlives what random play rarely does. If all of it
 * ends at once at step max_steps, and little of it one step before, a step counter did that. */
static gb_verdict outlive(crowd *c, const gb_env *env, gb_err *why) {
    int limit = env->spec.max_steps;
    for (int i = 0; i < CROWD; i++) gb_probe_reset(&c->member[i]);
    for (int step = 1; step <= limit; step++) {
        int gone = c->gone;
        crowd_step(c, step >= limit - 1);
        if (step == limit && c->gone == CROWD && gone < CROWD / 2) {
            gb_fail(why, GB_FAIL,
                    "every episode that lasted so long %s at step %d, which is max_steps; leave "
                    "the time limit to the host and count no steps (or, if the task really ends "
                    "there, set max_steps to 0)",
                    c->ended == CROWD ? "was terminal" : "was reset inside step", step);
            return GB_FAILED;
        }
        if (c->ended == CROWD) break;
        if (step == limit) return GB_PASSED;
        crowd_refill(c);
    }
    gb_fail(why, GB_OK, "no episode lasted up to max_steps");
    return GB_INAPPLICABLE;
}

gb_verdict gb_check_limit(const gb_env *env, uint64_t seed, gb_err *why) {
    if (env->spec.max_steps <= 1 || env->spec.max_steps > MAX_LIMIT) {
        gb_fail(why, GB_OK, "max_steps is %d; only 2..%d are tried", env->spec.max_steps,
                MAX_LIMIT);
        return GB_INAPPLICABLE;
    }
    crowd *c = gb_alloc(1, sizeof *c, why);
    if (!c) return GB_FAILED;
    c->rng = gb_rng_stream(seed, GB_STREAM_AGENT);
    int code = gb_probe_init(&c->scratch, env, seed, why);
    for (int i = 0; i < CROWD && !code; i++)
        code = gb_probe_init(&c->member[i], env, seed + (uint64_t)i, why);
    gb_verdict verdict = code ? GB_FAILED : outlive(c, env, why);
    for (int i = 0; i < CROWD; i++) gb_probe_free(&c->member[i]);
    gb_probe_free(&c->scratch);
    gb_dealloc(c);
    return verdict;
}
