/* Faults of environments and of their options, short memory, named state variables. */
#include "toy.h"

#include <string.h>

static const float still[512];

/* --- faults of environments
 * ---------------------------------------------------------------------*/

static const struct {
    struct toy_config config;
    int good_steps; /* before the fault; -1: it is in the first reset */
    const char *message;
} faults[] = {
    {{.end = 9, .spoil = REWARD, .at = 2, .with = NAN},
     1,
     "toy: step 71: reward is nan; mend the environment's step function"},
    {{.end = 9, .spoil = REWARD, .at = 1, .with = -INFINITY},
     0,
     "toy: step 1: reward is -inf; mend the environment's step function"},
    {{.end = 9, .spoil = REWARD, .at = 1, .with = 1e300}, /* no float holds it */
     0,
     "toy: step 1: reward is inf; mend the environment's step function"},
    {{.end = 9, .spoil = OBSERVATION, .at = 3, .with = INFINITY},
     2,
     "toy: step 141: observation 1 (minus_t) is inf; mend the environment's step or observe "
     "function"},
    {{.end = 3, .spoil = OBSERVATION, .at = 3, .with = NAN}, /* seen although it is over */
     2,
     "toy: step 141: observation 1 (minus_t) is nan; mend the environment's step or observe "
     "function"},
    {{.end = 1, .spoil = FIRST_OBSERVATION, .at = 1, .with = NAN},
     -1,
     "toy: reset: observation 1 (minus_t) is nan; mend the environment's step or observe function"},
    {{.end = 1, .spoil = FIRST_OBSERVATION, .at = 2, .with = -NAN},
     0,
     "toy: reset: observation 1 (minus_t) is nan; mend the environment's step or observe function"},
};

static int step_and_turn(gb_vec *vec, gb_err *err) {
    int code = gb_vec_step(vec, still, 2, err);
    return code ? code : gb_vec_turn(vec, 2, err);
}

START_TEST(number_that_is_not_finite_is_named) {
    gb_env env;
    gb_vec vec;
    gb_err err = {{0}};
    open_toy(&env, faults[_i].config);
    int code = gb_vec_init(&vec, &env, 70, 1, 0, &err);
    for (int t = 0; t < faults[_i].good_steps; t++) {
        ck_assert_int_eq(code, GB_OK);
        code = step_and_turn(&vec, &err);
    }
    if (faults[_i].good_steps >= 0) {
        ck_assert_int_eq(code, GB_OK);
        code = step_and_turn(&vec, &err);
    }
    ck_assert_int_eq(code, GB_FAIL);
    ck_assert_str_eq(err.msg, faults[_i].message);
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

START_TEST(options_that_cannot_work_are_refused) {
    gb_env env;
    gb_err err = {{0}};
    ck_assert_int_eq(gb_env_init(&env, &toy_type, &err), GB_OK);
    ck_assert_int_eq(((struct toy_config *)env.config)->end, 3); /* the default */
    ((struct toy_config *)env.config)->end = 13;
    ck_assert_int_eq(gb_env_open(&env, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "toy: end is 13; choose another");
    *(struct toy_config *)env.config = (struct toy_config){.end = 1, .max_steps = -4};
    ck_assert_int_eq(gb_env_open(&env, &err), GB_USAGE);
    ck_assert_str_eq(err.msg,
                     "toy: max_steps is -4, not 0 or more; mend the environment's spec function");
    gb_env_free(&env);
    gb_env_free(&env); /* what is freed may be freed again */
}
END_TEST

START_TEST(short_memory_is_reported) {
    gb_env env;
    gb_vec vec;
    gb_err err = {{0}};
    gb_alloc_fail_after(0);
    ck_assert_int_eq(gb_env_init(&env, &toy_type, &err), GB_FAIL);
    ck_assert_int_eq(strncmp(err.msg, "out of memory", 13), 0);
    gb_alloc_fail_after(-1);
    open_toy(&env, (struct toy_config){.end = 3});
    for (long after = 0;; after++) {
        gb_alloc_fail_after(after);
        int code = gb_vec_init(&vec, &env, 10, 1, 0, &err);
        gb_alloc_fail_after(-1);
        if (code == GB_OK) break;
        ck_assert_int_eq(code, GB_FAIL);
        ck_assert_ptr_null(vec.states);
    }
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

/* --- named state variables
 * ----------------------------------------------------------------------*/

struct zoo {
    double f64[2];
    float f32;
    int whole[3];
    int64_t wide;
    bool flag;
};

START_TEST(fields_are_read_and_set) {
    const gb_field fields[] = {
        {"f64", GB_F64(struct zoo, f64)},     {"f32", GB_F32(struct zoo, f32)},
        {"whole", GB_INT(struct zoo, whole)}, {"wide", GB_I64(struct zoo, wide)},
        {"flag", GB_BOOL(struct zoo, flag)},
    };
    const int elements[] = {2, 1, 3, 1, 1};
    const double values[] = {-0.1, 0.5, -7, 1e15, 1};
    struct zoo zoo = {0};
    for (int f = 0; f < 5; f++) {
        ck_assert_int_eq(gb_field_elements(&fields[f]), elements[f]);
        int last = elements[f] - 1;
        ck_assert_double_eq(gb_field_get(&fields[f], &zoo, last), 0);
        gb_field_set(&fields[f], &zoo, last, values[f]);
        ck_assert_double_eq(gb_field_get(&fields[f], &zoo, last), values[f]);
    }
    ck_assert_double_eq(zoo.f64[0], 0);
    ck_assert_double_eq(zoo.f64[1], -0.1);
    ck_assert_int_eq(zoo.whole[1], 0);
    ck_assert_int_eq(zoo.whole[2], -7);
    ck_assert(zoo.wide == 1000000000000000 && zoo.flag);

    gb_field_set(&fields[2], &zoo, 0, 1e300); /* kept inside the type */
    gb_field_set(&fields[3], &zoo, 0, -1e300);
    ck_assert_int_eq(zoo.whole[0], INT32_MAX);
    ck_assert_int_eq(zoo.wide, INT64_MIN);
    gb_field_set(&fields[2], &zoo, 0, NAN);
    ck_assert_int_eq(zoo.whole[0], 0);
}
END_TEST

Suite *env_fault_suite(void);
Suite *env_fault_suite(void) {
    const TTest *const tests[] = {
        options_that_cannot_work_are_refused,
        short_memory_is_reported,
        fields_are_read_and_set,
        NULL,
    };
    Suite *suite = test_suite("env_fault", tests, 60);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, number_that_is_not_finite_is_named, 0,
                        sizeof faults / sizeof *faults);
    suite_add_tcase(suite, loops);
    return suite;
}
