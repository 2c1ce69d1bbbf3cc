/* test_solver_vi.c - value, policy and modified policy iteration, plain and regularised, against
 * exact solutions and bounds of theory. */
#include "exact.h"
#include "solver_things.h"

extern const gb_solver_type gb_solver_value_iteration, gb_solver_policy_iteration,
    gb_solver_modified_policy_iteration, gb_solver_soft_value_iteration,
    gb_solver_soft_policy_iteration, gb_solver_sparse_value_iteration;

enum { MDPS = 200, PAIRS = 500 };

/* --- against exact solutions ------------------------------------------------------------------*/

static const struct {
    const char *name;
    double tau, lambda, index;
} forms[] = {{"none", 0, 0, 0},
             {"entropy", 0.1, 0, 0},
             {"kl", 0, 0.2, 0},
             {"kl_entropy", 0.05, 0.1, 0},
             {"sparsemax", 0.3, 0, 0},
             {"tsallis", 0.2, 0, 2},
             {"tsallis", 0.2, 0, 1.5},
             {"tsallis", 0.2, 0, 0.5},
             {"tsallis", 0.1, 0, 3},
             {"log_barrier", 0.02, 0, 0},
             {"reverse_kl", 0, 0.1, 0},
             {"chi2", 0, 0.3, 0},
             {"hellinger", 0, 0.1, 0},
             {"alpha_divergence", 0, 0.2, 1.5},
             {"alpha_divergence", 0, 0.2, -1}};
enum { FORMS = sizeof forms / sizeof *forms };

struct answer {
    double v[50], q[PAIRS], policy[PAIRS];
};

static gb_regularizer form_regularizer(int form) {
    return (gb_regularizer){gb_regularizer_find(forms[form].name, NULL), forms[form].tau,
                            forms[form].lambda, forms[form].index};
}

/* Solves with a type and compares. The policy of `none` jumps at ties, that of index 3 moves by the
 * square root of an error: those are compared by their values, in v and q. */
static void compare(const gb_solver_type *type, const gb_mdp *mdp, int form,
                    const struct answer *answer, const char *options, int number) {
    gb_solver solver;
    const size_t pairs = gb_mdp_pairs(mdp);
    open_solver(&solver, type, mdp, "tol 5e-11 %s", options);
    solve(&solver);
    const double off_v = distance(solver.v, answer->v, (size_t)mdp->states);
    const double off_q = distance(solver.q, answer->q, pairs);
    ck_assert_msg(off_v <= 1e-10 && off_q <= 1e-10, "%s %s on MDP %d: v off by %g, q by %g",
                  type->name, options, number, off_v, off_q);
    if (form != 0 && forms[form].index <= 2) {
        const double off = policy_distance(solver.log_policy, answer->policy, pairs);
        ck_assert_msg(off <= 1e-8, "%s %s on MDP %d: policy off by %g", type->name, options, number,
                      off);
    }
    gb_solver_free(&solver);
}

START_TEST(all_types_reach_the_exact_solution) {
    for (int number = 0; number < MDPS; number++) {
        gb_mdp mdp;
        random_mdp(&mdp, number, 50, 0.99);
        for (int form = 0; form < FORMS; form++) {
            const gb_regularizer omega = form_regularizer(form);
            struct answer answer;
            char options[128];
            exact_solve(&mdp, &omega, answer.v, answer.q, answer.policy);
            gb_format(options, sizeof options, "regularizer %s tau %g lambda %g index %g",
                      omega.type->name, omega.tau, omega.lambda, omega.index);
            compare(&gb_solver_policy_iteration, &mdp, form, &answer, options, number);
            const int turn = number + form; /* slow ones take turns where gamma is large */
            if (turn % (mdp.gamma < 0.95 ? 5 : mdp.gamma < 0.99 ? 15 : 45) == 0)
                compare(&gb_solver_value_iteration, &mdp, form, &answer, options, number);
            gb_format(options + strlen(options), sizeof options - strlen(options), " m %d",
                      2 + number % 30);
            if (turn % (mdp.gamma < 0.99 ? 5 : 15) == 1)
                compare(&gb_solver_modified_policy_iteration, &mdp, form, &answer, options, number);
        }
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* The named types with their defaults. */
START_TEST(defaults_are_plain_soft_and_sparse) {
    static const struct {
        const gb_solver_type *type;
        int form;
        double weight;
    } rows[] = {{&gb_solver_value_iteration, 0, 0},
                {&gb_solver_policy_iteration, 0, 0},
                {&gb_solver_modified_policy_iteration, 0, 0},
                {&gb_solver_soft_value_iteration, 1, 0.1},
                {&gb_solver_soft_policy_iteration, 1, 0.1},
                {&gb_solver_sparse_value_iteration, 4, 0.1}};
    for (int number = 0; number < 40; number++)
        for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
            gb_mdp mdp;
            gb_regularizer omega = form_regularizer(rows[row].form);
            struct answer answer;
            omega.tau = rows[row].weight;
            random_mdp(&mdp, number, 30, 0.95);
            exact_solve(&mdp, &omega, answer.v, answer.q, answer.policy);
            compare(rows[row].type, &mdp, rows[row].form, &answer, "", number);
            gb_mdp_free(&mdp);
        }
}
END_TEST

/* --- bounds of theory -------------------------------------------------------------------------*/

/* The residual bounds the distance to the solution at every iteration, not only at the last; one
 * sweep brings v closer by gamma at least. */
START_TEST(residual_bounds_the_distance_and_sweeps_contract) {
    for (int number = 0; number < 60; number++) {
        const int form = number % FORMS;
        const gb_regularizer omega = form_regularizer(form);
        struct answer answer;
        gb_mdp mdp;
        gb_solver solver;
        random_mdp(&mdp, number, 20, 0.99);
        exact_solve(&mdp, &omega, answer.v, answer.q, NULL);
        open_solver(&solver, &gb_solver_modified_policy_iteration, &mdp,
                    "tol 0 m %d regularizer %s tau %g lambda %g index %g", number % 4,
                    omega.type->name, omega.tau, omega.lambda, omega.index);
        double before = distance(solver.v, answer.v, (size_t)mdp.states);
        for (int k = 0; k < 60; k++) {
            iterate(&solver);
            const double off_v = distance(solver.v, answer.v, (size_t)mdp.states);
            const double off_q = distance(solver.q, answer.q, gb_mdp_pairs(&mdp));
            ck_assert_double_le(fmax(off_v, off_q), solver.residual + 1e-11);
            if (number % 4 == 1) ck_assert_double_le(off_v, mdp.gamma * before + 1e-11);
            before = off_v;
        }
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* With low <= Omega <= high: v* - high H <= v_Omega <= v* - low H, and the regularised policy loses
 * at most (high - low) H of v*, where H = 1 / (1 - gamma). For entropy high is 0, low -tau ln A. */
START_TEST(bias_is_within_the_bounds) {
    for (int number = 0; number < 60; number++)
        for (int form = 1; form < FORMS; form++) {
            const gb_regularizer none = form_regularizer(0), omega = form_regularizer(form);
            static long double policy[PAIRS], zero[50], plain[50];
            double best[50], low, high;
            gb_mdp mdp;
            gb_solver solver;
            random_mdp(&mdp, number, 20, 0.95);
            gb_regularizer_bounds(&omega, &(gb_actions){.n = mdp.actions}, &low, &high);
            const double horizon = 1 / (1 - mdp.gamma);
            if (isinf(high) || mdp.legal) {
                gb_mdp_free(&mdp);
                continue;
            }
            exact_solve(&mdp, &none, best, NULL, NULL);
            open_solver(&solver, &gb_solver_policy_iteration, &mdp,
                        "regularizer %s tau %g lambda %g index %g", omega.type->name, omega.tau,
                        omega.lambda, omega.index);
            solve(&solver);
            for (size_t i = 0; i < gb_mdp_pairs(&mdp); i++) policy[i] = exp(solver.log_policy[i]);
            exact_evaluate(&mdp, policy, zero, plain);
            for (int s = 0; s < mdp.states; s++) {
                ck_assert_double_ge(solver.v[s], best[s] - high * horizon - 1e-9);
                ck_assert_double_le(solver.v[s], best[s] - low * horizon + 1e-9);
                ck_assert_double_le((double)plain[s], best[s] + 1e-9);
                ck_assert_double_ge((double)plain[s], best[s] - (high - low) * horizon - 1e-9);
            }
            gb_solver_free(&solver);
            gb_mdp_free(&mdp);
        }
}
END_TEST

/* Weight 0 is value iteration to the bit; a small one nearly. */
START_TEST(vanishing_temperature_gives_value_iteration) {
    for (int number = 0; number < 30; number++) {
        gb_mdp mdp;
        gb_solver plain, zero, small;
        random_mdp(&mdp, number, 20, 0.95);
        open_solver(&plain, &gb_solver_value_iteration, &mdp, "tol 0");
        open_solver(&zero, &gb_solver_soft_value_iteration, &mdp, "tol 0 tau 0");
        open_solver(&small, &gb_solver_sparse_value_iteration, &mdp, "tol 0 tau 1e-9");
        for (int k = 0; k < 100; k++) {
            iterate(&plain);
            iterate(&zero);
            iterate(&small);
            ck_assert_mem_eq(plain.q, zero.q, gb_mdp_pairs(&mdp) * sizeof *plain.q);
            ck_assert_mem_eq(plain.log_policy, zero.log_policy,
                             gb_mdp_pairs(&mdp) * sizeof *plain.q);
            ck_assert_double_le(distance(plain.v, small.v, (size_t)mdp.states), 1e-7);
        }
        gb_solver_free(&plain);
        gb_solver_free(&zero);
        gb_solver_free(&small);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* --- errors, threads, bad input ---------------------------------------------------------------*/

/* With injected errors, every type sees the same ones; they are what q is off by. */
START_TEST(errors_are_those_of_the_seed) {
    gb_mdp mdp;
    gb_solver value, modified;
    random_mdp(&mdp, 3, 20, 0.9);
    const size_t pairs = gb_mdp_pairs(&mdp);
    open_solver(&value, &gb_solver_value_iteration, &mdp, "noise 0.1 seed 5 tol 0");
    open_solver(&modified, &gb_solver_modified_policy_iteration, &mdp,
                "noise 0.1 seed 5 tol 0 m 1");
    for (int k = 0; k < 20; k++) {
        iterate(&value);
        iterate(&modified);
        ck_assert_mem_eq(value.q, modified.q, pairs * sizeof *value.q);
        ck_assert_mem_eq(value.error, modified.error, pairs * sizeof *value.q);
        ck_assert_double_gt(value.residual, 0);
    }
    gb_solver_free(&value);
    gb_solver_free(&modified);
    gb_mdp_free(&mdp);
}
END_TEST

START_TEST(two_threads_give_the_same_bits) {
    static const char *const options[] = {"m 1", "m 7 regularizer entropy",
                                          "m 0 regularizer tsallis index 1.5",
                                          "m 3 regularizer kl noise 0.1"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        gb_mdp mdp;
        gb_solver one, two;
        gb_err err;
        ck_assert(!gb_mdp_random(&mdp, 3000, 4, 3, 0.9, i, &err));
        const size_t pairs = gb_mdp_pairs(&mdp);
        open_solver(&one, &gb_solver_modified_policy_iteration, &mdp, "tol 0 %s", options[i]);
        open_solver(&two, &gb_solver_modified_policy_iteration, &mdp, "tol 0 threads 2 %s",
                    options[i]);
        for (int k = 0; k < 5; k++) {
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

START_TEST(bad_options_are_told) {
    static const char *const options[] = {"regularizer entropie", "regularizer tsallis index -1"};
    static const char *const told[] = {"entropy", "index"};
    gb_mdp mdp;
    gb_err err;
    random_mdp(&mdp, 0, 5, 0.9);
    for (int i = 0; i < 2; i++) {
        gb_solver solver;
        ck_assert(!gb_solver_init(&solver, &gb_solver_value_iteration, &err));
        set_options(&solver, options[i]);
        ck_assert_int_eq(gb_solver_open(&solver, &mdp, &err), GB_USAGE);
        ck_assert_msg(strstr(err.msg, told[i]) != NULL, "%s", err.msg);
        gb_solver_free(&solver);
    }
    gb_mdp_free(&mdp);
}
END_TEST

/* Each allocation fails in turn: a message, and nothing is lost or freed twice. */
START_TEST(short_memory_is_told) {
    gb_mdp mdp;
    random_mdp(&mdp, 3, 10, 0.9);
    for (long after = 0;; after++) {
        gb_solver solver;
        gb_err err = {{0}};
        gb_alloc_fail_after(after);
        int code = gb_solver_init(&solver, &gb_solver_soft_policy_iteration, &err);
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

Suite *solver_vi_suite(void) {
    const TTest *const tests[] = {all_types_reach_the_exact_solution,
                                  defaults_are_plain_soft_and_sparse,
                                  residual_bounds_the_distance_and_sweeps_contract,
                                  bias_is_within_the_bounds,
                                  vanishing_temperature_gives_value_iteration,
                                  errors_are_those_of_the_seed,
                                  two_threads_give_the_same_bits,
                                  bad_options_are_told,
                                  short_memory_is_told,
                                  NULL};
    return test_suite("solver_vi", tests, 120);
}
