/* Facts about spaces, features, random elements. */
#include "rng.h"
#include "space.h"
#include "support.h"

#include <string.h>

static const float minus_one[] = {-1, -1, -1}, one[] = {1, 1, 1}, two[] = {1, 2, 3};
static const gb_space four = {.kind = GB_DISCRETE, .n = 4};
static const gb_space cube = {GB_BOX, 3, minus_one, one, NULL};
static const gb_space brick = {GB_BOX, 3, minus_one, two, NULL};
static const gb_space open_space = {.kind = GB_BOX, .n = 2};

START_TEST(sizes_and_descriptions) {
    char text[80];
    ck_assert_int_eq(gb_space_size(&four), 1);
    ck_assert_int_eq(gb_space_features(&four), 4);
    ck_assert_int_eq(gb_space_size(&cube), 3);
    ck_assert_int_eq(gb_space_features(&cube), 3);
    ck_assert_str_eq(gb_space_describe(&four, text, sizeof text), "one of 4");
    ck_assert_str_eq(gb_space_describe(&cube, text, sizeof text), "3 real numbers in [-1, 1]");
    ck_assert_str_eq(gb_space_describe(&brick, text, sizeof text),
                     "3 real numbers, each with its own bounds");
    ck_assert_str_eq(gb_space_describe(&open_space, text, sizeof text), "2 real numbers");
    gb_space torque = {GB_BOX, 1, (const float[]){-2}, (const float[]){2}, NULL};
    ck_assert_str_eq(gb_space_describe(&torque, text, sizeof text), "1 real number in [-2, 2]");
}
END_TEST

START_TEST(discrete_becomes_one_hot) {
    const float x[] = {2, 0, 3};
    const gb_real expected[] = {0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1};
    gb_real out[12];
    memset(out, 0x7f, sizeof out);
    gb_space_encode(&four, 3, x, out);
    for (int k = 0; k < 12; k++) ck_assert_double_eq(out[k], expected[k]);
    const float y[] = {0.5f, -0.25f, 8, 1, 2, 3};
    gb_space_encode(&cube, 2, y, out);
    for (int k = 0; k < 6; k++) ck_assert_double_eq(out[k], y[k]);
}
END_TEST

START_TEST(bounds_and_membership) {
    ck_assert(gb_space_is_bounded(&cube) && gb_space_is_bounded(&brick));
    ck_assert(!gb_space_is_bounded(&open_space) && !gb_space_is_bounded(&four));
    const float half[] = {-1, -1, -INFINITY};
    ck_assert(!gb_space_is_bounded(&(gb_space){GB_BOX, 3, half, one, NULL}));

    ck_assert(gb_space_contains(&four, (const float[]){0}));
    ck_assert(gb_space_contains(&four, (const float[]){3}));
    ck_assert(!gb_space_contains(&four, (const float[]){4}));
    ck_assert(!gb_space_contains(&four, (const float[]){-1}));
    ck_assert(!gb_space_contains(&four, (const float[]){1.5f}));
    ck_assert(!gb_space_contains(&four, (const float[]){NAN}));
    ck_assert(gb_space_contains(&cube, one) && gb_space_contains(&cube, minus_one));
    ck_assert(!gb_space_contains(&cube, (const float[]){0, 0, 1.001f}));
    ck_assert(!gb_space_contains(&cube, (const float[]){0, NAN, 0}));
    ck_assert(gb_space_contains(&open_space, (const float[]){-1e30f, 1e30f}));
    ck_assert(!gb_space_contains(&open_space, (const float[]){0, INFINITY}));
}
END_TEST

START_TEST(samples_are_spread_over_the_space) {
    enum { N = 40000 };
    gb_rng rng = gb_rng_stream(1, 2);
    int count[4] = {0};
    float x[3];
    for (int i = 0; i < N; i++) {
        gb_space_sample(&four, &rng, x);
        ck_assert(gb_space_contains(&four, x));
        count[(int)x[0]]++;
    }
    double sigma = sqrt(N * 0.25 * 0.75);
    for (int k = 0; k < 4; k++) ck_assert_double_eq_tol(count[k], N / 4, 5 * sigma);

    double sum[3] = {0}, square[2] = {0};
    for (int i = 0; i < N; i++) {
        gb_space_sample(&brick, &rng, x);
        ck_assert(gb_space_contains(&brick, x));
        for (int k = 0; k < 3; k++) sum[k] += x[k];
    }
    for (int k = 0; k < 3;
         k++) { /* uniform in [-1, k + 1]: mean k / 2, deviation (k + 2) / sqrt 12 */
        double tolerance = 5 * (k + 2) / sqrt(12.0 * N);
        ck_assert_double_eq_tol(sum[k] / N, k / 2.0, tolerance);
    }
    for (int i = 0; i < N; i++) {
        gb_space_sample(&open_space, &rng, x);
        for (int k = 0; k < 2; k++) square[k] += x[k] * x[k];
    }
    for (int k = 0; k < 2; k++) ck_assert_double_eq_tol(square[k] / N, 1, 5 * sqrt(2.0 / N));

    const float half[] = {2, 2, 2};
    gb_space from_two = {GB_BOX, 3, half, NULL, NULL};
    for (int i = 0; i < 100; i++) {
        gb_space_sample(&from_two, &rng, x);
        ck_assert(gb_space_contains(&from_two, x));
    }
}
END_TEST

/* Many at once draw what one by one draws: also where a draw is rejected (once in 1000 with so many
 * choices), in the last dimension, and without bounds. */
START_TEST(many_samples_are_those_of_one) {
    enum { N = 300 };
    const float mixed_low[] = {-1, -INFINITY, 2}, mixed_high[] = {3, 0, INFINITY};
    const gb_space mixed = {GB_BOX, 3, mixed_low, mixed_high, NULL};
    const gb_space wide = {.kind = GB_DISCRETE, .n = 3 << 22};
    const gb_space *const spaces[] = {&four, &wide, &brick, &open_space, &mixed};
    static gb_rng alone[N], many[N];
    static float x[3 * N], y[3 * N];
    for (int i = 0; i < N; i++) alone[i] = many[i] = gb_rng_stream(4, (uint64_t)i);
    for (int round = 0; round < 200; round++) {
        const gb_space *space = spaces[round % 5];
        const int n = 1 + round * 7 % N, size = gb_space_size(space);
        for (int i = 0; i < n; i++) gb_space_sample(space, &alone[i], x + i * size);
        gb_space_sample_each(space, many, n, y);
        ck_assert_mem_eq(x, y, (size_t)(n * size) * sizeof *x);
        ck_assert_mem_eq(alone, many, sizeof alone);
    }
}
END_TEST

START_TEST(faults_of_a_spec_are_named) {
    char fault[160];
    const gb_spec good = {.obs = cube, .act = four, .max_steps = 10, .reward_threshold = NAN};
    ck_assert_ptr_null(gb_spec_fault(&good, fault, sizeof fault));
    gb_spec bad = good;
    bad.obs.kind = 0;
    ck_assert_str_eq(gb_spec_fault(&bad, fault, sizeof fault),
                     "the observation space has kind 0, not GB_DISCRETE or GB_BOX");
    bad = good;
    bad.act.n = 0;
    ck_assert_str_eq(gb_spec_fault(&bad, fault, sizeof fault),
                     "the action space has n = 0, not 1..16777216");
    bad = good;
    bad.act = (gb_space){GB_BOX, 3, one, one, NULL};
    ck_assert_str_eq(gb_spec_fault(&bad, fault, sizeof fault),
                     "the action space has bounds [1, 1] in dimension 0");
    bad = good;
    bad.obs.low = (const float[]){-1, NAN, -1};
    ck_assert_ptr_nonnull(gb_spec_fault(&bad, fault, sizeof fault));
    bad = good;
    bad.dt = -1;
    ck_assert_ptr_nonnull(gb_spec_fault(&bad, fault, sizeof fault));
}
END_TEST

/* A network that takes pictures reads them by obs_shape: it must cover the observation exactly. */
START_TEST(shapes_of_pictures_are_checked) {
    char fault[160];
    const gb_space box = {.kind = GB_BOX, .n = 60};
    gb_spec spec = {.obs = box, .act = four, .reward_threshold = NAN};
    ck_assert(!gb_spec_is_picture(&spec));
    memcpy(spec.obs_shape, (const int[]){3, 4, 5}, sizeof spec.obs_shape);
    ck_assert_ptr_null(gb_spec_fault(&spec, fault, sizeof fault));
    ck_assert(gb_spec_is_picture(&spec));
    static const int bad[][3] = {{3, 4, 4},   {0, 4, 15},      {3, 0, 20},
                                 {3, 20, 0},  {-3, -4, 5},     {7, 1, 1},
                                 {3, 4, 500}, {1 << 30, 4, 5}, {65536, 65536, 60}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memcpy(spec.obs_shape, bad[i], sizeof spec.obs_shape);
        const char *says = gb_spec_fault(&spec, fault, sizeof fault);
        ck_assert_msg(says && strstr(says, "obs.n = 60"), "%d: %s", (int)i, says ? says : "fine");
    }
    memcpy(spec.obs_shape, (const int[]){2, 2, 1}, sizeof spec.obs_shape);
    spec.obs = four;
    ck_assert_str_eq(gb_spec_fault(&spec, fault, sizeof fault),
                     "obs_shape is given, but the observation space is no GB_BOX");
}
END_TEST

Suite *space_suite(void);
Suite *space_suite(void) {
    const TTest *const tests[] = {
        sizes_and_descriptions,         discrete_becomes_one_hot,
        bounds_and_membership,          samples_are_spread_over_the_space,
        many_samples_are_those_of_one,  faults_of_a_spec_are_named,
        shapes_of_pictures_are_checked, NULL,
    };
    return test_suite("space", tests, 30);
}
