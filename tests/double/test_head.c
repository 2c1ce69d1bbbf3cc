/* Policy heads: worked numbers, numerical integrals, and gradients against central differences. */
#include "head.h"
#include "support.h"

#include <gsl/gsl_integration.h>
#include <math.h>
#include <string.h>

static const char *const names[] = {"categorical", "gaussian", "squashed", "beta"};
enum { HEADS = 4, ROWS = 3, DIMS = 2, MOST = 8 };

static gb_head make(int which, int dims) {
    static const float low[] = {-2, 0}, high[] = {2, 1};
    gb_head head;
    gb_err err;
    const gb_space space = {which ? GB_BOX : GB_DISCRETE, which ? dims : dims + 1, low, high, NULL};
    ck_assert_msg(!gb_head_init(&head, names[which], &space, &err), "%s", err.msg);
    return head;
}

/* Numbers for `rows` distributions, as a network would give them. */
struct numbers {
    double out[ROWS * MOST], free[MOST];
};

static struct numbers draw(const gb_head *head, gb_rng *rng) {
    struct numbers x = {0};
    for (int i = 0; i < ROWS * head->out; i++) x.out[i] = 0.7 * gb_rng_normal(rng);
    for (int i = 0; i < head->free; i++) x.free[i] = 0.7 * gb_rng_normal(rng);
    return x;
}

/* Parameters from a copy of x, which must stay. */
static gb_dists prepared(const gb_head *head, const struct numbers *x, struct numbers *copy) {
    *copy = *x;
    gb_dists p = {ROWS, copy->out, copy->free};
    head->type->prepare(head, p);
    return p;
}

/* --- worked numbers and integrals -------------------------------------------------------------*/

START_TEST(beta_worked_numbers) {
    gb_head head = make(3, 1);
    double out[2] = {log(expm1(1.5)), log(expm1(0.7))}, x = 0.6, log_prob, entropy, mode;
    gb_dists p = {1, out, NULL};
    head.type->prepare(&head, p);
    ck_assert_double_eq_tol(out[0], 2.5, 1e-14);
    head.type->forward(&head, p, &x, &log_prob, &entropy);
    ck_assert_double_eq_tol(log_prob, 0.4520385, 5e-8);
    ck_assert_double_eq_tol(entropy, -0.1754534, 5e-8);
    head.type->mode(&head, p, &mode);
    ck_assert_double_eq_tol(mode, 1.5 / 2.2, 1e-14);
}
END_TEST

START_TEST(gaussian_worked_numbers) {
    gb_head head = make(1, 1);
    double mean = 0.3, log_std = log(0.5), x = 0.7, log_prob, entropy;
    gb_dists p = {1, &mean, &log_std};
    head.type->forward(&head, p, &x, &log_prob, &entropy);
    ck_assert_double_eq_tol(log_prob, -0.32 - log(0.5) - 0.5 * log(2 * M_PI), 1e-14);
    ck_assert_double_eq_tol(entropy, 0.5 * log(2 * M_PI * M_E) + log(0.5), 1e-14);
    double q_mean = -0.2, q_log_std = log(0.8), kl;
    gb_dists q = {1, &q_mean, &q_log_std};
    head.type->kl(&head, p, q, &kl);
    ck_assert_double_eq_tol(kl, log(0.8 / 0.5) + (0.25 + 0.25) / (2 * 0.64) - 0.5, 1e-14);
}
END_TEST

struct integrand {
    const gb_head *head;
    gb_dists p, q;
    int what; /* 0: p, 1: -p log p, 2: p log p/q */
};

static double integrand(double raw, void *context) {
    const struct integrand *c = context;
    double log_p, log_q, jacobian = 0;
    c->head->type->forward(c->head, c->p, &raw, &log_p, NULL);
    c->head->type->forward(c->head, c->q, &raw, &log_q, NULL);
    if (!strcmp(c->head->type->name, "squashed")) jacobian = -2 * log(cosh(raw));
    const double mass = exp(log_p + jacobian);
    return c->what == 0 ? mass : c->what == 1 ? -mass * log_p : mass * (log_p - log_q);
}

static double integrate(struct integrand *c, int what) {
    gsl_integration_workspace *work = gsl_integration_workspace_alloc(1000);
    gsl_function f = {integrand, c};
    double total, error;
    const bool beta = !strcmp(c->head->type->name, "beta");
    c->what = what;
    gsl_integration_qag(&f, beta ? 1e-13 : -60, beta ? 1 - 1e-13 : 60, 0, 1e-10, 1000, 6, work,
                        &total, &error);
    gsl_integration_workspace_free(work);
    return total;
}

/* Outputs of a distribution and another: mean or a, then log sigma or b. */
START_TEST(integrals) {
    static const double cases[][4] = {{0.3, -0.7, -0.2, 0.1},
                                      {-1.5, 0.9, 0.5, 0.4},
                                      {0, 1.9, 2, 1.5},
                                      {3, -2, 3.1, -1.8},
                                      {2, 0.5, -1, 0.7}};
    for (int which = 1; which < HEADS; which++)
        for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
            gb_head head = make(which, 1);
            double p[2] = {cases[k][0], cases[k][1]}, q[2] = {cases[k][2], cases[k][3]};
            struct integrand c = {&head, {1, p, p + 1}, {1, q, q + 1}, 0};
            double x = 0.5, log_prob, entropy, kl;
            head.type->prepare(&head, c.p);
            head.type->prepare(&head, c.q);
            head.type->forward(&head, c.p, &x, &log_prob, &entropy);
            head.type->kl(&head, c.p, c.q, &kl);
            ck_assert_double_eq_tol(integrate(&c, 0), 1, 1e-8);
            ck_assert_msg(fabs(entropy - integrate(&c, 1)) < 1e-7,
                          "%s %zu: entropy %.10g, not %.10g", names[which], k, entropy,
                          integrate(&c, 1));
            ck_assert_double_eq_tol(kl, integrate(&c, 2), 1e-7 * fmax(1, kl));
        }
}
END_TEST

START_TEST(categorical_sums) {
    gb_head head = make(0, 3);
    double out[4] = {0.1, -2, 1.5, 0.4}, other[4] = {1, 0, 0.2, -0.3}, raw = 2, lp, h, kl;
    double sum = 0, entropy = 0, divergence = 0;
    gb_dists p = {1, out, NULL}, q = {1, other, NULL};
    head.type->prepare(&head, p);
    head.type->prepare(&head, q);
    for (int a = 0; a < 4; a++) {
        sum += exp(out[a]);
        entropy -= exp(out[a]) * out[a];
        divergence += exp(out[a]) * (out[a] - other[a]);
    }
    head.type->forward(&head, p, &raw, &lp, &h);
    head.type->kl(&head, p, q, &kl);
    ck_assert_double_eq_tol(sum, 1, 1e-14);
    ck_assert_double_eq(lp, out[2]);
    ck_assert_double_eq_tol(out[2] - out[0], 1.4, 1e-14);
    ck_assert_double_eq_tol(h, entropy, 1e-14);
    ck_assert_double_eq_tol(kl, divergence, 1e-14);
}
END_TEST

/* --- gradients --------------------------------------------------------------------------------*/

static const double weight[ROWS] = {0.7, -1.2, 0.4};

/* Some function of a head's numbers x, with another distribution y fixed. */
static double value(const gb_head *head, const struct numbers *x, const struct numbers *y, int what,
                    const double *raw) {
    struct numbers a, b;
    gb_dists p = prepared(head, x, &a), q = prepared(head, y, &b);
    double log_prob[ROWS], entropy[ROWS], kl[ROWS], sum = 0;
    head->type->forward(head, p, raw, log_prob, entropy);
    if (what == 1) head->type->kl(head, p, q, kl);
    if (what == 2) head->type->kl(head, q, p, kl);
    for (int i = 0; i < ROWS; i++)
        sum += what ? 1.3 * kl[i] : weight[i] * log_prob[i] - 0.6 * entropy[i];
    return sum;
}

static void gradient(const gb_head *head, const struct numbers *x, const struct numbers *y,
                     int what, const double *raw, struct numbers *d) {
    struct numbers a, b;
    gb_dists p = prepared(head, x, &a), q = prepared(head, y, &b), none = {0};
    *d = (struct numbers){0};
    gb_dists to = {ROWS, d->out, d->free};
    if (what == 0) head->type->backward(head, p, raw, weight, -0.6, to);
    if (what == 1) head->type->kl_backward(head, p, q, 1.3, to, none);
    if (what == 2) head->type->kl_backward(head, q, p, 1.3, none, to);
}

START_TEST(gradients) {
    const double h = 1e-6;
    for (int which = 0; which < HEADS; which++)
        for (int what = 0; what < 3; what++) {
            gb_head head = make(which, DIMS);
            gb_rng rng = gb_rng_stream(6, (uint64_t)which);
            struct numbers x = draw(&head, &rng), y = draw(&head, &rng), copy, d;
            double raw[ROWS * DIMS], log_prob[ROWS];
            head.type->sample(&head, prepared(&head, &x, &copy), &rng, raw, log_prob);
            gradient(&head, &x, &y, what, raw, &d);
            for (int k = 0; k < ROWS * head.out + head.free; k++) {
                double *at = k < ROWS * head.out ? x.out + k : x.free + (k - ROWS * head.out);
                double found = k < ROWS * head.out ? d.out[k] : d.free[k - ROWS * head.out];
                double was = *at;
                *at = was + h;
                double up = value(&head, &x, &y, what, raw);
                *at = was - h;
                double slope = (up - value(&head, &x, &y, what, raw)) / (2 * h);
                *at = was;
                ck_assert_msg(fabs(slope - found) < 1e-7 * fmax(1, fabs(slope)),
                              "%s, %d, number %d: %g, not %g", names[which], what, k, found, slope);
            }
        }
}
END_TEST

/* The Fisher matrix is the Hessian of KL(p||q) by q at q = p. */
START_TEST(fisher_products) {
    const double h = 1e-5;
    for (int which = 0; which < HEADS; which++) {
        gb_head head = make(which, DIMS);
        gb_rng rng = gb_rng_stream(8, (uint64_t)which);
        struct numbers x = draw(&head, &rng), v = draw(&head, &rng), copy, d[2], y = {0};
        gb_dists p = prepared(&head, &x, &copy);
        gb_dists to = {ROWS, y.out, y.free}, along = {ROWS, v.out, v.free};
        head.type->fisher(&head, p, along, 1.3, to);
        for (int side = 0; side < 2; side++) {
            struct numbers moved = x;
            for (int k = 0; k < ROWS * head.out; k++) moved.out[k] += (side ? -h : h) * v.out[k];
            for (int k = 0; k < head.free; k++) moved.free[k] += (side ? -h : h) * v.free[k];
            gradient(&head, &moved, &x, 2, NULL, &d[side]);
        }
        for (int k = 0; k < ROWS * head.out; k++)
            ck_assert_double_eq_tol(y.out[k], (d[0].out[k] - d[1].out[k]) / (2 * h), 1e-7);
        for (int k = 0; k < head.free; k++)
            ck_assert_double_eq_tol(y.free[k], (d[0].free[k] - d[1].free[k]) / (2 * h), 1e-7);
    }
}
END_TEST

START_TEST(clamped_deviations_do_not_move) {
    gb_head head = make(2, 1);
    double out[2] = {0.2, 5}, raw = 0.1, w = 1, kl = 0, d[2] = {0, 0};
    gb_dists p = {1, out, NULL}, to = {1, d, NULL}, none = {0};
    head.type->prepare(&head, p);
    ck_assert_double_eq(out[1], 2);
    head.type->backward(&head, p, &raw, &w, 1, to);
    head.type->kl_backward(&head, p, p, 1, to, none);
    ck_assert_double_eq(d[1], 0);
    ck_assert_double_ne(d[0], kl);
}
END_TEST

/* --- drawing ----------------------------------------------------------------------------------*/

/* The mean of -log p over draws is the entropy, and a draw's log-probability is that of forward. */
START_TEST(draws_follow_the_density) {
    enum { DRAWS = 20000 };
    for (int which = 0; which < HEADS; which++) {
        gb_head head = make(which, DIMS);
        gb_rng rng = gb_rng_stream(3, (uint64_t)which);
        struct numbers x = draw(&head, &rng), copy;
        gb_dists p = prepared(&head, &x, &copy);
        double raw[ROWS * DIMS], log_prob[ROWS], again[ROWS], entropy[ROWS];
        double sum[ROWS] = {0}, squares[ROWS] = {0};
        for (int k = 0; k < DRAWS; k++) {
            float action[ROWS * DIMS];
            double back[ROWS * DIMS];
            head.type->sample(&head, p, &rng, raw, log_prob);
            head.type->forward(&head, p, raw, again, entropy);
            head.type->action(&head, ROWS, raw, action);
            head.type->raw_of(&head, ROWS, action, back);
            for (int i = 0; i < ROWS; i++) {
                ck_assert_double_eq_tol(again[i], log_prob[i], 1e-12);
                sum[i] += log_prob[i], squares[i] += log_prob[i] * log_prob[i];
            }
            for (int i = 0; i < ROWS * head.raw; i++)
                if (which != 1 && fabs(raw[i]) < 3) /* gaussian ones are clipped */
                    ck_assert_double_eq_tol(back[i], raw[i], 2e-4);
        }
        for (int i = 0; i < ROWS; i++) {
            double mean = sum[i] / DRAWS;
            double error = sqrt((squares[i] / DRAWS - mean * mean) / DRAWS);
            ck_assert_msg(fabs(mean + entropy[i]) < 4 * error, "%s: %g, not %g +- %g", names[which],
                          -mean, entropy[i], error);
        }
    }
}
END_TEST

START_TEST(actions_are_of_the_space) {
    static const float low[] = {-2, 0}, high[] = {2, 1};
    static const double far[] = {-1e30, -3, 0, 0.3, 3, 1e30};
    for (int which = 1; which < HEADS; which++) {
        gb_head head = make(which, DIMS);
        for (int k = 0; k < 6; k++) {
            double x = which == 3 ? fmin(fmax(far[k], 0), 1) : far[k], raw[DIMS] = {x, x};
            float action[DIMS];
            head.type->action(&head, 1, raw, action);
            for (int j = 0; j < DIMS; j++) ck_assert(action[j] >= low[j] && action[j] <= high[j]);
            if (which == 1 && k == 3) ck_assert_float_eq(action[0], 0.3f);
        }
    }
}
END_TEST

START_TEST(heads_that_cannot_be) {
    static const float low[] = {-1}, infinite[] = {INFINITY};
    const gb_space open = {GB_BOX, 1, low, infinite, NULL};
    gb_head head;
    gb_err err;
    ck_assert_int_eq(gb_head_init(&head, "gaussian", &open, &err), GB_OK);
    ck_assert_int_eq(gb_head_init(&head, "beta", &open, &err), GB_USAGE);
    ck_assert_ptr_nonnull(strstr(err.msg, "beta policy: needs actions with finite bounds; use"));
    ck_assert_int_eq(gb_head_init(&head, "squashed", &open, &err), GB_USAGE);
    ck_assert_int_eq(gb_head_init(&head, "normal", &open, &err), GB_USAGE);
}
END_TEST

Suite *double_head_suite(void) {
    const TTest *const tests[] = {beta_worked_numbers,
                                  gaussian_worked_numbers,
                                  integrals,
                                  categorical_sums,
                                  gradients,
                                  fisher_products,
                                  clamped_deviations_do_not_move,
                                  draws_follow_the_density,
                                  actions_are_of_the_space,
                                  heads_that_cannot_be,
                                  NULL};
    return test_suite("policy heads in double", tests, 60);
}
