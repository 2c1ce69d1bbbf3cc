/* Steps of policy mirror descent, one by one: each against its optimality conditions, and their
 * sizes against the rules. */
#include "exact.h"
#include "regularizer_things.h"
#include "solver_things.h"

extern const gb_solver_type gb_solver_pmd;

/* The gradient of the objective at the new policy: equal where p > 0, no larger elsewhere. */
static void check_step(const gb_regularizer *omega, bool euclidean, double eta, int n,
                       const double *q, const double *last, const double *next) {
    const gb_actions actions = {n, NULL, NULL};
    double gradient[10], inside = 0, count = 0, mass = 0;
    gb_regularizer_gradient(omega, &actions, next, gradient);
    for (int a = 0; a < n; a++) {
        double p = exp(next[a]);
        mass += p;
        gradient[a] = q[a] - gradient[a] - (euclidean ? p - exp(last[a]) : next[a] - last[a]) / eta;
        if (p > 1e-6) inside += gradient[a], count++;
    }
    inside /= count;
    ck_assert_double_eq_tol(mass, 1, 1e-13);
    for (int a = 0; a < n; a++)
        if (exp(next[a]) > 1e-6)
            ck_assert_msg(fabs(gradient[a] - inside) < 1e-8, "%s %d %g: %g beside %g",
                          omega->type->name, euclidean, eta, gradient[a], inside);
        else if (next[a] == -INFINITY)
            ck_assert_msg(gradient[a] <= inside + 1e-8, "%s %d %g: %g at 0 above %g",
                          omega->type->name, euclidean, eta, gradient[a], inside);
}

START_TEST(every_step_is_optimal) {
    static const double etas[] = {0.01, 1, 30};
    for (int k = 0; k < REGULARIZERS; k++)
        for (int j = 0; j < 6; j++) {
            gb_regularizer omega = made(regularizers[k]);
            double q[400], last[400];
            gb_mdp mdp;
            gb_solver solver;
            ck_assert_int_eq(gb_mdp_random(&mdp, 40, 2 + k % 9, 5, 0.8, (uint64_t)k, NULL), GB_OK);
            open_solver(&solver, &gb_solver_pmd, &mdp, "divergence %s eta %g tol 0 regularizer %s",
                        j % 2 ? "euclidean" : "kl", etas[j / 2], regularizers[k]);
            for (int t = 0; t < 5; t++) {
                memcpy(q, solver.q, gb_mdp_pairs(&mdp) * sizeof *q);
                memcpy(last, solver.log_policy, gb_mdp_pairs(&mdp) * sizeof *q);
                iterate(&solver);
                for (int s = 0; s < 40; s++) {
                    size_t first = gb_mdp_pair(&mdp, s, 0);
                    check_step(&omega, j % 2, etas[j / 2], mdp.actions, q + first, last + first,
                               solver.log_policy + first);
                }
            }
            gb_solver_free(&solver);
            gb_mdp_free(&mdp);
        }
}
END_TEST

/* --- step rules -------------------------------------------------------------------------------*/

/* Returns KL(p||last), or half the squared distance, of the greedy policy in q. */
static double greedy_divergence(const gb_regularizer *omega, bool euclidean, const double *q,
                                const double *last) {
    long double values[5], p[5], sum = 0;
    for (int a = 0; a < 5; a++) values[a] = q[a];
    exact_greedy(omega, 5, NULL, values, p);
    for (int a = 0; a < 5; a++) {
        long double gap = p[a] - expl(last[a]);
        sum += euclidean ? gap * gap / 2 : p[a] > 0 ? p[a] * (logl(p[a]) - last[a]) : 0;
    }
    return (double)sum;
}

/* The rule's step after k iterations, and the weight of the perturbation. */
static double rule_step(const gb_solver *solver, const gb_regularizer *omega, const char *rule,
                        bool euclidean, int k, double *pull) {
    const double gamma = 0.8, eta = 2;
    double most = 0;
    *pull = 0;
    if (!strcmp(rule, "geometric")) return eta / pow(gamma, k);
    if (!strcmp(rule, "adaptive")) {
        for (int s = 0; s < 20; s++)
            most = fmax(most, greedy_divergence(omega, euclidean, solver->q + 5 * s,
                                                solver->log_policy + 5 * s));
        return most * eta / pow(gamma, 2 * (k + 1));
    }
    /* 0.8^7 is the first power below 1/4 */
    *pull = !strcmp(rule, "approximate") ? 0.5 * pow(gamma, k) : 0.5 * pow(0.5, k / 7 + 1);
    return (1 / gamma - 1) / *pull;
}

/* Takes the perturbation into the values: its gradient at the new policy, and what v should be. */
static void check_rule(const gb_mdp *mdp, const char *rule, bool euclidean) {
    gb_regularizer omega = made("sparsemax tau 0.3");
    gb_solver solver;
    open_solver(&solver, &gb_solver_pmd, mdp,
                "step %s divergence %s eta 2 perturbation 0.5 regularizer sparsemax tau 0.3 tol 0",
                rule, euclidean ? "euclidean" : "kl");
    for (int k = 0; k < 10; k++) {
        double q[100], last[100], pull, eta = rule_step(&solver, &omega, rule, euclidean, k, &pull);
        memcpy(q, solver.q, sizeof q);
        memcpy(last, solver.log_policy, sizeof last);
        for (int s = 0; s < 20; s++) { /* v = <pi, q> - Omega - pull D(pi, uniform) */
            long double p[5], v = 0;
            for (int a = 0; a < 5; a++) {
                p[a] = expl(last[5 * s + a]);
                long double gap = p[a] - 0.2L, d = gap * gap / 2;
                if (!euclidean) d = p[a] > 0 ? p[a] * logl(5 * p[a]) : 0;
                v += p[a] * q[5 * s + a] - pull * d;
            }
            v -= exact_omega(&omega, 5, NULL, p);
            ck_assert_double_eq_tol(solver.v[s], (double)v, 1e-12);
        }
        iterate(&solver);
        for (int s = 0; s < 20; s++) {
            double pulled[5];
            for (int a = 0; a < 5; a++) {
                double next = solver.log_policy[5 * s + a];
                pulled[a] = q[5 * s + a] - (pull == 0 ? 0 : pull * (euclidean ? exp(next) : next));
            }
            check_step(&omega, euclidean, eta, 5, pulled, last + 5 * s, solver.log_policy + 5 * s);
        }
    }
    gb_solver_free(&solver);
}

START_TEST(steps_follow_their_rules) {
    static const char *const rules[] = {"geometric", "adaptive", "approximate", "staged"};
    for (int i = 0; i < 8; i++) {
        gb_mdp mdp;
        ck_assert_int_eq(gb_mdp_random(&mdp, 20, 5, 20, 0.8, (uint64_t)i, NULL), GB_OK);
        check_rule(&mdp, rules[i / 2], i % 2);
        gb_mdp_free(&mdp);
    }
}
END_TEST

Suite *solver_steps_suite(void) {
    const TTest *const tests[] = {every_step_is_optimal, steps_follow_their_rules, NULL};
    return test_suite("solver_steps", tests, 120);
}
