#include "probe.h"

#include "rng.h"
#include "space.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TRACE_BYTES ((size_t)64 << 20)

/* Bytes from a buffer of n bytes to the next: whole cache lines and two guards. */
static size_t stride(size_t n) {
    return (n + 63) / 64 * 64 + 2 * GB_PROBE_GUARD;
}

int gb_probe_init(gb_probe *probe, const gb_env *env, uint64_t seed, gb_err *err) {
    *probe = (gb_probe){.env = env,
                        .obs_size = gb_space_size(&env->spec.obs),
                        .act_size = gb_space_size(&env->spec.act),
                        .rng = gb_rng_stream(seed, GB_STREAM_ENV),
                        .chooser = gb_rng_stream(seed, GB_STREAM_BENCH)};
    size_t bytes[] = {env->type->state_size, (size_t)probe->obs_size * sizeof *probe->obs,
                      (size_t)probe->act_size * sizeof *probe->action};
    size_t total = stride(bytes[0]) + stride(bytes[1]) + stride(bytes[2]);
    probe->memory = gb_alloc(total, 1, err);
    if (!probe->memory) return GB_FAIL;
    memset(probe->memory, GB_PROBE_BYTE, total);

    unsigned char *buffers[3], *at = probe->memory;
    for (int k = 0; k < 3; k++) {
        buffers[k] = memset(at + GB_PROBE_GUARD, 0, bytes[k]);
        at += stride(bytes[k]);
    }
    probe->state = buffers[0];
    probe->obs = (float *)buffers[1];
    probe->action = (float *)buffers[2];
    return GB_OK;
}

bool gb_probe_guarded(const void *buffer, size_t n) {
    const unsigned char *before = (const unsigned char *)buffer - GB_PROBE_GUARD;
    const unsigned char *after = (const unsigned char *)buffer + n;
    for (int i = 0; i < GB_PROBE_GUARD; i++)
        if (before[i] != GB_PROBE_BYTE || after[i] != GB_PROBE_BYTE) return false;
    return true;
}

void gb_probe_free(gb_probe *probe) {
    gb_dealloc(probe->memory);
    probe->memory = NULL;
}

void gb_probe_pin_globals(void) {
    srand(1);
    srandom(1);
    srand48(1);
}

gb_globals gb_probe_globals(void) {
    gb_globals next;
    next.rand = rand();
    next.random = random();
    next.lrand48 = lrand48();
    return next;
}

void gb_probe_reset(gb_probe *probe) {
    gb_probe_pin_globals();
    probe->env->type->reset(probe->state, probe->env->config, &probe->rng);
    probe->last = (gb_step){0};
    probe->episode++;
    probe->age = 0;
}

void gb_probe_step(gb_probe *probe) {
    probe->last =
        probe->env->type->step(probe->state, probe->env->config, probe->action, &probe->rng);
    probe->age++;
}

void gb_probe_look(gb_probe *probe) {
    probe->env->type->observe(probe->state, probe->env->config, probe->obs);
}

void gb_probe_choose(gb_probe *probe) {
    gb_space_sample(&probe->env->spec.act, &probe->chooser, probe->action);
}

bool gb_probe_over(const gb_probe *probe) {
    int limit = probe->env->spec.max_steps;
    return !probe->episode || probe->last.terminal || (limit > 0 && probe->age >= limit);
}

void gb_probe_move(gb_probe *probe) {
    if (gb_probe_over(probe)) {
        gb_probe_reset(probe);
        return;
    }
    gb_probe_choose(probe);
    gb_probe_step(probe);
}

void gb_probe_go(gb_probe *probe) {
    gb_probe_move(probe);
    gb_probe_look(probe);
}

void gb_probe_copy(gb_probe *to, const gb_probe *from) {
    memcpy(to->state, from->state, from->env->type->state_size);
    memcpy(to->obs, from->obs, (size_t)from->obs_size * sizeof *from->obs);
    memcpy(to->action, from->action, (size_t)from->act_size * sizeof *from->action);
    to->rng = from->rng;
    to->chooser = from->chooser;
    to->last = from->last;
    to->episode = from->episode;
    to->age = from->age;
}

/* --- what was seen, in words ------------------------------------------------------------------*/

char *gb_probe_where(const gb_probe *probe, uint64_t seed, char *text, size_t size) {
    unsigned long long shown = seed;
    if (!probe->age)
        return gb_format(text, size, "after the reset of episode %d, seed %llu", probe->episode,
                         shown);
    return gb_format(text, size, "at step %d of episode %d, seed %llu", probe->age, probe->episode,
                     shown);
}

char *gb_probe_name(const gb_env *env, int i, char *text, size_t size) {
    const gb_space *space = &env->spec.obs;
    if (space->kind == GB_DISCRETE) return gb_format(text, size, "the observation");
    if (!space->names) return gb_format(text, size, "observation %d", i);
    return gb_format(text, size, "observation %d (%.40s)", i, space->names[i]);
}

const char *gb_probe_fault(const gb_probe *probe, char *fault, size_t size) {
    const gb_space *space = &probe->env->spec.obs;
    if (!isfinite(probe->last.reward))
        return gb_format(fault, size, "the reward is %g: mend step", probe->last.reward);
    if (gb_space_contains(space, probe->obs)) {
        bool finite = true; /* an unbounded space may take infinities for members */
        for (int i = 0; i < probe->obs_size; i++) finite = finite && isfinite(probe->obs[i]);
        if (finite) return NULL;
    }
    for (int i = 0; i < probe->obs_size; i++) {
        double x = (double)probe->obs[i];
        char name[80];
        gb_probe_name(probe->env, i, name, sizeof name);
        if (!isfinite(x)) return gb_format(fault, size, "%s is %g: mend step or observe", name, x);
        if (space->kind == GB_DISCRETE)
            return gb_format(fault, size, "%s is %g, not one of 0..%d: mend observe or spec", name,
                             x, space->n - 1);
        double low = space->low ? (double)space->low[i] : -HUGE_VAL;
        double high = space->high ? (double)space->high[i] : HUGE_VAL;
        if (x < low || x > high)
            return gb_format(fault, size, "%s is %.9g, not in [%.9g, %.9g]: clip it or widen spec",
                             name, x, low, high);
    }
    return gb_format(fault, size, "the observation is not in its space: mend observe or spec");
}

/* --- paths to compare -------------------------------------------------------------------------*/

int gb_trace_init(gb_trace *trace, const gb_env *env, int n, gb_err *err) {
    *trace = (gb_trace){.obs_size = gb_space_size(&env->spec.obs)};
    size_t row = (size_t)trace->obs_size * sizeof *trace->obs;
    trace->n = (size_t)n * row <= MAX_TRACE_BYTES ? n : 1 + (int)(MAX_TRACE_BYTES / row);
    trace->obs = gb_alloc(trace->n, row, err);
    trace->last = gb_alloc(trace->n, sizeof *trace->last, err);
    if (trace->obs && trace->last) return GB_OK;
    gb_trace_free(trace);
    return GB_FAIL;
}

void gb_trace_free(gb_trace *trace) {
    gb_dealloc(trace->obs);
    gb_dealloc(trace->last);
    *trace = (gb_trace){0};
}

void gb_trace_set(gb_trace *trace, int i, const gb_probe *probe) {
    size_t n = (size_t)trace->obs_size;
    memcpy(trace->obs + (size_t)i * n, probe->obs, n * sizeof *probe->obs);
    trace->last[i] = probe->last;
}

const char *gb_trace_difference(const gb_trace *trace, int i, const gb_probe *probe, char *text,
                                size_t size) {
    const float *before = trace->obs + (size_t)i * (size_t)trace->obs_size;
    const gb_step *last = &trace->last[i];
    for (int k = 0; k < trace->obs_size; k++) {
        if (!memcmp(&before[k], &probe->obs[k], sizeof *before)) continue;
        char name[80];
        return gb_format(text, size, "%s was %.9g, now %.9g",
                         gb_probe_name(probe->env, k, name, sizeof name), (double)before[k],
                         (double)probe->obs[k]);
    }
    if (memcmp(&last->reward, &probe->last.reward, sizeof last->reward))
        return gb_format(text, size, "the reward was %.17g, now %.17g", last->reward,
                         probe->last.reward);
    if (last->terminal != probe->last.terminal)
        return gb_format(text, size, "terminal was %d, now %d", last->terminal,
                         probe->last.terminal);
    return NULL;
}
