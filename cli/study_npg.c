/* study_npg.c - entropy-regularised natural policy gradient converges linearly (Cen, Cheng, Chen,
 * Wei and Chi 2021, theorem 1).
 *
 * On random MDPs the exact method is run with several fractions f of its largest step
 * eta = f (1 - gamma) / tau, f = 1 being soft policy iteration, and soft value iteration beside it.
 * With Q^t and pi^t after t iterations, Q* and pi* the optimum at entropy weight tau, the theorem
 * says for t >= 1
 *     |Q* - Q^t| <= C gamma (1 - eta tau)^(t-1),
 *     |log pi* - log pi^t| <= 2 C / tau (1 - eta tau)^(t-1),
 *     C = |Q* - Q^0| + 2 tau (1 - f) |log pi* - log pi^0|,
 * in sup-norms. Soft value iteration contracts by gamma, which gives the same with 1 - eta tau =
 * gamma and C = |Q* - Q^0|. Near the optimum Q depends on the policy's error to second order only,
 * and that error shrinks by 1 - f an iteration: the true rate.
 */
#include "study.h"

#include <float.h>
#include <math.h>

struct config {
    int mdps, states, actions, branching, iterations;
    double gamma, tau, accept;
    char fraction[LIST_TEXT];
};

#define T struct config
static const gb_opt opts[] = {
    {"mdps", GB_INT(T, mdps), 20, 1, 100000, "random MDPs"},
    {"states", GB_INT(T, states), 20, 1, 10000, "states of each"},
    {"actions", GB_INT(T, actions), 5, 1, 1000, "its actions"},
    {"branching", GB_INT(T, branching), 20, 1, 10000, "successors of a pair"},
    {"gamma", GB_F64(T, gamma), 0.9, 0, 0.9999, "discount"},
    {"tau", GB_F64(T, tau), 0.1, 1e-6, 1e9, "entropy weight"},
    {"fraction", GB_TEXT(T, fraction), 0, 0.001, 1,
     "of the largest step, each above 0; 1: soft policy iteration", "0.1,0.3,0.6,1"},
    {"iterations", GB_INT(T, iterations), 60, 1, 1000000, "of every method"},
    {"accept", GB_F64(T, accept), 1e-6, 1e-12, 1,
     "of the first distance: how far iterations are counted to"},
    {0},
};
#undef T

enum { METHODS_MAX = LIST_MAX + 1 };

/* Soft value iteration comes last, with fraction 0. */
struct work {
    const struct config *config;
    const struct study_common *common;
    struct list fraction;
    int n_methods;
    struct point *points; /* (mdps, methods, iterations + 1) */
};

/* A method after so many iterations on one MDP. */
struct point {
    double q, log_policy;             /* distances from the optimum, sup-norm */
    double q_bound, log_policy_bound; /* of the theorem */
    double rounding;                  /* distances below this say nothing */
};

static struct point *points_of(const struct work *work, int mdp_number, int m) {
    return work->points +
           (size_t)(mdp_number * work->n_methods + m) * (size_t)(work->config->iterations + 1);
}

/* --- one MDP ----------------------------------------------------------------------------------*/

/* Fills in the bounds, which hang on the distances at the start. */
static void set_bounds(const struct work *work, double fraction, struct point *points) {
    const double gamma = work->config->gamma, tau = work->config->tau;
    const bool sweep = fraction == 0;
    const double factor = sweep ? gamma : 1 - fraction * (1 - gamma);
    const double c = points[0].q + (sweep ? 0 : 2 * tau * (1 - fraction) * points[0].log_policy);
    points[0].q_bound = points[0].q;
    points[0].log_policy_bound = fmax(points[0].log_policy, 2 * c / tau);
    for (int t = 1; t <= work->config->iterations; t++) {
        points[t].q_bound = c * gamma * pow(factor, t - 1);
        points[t].log_policy_bound = 2 * c / tau * pow(factor, sweep ? t : t - 1);
    }
}

static int run_method(const struct work *work, int mdp_number, int m, const gb_mdp *mdp,
                      const gb_solver *best, gb_err *err) {
    const struct config *config = work->config;
    const size_t pairs = gb_mdp_pairs(mdp);
    const double fraction = m < work->fraction.n ? work->fraction.x[m] : 0;
    struct point *points = points_of(work, mdp_number, m);
    double size = 1;
    gb_solver solver;
    const struct setting settings[] = {{"tau", config->tau},
                                       {"iterations", config->iterations},
                                       {"fraction", fraction},
                                       {0}};
    const struct setting sweeps[] = {settings[0], settings[1], {0}};
    const char *name = fraction > 0 ? "npg" : "soft_value_iteration";
    for (size_t i = 0; i < pairs; i++) size = fmax(size, fabs(best->q[i]));
    int code = study_open(&solver, name, mdp, fraction > 0 ? settings : sweeps, err);
    for (int t = 0; !code && t <= config->iterations; t++) {
        if (t) code = study_iterate(&solver, err);
        points[t].q = study_distance(best->q, solver.q, pairs);
        points[t].log_policy = study_distance(best->log_policy, solver.log_policy, pairs);
        points[t].rounding = 64 * DBL_EPSILON * size / (1 - config->gamma);
    }
    if (!code) set_bounds(work, fraction, points);
    gb_solver_free(&solver);
    return code;
}

static int run_mdp(void *context, int i, gb_err *err) {
    const struct work *work = context;
    const struct config *config = work->config;
    gb_mdp mdp = {0};
    gb_solver best = {0};
    int code = gb_mdp_random(&mdp, config->states, config->actions, config->branching,
                             config->gamma, (uint64_t)study_seed(work->common->seed, i), err);
    if (!code) code = study_optimum(&best, &mdp, config->tau, err);
    for (int m = 0; !code && m < work->n_methods; m++)
        code = run_method(work, i, m, &mdp, &best, err);
    gb_solver_free(&best);
    gb_mdp_free(&mdp);
    return code;
}

/* --- the results ------------------------------------------------------------------------------*/

/* A method after t iterations over all MDPs: means, and the largest shares of the bounds, rounding
 * set aside. */
struct summary {
    double q, q_bound, log_policy, log_policy_bound, q_share, log_policy_share;
};

static double share(double distance, double bound, double rounding) {
    return distance > rounding ? (distance - rounding) / bound : 0;
}

static struct summary summary_of(const struct work *work, int m, int t) {
    struct summary sum = {0};
    const int n = work->config->mdps;
    for (int i = 0; i < n; i++) {
        const struct point *p = &points_of(work, i, m)[t];
        sum.q += p->q / n;
        sum.q_bound += p->q_bound / n;
        sum.log_policy += p->log_policy / n;
        sum.log_policy_bound += p->log_policy_bound / n;
        sum.q_share = fmax(sum.q_share, share(p->q, p->q_bound, p->rounding));
        sum.log_policy_share =
            fmax(sum.log_policy_share,
                 share(p->log_policy, p->log_policy_bound, 2 * p->rounding / work->config->tau));
    }
    return sum;
}

static const char *name_of(const struct work *work, int m, char *text, size_t size) {
    if (m == work->fraction.n) return gb_format(text, size, "soft value iteration");
    if (work->fraction.x[m] == 1) return gb_format(text, size, "npg, f = 1 (soft PI)");
    return gb_format(text, size, "npg, f = %g", work->fraction.x[m]);
}

static void write_rows(const struct work *work, FILE *csv) {
    fprintf(csv, "method,fraction,iteration,q_distance,q_bound,policy_distance,policy_bound,"
                 "largest_q_share,largest_policy_share\n");
    for (int m = 0; m < work->n_methods; m++)
        for (int t = 0; t <= work->config->iterations; t++) {
            const struct summary s = summary_of(work, m, t);
            const bool npg = m < work->fraction.n;
            fprintf(csv, "%s,%.9g,%d,%.9g,%.9g,%.9g,%.9g,%.6g,%.6g\n",
                    npg ? "npg" : "soft_value_iteration", npg ? work->fraction.x[m] : 0, t, s.q,
                    s.q_bound, s.log_policy, s.log_policy_bound, s.q_share, s.log_policy_share);
        }
}

/* Mean factor an iteration of a distance, over the later half of the iterations in which it is
 * well above rounding; NAN if these are fewer than eight: too few to speak of a rate. */
static double factor_of(const struct work *work, int m, bool of_policy) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < work->config->mdps; i++) {
        const struct point *p = points_of(work, i, m);
        const double floor = 1e4 * p->rounding / (of_policy ? work->config->tau : 1);
        int last = 0;
        for (int t = 1; t <= work->config->iterations; t++)
            if ((of_policy ? p[t].log_policy : p[t].q) > floor) last = t;
        const int first = last / 2;
        if (last < 8) continue;
        const double from = of_policy ? p[first].log_policy : p[first].q;
        const double to = of_policy ? p[last].log_policy : p[last].q;
        sum += log(to / from) / (last - first), n++;
    }
    return n ? exp(sum / n) : NAN;
}

/* Mean number of iterations until the distance of Q is `accept` of the first one; as many as there
 * are where that is never reached. */
static double iterations_to(const struct work *work, int m) {
    double sum = 0;
    for (int i = 0; i < work->config->mdps; i++) {
        const struct point *p = points_of(work, i, m);
        int t = 0;
        while (t < work->config->iterations && p[t].q > work->config->accept * p[0].q) t++;
        sum += t;
    }
    return sum / work->config->mdps;
}

static void write_factor(FILE *text, double factor) {
    if (isnan(factor))
        fprintf(text, " %8s", "-");
    else
        fprintf(text, " %8.4f", factor);
}

static void write_table(const struct work *work, FILE *text) {
    static const int shown[] = {0, 5, 10, 20, 40, 60};
    char name[80];
    fprintf(text,
            "|Q* - Q^t|, mean of %d MDPs; factors an iteration: theorem, measured, of policy\n",
            work->config->mdps);
    fprintf(text, "%-22s", "method, t =");
    for (int i = 0; i < 6 && shown[i] <= work->config->iterations; i++)
        fprintf(text, " %8d", shown[i]);
    fprintf(text, " %8s %8s %8s\n", "theorem", "measured", "policy");
    for (int m = 0; m < work->n_methods; m++) {
        const double gamma = work->config->gamma;
        const double f = m < work->fraction.n ? work->fraction.x[m] : 1;
        fprintf(text, "%-22s", name_of(work, m, name, sizeof name));
        for (int i = 0; i < 6 && shown[i] <= work->config->iterations; i++)
            fprintf(text, " %8.2g", summary_of(work, m, shown[i]).q);
        fprintf(text, " %8.4f", 1 - f * (1 - gamma));
        write_factor(text, factor_of(work, m, false));
        write_factor(text, factor_of(work, m, true));
        fputc('\n', text);
    }
}

static void judge_bounds(const struct work *work, struct report *report) {
    for (int m = 0; m < work->n_methods; m++) {
        double q = 0, log_policy = 0;
        char name[80];
        for (int t = 1; t <= work->config->iterations; t++) {
            const struct summary s = summary_of(work, m, t);
            q = fmax(q, s.q_share);
            log_policy = fmax(log_policy, s.log_policy_share);
        }
        report_verdict(
            report, q <= 1 + 1e-9 && log_policy <= 1 + 1e-9,
            "%s stays within its bounds: at most %.3g of that of Q, %.3g of the policy's",
            name_of(work, m, name, sizeof name), q, log_policy);
    }
}

static void judge_rates(const struct work *work, struct report *report) {
    for (int m = 0; m < work->fraction.n; m++) {
        const double f = work->fraction.x[m], factor = factor_of(work, m, true);
        if (f == 1 || isnan(factor)) continue;
        report_verdict(report, fabs(factor - (1 - f)) <= 0.05,
                       "f = %g: near the optimum the policy's error shrinks by %.3f an iteration "
                       "(1 - f is %.3g, the theorem's factor %.3g)",
                       f, factor, 1 - f, 1 - f * (1 - work->config->gamma));
    }
}

static void judge_order(const struct work *work, struct report *report) {
    bool ordered = true;
    double most = 0, sweeps = iterations_to(work, work->n_methods - 1);
    for (int a = 0; a < work->fraction.n; a++) {
        most = fmax(most, iterations_to(work, a));
        for (int b = 0; b < work->fraction.n; b++)
            if (work->fraction.x[a] < work->fraction.x[b])
                ordered = ordered && iterations_to(work, a) >= iterations_to(work, b);
    }
    report_verdict(report, ordered && most <= sweeps,
                   "larger steps take fewer iterations to %g of the first distance, %.1f at most; "
                   "soft value iteration takes %.1f%s",
                   work->config->accept, most, sweeps,
                   sweeps < work->config->iterations ? "" : " and more");
}

/* --- the picture ------------------------------------------------------------------------------*/

/* Distances and bounds of a method behind each other: of q, then of the log policy. Distances are
 * shown down to the rounding of action values: below it they are accidents, 0 among them. */
static void set_curves(const struct work *work, int m, double *y) {
    const int n = work->config->iterations + 1;
    const double least = points_of(work, 0, m)->rounding / 64;
    for (int t = 0; t < n; t++) {
        const struct summary s = summary_of(work, m, t);
        y[t] = fmax(s.q, least), y[t + n] = s.q_bound;
        y[t + 2 * n] = fmax(s.log_policy, 2 * least / work->config->tau),
                  y[t + 3 * n] = s.log_policy_bound;
    }
}

static int draw(const struct work *work, struct report *report, gb_err *err) {
    const int n = work->config->iterations + 1, methods = work->n_methods;
    double *x = gb_alloc((size_t)n * (size_t)(1 + 4 * methods), sizeof *x, err);
    gb_chart_series series[2][2 * METHODS_MAX] = {{{0}}};
    char names[METHODS_MAX][48];
    if (!x) return GB_FAIL;
    for (int t = 0; t < n; t++) x[t] = t;
    for (int m = 0; m < methods; m++) {
        double *y = x + (size_t)n * (size_t)(1 + 4 * m);
        set_curves(work, m, y);
        name_of(work, m, names[m], sizeof names[m]);
        for (int p = 0; p < 2; p++) {
            const gb_chart_series line = {.name = names[m], .x = x, .y = y + 2 * p * n, .n = n};
            series[p][2 * m] = series[p][2 * m + 1] = line;
            series[p][2 * m].color = series[p][2 * m + 1].color = m + 1;
            series[p][2 * m + 1].name = NULL;
            series[p][2 * m + 1].y += n;
            series[p][2 * m + 1].style = GB_CHART_DASHED;
        }
    }
    const gb_chart_axis across = {.label = "iteration t", .whole = true};
    const gb_chart_panel panels[] = {
        {"action values", across, {"|Q* - Q|", true}, series[0], 2 * methods},
        {"log policies", across, {"|log " PI "* - log " PI "|", true}, series[1], 2 * methods}};
    report_draw(
        report, "Natural policy gradient with entropy converges linearly",
        "sup-norm distance from the optimum, mean over random MDPs; broken lines: bounds of "
        "theory",
        "f: fraction of the largest step (1 - " GAMMA ") / " TAU "; f = 1 is soft policy iteration",
        panels);
    gb_dealloc(x);
    return GB_OK;
}

/* --- the study --------------------------------------------------------------------------------*/

static int check_options(const void *options, gb_err *err) {
    const struct config *config = options;
    return study_check_branching(config->branching, config->states, err);
}

static int run(const void *options, const struct study_common *common, struct report *report,
               gb_err *err) {
    const struct config *config = options;
    struct work work = {.config = config, .common = common};
    work.fraction = study_list_of(opts, "fraction", config);
    work.n_methods = work.fraction.n + 1;
    const size_t methods = (size_t)config->mdps * (size_t)work.n_methods;
    work.points = gb_alloc(methods * (size_t)(config->iterations + 1), sizeof *work.points, err);
    int code =
        work.points ? study_each(config->mdps, common->threads, run_mdp, &work, err) : GB_FAIL;
    if (!code) {
        write_rows(&work, report->csv);
        write_table(&work, report->text);
        judge_bounds(&work, report);
        judge_rates(&work, report);
        judge_order(&work, report);
        code = draw(&work, report, err);
    }
    gb_dealloc(work.points);
    return code;
}

const struct study study_npg = {
    .name = "npg",
    .help = "entropy-regularised natural policy gradient converges linearly, within its bounds",
    .source = "Cen et al. 2021, theorem 1",
    .config_size = sizeof(struct config),
    .opts = opts,
    .check = check_options,
    .run = run};
