/* Sweeps against plain dense loops, evaluation against closed forms, the same bits on any number of
 * threads. */
#include "bellman.h"
#include "mdp_things.h"
#include "rng.h"

#include <stdlib.h>

/* A value for each state, a policy, and a bonus, all random. */
typedef struct tables {
    double *v, *out, *q, *policy, *bonus;
} tables;

static tables make_tables(const gb_mdp *mdp) {
    const size_t states = (size_t)mdp->states, pairs = gb_mdp_pairs(mdp);
    gb_rng rng = gb_rng_stream(9, 9);
    tables t = {calloc(states, 8), calloc(states, 8), calloc(pairs, 8), calloc(pairs, 8),
                calloc(states, 8)};
    for (size_t s = 0; s < states; s++) {
        double sum = 0;
        t.v[s] = gb_rng_uniform(&rng, -1, 2);
        t.bonus[s] = gb_rng_unit(&rng);
        for (int a = 0; a < mdp->actions; a++) {
            size_t i = s * (size_t)mdp->actions + (size_t)a;
            bool legal = !mdp->legal || mdp->legal[i];
            sum += t.policy[i] = legal ? gb_rng_unit(&rng) : 0;
        }
        for (int a = 0; a < mdp->actions; a++) t.policy[s * (size_t)mdp->actions + a] /= sum;
    }
    return t;
}

static void free_tables(tables *t) {
    free(t->v);
    free(t->out);
    free(t->q);
    free(t->policy);
    free(t->bonus);
}

/* q(s, a) by the definition: every outcome that goes on, in a dense row. */
static double plain_q(const gb_mdp *mdp, const double *v, size_t i) {
    double dense[512] = {0}, sum = 0, mean = 0;
    for (size_t k = mdp->row[i]; k < mdp->row[i + 1]; k++) {
        gb_outcome o = gb_mdp_outcome(mdp, i, k);
        mean += o.probability * o.reward;
        if (!o.terminal) dense[o.next] += o.probability;
    }
    for (int s = 0; s < mdp->states; s++) sum += dense[s] * v[s];
    return mean + mdp->gamma * sum;
}

static void random_mdp(gb_mdp *mdp, int states, int actions, int branching, double gamma) {
    gb_err err = {""};
    int code = gb_mdp_random(mdp, states, actions, branching, gamma, 7, &err);
    ck_assert_msg(code == GB_OK, "%s", err.msg);
}

static void check_against_plain(const gb_mdp *mdp) {
    tables t = make_tables(mdp);
    double row[64], worst = 0, worst_policy = 0;
    gb_bellman_q(mdp, t.v, t.q, 1);
    for (int s = 0; s < mdp->states; s++) {
        double best = -INFINITY, mean = t.bonus[s];
        gb_bellman_row(mdp, t.v, s, row);
        for (int a = 0; a < mdp->actions; a++) {
            size_t i = gb_mdp_pair(mdp, s, a);
            bool legal = !mdp->legal || mdp->legal[i];
            double q = legal ? plain_q(mdp, t.v, i) : -INFINITY;
            if (legal) ck_assert_double_eq_tol(t.q[i], q, 1e-13);
            if (!legal) ck_assert(t.q[i] == -INFINITY);
            ck_assert(row[a] == t.q[i]);
            best = fmax(best, q);
            if (legal) mean += t.policy[i] * q;
        }
        worst = fmax(worst, fabs(best - t.v[s]));
        worst_policy = fmax(worst_policy, fabs(mean - t.v[s]));
        t.out[s] = mean;
    }
    double *policy_out = calloc((size_t)mdp->states, 8), *max_out = calloc((size_t)mdp->states, 8);
    double residual = gb_bellman_policy(mdp, t.policy, t.bonus, t.v, policy_out, 1);
    ck_assert_double_eq_tol(residual, worst_policy, 1e-13);
    residual = gb_bellman_sweep(mdp, gb_bellman_max, NULL, t.v, max_out, NULL, 1);
    ck_assert_double_eq_tol(residual, worst, 1e-13);
    for (int s = 0; s < mdp->states; s++) {
        ck_assert_double_eq_tol(policy_out[s], t.out[s], 1e-13);
        double best = t.q[gb_mdp_pair(mdp, s, 0)];
        for (int a = 1; a < mdp->actions; a++) best = fmax(best, t.q[gb_mdp_pair(mdp, s, a)]);
        ck_assert(max_out[s] == best);
    }
    free(policy_out);
    free(max_out);
    free_tables(&t);
}

START_TEST(sweeps_equal_plain_loops) {
    gb_mdp mdp;
    gb_err err;
    parse_small(&mdp);
    check_against_plain(&mdp);
    gb_mdp_free(&mdp);
    for (int branching = 1; branching <= 17; branching++) {
        random_mdp(&mdp, 300, 5, branching, 0.97);
        ck_assert_int_eq(mdp.branching, branching);
        check_against_plain(&mdp);
        gb_mdp_free(&mdp);
    }
    ck_assert_int_eq(gb_mdp_linear(&mdp, 40, 3, 4, 0.9, 1, NULL, &err), GB_OK);
    check_against_plain(&mdp);
    gb_mdp_free(&mdp);
}
END_TEST

START_TEST(ways_through_the_rows_give_the_same_bits) {
    for (int branching = 1; branching <= 17; branching++) {
        gb_mdp mdp;
        random_mdp(&mdp, 1000, 5, branching, 0.97);
        tables t = make_tables(&mdp), u = make_tables(&mdp);
        gb_bellman_q(&mdp, t.v, t.q, 1);
        mdp.branching = 0; /* as if rows differed in length */
        gb_bellman_q(&mdp, t.v, u.q, 1);
        ck_assert_mem_eq(t.q, u.q, 5000 * sizeof *t.q);
        free_tables(&t);
        free_tables(&u);
        gb_mdp_free(&mdp);
    }
}
END_TEST

START_TEST(threads_give_the_same_bits) {
    static const int counts[] = {2, 3, 7};
    gb_mdp mdp;
    gb_err err = {""};
    gb_evaluation done, again;
    random_mdp(&mdp, 3001, 3, 5, 0.99);
    const size_t states = 3001 * sizeof(double), pairs = 9003 * sizeof(double);
    tables one = make_tables(&mdp), more = make_tables(&mdp);
    double max = gb_bellman_sweep(&mdp, gb_bellman_max, NULL, one.v, one.out, one.q, 1);
    double mean = gb_bellman_policy(&mdp, one.policy, NULL, one.v, one.bonus, 1);
    double *v = calloc(3001, 8), *w = calloc(3001, 8);
    ck_assert_int_eq(gb_bellman_evaluate(&mdp, one.policy, NULL, 1e-12, 10000, v, &done, 1, &err),
                     GB_OK);
    for (int i = 0; i < 3; i++) {
        const int n = counts[i];
        memset(w, 0, states);
        ck_assert(gb_bellman_sweep(&mdp, gb_bellman_max, NULL, more.v, more.out, more.q, n) == max);
        ck_assert_mem_eq(one.out, more.out, states);
        ck_assert_mem_eq(one.q, more.q, pairs);
        ck_assert(gb_bellman_policy(&mdp, more.policy, NULL, more.v, more.bonus, n) == mean);
        ck_assert_mem_eq(one.bonus, more.bonus, states);
        gb_bellman_evaluate(&mdp, more.policy, NULL, 1e-12, 10000, w, &again, n, &err);
        ck_assert_mem_eq(v, w, states);
        ck_assert_int_eq(done.sweeps, again.sweeps);
    }
    free(v);
    free(w);
    free_tables(&one);
    free_tables(&more);
    gb_mdp_free(&mdp);
}
END_TEST

START_TEST(nan_is_seen) {
    gb_mdp mdp;
    random_mdp(&mdp, 2000, 3, 4, 0.9);
    tables t = make_tables(&mdp);
    const int where[] = {0, 777, 1999};
    for (int i = 0; i < 3; i++) {
        const double kept = t.v[where[i]];
        t.v[where[i]] = NAN;
        for (int threads = 1; threads < 4; threads++) {
            ck_assert(
                isnan(gb_bellman_sweep(&mdp, gb_bellman_max, NULL, t.v, t.out, NULL, threads)));
            ck_assert(isnan(gb_bellman_policy(&mdp, t.policy, NULL, t.v, t.out, threads)));
        }
        t.v[where[i]] = kept;
    }
    double v, q[2][3] = {{NAN, 1, 2}, {1, NAN, 0}};
    for (int i = 0; i < 2; i++) {
        gb_bellman_max(NULL, 0, 1, 3, q[i], &v);
        ck_assert(isnan(v));
    }
    free_tables(&t);
    gb_mdp_free(&mdp);
}
END_TEST

static void double_of_first(const void *context, int first, int n, int actions, const double *q,
                            double *v) {
    for (int s = 0; s < n; s++)
        v[s] = 2 * q[(size_t)s * (size_t)actions] + *(const double *)context + (first + s);
}

START_TEST(backup_gets_its_block) {
    gb_mdp mdp;
    const double ten = 10;
    static const int sizes[][2] = {{2000, 3}, {5, 3000}, {700, 1}};
    for (int i = 0; i < 3; i++) {
        random_mdp(&mdp, sizes[i][0], sizes[i][1], 4, 0.9);
        tables t = make_tables(&mdp);
        gb_bellman_q(&mdp, t.v, t.q, 1);
        gb_bellman_sweep(&mdp, double_of_first, &ten, t.v, t.out, NULL, 2);
        for (int s = 0; s < mdp.states; s++)
            ck_assert(t.out[s] == 2 * t.q[gb_mdp_pair(&mdp, s, 0)] + 10 + s);
        free_tables(&t);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* --- evaluation -------------------------------------------------------------------------------*/

/* n states in a row, one action: to the next with probability p, else stay; the last pays 1 and
 * ends, or goes back to the first (ring). */
static void make_chain(gb_mdp *mdp, int n, double p, double gamma, bool ring) {
    gb_mdp_builder b;
    gb_err err = {""};
    int code = gb_mdp_begin(&b, n, 1, gamma, (size_t)(2 * n), &err);
    for (int s = 0; s < n && !code; s++) {
        const bool last = s == n - 1;
        code = gb_mdp_add(&b, s, 0, (gb_outcome){p, last ? 0 : s + 1, last, last && !ring}, &err);
        if (!code) code = gb_mdp_add(&b, s, 0, (gb_outcome){1 - p, s, 0, false}, &err);
    }
    if (!code) code = gb_mdp_finish(&b, mdp, &err);
    ck_assert_msg(code == GB_OK, "%s", err.msg);
}

static const struct {
    int n;
    double p, gamma;
    bool ring;
} chains[] = {
    {50, 1, 0.99, false},   {400, 0.3, 0.9, false},  {401, 0.3, 0.9, false},
    {3000, 1, 0.99, false}, {700, 0.6, 0.999, true}, {500, 1, 0.9995, true},
    {300, 1, 0.9999, true}, {1, 1, 0.5, true},       {2000, 0.9, 0, true},
};

START_TEST(chain_has_its_closed_form) {
    gb_mdp mdp;
    gb_err err = {""};
    gb_evaluation done;
    const int n = chains[_i].n;
    const double p = chains[_i].p, gamma = chains[_i].gamma;
    make_chain(&mdp, n, p, gamma, chains[_i].ring);
    double *policy = calloc((size_t)n, 8), *v = calloc((size_t)n, 8);
    for (int s = 0; s < n; s++) policy[s] = 1;
    int code = gb_bellman_evaluate(&mdp, policy, NULL, 1e-12, 1000000, v, &done, 1, &err);
    ck_assert_msg(code == GB_OK, "%s", err.msg);
    /* v(s) = step v(s + 1), v(last) = p + gamma (1 - p) v(last) + [ring] gamma p v(first) */
    const double step = gamma * p / (1 - gamma * (1 - p));
    const double around = chains[_i].ring ? gamma * p * pow(step, n - 1) : 0;
    double exact = p / (1 - gamma * (1 - p) - around);
    const double tol = 1e-12 * exact / (1 - gamma);
    for (int s = n - 1; s >= 0; s--, exact *= step)
        ck_assert_double_eq_tol(v[s], exact, fmax(tol, 1e-15));
    ck_assert_double_le(done.residual, 1e-12 * v[n - 1]);
    free(policy);
    free(v);
    gb_mdp_free(&mdp);
}
END_TEST

START_TEST(evaluation_solves_large_and_small) {
    static const int sizes[] = {1, 30, 399, 400, 401, 5000};
    for (int i = 0; i < 6; i++) {
        gb_mdp mdp;
        gb_err err = {""};
        gb_evaluation done;
        random_mdp(&mdp, sizes[i], 4, sizes[i] < 5 ? 1 : 5, 0.999);
        tables t = make_tables(&mdp); /* v: a start like any other */
        int code = gb_bellman_evaluate(&mdp, t.policy, t.bonus, 1e-13, 1000, t.v, &done, 2, &err);
        ck_assert_msg(code == GB_OK, "%s", err.msg);
        double residual = gb_bellman_policy(&mdp, t.policy, t.bonus, t.v, t.out, 1);
        ck_assert_double_le(residual, 1e-13 * 2000);
        ck_assert(residual == done.residual);
        if (sizes[i] == 5000) ck_assert_int_lt(done.sweeps, 200); /* of 27,000 by plain sweeps */
        free_tables(&t);
        gb_mdp_free(&mdp);
    }
}
END_TEST

START_TEST(evaluation_says_what_went_wrong) {
    gb_mdp mdp;
    gb_err err = {""};
    gb_evaluation done;
    random_mdp(&mdp, 1000, 3, 5, 0.99);
    tables t = make_tables(&mdp);
    ck_assert_int_eq(gb_bellman_evaluate(&mdp, t.policy, NULL, 1e-12, 5, t.v, &done, 1, &err),
                     GB_FAIL);
    ck_assert_int_le(done.sweeps, 5 + 3);
    ck_assert_ptr_nonnull(strstr(err.msg, "policy evaluation: the residual is "));
    ck_assert_ptr_nonnull(strstr(err.msg, "allow more sweeps or a larger tolerance"));
    /* with more sweeps it goes on from there, even from a start that is no number */
    t.v[3] = NAN;
    ck_assert_int_eq(gb_bellman_evaluate(&mdp, t.policy, NULL, 1e-12, 1000, t.v, NULL, 1, &err),
                     GB_OK);
    gb_alloc_fail_after(0);
    ck_assert_int_eq(gb_bellman_evaluate(&mdp, t.policy, NULL, 1e-12, 1000, t.v, NULL, 1, &err),
                     GB_FAIL);
    gb_alloc_fail_after(-1);
    ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
    free_tables(&t);
    gb_mdp_free(&mdp);

    parse_small(&mdp);
    t = make_tables(&mdp);
    for (long n = 0; n < 3; n++) {
        gb_alloc_fail_after(n);
        ck_assert_int_eq(gb_bellman_evaluate(&mdp, t.policy, NULL, 0, 9, t.v, NULL, 1, &err),
                         GB_FAIL);
        gb_alloc_fail_after(-1);
    }
    t.policy[3] = 0.5; /* illegal */
    ck_assert_int_eq(gb_bellman_evaluate(&mdp, t.policy, NULL, 0, 9, t.v, NULL, 1, &err), GB_FAIL);
    ck_assert_ptr_nonnull(strstr(err.msg, "takes no illegal action"));
    free_tables(&t);
    gb_mdp_free(&mdp);
}
END_TEST

Suite *bellman_suite(void);
Suite *bellman_suite(void) {
    const TTest *const tests[] = {
        sweeps_equal_plain_loops,        ways_through_the_rows_give_the_same_bits,
        threads_give_the_same_bits,      nan_is_seen,
        backup_gets_its_block,           evaluation_solves_large_and_small,
        evaluation_says_what_went_wrong, NULL,
    };
    Suite *suite = test_suite("bellman", tests, 120);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 120);
    tcase_add_loop_test(loops, chain_has_its_closed_form, 0, sizeof chains / sizeof *chains);
    suite_add_tcase(suite, loops);
    return suite;
}
