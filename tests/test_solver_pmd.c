/* Policy mirror descent and dual averaging: solutions, equivalences, and the bounds of theory. */
#include "exact.h"
#include "regularizer_things.h"
#include "solver_things.h"

extern const gb_solver_type gb_solver_npg, gb_solver_pmd, gb_solver_rda;

/* Runs a solver on MDP number i with regulariser number k; it must reach the reference. */
static void check_solution(int i, int k, double max_gamma, const gb_solver_type *type,
                           const char *options) {
    double v[50], q[500];
    gb_mdp mdp;
    gb_solver solver;
    gb_regularizer omega = made(regularizers[k]);
    random_mdp(&mdp, i, 50, max_gamma);
    exact_solve(&mdp, &omega, v, q, NULL);
    open_solver(&solver, type, &mdp, "%s regularizer %s tol 3e-13", options, regularizers[k]);
    solve(&solver);
    double v_gap = distance(solver.v, v, (size_t)mdp.states);
    double q_gap = distance(solver.q, q, gb_mdp_pairs(&mdp));
    ck_assert_msg(v_gap < 1e-10 && q_gap < 1e-10, "MDP %d, %s, %s: %g %g", i, options,
                  regularizers[k], v_gap, q_gap);
    gb_solver_free(&solver);
    gb_mdp_free(&mdp);
}

START_TEST(pmd_finds_the_optimum) {
    static const char *const settings[] = {"divergence kl step adaptive",
                                           "divergence euclidean step adaptive",
                                           "divergence kl step geometric eta 10",
                                           "divergence euclidean step geometric eta 10",
                                           "divergence kl eta 20",
                                           "divergence euclidean eta 100",
                                           "divergence regularizer eta 20",
                                           "divergence regularizer step geometric",
                                           "divergence regularizer step adaptive"};
    enum { SETTINGS = sizeof settings / sizeof *settings };
    for (int i = 0; i < TEST_CASES(200); i++) {
        int k = i % REGULARIZERS, j = i / REGULARIZERS % SETTINGS;
        if (k == 0 && j > 3) j = i % 4; /* steps that do not grow need a regulariser */
        check_solution(i, k, 0.99, &gb_solver_pmd, settings[j]);
    }
}
END_TEST

START_TEST(approximate_pmd_finds_the_optimum) {
    static const char *const settings[] = {"divergence kl step approximate",
                                           "divergence kl step staged",
                                           "divergence euclidean step approximate",
                                           "divergence euclidean step staged"};
    for (int i = 0; i < 60; i++)
        check_solution(i, i / 4 % 2 ? 0 : i / 8 % REGULARIZERS, 0.9, &gb_solver_pmd,
                       settings[i % 4]);
    for (int i = 0; i < 24; i++)
        check_solution(i, 1 + i % (REGULARIZERS - 1), 0.9, &gb_solver_pmd,
                       "divergence regularizer step approximate");
}
END_TEST

START_TEST(rda_finds_the_optimum) {
    for (int i = 0; i < TEST_CASES(200); i++)
        check_solution(i, 1 + i % (REGULARIZERS - 1), 0.99, &gb_solver_rda,
                       i / REGULARIZERS % 2 ? "growth 3" : "growth 1.5");
}
END_TEST

/* --- equivalences -----------------------------------------------------------------------------*/

/* Two solvers must go the same way. */
static void check_same(const gb_mdp *mdp, const gb_solver_type *first, const char *first_options,
                       const gb_solver_type *second, const char *second_options, int iterations) {
    gb_solver one, two;
    open_solver(&one, first, mdp, "tol 0 %s", first_options);
    open_solver(&two, second, mdp, "tol 0 %s", second_options);
    for (int t = 0; t < iterations; t++) {
        double policies[500];
        for (size_t i = 0; i < gb_mdp_pairs(mdp); i++) policies[i] = exp(two.log_policy[i]);
        double p_gap = policy_distance(one.log_policy, policies, gb_mdp_pairs(mdp));
        double v_gap = distance(one.v, two.v, (size_t)mdp->states);
        ck_assert_msg(p_gap < 1e-10 && v_gap < 1e-10, "%s | %s at %d: %g %g", first_options,
                      second_options, t, p_gap, v_gap);
        iterate(&one);
        iterate(&two);
    }
    gb_solver_free(&one);
    gb_solver_free(&two);
}

START_TEST(equivalent_forms_agree) {
    for (int i = 0; i < 20; i++) {
        gb_mdp mdp;
        random_mdp(&mdp, i, 30, 0.9);
        char step[256], eta[256];
        /* natural policy gradient is mirror descent with 1/eta = (1 - gamma)/eta' - tau */
        double fraction = 0.4, lambda = 0.1 * (1 - fraction) / fraction;
        snprintf(step, sizeof step, "regularizer entropy tau 0.1 eta %.17g", 1 / lambda);
        snprintf(eta, sizeof eta, "tau 0.1 eta %.17g", fraction * (1 - mdp.gamma) / 0.1);
        check_same(&mdp, &gb_solver_pmd, step, &gb_solver_npg, eta, 30);
        /* the Bregman divergence of the entropy is KL */
        check_same(&mdp, &gb_solver_pmd, step, &gb_solver_pmd,
                   strcat(strcpy(eta, step), " divergence regularizer"), 30);
        check_same(&mdp, &gb_solver_pmd, "regularizer entropy tau 0.1 step approximate",
                   &gb_solver_pmd,
                   "regularizer entropy tau 0.1 step approximate divergence regularizer", 30);
        /* multiplicative weights: mirror descent and dual averaging */
        snprintf(step, sizeof step, "tau 0 eta %.17g", (1 - mdp.gamma) / 0.5);
        check_same(&mdp, &gb_solver_rda, "temperature fixed tau 0.5", &gb_solver_npg, step, 30);
        check_same(&mdp, &gb_solver_pmd, "eta 2", &gb_solver_npg, step, 30);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* With a large step and no regulariser every policy is greedy in the values of the last one. */
START_TEST(euclidean_steps_that_are_large_are_policy_iteration) {
    const gb_regularizer none = made("none");
    for (int i = 0; i < 60; i += 2) {
        long double q[500], v[50], p[500], bonus[50] = {0};
        double wanted_p[500], wanted_v[50];
        gb_mdp mdp;
        gb_solver solver;
        ck_assert_int_eq(gb_mdp_random(&mdp, 50, 10, 5, 0.95, (uint64_t)i, NULL), GB_OK);
        open_solver(&solver, &gb_solver_pmd, &mdp, "divergence euclidean eta 1e12 tol 0");
        for (size_t k = 0; k < 500; k++) p[k] = 0.1L;
        for (int t = 0; t < 10; t++, iterate(&solver)) {
            exact_evaluate(&mdp, p, bonus, v);
            exact_backup(&mdp, v, q);
            for (size_t k = 0; k < 500; k++) wanted_p[k] = (double)p[k];
            for (size_t s = 0; s < 50; s++) wanted_v[s] = (double)v[s];
            ck_assert_double_lt(policy_distance(solver.log_policy, wanted_p, 500), 1e-10);
            ck_assert_double_lt(distance(solver.v, wanted_v, 50), 1e-10);
            for (size_t s = 0; s < 50; s++) exact_greedy(&none, 10, NULL, q + 10 * s, p + 10 * s);
        }
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* --- bounds -----------------------------------------------------------------------------------*/

/* Writes the stationary distribution of the optimal policy. */
static void stationary(const gb_mdp *mdp, const double *policy, double *nu) {
    double next[50];
    for (int s = 0; s < mdp->states; s++) nu[s] = 1.0 / mdp->states;
    for (int t = 0; t < 2000; t++) {
        memset(next, 0, sizeof next);
        for (size_t i = 0; i < gb_mdp_pairs(mdp); i++)
            for (size_t k = mdp->row[i]; k < mdp->row[i + 1]; k++)
                next[mdp->next[k]] += nu[i / (size_t)mdp->actions] * policy[i] * mdp->p[k];
        memcpy(nu, next, (size_t)mdp->states * sizeof *nu);
    }
}

static double mean_gap(const gb_solver *solver, const double *nu, const double *v) {
    double gap = 0;
    for (int s = 0; s < solver->mdp->states; s++) gap += nu[s] * (v[s] - solver->v[s]);
    return gap;
}

/* Lan 2022: with weight mu of a strongly convex Omega and 1 + eta mu >= 1 / gamma the gap and
 * mu / (1 - gamma) KL(pi*||pi_k) together fall by gamma; without, the gap falls as 1/k. */
static void check_lan(const gb_mdp *mdp, double mu, double eta) {
    double v[50], policy[500], nu[50], first = 0;
    const double gamma = mdp->gamma, log_n = log(mdp->actions);
    gb_solver solver;
    gb_regularizer omega = made(mu > 0 ? "entropy" : "none");
    omega.tau = mu;
    exact_solve(mdp, &omega, v, NULL, policy);
    stationary(mdp, policy, nu);
    open_solver(&solver, &gb_solver_pmd, mdp, "regularizer %s tau %g eta %.17g tol 0",
                omega.type->name, mu, eta);
    for (int k = 0; k < 100; k++, iterate(&solver)) {
        double gap = mean_gap(&solver, nu, v), kl = 0;
        for (size_t i = 0; i < gb_mdp_pairs(mdp); i++)
            if (policy[i] > 0)
                kl += nu[i / (size_t)mdp->actions] * policy[i] *
                      (log(policy[i]) - solver.log_policy[i]);
        if (k == 0) first = gap;
        double weight = mu / (1 - gamma);
        double bound = mu > 0   ? pow(gamma, k) * (first + weight * log_n)
                       : k == 0 ? first
                                : (eta * gamma * first + log_n) / (eta * (1 - gamma) * k);
        ck_assert_msg(gap + weight * kl <= bound + 1e-10, "mu %g eta %g k %d: %g > %g", mu, eta, k,
                      gap + weight * kl, bound);
    }
    gb_solver_free(&solver);
}

START_TEST(pmd_keeps_its_bounds) {
    for (uint64_t seed = 0; seed < 10; seed++) {
        gb_mdp mdp;
        ck_assert_int_eq(gb_mdp_random(&mdp, 20, 5, 20, 0.9, seed, NULL), GB_OK);
        check_lan(&mdp, 0.1, (1 / 0.9 - 1) / 0.1);
        check_lan(&mdp, 0.1, 10);
        check_lan(&mdp, 1, (1 / 0.9 - 1) / 1);
        check_lan(&mdp, 0, 0.01);
        check_lan(&mdp, 0, 1);
        check_lan(&mdp, 0, 100);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* |v* - v_k| <= gamma^k (|v* - v_0| + gamma / (eta (1 - gamma))) for every divergence. */
START_TEST(adaptive_steps_keep_their_bound) {
    static const char *const divergences[] = {"kl", "euclidean", "regularizer"};
    for (int i = 0; i < 72; i++) {
        double v[50], first = 0;
        int k = i % REGULARIZERS;
        gb_mdp mdp;
        gb_solver solver;
        gb_regularizer omega = made(regularizers[k]);
        const char *divergence = divergences[i / REGULARIZERS % (k == 0 ? 2 : 3)];
        double eta = i % 5 ? 0.3 : 30;
        random_mdp(&mdp, i, 50, 0.99);
        exact_solve(&mdp, &omega, v, NULL, NULL);
        open_solver(&solver, &gb_solver_pmd, &mdp,
                    "step adaptive eta %g divergence %s regularizer %s tol 0", eta, divergence,
                    regularizers[k]);
        for (int t = 0; t < 60; t++, iterate(&solver)) {
            double gap = distance(solver.v, v, (size_t)mdp.states);
            if (t == 0) first = gap;
            double bound = pow(mdp.gamma, t) * (first + mdp.gamma / (eta * (1 - mdp.gamma)));
            ck_assert_msg(gap <= bound + 1e-10, "MDP %d, %s, %s at %d: %g > %g", i, divergence,
                          regularizers[k], t, gap, bound);
        }
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* Plain averaging: the policy answers to the mean of all q, and is 1/k away. */
START_TEST(rda_averages) {
    const gb_regularizer omega = made("entropy tau 0.1");
    double v[20], gaps[3];
    gb_mdp mdp;
    gb_solver solver;
    ck_assert_int_eq(gb_mdp_random(&mdp, 20, 5, 20, 0.9, 5, NULL), GB_OK);
    exact_solve(&mdp, &omega, v, NULL, NULL);
    open_solver(&solver, &gb_solver_rda, &mdp, "tau 0.1 tol 0");
    long double sum[100] = {0}, p[5];
    for (int t = 1; t <= 1000; t++) {
        for (int i = 0; i < 100; i++) sum[i] += solver.q[i];
        iterate(&solver);
        long double mean[5];
        for (int a = 0; a < 5; a++) mean[a] = sum[a] / t;
        exact_greedy(&omega, 5, NULL, mean, p);
        for (int a = 0; a < 5; a++)
            ck_assert_double_eq_tol(exp(solver.log_policy[a]), (double)p[a], 1e-12);
        if (t == 10) gaps[0] = distance(solver.v, v, 20);
        if (t == 100) gaps[1] = distance(solver.v, v, 20);
    }
    gaps[2] = distance(solver.v, v, 20);
    /* policies are 1/k away, values to second order in that */
    ck_assert_msg(gaps[1] < gaps[0] / 30 && gaps[2] < gaps[1] / 60 && gaps[2] > gaps[1] / 200,
                  "%g %g %g", gaps[0], gaps[1], gaps[2]);
    gb_solver_free(&solver);
    gb_mdp_free(&mdp);
}
END_TEST

Suite *solver_pmd_suite(void) {
    const TTest *const tests[] = {pmd_finds_the_optimum,
                                  approximate_pmd_finds_the_optimum,
                                  rda_finds_the_optimum,
                                  equivalent_forms_agree,
                                  euclidean_steps_that_are_large_are_policy_iteration,
                                  pmd_keeps_its_bounds,
                                  adaptive_steps_keep_their_bound,
                                  rda_averages,
                                  NULL};
    return test_suite("solver_pmd", tests, 120);
}
