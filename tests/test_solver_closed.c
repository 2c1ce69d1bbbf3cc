/* test_solver_closed.c - solvers on problems whose solution is a formula. */
#include "solver_things.h"

#include <gsl/gsl_eigen.h>

extern const gb_solver_type gb_solver_value_iteration, gb_solver_policy_iteration,
    gb_solver_modified_policy_iteration, gb_solver_soft_value_iteration,
    gb_solver_soft_policy_iteration;

static void add(gb_mdp_builder *b, int s, int a, int next, double probability, double reward,
                bool terminal) {
    gb_err err;
    gb_outcome outcome = {probability, next, reward, terminal};
    ck_assert_msg(!gb_mdp_add(b, s, a, outcome, &err), "%s", err.msg);
}

/* One state: v = tau ln sum exp(r / tau) / (1 - gamma), the policy softmax(r / tau). */
START_TEST(bandit) {
    static const double r[] = {1, 0.9, 0.1};
    const double tau = 0.3, gamma = 0.7;
    double sum = 0;
    gb_mdp_builder b;
    gb_mdp mdp;
    gb_err err;
    gb_solver solver;
    ck_assert(!gb_mdp_begin(&b, 1, 3, gamma, 3, &err));
    for (int a = 0; a < 3; a++) add(&b, 0, a, 0, 1, r[a], false), sum += exp(r[a] / tau);
    ck_assert(!gb_mdp_finish(&b, &mdp, &err));
    const gb_solver_type *const types[] = {&gb_solver_soft_value_iteration,
                                           &gb_solver_soft_policy_iteration};
    for (int i = 0; i < 2; i++) {
        open_solver(&solver, types[i], &mdp, "tau 0.3 tol 1e-13");
        solve(&solver);
        ck_assert_double_eq_tol(solver.v[0], tau * log(sum) / (1 - gamma), 1e-12);
        for (int a = 0; a < 3; a++)
            ck_assert_double_eq_tol(exp(solver.log_policy[a]), exp(r[a] / tau) / sum, 1e-12);
        gb_solver_free(&solver);
    }
    gb_mdp_free(&mdp);
}
END_TEST

/* A chain walked right to its end, which pays 1 and ends: v(s) = gamma^(n - 1 - s). */
START_TEST(deterministic_chain) {
    enum { N = 30 };
    gb_mdp_builder b;
    gb_mdp mdp;
    gb_err err;
    gb_solver solver;
    ck_assert(!gb_mdp_begin(&b, N, 2, 0.9, 2 * N, &err));
    for (int s = 0; s < N; s++) {
        add(&b, s, 0, s > 0 ? s - 1 : 0, 1, 0, false);
        add(&b, s, 1, s < N - 1 ? s + 1 : s, 1, s == N - 1, s == N - 1);
    }
    ck_assert(!gb_mdp_finish(&b, &mdp, &err));
    const gb_solver_type *const types[] = {&gb_solver_value_iteration, &gb_solver_policy_iteration,
                                           &gb_solver_modified_policy_iteration};
    for (int i = 0; i < 3; i++) {
        open_solver(&solver, types[i], &mdp, "tol 1e-14");
        solve(&solver);
        for (int s = 0; s < N; s++) {
            ck_assert_double_eq_tol(solver.v[s], pow(0.9, N - 1 - s), 1e-14);
            ck_assert_double_eq(solver.log_policy[2 * s + 1], 0);
        }
        gb_solver_free(&solver);
    }
    gb_mdp_free(&mdp);
}
END_TEST

/* No discount: as near to 1 as a double can be. The residual then has no meaning, so that these
 * tests count iterations. */
#define UNDISCOUNTED (1 - 0x1p-53)

/* A linearly solvable MDP (Todorov 2006): the controller chooses the successor itself, at the cost
 * KL(u||p) from the passive dynamics p and l(s) a step, until the last state ends the task. The
 * desirability z = exp(v) is the eigenvector to eigenvalue 1 of diag(exp(-l)) p, and u ~ p z. */
enum { LMDP = 12 };

static void desirability(double p[LMDP][LMDP], const double *cost, double *z) {
    gsl_matrix *m = gsl_matrix_calloc(LMDP, LMDP);
    gsl_vector_complex *values = gsl_vector_complex_alloc(LMDP);
    gsl_matrix_complex *vectors = gsl_matrix_complex_alloc(LMDP, LMDP);
    gsl_eigen_nonsymmv_workspace *work = gsl_eigen_nonsymmv_alloc(LMDP);
    for (size_t s = 0; s < LMDP; s++)
        for (size_t t = 0; t < LMDP; t++) gsl_matrix_set(m, s, t, exp(-cost[s]) * p[s][t]);
    ck_assert_int_eq(gsl_eigen_nonsymmv(m, values, vectors, work), 0);
    gsl_eigen_nonsymmv_sort(values, vectors, GSL_EIGEN_SORT_ABS_DESC);
    ck_assert_double_eq_tol(GSL_REAL(gsl_vector_complex_get(values, 0)), 1, 1e-12);
    const double last = GSL_REAL(gsl_matrix_complex_get(vectors, LMDP - 1, 0));
    for (size_t s = 0; s < LMDP; s++) z[s] = GSL_REAL(gsl_matrix_complex_get(vectors, s, 0)) / last;
    gsl_eigen_nonsymmv_free(work);
    gsl_matrix_complex_free(vectors);
    gsl_vector_complex_free(values);
    gsl_matrix_free(m);
}

START_TEST(linearly_solvable_mdp) {
    double p[LMDP][LMDP] = {{0}}, cost[LMDP] = {0}, z[LMDP];
    gb_rng rng = gb_rng_stream(3, GB_STREAM_BENCH);
    gb_mdp_builder b;
    gb_mdp mdp;
    gb_err err;
    gb_solver solver;
    ck_assert(!gb_mdp_begin(&b, LMDP, LMDP, UNDISCOUNTED, LMDP * LMDP, &err));
    for (int s = 0; s < LMDP - 1; s++) {
        double sum = 0;
        cost[s] = gb_rng_uniform(&rng, 0.05, 0.5);
        for (int t = 0; t < LMDP; t++) sum += p[s][t] = gb_rng_unit(&rng) + 0.01;
        for (int t = 0; t < LMDP; t++) p[s][t] /= sum;
        for (int t = 0; t < LMDP; t++) /* sum u ln p is a reward, -sum u ln u the entropy */
            add(&b, s, t, t, 1, log(p[s][t]) - cost[s], t == LMDP - 1);
    }
    p[LMDP - 1][LMDP - 1] = 1;
    add(&b, LMDP - 1, 0, LMDP - 1, 1, 0, true);
    for (int t = 1; t < LMDP; t++) ck_assert(!gb_mdp_forbid(&b, LMDP - 1, t, &err));
    ck_assert_msg(!gb_mdp_finish(&b, &mdp, &err), "%s", err.msg);
    desirability(p, cost, z);
    open_solver(&solver, &gb_solver_soft_policy_iteration, &mdp, "tau 1");
    for (int k = 0; k < 30; k++) iterate(&solver);
    for (int s = 0; s < LMDP - 1; s++) {
        double sum = 0;
        ck_assert_double_eq_tol(solver.v[s], log(z[s]), 1e-10);
        for (int t = 0; t < LMDP; t++) sum += p[s][t] * z[t];
        for (int t = 0; t < LMDP; t++)
            ck_assert_double_eq_tol(exp(solver.log_policy[s * LMDP + t]), p[s][t] * z[t] / sum,
                                    1e-10);
    }
    gb_solver_free(&solver);
    gb_mdp_free(&mdp);
}
END_TEST
/* The most random trajectories of the double chain (Tiapkin et al. 2023): 31 states, right or left
 * with probability 0.9, else the other way, 20 steps from the middle, paid by the entropy of the
 * transition. All transitions have the same, so that the best policy is uniform. */
START_TEST(double_chain) {
    enum { LENGTH = 31, HORIZON = 20 };
    const double entropy = -0.9 * log(0.9) - 0.1 * log(0.1);
    gb_mdp_builder b;
    gb_mdp mdp;
    gb_err err;
    gb_solver solver;
    ck_assert(!gb_mdp_begin(&b, LENGTH * HORIZON, 2, UNDISCOUNTED, LENGTH * HORIZON * 4, &err));
    for (int h = 0; h < HORIZON; h++)
        for (int x = 0; x < LENGTH; x++)
            for (int a = 0; a < 2; a++) {
                const int left = x > 0 ? x - 1 : x, right = x < LENGTH - 1 ? x + 1 : x;
                const int after = h < HORIZON - 1 ? (h + 1) * LENGTH : 0;
                const bool last = h == HORIZON - 1;
                add(&b, h * LENGTH + x, a, after + left, a ? 0.1 : 0.9, entropy, last);
                add(&b, h * LENGTH + x, a, after + right, a ? 0.9 : 0.1, entropy, last);
            }
    ck_assert(!gb_mdp_start(&b, LENGTH / 2, 1, &err));
    ck_assert_msg(!gb_mdp_finish(&b, &mdp, &err), "%s", err.msg);
    open_solver(&solver, &gb_solver_soft_value_iteration, &mdp, "tau 1");
    for (int k = 0; k <= HORIZON; k++) iterate(&solver);
    ck_assert_double_eq_tol(gb_solver_start_value(&solver), 20.364603, 5e-7);
    ck_assert_double_eq_tol(gb_solver_start_value(&solver), HORIZON * (log(2) + entropy), 1e-12);
    ck_assert_double_eq_tol(gb_solver_entropy(&solver), log(2), 1e-12);
    gb_solver_free(&solver);
    gb_mdp_free(&mdp);
}
END_TEST

Suite *solver_closed_suite(void) {
    const TTest *const tests[] = {bandit, deterministic_chain, linearly_solvable_mdp, double_chain,
                                  NULL};
    return test_suite("solver_closed", tests, 30);
}
