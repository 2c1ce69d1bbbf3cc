/* study_equivalence.c - mirror descent, dual averaging, conservative and Munchausen value iteration
 * are one algorithm (Vieillard et al. 2020, proposition 1 and appendix; Vieillard, Pietquin and
 * Geist 2020).
 *
 * The four recursions are run on random MDPs with the same injected errors: normal ones, or those
 * of sampled transitions. After every iteration their policies (log-probabilities, relative above
 * 1) and action values are compared with those of md_mpi. The preferences psi of cvi and Munchausen
 * value iteration are q_k + lambda ln pi_k. da_mpi is also run with m > 1 evaluation sweeps an
 * iteration, where the other two are not defined.
 */
#include "study.h"

#include <math.h>
#include <string.h>

struct config {
    int mdps, states, actions, branching, iterations, samples;
    double gamma, noise, accept;
    char lambda[LIST_TEXT], tau[LIST_TEXT], m[LIST_TEXT];
};

#define T struct config
static const gb_opt opts[] = {
    {"mdps", GB_INT(T, mdps), 20, 1, 100000, "random MDPs"},
    {"states", GB_INT(T, states), 6, 1, 10000, "states of each"},
    {"actions", GB_INT(T, actions), 3, 1, 1000, "its actions"},
    {"branching", GB_INT(T, branching), 6, 1, 10000, "successors of a pair"},
    {"gamma", GB_F64(T, gamma), 0.9, 0, 0.9999, "discount"},
    {"lambda", GB_TEXT(T, lambda), 0, 1e-6, 1e6, "KL weights, each above 0, one for every tau",
     "0.5,0.3,0.027"},
    {"tau", GB_TEXT(T, tau), 0, 0, 1e6, "entropy weights, one for every lambda", "0.2,0,0.003"},
    {"m", GB_TEXT(T, m), 0, 0, 1000, "evaluation sweeps an iteration; 0: exact evaluation", "1,3"},
    {"iterations", GB_INT(T, iterations), 60, 1, 1000000, "of every solver"},
    {"noise", GB_F64(T, noise), 0.3, 0, 1e9, "deviation of the normal errors"},
    {"samples", GB_INT(T, samples), 1, 1, 1000000, "transitions of a pair that a sampler sees"},
    {"accept", GB_F64(T, accept), 1e-10, 0, 1, "largest difference to pass as rounding"},
    {0},
};
#undef T

enum error_kind { NORMAL, SAMPLED, ERRORS };
static const char *const error_names[] = {"normal", "sampled"};

/* A recursion, as it is compared with md_mpi. */
struct scheme {
    const char *solver;
    int m;
};

enum { SCHEMES_MAX = 3 * LIST_MAX };

struct difference {
    double policy, q;
};

struct work {
    const struct config *config;
    const struct study_common *common;
    struct list lambda, tau;
    struct scheme schemes[SCHEMES_MAX];
    int n_schemes;
    struct difference *differences; /* (mdps, weights, errors, schemes, iterations) */
};

static struct difference *differences_of(const struct work *work, int mdp_number, int weight,
                                         int error, int scheme) {
    const size_t at = (size_t)((mdp_number * work->lambda.n + weight) * ERRORS + error);
    return work->differences +
           (at * (size_t)work->n_schemes + (size_t)scheme) * (size_t)work->config->iterations;
}

/* --- one MDP ----------------------------------------------------------------------------------*/

static int open_scheme(const struct work *work, const char *name, int m, int mdp_number, int weight,
                       int error, const gb_mdp *mdp, gb_solver *solver, gb_err *err) {
    const double lambda = work->lambda.x[weight], tau = work->tau.x[weight];
    struct setting settings[8] = {{"iterations", work->config->iterations},
                                  {"seed", (double)study_seed(work->common->seed, mdp_number)},
                                  error == NORMAL
                                      ? (struct setting){"noise", work->config->noise}
                                      : (struct setting){"samples", work->config->samples}};
    int n = 3;
    if (!strcmp(name, "munchausen_value_iteration")) {
        settings[n++] = (struct setting){"alpha", lambda / (lambda + tau)};
        settings[n++] = (struct setting){"temperature", lambda + tau};
    } else {
        settings[n++] = (struct setting){"lambda", lambda};
        settings[n++] = (struct setting){"tau", tau};
    }
    if (strstr(name, "_mpi")) settings[n++] = (struct setting){"m", m};
    settings[n] = (struct setting){0};
    return study_open(solver, name, mdp, settings, err);
}

/* Compares after an iteration that took mirror from the policy `before`. */
static struct difference compare(const gb_solver *mirror, const gb_solver *other, double lambda,
                                 const double *before) {
    struct difference most = {0, 0};
    const bool preferences = !strstr(other->type->name, "_mpi");
    for (size_t i = 0; i < gb_mdp_pairs(mirror->mdp); i++) {
        const double a = mirror->log_policy[i], b = other->log_policy[i];
        const double q = mirror->q[i] + (preferences ? lambda * before[i] : 0);
        const double off = fabs(a - b) / fmax(1, fabs(a)), far = fabs(other->q[i] - q);
        if (!(off <= most.policy)) most.policy = isnan(off) ? INFINITY : off;
        if (!(far <= most.q)) most.q = isnan(far) ? INFINITY : far;
    }
    return most;
}

static int run_scheme(const struct work *work, int mdp_number, int weight, int error, int number,
                      const gb_mdp *mdp, gb_err *err) {
    const struct scheme *scheme = &work->schemes[number];
    const size_t pairs = gb_mdp_pairs(mdp);
    struct difference *out = differences_of(work, mdp_number, weight, error, number);
    gb_solver mirror = {0}, other = {0};
    double *before = gb_alloc(pairs, sizeof *before, err);
    int code = before ? open_scheme(work, "md_mpi", scheme->m, mdp_number, weight, error, mdp,
                                    &mirror, err)
                      : GB_FAIL;
    if (!code)
        code = open_scheme(work, scheme->solver, scheme->m, mdp_number, weight, error, mdp, &other,
                           err);
    for (int k = 0; !code && k < work->config->iterations; k++) {
        memcpy(before, mirror.log_policy, pairs * sizeof *before);
        code = study_iterate(&mirror, err);
        if (!code) code = study_iterate(&other, err);
        out[k] = compare(&mirror, &other, work->lambda.x[weight], before);
    }
    gb_solver_free(&mirror);
    gb_solver_free(&other);
    gb_dealloc(before);
    return code;
}

static int run_mdp(void *context, int i, gb_err *err) {
    const struct work *work = context;
    const struct config *config = work->config;
    gb_mdp mdp = {0};
    int code = gb_mdp_random(&mdp, config->states, config->actions, config->branching,
                             config->gamma, (uint64_t)study_seed(work->common->seed, i), err);
    for (int weight = 0; weight < work->lambda.n; weight++)
        for (int error = 0; error < ERRORS; error++)
            for (int scheme = 0; !code && scheme < work->n_schemes; scheme++)
                code = run_scheme(work, i, weight, error, scheme, &mdp, err);
    gb_mdp_free(&mdp);
    return code;
}

/* --- the results ------------------------------------------------------------------------------*/

/* The largest differences over MDPs after iteration k + 1. */
static struct difference largest(const struct work *work, int weight, int error, int scheme,
                                 int k) {
    struct difference most = {0, 0};
    for (int i = 0; i < work->config->mdps; i++) {
        const struct difference d = differences_of(work, i, weight, error, scheme)[k];
        most.policy = fmax(most.policy, d.policy);
        most.q = fmax(most.q, d.q);
    }
    return most;
}

static void write_rows(const struct work *work, FILE *csv) {
    fprintf(csv, "solver,m,lambda,tau,errors,iteration,policy_difference,q_difference\n");
    for (int s = 0; s < work->n_schemes; s++)
        for (int w = 0; w < work->lambda.n; w++)
            for (int error = 0; error < ERRORS; error++)
                for (int k = 0; k < work->config->iterations; k++) {
                    const struct difference d = largest(work, w, error, s, k);
                    fprintf(csv, "%s,%d,%.9g,%.9g,%s,%d,%.3g,%.3g\n", work->schemes[s].solver,
                            work->schemes[s].m, work->lambda.x[w], work->tau.x[w],
                            error_names[error], k + 1, d.policy, d.q);
                }
}

/* The largest over all iterations. */
static struct difference worst(const struct work *work, int weight, int error, int scheme) {
    struct difference most = {0, 0};
    for (int k = 0; k < work->config->iterations; k++) {
        const struct difference d = largest(work, weight, error, scheme, k);
        most.policy = fmax(most.policy, d.policy);
        most.q = fmax(most.q, d.q);
    }
    return most;
}

static void write_table(const struct work *work, FILE *text) {
    fprintf(text,
            "largest difference from md_mpi over %d iterations on %d MDPs, of log policies and q\n",
            work->config->iterations, work->config->mdps);
    fprintf(text, "%-28s %3s %8s %8s %21s %21s\n", "solver", "m", "lambda", "tau", "normal errors",
            "sampled transitions");
    for (int s = 0; s < work->n_schemes; s++)
        for (int w = 0; w < work->lambda.n; w++) {
            const struct difference a = worst(work, w, NORMAL, s), b = worst(work, w, SAMPLED, s);
            fprintf(text, "%-28s %3d %8.4g %8.4g %10.1e %10.1e %10.1e %10.1e\n",
                    work->schemes[s].solver, work->schemes[s].m, work->lambda.x[w], work->tau.x[w],
                    a.policy, a.q, b.policy, b.q);
        }
}

static void judge(const struct work *work, struct report *report) {
    for (int s = 0; s < work->n_schemes; s++) {
        double most = 0;
        for (int w = 0; w < work->lambda.n; w++)
            for (int error = 0; error < ERRORS; error++) {
                const struct difference d = worst(work, w, error, s);
                most = fmax(most, fmax(d.policy, d.q));
            }
        report_verdict(report, most <= work->config->accept,
                       "%s is md_mpi at m = %d: largest difference %.1e (at most %g)",
                       work->schemes[s].solver, work->schemes[s].m, most, work->config->accept);
    }
}

/* --- the picture ------------------------------------------------------------------------------*/

/* Largest differences over MDPs and weights: of log policies, then of q. */
static void set_curves(const struct work *work, int error, int scheme, double *y) {
    const int n = work->config->iterations;
    for (int k = 0; k < n; k++) {
        y[k] = y[k + n] = 0;
        for (int w = 0; w < work->lambda.n; w++) {
            const struct difference d = largest(work, w, error, scheme, k);
            y[k] = fmax(y[k], d.policy);
            y[k + n] = fmax(y[k + n], d.q);
        }
    }
}

static int draw(const struct work *work, struct report *report, gb_err *err) {
    const int n = work->config->iterations, schemes = work->n_schemes;
    double *x = gb_alloc((size_t)n * (size_t)(1 + 2 * ERRORS * schemes), sizeof *x, err), *y = x;
    gb_chart_series series[ERRORS][2 * SCHEMES_MAX] = {{{0}}};
    char names[SCHEMES_MAX][48];
    if (!x) return GB_FAIL;
    for (int k = 0; k < n; k++) x[k] = k + 1;
    for (int error = 0; error < ERRORS; error++)
        for (int s = 0; s < schemes; s++) {
            gb_chart_series *line = &series[error][2 * s];
            set_curves(work, error, s, y += error + s == 0 ? n : 2 * n);
            gb_format(names[s], sizeof names[s], "%s, m = %d", work->schemes[s].solver,
                      work->schemes[s].m);
            line[0] = (gb_chart_series){.name = names[s], .x = x, .y = y, .n = n, .color = s + 1};
            line[1] = line[0];
            line[1].name = NULL;
            line[1].y += n;
            line[1].style = GB_CHART_DASHED;
        }
    const gb_chart_level level = {"passes as rounding", work->config->accept, -1};
    const gb_chart_axis across = {.label = "iteration k", .whole = true},
                        up = {"difference from md_mpi", true};
    const gb_chart_panel panels[] = {{"normal errors", across, up, series[NORMAL], 2 * schemes,
                                      &level, 1},
                                     {"sampled transitions", across, up, series[SAMPLED],
                                      2 * schemes, &level, 1}};
    report_draw(report, "Four recursions, one algorithm",
                "largest difference over MDPs and weights: log policies, and action values (broken "
                "lines)",
                NULL, panels);
    gb_dealloc(x);
    return GB_OK;
}

/* --- the study --------------------------------------------------------------------------------*/

static int check_options(const void *options, gb_err *err) {
    const struct config *config = options;
    const struct list m = study_list_of(opts, "m", config);
    if (study_check_weights(opts, config, err)) return GB_USAGE;
    for (int i = 0; i < m.n; i++)
        if (m.x[i] != floor(m.x[i]))
            return gb_fail(err, GB_USAGE, "--m: %g is no whole number; give sweeps such as 1,3",
                           m.x[i]);
    return study_check_branching(config->branching, config->states, err);
}

static void set_schemes(struct work *work) {
    const struct list m = study_list_of(opts, "m", work->config);
    for (int i = 0; i < m.n; i++) {
        work->schemes[work->n_schemes++] = (struct scheme){"da_mpi", (int)m.x[i]};
        if (m.x[i] != 1) continue;
        work->schemes[work->n_schemes++] = (struct scheme){"cvi", 1};
        work->schemes[work->n_schemes++] = (struct scheme){"munchausen_value_iteration", 1};
    }
}

static int run(const void *options, const struct study_common *common, struct report *report,
               gb_err *err) {
    const struct config *config = options;
    struct work work = {.config = config, .common = common};
    work.lambda = study_list_of(opts, "lambda", config);
    work.tau = study_list_of(opts, "tau", config);
    set_schemes(&work);
    const size_t runs = (size_t)config->mdps * (size_t)work.lambda.n * ERRORS;
    work.differences = gb_alloc(runs * (size_t)work.n_schemes * (size_t)config->iterations,
                                sizeof *work.differences, err);
    int code =
        work.differences ? study_each(config->mdps, common->threads, run_mdp, &work, err) : GB_FAIL;
    if (!code) {
        write_rows(&work, report->csv);
        write_table(&work, report->text);
        judge(&work, report);
        code = draw(&work, report, err);
    }
    gb_dealloc(work.differences);
    return code;
}

const struct study study_equivalence = {
    .name = "equivalence",
    .help = "mirror descent, dual averaging, conservative and Munchausen value iteration are one",
    .source = "Vieillard et al. 2020, Leverage the Average, proposition 1; Munchausen RL",
    .config_size = sizeof(struct config),
    .opts = opts,
    .check = check_options,
    .run = run};
