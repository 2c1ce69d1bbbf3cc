/* study_averaging.c - KL averages errors out, value iteration does not (Vieillard, Kozuno,
 * Scherrer, Pietquin, Munos and Geist 2020, "Leverage the Average", appendix D and figure 1).
 *
 * On random Garnets every iteration sees one sampled transition of each pair. Mirror-descent value
 * iteration with KL weight lambda and entropy weight tau is run over lambda at tau = 0 (panel "kl";
 * lambda = 0 is value iteration) and over beta = lambda / (lambda + tau) at a small tau (panel
 * "kl_entropy"). Measured is |q* - q_pi|_1 / |q*|_1 of the policy after k iterations, both q with
 * the entropy weight of the row. The mean over Garnets is pooled, sum of the losses over sum of the
 * |q*|, or taken of the Garnets' own ratios, to which Garnets of small rewards, slow to learn at a
 * given lambda, count as much as the others. All rows of a Garnet see the same successors. Where
 * the loss is measured, the paper's theorems 1 (tau = 0) and 2 are checked as well.
 */
#include "study.h"

#include <math.h>
#include <string.h>

struct config {
    int mdps, states, actions, branching, iterations, points, samples;
    double gamma, noise, tau, accept;
    char solver[16], mean[8], lambda[LIST_TEXT], beta[LIST_TEXT];
};

#define T struct config
static const gb_opt opts[] = {
    {"mdps", GB_INT(T, mdps), 100, 1, 100000, "Garnets"},
    {"states", GB_INT(T, states), 30, 1, 10000, "states of a Garnet"},
    {"actions", GB_INT(T, actions), 4, 1, 1000, "its actions"},
    {"branching", GB_INT(T, branching), 4, 1, 10000, "successors of a pair"},
    {"gamma", GB_F64(T, gamma), 0.9, 0, 0.9999, "discount"},
    {"lambda", GB_TEXT(T, lambda), 0, 0, 1e9, "KL weights of the first panel, each >= 0",
     "0,0.01,0.1,1,3,10,100"},
    {"tau", GB_F64(T, tau), 0.001, 1e-9, 1e9, "entropy weight of the second panel"},
    {"beta", GB_TEXT(T, beta), 0, 0, 0.999999, "its shares lambda / (lambda + tau), each below 1",
     "0,0.5,0.9,0.95,0.99,0.999"},
    {"solver", GB_TEXT(T, solver), 0, 0, 0, "mirror descent, or dual averaging", "md_mpi",
     "md_mpi|da_mpi"},
    {"mean", GB_TEXT(T, mean), 0, 0, 0, "over Garnets: of sums, or of each Garnet's ratio",
     "pooled", "pooled|each"},
    {"iterations", GB_INT(T, iterations), 800, 1, 1000000, "of every solver"},
    {"samples", GB_INT(T, samples), 1, 0, 1000000,
     "transitions of a pair an iteration sees; 0: all, exactly"},
    {"noise", GB_F64(T, noise), 0, 0, 1e9, "deviation of a normal error besides"},
    {"points", GB_INT(T, points), 100, 1, 10000, "iterations to measure at, evenly in log k"},
    {"accept", GB_F64(T, accept), 0.03, 0, 1,
     "lambda = 1 must end below this share of value iteration's loss"},
    {0},
};
#undef T

/* Iterations that are always measured, and printed. */
static const int shown[] = {1, 10, 25, 50, 100, 200, 400, 800};
enum { SHOWN = sizeof shown / sizeof *shown, ROWS_MAX = 2 * LIST_MAX, LONG = 800, EARLY = 10 };

struct row {
    bool entropy; /* of the second panel */
    double lambda, tau, beta;
};

/* What came of the theorem of one row on one Garnet. */
struct checks {
    int made, violated,
        unfit;       /* unfit: an action value was beyond v_max, where no theorem speaks */
    double tightest; /* largest loss over bound */
};

struct work {
    const struct config *config;
    const struct study_common *common;
    struct row rows[ROWS_MAX];
    int n_rows, n_marks;
    int *marks;            /* (n_marks) iterations to measure at, ascending */
    double *loss;          /* (mdps, rows, marks) */
    double *size;          /* (mdps, 2) |q*|_1 without and with entropy */
    struct checks *checks; /* (mdps, rows) */
};

/* --- the bound of a theorem -------------------------------------------------------------------*/

struct bound {
    double horizon, gamma, beta, v_max;
    double *errors;   /* (pairs) their sum; with beta < 1 their moving average */
    double averages;  /* sum_j gamma^(k - j) |moving average j| */
    double transient; /* sum_j gamma^(k - j) beta^j */
    bool fit;         /* all |q_k| <= v_max so far, which the theorems assume */
};

static double norm(const double *x, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(x[i]));
    return most;
}

static void bound_start(struct bound *b, const gb_mdp *mdp, const struct row *row, double *errors) {
    const size_t pairs = gb_mdp_pairs(mdp);
    const double weight = row->entropy ? row->tau : row->lambda, horizon = 1 / (1 - mdp->gamma);
    *b = (struct bound){horizon, mdp->gamma, row->beta, 0, errors, 0, 1, true};
    b->v_max = (norm(mdp->r, pairs) + weight * log(mdp->actions)) * horizon;
    memset(errors, 0, pairs * sizeof *errors);
}

/* Takes the solver's last iteration, number k, in. */
static void bound_step(struct bound *b, const gb_solver *solver, int k) {
    const size_t pairs = gb_mdp_pairs(solver->mdp);
    const double old = b->beta < 1 ? b->beta : 1, new = b->beta < 1 ? 1 - b->beta : 1;
    for (size_t i = 0; solver->error && i < pairs; i++)
        b->errors[i] = old * b->errors[i] + new * solver->error[i];
    b->averages = b->gamma * b->averages + norm(b->errors, pairs);
    b->transient = b->gamma * b->transient + pow(b->beta, k);
    b->fit = b->fit && norm(solver->q, pairs) <= b->v_max * (1 + 1e-12);
}

/* Theorem 1, or 2, after k iterations. */
static double bound_value(const struct bound *b, size_t pairs, int k) {
    if (b->beta < 1)
        return 2 * b->horizon * b->averages +
               (1 + (1 - b->beta) * b->horizon) * b->transient * b->v_max;
    return 2 * b->horizon * norm(b->errors, pairs) / k + 4 * b->horizon * b->v_max / k;
}

/* --- one Garnet -------------------------------------------------------------------------------*/

static bool is_value_iteration(const struct row *row) {
    return row->lambda == 0 && row->tau == 0;
}

static void check(struct checks *checks, const struct bound *bound, size_t pairs, int k,
                  double loss) {
    const double limit = bound_value(bound, pairs, k);
    if (!bound->fit) {
        checks->unfit++;
        return;
    }
    checks->made++;
    checks->violated += loss > limit + 1e-10;
    checks->tightest = fmax(checks->tightest, loss / limit);
}

/* Iterates the solver of a row and measures at the marks. best: q* with the row's entropy. */
static int follow(const struct work *work, const struct row *row, gb_solver *solver,
                  struct evaluator *e, const double *best, double *loss, struct checks *checks,
                  gb_err *err) {
    const size_t pairs = gb_mdp_pairs(solver->mdp);
    struct bound bound;
    double *errors = gb_alloc(pairs, sizeof *errors, err);
    if (!errors) return GB_FAIL;
    bound_start(&bound, solver->mdp, row, errors);
    int code = GB_OK;
    for (int k = 1, mark = 0; !code && k <= work->config->iterations; k++) {
        code = study_iterate(solver, err);
        if (code) break;
        bound_step(&bound, solver, k);
        if (k != work->marks[mark]) continue;
        code = evaluator_run(e, solver->log_policy, row->tau, err);
        loss[mark++] = study_sum(best, e->q, pairs);
        if (!code && !is_value_iteration(row))
            check(checks, &bound, pairs, k, study_distance(best, e->q, pairs));
    }
    gb_dealloc(errors);
    return code;
}

static int run_row(const struct work *work, int mdp_number, int r, const gb_mdp *mdp,
                   struct evaluator *e, const double *best, gb_err *err) {
    const struct config *config = work->config;
    const struct row *row = &work->rows[r];
    const size_t slot = (size_t)(mdp_number * work->n_rows + r);
    gb_solver solver;
    const struct setting settings[] = {{"lambda", row->lambda},
                                       {"tau", row->tau},
                                       {"samples", config->samples},
                                       {"noise", config->noise},
                                       {"iterations", config->iterations},
                                       {"seed", (double)study_seed(work->common->seed, mdp_number)},
                                       {0}};
    const char *name = is_value_iteration(row) ? "value_iteration" : config->solver;
    int code = study_open(&solver, name, mdp, settings, err);
    if (!code)
        code = follow(work, row, &solver, e, best, work->loss + slot * (size_t)work->n_marks,
                      &work->checks[slot], err);
    gb_solver_free(&solver);
    return code;
}

static int run_mdp(void *context, int i, gb_err *err) {
    const struct work *work = context;
    const struct config *config = work->config;
    gb_mdp mdp = {0};
    gb_solver plain = {0}, soft = {0};
    struct evaluator e = {0};
    int code = gb_mdp_garnet(&mdp, config->states, config->actions, config->branching,
                             config->gamma, (uint64_t)study_seed(work->common->seed, i), err);
    if (!code) code = study_optimum(&plain, &mdp, 0, err);
    if (!code) code = study_optimum(&soft, &mdp, config->tau, err);
    if (!code) code = evaluator_init(&e, &mdp, err);
    if (!code) work->size[2 * i] = study_sum(plain.q, NULL, gb_mdp_pairs(&mdp));
    if (!code) work->size[2 * i + 1] = study_sum(soft.q, NULL, gb_mdp_pairs(&mdp));
    for (int r = 0; !code && r < work->n_rows; r++)
        code = run_row(work, i, r, &mdp, &e, work->rows[r].entropy ? soft.q : plain.q, err);
    evaluator_free(&e);
    gb_solver_free(&plain);
    gb_solver_free(&soft);
    gb_mdp_free(&mdp);
    return code;
}

/* --- the results ------------------------------------------------------------------------------*/

/* Divides the losses by their Garnet's |q*|, or by the mean of these, so that plain means of what
 * is left are the means wanted. */
static void normalise(const struct work *work) {
    const bool pooled = !strcmp(work->config->mean, "pooled");
    const int mdps = work->config->mdps;
    for (int i = 0; i < mdps; i++)
        for (int r = 0; r < work->n_rows; r++) {
            const int entropy = work->rows[r].entropy;
            const double size = pooled ? study_spread(work->size + entropy, mdps, 2).mean
                                       : work->size[2 * i + entropy];
            double *loss = work->loss + (size_t)(i * work->n_rows + r) * (size_t)work->n_marks;
            for (int mark = 0; mark < work->n_marks; mark++) loss[mark] /= size;
        }
}

static struct spread loss_at(const struct work *work, int r, int mark) {
    const size_t marks = (size_t)work->n_marks;
    return study_spread(work->loss + (size_t)r * marks + (size_t)mark, work->config->mdps,
                        (size_t)work->n_rows * marks);
}

/* Returns the place of iteration k among the marks, or -1. */
static int mark_of(const struct work *work, int k) {
    for (int mark = 0; mark < work->n_marks; mark++)
        if (work->marks[mark] == k) return mark;
    return -1;
}

/* Mean loss over the second half of the iterations, of one Garnet. */
static double plateau(const struct work *work, int mdp_number, int r) {
    const double *loss =
        work->loss + (size_t)(mdp_number * work->n_rows + r) * (size_t)work->n_marks;
    double sum = 0;
    int n = 0;
    for (int mark = 0; mark < work->n_marks; mark++)
        if (2 * work->marks[mark] > work->config->iterations) sum += loss[mark], n++;
    return sum / n;
}

static void write_rows(const struct work *work, FILE *csv) {
    fprintf(csv, "panel,lambda,tau,beta,iteration,mean,std,min,max\n");
    for (int r = 0; r < work->n_rows; r++)
        for (int mark = 0; mark < work->n_marks; mark++) {
            const struct row *row = &work->rows[r];
            const struct spread s = loss_at(work, r, mark);
            fprintf(csv, "%s,%.9g,%.9g,%.9g,%d,%.9g,%.9g,%.9g,%.9g\n",
                    row->entropy ? "kl_entropy" : "kl", row->lambda, row->tau, row->beta,
                    work->marks[mark], s.mean, s.std, s.min, s.max);
        }
}

static void write_table(const struct work *work, FILE *text) {
    fprintf(text, "|q* - q_pi| / |q*| after k iterations, mean of %d Garnets\n",
            work->config->mdps);
    fprintf(text, "%9s %6s %6s", "lambda", "tau", "beta");
    for (int i = 0; i < SHOWN && shown[i] <= work->config->iterations; i++)
        fprintf(text, " %7d", shown[i]);
    fputc('\n', text);
    for (int r = 0; r < work->n_rows; r++) {
        const struct row *row = &work->rows[r];
        fprintf(text, "%9.4g %6.3g %6.4g", row->lambda, row->tau, row->beta);
        for (int i = 0; i < SHOWN && shown[i] <= work->config->iterations; i++)
            fprintf(text, " %7.2g", loss_at(work, r, mark_of(work, shown[i])).mean);
        fputc('\n', text);
    }
}

static int row_with(const struct work *work, double lambda) {
    for (int r = 0; r < work->n_rows; r++)
        if (!work->rows[r].entropy && work->rows[r].lambda == lambda) return r;
    return -1;
}

static void judge_value_iteration(const struct work *work, struct report *report) {
    const int r = row_with(work, 0), n = work->config->mdps, mark = mark_of(work, EARLY);
    if (r < 0 || mark < 0 || work->config->iterations < 2 * EARLY) {
        report_untested(report, "value iteration does not get better: needs lambda 0 and 20 "
                                "iterations");
        return;
    }
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        const size_t first = (size_t)(i * work->n_rows + r) * (size_t)work->n_marks;
        const double change = plateau(work, i, r) - work->loss[first + (size_t)mark];
        sum += change;
        squares += change * change;
    }
    const double mean = sum / n, se = sqrt(fmax(0, squares / n - mean * mean) / n);
    report_verdict(
        report, mean >= -2 * se,
        "value iteration does not get better after k = %d: its loss over the second half "
        "is %.3f, %+.3f +- %.3f from there",
        EARLY, loss_at(work, r, mark).mean + mean, mean, se);
}

static void judge_averaging(const struct work *work, struct report *report) {
    const int plain = row_with(work, 0), kl = row_with(work, 1);
    if (plain < 0 || kl < 0 || work->config->iterations < LONG) {
        report_untested(report, "KL averages errors out: needs lambda 0 and 1 and %d iterations",
                        (int)LONG);
        return;
    }
    const int last = work->n_marks - 1;
    const double a = loss_at(work, plain, last).mean, b = loss_at(work, kl, last).mean;
    report_verdict(report, b < work->config->accept * a,
                   "KL averages errors out: lambda = 1 ends at %.2g, %.2g %% of value iteration's "
                   "%.2g (below %g %%)",
                   b, 100 * b / a, a, 100 * work->config->accept);
}

static void judge_plateaus(const struct work *work, struct report *report) {
    double last_beta = -1, last = INFINITY, first = 0;
    bool falls = true;
    int n = 0;
    for (;;) { /* by rising beta */
        int next = -1;
        double level = 0;
        for (int r = 0; r < work->n_rows; r++)
            if (work->rows[r].entropy && work->rows[r].beta > last_beta &&
                (next < 0 || work->rows[r].beta < work->rows[next].beta))
                next = r;
        if (next < 0) break;
        for (int i = 0; i < work->config->mdps; i++)
            level += plateau(work, i, next) / work->config->mdps;
        falls = falls && level < last;
        if (n++ == 0) first = level;
        last = level, last_beta = work->rows[next].beta;
    }
    if (n < 2)
        report_untested(report, "the plateau falls with beta: needs two values of beta");
    else
        report_verdict(
            report, falls,
            "the plateau falls with every step of beta: from %.2g to %.2g over %d values", first,
            last, n);
}

static void judge_theorem(const struct work *work, bool entropy, struct report *report) {
    struct checks sum = {0};
    for (int i = 0; i < work->config->mdps; i++)
        for (int r = 0; r < work->n_rows; r++) {
            const struct checks *c = &work->checks[i * work->n_rows + r];
            if (work->rows[r].entropy != entropy) continue;
            sum.made += c->made;
            sum.violated += c->violated;
            sum.unfit += c->unfit;
            sum.tightest = fmax(sum.tightest, c->tightest);
        }
    if (!sum.made)
        report_untested(report, "theorem %d: no row that it speaks of", entropy ? 2 : 1);
    else
        report_verdict(report, sum.violated == 0,
                       "theorem %d bounds the loss: violated in %d of %d checks, the tightest at "
                       "%.2g of the bound; its assumption |q| <= v_max failed in %d",
                       entropy ? 2 : 1, sum.violated, sum.made, sum.tightest, sum.unfit);
}

/* --- the study --------------------------------------------------------------------------------*/

static void set_rows(struct work *work) {
    const struct config *config = work->config;
    const struct list lambda = study_list_of(opts, "lambda", config);
    const struct list beta = study_list_of(opts, "beta", config);
    for (int i = 0; i < lambda.n; i++)
        work->rows[work->n_rows++] = (struct row){false, lambda.x[i], 0, lambda.x[i] > 0};
    for (int i = 0; i < beta.n; i++) {
        const double kl = config->tau * beta.x[i] / (1 - beta.x[i]);
        work->rows[work->n_rows++] = (struct row){true, kl, config->tau, beta.x[i]};
    }
}

static void set_marks(struct work *work) {
    const int last = work->config->iterations;
    const double scale = last > 1 ? work->config->points / log(last) : 0;
    for (int k = 1; k <= last; k++) {
        bool wanted = k == last || floor(scale * log(k)) > floor(scale * log(k - 1));
        for (int i = 0; i < SHOWN; i++) wanted = wanted || k == shown[i];
        if (wanted) work->marks[work->n_marks++] = k;
    }
}

static int check_options(const void *options, gb_err *err) {
    const struct config *config = options;
    if (config->branching <= config->states) return GB_OK;
    return gb_fail(err, GB_USAGE, "--branching: %d successors of %d states; give 1 to %d",
                   config->branching, config->states, config->states);
}

static int run(const void *options, const struct study_common *common, struct report *report,
               gb_err *err) {
    const struct config *config = options;
    struct work work = {.config = config, .common = common};
    const size_t mdps = (size_t)config->mdps;
    work.marks = gb_alloc((size_t)config->iterations, sizeof *work.marks, err);
    if (!work.marks) return GB_FAIL;
    set_rows(&work);
    set_marks(&work);
    const size_t rows = (size_t)work.n_rows;
    work.loss = gb_alloc(mdps * rows * (size_t)work.n_marks, sizeof *work.loss, err);
    work.size = gb_alloc(2 * mdps, sizeof *work.size, err);
    work.checks = gb_alloc(mdps * rows, sizeof *work.checks, err);
    int code = work.loss && work.size && work.checks
                   ? study_each(config->mdps, common->threads, run_mdp, &work, err)
                   : GB_FAIL;
    if (!code) {
        normalise(&work);
        write_rows(&work, report->csv);
        write_table(&work, report->text);
        judge_value_iteration(&work, report);
        judge_averaging(&work, report);
        judge_plateaus(&work, report);
        judge_theorem(&work, false, report);
        judge_theorem(&work, true, report);
    }
    gb_dealloc(work.marks);
    gb_dealloc(work.loss);
    gb_dealloc(work.size);
    gb_dealloc(work.checks);
    return code;
}

const struct study study_averaging = {
    .name = "averaging",
    .help = "KL averages the errors of sampled value iteration out, on Garnets",
    .source = "Vieillard et al. 2020, Leverage the Average, appendix D and figure 1",
    .config_size = sizeof(struct config),
    .opts = opts,
    .check = check_options,
    .run = run};
