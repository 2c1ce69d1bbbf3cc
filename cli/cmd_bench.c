/* cmd_bench.c - gibbs bench: what the benchmarks share, and how fast environments step. Those of
 * agents are in bench_agent.c, those of planners in bench_solve.c. */
#include "bench.h"
#include "opt.h"
#include "rng.h"
#include "space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double rate[BENCH_WINDOWS]) {
    qsort(rate, BENCH_WINDOWS, sizeof *rate, by_value);
    return rate[BENCH_WINDOWS / 2];
}

int bench_take(struct args *args, struct bench *bench, gb_err *err) {
    struct seconds {
        double value;
    } seconds = {1};
    const char *text = args_take(args, "seconds");
    const gb_opt row = {"seconds", GB_F64(struct seconds, value), 1, 0.01, 1000, ""};
    int code = text ? gb_opt_set(&row, &seconds, text, "--seconds", err) : GB_OK;
    *bench = (struct bench){.threads = 1, .json = args_take(args, "json") != NULL};
    bench->seconds = seconds.value / BENCH_WINDOWS;
    return code ? code : args_take_int(args, "threads", 1, 256, &bench->threads, err);
}

/* --- environments -----------------------------------------------------------------------------*/

/* A vector of instances at work, and beside it the bare simulator. */
struct env_bench {
    struct bench bench;
    gb_env env;
    gb_vec vec;
    int64_t envs;
    float *action; /* (envs, act_size), at least (BARE_STEPS, act_size) */
    void *state;   /* a copy of one instance's, for the simulator; NULL: there is none */
    double rate[BENCH_WINDOWS], bare[BENCH_WINDOWS];
};

enum { BARE_STEPS = 8 }; /* from each state, before it is an unlikely one */

/* Steps for one window; *rate: steps a second. */
static int time_steps(struct env_bench *b, double *rate, gb_err *err) {
    double start = gb_seconds(), end;
    int64_t before = b->vec.steps;
    do {
        int code = gb_vec_step_random(&b->vec, b->action, (int)b->bench.threads, err);
        if (!code) code = gb_vec_turn(&b->vec, (int)b->bench.threads, err);
        if (code) return code;
    } while ((end = gb_seconds()) - start < b->bench.seconds);
    *rate = (double)(b->vec.steps - before) / (end - start);
    return GB_OK;
}

/* Simulates for one window, a few steps from where each instance is in turn; only that is timed. */
static double time_bare(struct env_bench *b) {
    const gb_env_type *type = b->env.type;
    const int act_size = b->vec.act_size;
    double busy = 0;
    int64_t steps = 0;
    do {
        for (int i = 0; i < b->vec.n && busy < b->bench.seconds; i++, steps += BARE_STEPS) {
            memcpy(b->state, gb_vec_state(&b->vec, i), type->state_size);
            for (int k = 0; k < BARE_STEPS; k++)
                gb_space_sample(&b->env.spec.act, &b->vec.rng[i], b->action + k * act_size);
            double start = gb_seconds();
            type->bare(b->state, b->env.config, b->action, BARE_STEPS);
            busy += gb_seconds() - start;
        }
    } while (busy < b->bench.seconds);
    return (double)steps / busy;
}

static int run_env_bench(struct env_bench *b, gb_err *err) {
    const size_t rows = b->envs > BARE_STEPS ? (size_t)b->envs : BARE_STEPS;
    int code = gb_vec_init(&b->vec, &b->env, (int)b->envs, 1, GB_STREAM_BENCH, err);
    if (code) return code;
    b->action = gb_alloc(rows * (size_t)b->vec.act_size, sizeof *b->action, err);
    if (!b->action) return GB_FAIL;
    if (b->env.type->bare && !(b->state = gb_alloc(1, b->env.type->state_size, err)))
        return GB_FAIL;
    for (int w = -1; w < BENCH_WINDOWS && !code; w++) { /* the first warms up */
        double rate = 0, bare;
        code = time_steps(b, &rate, err);
        bare = b->state ? time_bare(b) : 0;
        if (w >= 0) b->rate[w] = rate, b->bare[w] = bare;
    }
    return code;
}

static void print_env_bench(struct env_bench *b) {
    const char *name = b->env.type->name;
    const double rate = bench_median(b->rate), bare = bench_median(b->bare);
    const long long envs = b->envs, threads = b->bench.threads;
    if (b->bench.json) {
        printf("{\"env\":\"%s\",\"envs\":%lld,\"threads\":%lld,\"steps_per_s\":%.6g", name, envs,
               threads, rate);
        if (b->state) printf(",\"bare_steps_per_s\":%.6g", bare);
        printf("}\n");
        return;
    }
    printf("%s, %lld environments, %lld thread%s: %.4g million steps/s with random actions "
           "(median of %d windows)\n",
           name, envs, threads, threads == 1 ? "" : "s", rate / 1e6, BENCH_WINDOWS);
    if (b->state)
        printf("the simulator alone, 1 thread: %.4g million steps/s; %.1f%% of it\n", bare / 1e6,
               100 * rate / bare);
}

static int bench_env(struct session *session, struct args *args, gb_err *err) {
    struct env_bench b = {.envs = 0};
    int code = bench_take(args, &b.bench, err);
    if (!code) code = session_take_plugin(session, args, err);
    if (!code) code = args_take_int(args, "envs", 1, 1 << 20, &b.envs, err);
    if (!code && args->n_words < 2) code = args_finish(args, 2, 2, usage_of("bench"), err);
    if (!code) code = session_open_env(session, args, args->words[1], &b.env, err);
    if (!code) code = args_finish(args, 2, 2, usage_of("bench"), err);
    if (!code && !b.envs) b.envs = b.env.type->bare ? 64 : 4096; /* a simulator takes its time */
    if (!code) code = run_env_bench(&b, err);
    if (!code) print_env_bench(&b);
    gb_dealloc(b.state);
    gb_dealloc(b.action);
    gb_vec_free(&b.vec);
    gb_env_free(&b.env);
    return code;
}

int cmd_bench(struct session *session, int argc, char **argv) {
    static const char *const flags[] = {"json", NULL};
    struct args args;
    gb_err err;
    int code = args_parse(&args, argc, argv, flags, &err);
    const char *what = args.n_words ? args.words[0] : "";
    if (!code && !strcmp(what, "env"))
        code = bench_env(session, &args, &err);
    else if (!code && !strcmp(what, "update"))
        code = bench_update(session, &args, &err);
    else if (!code && !strcmp(what, "act"))
        code = bench_act(session, &args, &err);
    else if (!code && !strcmp(what, "solve"))
        code = bench_solve(&args, &err);
#ifdef GB_CAIRO
    else if (!code && !strcmp(what, "products"))
        code = bench_products(&args, &err);
#endif
    else if (!code)
        code = gb_fail(&err, GB_USAGE, "bench what? usage: %s", usage_of("bench"));
    return code ? complain(code, &err) : 0;
}
