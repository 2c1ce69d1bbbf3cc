/* Rollouts: generalised advantages by hand, cuts, lanes of different length, archives. */
#include "rollout.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

static void put(gb_rollout *r, int lane, double reward, double value, double next, int after) {
    int row = r->length[lane]++ * r->envs + lane;
    r->reward[row] = (gb_real)reward;
    r->value[row] = (gb_real)value;
    r->next_value[row] = (gb_real)next;
    r->after[row] = (uint8_t)after;
}

static void make(gb_rollout *r, int steps, int envs) {
    gb_err err;
    ck_assert_msg(!gb_rollout_init(r, steps, envs, 2, 1, "--n_steps", &err), "%s", err.msg);
}

/* gamma 0.99, lambda 0.95, r = (1, 0, -1), V = (0.5, 0.2, 0.1), value after the last 0.3. */
START_TEST(worked_numbers) {
    static const double expected[] = {-0.1072763208, -0.8562215, -0.803};
    gb_rollout r;
    make(&r, 3, 2);
    for (int lane = 0; lane < 2; lane++) {
        put(&r, lane, 1, 0.5, 0, GB_GOES_ON);
        put(&r, lane, 0, 0.2, 0, GB_GOES_ON);
        put(&r, lane, -1, 0.1, 0.3, lane ? GB_CUT : GB_GOES_ON);
    }
    gb_rollout_advantages(&r, 0.99, 0.95);
    for (int row = 0; row < 6; row++) {
        ck_assert_double_eq_tol((double)r.advantage[row], expected[row / 2], 1e-6);
        ck_assert_double_eq_tol((double)r.ret[row], expected[row / 2] + (double)r.value[row], 1e-6);
    }
    gb_rollout_free(&r);
}
END_TEST

START_TEST(ends_and_cuts) {
    gb_rollout r;
    make(&r, 4, 1);
    put(&r, 0, 1, 0.5, 0, GB_GOES_ON);
    put(&r, 0, 2, 0.25, 8, GB_CUT);      /* the value of the true successor follows */
    put(&r, 0, 3, 0.125, 100, GB_ENDED); /* nothing follows */
    put(&r, 0, 4, 0, 2, GB_GOES_ON);
    gb_rollout_advantages(&r, 0.5, 0.5);
    ck_assert_double_eq((double)r.advantage[3], 4 + 0.5 * 2);
    ck_assert_double_eq((double)r.advantage[2], 3 - 0.125);
    ck_assert_double_eq((double)r.advantage[1], 2 + 0.5 * 8 - 0.25);
    ck_assert_double_eq((double)r.advantage[0], 1 + 0.5 * 0.25 - 0.5 + 0.25 * 5.75);
    gb_rollout_free(&r);
}
END_TEST

START_TEST(lanes_of_different_length) {
    gb_rollout r;
    make(&r, 3, 3);
    put(&r, 0, 1, 0, 0, GB_ENDED);
    put(&r, 2, 1, 0, 0, GB_GOES_ON);
    put(&r, 2, 1, 0, 0, GB_GOES_ON);
    put(&r, 2, 1, 0, 4, GB_CUT);
    r.advantage[1] = 77; /* lane 1 holds nothing */
    gb_rollout_advantages(&r, 0.5, 1);
    ck_assert_double_eq((double)r.advantage[0], 1);
    ck_assert_double_eq((double)r.advantage[1], 77);
    ck_assert_double_eq((double)r.ret[2], 1 + 0.5 + 0.25 + 0.125 * 4);
    gb_rollout_free(&r);
}
END_TEST

START_TEST(saved_and_loaded) {
    gb_rollout one, two;
    gb_err err;
    char path[128];
    snprintf(path, sizeof path, "%s/rollout.safetensors", test_folder());
    make(&one, 5, 2);
    make(&two, 5, 2);
    for (int k = 0; k < 3; k++) put(&one, k % 2, k, 0, k + 0.5, GB_CUT);
    one.x[3] = 6, one.action[2] = 4, one.log_prob[1] = -2;
    gb_archive *archive = gb_archive_create(&err);
    gb_rollout_archive(&one, archive);
    ck_assert_msg(!gb_archive_write(archive, path, &err), "%s", err.msg);
    gb_archive_close(archive);
    archive = gb_archive_open(path, &err);
    gb_rollout_archive(&two, archive);
    ck_assert_int_eq(gb_archive_status(archive, &err), GB_OK);
    gb_archive_close(archive);
    ck_assert_int_eq(two.length[0], 2);
    ck_assert_int_eq(two.length[1], 1);
    ck_assert(two.x[3] == 6 && two.action[2] == 4 && two.log_prob[1] == -2);
    for (int row = 0; row < 3; row++) {
        ck_assert(two.reward[row] == row && two.next_value[row] == (gb_real)(row + 0.5));
        ck_assert_int_eq(two.after[row], GB_CUT);
    }
    gb_rollout_free(&two);
    make(&two, 1, 2); /* too short for what was saved */
    archive = gb_archive_open(path, &err);
    gb_rollout_archive(&two, archive);
    ck_assert_int_eq(gb_archive_status(archive, &err), GB_FAIL);
    ck_assert_int_eq(two.length[0], 0);
    gb_archive_close(archive);
    gb_rollout_free(&one);
    gb_rollout_free(&two);
}
END_TEST

START_TEST(too_much_is_refused) {
    gb_rollout r;
    gb_err err;
    ck_assert_int_eq(gb_rollout_init(&r, 1 << 24, 4096, 1000, 1, "--n_steps", &err), GB_FAIL);
    ck_assert_msg(!strncmp(err.msg, "--n_steps: ", 11), "%s", err.msg);
    gb_rollout_free(&r);
}
END_TEST

Suite *rollout_suite(void) {
    const TTest *const tests[] = {worked_numbers,   ends_and_cuts,       lanes_of_different_length,
                                  saved_and_loaded, too_much_is_refused, NULL};
    return test_suite("rollout", tests, 10);
}
