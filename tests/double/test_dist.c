/* Distributions: published values, integrals, and gradients against central differences. */
#include "dist.h"
#include "support.h"

#include <gsl/gsl_integration.h>
#include <math.h>

static const double h = 1e-6;

/* --- squashed Gaussian ------------------------------------------------------------------------*/

START_TEST(squashed_known_value) {
    /* mean 0.3, deviation 0.5, u = 0.7: computed by hand from the formula */
    double head[2] = {0.3, log(0.5)}, noise = (0.7 - 0.3) / 0.5, action, log_prob;
    gb_squashed_forward(1, 1, head, &noise, &action, &log_prob);
    ck_assert_double_eq_tol(action, 0.6043677771, 1e-10);
    ck_assert_double_eq_tol(log_prob, -0.0912508939, 1e-10);
}
END_TEST

static double density(double a, void *context) {
    const double *head = context;
    double noise = (atanh(a) - head[0]) / exp(head[1]), action, log_prob;
    gb_squashed_forward(1, 1, head, &noise, &action, &log_prob);
    return exp(log_prob);
}

START_TEST(squashed_density_integrates_to_one) {
    double head[2] = {0.4, -0.7}, total, error;
    gsl_integration_workspace *work = gsl_integration_workspace_alloc(1000);
    gsl_function f = {density, head};
    gsl_integration_qag(&f, -1 + 1e-12, 1 - 1e-12, 0, 1e-9, 1000, 6, work, &total, &error);
    ck_assert_double_eq_tol(total, 1, 1e-6);
    gsl_integration_workspace_free(work);
}
END_TEST

START_TEST(squashed_far_tails_stay_finite) {
    double head[2] = {400, 1}, noise = 3, action, log_prob, d_action = 1, d_head[2];
    gb_squashed_forward(1, 1, head, &noise, &action, &log_prob);
    gb_squashed_backward(1, 1, head, &noise, &action, &d_action, 1, d_head);
    ck_assert(isfinite(log_prob) && isfinite(d_head[0]) && isfinite(d_head[1]));
    ck_assert_double_le(fabs(action), 1);
}
END_TEST

enum { N = 4, D = 3 };

/* Some loss of actions and log-probabilities: sum w a^2 / 2 + 0.7 sum log_prob. */
static double squashed_loss(const double *head, const double *noise, const double *w) {
    double action[N * D], log_prob[N], loss = 0;
    gb_squashed_forward(N, D, head, noise, action, log_prob);
    for (int i = 0; i < N * D; i++) loss += w[i] * action[i] * action[i] / 2;
    for (int i = 0; i < N; i++) loss += 0.7 * log_prob[i];
    return loss;
}

START_TEST(squashed_gradient) {
    gb_rng rng = gb_rng_stream(5, 1);
    double head[N * 2 * D], noise[N * D], w[N * D], action[N * D], log_prob[N], d_action[N * D];
    double d_head[N * 2 * D];
    for (int i = 0; i < N * 2 * D; i++) head[i] = gb_rng_normal(&rng);
    for (int i = 0; i < N * D; i++) noise[i] = gb_rng_normal(&rng), w[i] = gb_rng_normal(&rng);
    head[D] = 2.5, head[2 * D + D + 1] = -21; /* clamped: above and below */
    gb_squashed_forward(N, D, head, noise, action, log_prob);
    for (int i = 0; i < N * D; i++) d_action[i] = w[i] * action[i];
    gb_squashed_backward(N, D, head, noise, action, d_action, 0.7, d_head);
    for (int i = 0; i < N * 2 * D; i++) {
        double was = head[i];
        head[i] = was + h;
        double up = squashed_loss(head, noise, w);
        head[i] = was - h;
        double down = squashed_loss(head, noise, w);
        head[i] = was;
        double slope = (up - down) / (2 * h);
        ck_assert_double_eq_tol(d_head[i], slope, 1e-6 * fmax(1, fabs(slope)));
    }
    ck_assert_double_eq(d_head[D], 0);
    ck_assert_double_eq(d_head[2 * D + D + 1], 0);
}
END_TEST

/* --- categorical ------------------------------------------------------------------------------*/

START_TEST(categorical_soft_value) {
    /* policy (0.6, 0.3, 0.1), Q = (1, 0.5, -0.2), alpha 0.2: V = 0.9095891, H = 0.8979457 */
    double logits[3] = {log(0.6) + 5, log(0.3) + 5, log(0.1) + 5}, log_prob[3], prob[3];
    const double q[3] = {1, 0.5, -0.2};
    gb_categorical_forward(1, 3, logits, log_prob, prob);
    double value = 0, entropy = 0;
    for (int a = 0; a < 3; a++) {
        value += prob[a] * (q[a] - 0.2 * log_prob[a]);
        entropy -= prob[a] * log_prob[a];
    }
    ck_assert_double_eq_tol(value, 0.9095891, 1e-7);
    ck_assert_double_eq_tol(entropy, 0.8979457, 1e-7);
}
END_TEST

START_TEST(categorical_extreme_logits) {
    double logits[3] = {1e6, 0, -1e6}, log_prob[3], prob[3];
    gb_categorical_forward(1, 3, logits, log_prob, prob);
    ck_assert_double_eq(log_prob[0], 0);
    ck_assert_double_eq(log_prob[1], -1e6);
    ck_assert_double_eq(log_prob[2], -2e6);
    ck_assert_double_eq(prob[0], 1);
}
END_TEST

/* sum_a p_a (0.3 log p_a - q_a) for each row, summed. */
static double categorical_loss(const double *logits, const double *q) {
    double log_prob[N * D], prob[N * D], loss = 0;
    gb_categorical_forward(N, D, logits, log_prob, prob);
    for (int i = 0; i < N * D; i++) loss += prob[i] * (0.3 * log_prob[i] - q[i]);
    return loss;
}

START_TEST(categorical_gradient) {
    gb_rng rng = gb_rng_stream(6, 1);
    double logits[N * D], q[N * D], log_prob[N * D], prob[N * D], d_prob[N * D], d_logits[N * D];
    for (int i = 0; i < N * D; i++) logits[i] = gb_rng_normal(&rng), q[i] = gb_rng_normal(&rng);
    gb_categorical_forward(N, D, logits, log_prob, prob);
    for (int i = 0; i < N * D; i++) d_prob[i] = 0.3 * log_prob[i] - q[i];
    gb_categorical_backward(N, D, prob, d_prob, d_logits);
    for (int i = 0; i < N * D; i++) {
        double was = logits[i];
        logits[i] = was + h;
        double up = categorical_loss(logits, q);
        logits[i] = was - h;
        double slope = (up - categorical_loss(logits, q)) / (2 * h);
        logits[i] = was;
        ck_assert_double_eq_tol(d_logits[i], slope, 1e-6 * fmax(1, fabs(slope)));
    }
}
END_TEST

START_TEST(categorical_samples_follow_their_probabilities) {
    const double prob[4] = {0.5, 0, 0.3, 0.2};
    gb_rng rng = gb_rng_stream(8, 1);
    const int n = 200000;
    int count[4] = {0};
    for (int i = 0; i < n; i++) count[gb_categorical_sample(4, prob, gb_rng_unit(&rng))]++;
    ck_assert_int_eq(count[1], 0);
    for (int a = 0; a < 4; a++) /* five standard errors */
        ck_assert_double_le(fabs(count[a] - n * prob[a]), 5 * sqrt(n * prob[a] * (1 - prob[a])));
    ck_assert_int_eq(gb_categorical_sample(2, (const double[]){0.9999999, 0}, 0.99999999), 0);
}
END_TEST

Suite *double_dist_suite(void) {
    const TTest *const tests[] = {squashed_known_value,
                                  squashed_density_integrates_to_one,
                                  squashed_far_tails_stay_finite,
                                  squashed_gradient,
                                  categorical_soft_value,
                                  categorical_extreme_logits,
                                  categorical_gradient,
                                  categorical_samples_follow_their_probabilities,
                                  NULL};
    return test_suite("dist in double", tests, 30);
}
