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
#include "study_averaging.h"

#include <math.h>
#include <string.h>

#define T struct averaging_config
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

static void bound_start(struct bound *b, const gb_mdp *mdp, const struct averaging_row *row,
                        double *errors) {
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

static bool is_value_iteration(const struct averaging_row *row) {
    return row->lambda == 0 && row->tau == 0;
}

static void check(struct averaging_checks *checks, const struct bound *bound, size_t pairs, int k,
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
static int follow(const struct averaging *work, const struct averaging_row *row, gb_solver *solver,
                  struct evaluator *e, const double *best, double *loss,
                  struct averaging_checks *checks, gb_err *err) {
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

static int run_row(const struct averaging *work, int mdp_number, int r, const gb_mdp *mdp,
                   struct evaluator *e, const double *best, gb_err *err) {
    const struct averaging_config *config = work->config;
    const struct averaging_row *row = &work->rows[r];
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
    const struct averaging *work = context;
    const struct averaging_config *config = work->config;
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

/* --- the study --------------------------------------------------------------------------------*/

static void set_rows(struct averaging *work) {
    const struct averaging_config *config = work->config;
    const struct list lambda = study_list_of(opts, "lambda", config);
    const struct list beta = study_list_of(opts, "beta", config);
    for (int i = 0; i < lambda.n; i++)
        work->rows[work->n_rows++] = (struct averaging_row){false, lambda.x[i], 0, lambda.x[i] > 0};
    for (int i = 0; i < beta.n; i++) {
        const double kl = config->tau * beta.x[i] / (1 - beta.x[i]);
        work->rows[work->n_rows++] = (struct averaging_row){true, kl, config->tau, beta.x[i]};
    }
}

static void set_marks(struct averaging *work) {
    const int last = work->config->iterations;
    const double scale = last > 1 ? work->config->points / log(last) : 0;
    for (int k = 1; k <= last; k++) {
        bool wanted = k == last || floor(scale * log(k)) > floor(scale * log(k - 1));
        for (int i = 0; i < AVERAGING_SHOWN; i++) wanted = wanted || k == averaging_shown[i];
        if (wanted) work->marks[work->n_marks++] = k;
    }
}

static int check_options(const void *options, gb_err *err) {
    const struct averaging_config *config = options;
    return study_check_branching(config->branching, config->states, err);
}

static int run(const void *options, const struct study_common *common, struct report *report,
               gb_err *err) {
    const struct averaging_config *config = options;
    struct averaging work = {.config = config, .common = common};
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
    if (!code) code = averaging_results(&work, report, err);
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
    .config_size = sizeof(struct averaging_config),
    .opts = opts,
    .check = check_options,
    .run = run};
