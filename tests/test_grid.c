/* Finite environments: chances of the model and of steps, maps, states from outside. */
#include "opt.h"
#include "toy.h"

#include <string.h>

extern const gb_env_type gb_env_corridor, gb_env_frozen_lake;

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
        float before[N];
        memcpy(before, vec.obs, sizeof before);
        ck_assert_int_eq(gb_vec_step(&vec, right, 1, &err), GB_OK);
        for (int i = 0; i < N; i++) slips += vec.obs[i] <= before[i];
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

/* --- maps
 * ---------------------------------------------------------------------------------------*/

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

Suite *grid_suite(void);
Suite *grid_suite(void) {
    const TTest *const tests[] = {
        corridor_slips_as_often_as_it_says,
        state_outside_the_space_is_noticed,
        map_comes_from_a_file,
        NULL,
    };
    Suite *suite = test_suite("grid", tests, 60);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, map_is_checked, 0, sizeof maps / sizeof *maps);
    suite_add_tcase(suite, loops);
    return suite;
}
