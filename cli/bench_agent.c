/* bench_agent.c - gibbs bench update and bench act: how fast agents learn, on what kernels, and how
 * fast they choose. The task has the wanted sizes; its observations and actions have no meaning. */
#include "bench.h"
#include "la.h"
#include "opt.h"
#include "rng.h"

#include <stdio.h>
#include <string.h>

struct task {
    struct bench bench;
    int obs, picture[3]; /* of a picture: height, width, channels */
    int64_t act, envs;
    bool discrete; /* as many choices, for an agent that takes only such */
    gb_agent agent;
    float *bounds; /* (2 obs + 2 act) */
    float *x, *action;
};

static void close_task(struct task *t) {
    gb_agent_free(&t->agent);
    gb_dealloc(t->bounds);
    gb_dealloc(t->x);
    gb_dealloc(t->action);
}

/* Takes --obs N or --obs HxWxC. */
static int take_obs(struct args *args, struct task *t, gb_err *err) {
    const char *text = args_take(args, "obs");
    int n[3], end = 0;
    if (!text) return GB_OK;
    if (sscanf(text, "%5dx%5dx%5d%n", &n[0], &n[1], &n[2], &end) == 3 && !text[end] && n[0] > 0 &&
        n[1] > 0 && n[2] > 0 && (double)n[0] * n[1] * n[2] <= 100000) {
        for (int k = 0; k < 3; k++) t->picture[k] = n[k];
        t->obs = n[0] * n[1] * n[2];
    } else if (sscanf(text, "%6d%n", &n[0], &end) == 1 && !text[end] && n[0] > 0 &&
               n[0] <= 100000) {
        t->obs = n[0];
    } else {
        return gb_fail(err, GB_USAGE,
                       "--obs %s: not 1..100000 numbers; give a count, or a picture's height, "
                       "width and channels: 10x10x4",
                       text);
    }
    return GB_OK;
}

/* Takes --hidden, --batch and the like as options of the agent; learning_starts is `starts` unless
 * it is given. */
static int set_options(struct args *args, gb_agent *agent, const char *starts, gb_err *err) {
    const gb_opt *first = gb_opts_find(agent->type->opts, "learning_starts");
    int code = first ? gb_opt_set(first, agent->config, starts, "--learning_starts", err) : GB_OK;
    for (int i = 0; i < args->n_options && !code; i++) {
        struct option *option = &args->options[i];
        const gb_opt *row = gb_opts_find(agent->type->opts, option->name);
        if (option->taken || !row) continue;
        code = gb_opt_set(row, agent->config, option->value, option->shown, err);
        option->taken = true;
    }
    return code;
}

/* A number of an observation: of a picture zero or one. */
static float some_number(const struct task *t, gb_rng *rng) {
    const double x = gb_rng_uniform(rng, -1, 1);
    return t->picture[0] ? x > 0 : (float)x;
}

static int make_agent(struct task *t, gb_err *err) {
    const size_t obs = (size_t)t->obs, act = (size_t)t->act, envs = (size_t)t->envs;
    gb_rng rng = gb_rng_stream(1, GB_STREAM_BENCH);
    t->bounds = gb_alloc(2 * (obs + act), sizeof *t->bounds, err);
    t->x = gb_alloc(obs * envs, sizeof *t->x, err);
    t->action = gb_alloc(act * envs, sizeof *t->action, err);
    if (!t->bounds || !t->x || !t->action) return GB_FAIL;
    float *low = t->bounds + 2 * obs, *high = low + act;
    for (size_t i = 0; i < act; i++) low[i] = -1, high[i] = 1;
    for (size_t i = 0; i < obs; i++) t->bounds[i] = 0, t->bounds[obs + i] = 1;
    for (size_t i = 0; i < obs * envs; i++) t->x[i] = some_number(t, &rng);
    gb_setting setting = {
        .spec = {.obs = {.kind = GB_BOX, .n = t->obs},
                 .act = {.kind = GB_BOX, .n = (int)t->act, .low = low, .high = high}},
        .envs = (int)t->envs,
        .threads = (int)t->bench.threads,
        .seed = 1,
        .total_steps = 10000};
    if (t->picture[0]) {
        memcpy(setting.spec.obs_shape, t->picture, sizeof t->picture);
        setting.spec.obs.low = t->bounds, setting.spec.obs.high = t->bounds + obs;
    }
    t->discrete = t->agent.type->reject(&setting.spec) != NULL;
    if (t->discrete) setting.spec.act = (gb_space){.kind = GB_DISCRETE, .n = (int)t->act};
    return gb_agent_open(&t->agent, &setting, err);
}

/* Reads the command line of a benchmark of an agent and makes it. */
static int open_task(struct session *session, struct args *args, bool updates, struct task *t,
                     gb_err *err) {
    *t = (struct task){.obs = 17, .act = 6, .envs = 1};
    int code = bench_take(args, &t->bench, err);
    if (!code) code = take_obs(args, t, err);
    if (!code) code = args_take_int(args, "act", 1, 1000, &t->act, err);
    if (!code && !updates) code = args_take_int(args, "envs", 1, 1 << 20, &t->envs, err);
    if (!code && args->n_words < 2) code = args_finish(args, 2, 2, usage_of("bench"), err);
    const gb_agent_type *type =
        code ? NULL : gb_registry_agent(&session->registry, args->words[1], err);
    if (!code && !type) code = GB_USAGE;
    if (!code && updates && !type->update)
        code = gb_fail(err, GB_USAGE, "%s: does not learn by updates; choose another agent",
                       type->name);
    if (!code) code = gb_agent_init(&t->agent, type, err);
    /* neither learns before the clock runs, nor acts at random while it does */
    if (!code) code = set_options(args, &t->agent, updates ? "1000000" : "0", err);
    if (!code) code = args_finish(args, 2, 2, usage_of("bench"), err);
    return code ? code : make_agent(t, err);
}

/* Lets the agent remember random transitions. */
static int feed(struct task *t, int n, gb_err *err) {
    gb_rng rng = gb_rng_stream(1, GB_STREAM_BENCH);
    const size_t obs = (size_t)t->obs, act = (size_t)t->act;
    float *x = gb_alloc(2 * obs + act + 1, sizeof *x, err);
    const uint8_t no = 0;
    int code = x ? GB_OK : GB_FAIL;
    for (int i = 0; i < n && !code; i++) {
        float *action = x + 2 * obs, *reward = action + act;
        for (size_t k = 0; k < 2 * obs; k++) x[k] = some_number(t, &rng);
        for (size_t k = 0; k <= act; k++) action[k] = (float)gb_rng_uniform(&rng, -1, 1);
        if (t->discrete) action[0] = (float)gb_rng_below(&rng, (uint32_t)act);
        gb_batch batch = {.n = 1,
                          .obs = x,
                          .next_obs = x + obs,
                          .action = action,
                          .reward = reward,
                          .terminal = &no,
                          .truncated = &no};
        code = t->agent.type->observe(t->agent.state, &batch, err);
    }
    gb_dealloc(x);
    return code;
}

static double update_once(struct task *t) {
    return t->agent.type->update(t->agent.state);
}

static double act_once(struct task *t) {
    t->agent.type->act(t->agent.state, (int)t->envs, t->x, t->action, true);
    return 0;
}

/* Calls a second, in each window; returns what the last call gave. */
static double time_calls(struct task *t, double (*once)(struct task *t), int group, double *rate) {
    double result = 0;
    for (int w = -1; w < BENCH_WINDOWS; w++) { /* the first warms up */
        double start = gb_seconds(), end;
        long calls = 0;
        do {
            for (int i = 0; i < group; i++) result = once(t);
            calls += group;
        } while ((end = gb_seconds()) - start < t->bench.seconds);
        if (w >= 0) rate[w] = (double)calls / (end - start);
    }
    return result;
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

int bench_update(struct session *session, struct args *args, gb_err *err) {
    struct task t;
    double rate[BENCH_WINDOWS], peak = gb_la_peak_gflops();
    int code = open_task(session, args, true, &t, err);
    if (!code) code = feed(&t, 2000, err);
    if (!code) {
        double flops = time_calls(&t, update_once, 1, rate);
        double again = gb_la_peak_gflops(); /* the machine's speed may have moved meanwhile */
        print_update(&t.bench, t.agent.type->name, bench_median(rate), flops,
                     again > peak ? again : peak);
    }
    close_task(&t);
    return code;
}

/* An act is one call that chooses actions for all environments, exploring. */
int bench_act(struct session *session, struct args *args, gb_err *err) {
    struct task t;
    double rate[BENCH_WINDOWS];
    int code = open_task(session, args, false, &t, err);
    if (!code) {
        time_calls(&t, act_once, 16, rate);
        double acts = bench_median(rate);
        if (t.bench.json)
            printf("{\"agent\":\"%s\",\"envs\":%lld,\"acts_per_s\":%.6g,\"us_per_act\":%.5g}\n",
                   t.agent.type->name, (long long)t.envs, acts, 1e6 / acts);
        else
            printf("%s, %lld environment%s: %.4g us for the actions of all (median of %d "
                   "windows)\n",
                   t.agent.type->name, (long long)t.envs, t.envs == 1 ? "" : "s", 1e6 / acts,
                   BENCH_WINDOWS);
    }
    close_task(&t);
    return code;
}
