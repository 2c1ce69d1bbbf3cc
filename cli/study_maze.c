/* study_maze.c - value iterations with errors in a 4x4 maze (ShinRL, Kitamura and Yonetani 2021,
 * its experiment VIPerformanceBound).
 *
 * A normal error is added to every action value at every iteration. Plain value iteration loses the
 * way again and again; a KL penalty averages the errors out and finds it for good; entropy alone
 * softens both. The solver is conservative value iteration (cvi) with a list of (lambda, tau), the
 * weights of KL and entropy; (0, 0) is value iteration. Measured is the expected undiscounted
 * return of the policy over one episode, exactly.
 */
#include "bellman.h"
#include "env.h"
#include "registry.h"
#include "study.h"

#include <math.h>
#include <string.h>

struct config {
    int runs, iterations, horizon, early, late;
    double gamma, slip, noise;
    char lambda[LIST_TEXT], tau[LIST_TEXT];
};

#define T struct config
static const gb_opt opts[] = {
    {"runs", GB_INT(T, runs), 20, 1, 100000, "runs with errors of their own"},
    {"iterations", GB_INT(T, iterations), 100, 1, 1000000, "of every run"},
    {"lambda", GB_TEXT(T, lambda), 0, 0, 1e9, "KL weights, one a method", "0,1,0,1"},
    {"tau", GB_TEXT(T, tau), 0, 0, 1e9, "entropy weights, one a method", "0,0,1,1"},
    {"noise", GB_F64(T, noise), 0.5, 0, 1e9, "deviation of the error of every action value"},
    {"gamma", GB_F64(T, gamma), 0.99, 0, 0.9999, "discount of the solvers"},
    {"slip", GB_F64(T, slip), 0.1, 0, 1, "probability of a random legal move"},
    {"horizon", GB_INT(T, horizon), 25, 1, 1000000, "steps of an episode"},
    {"early", GB_INT(T, early), 10, 1, 1000000, "last iteration of the first column"},
    {"late", GB_INT(T, late), 20, 1, 1000000, "iterations after this one count as settled"},
    {0},
};
#undef T

struct work {
    const struct config *config;
    const struct study_common *common;
    struct list lambda, tau;
    gb_mdp mdp;
    double *value;          /* (runs, methods, iterations) returns */
    double limit[LIST_MAX]; /* (methods) return without noise, at the end of all iterations */
    double optimum;         /* return of the optimal policy */
};

/* --- the maze ---------------------------------------------------------------------------------*/

static int make_maze(const struct config *config, gb_mdp *mdp, gb_err *err) {
    const gb_env_type *const *type = gb_builtin_envs;
    gb_env env = {0};
    char slip[40];
    while (strcmp((*type)->name, "maze4")) type++;
    int code = gb_env_init(&env, *type, err);
    if (!code)
        code = gb_opt_set(gb_opts_find((*type)->opts, "slip"), env.config,
                          gb_format(slip, sizeof slip, "%.17g", config->slip), "--slip", err);
    if (!code) code = gb_env_open(&env, err);
    if (!code) code = gb_mdp_from_env(mdp, &env, config->gamma, err);
    gb_env_free(&env);
    return code;
}

/* Writes to *value the expected undiscounted return of a policy over the episode. */
static int measure(const struct work *work, const double *log_policy, double *value, gb_err *err) {
    gb_mdp undiscounted = work->mdp; /* its sweeps end with the episode, so that 1 will do */
    const size_t states = (size_t)work->mdp.states, pairs = gb_mdp_pairs(&work->mdp);
    double *policy = gb_alloc(pairs + 2 * states, sizeof *policy, err);
    if (!policy) return GB_FAIL;
    double *v = policy + pairs, *next = v + states;
    undiscounted.gamma = 1;
    for (size_t i = 0; i < pairs; i++) policy[i] = exp(log_policy[i]);
    for (int step = 0; step < work->config->horizon; step++) {
        gb_bellman_policy(&undiscounted, policy, NULL, v, next, 1);
        memcpy(v, next, states * sizeof *v);
    }
    *value = 0;
    for (size_t s = 0; s < states; s++) *value += work->mdp.start[s] * v[s];
    gb_dealloc(policy);
    return GB_OK;
}

/* --- runs -------------------------------------------------------------------------------------*/

static int run_method(const struct work *work, int number, int m, gb_err *err) {
    const struct config *config = work->config;
    const int methods = work->lambda.n;
    double *value = work->value + (size_t)(number * methods + m) * (size_t)config->iterations;
    gb_solver solver;
    const struct setting settings[] = {{"lambda", work->lambda.x[m]},
                                       {"tau", work->tau.x[m]},
                                       {"noise", config->noise},
                                       {"iterations", config->iterations},
                                       {"seed", (double)study_seed(work->common->seed, number)},
                                       {0}};
    int code = study_open(&solver, "cvi", &work->mdp, settings, err);
    for (int k = 0; !code && k < config->iterations; k++) {
        code = study_iterate(&solver, err);
        if (!code) code = measure(work, solver.log_policy, &value[k], err);
    }
    gb_solver_free(&solver);
    return code;
}

static int run_seed(void *context, int i, gb_err *err) {
    const struct work *work = context;
    int code = GB_OK;
    for (int m = 0; !code && m < work->lambda.n; m++) code = run_method(work, i, m, err);
    return code;
}

/* The return of the policy that is optimal with this entropy weight. */
static int set_limit(const struct work *work, double tau, double *value, gb_err *err) {
    gb_solver solver;
    int code = study_optimum(&solver, &work->mdp, tau, err);
    if (!code) code = measure(work, solver.log_policy, value, err);
    gb_solver_free(&solver);
    return code;
}

/* --- the results ------------------------------------------------------------------------------*/

static struct spread at(const struct work *work, int m, int k) {
    const size_t iterations = (size_t)work->config->iterations;
    return study_spread(work->value + (size_t)m * iterations + (size_t)k, work->config->runs,
                        (size_t)work->lambda.n * iterations);
}

/* Mean return over iterations first..last, counted from 1, or those of them that there are; NAN if
 * there are none. */
static double mean_over(const struct work *work, int m, int first, int last) {
    double sum = 0;
    if (last > work->config->iterations) last = work->config->iterations;
    if (first > last) return NAN;
    for (int k = first; k <= last; k++) sum += at(work, m, k - 1).mean;
    return sum / (last - first + 1);
}

/* Mean over runs of the worst return after iteration `late`; NAN if there are none. */
static double mean_of_worst(const struct work *work, int m) {
    const int iterations = work->config->iterations;
    double sum = 0;
    if (iterations <= work->config->late) return NAN;
    for (int i = 0; i < work->config->runs; i++) {
        const double *value = work->value + (size_t)(i * work->lambda.n + m) * (size_t)iterations;
        double worst = INFINITY;
        for (int k = work->config->late; k < iterations; k++) worst = fmin(worst, value[k]);
        sum += worst;
    }
    return sum / work->config->runs;
}

static void write_rows(const struct work *work, FILE *csv) {
    fprintf(csv, "lambda,tau,iteration,mean,std,min,max,noise_free\n");
    for (int m = 0; m < work->lambda.n; m++)
        for (int k = 0; k < work->config->iterations; k++) {
            const struct spread s = at(work, m, k);
            fprintf(csv, "%.9g,%.9g,%d,%.9g,%.9g,%.9g,%.9g,%.9g\n", work->lambda.x[m],
                    work->tau.x[m], k + 1, s.mean, s.std, s.min, s.max, work->limit[m]);
        }
}

static void write_table(const struct work *work, FILE *text) {
    const int early = work->config->early, late = work->config->late;
    const int last = work->config->iterations;
    fprintf(text, "return over %d steps, mean of %d runs; the optimum is %.4f\n",
            work->config->horizon, work->config->runs, work->optimum);
    fprintf(text, "%7s %7s %8s1-%d %7d-%d %7d-%d %10s %11s\n", "lambda", "tau", "k=", early,
            early + 1, late, late + 1, last, "worst", "noise-free");
    for (int m = 0; m < work->lambda.n; m++)
        fprintf(text, "%7.4g %7.4g %12.4g %11.4g %11.5g %10.4g %11.4f\n", work->lambda.x[m],
                work->tau.x[m], mean_over(work, m, 1, early), mean_over(work, m, early + 1, late),
                mean_over(work, m, late + 1, last), mean_of_worst(work, m), work->limit[m]);
}

/* The Greek letters in plain words, or not. */
static const char *name_of(const struct work *work, int m, bool plain, char *text, size_t size) {
    if (work->lambda.x[m] == 0 && work->tau.x[m] == 0)
        return gb_format(text, size, "value iteration");
    return gb_format(text, size, "%s = %g, %s = %g", plain ? "lambda" : LAMBDA, work->lambda.x[m],
                     plain ? "tau" : TAU, work->tau.x[m]);
}

/* A claim for each kind of method; "settled" is after iteration `late`. */
static void judge(const struct work *work, struct report *report) {
    const int late = work->config->late, last = work->config->iterations;
    char name[80];
    for (int m = 0; m < work->lambda.n; m++) {
        const bool kl = work->lambda.x[m] > 0, entropy = work->tau.x[m] > 0;
        const double settled = mean_over(work, m, late + 1, last), worst = mean_of_worst(work, m);
        const double limit = work->limit[m];
        name_of(work, m, true, name, sizeof name);
        if (last <= late)
            report_untested(report, "%s: needs more than %d iterations", name, late);
        else if (kl && !entropy)
            report_verdict(report, settled >= 0.995 * limit && worst >= 0.98 * limit,
                           "%s finds the optimum and keeps it: settled at %.4f of %.4f, worst %.4f",
                           name, settled, limit, worst);
        else if (!kl && !entropy)
            report_verdict(report, settled <= 0.6 * limit && worst <= 0.1 * limit,
                           "%s oscillates: settled at %.2f of %.4f, worst %.2f", name, settled,
                           limit, worst);
        else
            report_verdict(report, settled < limit && settled >= 0.7 * limit && worst < settled,
                           "%s is noisy below its limit: settled at %.2f of %.4f, worst %.2f", name,
                           settled, limit, worst);
    }
}

/* --- the picture ------------------------------------------------------------------------------*/

/* Levels that the methods would reach without noise: the optimum, and one for every tau above 0. */
static int set_levels(const struct work *work, gb_chart_level *levels, char (*names)[48]) {
    int n = 0;
    levels[n++] = (gb_chart_level){"optimum", work->optimum, -1};
    for (int m = 0; m < work->tau.n; m++) {
        bool new = work->tau.x[m] > 0;
        for (int before = 0; before < m; before++)
            new = new && work->tau.x[before] != work->tau.x[m];
        if (!new) continue;
        gb_format(names[n], sizeof names[n], "noise-free, " TAU " = %g", work->tau.x[m]);
        levels[n] = (gb_chart_level){names[n], work->limit[m], GB_CHART_COLORS};
        n++;
    }
    return n;
}

/* The first run in one panel, means of all with their standard errors in the other. */
static int draw(const struct work *work, struct report *report, gb_err *err) {
    const int n = work->config->iterations, methods = work->lambda.n;
    double *x = gb_alloc((size_t)n * (size_t)(1 + 3 * methods), sizeof *x, err);
    gb_chart_series one[LIST_MAX] = {{0}}, mean[LIST_MAX] = {{0}};
    gb_chart_level levels[LIST_MAX + 1];
    char names[LIST_MAX][48], level_names[LIST_MAX + 1][48], title[64];
    if (!x) return GB_FAIL;
    for (int k = 0; k < n; k++) x[k] = k + 1;
    for (int m = 0; m < methods; m++) {
        double *y = x + (size_t)n * (size_t)(1 + 3 * m), *low = y + n, *high = low + n;
        for (int k = 0; k < n; k++) {
            const struct spread s = at(work, m, k);
            const double se = s.std / sqrt(work->config->runs);
            y[k] = s.mean, low[k] = s.mean - se, high[k] = s.mean + se;
        }
        name_of(work, m, false, names[m], sizeof names[m]);
        mean[m] = (gb_chart_series){names[m], x, y, low, high, n, 0, GB_CHART_LINE, false};
        one[m] = mean[m];
        one[m].y = work->value + (size_t)m * (size_t)n;
        one[m].low = one[m].high = NULL;
    }
    const int n_levels = set_levels(work, levels, level_names);
    gb_format(title, sizeof title, "mean of %d runs and its standard error", work->config->runs);
    const gb_chart_axis across = {.label = "iteration k", .whole = true},
                        up = {.label = "return", .low = 0, .high = 1.1 * work->optimum};
    const gb_chart_panel panels[] = {{"one run", across, up, one, methods, levels, n_levels},
                                     {title, across, up, mean, methods, levels, n_levels}};
    report_draw(
        report, "A KL penalty keeps value iteration on the way in a maze",
        "return of the policy after k iterations, with a normal error on every action value "
        "at each",
        NULL, panels);
    gb_dealloc(x);
    return GB_OK;
}

/* --- the study --------------------------------------------------------------------------------*/

static int check_options(const void *options, gb_err *err) {
    const struct config *config = options;
    if (config->early >= config->late)
        return gb_fail(err, GB_USAGE, "--early: %d is not below --late %d; lower it", config->early,
                       config->late);
    return study_check_weights(opts, options, err);
}

static int run(const void *options, const struct study_common *common, struct report *report,
               gb_err *err) {
    const struct config *config = options;
    struct work work = {.config = config, .common = common};
    work.lambda = study_list_of(opts, "lambda", config);
    work.tau = study_list_of(opts, "tau", config);
    const size_t methods = (size_t)work.lambda.n, runs = (size_t)config->runs;
    work.value = gb_alloc(runs * methods * (size_t)config->iterations, sizeof *work.value, err);
    int code = work.value ? make_maze(config, &work.mdp, err) : GB_FAIL;
    if (!code) code = set_limit(&work, 0, &work.optimum, err);
    for (int m = 0; !code && m < work.lambda.n; m++)
        code = set_limit(&work, work.tau.x[m], &work.limit[m], err);
    if (!code) code = study_each(config->runs, common->threads, run_seed, &work, err);
    if (!code) {
        write_rows(&work, report->csv);
        write_table(&work, report->text);
        judge(&work, report);
        code = draw(&work, report, err);
    }
    gb_mdp_free(&work.mdp);
    gb_dealloc(work.value);
    return code;
}

const struct study study_maze = {
    .name = "maze",
    .help = "a KL penalty keeps value iteration on the way in a maze, against errors",
    .source = "Kitamura and Yonetani 2021, ShinRL, experiment VIPerformanceBound",
    .config_size = sizeof(struct config),
    .opts = opts,
    .check = check_options,
    .run = run};
