/* Regularisers: published and computed vectors, closed forms, identities between them, limits,
 * masks, priors of no weight. test_regularizer.c has what holds for all of them. */
#include "opt.h"
#include "regularizer.h"
#include "rng.h"
#include "support.h"

#include <math.h>
#include <string.h>

#define EACH_TYPE for (const gb_regularizer_type *type = gb_regularizer_types; type->name; type++)

static gb_regularizer make(const char *name, double tau, double lambda, double index) {
    gb_regularizer r;
    gb_err err = {""};
    if (gb_regularizer_make(&r, name, tau, lambda, index, &err)) ck_abort_msg("%s", err.msg);
    return r;
}

/* Probabilities p (n) of the greedy policy; prior m (n) or NULL. Returns the conjugate. */
static double greedy(const gb_regularizer *r, int n, const double *m, const double *q, double *p) {
    double log_m[64], log_p[64];
    for (int a = 0; a < n; a++) log_m[a] = m ? log(m[a]) : 0;
    gb_actions actions = {n, NULL, m ? log_m : NULL};
    double value = gb_regularizer_greedy(r, &actions, q, log_p);
    for (int a = 0; a < n; a++) p[a] = exp(log_p[a]);
    return value;
}

static void expect(int n, const double *got, const double *expected, double tol) {
    for (int a = 0; a < n; a++) ck_assert_double_eq_tol(got[a], expected[a], tol);
}

static void draw(gb_rng *rng, int n, double *q, double *m) {
    double sum = 0;
    for (int a = 0; a < n; a++) {
        q[a] = gb_rng_normal(rng);
        sum += m[a] = 0.05 + gb_rng_unit(rng);
    }
    for (int a = 0; a < n; a++) m[a] /= sum;
}

/* --- vectors ----------------------------------------------------------------------------------*/

START_TEST(sparsemax_vector) {
    const double z[] = {0.5, 0.3, -1}, expected[] = {0.6, 0.4, 0};
    double p[3];
    gb_regularizer r = make("sparsemax", 1, 0, 0);
    ck_assert_double_eq_tol(greedy(&r, 3, NULL, z, p), 0.66, 1e-15);
    expect(3, p, expected, 1e-15);
    ck_assert(p[2] == 0);
}
END_TEST

static const double x[] = {0.5, 0.3, -0.4, 0.1}, m4[] = {0.1, 0.2, 0.3, 0.4};

START_TEST(tsallis_vectors) {
    const struct {
        double index, p[4];
    } rows[] = {{1.5, {0.5934, 0.3004, 0, 0.1062}},
                {2, {2 / 3.0, 1 / 3.0, 0, 0}},
                {3, {0.7222, 0.2778, 0, 0}}};
    for (int i = 0; i < 3; i++) {
        gb_regularizer r = make("tsallis", 0.3, 0, rows[i].index);
        double p[4];
        greedy(&r, 4, m4, x, p); /* which has no use for the prior */
        expect(4, p, rows[i].p, i == 1 ? 1e-15 : 5e-5);
        ck_assert(p[2] == 0);
    }
}
END_TEST

START_TEST(divergence_vectors) {
    const struct {
        const char *name;
        double p[4], value;
    } rows[] = {{"kl", {0.2158, 0.2893, 0.1070, 0.3879}, 0.11540},
                {"reverse_kl", {0.2651, 0.2573, 0.1378, 0.3398}, 0.11322},
                {"chi2", {0.1940, 0.3080, 0.0420, 0.4560}, 0.12410},
                {"hellinger", {0.4378, 0.2595, 0.0578, 0.2449}, 0.17984},
                {"alpha_divergence", {0.2021, 0.2986, 0.0817, 0.4176}, 0.11872}};
    for (int i = 0; i < 5; i++) {
        gb_regularizer r = make(rows[i].name, 0, 0.5, 1.5);
        double p[4];
        ck_assert_double_eq_tol(greedy(&r, 4, m4, x, p), rows[i].value, 5e-6);
        expect(4, p, rows[i].p, 5e-5);
    }
}
END_TEST

/* --- closed forms and identities --------------------------------------------------------------*/

START_TEST(closed_forms) {
    gb_rng rng = gb_rng_stream(7, 1);
    for (int trial = 0; trial < 200; trial++) {
        int n = 2 + trial % 49;
        double q[64], m[64], p[64], expected[64];
        draw(&rng, n, q, m);
        double tau = 0.2 + gb_rng_unit(&rng), lambda = 0.2 + gb_rng_unit(&rng);
        const struct {
            const char *name;
            double b, t;
        } rows[] = {{"entropy", 0, tau},
                    {"kl", 1, lambda},
                    {"kl_entropy", lambda / (lambda + tau), lambda + tau}};
        for (int i = 0; i < 3; i++) {
            double sum = 0;
            for (int a = 0; a < n; a++)
                sum += expected[a] = pow(m[a], rows[i].b) * exp(q[a] / rows[i].t);
            for (int a = 0; a < n; a++) expected[a] /= sum;
            gb_regularizer r = make(rows[i].name, tau, lambda, 0);
            ck_assert_double_eq_tol(greedy(&r, n, m, q, p), rows[i].t * log(sum), 1e-12);
            expect(n, p, expected, 1e-14);
        }
        /* KL to the uniform policy is mellowmax */
        gb_regularizer kl = make("kl", 0, lambda, 0), entropy = make("entropy", lambda, 0, 0);
        double mellowmax = greedy(&entropy, n, NULL, q, p) - lambda * log(n);
        ck_assert_double_eq_tol(greedy(&kl, n, NULL, q, p), mellowmax, 1e-13);
        /* Tsallis-INF: p = 1 / (tau' (x - q))^2, checked by its own scalar x */
        gb_regularizer half = make("tsallis", tau, 0, 0.5);
        greedy(&half, n, NULL, q, p);
        double level = q[0] + tau / sqrt(p[0]);
        for (int a = 0; a < n; a++)
            ck_assert_double_eq_tol(p[a], tau * tau / (level - q[a]) / (level - q[a]), 1e-13);
    }
}
END_TEST

/* Both give the same policy, and conjugates `apart`, on random problems. */
static void same(gb_regularizer one, gb_regularizer other, bool prior, int n, double apart,
                 double tol) {
    gb_rng rng = gb_rng_stream(7, 2);
    for (int trial = 0; trial < 50; trial++) {
        double q[64], m[64], p[64], other_p[64];
        draw(&rng, n, q, m);
        double value = greedy(&one, n, prior ? m : NULL, q, p);
        double other_value = greedy(&other, n, prior ? m : NULL, q, other_p);
        ck_assert_double_eq_tol(value + apart, other_value, tol);
        expect(n, p, other_p, tol);
    }
}

START_TEST(identities) {
    for (int n = 2; n < 20; n++) {
        double t = 0.1 * n, tol = 1e-13;
        /* weight alpha n and, with chi2 = alpha n/2 (|p|^2 - 1) + alpha (n - 1)/2, a constant */
        same(make("chi2", 0, t, 0), make("sparsemax", t * n, 0, 0), false, n, t * (n - 1) / 2, tol);
        same(make("tsallis", t, 0, 2), make("sparsemax", 2 * t, 0, 0), false, n, 0, tol);
        same(make("tsallis", t, 0, 1), make("entropy", t, 0, 0), false, n, 0, tol);
        same(make("kl_entropy", t, 0, 0), make("entropy", t, 0, 0), true, n, 0, tol);
        same(make("kl_entropy", 0, t, 0), make("kl", 0, t, 0), true, n, 0, tol);
        same(make("alpha_divergence", 0, t, 1), make("kl", 0, t, 0), true, n, 0, tol);
        same(make("alpha_divergence", 0, t, 0), make("reverse_kl", 0, t, 0), true, n, 0, tol);
        same(make("alpha_divergence", 0, t, 2), make("chi2", 0, t, 0), true, n, 0, tol);
        same(make("alpha_divergence", 0, t, 0.5), make("hellinger", 0, 2 * t, 0), true, n, 0, tol);
        same(make("log_barrier", t, 0, 0), make("reverse_kl", 0, t * n, 0), false, n,
             t * n * log(n), tol * 100);
        same(make("tsallis", t, 0, 1 + 1e-9), make("entropy", t, 0, 0), false, n, 0, 1e-7);
    }
}
END_TEST

START_TEST(bounds_of_the_table) {
    double low, high;
    double log_m[] = {log(0.1), log(0.2), log(0.3), log(0.4), -INFINITY};
    gb_actions actions = {5, NULL, log_m};
    const struct {
        const char *name;
        double index, low, high;
    } rows[] = {{"none", 0, 0, 0},
                {"entropy", 0, -0.5 * log(5), 0},
                {"kl", 0, 0, 2 * log(10)},
                {"sparsemax", 0, -0.5 * 4 / 10, 0},
                {"tsallis", 2, -0.5 * 4 / 5, 0},
                {"log_barrier", 0, 0.5 * 5 * log(5), INFINITY},
                {"reverse_kl", 0, 0, INFINITY},
                {"chi2", 0, 0, 2 * (10 - 1) / 2.0},
                {"hellinger", 0, 0, 4 * (1 - sqrt(0.1))},
                {"alpha_divergence", -1, 0, INFINITY}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gb_regularizer r = make(rows[i].name, 0.5, 2, rows[i].index);
        gb_regularizer_bounds(&r, &actions, &low, &high);
        ck_assert_double_eq_tol(low, rows[i].low, 1e-14);
        ck_assert(high == rows[i].high || fabs(high - rows[i].high) < 1e-14);
        gb_regularizer_bounds(&r, &actions, NULL, &high);
        gb_regularizer_bounds(&r, &actions, &low, NULL);
        r.tau = r.lambda = 0;
        gb_regularizer_bounds(&r, &actions, &low, &high);
        ck_assert(low == 0 && high == 0);
    }
}
END_TEST

/* --- limits -----------------------------------------------------------------------------------*/

START_TEST(no_weight_is_greedy) {
    const double q[] = {1, 3, 3, 2, 3, 9}, prior[] = {0.1, 0.1, 0.3, 0.1, 0.4, 0};
    EACH_TYPE {
        gb_regularizer r = make(type->name, 0, 0, 0.5);
        double p[6], tiny_p[6];
        bool on_prior = !gb_opts_find(type->opts, "tau") && type->opts->name;
        const double uniform[] = {0, 0, 0, 0, 0, 1}, restricted[] = {0, 0.125, 0.375, 0, 0.5, 0};
        ck_assert(greedy(&r, 6, prior, q, p) == (on_prior ? 3 : 9));
        expect(6, p, on_prior ? restricted : uniform, 1e-15);
        const double thirds[] = {0, 1 / 3.0, 1 / 3.0, 0, 1 / 3.0};
        ck_assert(greedy(&r, 5, NULL, q, p) == 3);
        expect(5, p, thirds, 1e-15);
        ck_assert(p[0] == 0 && p[3] == 0);
        const double close[] = {1, nextafter(1, 0)}, first[] = {1, 0};
        greedy(&r, 2, NULL, close, p);
        expect(2, p, first, 1e-300);
        /* approached from above */
        greedy(&r, 6, prior, q, p);
        gb_regularizer tiny = make(type->name, 1e-13, 1e-13, 0.5);
        if (!strcmp(type->name, "kl_entropy")) tiny.lambda = 0;
        ck_assert_double_eq_tol(greedy(&tiny, 6, prior, q, tiny_p), on_prior ? 3 : 9, 1e-10);
        expect(6, tiny_p, p, 1e-12);
        double log_p[6], slope[6];
        for (int a = 0; a < 6; a++) log_p[a] = log(p[a]);
        gb_actions actions = {6, NULL, NULL};
        ck_assert_double_eq(gb_regularizer_value(&r, &actions, log_p), 0);
        gb_regularizer_gradient(&r, &actions, log_p, slope);
        for (int a = 0; a < 6; a++) ck_assert_double_eq(slope[a], 0);
    }
}
END_TEST

START_TEST(infinite_weight_is_the_prior) {
    const double uniform[] = {0.25, 0.25, 0.25, 0.25};
    EACH_TYPE {
        if (!type->opts->name) continue;
        bool on_prior = !gb_opts_find(type->opts, "tau");
        gb_regularizer r = make(type->name, 1e13, 1e13, 1.5);
        double p[4];
        if (!strcmp(type->name, "kl_entropy")) r.lambda = 0;
        greedy(&r, 4, m4, x, p);
        expect(4, p, on_prior ? m4 : uniform, 1e-12);
    }
}
END_TEST

START_TEST(a_million_temperatures_apart) {
    const double q[] = {1e6, 0, -1e6, 1e6 - 1};
    const double e = exp(-1), both[] = {1 / (1 + e), 0, 0, e / (1 + e)};
    gb_actions actions = {4, NULL, NULL};
    double log_p[4], p[4], low, high;
    gb_regularizer entropy = make("entropy", 1, 0, 0);
    ck_assert_double_eq_tol(gb_regularizer_greedy(&entropy, &actions, q, log_p), 1e6 + log(1 + e),
                            1e-9);
    for (int a = 0; a < 4; a++) p[a] = exp(log_p[a]);
    expect(4, p, both, 1e-14);
    ck_assert_double_eq_tol(log_p[1], -1e6 - log(1 + e), 1e-9); /* not -INFINITY */
    ck_assert_double_eq_tol(log_p[2], -2e6 - log(1 + e), 1e-9);
    ck_assert_double_eq_tol(gb_regularizer_value(&entropy, &actions, log_p),
                            -log(1 + e) - e / (1 + e), 1e-9);
    EACH_TYPE {
        gb_regularizer r = make(type->name, 1, 1, 1.5);
        double value = gb_regularizer_greedy(&r, &actions, q, log_p), sum = 0;
        for (int a = 0; a < 4; a++) sum += p[a] = exp(log_p[a]);
        ck_assert_double_eq_tol(sum, 1, 1e-14);
        ck_assert_double_lt(p[1] + p[2], 1e-5);
        gb_regularizer_bounds(&r, &actions, &low, &high);
        ck_assert_double_le(value, 1e6 - low + 1e-9);
        ck_assert_double_ge(value, 1e6 - fmin(high, 40) - 1e-9); /* 40: -sum ln p there */
    }
    gb_regularizer barrier = make("log_barrier", 1, 0, 0);
    greedy(&barrier, 4, NULL, q, p);
    ck_assert_double_eq_tol(p[1], 1e-6, 1e-11);
    ck_assert_double_eq_tol(p[2], 5e-7, 1e-11);
}
END_TEST

/* --- masks ------------------------------------------------------------------------------------*/

START_TEST(a_mask_is_a_smaller_problem) {
    gb_rng rng = gb_rng_stream(7, 3);
    EACH_TYPE
    for (int trial = 0; trial < 50; trial++) {
        const bool legal[] = {0, 1, 1, 0, 1, 0, 1, 1};
        double q[8], m[8], log_m[8], log_p[8], slope[8], few_q[5], few_log_m[5], few_log_p[5];
        double few_slope[5], low, few_low, high, few_high;
        int few = 0;
        draw(&rng, 8, q, m);
        for (int a = 0; a < 8; a++) {
            log_m[a] = log(m[a]);
            if (!legal[a]) q[a] = trial % 2 ? INFINITY : NAN; /* never looked at */
            if (!legal[a]) continue;
            few_q[few] = q[a];
            few_log_m[few++] = log_m[a] + 3; /* need not be normalised */
        }
        gb_actions all = {8, legal, log_m}, part = {5, NULL, few_log_m};
        gb_regularizer r = make(type->name, 0.3, 0.4, trial % 3 ? 0.5 : 2);
        double value = gb_regularizer_greedy(&r, &all, q, log_p);
        ck_assert_double_eq_tol(value, gb_regularizer_greedy(&r, &part, few_q, few_log_p), 1e-13);
        ck_assert_double_eq_tol(gb_regularizer_value(&r, &all, log_p),
                                gb_regularizer_value(&r, &part, few_log_p), 1e-13);
        gb_regularizer_bounds(&r, &all, &low, &high);
        gb_regularizer_bounds(&r, &part, &few_low, &few_high);
        ck_assert_double_eq_tol(low, few_low, 1e-13);
        ck_assert(high == few_high || fabs(high - few_high) < 1e-12);
        gb_regularizer_gradient(&r, &all, log_p, slope);
        gb_regularizer_gradient(&r, &part, few_log_p, few_slope);
        for (int a = 0, b = 0; a < 8; a++) {
            ck_assert(legal[a] || (log_p[a] == -INFINITY && slope[a] == INFINITY));
            if (!legal[a]) continue;
            ck_assert_double_eq_tol(exp(log_p[a]), exp(few_log_p[b]), 1e-13);
            ck_assert(slope[a] == few_slope[b] || fabs(slope[a] - few_slope[b]) < 1e-9);
            b++;
        }
        log_p[0] = log(0.5); /* illegal */
        if (type->opts->name) ck_assert(gb_regularizer_value(&r, &all, log_p) == INFINITY);
    }
}
END_TEST

START_TEST(without_weight_on_it_a_prior_is_not_looked_at) {
    const double log_m[] = {NAN, -INFINITY, 0};
    gb_actions actions = {3, NULL, log_m}, plain = {3, NULL, NULL};
    EACH_TYPE {
        gb_regularizer r = make(type->name, 0.3, 0, 0.5);
        double log_p[3], plain_p[3];
        if (gb_opts_find(type->opts, "lambda") && strcmp(type->name, "kl_entropy")) continue;
        ck_assert_double_eq(gb_regularizer_greedy(&r, &actions, x, log_p),
                            gb_regularizer_greedy(&r, &plain, x, plain_p));
        ck_assert_mem_eq(log_p, plain_p, sizeof log_p);
        ck_assert_double_eq(gb_regularizer_value(&r, &actions, plain_p),
                            gb_regularizer_value(&r, &plain, plain_p));
    }
}
END_TEST

START_TEST(nothing_possible_is_nan) {
    const bool none[] = {0, 0};
    const double q[] = {1, 2}, odd[] = {1, NAN};
    gb_actions actions = {2, none, NULL};
    EACH_TYPE {
        gb_regularizer r = make(type->name, 0.3, 0.4, 0.5);
        double log_p[2] = {0, 0};
        ck_assert_double_nan(gb_regularizer_greedy(&r, &actions, q, log_p));
        ck_assert(isnan(log_p[0]) && isnan(log_p[1]));
        gb_actions all = {2, NULL, NULL};
        ck_assert_double_nan(gb_regularizer_greedy(&r, &all, odd, log_p));
        ck_assert(isnan(log_p[0]) && isnan(log_p[1]));
    }
}
END_TEST

Suite *regularizer_vectors_suite(void) {
    const TTest *const tests[] = {sparsemax_vector,
                                  tsallis_vectors,
                                  divergence_vectors,
                                  closed_forms,
                                  identities,
                                  bounds_of_the_table,
                                  no_weight_is_greedy,
                                  infinite_weight_is_the_prior,
                                  a_million_temperatures_apart,
                                  a_mask_is_a_smaller_problem,
                                  without_weight_on_it_a_prior_is_not_looked_at,
                                  nothing_possible_is_nan,
                                  NULL};
    return test_suite("regularizer_vectors", tests, 60);
}
