/* cmd_bench.c - gibbs bench: what the benchmarks share, and how fast environments step. Those of
 * agents are in bench_agent.c, those of planners in bench_solve.c. */
#include "bench.h"
#include "opt.h"
#include "rng.h"

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

static int time_steps(gb_vec *vec, float *action, const struct bench *bench, double *rate,
                      gb_err *err) {
    for (int w = -1; w < BENCH_WINDOWS; w++) { /* the first warms up */
        double start = clock_seconds(), end;
        int64_t before = vec->steps;
        do {
            gb_vec_random_actions(vec, action);
            int code = gb_vec_step(vec, action, (int)bench->threads, err);
            if (code) return code;
        } while ((end = clock_seconds()) - start < bench->seconds);
        if (w >= 0) rate[w] = (double)(vec->steps - before) / (end - start);
    }
    return GB_OK;
}

static int bench_env(struct session *session, struct args *args, gb_err *err) {
    struct bench bench;
    gb_env env = {0};
    gb_vec vec = {0};
    double rate[BENCH_WINDOWS];
    int64_t envs = 4096;
    int code = bench_take(args, &bench, err);
    if (!code) code = session_take_plugin(session, args, err);
    if (!code) code = args_take_int(args, "envs", 1, 1 << 20, &envs, err);
    if (!code && args->n_words < 2) code = args_finish(args, 2, 2, usage_of("bench"), err);
    if (!code) code = session_open_env(session, args, args->words[1], &env, err);
    if (!code) code = args_finish(args, 2, 2, usage_of("bench"), err);
    if (!code) code = gb_vec_init(&vec, &env, (int)envs, 1, GB_STREAM_BENCH, err);
    float *action = code ? NULL : gb_alloc((size_t)(envs * vec.act_size), sizeof *action, err);
    if (!code) code = action ? time_steps(&vec, action, &bench, rate, err) : GB_FAIL;
    if (!code && bench.json)
        printf("{\"env\":\"%s\",\"envs\":%lld,\"threads\":%lld,\"steps_per_s\":%.6g}\n",
               env.type->name, (long long)envs, (long long)bench.threads, bench_median(rate));
    else if (!code)
        printf("%s, %lld environments, %lld thread%s: %.4g million steps/s with random actions "
               "(median of %d windows)\n",
               env.type->name, (long long)envs, (long long)bench.threads,
               bench.threads == 1 ? "" : "s", bench_median(rate) / 1e6, BENCH_WINDOWS);
    gb_dealloc(action);
    gb_vec_free(&vec);
    gb_env_free(&env);
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
    else if (!code)
        code = gb_fail(&err, GB_USAGE, "bench what? usage: %s", usage_of("bench"));
    return code ? complain(code, &err) : 0;
}
