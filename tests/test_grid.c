/* Finite environments: chances of steps, maps, states from outside. */
#include "opt.h"
#include "toy.h"

#include <string.h>

extern const gb_env_type gb_env_corridor, gb_env_deep_sea, gb_env_frozen_lake, gb_env_gridworld,
    gb_env_river_swim, gb_env_taxi;

START_TEST(corridor_slips_as_often_as_it_says) {
    enum { N = 512, STEPS = 200 };
    gb_env env;
    gb_vec vec;
    gb_err err = {{0}};
    float right[N];
    ck_assert_int_eq(gb_env_init(&env, &gb_env_corridor, &err), GB_OK);
    const gb_opt *slip = gb_opts_find(env.type->opts, "slip");
    const gb_opt *length = gb_opts_find(env.type->opts, "length");
    ck_assert_int_eq(gb_opt_set(slip, env.config, "0.3", "slip", &err), GB_OK);
    ck_assert_int_eq(gb_opt_set(length, env.config, "1000", "length", &err), GB_OK);
    ck_assert_int_eq(gb_env_open(&env, &err), GB_OK);
    make_vec(&vec, &env, N, 3, 0);
    for (int i = 0; i < N; i++) right[i] = 1;
    double slips = 0;
    for (int t = 0; t < STEPS; t++) {
        ck_assert_int_eq(gb_vec_step(&vec, right, 1, &err), GB_OK);
        for (int i = 0; i < N; i++) slips += vec.next_obs[i] <= vec.obs[i];
        ck_assert_int_eq(gb_vec_turn(&vec, 1, &err), GB_OK);
    }
    double sigma = sqrt(0.3 * 0.7 / (N * STEPS));
    ck_assert_double_eq_tol(slips / (N * STEPS), 0.3, 5 * sigma);
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

START_TEST(state_outside_the_space_is_noticed) {
    gb_env env;
    gb_vec vec;
    gb_err err = {{0}};
    const float still = 0;
    open_type(&env, &gb_env_frozen_lake);
    make_vec(&vec, &env, 1, 1, 0);
    gb_field_set(&env.type->fields[0], gb_vec_state(&vec, 0), 0, 9);
    ck_assert(gb_vec_observe(&vec, 0));
    ck_assert_double_eq(vec.obs[0], 9);
    gb_field_set(&env.type->fields[0], gb_vec_state(&vec, 0), 0, 16);
    ck_assert(!gb_vec_observe(&vec, 0));
    ck_assert_int_eq(gb_vec_step(&vec, &still, 1, &err), GB_FAIL);
    ck_assert_str_eq(err.msg, "frozen_lake: step 1: observation is 16, not one of 0..15; mend the "
                              "environment's observe function");
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

/* --- maps -------------------------------------------------------------------------------------*/

static const struct {
    const char *map, *message; /* NULL: a good map */
    int cells;
} maps[] = {
    {"4x4", NULL, 16},
    {"SFG", NULL, 3},
    {"SF/FG", NULL, 4},
    {"SF/FG/", NULL, 4},
    {"SFG/FF", "frozen_lake: map row 2 has 2 cells, row 1 has 3; make all rows equally long", 0},
    {"SF//FG", "frozen_lake: map row 2 has 0 cells, row 1 has 2; make all rows equally long", 0},
    {"SF/FX/FG",
     "frozen_lake: map row 2, column 2 is 'X'; use S (start), F (ice), H (hole), G (goal)", 0},
    {"FF/FG", "frozen_lake: map has no start; add a cell S", 0},
    {"SF/FF", "frozen_lake: map has no goal; add a cell G", 0},
    {"", "frozen_lake: map has no start; add a cell S", 0},
};

START_TEST(map_is_checked) {
    gb_env env;
    gb_err err = {{0}};
    ck_assert_int_eq(gb_env_init(&env, &gb_env_frozen_lake, &err), GB_OK);
    const gb_opt *row = gb_opts_find(env.type->opts, "map");
    strcpy((char *)env.config + row->offset, maps[_i].map);
    int code = gb_env_open(&env, &err);
    ck_assert_int_eq(code, maps[_i].message ? GB_USAGE : GB_OK);
    if (maps[_i].message)
        ck_assert_str_eq(err.msg, maps[_i].message);
    else
        ck_assert_int_eq(env.spec.obs.n, maps[_i].cells);
    gb_env_free(&env);
}
END_TEST

START_TEST(map_comes_from_a_file) {
    gb_env env;
    gb_vec vec;
    gb_err err = {{0}};
    char path[128];
    gb_format(path, sizeof path, "%s/lake.txt", test_folder());
    test_write(path, "FHS\nFFF\nSGF\n", 12);
    ck_assert_int_eq(gb_env_init(&env, &gb_env_frozen_lake, &err), GB_OK);
    const gb_opt *row = gb_opts_find(env.type->opts, "map");
    ck_assert_msg(gb_opt_set(row, env.config, path, "--env.map", &err) == GB_OK, "%s", err.msg);
    ck_assert_msg(gb_env_open(&env, &err) == GB_OK, "%s", err.msg);
    ck_assert_int_eq(env.spec.obs.n, 9);
    make_vec(&vec, &env, 200, 1, 0);
    int at[9] = {0};
    for (int i = 0; i < 200; i++) at[(int)vec.obs[i]]++;
    ck_assert_int_eq(at[2] + at[6], 200); /* both starts, and only they */
    ck_assert_int_gt(at[2], 60);
    ck_assert_int_gt(at[6], 60);
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

static const struct {
    const char *options, *message;
} worlds[] = {
    {"map=S.G", NULL},
    {"map=...", NULL}, /* no goal, no start: anywhere */
    {"map=S.G wind=012", NULL},
    {"map=S.G/..X",
     "gridworld: map row 2, column 3 is 'X'; use # (wall), S (start), G (goal), T or H (trap), "
     ". or F (floor), ^ > v < (wind)"},
    {"map=S.G/..", "gridworld: map row 2 has 2 cells, row 1 has 3; make all rows equally long"},
    {"map=G#G", "gridworld: map has no start; add a cell S, or cells . to start anywhere"},
    {"map=", "gridworld: map has no start; add a cell S, or cells . to start anywhere"},
    {"map=S.G wind=01", "gridworld: wind is '01'; give 3 digits, one for each column of the map"},
    {"map=S.G wind=0-1", "gridworld: wind is '0-1'; give 3 digits, one for each column of the map"},
};

START_TEST(world_is_checked) {
    gb_env env;
    gb_err err = {{0}};
    int code = open_with(&env, &gb_env_gridworld, worlds[_i].options, &err);
    ck_assert_int_eq(code, worlds[_i].message ? GB_USAGE : GB_OK);
    if (worlds[_i].message) ck_assert_str_eq(err.msg, worlds[_i].message);
    gb_env_free(&env);
}
END_TEST

/* --- states and options
 * -------------------------------------------------------------------------*/

/* Fields that would add up to the number of another state. */
START_TEST(state_of_several_fields_is_checked) {
    static const struct {
        const gb_env_type *type;
        int row, col;
    } rows[] = {
        {&gb_env_taxi, 0, 5},      {&gb_env_taxi, 1, -1},     {&gb_env_taxi, 5, 0},
        {&gb_env_deep_sea, 0, 10}, {&gb_env_deep_sea, 1, -1}, {&gb_env_deep_sea, 11, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gb_env env;
        gb_vec vec;
        gb_err err = {{0}};
        const float still = 0;
        open_type(&env, rows[i].type);
        make_vec(&vec, &env, 1, 1, 0);
        gb_field_set(&env.type->fields[0], gb_vec_state(&vec, 0), 0, rows[i].row);
        gb_field_set(&env.type->fields[1], gb_vec_state(&vec, 0), 0, rows[i].col);
        ck_assert(!gb_vec_observe(&vec, 0));
        ck_assert_int_eq(gb_vec_step(&vec, &still, 1, &err), GB_FAIL); /* and no crash */
        gb_vec_free(&vec);
        gb_env_free(&env);
    }
}
END_TEST

START_TEST(river_cannot_flow_more_than_wholly) {
    gb_env env;
    gb_err err = {{0}};
    ck_assert_int_eq(open_with(&env, &gb_env_river_swim, "forward=0.7 back=0.4", &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "river_swim: forward and back together exceed 1; lower one");
    gb_env_free(&env);
}
END_TEST

#define EACH(test, table)                                                                          \
    tcase_add_loop_test(loops, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *grid_suite(void);
Suite *grid_suite(void) {
    const TTest *const tests[] = {
        corridor_slips_as_often_as_it_says,
        state_outside_the_space_is_noticed,
        map_comes_from_a_file,
        state_of_several_fields_is_checked,
        river_cannot_flow_more_than_wholly,
        NULL,
    };
    Suite *suite = test_suite("grid", tests, 60);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 60);
    EACH(map_is_checked, maps);
    EACH(world_is_checked, worlds);
    suite_add_tcase(suite, loops);
    return suite;
}
