/* Natural policy gradient: solutions, the bounds of theory, closed forms; and what solvers that go
 * from policy to policy have in common. */
#include "bellman.h"
#include "exact.h"
#include "solver_things.h"

extern const gb_solver_type gb_solver_npg, gb_solver_pmd, gb_solver_rda, gb_solver_mdvi,
    gb_solver_linear_program, gb_solver_robust_value_iteration;
static const gb_solver_type *const types[] = {&gb_solver_npg,
                                              &gb_solver_pmd,
                                              &gb_solver_rda,
                                              &gb_solver_mdvi,
                                              &gb_solver_linear_program,
                                              &gb_solver_robust_value_iteration};
enum { TYPES = sizeof types / sizeof *types };

static gb_regularizer entropy(double tau) {
    return (gb_regularizer){gb_regularizer_find("entropy", NULL), .tau = tau};
}

/* The MDP of the reference numbers in kind: 20 states, 5 actions, dense. */
static void dense_mdp(gb_mdp *mdp, uint64_t seed) {
    ck_assert_int_eq(gb_mdp_random(mdp, 20, 5, 20, 0.9, seed, NULL), GB_OK);
}

START_TEST(npg_finds_the_optimum) {
    static const double fractions[] = {1, 0.6, 0.3}, taus[] = {0.1, 1, 0.02};
    double v[50], q[500];
    for (int i = 0; i < 200; i++) {
        gb_mdp mdp;
        gb_solver solver;
        gb_regularizer omega = entropy(taus[i / 3 % 3]);
        random_mdp(&mdp, i, 50, 0.99);
        exact_solve(&mdp, &omega, v, q, NULL);
        open_solver(&solver, &gb_solver_npg, &mdp, "tau %g fraction %g tol 3e-13", omega.tau,
                    fractions[i % 3]);
        solve(&solver);
        double v_gap = distance(solver.v, v, (size_t)mdp.states);
        double q_gap = distance(solver.q, q, gb_mdp_pairs(&mdp));
        ck_assert_msg(v_gap < 1e-10 && q_gap < 1e-10, "MDP %d: %g %g", i, v_gap, q_gap);
        ck_assert_msg(v_gap <= solver.residual + 1e-11, "MDP %d: %g beyond the residual", i, v_gap);
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* Multiplicative weights remember: an action that looked bad by 1 for an iteration and is better by
 * a millionth takes a million to come back. So not all are done in time, but all are near. */
START_TEST(npg_without_entropy_finds_the_optimum) {
    enum { MDPS = 60, ITERATIONS = 3000 };
    const gb_regularizer none = {gb_regularizer_find("none", NULL)};
    double v[50];
    int done = 0;
    for (int i = 0; i < MDPS; i++) {
        gb_mdp mdp;
        gb_solver solver;
        random_mdp(&mdp, i, 50, 0.9);
        exact_solve(&mdp, &none, v, NULL, NULL);
        open_solver(&solver, &gb_solver_npg, &mdp, "tau 0 eta 100 tol 3e-13");
        while (solver.iteration < ITERATIONS && solver.residual > 3e-11) iterate(&solver);
        double gap = distance(solver.v, v, (size_t)mdp.states);
        ck_assert_msg(gap <= solver.residual + 1e-11 && gap < 100.1 / ITERATIONS, "%d: %g", i, gap);
        done += gap < 1e-10;
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
    ck_assert_int_ge(done, MDPS * 8 / 10);
}
END_TEST

/* Cen et al. 2021, theorem 1, and the rates of the reference run in kind: with a tenth of the
 * largest step the error falls by the square of 0.9 an iteration, with the largest at once. */
static void check_bounds(uint64_t seed, double fraction) {
    const double tau = 0.1, gamma = 0.9, eta = fraction * (1 - gamma) / tau;
    const gb_regularizer omega = entropy(tau);
    double q[100], policy[100], log_optimal[100], errors[60], c1 = 0;
    gb_mdp mdp;
    gb_solver solver;
    dense_mdp(&mdp, seed);
    exact_solve(&mdp, &omega, NULL, q, policy);
    for (int i = 0; i < 100; i++) log_optimal[i] = log(policy[i]);
    open_solver(&solver, &gb_solver_npg, &mdp, "tau %g eta %.17g tol 0", tau, eta);
    for (int t = 0; t < 60; t++, iterate(&solver)) {
        double q_gap = errors[t] = distance(solver.q, q, 100);
        double policy_gap = distance(solver.log_policy, log_optimal, 100);
        if (t == 0) {
            c1 = q_gap + 2 * tau * (1 - eta * tau / (1 - gamma)) * policy_gap;
            continue;
        }
        double bound = c1 * pow(1 - eta * tau, t - 1);
        ck_assert_msg(q_gap <= gamma * bound + 1e-11, "t %d: %g > %g", t, q_gap, gamma * bound);
        ck_assert_msg(policy_gap <= 2 / tau * bound + 1e-9, "t %d: %g > %g", t, policy_gap, bound);
    }
    double factor = pow(errors[40] / errors[20], 1.0 / 20);
    if (fraction == 0.1) ck_assert_msg(fabs(factor - 0.81) < 0.02, "factor %g", factor);
    if (fraction == 1) ck_assert_msg(errors[5] < 1e-10, "after 5 iterations %g", errors[5]);
    gb_solver_free(&solver);
    gb_mdp_free(&mdp);
}

START_TEST(npg_keeps_its_bounds) {
    for (uint64_t seed = 1; seed <= 10; seed++) {
        check_bounds(seed, 0.1);
        check_bounds(seed, 0.5);
        check_bounds(seed, 1);
    }
}
END_TEST

/* One state: log pi_t = (1 - eta tau)^t log pi_0 + (1 - (1 - eta tau)^t) r / tau + constant. */
START_TEST(npg_on_a_bandit) {
    static const double r[] = {1, 0.9, 0.1}, taus[] = {0.1, 1};
    gb_mdp_builder b;
    gb_mdp mdp;
    ck_assert_int_eq(gb_mdp_begin(&b, 1, 3, 0, 3, NULL), GB_OK);
    for (int a = 0; a < 3; a++)
        ck_assert_int_eq(gb_mdp_add(&b, 0, a, (gb_outcome){1, 0, r[a], false}, NULL), GB_OK);
    ck_assert_int_eq(gb_mdp_finish(&b, &mdp, NULL), GB_OK);
    for (int i = 0; i < 2; i++) {
        const double tau = taus[i], eta = 0.1;
        double first = 0, best[3], total = 0;
        gb_solver solver;
        for (int a = 0; a < 3; a++) total += exp(r[a] / tau);
        for (int a = 0; a < 3; a++) best[a] = r[a] / tau - log(total);
        open_solver(&solver, &gb_solver_npg, &mdp, "tau %g eta %g tol 0", tau, eta);
        for (int t = 0; t < 100; t++, iterate(&solver)) {
            double keep = pow(1 - eta * tau, t), gap = distance(solver.log_policy, best, 3);
            if (t == 0) first = gap;
            ck_assert_double_le(gap, 2 * keep * first + 1e-12);
            double expected = (1 - keep) * (r[0] - r[2]) / tau;
            ck_assert_double_eq_tol(solver.log_policy[0] - solver.log_policy[2], expected, 1e-11);
        }
        gb_solver_free(&solver);
    }
    gb_mdp_free(&mdp);
}
END_TEST

/* The largest step forgets the last policy: every iterate is soft policy iteration's. */
START_TEST(npg_at_the_largest_step_is_soft_policy_iteration) {
    const gb_regularizer omega = entropy(0.1);
    for (int i = 0; i < 30; i++) {
        long double q[500], v[50], p[500], bonus[50];
        double wanted_q[500], wanted_p[500], wanted_v[50];
        gb_mdp mdp;
        gb_solver solver;
        random_mdp(&mdp, 4 * i, 50, 0.99); /* without illegal actions */
        size_t actions = (size_t)mdp.actions, pairs = gb_mdp_pairs(&mdp);
        open_solver(&solver, &gb_solver_npg, &mdp, "tau 0.1 tol 0");
        for (size_t k = 0; k < pairs; k++) p[k] = 1.0L / mdp.actions;
        for (int t = 0; t < 8; t++, iterate(&solver)) {
            for (size_t s = 0; s < (size_t)mdp.states; s++)
                bonus[s] = -exact_omega(&omega, mdp.actions, NULL, p + s * actions);
            exact_evaluate(&mdp, p, bonus, v);
            exact_backup(&mdp, v, q);
            for (size_t k = 0; k < pairs; k++) wanted_q[k] = (double)q[k];
            for (size_t k = 0; k < pairs; k++) wanted_p[k] = (double)p[k];
            for (int s = 0; s < mdp.states; s++) wanted_v[s] = (double)v[s];
            ck_assert_double_lt(policy_distance(solver.log_policy, wanted_p, pairs), 1e-10);
            ck_assert_double_lt(distance(solver.q, wanted_q, pairs), 1e-10);
            ck_assert_double_lt(distance(solver.v, wanted_v, (size_t)mdp.states), 1e-10);
            for (size_t s = 0; s < (size_t)mdp.states; s++)
                exact_greedy(&omega, mdp.actions, NULL, q + s * actions, p + s * actions);
        }
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* Agarwal et al. 2021: V* - V_T <= (log A / eta + 1 / (1 - gamma)^2) / T from the initial
 * distribution, rewards in [0, 1]. And the step itself. */
START_TEST(multiplicative_weights_keep_their_bound) {
    const gb_regularizer none = {gb_regularizer_find("none", NULL)};
    for (uint64_t seed = 1; seed <= 10; seed++) {
        const double eta = seed % 2 ? 0.01 : 0.3;
        double v[20], before[100], q[100], best = 0;
        gb_mdp mdp;
        gb_solver solver;
        dense_mdp(&mdp, seed);
        exact_solve(&mdp, &none, v, NULL, NULL);
        for (int s = 0; s < 20; s++) best += v[s] / 20;
        open_solver(&solver, &gb_solver_npg, &mdp, "tau 0 eta %g tol 0", eta);
        for (int t = 1; t <= 200; t++) {
            memcpy(before, solver.log_policy, sizeof before);
            memcpy(q, solver.q, sizeof q);
            iterate(&solver);
            double gap = best - gb_solver_start_value(&solver);
            ck_assert_double_le(gap, (log(5) / eta + 100) / t);
            for (int i = 0; i < 100; i += 5) { /* the last action against the first */
                double moved = solver.log_policy[i + 4] - solver.log_policy[i];
                double wanted = before[i + 4] - before[i] + eta * (q[i + 4] - q[i]) / 0.1;
                ck_assert_double_eq_tol(moved, wanted, 1e-9);
            }
        }
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

static void check_refusal(const gb_solver_type *type, const gb_mdp *mdp, const char *options,
                          const char *message) {
    gb_solver solver;
    gb_err err = {{0}};
    ck_assert_int_eq(gb_solver_init(&solver, type, &err), GB_OK);
    set_options(&solver, options);
    ck_assert_int_eq(gb_solver_open(&solver, mdp, &err), GB_USAGE);
    ck_assert_msg(strstr(err.msg, message) != NULL, "%s", err.msg);
    gb_solver_free(&solver);
}

START_TEST(what_cannot_be_is_refused) {
    gb_mdp mdp;
    dense_mdp(&mdp, 1);
    check_refusal(&gb_solver_npg, &mdp, "tau 0", "give --eta");
    check_refusal(&gb_solver_npg, &mdp, "tau 0.1 eta 1.01", "above the largest step");
    check_refusal(&gb_solver_pmd, &mdp, "divergence regularizer", "has no weight");
    check_refusal(&gb_solver_pmd, &mdp, "regularizer entropyy", "entropy");
    check_refusal(&gb_solver_rda, &mdp, "regularizer tsallis index -1", "index");
    gb_mdp_free(&mdp);
    ck_assert_int_eq(gb_mdp_random(&mdp, 5000, 5, 5, 0.9, 1, NULL), GB_OK);
    check_refusal(&gb_solver_linear_program, &mdp, "", "too many");
    gb_mdp_free(&mdp);
}
END_TEST

/* Sweeps in the place of exact evaluation lead to the same. */
START_TEST(a_few_sweeps_suffice) {
    static const char *const settings[] = {"tau 0.1 fraction 0.5 m 3", "tau 0.1 m 1"};
    const gb_regularizer omega = entropy(0.1);
    double v[50];
    for (int i = 0; i < 20; i++) {
        gb_mdp mdp;
        gb_solver solver;
        random_mdp(&mdp, i, 50, 0.95);
        exact_solve(&mdp, &omega, v, NULL, NULL);
        open_solver(&solver, &gb_solver_npg, &mdp, "tol 3e-13 %s", settings[i % 2]);
        solve(&solver);
        ck_assert_double_lt(distance(solver.v, v, (size_t)mdp.states), 1e-10);
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* Errors are in q, on top of the backup of v (of the v before, for value iterations). */
START_TEST(errors_are_injected_and_repeat) {
    gb_mdp mdp;
    dense_mdp(&mdp, 3);
    for (int k = 0; k < TYPES; k++) {
        bool robust = types[k] == &gb_solver_robust_value_iteration, changed = false;
        double before[20], q[100];
        gb_solver one, two;
        open_solver(&one, types[k], &mdp, "noise 0.1 samples 3 tol 0 seed 7");
        open_solver(&two, types[k], &mdp, "noise 0.1 samples 3 tol 0 seed 7 threads 2");
        for (int t = 0; t < (types[k] == &gb_solver_linear_program ? 1 : 5); t++) {
            memcpy(before, one.v, sizeof before);
            iterate(&one);
            iterate(&two);
            ck_assert_mem_eq(one.q, two.q, sizeof q);
            ck_assert_mem_eq(one.log_policy, two.log_policy, sizeof q);
            if (types[k] != &gb_solver_mdvi) memcpy(before, one.v, sizeof before);
            gb_bellman_q(&mdp, before, q, 1);
            for (int i = 0; i < 100; i++) {
                changed = changed || fabs(one.error[i]) > 0.01;
                if (!robust) ck_assert_double_eq_tol(one.q[i] - one.error[i], q[i], 1e-12);
            }
        }
        ck_assert(changed);
        gb_solver_free(&one);
        gb_solver_free(&two);
    }
    gb_mdp_free(&mdp);
}
END_TEST

/* Every allocation fails once, in opening and the first iteration. */
START_TEST(memory_that_is_short_is_said) {
    gb_mdp mdp;
    random_mdp(&mdp, 3, 20, 0.9);
    for (int k = 0; k < TYPES; k++)
        for (long after = 0, done = 0; !done; after++) {
            gb_solver solver;
            gb_err err = {{0}};
            gb_alloc_fail_after(after);
            int code = gb_solver_init(&solver, types[k], &err);
            if (code == GB_OK) {
                code = gb_solver_open(&solver, &mdp, &err);
                if (code == GB_OK) code = gb_solver_iterate(&solver, &err);
                gb_solver_free(&solver);
            }
            gb_alloc_fail_after(-1);
            done = code >= GB_OK;
            ck_assert_msg(done || (code == GB_FAIL && *err.msg), "%s: %d", types[k]->name, code);
        }
    gb_mdp_free(&mdp);
}
END_TEST

Suite *solver_pg_suite(void) {
    const TTest *const tests[] = {npg_finds_the_optimum,
                                  npg_without_entropy_finds_the_optimum,
                                  npg_keeps_its_bounds,
                                  npg_on_a_bandit,
                                  npg_at_the_largest_step_is_soft_policy_iteration,
                                  multiplicative_weights_keep_their_bound,
                                  what_cannot_be_is_refused,
                                  a_few_sweeps_suffice,
                                  errors_are_injected_and_repeat,
                                  memory_that_is_short_is_said,
                                  NULL};
    return test_suite("solver_pg", tests, 120);
}
