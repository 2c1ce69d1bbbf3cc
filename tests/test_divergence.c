/* Power divergences against the textbook equations solved by bisection in long double: any index,
 * tiny priors, large differences. */
#include "divergence.h"
#include "rng.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { MOST = 3000 };

/* One greedy step and the arrays it needs. */
struct step {
    int n;
    double index, weight;
    double q[MOST], log_prior[MOST], log_policy[MOST];
    bool legal[MOST];
    double value;
};

static struct step s; /* large, and zero at the start of each test, which runs in its own process */

static gb_prior prior_of(gb_actions *actions) {
    *actions = (gb_actions){s.n, s.legal, s.log_prior};
    return gb_prior_make(actions, 1);
}

static void greedy(void) {
    gb_actions actions;
    gb_prior prior = prior_of(&actions);
    s.value = gb_divergence_greedy(s.index, s.weight, &prior, s.q, s.log_policy);
}

/* Draws values and a prior; `spread` weights between values, prior down to exp(-depth). */
static void draw(gb_rng *rng, int n, double spread, double depth) {
    s.n = n;
    for (int a = 0; a < n; a++) {
        s.q[a] = 3 + s.weight * spread * gb_rng_uniform(rng, -1, 1);
        s.log_prior[a] = -depth * gb_rng_unit(rng);
        s.legal[a] = true;
    }
}

/* The ratio p/m of an action with gap t, where the action with gap 0 has the ratio v^(1/c). */
static long double ratio(long double c, long double v, long double t) {
    long double base = v - c * t;
    return base > 0 ? powl(base, 1 / c) : 0;
}

/* Writes the policy, by bisection on log v. */
static void reference(long double *p) {
    long double c = s.index - 1, best = -INFINITY, mass = 0, low = 0, high = 0;
    for (int a = 0; a < s.n; a++) {
        if (s.legal[a]) best = fmaxl(best, s.q[a]);
        if (s.legal[a]) mass += expl(s.log_prior[a]);
    }
    if (c > 0)
        high = 9000 * fminl(c, 1);
    else
        low = -9000 * fminl(-c, 1);
    for (int i = 0; i < 90; i++) {
        long double middle = (low + high) / 2, sum = 0;
        for (int a = 0; a < s.n; a++) {
            p[a] = 0;
            if (s.legal[a])
                p[a] = expl(s.log_prior[a]) / mass *
                       ratio(c, expl(middle), (best - s.q[a]) / s.weight);
            sum += p[a];
        }
        if ((sum > 1) == (c > 0))
            high = middle;
        else
            low = middle;
    }
}

/* Compares with the reference: probabilities to `tol`, logarithms too where that is well posed. */
static void compare(double tol) {
    static long double p[MOST];
    greedy();
    reference(p);
    for (int a = 0; a < s.n; a++) {
        double got = exp(s.log_policy[a]);
        ck_assert_msg(fabs((double)(got - p[a])) <= tol,
                      "index %g weight %g n %d action %d: %.17g, not %.17Lg", s.index, s.weight,
                      s.n, a, got, p[a]);
        if (s.index < 1 && p[a] > 0)
            ck_assert_double_eq_tol(s.log_policy[a], (double)logl(p[a]), 1e-10);
    }
}

static const double indices[] = {-6, -1, 0, 0.01, 0.5, 0.9, 0.999, 1.001, 1.1, 1.5, 2, 2.7, 3};
#define EACH_INDEX                                                                                 \
    for (size_t i_ = 0; i_ < sizeof indices / sizeof *indices && ((s.index = indices[i_]), 1); i_++)

START_TEST(solves_the_scalar_equation) {
    gb_rng rng = gb_rng_stream(5, 1);
    EACH_INDEX
    for (int trial = 0; trial < 60; trial++) {
        s.weight = exp(gb_rng_uniform(&rng, -20, 7));
        draw(&rng, 1 + (int)gb_rng_below(&rng, 50), 5 * gb_rng_unit(&rng), 4);
        compare(1e-12);
    }
}
END_TEST

START_TEST(large_differences_are_no_trouble) {
    gb_rng rng = gb_rng_stream(5, 2);
    EACH_INDEX
    for (int trial = 0; trial < 30; trial++) {
        s.weight = exp(gb_rng_uniform(&rng, -7, 7));
        draw(&rng, 2 + (int)gb_rng_below(&rng, 20), 1e6, 4);
        compare(1e-12);
    }
}
END_TEST

START_TEST(tiny_priors_are_no_trouble) {
    gb_rng rng = gb_rng_stream(5, 3);
    EACH_INDEX
    for (int trial = 0; trial < 30; trial++) {
        double spread = trial % 2 ? 1 : 1e6;
        s.weight = 1;
        draw(&rng, 2 + (int)gb_rng_below(&rng, 20), spread, 1200);
        compare(1e-12 + spread * 1e-15); /* the second: rounding of the values themselves */
    }
}
END_TEST

START_TEST(thousands_of_actions) {
    gb_rng rng = gb_rng_stream(5, 4);
    EACH_INDEX {
        s.weight = 0.1;
        draw(&rng, MOST, 50, 6);
        for (int a = 0; a < s.n; a += 3) s.legal[a] = false;
        compare(1e-12);
    }
}
END_TEST

START_TEST(index_one_is_a_softmax) {
    gb_rng rng = gb_rng_stream(5, 9);
    s.index = 1;
    for (int trial = 0; trial < 200; trial++) {
        double depth = trial % 2 ? 3 : 1200, top = -INFINITY, sum = 0;
        s.weight = exp(gb_rng_uniform(&rng, -7, 7));
        draw(&rng, 2 + trial % 30, 2 * depth, depth);
        for (int a = 0; a < s.n; a++) top = fmax(top, s.log_prior[a] + s.q[a] / s.weight);
        for (int a = 0; a < s.n; a++) sum += exp(s.log_prior[a] + s.q[a] / s.weight - top);
        greedy();
        for (int a = 0; a < s.n; a++)
            ck_assert_double_eq_tol(s.log_policy[a],
                                    s.log_prior[a] + s.q[a] / s.weight - top - log(sum),
                                    1e-15 * (depth + fabs(top) + 100));
    }
}
END_TEST

START_TEST(index_one_is_the_limit) {
    gb_rng rng = gb_rng_stream(5, 5);
    for (int trial = 0; trial < 100; trial++) {
        double log_policy[50];
        s.index = 1;
        s.weight = 0.3;
        draw(&rng, 2 + trial % 30, 4, 3);
        greedy();
        double value = s.value;
        memcpy(log_policy, s.log_policy, sizeof log_policy);
        for (int side = -1; side <= 1; side += 2) {
            s.index = 1 + side * 1e-13;
            greedy();
            ck_assert_double_eq_tol(s.value, value, 1e-11);
            for (int a = 0; a < s.n; a++)
                ck_assert_double_eq_tol(s.log_policy[a], log_policy[a], 1e-10);
        }
    }
}
END_TEST

/* --- value, gradient, bounds ------------------------------------------------------------------*/

static long double textbook(double k, const double *log_p, const double *log_m, int n) {
    long double sum = 0;
    for (int a = 0; a < n; a++) {
        long double m = expl(log_m[a]), x = expl((long double)log_p[a] - log_m[a]);
        if (k == 1)
            sum += m * ((x > 0 ? x * logl(x) : 0) - x + 1);
        else if (k == 0)
            sum += m * (x - 1 - logl(x));
        else
            sum += m * (powl(x, k) - k * x + k - 1) / (k * (k - 1));
    }
    return sum;
}

/* Draws a problem, its prior's logarithms and a policy, with zeros if the index allows. */
static double draw_policy(gb_rng *rng, int trial, double *log_m, double *log_p) {
    const double more[] = {1, -3, 0.3, 0.7, 5};
    double k = trial % 3 ? indices[trial % 13] : more[trial % 5], sum = 0;
    gb_actions actions;
    draw(rng, 2 + trial % 40, 1, 5);
    gb_prior prior = prior_of(&actions);
    for (int a = 0; a < s.n; a++) {
        log_m[a] = gb_prior_log(&prior, a);
        log_p[a] = -6 * gb_rng_unit(rng);
        if (k > 0 && a && !gb_rng_below(rng, 4)) log_p[a] = -INFINITY;
        sum += exp(log_p[a]);
    }
    for (int a = 0; a < s.n; a++) log_p[a] -= log(sum);
    return k;
}

START_TEST(value_is_the_textbook_sum) {
    gb_rng rng = gb_rng_stream(5, 6);
    for (int trial = 0; trial < 600; trial++) {
        double log_m[50], log_p[50], k = draw_policy(&rng, trial, log_m, log_p);
        double expected = (double)textbook(k, log_p, log_m, s.n);
        gb_actions actions;
        gb_prior prior = prior_of(&actions);
        double got = gb_divergence_value(k, &prior, log_p);
        ck_assert_double_ge(got, 0);
        ck_assert_double_eq_tol(got, expected, 1e-13 * (1 + expected));
        ck_assert_double_le(got, gb_divergence_max(k, &prior) * (1 + 1e-12));
        ck_assert_double_eq_tol(gb_divergence_value(k, &prior, log_m), 0, 1e-15);
    }
}
END_TEST

START_TEST(gradient_is_the_difference) {
    gb_rng rng = gb_rng_stream(5, 8);
    for (int trial = 0; trial < 600; trial++) {
        double log_m[50], log_p[50], slope[50], k = draw_policy(&rng, trial, log_m, log_p);
        gb_actions actions;
        gb_prior prior = prior_of(&actions);
        gb_divergence_gradient(k, &prior, log_p, slope);
        for (int a = 0; a < s.n; a++) {
            if (log_p[a] == -INFINITY) { /* 1/slope, as it may be infinite */
                ck_assert_double_eq_tol(1 / slope[a], k > 1 ? 1 - k : 0, 1e-12);
                ck_assert_double_lt(slope[a], 0);
                continue;
            }
            double up = log_p[a] + 1e-5, down = log_p[a] - 1e-5;
            long double rise = textbook(k, &up, log_m + a, 1) - textbook(k, &down, log_m + a, 1);
            double difference = (double)rise / (exp(up) - exp(down));
            ck_assert_double_eq_tol(slope[a], difference, 1e-6 * (1 + fabs(slope[a])));
        }
    }
}
END_TEST

START_TEST(values_far_from_the_prior) {
    s.n = 2;
    s.legal[0] = s.legal[1] = true;
    s.log_prior[0] = -2000;
    gb_actions actions;
    gb_prior prior = prior_of(&actions);
    const double at[] = {0, -INFINITY}, inside[] = {-700, 0}, deep[] = {0, -1500},
                 deeper[] = {0, -2000}, other[] = {-INFINITY, 0};
    ck_assert_double_eq_tol(gb_divergence_value(1, &prior, at), 2000, 1e-9);
    ck_assert_double_eq_tol(gb_divergence_value(0.5, &prior, at), 4, 1e-12);
    ck_assert_double_eq_tol(gb_divergence_value(1, &prior, inside), 0, 1e-12);
    ck_assert_double_eq_tol(gb_divergence_value(0, &prior, deep), 1500, 1e-9);
    ck_assert_double_eq_tol(gb_divergence_value(0.2, &prior, deep), 1 / 0.2 + 1 / 0.8, 1e-12);
    ck_assert_double_eq_tol(gb_divergence_value(0.55, &prior, deeper), 1 / 0.55 + 1 / 0.45, 1e-12);
    ck_assert(gb_divergence_value(0, &prior, at) == INFINITY);
    ck_assert(gb_divergence_value(0, &prior, other) == INFINITY);
    ck_assert(gb_divergence_value(-1, &prior, at) == INFINITY);
    ck_assert(gb_divergence_max(0, &prior) == INFINITY);
    ck_assert_double_eq_tol(gb_divergence_max(1, &prior), 2000, 1e-9);
    s.legal[0] = false;
    prior = prior_of(&actions);
    ck_assert(gb_divergence_value(2, &prior, inside) == INFINITY);
    ck_assert_double_eq(gb_divergence_max(0, &prior), 0);
    double slope[2];
    gb_divergence_gradient(2, &prior, inside, slope);
    ck_assert(slope[0] == INFINITY && slope[1] == 0);
}
END_TEST

/* --- what cannot be ---------------------------------------------------------------------------*/

static void expect_nan(void) {
    EACH_INDEX {
        s.weight = (double)(i_ % 3);
        greedy();
        ck_assert_double_nan(s.value);
        for (int a = 0; a < s.n; a++) ck_assert_double_nan(s.log_policy[a]);
    }
}

START_TEST(what_cannot_be_is_nan) {
    gb_rng rng = gb_rng_stream(5, 7);
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        draw(&rng, 5, 1, 1);
        s.q[i] = bad[i];
        expect_nan();
        s.legal[i] = false; /* an illegal action's value counts for nothing */
        s.index = 0;
        s.weight = 1;
        greedy();
        ck_assert(isfinite(s.value) && s.log_policy[i] == -INFINITY);
        memset(s.legal, 0, sizeof s.legal);
        expect_nan();
    }
    draw(&rng, 5, 1, 1);
    s.log_prior[2] = NAN;
    expect_nan();
    s.log_prior[2] = INFINITY;
    expect_nan();
    draw(&rng, 5, 1, 1);
    for (int a = 0; a < 5; a++) s.log_prior[a] = -INFINITY;
    expect_nan();
    s.q[0] = 1e308;
    s.q[1] = -1e308;
    memset(s.log_prior, 0, sizeof s.log_prior);
    EACH_INDEX {
        s.weight = 1e-9;
        greedy();
        ck_assert(s.value == 1e308 && exp(s.log_policy[0]) == 1 && s.log_policy[1] < -70);
    }
}
END_TEST

Suite *divergence_suite(void) {
    const TTest *const tests[] = {solves_the_scalar_equation,
                                  large_differences_are_no_trouble,
                                  tiny_priors_are_no_trouble,
                                  thousands_of_actions,
                                  index_one_is_a_softmax,
                                  index_one_is_the_limit,
                                  value_is_the_textbook_sum,
                                  gradient_is_the_difference,
                                  values_far_from_the_prior,
                                  what_cannot_be_is_nan,
                                  NULL};
    return test_suite("divergence", tests, 60);
}
