/* conform.c - the table of checks, and those that compare two paths of an environment. */
#include "conform.h"

#include "probe.h"
#include "rng.h"

#include <string.h>

#define CALLS 1000 /* resets and steps of a path that is compared */

static gb_check_function check_seed, check_clone, check_instances, check_reset, check_stream,
    check_global;

const gb_check gb_checks[] = {
    {"seed", "same seed, same path", check_seed},
    {"clone", "a copy of state and stream goes the same way", check_clone},
    {"instances", "two instances do not disturb each other", check_instances},
    {"reset", "reset sets up the whole state, whatever was there", check_reset},
    {"stream", "the random stream is drawn from, not set", check_stream},
    {"global", "no global random numbers are used", check_global},
    {"observation", "observations and rewards are finite and inside their bounds",
     gb_check_observation},
    {"action", "every action is legal", gb_check_action},
    {"memory", "nothing is written where it must not be", gb_check_memory},
    {"written", "every element of the observation is written", gb_check_written},
    {"end", "an episode ends or has a limit", gb_check_end},
    {"terminal", "the last state is still there after the end", gb_check_terminal},
    {"limit", "the time limit is left to the host", gb_check_limit},
    {"model", "the model's rows are sound and agree with step", gb_check_model},
    {"start", "episodes start as often in each state as start says", gb_check_start},
    {"block", "step_block does what step and observe do, bit for bit", gb_check_block},
    {"draw", "drawing is sound and changes nothing", gb_check_draw},
    {"keys", "each key for people stands for an action that exists", gb_check_keys},
    {0},
};

const gb_check *gb_check_find(const char *name) {
    for (const gb_check *check = gb_checks; check->name; check++)
        if (!strcmp(check->name, name)) return check;
    return NULL;
}

/* A check that compares: two probes and the path that the first took. */
typedef struct pair {
    gb_probe a, b;
    gb_trace trace;
} pair;

static int pair_init(pair *p, const gb_env *env, uint64_t seed_a, uint64_t seed_b, gb_err *why) {
    *p = (pair){0};
    int code = gb_probe_init(&p->a, env, seed_a, why);
    if (!code) code = gb_probe_init(&p->b, env, seed_b, why);
    if (!code) code = gb_trace_init(&p->trace, env, CALLS, why);
    return code;
}

static void pair_free(pair *p) {
    gb_probe_free(&p->a);
    gb_probe_free(&p->b);
    gb_trace_free(&p->trace);
}

/* Fails with "OPENING: DIFFERENCE at step ...; MEND". */
static gb_verdict differs(const gb_probe *probe, uint64_t seed, const char *opening,
                          const char *difference, const char *mend, gb_err *why) {
    char where[80];
    gb_fail(why, GB_FAIL, "%s: %s %s; %s", opening, difference,
            gb_probe_where(probe, seed, where, sizeof where), mend);
    return GB_FAILED;
}

/* --- same seed, same path ---------------------------------------------------------------------*/

static gb_verdict check_seed(const gb_env *env, uint64_t seed, gb_err *why) {
    pair p;
    char text[200];
    const char *difference = NULL;
    gb_verdict verdict = GB_FAILED;
    if (pair_init(&p, env, seed, seed, why)) goto done;

    gb_rng start = p.a.rng;
    for (int i = 0; i < p.trace.n; i++) {
        gb_probe_go(&p.a);
        gb_trace_set(&p.trace, i, &p.a);
    }
    for (int i = 0; i < p.trace.n && !difference; i++) {
        gb_probe_go(&p.b);
        difference = gb_trace_difference(&p.trace, i, &p.b, text, sizeof text);
    }
    verdict = GB_PASSED;
    if (!difference) goto done;
    bool drawn = memcmp(&start, &p.a.rng, sizeof start) || memcmp(&start, &p.b.rng, sizeof start);
    verdict =
        differs(&p.b, seed, "the same seed took two paths", difference,
                drawn
                    ? "keep all that matters in state, and draw from rng only"
                    : "rng was never drawn from, so there is randomness of its own: draw from rng",
                why);
done:
    pair_free(&p);
    return verdict;
}

/* The checks below compare paths, which says nothing if the same seed takes different ones. */
static bool repeats(const gb_env *env, uint64_t seed, gb_err *why) {
    if (check_seed(env, seed, NULL) == GB_PASSED) return true;
    gb_fail(why, GB_OK, "cannot be told before the same seed takes the same path");
    return false;
}

/* --- clones, instances, leftovers -------------------------------------------------------------*/

static gb_verdict check_clone(const gb_env *env, uint64_t seed, gb_err *why) {
    enum { copies = 40, ahead = 25 };
    if (!repeats(env, seed, why)) return GB_INAPPLICABLE;
    pair p;
    gb_verdict verdict = GB_FAILED;
    if (pair_init(&p, env, seed, seed, why)) goto done;
    int n = ahead < p.trace.n ? ahead : p.trace.n;
    for (int copy = 0; copy < copies; copy++) {
        gb_probe_go(&p.a);
        gb_probe_copy(&p.b, &p.a);
        for (int i = 0; i < n; i++) {
            gb_probe_go(&p.a);
            gb_trace_set(&p.trace, i, &p.a);
        }
        for (int i = 0; i < n; i++) {
            gb_probe_go(&p.b);
            char text[200];
            const char *difference = gb_trace_difference(&p.trace, i, &p.b, text, sizeof text);
            if (!difference) continue;
            verdict = differs(&p.b, seed, "a copy of state and rng took another path", difference,
                              "keep all that matters in state, and no pointers there", why);
            goto done;
        }
    }
    verdict = GB_PASSED;
done:
    pair_free(&p);
    return verdict;
}

/* As a vectorised host does: all instances move, then all are observed. */
static gb_verdict check_instances(const gb_env *env, uint64_t seed, gb_err *why) {
    if (!repeats(env, seed, why)) return GB_INAPPLICABLE;
    pair p;
    gb_probe alone = {0};
    gb_verdict verdict = GB_FAILED;
    if (pair_init(&p, env, seed, seed + 1, why) || gb_probe_init(&alone, env, seed, why)) goto done;
    for (int i = 0; i < p.trace.n; i++) {
        gb_probe_go(&alone);
        gb_trace_set(&p.trace, i, &alone);
    }
    for (int i = 0; i < p.trace.n; i++) {
        gb_probe_move(&p.a);
        gb_probe_move(&p.b);
        gb_probe_look(&p.a);
        gb_probe_look(&p.b);
        char text[200];
        const char *difference = gb_trace_difference(&p.trace, i, &p.a, text, sizeof text);
        if (!difference) continue;
        verdict = differs(&p.a, seed, "another instance changed the path of this one", difference,
                          "make no variable static or global; keep it in state", why);
        goto done;
    }
    verdict = GB_PASSED;
done:
    gb_probe_free(&alone);
    pair_free(&p);
    return verdict;
}

static gb_verdict check_reset(const gb_env *env, uint64_t seed, gb_err *why) {
    enum { tries = 20 };
    if (!repeats(env, seed, why)) return GB_INAPPLICABLE;
    gb_verdict verdict = GB_FAILED;
    for (uint64_t k = 0; k < tries; k++) {
        pair p;
        const char *difference = NULL;
        char text[200];
        if (pair_init(&p, env, seed + k, seed + tries + k, why)) {
            pair_free(&p);
            return GB_FAILED;
        }
        /* b plays on for a while, then is put on a's streams and reset */
        for (uint64_t i = 0; i < 2 + 7 * k; i++) gb_probe_move(&p.b);
        p.b.rng = p.a.rng;
        p.b.chooser = p.a.chooser;
        p.b.last.terminal = true;
        for (int i = 0; i < p.trace.n && !difference; i++) {
            gb_probe_go(&p.a);
            gb_trace_set(&p.trace, i, &p.a);
            gb_probe_go(&p.b);
            difference = gb_trace_difference(&p.trace, i, &p.b, text, sizeof text);
        }
        verdict = !difference
                      ? GB_PASSED
                      : differs(&p.a, seed + k,
                                "after an earlier episode, the same stream took another path",
                                difference, "set every field of state in reset", why);
        pair_free(&p);
        if (verdict == GB_FAILED) break;
    }
    return verdict;
}

/* --- randomness -------------------------------------------------------------------------------*/

/* Returns how many numbers lead from stream a to the same stream at `state`: bit by bit, as the
 * lowest k bits of a linear congruential generator have period 2^k (Brown 1994, O'Neill 2014). */
static uint64_t draws_between(gb_rng a, uint64_t state) {
    uint64_t factor = 6364136223846793005ULL, summand = a.inc | 1, draws = 0;
    for (uint64_t bit = 1; a.state != state; bit <<= 1) {
        if ((a.state ^ state) & bit) {
            a.state = a.state * factor + summand;
            draws |= bit;
        }
        summand *= factor + 1;
        factor *= factor;
    }
    return draws;
}

/* A stream that was set stands at a random place: fewer than 2^32 draws away once in 2^32. */
static gb_verdict check_stream(const gb_env *env, uint64_t seed, gb_err *why) {
    gb_probe probe;
    if (gb_probe_init(&probe, env, seed, why)) return GB_FAILED;
    gb_verdict verdict = GB_INAPPLICABLE;
    gb_fail(why, GB_OK, "nothing is drawn; every seed goes the same way");
    for (int i = 0; i < CALLS && verdict != GB_FAILED; i++) {
        gb_rng before = probe.rng;
        gb_probe_move(&probe);
        if (!memcmp(&before, &probe.rng, sizeof before)) continue;
        verdict = GB_PASSED;
        bool set = probe.rng.inc != before.inc;
        if (!set && draws_between(before, probe.rng.state) < (uint64_t)1 << 32) continue;
        char where[80];
        verdict = GB_FAILED;
        gb_fail(why, GB_FAIL,
                "%s sets the random stream, %s; only draw from it, the host has seeded it",
                probe.age ? "step" : "reset", gb_probe_where(&probe, seed, where, sizeof where));
    }
    gb_probe_free(&probe);
    return verdict;
}

/* Any use moves the global generators on. rand() and random() may share one. */
static gb_verdict check_global(const gb_env *env, uint64_t seed, gb_err *why) {
    gb_probe probe;
    if (gb_probe_init(&probe, env, seed, why)) return GB_FAILED;
    gb_verdict verdict = GB_PASSED;
    gb_probe_pin_globals();
    const gb_globals expected = gb_probe_globals();
    for (int i = 0; i < CALLS && verdict == GB_PASSED; i++) {
        gb_probe_pin_globals();
        gb_probe_go(&probe);
        gb_globals seen = gb_probe_globals();
        bool plain = seen.rand == expected.rand && seen.random == expected.random;
        if (plain && seen.lrand48 == expected.lrand48) continue;
        char where[80];
        verdict = GB_FAILED;
        gb_fail(why, GB_FAIL, "%s uses the global generator of %s, %s; draw from rng",
                probe.age ? "step or observe" : "reset or observe",
                plain ? "drand48()" : "rand() or random()",
                gb_probe_where(&probe, seed, where, sizeof where));
    }
    gb_probe_free(&probe);
    return verdict;
}
