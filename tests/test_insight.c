/* What agents say of an observation, against what they do: drawn actions follow the densities and
 * probabilities that are shown, for every policy head. */
#include "insight.h"
#include "space.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { DIMENSIONS = 2, BINS = 12, DRAWS = 6000 };

static const float low[DIMENSIONS] = {-1, 0}, high[DIMENSIONS] = {3, 0.5f};
static const gb_space box = {GB_BOX, DIMENSIONS, low, high, NULL};

static double probability(const gb_insight *in, int j, int bin) {
    const double width = (double)(in->high[j] - in->low[j]) / GB_INSIGHT_POINTS;
    const int each = GB_INSIGHT_POINTS / BINS;
    double sum = 0;
    for (int k = bin * each; k < (bin + 1) * each; k++)
        sum += width * (double)in->density[j * GB_INSIGHT_POINTS + k];
    return sum;
}

/* Parameters a network might put out: narrow enough to lie inside the bounds. */
static void set_outputs(const gb_head *head, gb_real *out, gb_real *free) {
    for (int k = 0; k < head->out; k++) out[k] = (gb_real)(0.3 + 0.1 * k);
    if (head->type == &gb_head_gaussian) out[0] = 1, out[1] = (gb_real)0.25;
    if (head->type == &gb_head_squashed) out[2] = (gb_real)-0.5, out[3] = (gb_real)-1.5;
    if (head->type == &gb_head_beta) out[2] = 3, out[3] = (gb_real)0.5;
    for (int k = 0; k < head->free; k++) free[k] = (gb_real)(k ? -3 : -1);
}

START_TEST(draws_follow_the_density) {
    static const char *const heads[] = {"gaussian", "squashed", "beta"};
    for (int h = 0; h < 3; h++) {
        gb_head head;
        gb_insight in;
        gb_real out[2 * DIMENSIONS], free[DIMENSIONS];
        int count[DIMENSIONS][BINS] = {{0}};
        gb_rng rng = gb_rng_stream(1, (uint64_t)h);
        ck_assert(!gb_head_init(&head, heads[h], &box, NULL));
        ck_assert(!gb_insight_init(&in, &box, NULL));
        set_outputs(&head, out, free);
        gb_dists p = {1, out, free};
        head.type->prepare(&head, p);
        for (int i = 0; i < DRAWS; i++) {
            gb_insight_policy(&in, &head, p, &rng);
            ck_assert(gb_space_contains(&box, in.sample) && gb_space_contains(&box, in.mode));
            for (int j = 0; j < DIMENSIONS; j++) {
                ck_assert(in.low[j] == low[j] && in.high[j] == high[j]);
                const float part = (in.sample[j] - low[j]) / (high[j] - low[j]);
                const int bin = (int)(part * BINS);
                count[j][bin < BINS ? bin : BINS - 1]++;
            }
        }
        for (int j = 0; j < DIMENSIONS; j++) {
            double sum = 0;
            for (int b = 0; b < BINS; b++) {
                const double expected = probability(&in, j, b);
                const double error = sqrt(expected * (1 - fmin(expected, 1)) / DRAWS);
                ck_assert_msg(fabs(count[j][b] / (double)DRAWS - expected) < 5 * error + 0.004,
                              "%s, dimension %d, bin %d: %g drawn, %g expected", heads[h], j, b,
                              count[j][b] / (double)DRAWS, expected);
                sum += expected;
            }
            ck_assert_double_eq_tol(sum, 1, 0.01);
        }
        gb_insight_free(&in);
    }
}
END_TEST

START_TEST(probabilities_are_those_of_the_logits) {
    const gb_space act = {GB_DISCRETE, 3, NULL, NULL, NULL};
    gb_real out[3] = {0, (gb_real)log(2), (gb_real)log(5)};
    int count[3] = {0};
    gb_head head;
    gb_insight in;
    gb_rng rng = gb_rng_stream(3, 1);
    ck_assert(!gb_head_init(&head, "", &act, NULL));
    ck_assert(!gb_insight_init(&in, &act, NULL));
    head.type->prepare(&head, (gb_dists){1, out, NULL});
    for (int i = 0; i < 8000; i++) {
        gb_insight_policy(&in, &head, (gb_dists){1, out, NULL}, &rng);
        count[(int)in.sample[0]]++;
    }
    const double expected[3] = {1 / 8.0, 2 / 8.0, 5 / 8.0};
    double entropy = 0;
    for (int a = 0; a < 3; a++) {
        ck_assert_double_eq_tol(in.prob[a], expected[a], 1e-6);
        ck_assert_double_eq_tol(count[a] / 8000.0, expected[a], 0.025);
        entropy -= expected[a] * log(expected[a]);
    }
    ck_assert_double_eq_tol(in.entropy, entropy, 1e-6);
    ck_assert(in.mode[0] == 2 && in.has_policy);
    gb_insight_clear(&in);
    ck_assert(!in.has_policy && isnan(in.entropy) && isnan(in.value) && !in.critics);
    gb_insight_free(&in);
}
END_TEST

/* Without bounds the range is that of the distribution, and holds nearly all of it. */
START_TEST(unbounded_actions_get_a_range) {
    const gb_space act = {GB_BOX, 1, NULL, NULL, NULL};
    gb_real out[1] = {7}, free[1] = {(gb_real)log(0.5)};
    gb_head head;
    gb_insight in;
    gb_rng rng = gb_rng_stream(3, 1);
    ck_assert(!gb_head_init(&head, "gaussian", &act, NULL));
    ck_assert(!gb_insight_init(&in, &act, NULL));
    gb_insight_policy(&in, &head, (gb_dists){1, out, free}, &rng);
    ck_assert_double_eq_tol((double)in.low[0], 5, 1e-5);
    ck_assert_double_eq_tol((double)in.high[0], 9, 1e-5);
    double sum = 0;
    for (int b = 0; b < BINS; b++) sum += probability(&in, 0, b);
    ck_assert_double_eq_tol(sum, 1, 1e-3);
    gb_insight_uniform(&in);
    ck_assert(in.low[0] < in.high[0] && in.density[GB_INSIGHT_POINTS / 2] > in.density[0]);
    gb_insight_free(&in);
}
END_TEST

Suite *insight_suite(void);
Suite *insight_suite(void) {
    const TTest *const tests[] = {draws_follow_the_density, probabilities_are_those_of_the_logits,
                                  unbounded_actions_get_a_range, NULL};
    return test_suite("insight", tests, 20);
}
