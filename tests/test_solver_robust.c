/* Robust value iteration: published values, limits, the saddle point, and the risks themselves. */
#include "../agents/solvers/risk.h"
#include "exact.h"
#include "robust_exact.h"
#include "solver_things.h"

#include <gsl/gsl_min.h>

extern const gb_solver_type gb_solver_robust_value_iteration, gb_solver_value_iteration;
static const gb_solver_type *const robust = &gb_solver_robust_value_iteration;

/* --- a ring of 14 states (Zhang, Hu and Li 2023) ----------------------------------------------*/

/* Left, stay, right; one step beside the aim with probability p on either side. */
static void ring(gb_mdp *mdp, double p) {
    static const double rewards[14] = {0, 0, -1, 2, -1, 0, 0, -10, 5, -10, 0, 0.9, 1, 0};
    gb_mdp_builder b;
    ck_assert_int_eq(gb_mdp_begin(&b, 14, 3, 0.95, 14 * 9, NULL), GB_OK);
    for (int s = 0; s < 14; s++)
        for (int a = 0; a < 3; a++)
            for (int off = -1; off <= 1; off++) {
                gb_outcome to = {off ? p : 1 - 2 * p, (s + a - 1 + off + 14) % 14, rewards[s], 0};
                ck_assert_int_eq(gb_mdp_add(&b, s, a, to, NULL), GB_OK);
            }
    ck_assert_int_eq(gb_mdp_finish(&b, mdp, NULL), GB_OK);
}

static const struct {
    double p, beta, mean, v0, v8;
    const char *policy;
} ring_table[] = {
    {0.01, 0, 71.5568, 63.125, 94.300, "00222222100000"},
    {0.01, 0.1, 65.2450, 57.550, 87.210, "00222222100000"},
    {0.01, 0.5, 20.4613, 31.060, -11.422, "22210000122222"},
    {0.01, 1, -0.7815, 27.798, -98.160, "22210000122222"},
    {0.01, 2, -18.8382, 17.450, -141.580, "00210000122210"},
    {0.01, 3, -24.7702, 16.938, -156.053, "00010000122210"},
    {0.15, 0, 16.9144, 18.226, 19.189, "22210000122212"},
    {0.15, 0.01, 16.6973, 18.058, 18.406, "22210000122212"},
    {0.15, 0.1, 14.6657, 16.494, 12.403, "22210000122210"},
    {0.15, 1, -24.5811, 13.604, -149.613, "00000000122210"},
};

START_TEST(ring_has_the_published_values) {
    for (size_t i = 0; i < sizeof ring_table / sizeof *ring_table; i++) {
        gb_mdp mdp;
        gb_solver solver;
        char policy[15] = {0};
        ring(&mdp, ring_table[i].p);
        open_solver(&solver, robust, &mdp, "beta %g", ring_table[i].beta);
        solve(&solver);
        for (int s = 0; s < 14; s++)
            for (int a = 0; a < 3; a++)
                if (solver.log_policy[3 * s + a] > -0.1) policy[s] = (char)('0' + a);
        ck_assert_str_eq(policy, ring_table[i].policy);
        ck_assert_double_eq_tol(gb_solver_start_value(&solver), ring_table[i].mean, 0.5001e-4);
        ck_assert_double_eq_tol(solver.v[0], ring_table[i].v0, 0.5001e-3);
        ck_assert_double_eq_tol(solver.v[8], ring_table[i].v8, 0.5001e-3);
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* --- limits -----------------------------------------------------------------------------------*/

/* Value iteration in which the worst successor, or the end, follows for certain. */
static void worst_case(const gb_mdp *mdp, double *v) {
    double next[50];
    memset(v, 0, (size_t)mdp->states * sizeof *v);
    for (int t = 0; t < 4000; t++, memcpy(v, next, (size_t)mdp->states * sizeof *v))
        for (int s = 0; s < mdp->states; s++) {
            next[s] = -INFINITY;
            for (int a = 0; a < mdp->actions; a++) {
                const size_t i = gb_mdp_pair(mdp, s, a);
                double low = INFINITY;
                for (size_t k = mdp->row[i]; k < mdp->row[i + 1]; k++)
                    low = fmin(low, k < mdp->stop[i] ? v[mdp->next[k]] : 0);
                if (isfinite(mdp->r[i])) next[s] = fmax(next[s], mdp->r[i] + mdp->gamma * low);
            }
        }
}

static void check_value(const gb_mdp *mdp, const double *v, double tol, const char *options) {
    gb_solver solver;
    open_solver(&solver, robust, mdp, "tol 3e-13 %s", options);
    solve(&solver);
    double gap = distance(solver.v, v, (size_t)mdp->states);
    ck_assert_msg(gap < tol, "%s: %g", options, gap);
    gb_solver_free(&solver);
}

START_TEST(limits_are_the_mean_and_the_worst) {
    double v[50];
    for (int i = 0; i < 40; i++) {
        gb_mdp mdp;
        gb_regularizer none = {gb_regularizer_find("none", NULL)};
        random_mdp(&mdp, i, 30, 0.95);
        exact_solve(&mdp, &none, v, NULL, NULL);
        check_value(&mdp, v, 1e-10, "beta 0");
        check_value(&mdp, v, 1e-10, "risk kl_ball radius 0");
        check_value(&mdp, v, 1e-9, "beta 1e-13");
        worst_case(&mdp, v);
        check_value(&mdp, v, 1e-9, "beta 1e12");
        check_value(&mdp, v, 1e-10, "risk kl_ball radius 1e6");
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* --- the saddle point -------------------------------------------------------------------------*/

/* Against nature's answer, fixed, the solution is the ordinary one, and better for nature than the
 * model itself. */
START_TEST(solutions_are_saddle_points) {
    for (int i = 0; i < TEST_CASES(200); i++) {
        const double beta = i % 2 ? 0 : i % 4 ? 3 : 0.2, radius = i % 2 ? 0.02 * (i % 9) + 1e-4 : 0;
        const gb_regularizer omega = {gb_regularizer_find("entropy", NULL), .tau = 0.1 * (i % 3)};
        const gb_regularizer none = {gb_regularizer_find("none", NULL)};
        double v[50], nominal[50];
        gb_mdp mdp, settled;
        gb_solver solver;
        random_mdp(&mdp, i, 50, 0.99);
        open_solver(&solver, robust, &mdp, "risk %s beta %g radius %.17g tau %.17g tol 3e-13",
                    i % 2 ? "kl_ball" : "entropic", beta, radius, omega.tau);
        solve(&solver);
        settle(&mdp, solver.v, beta, radius, &settled);
        exact_solve(&settled, omega.tau > 0 ? &omega : &none, v, NULL, NULL);
        exact_solve(&mdp, omega.tau > 0 ? &omega : &none, nominal, NULL, NULL);
        double gap = distance(solver.v, v, (size_t)mdp.states);
        ck_assert_msg(gap < 1e-10, "MDP %d, beta %g, radius %g: %g", i, beta, radius, gap);
        for (int s = 0; s < mdp.states; s++) ck_assert_double_le(solver.v[s], nominal[s] + 1e-10);
        gb_solver_free(&solver);
        gb_mdp_free(&settled);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* Where every transition is certain, samples are exact, and no risk is a risk. */
START_TEST(samples_of_certain_transitions_are_exact) {
    static const char *const options[] = {"beta 3", "risk kl_ball radius 0.5"};
    const gb_regularizer none = {gb_regularizer_find("none", NULL)};
    gb_rng rng = gb_rng_stream(1, GB_STREAM_BENCH);
    for (int i = 0; i < 10; i++) {
        double v[30];
        gb_mdp mdp;
        gb_solver solver;
        ck_assert_int_eq(gb_mdp_random(&mdp, 30, 4, 1, 0.9, (uint64_t)i, NULL), GB_OK);
        make_holes(&mdp, &rng);
        exact_solve(&mdp, &none, v, NULL, NULL);
        open_solver(&solver, robust, &mdp, "tol 3e-13 samples 3 %s", options[i % 2]);
        solve(&solver);
        ck_assert_double_lt(distance(solver.v, v, 30), 1e-10);
        gb_solver_free(&solver);
        gb_mdp_free(&mdp);
    }
}
END_TEST

/* --- the risks --------------------------------------------------------------------------------*/

static void random_variable(gb_rng *rng, int n, double *p, double *v) {
    double total = 0;
    for (int k = 0; k < n; k++) total += p[k] = 0.05 + gb_rng_unit(rng);
    for (int k = 0; k < n; k++) p[k] /= total;
    for (int k = 0; k < n; k++) v[k] = gb_rng_uniform(rng, -3, 5);
}

static double kl(const double *q, const double *p) {
    double sum = 0;
    for (int k = 0; k < 3; k++)
        if (q[k] > 0) sum += q[k] * log(q[k] / p[k]);
    return sum;
}

/* A ball about p (3) on the simplex. */
struct ball {
    double p[3], v[3], radius;
};

/* E_Q v where the ray from p at an angle leaves the ball or the simplex. */
static double at_angle(double angle, void *context) {
    const struct ball *ball = context;
    const double step[3] = {cos(angle), sin(angle), -cos(angle) - sin(angle)};
    double low = 0, high = 10, q[3], mean = 0;
    for (int k = 0; k < 3; k++)
        if (step[k] < 0) high = fmin(high, -ball->p[k] / step[k]);
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        for (int k = 0; k < 3; k++) q[k] = fmax(ball->p[k] + middle * step[k], 0);
        if (kl(q, ball->p) > ball->radius)
            high = middle;
        else
            low = middle;
    }
    for (int k = 0; k < 3; k++) mean += (ball->p[k] + low * step[k]) * ball->v[k];
    return mean;
}

/* The least value over the ball's edge: a grid of angles, then GSL's minimiser. */
static double least_on_edge(struct ball *ball) {
    enum { ANGLES = 720 };
    const double width = 8 * atan(1) / ANGLES;
    gsl_function f = {at_angle, ball};
    double best = INFINITY, angle = 0;
    for (int k = 0; k < ANGLES; k++) {
        double value = at_angle(k * width, ball);
        if (value < best) best = value, angle = k * width;
    }
    gsl_min_fminimizer *minimizer = gsl_min_fminimizer_alloc(gsl_min_fminimizer_goldensection);
    if (gsl_min_fminimizer_set(minimizer, &f, angle, angle - width, angle + width) == 0) {
        for (int i = 0; i < 100; i++) gsl_min_fminimizer_iterate(minimizer);
        best = fmin(best, gsl_min_fminimizer_f_minimum(minimizer));
    }
    gsl_min_fminimizer_free(minimizer);
    return best;
}

START_TEST(ball_agrees_with_a_generic_minimiser) {
    static const double radii[] = {1e-6, 1e-3, 0.05, 0.3, 1, 2};
    gb_rng rng = gb_rng_stream(1, GB_STREAM_BENCH);
    for (int i = 0; i < 60; i++) {
        struct ball ball = {.radius = radii[i % 6]};
        random_variable(&rng, 3, ball.p, ball.v);
        double least = least_on_edge(&ball),
               risk = gb_risk_ball(ball.radius, 3, ball.p, ball.v, NULL);
        ck_assert_msg(fabs(risk - least) < 1e-8, "radius %g: %.12g, not %.12g", ball.radius, risk,
                      least);
    }
}
END_TEST

START_TEST(risks_are_exact_at_the_ends) {
    gb_rng rng = gb_rng_stream(2, GB_STREAM_BENCH);
    for (int i = 0; i < 200; i++) {
        double p[5], v[5], mean = 0, variance = 0, low = INFINITY;
        random_variable(&rng, 5, p, v);
        for (int k = 0; k < 5; k++) mean += p[k] * v[k], low = fmin(low, v[k]);
        for (int k = 0; k < 5; k++) variance += p[k] * (v[k] - mean) * (v[k] - mean);
        double small = 1e-7 * (1 + i);
        ck_assert_double_eq_tol(gb_risk_entropic(small, 5, p, v), mean - small / 2 * variance,
                                40 * small * small + 4e-15);
        ck_assert_double_eq_tol(gb_risk_ball(small * small / 2, 5, p, v, NULL),
                                mean - small * sqrt(variance), 20 * small * small + 4e-15);
        ck_assert_double_eq_tol(gb_risk_entropic(1e9, 5, p, v), low, 1e-8);
        ck_assert_double_eq(gb_risk_entropic(INFINITY, 5, p, v), low);
        ck_assert_double_eq(gb_risk_ball(50, 5, p, v, NULL), low);
        double last = mean, last_ball = mean; /* both fall, without a jump where the way changes */
        for (double x = 1e-3; x < 20; x *= 1.01) {
            double risk = gb_risk_entropic(x, 5, p, v), ball = gb_risk_ball(x, 5, p, v, NULL);
            ck_assert(risk < last && risk > last - 0.2 && risk > low);
            ck_assert(ball <= last_ball + 1e-14 && ball > last_ball - 0.6 && ball >= low);
            last = risk, last_ball = ball;
        }
        double risk = gb_risk_entropic(0.7, 5, p, v), ball = gb_risk_ball(0.1, 5, p, v, NULL);
        for (int k = 0; k < 5; k++) v[k] = 1e6 * (v[k] + 1); /* stretched and shifted */
        ck_assert_double_eq_tol(gb_risk_entropic(0.7e-6, 5, p, v), 1e6 * (risk + 1), 1e-8);
        ck_assert_double_eq_tol(gb_risk_ball(0.1, 5, p, v, NULL), 1e6 * (ball + 1), 1e-8);
    }
    const double one = 1, value = 7;
    ck_assert_double_eq(gb_risk_entropic(3, 1, &one, &value), 7);
    ck_assert_double_eq(gb_risk_ball(3, 1, &one, &value, NULL), 7);
    const double nans[] = {NAN, 1}, halves[] = {0.5, 0.5};
    ck_assert(isnan(gb_risk_entropic(1, 2, halves, nans)) &&
              isnan(gb_risk_ball(1, 2, halves, nans, NULL)));
}
END_TEST

Suite *solver_robust_suite(void) {
    const TTest *const tests[] = {ring_has_the_published_values,
                                  limits_are_the_mean_and_the_worst,
                                  solutions_are_saddle_points,
                                  samples_of_certain_transitions_are_exact,
                                  ball_agrees_with_a_generic_minimiser,
                                  risks_are_exact_at_the_ends,
                                  NULL};
    return test_suite("solver_robust", tests, 120);
}
