/* plot_roofline.c - gibbs bench products: how fast the matrix products of updates run, beside what
 * the processor and the memory allow (the roofline of Williams, Waterman and Patterson 2009).
 *
 * The intensity of a product is its operations for each byte of its operands and its result, each
 * counted once. What is small stays in the caches, which are faster than the memory: points may lie
 * above the slope. */
#include "bench.h"
#include "chart.h"
#include "la.h"
#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A layer of a network, for n rows at once. */
struct layer {
    const char *update;
    int n, in, out;
};

static const struct layer layers[] = {
    {"sac 64,64, batch 100", 100, 23, 64},        {"sac 64,64, batch 100", 100, 64, 64},
    {"sac 64,64, batch 100", 100, 64, 12},        {"sac 256,256, batch 256", 256, 23, 256},
    {"sac 256,256, batch 256", 256, 256, 256},    {"sac 256,256, batch 256", 256, 256, 12},
    {"sac 512,512, batch 256", 256, 23, 512},     {"sac 512,512, batch 256", 256, 512, 512},
    {"sac 512,512, batch 256", 256, 512, 12},     {"mdqn on MinAtar, batch 32", 32, 1024, 128},
    {"mdqn on MinAtar, batch 32", 64, 1024, 128}, {"mdqn on MinAtar, batch 32", 32, 128, 6},
};
enum { LAYERS = sizeof layers / sizeof *layers, WAYS = 3, POINTS = LAYERS * WAYS };
static const char *const ways[WAYS] = {"forward", "gradient of the weight",
                                       "gradient of the input"};

struct products {
    double intensity[POINTS], gflops[POINTS];
    double peak, bandwidth; /* GFLOP/s, GB/s */
};

struct operands {
    gb_real *x, *w, *y, *bias, *out;
};

static void run(const struct layer *l, int way, const struct operands *o) {
    if (way == 0)
        gb_la_linear(l->n, l->in, l->out, o->x, o->w, o->bias, GB_LA_RELU, o->y);
    else if (way == 1)
        gb_la_linear_gradient(l->n, l->in, l->out, o->x, o->y, 0, l->in, o->out, o->bias);
    else
        gb_la_linear_back(l->n, l->in, l->out, o->y, o->w, 0, l->in, GB_LA_BACK_RELU, o->x, NULL,
                          o->out, l->in);
}

/* GFLOP/s of one product: the median of the windows. */
static double time_product(const struct layer *l, int way, const struct operands *o,
                           double seconds) {
    const double flops = 2.0 * l->n * l->in * l->out;
    double rate[BENCH_WINDOWS];
    for (int w = -1; w < BENCH_WINDOWS; w++) { /* the first warms up */
        double start = gb_seconds(), end;
        long calls = 0;
        do {
            for (int i = 0; i < 16; i++) run(l, way, o);
            calls += 16;
        } while ((end = gb_seconds()) - start < seconds);
        if (w >= 0) rate[w] = (double)calls * flops / (end - start) * 1e-9;
    }
    return bench_median(rate);
}

static int measure(struct products *p, double seconds, gb_err *err) {
    enum { MOST = 512 * 512 }; /* numbers in any operand */
    gb_real *block = gb_alloc(5 * (size_t)MOST, sizeof *block, err);
    if (!block) return GB_FAIL;
    const struct operands o = {block, block + MOST, block + 2 * MOST, block + 3 * MOST,
                               block + 4 * MOST};
    for (size_t i = 0; i < 5 * (size_t)MOST; i++) block[i] = (gb_real)0.01;
    p->bandwidth = gb_memory_bandwidth(1, err);
    p->peak = gb_la_peak_gflops();
    for (int k = 0; k < LAYERS; k++) {
        const struct layer *l = &layers[k];
        const double numbers =
            (double)l->n * l->in + (double)l->in * l->out + (double)l->n * l->out;
        for (int way = 0; way < WAYS; way++) {
            p->intensity[k * WAYS + way] =
                2.0 * l->n * l->in * l->out / (numbers * sizeof(gb_real));
            p->gflops[k * WAYS + way] = time_product(l, way, &o, seconds / POINTS);
        }
    }
    p->peak = fmax(p->peak, gb_la_peak_gflops());
    gb_dealloc(block);
    return p->bandwidth < 0 ? GB_FAIL : GB_OK;
}

static void print(const struct products *p, bool json) {
    if (!json)
        printf("%s: peak %.4g GFLOP/s, memory %.3g GB/s; m x n x k, operations a byte, GFLOP/s\n",
               gb_la_name(), p->peak, p->bandwidth);
    for (int i = 0; i < POINTS; i++) {
        const struct layer *l = &layers[i / WAYS];
        printf(json ? "{\"update\":\"%s\",\"product\":\"%s\",\"rows\":%d,\"in\":%d,\"out\":%d,"
                      "\"flop_per_byte\":%.4g,\"gflops\":%.4g,\"peak_gflops\":%.4g}\n"
                    : "%-26s %-23s %4d x %4d x %4d %6.3g %6.4g, %3.0f%% of the peak\n",
               l->update, ways[i % WAYS], l->n, l->in, l->out, p->intensity[i], p->gflops[i],
               json ? p->peak : 100 * p->gflops[i] / p->peak);
    }
}

/* One series for each update, and the roof. */
static int draw(const struct products *p, const char *path, gb_err *err) {
    const double ridge = p->peak / p->bandwidth;
    const double roof_x[] = {0.5, ridge, 200}, roof_y[] = {0.5 * p->bandwidth, p->peak, p->peak};
    gb_chart_series series[LAYERS + 1] = {
        {.name = "peak and memory", .x = roof_x, .y = roof_y, .n = 3, .color = -1}};
    int n = 1;
    for (int k = 0; k < LAYERS; k++) {
        if (k && !strcmp(layers[k].update, layers[k - 1].update)) {
            series[n - 1].n += WAYS;
            continue;
        }
        series[n] = (gb_chart_series){.name = layers[k].update,
                                      .x = p->intensity + k * WAYS,
                                      .y = p->gflops + k * WAYS,
                                      .n = WAYS,
                                      .color = n,
                                      .style = GB_CHART_POINTS};
        n++;
    }
    char subtitle[120];
    const gb_chart_panel panel = {.x = {.label = "operations a byte", .log = true},
                                  .y = {.label = "GFLOP/s", .log = true},
                                  .series = series,
                                  .n_series = n};
    const gb_chart chart = {.title = "Matrix products of updates",
                            .subtitle =
                                gb_format(subtitle, sizeof subtitle,
                                          "one thread, %s: peak %.0f GFLOP/s, memory %.0f GB/s",
                                          gb_la_name(), p->peak, p->bandwidth),
                            .panels = &panel,
                            .n_panels = 1};
    return gb_chart_write(&chart, path, err);
}

int bench_products(struct args *args, gb_err *err) {
    struct bench bench;
    struct products p;
    int code = bench_take(args, &bench, err);
    const char *path = args_take(args, "out");
    if (!code) code = args_finish(args, 1, 1, usage_of("bench"), err);
    if (!code && path) code = gb_chart_check_path(path, err);
    if (!code) code = measure(&p, bench.seconds, err);
    if (code) return code;
    print(&p, bench.json);
    return path ? draw(&p, path, err) : GB_OK;
}
