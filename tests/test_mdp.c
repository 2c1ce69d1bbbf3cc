/* Finite MDPs: the builder and its checks, sampling, what can be reached. */
#include "mdp_things.h"
#include "rng.h"

#include <limits.h>

/* --- the object -------------------------------------------------------------------------------*/

START_TEST(rows_hold_what_was_added) {
    static const size_t row[] = {0, 3, 4, 5, 5, 6, 7}, stop[] = {2, 4, 5, 5, 5, 6};
    static const int32_t next[] = {1, 0, 2, 2, 1, 2, 2};
    static const double p[] = {0.25, 0.5, 0.25, 1, 1, 1, 1};
    static const double r[] = {0.25 * 2 - 0.5 + 0.25 * 8, 3, 0, -INFINITY, 0, 0};
    gb_mdp mdp;
    parse_small(&mdp);
    ck_assert_int_eq(mdp.states, 3);
    ck_assert_int_eq(mdp.actions, 2);
    ck_assert_int_eq(mdp.branching, 0);
    ck_assert_uint_eq(mdp.outcomes, 7);
    ck_assert_double_eq(mdp.gamma, 0.5);
    ck_assert_mem_eq(mdp.row, row, sizeof row);
    ck_assert_mem_eq(mdp.next, next, sizeof next);
    ck_assert_mem_eq(mdp.p, p, sizeof p);
    for (int i = 0; i < 6; i++) {
        ck_assert_uint_eq(mdp.stop[i], stop[i]);
        ck_assert_double_eq(mdp.r[i], r[i]);
        ck_assert_int_eq(mdp.legal[i], i != 3);
    }
    gb_outcome last = gb_mdp_outcome(&mdp, 0, 2);
    ck_assert(last.terminal && last.next == 2 && last.reward == 8 && last.probability == 0.25);
    ck_assert(!gb_mdp_outcome(&mdp, 0, 1).terminal);
    ck_assert_double_eq(mdp.start[0], 0.75);
    ck_assert_double_eq(mdp.start[2], 0);
    gb_mdp_free(&mdp);
    gb_mdp_free(&mdp); /* what is freed may be freed again */
}
END_TEST

START_TEST(samples_follow_the_rows) {
    enum { N = 40000 };
    gb_mdp mdp;
    gb_rng rng = gb_rng_stream(1, 2);
    int to[3] = {0}, ended = 0, first[3] = {0};
    double reward = 0;
    parse_small(&mdp);
    for (int i = 0; i < N; i++) {
        gb_outcome o = gb_mdp_sample(&mdp, 0, &rng);
        to[o.next]++;
        ended += o.terminal;
        reward += o.reward;
        first[gb_mdp_sample_start(&mdp, &rng)]++;
    }
    const double sigma = sqrt(0.25 * 0.75 / N);
    ck_assert_double_eq_tol((double)to[1] / N, 0.25, 5 * sigma);
    ck_assert_double_eq_tol((double)to[2] / N, 0.25, 5 * sigma);
    ck_assert_int_eq(ended, to[2]);
    ck_assert_double_eq_tol(reward / N, mdp.r[0], 5 * 4 / sqrt(N));
    ck_assert_double_eq_tol((double)first[0] / N, 0.75, 5 * sigma);
    ck_assert_int_eq(first[2], 0);
    gb_rng before = rng;
    ck_assert_int_eq(gb_mdp_sample(&mdp, 1, &rng).next, 2); /* certain: nothing is drawn */
    ck_assert_mem_eq(&before, &rng, sizeof rng);
    gb_mdp_free(&mdp);
}
END_TEST

START_TEST(unreachable_states_are_counted) {
    static const char text[] = "mdp 1\nstates 5\nactions 1\ngamma 0\nstart 1 1\n"
                               "0 0 0 1 0\n1 0 2 1 0\n2 0 3 0.5 0 terminal\n2 0 4 0.5 0\n"
                               "3 0 0 1 0\n4 0 1 1 0\n";
    gb_mdp mdp;
    gb_err err;
    uint8_t seen[5];
    ck_assert_int_eq(gb_mdp_parse(&mdp, text, strlen(text), "text", &err), GB_OK);
    ck_assert_int_eq(gb_mdp_reachable(&mdp, seen, &err), 3); /* 3 only ends there */
    ck_assert_mem_eq(seen, ((uint8_t[]){0, 1, 1, 0, 1}), 5);
    ck_assert_int_eq(gb_mdp_reachable(&mdp, NULL, &err), 3);
    for (long n = 0; n < 2; n++) {
        gb_alloc_fail_after(n);
        ck_assert_int_eq(gb_mdp_reachable(&mdp, seen, &err), GB_FAIL);
        gb_alloc_fail_after(-1);
    }
    gb_mdp_free(&mdp);
}
END_TEST

/* --- checks -----------------------------------------------------------------------------------*/

static int one_row(gb_mdp *mdp, const double *p, int n, gb_err *err) {
    gb_mdp_builder b;
    int code = gb_mdp_begin(&b, n, 1, 0.9, (size_t)(2 * n), err);
    for (int k = 0; k < n && !code; k++)
        code = gb_mdp_add(&b, 0, 0, (gb_outcome){p[k], k, 1, false}, err);
    for (int s = 1; s < n && !code; s++)
        code = gb_mdp_add(&b, s, 0, (gb_outcome){1, 0, 1, false}, err);
    if (!code) code = gb_mdp_finish(&b, mdp, err);
    if (code) gb_mdp_abandon(&b);
    return code;
}

START_TEST(sums_near_one_are_mended_others_refused) {
    gb_mdp mdp;
    gb_err err;
    const double third = 1.0 / 3, typed = 0.3333333333;
    ck_assert_int_eq(one_row(&mdp, (double[]){third, third, third + 5e-13}, 3, &err), GB_OK);
    ck_assert_double_eq(mdp.p[2], third + 5e-13); /* rounding: to the bit */
    gb_mdp_free(&mdp);
    ck_assert_int_eq(one_row(&mdp, (double[]){typed, typed, typed}, 3, &err), GB_OK);
    ck_assert_double_eq_tol(mdp.p[0], third, 1e-16);
    gb_mdp_free(&mdp);
    ck_assert_int_eq(one_row(&mdp, (double[]){0.5, 0.25, 0.25 + 2e-9}, 3, &err), GB_USAGE);
    ck_assert_str_eq(err.msg,
                     "state 0, action 0: probabilities sum to 1.000000002, not 1; mend them");
    ck_assert_int_eq(one_row(&mdp, (double[]){0.5, 0.5, 0}, 3, &err), GB_OK);
    ck_assert_uint_eq(mdp.row[1], 2); /* what never happens is passed over */
    gb_mdp_free(&mdp);
}
END_TEST

/* Gives a builder of 3 states and 2 actions one outcome after {0, 0} was filled. */
static const struct {
    int s, a;
    gb_outcome outcome;
    const char *message;
} bad[] = {
    {0, 0, {.5, 3, 0, 0}, "state 0, action 0: leads to state 3; use 0 to 2"},
    {0, 0, {.5, -1, 0, 0}, "state 0, action 0: leads to state -1; use 0 to 2"},
    {0,
     1,
     {-.5, 1, 0, 0},
     "state 0, action 1: the probability of state 1 is -0.5; give a number of at least 0"},
    {0,
     1,
     {NAN, 1, 0, 0},
     "state 0, action 1: the probability of state 1 is nan; give a number of at least 0"},
    {0,
     1,
     {INFINITY, 1, 0, 0},
     "state 0, action 1: the probability of state 1 is inf; give a number of at least 0"},
    {0,
     1,
     {.5, 1, INFINITY, 0},
     "state 0, action 1: the reward on the way to state 1 is inf; give a finite one"},
    {3, 0, {1, 1, 0, 0}, "state 3, action 0: there is no such state; use 0 to 2"},
    {-1, 0, {1, 1, 0, 0}, "state -1, action 0: there is no such state; use 0 to 2"},
    {0, 2, {1, 1, 0, 0}, "state 0, action 2: there is no such action; use 0 to 1"},
    {0, -1, {1, 1, 0, 0}, "state 0, action -1: there is no such action; use 0 to 1"},
    {1,
     0,
     {1, 1, 0, 0},
     "state 0, action 1: no outcome has a probability above 0; give some, or say that the action "
     "is illegal"},
};

START_TEST(bad_outcomes_are_refused) {
    gb_mdp_builder b;
    gb_err err;
    ck_assert_int_eq(gb_mdp_begin(&b, 3, 2, 0.9, 10, &err), GB_OK);
    ck_assert_int_eq(gb_mdp_add(&b, 0, 0, (gb_outcome){1, 1, 0, 0}, &err), GB_OK);
    ck_assert_int_eq(gb_mdp_add(&b, bad[_i].s, bad[_i].a, bad[_i].outcome, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, bad[_i].message);
    gb_mdp_abandon(&b);
}
END_TEST

START_TEST(order_and_legality_are_checked) {
    gb_mdp_builder b;
    gb_mdp mdp;
    gb_err err;
    const gb_outcome sure = {1, 1, 0, 0};
    ck_assert_int_eq(gb_mdp_begin(&b, 2, 2, 0.9, 10, &err), GB_OK);
    ck_assert_int_eq(gb_mdp_add(&b, 0, 0, sure, &err), GB_OK);
    ck_assert_int_eq(gb_mdp_forbid(&b, 0, 0, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "state 0, action 0: has outcomes and is illegal; take one back");
    ck_assert_int_eq(gb_mdp_forbid(&b, 0, 1, &err), GB_OK);
    ck_assert_int_eq(gb_mdp_add(&b, 0, 1, sure, &err), GB_USAGE);
    ck_assert_int_eq(gb_mdp_add(&b, 0, 0, sure, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "state 0, action 0: comes after state 0, action 1; put pairs in "
                              "ascending order, the outcomes of each together");
    ck_assert_int_eq(gb_mdp_forbid(&b, 1, 0, &err), GB_OK);
    ck_assert_int_eq(gb_mdp_forbid(&b, 1, 1, &err), GB_OK);
    ck_assert_int_eq(gb_mdp_finish(&b, &mdp, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "state 1: all actions are illegal; allow one");
    ck_assert_ptr_null(mdp.row);
    gb_mdp_abandon(&b);
}
END_TEST

START_TEST(start_is_checked) {
    gb_mdp_builder b;
    gb_mdp mdp;
    gb_err err;
    ck_assert_int_eq(gb_mdp_begin(&b, 2, 1, 0.9, 2, &err), GB_OK);
    ck_assert_int_eq(gb_mdp_start(&b, 2, 1, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "start in state 2: there is no such state; use 0 to 1");
    ck_assert_int_eq(gb_mdp_start(&b, 0, NAN, &err), GB_USAGE);
    ck_assert_int_eq(gb_mdp_start(&b, 0, 0.5, &err), GB_OK);
    ck_assert_int_eq(gb_mdp_start(&b, 0, 0.5, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "start in state 0: was given before; take one back");
    for (int s = 0; s < 2; s++)
        ck_assert_int_eq(gb_mdp_add(&b, s, 0, (gb_outcome){1, s, 0, 0}, &err), GB_OK);
    ck_assert_int_eq(gb_mdp_finish(&b, &mdp, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "initial probabilities sum to 0.5, not 1; mend them");
    gb_mdp_abandon(&b);
}
END_TEST

START_TEST(sizes_are_checked_before_memory_is_taken) {
    static const struct {
        int states, actions;
        double gamma;
        const char *message;
    } wrong[] = {
        {0, 1, 0.9, "0 states; give at least 1"},
        {1, 0, 0.9, "0 actions; give 1 to 16384"},
        {1, 16385, 0.9, "16385 actions; give 1 to 16384"},
        {1, 1, 1, "gamma is 1; give a discount of at least 0 and below 1"},
        {1, 1, -0.1, "gamma is -0.1; give a discount of at least 0 and below 1"},
        {1, 1, NAN, "gamma is nan; give a discount of at least 0 and below 1"},
    };
    gb_mdp_builder b;
    gb_err err;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_int_eq(gb_mdp_begin(&b, wrong[i].states, wrong[i].actions, wrong[i].gamma, 1,
                                      &err),
                         GB_USAGE);
        ck_assert_str_eq(err.msg, wrong[i].message);
    }
    gb_alloc_fail_after(0); /* would say "out of memory" */
    ck_assert_int_eq(gb_mdp_begin(&b, INT_MAX, 16384, 0.9, SIZE_MAX, &err), GB_FAIL);
    ck_assert_ptr_nonnull(strstr(err.msg, "an MDP of 2147483647 states, 16384 actions and "));
    ck_assert_ptr_nonnull(strstr(err.msg, " MiB of memory, "));
    ck_assert_ptr_nonnull(strstr(err.msg, " MiB are available; make it smaller or free some"));
    gb_mdp mdp;
    ck_assert_int_eq(gb_mdp_random(&mdp, INT_MAX, 16384, INT_MAX, 0.9, 0, &err), GB_FAIL);
    ck_assert_ptr_nonnull(strstr(err.msg, " are available"));
    gb_alloc_fail_after(-1);
}
END_TEST

Suite *mdp_suite(void);
Suite *mdp_suite(void) {
    const TTest *const tests[] = {
        rows_hold_what_was_added,
        samples_follow_the_rows,
        unreachable_states_are_counted,
        sums_near_one_are_mended_others_refused,
        order_and_legality_are_checked,
        start_is_checked,
        sizes_are_checked_before_memory_is_taken,
        NULL,
    };
    Suite *suite = test_suite("mdp", tests, 60);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, bad_outcomes_are_refused, 0, sizeof bad / sizeof *bad);
    suite_add_tcase(suite, loops);
    return suite;
}
