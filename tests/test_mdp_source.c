/* Where MDPs come from: random families and their statistics, models of environments; what is left
 * when memory fails. */
#include "mdp_things.h"
#include "opt.h"
#include "toy.h"

#include <gsl/gsl_linalg.h>

extern const gb_env_type *const gb_builtin_envs[];
extern const gb_env_type gb_env_frozen_lake, gb_env_corridor;

/* --- random families --------------------------------------------------------------------------*/

START_TEST(garnet_has_its_statistics) {
    enum { S = 200, A = 50, B = 4 };
    gb_mdp mdp;
    gb_err err;
    int paying = 0, to[S] = {0};
    double squares = 0, rewards = 0;
    ck_assert_int_eq(gb_mdp_garnet(&mdp, S, A, B, 0.9, 3, &err), GB_OK);
    ck_assert_int_eq(mdp.branching, B);
    ck_assert_uint_eq(mdp.outcomes, S * A * B);
    ck_assert_ptr_null(mdp.reward);
    for (size_t i = 0; i < S * A; i++)
        for (size_t k = mdp.row[i]; k < mdp.row[i + 1]; k++) {
            for (size_t j = mdp.row[i]; j < k; j++) ck_assert_int_ne(mdp.next[k], mdp.next[j]);
            squares += mdp.p[k] * mdp.p[k];
            to[mdp.next[k]]++;
        }
    /* gaps of B - 1 sorted uniforms: E p^2 = 2 / (B (B + 1)), standard deviation below 0.14 */
    ck_assert_double_eq_tol(squares / (S * A * B), 0.1, 5 * 0.14 / sqrt(S * A * B));
    for (int s = 0; s < S; s++) {
        paying += mdp.r[s * A] > 0;
        rewards += mdp.r[s * A];
        ck_assert_int_gt(to[s], 200 - 5 * 15); /* of 40,000 successors, 200 each */
        ck_assert_int_lt(to[s], 200 + 5 * 15);
        for (int a = 1; a < A; a++) ck_assert_double_eq(mdp.r[s * A + a], mdp.r[s * A]);
    }
    ck_assert_int_eq(paying, S / 10);
    ck_assert_double_eq_tol(rewards / paying, 0.5, 5 * 0.29 / sqrt(paying));
    gb_mdp_free(&mdp);
}
END_TEST

static int family(int which, gb_mdp *mdp, uint64_t seed, gb_err *err) {
    switch (which) {
    case 0:
        return gb_mdp_garnet(mdp, 30, 4, 4, 0.9, seed, err);
    case 1:
        return gb_mdp_random(mdp, 30, 4, 3, 0.9, seed, err);
    case 2:
        return gb_mdp_random(mdp, 12, 4, 12, 0.9, seed, err);
    default:
        return gb_mdp_linear(mdp, 12, 4, 3, 0.9, seed, NULL, err);
    }
}

START_TEST(seed_decides) {
    gb_mdp a, b, c;
    gb_err err;
    ck_assert_int_eq(family(_i, &a, 1, &err), GB_OK);
    ck_assert_int_eq(family(_i, &b, 1, &err), GB_OK);
    ck_assert_int_eq(family(_i, &c, 2, &err), GB_OK);
    same_mdp(&a, &b);
    ck_assert(memcmp(a.p, c.p, a.outcomes * sizeof *a.p) != 0);
    gb_mdp_free(&a);
    gb_mdp_free(&b);
    gb_mdp_free(&c);
}
END_TEST

START_TEST(linear_has_its_rank) {
    enum { S = 20, A = 5, D = 3, PAIRS = S * A };
    gb_mdp mdp;
    gb_err err;
    static double phi[PAIRS][D], p[PAIRS][S + 1], v[(S + 1) * (S + 1)], sizes[S + 1], work[S + 1];
    ck_assert_int_eq(gb_mdp_linear(&mdp, S, A, D, 0.9, 1, phi[0], &err), GB_OK);
    for (int i = 0; i < PAIRS; i++) {
        for (size_t k = mdp.row[i]; k < mdp.row[i + 1]; k++) p[i][mdp.next[k]] = mdp.p[k];
        p[i][S] = mdp.r[i]; /* rewards are linear in the same features */
        ck_assert_double_eq_tol(phi[i][0] + phi[i][1] + phi[i][2], 1, 1e-12);
    }
    gsl_matrix_view matrix = gsl_matrix_view_array(p[0], PAIRS, S + 1);
    gsl_matrix_view right = gsl_matrix_view_array(v, S + 1, S + 1);
    gsl_vector_view values = gsl_vector_view_array(sizes, S + 1);
    gsl_vector_view space = gsl_vector_view_array(work, S + 1);
    gsl_linalg_SV_decomp(&matrix.matrix, &right.matrix, &values.vector, &space.vector);
    ck_assert_double_gt(sizes[D - 1], 1e-3);
    ck_assert_double_lt(sizes[D], 1e-12);
    gb_mdp_free(&mdp);
}
END_TEST

START_TEST(families_refuse_what_cannot_be) {
    gb_mdp mdp;
    gb_err err;
    ck_assert_int_eq(gb_mdp_garnet(&mdp, 3, 2, 4, 0.9, 0, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "garnet: 4 successors of 3 states; give 1 to 3");
    ck_assert_int_eq(gb_mdp_linear(&mdp, 3, 2, 0, 0.9, 0, NULL, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "linear: rank 0 of 3 states; give 1 to 3");
    ck_assert_int_eq(gb_mdp_random(&mdp, 0, 2, 4, 0.9, 0, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "0 states; give at least 1");
    ck_assert_int_eq(gb_mdp_random(&mdp, 3, -2, 4, 0.9, 0, &err), GB_USAGE);
    ck_assert_int_eq(gb_mdp_random(&mdp, 3, 2, 2, 1.5, 0, &err), GB_USAGE);
    ck_assert_ptr_null(mdp.row);
}
END_TEST

START_TEST(failing_allocations_leave_nothing) {
    /* run under AddressSanitizer this also finds what is not freed on the way out */
    for (int which = 0; which < 6; which++) {
        gb_env env;
        open_type(&env, &gb_env_frozen_lake);
        int failures = 0;
        for (long n = 0; n < 100; n++) {
            gb_mdp mdp;
            gb_err err = {""};
            gb_alloc_fail_after(n);
            int code = which < 4    ? family(which, &mdp, 1, &err)
                       : which == 4 ? gb_mdp_from_env(&mdp, &env, 0.9, &err)
                                    : gb_mdp_parse(&mdp, small_mdp, strlen(small_mdp), "x", &err);
            gb_alloc_fail_after(-1);
            if (!code) gb_mdp_free(&mdp);
            if (!code) break;
            ck_assert_int_eq(code, GB_FAIL);
            ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
            ck_assert_ptr_null(mdp.row);
            failures++;
        }
        ck_assert_int_ge(failures, 6);
        ck_assert_int_lt(failures, 100);
        gb_env_free(&env);
    }
}
END_TEST

/* --- from environments ------------------------------------------------------------------------*/

static bool listed(const gb_outcome *o, const gb_mdp *mdp, size_t i) {
    for (size_t k = mdp->row[i]; k < mdp->row[i + 1]; k++) {
        gb_outcome other = gb_mdp_outcome(mdp, i, k);
        if (other.next == o->next && other.terminal == o->terminal && other.reward == o->reward &&
            fabs(other.probability - o->probability) < 1e-15)
            return true;
    }
    return false;
}

START_TEST(every_model_becomes_an_mdp) {
    int found = 0;
    for (const gb_env_type *const *type = gb_builtin_envs; *type; type++) {
        gb_env env;
        gb_mdp mdp;
        gb_err err;
        open_type(&env, *type);
        int code = gb_mdp_from_env(&mdp, &env, 0.99, &err);
        ck_assert_int_eq(code, (*type)->model ? GB_OK : GB_USAGE);
        for (size_t i = 0; !code && i < gb_mdp_pairs(&mdp); i++) {
            gb_outcome out[GB_MAX_OUTCOMES];
            int n = (*type)->model(env.config, (int)(i / mdp.actions), (int)(i % mdp.actions), out,
                                   GB_MAX_OUTCOMES);
            size_t possible = 0;
            for (int k = 0; k < n; k++) {
                if (out[k].probability > 0) ck_assert(listed(&out[k], &mdp, i));
                possible += out[k].probability > 0;
            }
            ck_assert_uint_eq(mdp.row[i + 1] - mdp.row[i], possible);
        }
        found += !code;
        gb_mdp_free(&mdp);
        gb_env_free(&env);
    }
    ck_assert_int_ge(found, 2);
}
END_TEST

START_TEST(start_is_asked_for_or_seen) {
    static const char map[] = "SFS/FFF/SFG";
    gb_env env;
    gb_mdp mdp;
    gb_err err;
    gb_env_type silent = gb_env_frozen_lake;
    silent.start = NULL;
    ck_assert_int_eq(gb_env_init(&env, &silent, &err), GB_OK);
    const gb_opt *row = gb_opts_find(silent.opts, "map");
    strcpy((char *)env.config + row->offset, map);
    ck_assert_int_eq(gb_env_open(&env, &err), GB_OK);
    for (int asked = 0; asked < 2; asked++) {
        silent.start = asked ? gb_env_frozen_lake.start : NULL;
        ck_assert_int_eq(gb_mdp_from_env(&mdp, &env, 0.9, &err), GB_OK);
        for (int s = 0; s < 9; s++)
            ck_assert_double_eq_tol(mdp.start[s], s == 0 || s == 2 || s == 6 ? 1.0 / 3 : 0, 1e-15);
        gb_mdp_free(&mdp);
    }
    gb_env_free(&env);
}
END_TEST

static int half_model(const void *config, int s, int a, gb_outcome *out, int max) {
    int n = gb_env_corridor.model(config, s, a, out, max);
    if (s == 3) out[0].probability = 0.5;
    return s == 4 ? -1 : n;
}

START_TEST(bad_models_are_named) {
    gb_env_type type = gb_env_corridor;
    gb_env env;
    gb_mdp mdp;
    gb_err err;
    type.model = half_model;
    open_type(&env, &type);
    ck_assert_int_eq(gb_mdp_from_env(&mdp, &env, 0.9, &err), GB_FAIL);
    ck_assert_str_eq(err.msg, "corridor: state 4, action 0: the model has -1 outcomes; mend model");
    gb_env_free(&env);
    open_toy(&env, (struct toy_config){.end = 3});
    ck_assert_int_eq(gb_mdp_from_env(&mdp, &env, 0.9, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "toy: has no model of its transitions; choose a finite environment "
                              "that has one");
    gb_env_free(&env);
}
END_TEST

Suite *mdp_source_suite(void);
Suite *mdp_source_suite(void) {
    const TTest *const tests[] = {
        garnet_has_its_statistics,      linear_has_its_rank,
        families_refuse_what_cannot_be, failing_allocations_leave_nothing,
        every_model_becomes_an_mdp,     start_is_asked_for_or_seen,
        bad_models_are_named,           NULL,
    };
    Suite *suite = test_suite("mdp_source", tests, 60);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, seed_decides, 0, 4);
    suite_add_tcase(suite, loops);
    return suite;
}
