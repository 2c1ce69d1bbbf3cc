/* The ring of transitions. */
#include "replay.h"
#include "rng.h"
#include "support.h"

#include <math.h>
#include <stdio.h>

/* Adds transitions numbered from..to-1, two at a time; every number of one tells which it is. */
static void add(gb_replay *replay, int from, int to) {
    for (int i = from; i < to; i += 2) {
        float obs[4], next[4], action[2], reward[2];
        uint8_t terminal[2], truncated[2] = {0, 0};
        for (int k = 0; k < 2; k++) {
            int id = i + k;
            for (int j = 0; j < 2; j++) {
                obs[2 * k + j] = (float)(10 * id + j);
                next[2 * k + j] = (float)(10 * id + 5 + j);
            }
            action[k] = (float)-id, reward[k] = (float)id / 2;
            terminal[k] = id % 3 == 0;
        }
        gb_batch batch = {2, obs, action, reward, next, terminal, truncated};
        gb_replay_add(replay, &batch);
    }
}

/* Asserts that row i holds transition id. */
static void holds(const gb_replay *replay, int64_t i, int id) {
    const float *row = gb_replay_row(replay, i);
    ck_assert_float_eq(row[0], (float)(10 * id));
    ck_assert_float_eq(row[1], (float)(10 * id + 1));
    ck_assert_float_eq(gb_replay_action(replay, row)[0], (float)-id);
    ck_assert_float_eq(gb_replay_next(replay, row)[1], (float)(10 * id + 6));
    ck_assert_float_eq(gb_replay_reward(replay, row), (float)id / 2);
    ck_assert_float_eq(gb_replay_terminal(replay, row), id % 3 == 0);
}

START_TEST(the_oldest_goes_first) {
    gb_replay replay;
    ck_assert_int_eq(gb_replay_init(&replay, 2, 1, 5, NULL), GB_OK);
    add(&replay, 0, 4);
    ck_assert_int_eq(replay.count, 4);
    for (int i = 0; i < 4; i++) holds(&replay, i, i);
    add(&replay, 4, 8);
    ck_assert_int_eq(replay.count, 5);
    static const int now[] = {5, 6, 7, 3, 4};
    for (int i = 0; i < 5; i++) holds(&replay, i, now[i]);
    gb_replay_free(&replay);
}
END_TEST

START_TEST(draws_are_uniform) {
    gb_replay replay;
    gb_rng rng = gb_rng_stream(1, 1);
    int count[10] = {0};
    const int n = 100000;
    ck_assert_int_eq(gb_replay_init(&replay, 2, 1, 100, NULL), GB_OK);
    add(&replay, 0, 10);
    for (int i = 0; i < n; i++)
        count[(int)-gb_replay_action(&replay, gb_replay_draw(&replay, &rng))[0]]++;
    for (int i = 0; i < 10; i++) ck_assert_double_le(fabs(count[i] - n / 10.0), 5 * sqrt(n * 0.09));
    gb_replay_free(&replay);
}
END_TEST

/* Saves `from` and loads it into `to`; returns what loading said. */
static int copy(gb_replay *from, gb_replay *to, gb_err *err) {
    char path[128];
    snprintf(path, sizeof path, "%s/replay.safetensors", test_folder());
    gb_archive *archive = gb_archive_create(err);
    gb_replay_archive(from, archive);
    ck_assert_int_eq(gb_archive_write(archive, path, err), GB_OK);
    gb_archive_close(archive);
    archive = gb_archive_open(path, err);
    ck_assert_ptr_nonnull(archive);
    gb_replay_archive(to, archive);
    int code = gb_archive_status(archive, err);
    gb_archive_close(archive);
    return code;
}

START_TEST(saved_and_loaded) {
    gb_replay a, b, small, large;
    gb_err err;
    ck_assert_int_eq(gb_replay_init(&a, 2, 1, 5, NULL), GB_OK);
    ck_assert_int_eq(gb_replay_init(&b, 2, 1, 5, NULL), GB_OK);
    ck_assert_int_eq(gb_replay_init(&small, 2, 1, 3, NULL), GB_OK);
    ck_assert_int_eq(gb_replay_init(&large, 2, 1, 9, NULL), GB_OK);
    add(&a, 0, 4); /* not full: fits a larger ring, which goes on behind it */
    ck_assert_int_eq(copy(&a, &large, &err), GB_OK);
    add(&large, 4, 6);
    for (int i = 0; i < 6; i++) holds(&large, i, i);
    ck_assert_int_eq(copy(&a, &small, &err), GB_FAIL);
    ck_assert_int_eq(small.count, 0);
    add(&a, 4, 8); /* full and turned over: only a ring of its size can take it */
    ck_assert_int_eq(copy(&a, &b, &err), GB_OK);
    add(&a, 8, 10);
    add(&b, 8, 10);
    static const int now[] = {5, 6, 7, 8, 9};
    for (int i = 0; i < 5; i++) holds(&a, i, now[i]), holds(&b, i, now[i]);
    large.count = large.head = 0;
    add(&b, 10, 12);
    ck_assert_int_eq(copy(&b, &large, &err), GB_FAIL);
    gb_replay_free(&a);
    gb_replay_free(&b);
    gb_replay_free(&small);
    gb_replay_free(&large);
}
END_TEST

Suite *replay_suite(void) {
    const TTest *const tests[] = {the_oldest_goes_first, draws_are_uniform, saved_and_loaded, NULL};
    return test_suite("replay", tests, 30);
}
