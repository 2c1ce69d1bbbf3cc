/* cmd_bench.c - gibbs bench: how fast environments step, agents learn (and on what kernels) and
 * planners sweep. */
#include "bench.h"
#include "la.h"
#include "opt.h"
#include "rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double bench_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

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
        double start = bench_now(), end;
        int64_t before = vec->steps;
        do {
            gb_vec_random_actions(vec, action);
            int code = gb_vec_step(vec, action, (int)bench->threads, err);
            if (code) return code;
        } while ((end = bench_now()) - start < bench->seconds);
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

/* --- updates ----------------------------------------------------------------------------------*/

struct shape {
    int64_t obs, act;
};

/* A task of the wanted sizes: observations and actions of no meaning. */
static int make_agent(const struct shape *shape, int threads, float *bounds, gb_agent *agent,
                      gb_err *err) {
    for (int i = 0; i < shape->act; i++) bounds[i] = -1, bounds[shape->act + i] = 1;
    gb_setting setting = {.spec = {.obs = {.kind = GB_BOX, .n = (int)shape->obs},
                                   .act = {.kind = GB_BOX,
                                           .n = (int)shape->act,
                                           .low = bounds,
                                           .high = bounds + shape->act}},
                          .envs = 1,
                          .threads = threads,
                          .seed = 1,
                          .total_steps = 10000};
    return gb_agent_open(agent, &setting, err);
}

/* Lets the agent remember random transitions, without learning from them. */
static int feed(gb_agent *agent, const struct shape *shape, int n, gb_err *err) {
    gb_rng rng = gb_rng_stream(1, GB_STREAM_BENCH);
    size_t obs = (size_t)shape->obs, act = (size_t)shape->act, row = 2 * obs + act + 1;
    float *x = gb_alloc(row, sizeof *x, err);
    const uint8_t no = 0;
    int code = x ? GB_OK : GB_FAIL;
    for (int i = 0; i < n && !code; i++) {
        for (size_t k = 0; k < row; k++) x[k] = (float)gb_rng_uniform(&rng, -1, 1);
        gb_batch batch = {.n = 1,
                          .obs = x,
                          .next_obs = x + obs,
                          .action = x + 2 * obs,
                          .reward = x + 2 * obs + act,
                          .terminal = &no,
                          .truncated = &no};
        code = agent->type->observe(agent->state, &batch, err);
    }
    gb_dealloc(x);
    return code;
}

static void time_updates(gb_agent *agent, double window, double *rate, double *flops) {
    for (int w = -1; w < BENCH_WINDOWS; w++) {
        double start = bench_now(), end;
        int updates = 0;
        do {
            *flops = agent->type->update(agent->state);
            updates++;
        } while ((end = bench_now()) - start < window);
        if (w >= 0) rate[w] = updates / (end - start);
    }
}

static void print_update(const struct bench *bench, const char *agent, double rate, double flops,
                         double peak) {
    double gflops = rate * flops * 1e-9, all = peak * (double)bench->threads;
    if (bench->json)
        printf("{\"agent\":\"%s\",\"threads\":%lld,\"kernels\":\"%s\",\"updates_per_s\":%.6g,"
               "\"gflops\":%.5g,\"peak_gflops\":%.5g,\"fraction_of_peak\":%.4g}\n",
               agent, (long long)bench->threads, gb_la_name(), rate, gflops, all, gflops / all);
    else
        printf("%s, %lld thread%s, %s: %.5g updates/s, %.4g GFLOP/s of %.4g, %.1f%% of the peak "
               "(median of %d windows)\n",
               agent, (long long)bench->threads, bench->threads == 1 ? "" : "s", gb_la_name(), rate,
               gflops, all, 100 * gflops / all, BENCH_WINDOWS);
}

/* Takes --hidden, --batch and the like as options of the agent. */
static int set_options(struct args *args, gb_agent *agent, gb_err *err) {
    for (int i = 0; i < args->n_options; i++) {
        struct option *option = &args->options[i];
        const gb_opt *row = gb_opts_find(agent->type->opts, option->name);
        if (option->taken || !row) continue;
        int code = gb_opt_set(row, agent->config, option->value, option->shown, err);
        if (code) return code;
        option->taken = true;
    }
    return GB_OK;
}

static int bench_update(struct session *session, struct args *args, gb_err *err) {
    struct bench bench;
    struct shape shape = {17, 6};
    gb_agent agent = {0};
    float *bounds = NULL;
    double rate[BENCH_WINDOWS], flops = 0, peak = gb_la_peak_gflops();
    int code = bench_take(args, &bench, err);
    if (!code) code = args_take_int(args, "obs", 1, 100000, &shape.obs, err);
    if (!code) code = args_take_int(args, "act", 1, 1000, &shape.act, err);
    if (!code && args->n_words < 2) code = args_finish(args, 2, 2, usage_of("bench"), err);
    const gb_agent_type *type =
        code ? NULL : gb_registry_agent(&session->registry, args->words[1], err);
    if (!code && !type) code = GB_USAGE;
    if (!code && !type->update)
        code = gb_fail(err, GB_USAGE, "%s: does not learn by updates; choose another agent",
                       type->name);
    if (!code) code = gb_agent_init(&agent, type, err);
    if (!code) code = set_options(args, &agent, err);
    if (!code) code = args_finish(args, 2, 2, usage_of("bench"), err);
    if (!code && !(bounds = gb_alloc((size_t)(2 * shape.act), sizeof *bounds, err))) code = GB_FAIL;
    if (!code) code = make_agent(&shape, (int)bench.threads, bounds, &agent, err);
    if (!code) code = feed(&agent, &shape, 2000, err);
    if (!code) {
        time_updates(&agent, bench.seconds, rate, &flops);
        double again = gb_la_peak_gflops(); /* the machine's speed may have moved meanwhile */
        print_update(&bench, type->name, bench_median(rate), flops, again > peak ? again : peak);
    }
    gb_agent_free(&agent);
    gb_dealloc(bounds);
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
    else if (!code && !strcmp(what, "solve"))
        code = bench_solve(&args, &err);
    else if (!code)
        code = gb_fail(&err, GB_USAGE, "bench what? usage: %s", usage_of("bench"));
    return code ? complain(code, &err) : 0;
}
