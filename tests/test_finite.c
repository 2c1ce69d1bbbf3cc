/* The models of finite environments: best values, visits and moves that others have published,
 * which states can be reached, and the conformance checks under all kinds of options. */
#include "conform.h"
#include "toy.h"

extern const gb_env_type gb_env_cliff_walking, gb_env_corridor, gb_env_deep_sea,
    gb_env_double_chain, gb_env_four_rooms, gb_env_frozen_lake, gb_env_gridworld, gb_env_maze4,
    gb_env_river_swim, gb_env_taxi, gb_env_windy_grid;

/* --- known values -----------------------------------------------------------------------------*/

/* The best value of state s with `steps` to go, undiscounted. */
static double best_value(const gb_env *env, int s, int steps) {
    const int n = env->spec.obs.n;
    double *v = calloc(n, sizeof *v), *next = calloc(n, sizeof *next);
    for (int t = 0; t < steps; t++) {
        for (int i = 0; i < n; i++) {
            next[i] = -INFINITY;
            for (int a = 0; a < env->spec.act.n; a++) {
                gb_outcome out[GB_MAX_OUTCOMES];
                double q = 0;
                for (int k = env->type->model(env->config, i, a, out, GB_MAX_OUTCOMES) - 1; k >= 0;
                     k--)
                    q += out[k].probability *
                         (out[k].reward + (out[k].terminal ? 0 : v[out[k].next]));
                next[i] = fmax(next[i], q);
            }
        }
        memcpy(v, next, n * sizeof *v);
    }
    double value = v[s];
    free(v);
    free(next);
    return value;
}

/* Russell and Norvig print utilities, with the state's own -0.04: figure 17.3 of the 3rd edition.
 * The mazes, cliffs and winds: Sutton and Barto. maze4: ShinRL's optimum over 25 steps. */
static const struct {
    const gb_env_type *type;
    const char *options;
    int state, steps;
    double value, within;
} values[] = {
    {&gb_env_gridworld, "", 8, 1000, 0.705 + 0.04, 6e-4},
    {&gb_env_gridworld, "", 0, 1000, 0.812 + 0.04, 6e-4},
    {&gb_env_gridworld, "", 11, 1000, 0.388 + 0.04, 6e-4},
    {&gb_env_gridworld, "", 6, 1000, 0.660 + 0.04, 6e-4},
    {&gb_env_cliff_walking, "", 36, 100, -13, 1e-12},
    {&gb_env_windy_grid, "", 30, 100, -15, 1e-12},
    {&gb_env_windy_grid, "moves=8", 30, 100, -7, 1e-12},
    {&gb_env_windy_grid, "moves=9", 30, 100, -7, 1e-12},
    {&gb_env_deep_sea, "", 0, 10, 0.99, 1e-12},
    {&gb_env_deep_sea, "size=30 mapping=5", 0, 30, 0.99, 1e-12},
    {&gb_env_maze4, "", 0, 25, 18.1127, 5e-5},
    {&gb_env_river_swim, "", 0, 1, 5, 1e-12},
    {&gb_env_river_swim, "", 5, 1, 3000, 1e-9},
};

START_TEST(best_values_are_the_published_ones) {
    gb_env env;
    gb_err err = {{0}};
    ck_assert_int_eq(open_with(&env, values[_i].type, values[_i].options, &err), GB_OK);
    double value = best_value(&env, values[_i].state, values[_i].steps);
    ck_assert_msg(fabs(value - values[_i].value) <= values[_i].within, "%s %s: %.6f",
                  values[_i].type->name, values[_i].options, value);
    gb_env_free(&env);
}
END_TEST

/* How often random actions visit a cell in 20 steps, the first at the start (Tiapkin et al. 2023,
 * the experiment's reference numbers). */
START_TEST(double_chain_keeps_random_walks_at_home) {
    gb_env env;
    double at[31] = {0}, mean[31] = {0}, entropy = 0;
    open_type(&env, &gb_env_double_chain);
    ck_assert_int_eq(env.spec.max_steps, 20);
    at[15] = 1;
    for (int t = 0; t < 20; t++) {
        double next[31] = {0};
        for (int s = 0; s < 31; s++)
            for (int a = 0; a < 2; a++) {
                gb_outcome out[GB_MAX_OUTCOMES];
                for (int k = env.type->model(env.config, s, a, out, GB_MAX_OUTCOMES) - 1; k >= 0;
                     k--)
                    next[out[k].next] += at[s] * 0.5 * out[k].probability;
            }
        for (int s = 0; s < 31; s++) mean[s] += at[s] / 20;
        memcpy(at, next, sizeof at);
    }
    for (int s = 0; s < 31; s++) entropy -= mean[s] > 0 ? mean[s] * log(mean[s]) : 0;
    ck_assert_double_eq_tol(mean[15], 0.1762, 5e-5);
    ck_assert_double_eq_tol(mean[5], 0.0015, 5e-5);
    ck_assert_double_eq_tol(mean[0], 2.85e-5, 5e-8);
    ck_assert_double_eq_tol(entropy, 2.5240, 5e-5);
    gb_env_free(&env);
}
END_TEST

/* --- taxi -------------------------------------------------------------------------------------*/

static int taxi_number(int row, int col, int passenger, int destination) {
    return ((row * 5 + col) * 5 + passenger) * 4 + destination;
}

/* Where the three outcomes of a move in the rain lead, as Gymnasium 1.3 promises (Taxi-v4). */
static const struct {
    int row, col, action, to[3][2];
} rain[] = {
    {1, 3, 0, {{2, 3}, {1, 4}, {1, 2}}}, /* south: its left is east */
    {1, 3, 1, {{0, 3}, {1, 2}, {1, 4}}},
    {1, 3, 2, {{1, 4}, {0, 3}, {2, 3}}},
    {1, 3, 3, {{1, 2}, {2, 3}, {0, 3}}},
    {1, 4, 3, {{1, 3}, {2, 4}, {0, 4}}}, /* at the right edge */
    {2, 1, 2, {{2, 2}, {1, 1}, {3, 1}}}, /* beside a wall that is elsewhere */
    {4, 3, 0, {{4, 3}, {4, 3}, {4, 3}}}, /* closed ahead: no slips */
    {0, 3, 1, {{0, 3}, {0, 3}, {0, 3}}},
    {0, 1, 2, {{0, 1}, {0, 1}, {0, 1}}},
    {0, 2, 3, {{0, 2}, {0, 2}, {0, 2}}},
    {0, 2, 0, {{1, 2}, {0, 3}, {0, 2}}}, /* closed aside */
};

START_TEST(rain_slips_as_gymnasium_says) {
    gb_env env;
    gb_err err = {{0}};
    gb_outcome out[GB_MAX_OUTCOMES];
    ck_assert_int_eq(open_with(&env, &gb_env_taxi, "rainy=1", &err), GB_OK);
    int s = taxi_number(rain[_i].row, rain[_i].col, 0, 1);
    ck_assert_int_eq(env.type->model(env.config, s, rain[_i].action, out, GB_MAX_OUTCOMES), 3);
    for (int k = 0; k < 3; k++) {
        int next = taxi_number(rain[_i].to[k][0], rain[_i].to[k][1], 0, 1);
        ck_assert_int_eq(out[k].next, next);
        ck_assert_double_eq_tol(out[k].probability, k ? 0.1 : 0.8, 1e-15);
    }
    gb_env_free(&env);
}
END_TEST

/* From what start gives, by what model gives. */
static int reachable(const gb_env *env) {
    const int n = env->spec.obs.n;
    char *seen = calloc(n, 1), *open = calloc(n, 1); /* open: an episode goes on there */
    for (int s = 0; s < n; s++) seen[s] = open[s] = env->type->start(env->config, s) > 0;
    for (bool more = true; more;) {
        more = false;
        for (int s = 0; s < n; s++)
            for (int a = 0; open[s] && a < env->spec.act.n; a++) {
                gb_outcome out[GB_MAX_OUTCOMES];
                for (int k = env->type->model(env->config, s, a, out, GB_MAX_OUTCOMES) - 1; k >= 0;
                     k--) {
                    if (out[k].terminal || open[out[k].next]) {
                        seen[out[k].next] = 1;
                        continue;
                    }
                    seen[out[k].next] = open[out[k].next] = 1;
                    more = true;
                }
            }
    }
    int count = 0;
    for (int s = 0; s < n; s++) count += seen[s];
    free(seen);
    free(open);
    return count;
}

START_TEST(states_that_are_reached) {
    static const struct {
        const gb_env_type *type;
        const char *options;
        int count;
    } rows[] = {
        {&gb_env_taxi, "", 404},         {&gb_env_taxi, "rainy=1", 404},
        {&gb_env_four_rooms, "", 104},   {&gb_env_cliff_walking, "", 38},
        {&gb_env_deep_sea, "", 55 + 10}, {&gb_env_maze4, "", 12},
        {&gb_env_double_chain, "", 31},  {&gb_env_river_swim, "", 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gb_env env;
        gb_err err = {{0}};
        ck_assert_int_eq(open_with(&env, rows[i].type, rows[i].options, &err), GB_OK);
        ck_assert_msg(reachable(&env) == rows[i].count, "%s: %d", rows[i].type->name,
                      reachable(&env));
        gb_env_free(&env);
    }
}
END_TEST

/* --- conformance with options -----------------------------------------------------------------*/

static const struct {
    const gb_env_type *type;
    const char *options;
} variants[] = {
    {&gb_env_cliff_walking, "slippery=1"},
    {&gb_env_deep_sea, "size=7 stochastic=1 mapping=3"},
    {&gb_env_double_chain, "length=3 success=1 reward_left=-1"},
    {&gb_env_four_rooms, "success=1"},
    {&gb_env_frozen_lake, "map=8x8"},
    {&gb_env_frozen_lake, "slippery=0"},
    {&gb_env_gridworld, "map=S.^^#G/.#>>.#/..<<vT/H....S wind=000123 slip=0.5"},
    {&gb_env_gridworld, "map=..v/.#T/G.. slip=0"},
    {&gb_env_gridworld, "map=S slip=1"},
    {&gb_env_maze4, "slip=0"},
    {&gb_env_maze4, "slip=1"},
    {&gb_env_river_swim, "length=3 forward=0.35 back=0.05 first=0.6 last=0.6"},
    {&gb_env_taxi, "rainy=1"},
    {&gb_env_taxi, "rainy=1 version=3"},
    {&gb_env_taxi, "rainy=1 intended=0.5"},
    {&gb_env_windy_grid, "moves=8 stochastic=1"},
    {&gb_env_windy_grid, "moves=9"},
};

START_TEST(variants_pass_all_checks) {
    gb_env env;
    gb_err err = {{0}};
    int code = open_with(&env, variants[_i].type, variants[_i].options, &err);
    ck_assert_msg(code == GB_OK, "%s", err.msg);
    for (const gb_check *check = gb_checks; check->name; check++) {
        gb_err why = {""};
        ck_assert_msg(check->run(&env, 1, &why) != GB_FAILED, "%s %s, %s: %s", env.type->name,
                      variants[_i].options, check->name, why.msg);
    }
    gb_env_free(&env);
}
END_TEST

#define EACH(test, table)                                                                          \
    tcase_add_loop_test(loops, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *finite_suite(void);
Suite *finite_suite(void) {
    const TTest *const tests[] = {
        double_chain_keeps_random_walks_at_home,
        states_that_are_reached,
        NULL,
    };
    Suite *suite = test_suite("finite", tests, 60);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 60);
    EACH(best_values_are_the_published_ones, values);
    EACH(rain_slips_as_gymnasium_says, rain);
    EACH(variants_pass_all_checks, variants);
    suite_add_tcase(suite, loops);
    return suite;
}
