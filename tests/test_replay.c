/* The ring of transitions, against a list of all that was ever added. */
#include "replay.h"
#include "rng.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { OBS = 35, MOST = 400, ENVS = 3 };

/* What was added; transition i is of instance i % envs, and its action is i. */
static struct story {
    float obs[MOST][OBS], next[MOST][OBS], reward[MOST];
    uint8_t terminal[MOST], truncated[MOST];
    int n, envs;
    gb_rng rng;
} story;

static void fill(float *x) {
    for (int k = 0; k < OBS; k++) x[k] = (float)gb_rng_below(&story.rng, 2);
}

static void begin(int envs, uint64_t seed) {
    memset(&story, 0, sizeof story);
    story.envs = envs;
    story.rng = gb_rng_stream(seed, 1);
}

/* Adds `steps` steps of all instances. One in `every` is terminal, as many are truncated, and as
 * many go on from elsewhere than where they were though they did not end. */
static void add(gb_replay *replay, int steps, int every) {
    gb_err err;
    for (int t = 0; t < steps; t++) {
        float action[ENVS];
        const int first = story.n;
        for (int e = 0; e < story.envs; e++) {
            int i = story.n++, before = i - story.envs;
            ck_assert_int_lt(i, MOST);
            bool goes_on = before >= 0 && !story.terminal[before] && !story.truncated[before] &&
                           gb_rng_below(&story.rng, (uint32_t)every);
            if (goes_on)
                memcpy(story.obs[i], story.next[before], sizeof story.obs[i]);
            else
                fill(story.obs[i]);
            fill(story.next[i]);
            action[e] = (float)i, story.reward[i] = (float)gb_rng_normal(&story.rng);
            story.terminal[i] = gb_rng_below(&story.rng, (uint32_t)every) == 0;
            story.truncated[i] = !story.terminal[i] && !gb_rng_below(&story.rng, (uint32_t)every);
        }
        gb_batch batch = {story.envs,
                          story.obs[first],
                          action,
                          story.reward + first,
                          story.next[first],
                          story.terminal + first,
                          story.truncated + first};
        ck_assert_msg(!gb_replay_add(replay, &batch, &err), "%s", err.msg);
    }
}

/* The return of up to n steps from transition i on, by its definition; *last as in the replay. */
static double follow(int i, int n, int *last, int *steps) {
    double sum = 0;
    for (int k = 0;; k++) {
        int here = i + k * story.envs, then = here + story.envs;
        sum += pow(0.9, k) * (double)story.reward[here];
        *last = here, *steps = k + 1;
        if (k + 1 == n || story.terminal[here] || story.truncated[here] || then >= story.n ||
            memcmp(story.next[here], story.obs[then], sizeof story.next[here]))
            return sum;
    }
}

/* Asserts that place `at` holds a transition whole, and returns which. */
static int check_place(const gb_replay *replay, int64_t at) {
    float room[OBS];
    int id = (int)gb_replay_action(replay, at)[0], last, steps;
    ck_assert(!memcmp(gb_replay_obs(replay, at, room), story.obs[id], sizeof room));
    ck_assert_float_eq(gb_replay_reward(replay, at), story.reward[id]);
    ck_assert_int_eq(gb_replay_terminal(replay, at), story.terminal[id]);
    for (int n = 1; n <= 5; n++) {
        gb_replay_steps got = gb_replay_follow(replay, at, n, 0.9);
        ck_assert_double_eq_tol(got.reward, follow(id, n, &last, &steps), 1e-12);
        ck_assert_int_eq(got.n, steps);
        ck_assert_int_eq((int)gb_replay_action(replay, got.last)[0], last);
        ck_assert_int_eq(gb_replay_terminal(replay, got.last), story.terminal[last]);
        if (!story.terminal[last])
            ck_assert(
                !memcmp(gb_replay_next(replay, got.last, room), story.next[last], sizeof room));
    }
    return id;
}

/* Asserts that the newest transitions are there, each once. */
static void check_all(const gb_replay *replay) {
    bool seen[MOST] = {false};
    const int64_t capacity = replay->shape.capacity;
    for (int64_t k = 1; k <= replay->count; k++) {
        int id = check_place(replay, (replay->head - k + capacity) % capacity);
        ck_assert_int_eq(id, story.n - k);
        ck_assert(!seen[id]);
        seen[id] = true;
    }
}

static void make(gb_replay *replay, int envs, int capacity, int cuts, bool bits) {
    gb_replay_shape shape = {OBS, 1, bits, envs, capacity, cuts};
    ck_assert_int_eq(gb_replay_init(replay, &shape, NULL), GB_OK);
}

START_TEST(every_transition_comes_back_whole) {
    static const int capacities[] = {1, 2, 3, 5, 6, 7, 20, 100, 1000};
    for (int c = 0; c < 9; c++)
        for (int envs = 1; envs <= ENVS; envs++)
            for (int bits = 0; bits < 2; bits++) {
                gb_replay replay;
                const int capacity = capacities[c];
                make(&replay, envs, capacity, capacity, bits);
                begin(envs, (uint64_t)c + 1);
                for (int t = 0; t < 120 / envs; t++) {
                    add(&replay, 1, 7);
                    if (t % 5 == 0 || t < 10) check_all(&replay);
                    ck_assert_int_eq(replay.count, story.n < capacity ? story.n : capacity);
                }
                gb_replay_free(&replay);
            }
}
END_TEST

START_TEST(too_few_cuts_let_the_oldest_go_early) {
    gb_replay replay;
    make(&replay, 2, 50, 3, false);
    begin(2, 4);
    bool early = false;
    for (int t = 0; t < 100; t++) {
        add(&replay, 1, 7);
        check_all(&replay);
        ck_assert_int_gt(replay.count, 0);
        early |= replay.count < 50 && story.n >= 50;
        for (int k = 0; k < 5; k++) check_place(&replay, gb_replay_draw(&replay, &story.rng));
    }
    ck_assert(early);
    gb_replay_free(&replay);
    ck_assert_int_eq(gb_replay_cuts(1000000, 2, 100), 10004); /* one an episode, and the newest */
    ck_assert_int_eq(gb_replay_cuts(1000000, 2, 1), 1000000);
    ck_assert_int_eq(gb_replay_cuts(64, 1, 0), 64);
}
END_TEST

START_TEST(bits_take_a_thirtieth_of_the_memory_and_nothing_else) {
    gb_replay replay;
    gb_err err;
    make(&replay, 1, 10, 10, true);
    ck_assert_uint_eq(replay.obs_bytes, 8);
    begin(1, 4);
    add(&replay, 1, 7);
    float half[OBS] = {0}, zero[OBS] = {0}, one = 1;
    uint8_t no = 0;
    half[OBS - 1] = 0.5f;
    gb_batch batch = {1, half, &one, &one, zero, &no, &no};
    ck_assert_int_eq(gb_replay_add(&replay, &batch, &err), GB_FAIL);
    ck_assert_ptr_nonnull(strstr(err.msg, "--bits 0"));
    batch.obs = zero, batch.next_obs = half;
    ck_assert_int_eq(gb_replay_add(&replay, &batch, &err), GB_FAIL);
    gb_replay_free(&replay);
}
END_TEST

/* --- draws ------------------------------------------------------------------------------------*/

/* Asserts that counts of n draws fit shares (k of them): chi-square at one in 10,000 with 9 degrees
 * of freedom. */
static void fits(const int *count, const double *share, int k, int n) {
    double chi = 0;
    ck_assert_int_eq(k, 10);
    for (int i = 0; i < k; i++)
        if (share[i] > 0)
            chi += (count[i] - n * share[i]) * (count[i] - n * share[i]) / (n * share[i]);
        else
            ck_assert_int_eq(count[i], 0);
    ck_assert_double_le(chi, 33.7);
}

START_TEST(draws_are_uniform) {
    gb_replay replay;
    int count[10] = {0};
    double share[10];
    make(&replay, 1, 100, 100, false);
    begin(1, 5);
    add(&replay, 10, 7);
    for (int i = 0; i < 100000; i++)
        count[(int)gb_replay_action(&replay, gb_replay_draw(&replay, &story.rng))[0]]++;
    for (int i = 0; i < 10; i++) share[i] = 0.1;
    fits(count, share, 10, 100000);
    gb_replay_free(&replay);
}
END_TEST

START_TEST(prioritised_draws_follow_their_errors) {
    gb_replay replay;
    gb_real weight[4], largest = 0;
    int64_t index[4];
    int count[10] = {0};
    double share[10], total = 0;
    make(&replay, 1, 10, 10, false);
    ck_assert_int_eq(gb_replay_prioritize(&replay, 0.6, NULL), GB_OK);
    begin(1, 6);
    add(&replay, 14, 7); /* places 0..3 hold 10..13 */
    for (int i = 0; i < 10; i++) {
        double error = i == 7 ? 50 : 0.25 * i;
        gb_replay_set_error(&replay, i, i % 2 ? error : -error);
        total += share[i] = pow(error + 1e-6, 0.6);
    }
    for (int i = 0; i < 10; i++) share[i] /= total;
    for (int t = 0; t < 25000; t++) {
        gb_replay_draw_prioritized(&replay, &story.rng, 1, 0.4, index, weight);
        count[index[0]]++;
        ck_assert_double_eq_tol((double)weight[0], 1, 1e-6); /* alone, it is the largest */
    }
    fits(count, share, 10, 25000);
    gb_replay_draw_prioritized(&replay, &story.rng, 4, 0.4, index, weight);
    for (int k = 0; k < 4; k++)
        largest = (gb_real)fmax((double)largest, pow(10 * share[index[k]], -0.4));
    for (int k = 0; k < 4; k++)
        ck_assert_double_eq_tol((double)weight[k],
                                pow(10 * share[index[k]], -0.4) / (double)largest, 1e-6);
    add(&replay, 1, 7); /* gets the largest weight so far, that of error 50 */
    ck_assert_double_eq_tol(gb_priority_get(&replay.priority, 4), pow(50, 0.6), 1e-3);
    gb_replay_free(&replay);
}
END_TEST

START_TEST(prioritised_draws_are_spread_over_the_whole_weight) {
    gb_replay replay;
    gb_real weight[10];
    int64_t index[10];
    make(&replay, 1, 16, 1, false);
    ck_assert_int_eq(gb_replay_prioritize(&replay, 1, NULL), GB_OK);
    begin(1, 6);
    add(&replay, 10, 1000);
    for (int t = 0; t < 100; t++) { /* equal weights: each part of the total is one transition */
        gb_replay_draw_prioritized(&replay, &story.rng, 10, 1, index, weight);
        for (int k = 0; k < 10; k++) ck_assert_int_eq(index[k], k);
    }
    add(&replay, 300, 3); /* one cut only: what went early must never be drawn */
    for (int t = 0; t < 300; t++) {
        gb_replay_draw_prioritized(&replay, &story.rng, 10, 1, index, weight);
        for (int k = 0; k < 10; k++) check_place(&replay, index[k]);
    }
    gb_replay_free(&replay);
}
END_TEST

/* --- saving -----------------------------------------------------------------------------------*/

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
    make(&a, 2, 20, 9, true), make(&b, 2, 20, 9, true);
    make(&small, 2, 6, 6, true), make(&large, 2, 90, 30, true);
    begin(2, 8);
    add(&a, 8, 7); /* not full: fits a larger ring, which goes on behind it */
    ck_assert_int_eq(copy(&a, &large, &err), GB_OK);
    add(&large, 3, 7);
    check_all(&large);
    ck_assert_int_eq(large.count, 22);
    ck_assert_int_eq(copy(&a, &small, &err), GB_FAIL);
    ck_assert_int_eq(small.count, 0);
    begin(2, 8);
    b.count = a.count = b.filled = a.filled = a.head = b.head = 0;
    a.cut_count = a.cut_head = a.cut_filled = 0;
    add(&a, 21, 7); /* full and turned over: only a ring of its size can take it */
    ck_assert_int_eq(copy(&a, &b, &err), GB_OK);
    add(&b, 15, 7);
    check_all(&b);
    large.count = large.head = large.filled = 0;
    ck_assert_int_eq(copy(&a, &large, &err), GB_FAIL);
    gb_replay_free(&a);
    gb_replay_free(&b);
    gb_replay_free(&small);
    gb_replay_free(&large);
}
END_TEST

START_TEST(priorities_are_saved_and_loaded) {
    gb_replay a, b;
    gb_err err;
    make(&a, 1, 11, 11, false), make(&b, 1, 11, 11, false);
    ck_assert_int_eq(gb_replay_prioritize(&a, 0.7, NULL), GB_OK);
    ck_assert_int_eq(gb_replay_prioritize(&b, 0.7, NULL), GB_OK);
    begin(1, 9);
    add(&a, 30, 7);
    for (int i = 0; i < 11; i++) gb_replay_set_error(&a, i, gb_rng_normal(&story.rng));
    ck_assert_int_eq(copy(&a, &b, &err), GB_OK);
    ck_assert(!memcmp(a.priority.sum, b.priority.sum,
                      2 * (size_t)a.priority.leaves * sizeof *a.priority.sum));
    ck_assert_double_eq(a.largest, b.largest);
    gb_replay_free(&a);
    gb_replay_free(&b);
}
END_TEST

/* Adds one step of three instances of 1,000 numbers; `t` marks them. */
static void add_wide(gb_replay *replay, int t) {
    static float obs[3 * 1000], next[3 * 1000];
    const float action[3] = {1, 2, 3}, reward[3] = {(float)t, (float)t, (float)t};
    const uint8_t terminal[3] = {t % 7 == 0, 0, 0}, truncated[3] = {0, t % 5 == 0, 0};
    gb_err err;
    memcpy(obs, next, sizeof obs);
    for (int k = 0; k < 3000; k++) next[k] = (float)(t * 3000 + k);
    gb_batch batch = {3, obs, action, reward, next, terminal, truncated};
    ck_assert_msg(!gb_replay_add(replay, &batch, &err), "%s", err.msg);
}

/* Rows of 4,012 bytes, 66 a chunk: rows come, and links of rows before them change, in this chunk
 * or the one before, after the archive was frozen and before it is read. */
START_TEST(frozen_while_more_come) {
    gb_replay replay;
    const gb_replay_shape shape = {
        .obs_size = 1000, .act_size = 1, .envs = 3, .capacity = 201, .cuts = 20};
    ck_assert_int_eq(gb_replay_init(&replay, &shape, NULL), GB_OK);
    for (int t = 0; t < 200; t++) {
        size_t n, m;
        gb_archive *archive = gb_archive_create(NULL);
        gb_replay_archive(&replay, archive);
        char *before = gb_archive_pack(archive, &n, NULL);
        gb_archive_close(archive);
        archive = gb_archive_create(NULL);
        gb_replay_archive(&replay, archive);
        ck_assert_int_eq(gb_archive_freeze(archive, NULL), GB_OK);
        for (int more = 0; more < (t % 50 ? 1 : 70); more++) add_wide(&replay, 100 * t + more);
        char *after = gb_archive_pack(archive, &m, NULL);
        ck_assert_msg(n == m && !memcmp(before, after, n), "%d", t);
        gb_archive_close(archive);
        gb_dealloc(before);
        gb_dealloc(after);
    }
    gb_replay_free(&replay);
}
END_TEST

Suite *replay_suite(void) {
    const TTest *const tests[] = {every_transition_comes_back_whole,
                                  too_few_cuts_let_the_oldest_go_early,
                                  bits_take_a_thirtieth_of_the_memory_and_nothing_else,
                                  draws_are_uniform,
                                  prioritised_draws_follow_their_errors,
                                  prioritised_draws_are_spread_over_the_whole_weight,
                                  saved_and_loaded,
                                  priorities_are_saved_and_loaded,
                                  frozen_while_more_come,
                                  NULL};
    return test_suite("replay", tests, 30);
}
