/* Every regulariser: the textbook formulas and vectors, convex duality, limits, masks, priors with
 * zeros, a generic optimiser, names and options. */
#include "regularizer.h"

#include "opt.h"
#include "rng.h"
#include "support.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <string.h>

enum { MOST = 50 };

#define EACH_TYPE for (const gb_regularizer_type *type = gb_regularizer_types; type->name; type++)

/* --- the textbook -----------------------------------------------------------------------------*/

static bool is(const gb_regularizer *r, const char *name) {
    return !strcmp(r->type->name, name);
}

static bool takes(const gb_regularizer *r, const char *option) {
    return gb_opts_find(r->type->opts, option) != NULL;
}

/* What one action adds to Omega, from probabilities. */
static double term(const gb_regularizer *r, double p, double m) {
    double k = r->index, x = p / m;
    double entropy = p > 0 ? r->tau * p * log(p) : 0, kl = p > 0 ? r->lambda * p * log(x) : 0;
    if (is(r, "entropy")) return entropy;
    if (is(r, "kl")) return kl;
    if (is(r, "kl_entropy")) return kl + entropy;
    if (is(r, "sparsemax")) return r->tau / 2 * p * p;
    if (is(r, "tsallis")) return r->tau / (k - 1) * pow(p, k);
    if (is(r, "log_barrier")) return -r->tau * log(p);
    if (is(r, "reverse_kl")) return -r->lambda * m * log(x);
    if (is(r, "chi2")) return r->lambda * m * (x - 1) * (x - 1) / 2;
    if (is(r, "hellinger")) return 2 * r->lambda * m * (1 - sqrt(x));
    if (is(r, "alpha_divergence"))
        return r->lambda * m * (pow(x, k) - k * x + k - 1) / (k * (k - 1));
    ck_assert(is(r, "none"));
    return 0;
}

/* The derivative of term with respect to p. */
static double slope(const gb_regularizer *r, double p, double m) {
    double k = r->index, x = p / m;
    if (is(r, "entropy")) return r->tau * (log(p) + 1);
    if (is(r, "kl")) return r->lambda * (log(x) + 1);
    if (is(r, "kl_entropy")) return r->lambda * (log(x) + 1) + r->tau * (log(p) + 1);
    if (is(r, "sparsemax")) return r->tau * p;
    if (is(r, "tsallis")) return r->tau / (k - 1) * k * pow(p, k - 1);
    if (is(r, "log_barrier")) return -r->tau / p;
    if (is(r, "reverse_kl")) return -r->lambda / x;
    if (is(r, "chi2")) return r->lambda * (x - 1);
    if (is(r, "hellinger")) return -r->lambda / sqrt(x);
    if (is(r, "alpha_divergence")) return r->lambda * (pow(x, k - 1) - 1) / (k - 1);
    return 0;
}

/* --- problems ---------------------------------------------------------------------------------*/

struct problem {
    gb_regularizer r;
    gb_actions actions;
    double q[MOST], log_prior[MOST];
    bool legal[MOST];
    bool inside[MOST]; /* the domain */
    double m[MOST];    /* the prior conditioned on it; uniform for types that take none */
};

/* Draws n values of size about 1 for a regulariser of type, with a mask, priors with zeros, and
 * weights of 0.05 to 2.7. */
static void draw(struct problem *problem, const gb_regularizer_type *type, gb_rng *rng, int n) {
    gb_regularizer *r = &problem->r;
    bool masked = gb_rng_below(rng, 2), given = gb_rng_below(rng, 4), zeros = gb_rng_below(rng, 2);
    *r = (gb_regularizer){type, .tau = exp(gb_rng_uniform(rng, -3, 1)),
                          .lambda = exp(gb_rng_uniform(rng, -3, 1))};
    const double tsallis[] = {0.5, 1.5, 2, 3, 0.2, 1.1}, alpha[] = {-2, -0.5, 0.5, 1.5, 2, 3};
    r->index = (is(r, "tsallis") ? tsallis : alpha)[gb_rng_below(rng, 6)];
    problem->actions =
        (gb_actions){n, masked ? problem->legal : NULL, given ? problem->log_prior : NULL};
    double mass = 0;
    for (int a = 0; a < n; a++) {
        problem->q[a] = gb_rng_normal(rng);
        problem->legal[a] = a == 0 || gb_rng_below(rng, 3);
        problem->log_prior[a] =
            a && zeros && !gb_rng_below(rng, 4) ? -INFINITY : -4 * gb_rng_unit(rng);
        bool prior = given && takes(r, "lambda");
        problem->inside[a] =
            (!masked || problem->legal[a]) && (!prior || problem->log_prior[a] != -INFINITY);
        problem->m[a] = !problem->inside[a] ? 0 : prior ? exp(problem->log_prior[a]) : 1;
        mass += problem->m[a];
    }
    for (int a = 0; a < n; a++) problem->m[a] /= mass;
}

/* Omega from the textbook. */
static double omega(const struct problem *problem, const double *p) {
    const gb_regularizer *r = &problem->r;
    double sum = is(r, "sparsemax") ? -r->tau / 2 : is(r, "tsallis") ? -r->tau / (r->index - 1) : 0;
    for (int a = 0; a < problem->actions.n; a++)
        if (problem->inside[a]) sum += term(r, p[a], problem->m[a]);
    return sum;
}

static double greedy(const struct problem *problem, const double *q, double *p) {
    double log_p[MOST];
    double value = gb_regularizer_greedy(&problem->r, &problem->actions, q, log_p);
    for (int a = 0; a < problem->actions.n; a++) p[a] = exp(log_p[a]);
    return value;
}

static double dot(int n, const double *x, const double *y) {
    double sum = 0;
    for (int a = 0; a < n; a++) sum += x[a] * y[a];
    return sum;
}

/* Draws a policy on the domain, with zeros if the index allows and `sparse` is set. */
static void draw_policy(const struct problem *problem, gb_rng *rng, bool sparse, double *log_p) {
    double sum = 0;
    for (int a = 0; a < problem->actions.n; a++) {
        bool zero = !problem->inside[a] || (sparse && sum > 0 && gb_rng_below(rng, 2));
        log_p[a] = zero ? -INFINITY : -5 * gb_rng_unit(rng);
        sum += exp(log_p[a]);
    }
    for (int a = 0; a < problem->actions.n; a++) log_p[a] -= log(sum);
}

/* Runs check on `trials` problems of each type, 1 to `most` actions. */
static void on_problems(int trials, int most, uint64_t seed,
                        void (*check)(const struct problem *problem, gb_rng *rng)) {
    gb_rng rng = gb_rng_stream(seed, 0);
    EACH_TYPE
    for (int trial = 0; trial < trials; trial++) {
        struct problem problem;
        draw(&problem, type, &rng, 1 + (int)gb_rng_below(&rng, (uint32_t)most));
        check(&problem, &rng);
    }
}

/* --- convex duality ---------------------------------------------------------------------------*/

static void check_greedy(const struct problem *problem, gb_rng *rng) {
    int n = problem->actions.n;
    double p[MOST], shifted[MOST], raised[MOST], other[MOST], sum = 0, most = 0;
    double value = greedy(problem, problem->q, p);
    for (int a = 0; a < n; a++) {
        sum += p[a];
        ck_assert_double_ge(p[a], 0);
        if (!problem->inside[a]) ck_assert(p[a] == 0);
        double rise = gb_rng_unit(rng);
        most = problem->inside[a] ? fmax(most, rise) : most;
        shifted[a] = problem->q[a] + 7.5;
        raised[a] = problem->q[a] + rise;
    }
    ck_assert_double_eq_tol(sum, 1, 1e-13);
    /* equality of Fenchel and Young: the value is that of the policy, by the textbook */
    ck_assert_double_eq_tol(value, dot(n, p, problem->q) - omega(problem, p), 1e-11);
    ck_assert_double_eq_tol(greedy(problem, shifted, other), value + 7.5, 1e-12 * fabs(value + 10));
    for (int a = 0; a < n; a++) ck_assert_double_eq_tol(other[a], p[a], 1e-12);
    double above = greedy(problem, raised, other);
    ck_assert_double_ge(above, value - 1e-13);
    ck_assert_double_le(above, value + most + 1e-13);
}

START_TEST(greedy_is_a_policy_with_the_value_of_the_conjugate) {
    on_problems(400, MOST, 1, check_greedy);
}
END_TEST

static void check_value(const struct problem *problem, gb_rng *rng) {
    const gb_regularizer *r = &problem->r;
    int n = problem->actions.n;
    double p[MOST], best[MOST], log_p[MOST], low, high, value = greedy(problem, problem->q, best);
    gb_regularizer_bounds(r, &problem->actions, &low, &high);
    for (int trial = 0; trial < 20; trial++) {
        bool steep = is(r, "log_barrier") || is(r, "reverse_kl") ||
                     (is(r, "alpha_divergence") && r->index <= 0);
        draw_policy(problem, rng, trial % 2 && !steep, log_p);
        for (int a = 0; a < n; a++) p[a] = exp(log_p[a]);
        double got = gb_regularizer_value(r, &problem->actions, log_p);
        ck_assert_double_eq_tol(got, omega(problem, p), 1e-12 * (1 + fabs(got)));
        ck_assert_double_ge(got, low - 1e-13);
        ck_assert_double_le(got, high + 1e-13);
        ck_assert_double_ge(got + value - dot(n, p, problem->q), -1e-12); /* Fenchel and Young */
    }
}

START_TEST(value_is_the_textbook_formula_within_bounds) {
    on_problems(100, MOST, 2, check_value);
}
END_TEST

static void check_conjugate_gradient(const struct problem *problem, gb_rng *rng) {
    double p[MOST], q[MOST], other[MOST], h = 1e-5;
    int a = (int)gb_rng_below(rng, (uint32_t)problem->actions.n);
    greedy(problem, problem->q, p);
    memcpy(q, problem->q, sizeof q);
    q[a] = problem->q[a] + h;
    double up = greedy(problem, q, other);
    q[a] = problem->q[a] - h;
    double down = greedy(problem, q, other);
    if (is(&problem->r, "none")) return; /* kinks only */
    ck_assert_double_eq_tol((up - down) / (2 * h), p[a], 1e-6);
}

START_TEST(policy_is_the_gradient_of_the_conjugate) {
    on_problems(400, MOST, 3, check_conjugate_gradient);
}
END_TEST

/* Gradients are known up to a common number: differences between actions are compared. */
static void check_gradient(const struct problem *problem, gb_rng *rng) {
    double log_p[MOST], got[MOST];
    draw_policy(problem, rng, false, log_p);
    gb_regularizer_gradient(&problem->r, &problem->actions, log_p, got);
    for (int a = 0; a < problem->actions.n; a++) {
        if (!problem->inside[a]) {
            ck_assert(got[a] == INFINITY);
            continue;
        }
        double p = exp(log_p[a]), first = exp(log_p[0]), h = 1e-6 * p, g = 1e-6 * first;
        double mine =
            term(&problem->r, p + h, problem->m[a]) - term(&problem->r, p - h, problem->m[a]);
        double its = term(&problem->r, first + g, problem->m[0]) -
                     term(&problem->r, first - g, problem->m[0]);
        double expected = mine / (2 * h) - its / (2 * g);
        ck_assert_double_eq_tol(got[a] - got[0], expected,
                                1e-6 * (1 + fabs(got[a]) + fabs(got[0])));
    }
}

START_TEST(gradient_is_the_difference) {
    on_problems(200, MOST, 4, check_gradient);
}
END_TEST

/* Action 0 is always inside. The conditions of Karush, Kuhn and Tucker at the maximiser. */
static void check_optimality(const struct problem *problem, gb_rng *rng) {
    (void)rng;
    double log_p[MOST], gradient[MOST], level = -INFINITY;
    gb_regularizer_greedy(&problem->r, &problem->actions, problem->q, log_p);
    gb_regularizer_gradient(&problem->r, &problem->actions, log_p, gradient);
    for (int a = 0; a < problem->actions.n; a++)
        if (log_p[a] > -20) level = fmax(level, problem->q[a] - gradient[a]);
    for (int a = 0; a < problem->actions.n; a++) {
        double here = problem->q[a] - gradient[a];
        if (log_p[a] == -INFINITY)
            ck_assert_double_le(here, level + 1e-9);
        else
            ck_assert_double_eq_tol(here, level, 1e-9);
    }
}

START_TEST(no_mass_wants_to_move) {
    on_problems(400, MOST, 5, check_optimality);
}
END_TEST

/* Policies as squares over their sum, so that there are no constraints and zeros are attained;
 * entries outside the domain stay 0. Returns the sum. */
static double to_policy(const struct problem *problem, const gsl_vector *x, double *p) {
    double sum = 0;
    for (int a = 0; a < problem->actions.n; a++)
        sum += p[a] = problem->inside[a] ? gsl_vector_get(x, a) * gsl_vector_get(x, a) : 0;
    for (int a = 0; a < problem->actions.n; a++) p[a] /= sum;
    return sum;
}

static double objective(const gsl_vector *x, void *context) {
    const struct problem *problem = context;
    double p[MOST];
    to_policy(problem, x, p);
    return omega(problem, p) - dot(problem->actions.n, p, problem->q);
}

static void objective_slope(const gsl_vector *x, void *context, gsl_vector *out) {
    const struct problem *problem = context;
    double p[MOST], by_p[MOST], mean = 0;
    const double sum = to_policy(problem, x, p);
    for (int a = 0; a < problem->actions.n; a++) {
        by_p[a] = p[a] > 0 ? slope(&problem->r, p[a], problem->m[a]) - problem->q[a] : 0;
        mean += p[a] * by_p[a];
    }
    for (int a = 0; a < problem->actions.n; a++)
        gsl_vector_set(out, a, p[a] > 0 ? 2 * gsl_vector_get(x, a) / sum * (by_p[a] - mean) : 0);
}

static void both(const gsl_vector *x, void *context, double *value, gsl_vector *out) {
    *value = objective(x, context);
    objective_slope(x, context, out);
}

/* A generic optimiser, GSL's BFGS, begun anew wherever it gets no further. */
static void optimise(const struct problem *problem, double *p) {
    const size_t n = (size_t)problem->actions.n;
    gsl_multimin_function_fdf f = {objective, objective_slope, both, n, (void *)problem};
    gsl_multimin_fdfminimizer *bfgs =
        gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, n);
    gsl_vector *x = gsl_vector_alloc(n);
    for (size_t a = 0; a < n; a++) gsl_vector_set(x, a, sqrt(problem->m[a]));
    for (int round = 0; round < 20; round++) {
        gsl_multimin_fdfminimizer_set(bfgs, &f, x, 1e-3, 0.1);
        for (int i = 0; i < 500 && !gsl_multimin_fdfminimizer_iterate(bfgs); i++)
            if (gsl_blas_dnrm2(bfgs->gradient) < 1e-13) break;
        gsl_vector_memcpy(x, bfgs->x);
    }
    to_policy(problem, x, p);
    gsl_vector_free(x);
    gsl_multimin_fdfminimizer_free(bfgs);
}

static void check_optimum(const struct problem *problem, gb_rng *rng) {
    (void)rng;
    double p[MOST], expected[MOST];
    greedy(problem, problem->q, p);
    optimise(problem, expected);
    for (int a = 0; a < problem->actions.n; a++)
        ck_assert_msg(fabs(p[a] - expected[a]) < 1e-7, "%s %g %g %g: p[%d] = %.12g, not %.12g",
                      problem->r.type->name, problem->r.tau, problem->r.lambda, problem->r.index, a,
                      p[a], expected[a]);
}

START_TEST(a_generic_optimiser_finds_the_same) {
    on_problems(25, 7, 6, check_optimum);
}
END_TEST

/* --- names and options ------------------------------------------------------------------------*/

static void refuse(const char *name, double tau, double lambda, double index, const char *message) {
    gb_regularizer r = {NULL, 1, 2, 3};
    gb_err err = {""};
    ck_assert_int_eq(gb_regularizer_make(&r, name, tau, lambda, index, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, message);
    ck_assert(!r.type && r.tau == 1 && r.lambda == 2 && r.index == 3);
}

START_TEST(names_and_options) {
    EACH_TYPE {
        char fault[256];
        gb_err err = {""};
        gb_regularizer r;
        ck_assert_ptr_null(gb_opts_fault(type->opts, sizeof(gb_regularizer), fault, sizeof fault));
        ck_assert(gb_is_name(type->name) && *type->help && !strchr(type->help, '\n'));
        ck_assert_ptr_eq(gb_regularizer_find(type->name, &err), type);
        ck_assert_int_eq(gb_regularizer_init(&r, type->name, &err), GB_OK);
        ck_assert_ptr_eq(r.type, type);
        for (const gb_opt *row = type->opts; row->name; row++) {
            ck_assert_int_eq(gb_opt_set(row, &r, "0.75", row->name, &err), GB_OK);
            double value = *(double *)((char *)&r + row->offset);
            ck_assert_double_eq(value, 0.75);
        }
        ck_assert_ptr_eq(r.type, type);
    }
    gb_regularizer r;
    ck_assert_int_eq(gb_regularizer_init(&r, "tsallis", NULL), GB_OK);
    ck_assert(r.tau == 0.1 && r.index == 2 && r.lambda == 0);
    refuse("entopy", 1, 1, 1, "entopy: there is no such regulariser; did you mean entropy?");
    refuse("zzz", 1, 1, 1,
           "zzz: there is no such regulariser; there are none, entropy, kl, kl_entropy, sparsemax, "
           "tsallis, log_barrier, reverse_kl, chi2, hellinger, alpha_divergence");
    refuse("entropy", -1, 1, 1, "tau: -1 cannot be for entropy; it takes >= 0");
    refuse("kl", 1, NAN, 1, "lambda: nan cannot be for kl; it takes >= 0");
    refuse("chi2", 1, INFINITY, 1, "lambda: inf cannot be for chi2; it takes >= 0");
    refuse("tsallis", 1, 1, 0, "index: 0 cannot be for tsallis; it takes 0.01..10");
    /* what it does not take counts for nothing */
    ck_assert_int_eq(gb_regularizer_make(&r, "kl", NAN, 1, NAN, NULL), GB_OK);
    ck_assert_ptr_null(gb_regularizer_find("", NULL));
}
END_TEST

Suite *regularizer_suite(void) {
    const TTest *const tests[] = {greedy_is_a_policy_with_the_value_of_the_conjugate,
                                  value_is_the_textbook_formula_within_bounds,
                                  policy_is_the_gradient_of_the_conjugate,
                                  gradient_is_the_difference,
                                  no_mass_wants_to_move,
                                  a_generic_optimiser_finds_the_same,
                                  names_and_options,
                                  NULL};
    return test_suite("regularizer", tests, 60);
}
