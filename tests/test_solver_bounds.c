/* test_solver_bounds.c - bounds of theory on mirror descent under injected errors (Vieillard et al.
 * 2020, theorems 1 and 2) and on the residual that solvers report. */
#include "exact.h"
#include "solver_things.h"

extern const gb_solver_type gb_solver_md_mpi, gb_solver_da_mpi, gb_solver_cvi, gb_solver_dpp,
    gb_solver_advantage_learning, gb_solver_munchausen_value_iteration;

enum { STATES = 20, PAIRS = 200 };

static gb_regularizer entropy_of(double tau) {
    return (gb_regularizer){gb_regularizer_find(tau > 0 ? "entropy" : "none", NULL), tau, 0, 0};
}

/* Returns max |q - q_pi|, where q_pi is that of a policy paid tau times its entropy. */
static double loss(const gb_mdp *mdp, const double *q, const double *log_policy, double tau) {
    static long double policy[PAIRS], bonus[STATES], v[STATES], values[PAIRS];
    double worst = 0;
    for (int s = 0; s < mdp->states; s++) {
        bonus[s] = 0;
        for (size_t i = gb_mdp_pair(mdp, s, 0); i < gb_mdp_pair(mdp, s + 1, 0); i++) {
            policy[i] = expl(log_policy[i]);
            if (policy[i] > 0) bonus[s] -= tau * policy[i] * log_policy[i];
        }
    }
    exact_evaluate(mdp, policy, bonus, v);
    exact_backup(mdp, v, values);
    for (size_t i = 0; i < gb_mdp_pairs(mdp); i++)
        if (q[i] != -INFINITY) worst = fmax(worst, fabs(q[i] - (double)values[i]));
    return worst;
}

static double norm(const double *x, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++)
        if (x[i] != -INFINITY) most = fmax(most, fabs(x[i]));
    return most;
}

static const char *const errors[] = {"noise 0.05", "noise 0.3", "samples 1", "samples 3"};

/* DA-VI(lambda, 0): |q* - q_{pi_k}| <= 2 |mean of errors| / (1 - gamma)
 * + 4 v_max / ((1 - gamma) k), v_max = (r_max + lambda ln A) / (1 - gamma), as long as all
 * |q_k| <= v_max: the bound is checked until that ends, which large errors may do. */
START_TEST(errors_are_averaged_as_theorem_1_says) {
    static const double lambdas[] = {0.01, 0.1, 1};
    int checked = 0, tight = 0;
    for (int number = 0; number < 48; number++) {
        const double lambda = lambdas[number % 3];
        const gb_regularizer none = entropy_of(0);
        double best[PAIRS], before[PAIRS], sum[PAIRS] = {0};
        gb_mdp mdp;
        gb_solver solver;
        random_mdp(&mdp, number, STATES, 0.95);
        const size_t pairs = gb_mdp_pairs(&mdp);
        const double horizon = 1 / (1 - mdp.gamma);
        const double v_max = (norm(mdp.r, pairs) + lambda * log(mdp.actions)) * horizon;
        exact_solve(&mdp, &none, NULL, best, NULL);
        open_solver(&solver, &gb_solver_da_mpi, &mdp, "tau 0 lambda %g tol 0 seed %d %s", lambda,
                    number, errors[number % 4]);
        for (int k = 1; k <= 200; k++) {
            memcpy(before, solver.log_policy, pairs * sizeof *before); /* pi_k */
            iterate(&solver);
            if (norm(solver.q, pairs) > v_max) break;
            for (size_t i = 0; i < pairs; i++) sum[i] += solver.error[i];
            const double bound = 2 * horizon * norm(sum, pairs) / k + 4 * horizon * v_max / k;
            const double at_k = loss(&mdp, best, before, 0);
            ck_assert_double_le(at_k, bound + 1e-10);
            ck_assert_double_le(loss(&mdp, best, solver.log_policy, 0), bound + 1e-10);
            checked++;
            tight += at_k > bound / 50;
        }
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
    ck_assert_int_gt(checked, 5000); /* the assumption holds nearly always */
    ck_assert_int_gt(tight, 10);     /* the bound is no empty one */
}
END_TEST

/* The part of theorem 2 that vanishes with k. */
static double transient(double gamma, double b, double v_max, int k) {
    double sum = 0;
    for (int j = 0; j <= k; j++) sum += pow(b / gamma, j);
    return pow(gamma, k) * (1 + (1 - b) / (1 - gamma)) * sum * v_max;
}

/* DA-VI(lambda, tau): |q*_tau - q^tau_{pi_{k+1}}| <= 2 / (1 - gamma) sum_j gamma^(k - j) |E_j| +
 * transient, where E_j is the moving average of errors with factor b; the same assumption. */
START_TEST(errors_are_averaged_as_theorem_2_says) {
    static const double lambdas[] = {0.1, 0.9, 0.2}, taus[] = {0.1, 0.1, 0.02};
    int checked = 0;
    for (int number = 0; number < 48; number++) {
        const double lambda = lambdas[number % 3], tau = taus[number % 3];
        const double b = lambda / (lambda + tau);
        const gb_regularizer omega = entropy_of(tau);
        double best[PAIRS], average[PAIRS] = {0}, sum = 0;
        gb_mdp mdp;
        gb_solver solver;
        random_mdp(&mdp, number, STATES, 0.95);
        const size_t pairs = gb_mdp_pairs(&mdp);
        const double v_max = (norm(mdp.r, pairs) + tau * log(mdp.actions)) / (1 - mdp.gamma);
        exact_solve(&mdp, &omega, NULL, best, NULL);
        open_solver(&solver, &gb_solver_da_mpi, &mdp, "tau %g lambda %g tol 0 seed %d %s", tau,
                    lambda, number, errors[number % 4]);
        for (int k = 1; k <= 200; k++) {
            iterate(&solver);
            if (norm(solver.q, pairs) > v_max) break;
            for (size_t i = 0; i < pairs; i++)
                average[i] = b * average[i] + (1 - b) * solver.error[i];
            sum = mdp.gamma * sum + norm(average, pairs);
            ck_assert_double_le(loss(&mdp, best, solver.log_policy, tau),
                                2 / (1 - mdp.gamma) * sum + transient(mdp.gamma, b, v_max, k) +
                                    1e-10);
            checked++;
        }
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
    ck_assert_int_gt(checked, 5000);
}
END_TEST

static const struct {
    const gb_solver_type *type;
    const char *options;
    double tau;
    bool preferences; /* q is not the backup */
} rows[] = {
    {&gb_solver_md_mpi, "lambda 0.1 tau 0.05", 0.05, false},
    {&gb_solver_md_mpi, "lambda 0.1 tau 0.05 m 5", 0.05, false},
    {&gb_solver_md_mpi, "lambda 0.3 tau 0 m 0", 0, false},
    {&gb_solver_da_mpi, "lambda 0.3 tau 0", 0, false},
    {&gb_solver_da_mpi, "lambda 0.3 tau 0 m 2 plain_evaluation 1", 0, false},
    {&gb_solver_cvi, "lambda 0.06 tau 0.04", 0.04, true},
    {&gb_solver_dpp, "lambda 0.1", 0, true},
    {&gb_solver_dpp, "lambda 0.1 value mean", 0, true},
    {&gb_solver_advantage_learning, "alpha 0.9", 0, true},
    {&gb_solver_munchausen_value_iteration, "alpha 0.9 temperature 0.03", 0.003, true},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* At every iteration, not only at the last. */
START_TEST(residual_bounds_the_distance) {
    for (int number = 0; number < 6 * ROWS; number++) {
        const int row = number % ROWS;
        const gb_regularizer omega = entropy_of(rows[row].tau);
        double v[STATES], q[PAIRS];
        gb_mdp mdp;
        gb_solver solver;
        random_mdp(&mdp, number, STATES, 0.99);
        exact_solve(&mdp, &omega, v, q, NULL);
        open_solver(&solver, rows[row].type, &mdp, "tol 0 %s", rows[row].options);
        for (int k = 0; k < 100; k++) {
            iterate(&solver);
            double off = distance(solver.v, v, (size_t)mdp.states);
            if (!rows[row].preferences) off = fmax(off, distance(solver.q, q, gb_mdp_pairs(&mdp)));
            ck_assert_msg(off <= solver.residual + 1e-11, "%s %s: off by %g, residual %g",
                          rows[row].type->name, rows[row].options, off, solver.residual);
        }
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* Advantage learning is the limit of vanishing weights at their fixed ratio. */
START_TEST(vanishing_weights_give_advantage_learning) {
    for (int number = 0; number < 20; number++) {
        gb_mdp mdp;
        gb_solver limit, small;
        random_mdp(&mdp, number, STATES, 0.9);
        open_solver(&limit, &gb_solver_advantage_learning, &mdp, "alpha 0.8 tol 0");
        open_solver(&small, &gb_solver_cvi, &mdp, "lambda 0.8e-9 tau 0.2e-9 tol 0");
        for (int k = 0; k < 100; k++) {
            iterate(&limit);
            iterate(&small);
            ck_assert_double_le(distance(limit.v, small.v, (size_t)mdp.states), 1e-6);
            ck_assert_double_le(distance(limit.q, small.q, gb_mdp_pairs(&mdp)), 1e-6);
        }
        gb_solver_free(&limit);
        gb_solver_free(&small);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* With plain evaluation the limit is q = r + gamma P <pi, q>, pi = softmax(q / tau). */
START_TEST(plain_evaluation_ends_in_its_fixed_point) {
    for (int number = 0; number < 20; number++) {
        static long double policy[PAIRS], zero[STATES], v[STATES];
        gb_mdp mdp;
        gb_solver solver;
        random_mdp(&mdp, number, STATES, 0.9);
        open_solver(&solver, number % 2 ? &gb_solver_md_mpi : &gb_solver_da_mpi, &mdp,
                    "lambda 0.5 tau 0.5 m %d plain_evaluation 1 tol 1e-12", number % 3);
        solve(&solver);
        for (int s = 0; s < mdp.states; s++) {
            double sum = 0;
            const size_t from = gb_mdp_pair(&mdp, s, 0), to = gb_mdp_pair(&mdp, s + 1, 0);
            for (size_t i = from; i < to; i++) sum += exp(solver.q[i] / 0.5);
            for (size_t i = from; i < to; i++) {
                policy[i] = exp(solver.q[i] / 0.5) / sum;
                ck_assert_double_eq_tol(exp(solver.log_policy[i]), (double)policy[i], 1e-9);
            }
        }
        exact_evaluate(&mdp, policy, zero, v);
        for (int s = 0; s < mdp.states; s++)
            ck_assert_double_eq_tol(solver.v[s], (double)v[s], 1e-9);
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* --- threads, memory --------------------------------------------------------------------------*/

START_TEST(two_threads_give_the_same_bits) {
    for (int row = 0; row < ROWS; row++) {
        gb_mdp mdp;
        gb_solver one, two;
        gb_err err;
        ck_assert(!gb_mdp_random(&mdp, 1000, 4, 3, 0.9, (uint64_t)row, &err));
        const size_t pairs = gb_mdp_pairs(&mdp);
        open_solver(&one, rows[row].type, &mdp, "tol 0 noise 0.1 %s", rows[row].options);
        open_solver(&two, rows[row].type, &mdp, "tol 0 noise 0.1 threads 2 %s", rows[row].options);
        for (int k = 0; k < 4; k++) {
            iterate(&one);
            iterate(&two);
            ck_assert_mem_eq(one.q, two.q, pairs * sizeof *one.q);
            ck_assert_mem_eq(one.v, two.v, (size_t)mdp.states * sizeof *one.v);
            ck_assert_mem_eq(one.log_policy, two.log_policy, pairs * sizeof *one.q);
            ck_assert(one.residual == two.residual);
        }
        gb_solver_free(&one);
        gb_solver_free(&two);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* Each allocation fails in turn: a message, and nothing is lost or freed twice. */
START_TEST(short_memory_is_told) {
    gb_mdp mdp;
    random_mdp(&mdp, 3, 10, 0.9);
    for (int row = 0; row < ROWS; row++)
        for (long after = 0;; after++) {
            gb_solver solver;
            gb_err err = {{0}};
            gb_alloc_fail_after(after);
            int code = gb_solver_init(&solver, rows[row].type, &err);
            if (!code) code = gb_solver_open(&solver, &mdp, &err);
            if (!code) code = gb_solver_iterate(&solver, &err);
            gb_alloc_fail_after(-1);
            gb_solver_free(&solver);
            if (code >= GB_OK) break;
            ck_assert_int_eq(code, GB_FAIL);
            ck_assert(*err.msg);
            ck_assert_int_lt(after, 100);
        }
    gb_mdp_free(&mdp);
}
END_TEST

Suite *solver_bounds_suite(void) {
    const TTest *const tests[] = {errors_are_averaged_as_theorem_1_says,
                                  errors_are_averaged_as_theorem_2_says,
                                  residual_bounds_the_distance,
                                  vanishing_weights_give_advantage_learning,
                                  plain_evaluation_ends_in_its_fixed_point,
                                  two_threads_give_the_same_bits,
                                  short_memory_is_told,
                                  NULL};
    return test_suite("solver_bounds", tests, 60);
}
