/* Mirror-descent value iteration with a generative model; the linear program. */
#include "exact.h"
#include "solver_things.h"

extern const gb_solver_type gb_solver_mdvi, gb_solver_linear_program;

/* --- MDVI -------------------------------------------------------------------------------------*/

static const struct {
    const char *options;
    double tau; /* of the problem that is solved */
} settings[] = {
    {"lambda 0.2 tau 0.1", 0.1},
    {"lambda 0 tau 0.3", 0.3},
    {"alpha 0.9 lambda 0 tau 1", 0.1},
    {"lambda 0.9 tau 0.1 alpha 0.5", 0.5},
    {"lambda 0 tau 0", 0},
    {"alpha 0.9 lambda 0 tau 0", 0},
    {"alpha 0.5 lambda 0", 0},
    {"alpha 0.99 lambda 0", 0},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

START_TEST(mdvi_finds_the_optimum) {
    double v[50], q[500];
    for (int i = 0; i < 200; i++) {
        gb_mdp mdp;
        gb_solver solver;
        gb_regularizer omega = {gb_regularizer_find("entropy", NULL),
                                .tau = settings[i % SETTINGS].tau};
        if (omega.tau == 0) omega.type = gb_regularizer_find("none", NULL);
        random_mdp(&mdp, i, 50, 0.99);
        exact_solve(&mdp, &omega, v, q, NULL);
        open_solver(&solver, &gb_solver_mdvi, &mdp, "tol 3e-13 %s", settings[i % SETTINGS].options);
        solve(&solver);
        double gap = fmax(distance(solver.v, v, (size_t)mdp.states),
                          distance(solver.q, q, gb_mdp_pairs(&mdp)));
        ck_assert_msg(gap < 1e-10, "MDP %d, %s: %g", i, settings[i % SETTINGS].options, gap);
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* The recursion of sums s and w, with the errors that the solver had. */
static void check_sums(const gb_mdp *mdp, const char *options, double alpha, double heat) {
    long double s[500] = {0}, w[50], v[50] = {0}, q[500], row[16];
    const int states = mdp->states, actions = mdp->actions;
    gb_solver solver;
    for (int state = 0; state < states; state++) w[state] = heat * logl(actions);
    open_solver(&solver, &gb_solver_mdvi, mdp, "tol 0 noise 0.3 samples 2 %s", options);
    for (int k = 0; k < 60; k++) {
        iterate(&solver);
        exact_backup(mdp, v, q);
        for (int i = 0; i < states * actions; i++) {
            q[i] += solver.error[i];
            ck_assert_double_eq_tol(solver.q[i], (double)q[i], 1e-10);
            s[i] = q[i] + alpha * s[i];
        }
        for (int state = 0; state < states; state++) {
            long double total = 0, best = -INFINITY, last = w[state];
            for (int a = 0; a < actions; a++) best = fmaxl(best, s[state * actions + a]);
            for (int a = 0; a < actions; a++)
                total += row[a] = heat > 0 ? expl((s[state * actions + a] - best) / heat)
                                           : s[state * actions + a] == best;
            w[state] = best + (heat > 0 ? heat * logl(total) : 0);
            v[state] = w[state] - alpha * last;
            ck_assert_double_eq_tol(solver.v[state], (double)v[state], 1e-10);
            for (int a = 0; a < actions; a++)
                ck_assert_double_eq_tol(exp(solver.log_policy[state * actions + a]),
                                        (double)(row[a] / total), 1e-10);
        }
    }
    gb_solver_free(&solver);
}

START_TEST(mdvi_is_the_recursion_of_sums) {
    for (uint64_t seed = 0; seed < 5; seed++) {
        gb_mdp mdp;
        ck_assert_int_eq(gb_mdp_random(&mdp, 20, 4, 6, 0.9, seed, NULL), GB_OK);
        check_sums(&mdp, "lambda 0.3 tau 0.2", 0.6, 0.5);
        check_sums(&mdp, "lambda 0.3", 1, 0.3);
        check_sums(&mdp, "alpha 0.9 lambda 0.5", 0.9, 0.5);
        check_sums(&mdp, "alpha 0.9 lambda 0", 0.9, 0);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* What a run with samples came to. */
struct outcome {
    double error; /* largest of the errors' averages over the iterations */
    double gap;   /* max |v* - v| of the last policy */
};

/* The largest |q* - q_pi|. */
static double policy_gap(const gb_solver *solver, const double *best) {
    long double policy[200], bonus[50] = {0}, v[50], q[200];
    double worst = 0;
    for (size_t i = 0; i < gb_mdp_pairs(solver->mdp); i++) policy[i] = expl(solver->log_policy[i]);
    exact_evaluate(solver->mdp, policy, bonus, v);
    exact_backup(solver->mdp, v, q);
    for (size_t i = 0; i < gb_mdp_pairs(solver->mdp); i++)
        worst = fmax(worst, best[i] - (double)q[i]);
    return worst;
}

/* The theorem on averaging (Vieillard et al. 2020): |q* - q_pi_k| <= 2 / (1 - gamma) |mean error| +
 * 4 / (1 - gamma) v_max / k, v_max = (1 + lambda log A) / (1 - gamma). */
static struct outcome sample(const gb_mdp *mdp, double lambda, int samples, int iterations,
                             uint64_t seed) {
    const gb_regularizer none = {gb_regularizer_find("none", NULL)};
    double best[200], sum[200] = {0};
    struct outcome outcome = {0};
    gb_solver solver;
    exact_solve(mdp, &none, NULL, best, NULL);
    open_solver(&solver, &gb_solver_mdvi, mdp, "lambda %g samples %d seed %d tol 0", lambda,
                samples, (int)seed);
    for (int k = 1; k <= iterations; k++) {
        iterate(&solver);
        outcome.error = 0;
        for (size_t i = 0; i < gb_mdp_pairs(mdp); i++) {
            sum[i] += solver.error[i];
            outcome.error = fmax(outcome.error, fabs(sum[i]) / k);
        }
        if (k != iterations && k != 20) continue;
        outcome.gap = policy_gap(&solver, best);
        double v_max = (1 + lambda * log(mdp->actions)) / (1 - mdp->gamma);
        if (lambda > 0)
            ck_assert_double_le(outcome.gap,
                                (2 * outcome.error + 4 * v_max / k) / (1 - mdp->gamma));
    }
    gb_solver_free(&solver);
    return outcome;
}

/* Mean over 20 Garnets. */
static struct outcome average(double lambda, int samples, int iterations) {
    struct outcome mean = {0};
    for (uint64_t seed = 0; seed < 20; seed++) {
        gb_mdp mdp;
        ck_assert_int_eq(gb_mdp_garnet(&mdp, 30, 4, 4, 0.9, seed, NULL), GB_OK);
        struct outcome one = sample(&mdp, lambda, samples, iterations, seed);
        mean.error += one.error / 20;
        mean.gap += one.gap / 20;
        gb_mdp_free(&mdp);
    }
    return mean;
}

START_TEST(mdvi_averages_the_errors_of_samples) {
    struct outcome m[4];
    for (int j = 0; j < 4; j++) m[j] = average(0.1, 1 << 2 * j, 200);
    for (int j = 1; j < 4; j++) { /* four times the samples: half the error */
        double ratio = m[j].error / m[j - 1].error;
        ck_assert_msg(ratio > 0.2 && ratio < 0.65, "M %d: %g after %g", 1 << 2 * j, m[j].error,
                      m[j - 1].error);
    }
    ck_assert_msg(m[3].gap < m[0].gap / 3, "%g, %g", m[3].gap, m[0].gap);
    struct outcome longer = average(0.1, 1, 800); /* and so do four times the iterations */
    ck_assert_msg(longer.error < 0.6 * m[0].error, "%g after %g", longer.error, m[0].error);
    struct outcome plain = average(0, 1, 800); /* without KL nothing is averaged */
    ck_assert_msg(longer.gap < 0.05 * plain.gap, "%g beside %g", longer.gap, plain.gap);
}
END_TEST

/* --- the linear program -----------------------------------------------------------------------*/

START_TEST(linear_program_finds_the_optimum) {
    const gb_regularizer none = {gb_regularizer_find("none", NULL)};
    for (int i = 0; i < 200; i++) {
        double v[50], q[500], policy_v[50];
        long double policy[500], bonus[50] = {0}, value[50];
        gb_mdp mdp;
        gb_solver solver;
        random_mdp(&mdp, i, 50, 0.99);
        exact_solve(&mdp, &none, v, q, NULL);
        open_solver(&solver, &gb_solver_linear_program, &mdp, "tol 1e-10");
        solve(&solver);
        ck_assert_int_eq(solver.iteration, 1);
        for (size_t k = 0; k < gb_mdp_pairs(&mdp); k++) policy[k] = expl(solver.log_policy[k]);
        exact_evaluate(&mdp, policy, bonus, value);
        for (int s = 0; s < mdp.states; s++) policy_v[s] = (double)value[s];
        double v_gap = distance(solver.v, v, (size_t)mdp.states),
               q_gap = distance(solver.q, q, gb_mdp_pairs(&mdp)),
               p_gap = distance(policy_v, v, (size_t)mdp.states);
        ck_assert_msg(v_gap < 1e-10 && q_gap < 1e-10 && p_gap < 1e-10, "MDP %d: %g %g %g", i, v_gap,
                      q_gap, p_gap);
        ck_assert_double_le(v_gap, solver.residual + 1e-12);
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

static void check_failure(const gb_mdp *mdp, const char *options, const char *message) {
    gb_solver solver;
    gb_err err = {{0}};
    int code;
    open_solver(&solver, &gb_solver_linear_program, mdp, "%s", options);
    do code = gb_solver_iterate(&solver, &err);
    while (code == GB_CONTINUE);
    ck_assert_int_eq(code, GB_FAIL);
    ck_assert_msg(strstr(err.msg, message) != NULL, "%s", err.msg);
    gb_solver_free(&solver);
}

START_TEST(linear_program_says_what_it_cannot) {
    gb_mdp mdp;
    ck_assert_int_eq(gb_mdp_random(&mdp, 50, 10, 5, 0.99, 1, NULL), GB_OK);
    check_failure(&mdp, "pivots 3", "raise them");
    check_failure(&mdp, "noise 0.1", "raise --tol");
    gb_mdp_free(&mdp);
}
END_TEST

Suite *solver_mdvi_suite(void) {
    const TTest *const tests[] = {mdvi_finds_the_optimum,
                                  mdvi_is_the_recursion_of_sums,
                                  mdvi_averages_the_errors_of_samples,
                                  linear_program_finds_the_optimum,
                                  linear_program_says_what_it_cannot,
                                  NULL};
    return test_suite("solver_mdvi", tests, 120);
}
