/* bench_solve.c - gibbs bench solve: Bellman sweeps over a large random MDP against the memory's
 * bandwidth.
 *
 * Bytes are counted as STREAM counts them (McCalpin 1995): those of every number that the loop
 * reads or writes, each time it does. An outcome is 20 bytes (probability, successor and the
 * successor's value), a pair 8 (its reward), a state 16 (its old value, for the residual, and its
 * new one). The values of a million states fit the last cache, so that memory itself has to deliver
 * less: the second figure counts each number once, 12 bytes an outcome. */
#include "bellman.h"
#include "bench.h"
#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct sweeps {
    gb_mdp mdp;
    double *v, *out; /* (states) */
    double per_s, peak;
};

static int make(struct sweeps *s, struct args *args, gb_err *err) {
    int64_t states = 1000000, actions = 5, branching = 5, seed = 1;
    int code = args_take_int(args, "states", 1, INT32_MAX, &states, err);
    if (!code) code = args_take_int(args, "actions", 1, GB_MDP_MAX_ACTIONS, &actions, err);
    if (!code) code = args_take_int(args, "branching", 1, INT32_MAX, &branching, err);
    if (!code) code = args_take_int(args, "seed", 0, INT64_MAX, &seed, err);
    if (!code) code = args_finish(args, 1, 1, usage_of("bench"), err);
    if (!code)
        code = gb_mdp_random(&s->mdp, (int)states, (int)actions, (int)branching, 0.99,
                             (uint64_t)seed, err);
    if (code) return code;
    s->v = gb_alloc((size_t)states, sizeof *s->v, err);
    s->out = gb_alloc((size_t)states, sizeof *s->out, err);
    return s->v && s->out ? GB_OK : GB_FAIL;
}

/* The bandwidth is measured between the windows: the machine's speed may move meanwhile. */
static int time_sweeps(struct sweeps *s, const struct bench *bench, gb_err *err) {
    double rate[BENCH_WINDOWS];
    for (int w = -1; w < BENCH_WINDOWS; w++) { /* the first warms up */
        double start = gb_seconds(), end, peak;
        int sweeps = 0;
        do {
            gb_bellman_sweep(&s->mdp, gb_bellman_max, NULL, s->v, s->out, NULL,
                             (int)bench->threads);
            double *swap = s->v;
            s->v = s->out, s->out = swap;
            sweeps++;
        } while ((end = gb_seconds()) - start < bench->seconds);
        if (w >= 0) rate[w] = sweeps / (end - start);
        if ((peak = gb_memory_bandwidth((int)bench->threads, err)) < 0) return GB_FAIL;
        s->peak = fmax(s->peak, peak);
    }
    s->per_s = bench_median(rate);
    return GB_OK;
}

static void print(const struct sweeps *s, const struct bench *bench) {
    const gb_mdp *mdp = &s->mdp;
    const double others = 8.0 * (double)gb_mdp_pairs(mdp) + 16.0 * mdp->states;
    const double once = s->per_s * 1e-9 * (12.0 * (double)mdp->outcomes + others);
    const double all = s->per_s * 1e-9 * (20.0 * (double)mdp->outcomes + others);
    if (bench->json)
        printf("{\"states\":%d,\"actions\":%d,\"outcomes\":%zu,\"threads\":%lld,"
               "\"sweeps_per_s\":%.6g,\"gb_per_s\":%.5g,\"peak_gb_per_s\":%.5g,"
               "\"fraction_of_peak\":%.4g,\"once_gb_per_s\":%.5g}\n",
               mdp->states, mdp->actions, mdp->outcomes, (long long)bench->threads, s->per_s, all,
               s->peak, all / s->peak, once);
    else
        printf("%d states, %d actions, %zu outcomes, %lld thread%s: %.4g sweeps/s, %.4g GB/s of "
               "%.4g, %.1f%% of the peak; %.1f%% if each number is counted once (median of %d "
               "windows)\n",
               mdp->states, mdp->actions, mdp->outcomes, (long long)bench->threads,
               bench->threads == 1 ? "" : "s", s->per_s, all, s->peak, 100 * all / s->peak,
               100 * once / s->peak, BENCH_WINDOWS);
}

int bench_solve(struct args *args, gb_err *err) {
    struct bench bench;
    struct sweeps s = {0};
    int code = bench_take(args, &bench, err);
    if (!code) code = make(&s, args, err);
    if (!code) code = time_sweeps(&s, &bench, err);
    if (!code) print(&s, &bench);
    gb_dealloc(s.v);
    gb_dealloc(s.out);
    gb_mdp_free(&s.mdp);
    return code;
}
