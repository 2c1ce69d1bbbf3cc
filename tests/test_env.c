/* Instances stepped together: ends, cuts, resets, statistics, threads, checkpoints. */
#include "rng.h"
#include "toy.h"

#include <string.h>

extern const gb_env_type gb_env_acrobot, gb_env_cartpole, gb_env_frozen_lake, gb_env_mountain_car,
    gb_env_mountain_car_continuous, gb_env_pendulum;
extern const gb_env_type gb_env_asterix, gb_env_breakout, gb_env_freeway, gb_env_seaquest,
    gb_env_space_invaders;

/* Those that offer step_block. */
static const gb_env_type *const blocks[] = {&gb_env_acrobot,
                                            &gb_env_frozen_lake,
                                            &gb_env_cartpole,
                                            &gb_env_mountain_car,
                                            &gb_env_mountain_car_continuous,
                                            &gb_env_pendulum};

static const float still[512];

static void step_vec(gb_vec *vec, const float *action, int threads) {
    gb_err err = {{0}};
    ck_assert_msg(gb_vec_step(vec, action, threads, &err) == GB_OK, "%s", err.msg);
}

static void turn_vec(gb_vec *vec) {
    gb_err err = {{0}};
    ck_assert_msg(gb_vec_turn(vec, 1 + vec->finished % 3, &err) == GB_OK, "%s", err.msg);
}

static void check_obs(const float *obs, double first, double second) {
    ck_assert_double_eq(obs[0], first);
    ck_assert_double_eq(obs[1], second);
}

/* --- stepping
 * -----------------------------------------------------------------------------------*/

START_TEST(terminal_step_keeps_successor_and_resets) {
    gb_env env;
    gb_vec vec;
    open_toy(&env, (struct toy_config){.end = 3});
    make_vec(&vec, &env, 2, 1, 0);
    check_obs(vec.obs, 100, 0);
    for (int t = 1; t <= 2; t++) {
        step_vec(&vec, still, 1);
        check_obs(vec.obs, 100 + t - 1, 1 - t); /* what was acted on */
        check_obs(vec.next_obs, 100 + t, -t);
        turn_vec(&vec);
        check_obs(vec.obs, 100 + t, -t);
        ck_assert_int_eq(vec.terminal[0] | vec.truncated[0], 0);
        ck_assert_int_eq(vec.finished, 0);
        ck_assert_int_eq(vec.age[1], t);
    }
    step_vec(&vec, still, 1);
    for (int i = 0; i < 2; i++) {
        check_obs(vec.obs + 2 * i, 102, -2);
        check_obs(vec.next_obs + 2 * i, 103, -3);
        ck_assert_int_eq(vec.terminal[i], 1);
        ck_assert_int_eq(vec.truncated[i], 0);
        ck_assert_double_eq(vec.reward[i], 3);
        ck_assert_int_eq(vec.age[i], 0);
        ck_assert_double_eq(vec.ret[i], 0);
        ck_assert_int_eq(vec.ended[i], i);
        ck_assert_double_eq(vec.episode[i].ret, 1 + 2 + 3);
        ck_assert_int_eq(vec.episode[i].length, 3);
        ck_assert(vec.episode[i].terminal);
    }
    ck_assert_int_eq(vec.finished, 2);
    ck_assert_int_eq(vec.steps, 6);
    turn_vec(&vec);
    for (int i = 0; i < 2; i++) check_obs(vec.obs + 2 * i, 200, 0);
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

START_TEST(step_limit_truncates) {
    gb_env env;
    gb_vec vec;
    open_toy(&env, (struct toy_config){.end = 3, .max_steps = 2});
    make_vec(&vec, &env, 1, 1, 0);
    step_vec(&vec, still, 1);
    turn_vec(&vec);
    step_vec(&vec, still, 1);
    ck_assert_int_eq(vec.terminal[0], 0);
    ck_assert_int_eq(vec.truncated[0], 1);
    check_obs(vec.next_obs, 102, -2);
    turn_vec(&vec);
    check_obs(vec.obs, 200, 0);
    ck_assert_int_eq(vec.finished, 1);
    ck_assert(!vec.episode[0].terminal);
    ck_assert_double_eq(vec.episode[0].ret, 3);
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

START_TEST(end_at_the_limit_is_terminal_only) {
    gb_env env;
    gb_vec vec;
    open_toy(&env, (struct toy_config){.end = 2, .max_steps = 2});
    make_vec(&vec, &env, 1, 1, 0);
    step_vec(&vec, still, 1);
    step_vec(&vec, still, 1);
    ck_assert_int_eq(vec.terminal[0], 1);
    ck_assert_int_eq(vec.truncated[0], 0);
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

START_TEST(no_limit_never_truncates) {
    gb_env env;
    gb_vec vec;
    open_toy(&env, (struct toy_config){.end = 1 << 20});
    make_vec(&vec, &env, 1, 1, 0);
    for (int t = 0; t < 5000; t++) {
        step_vec(&vec, still, 1);
        ck_assert_int_eq(vec.finished, 0);
    }
    ck_assert_int_eq(vec.age[0], 5000);
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

/* Everything that a step shows of a is also shown of b. */
static void check_equal(const gb_vec *a, const gb_vec *b) {
    size_t n = (size_t)a->n, row = n * (size_t)a->obs_size * sizeof(float);
    ck_assert_mem_eq(a->obs, b->obs, row);
    ck_assert_mem_eq(a->next_obs, b->next_obs, row);
    ck_assert_mem_eq(a->reward, b->reward, n * sizeof(float));
    ck_assert_mem_eq(a->terminal, b->terminal, n);
    ck_assert_mem_eq(a->truncated, b->truncated, n);
    ck_assert_int_eq(a->finished, b->finished);
    for (int k = 0; k < a->finished; k++) {
        const int i = a->ended[k];
        ck_assert_int_eq(i, b->ended[k]);
        ck_assert_double_eq(a->episode[i].ret, b->episode[i].ret);
        ck_assert_int_eq(a->episode[i].length, b->episode[i].length);
    }
}

static const gb_env_type *const shared[] = {&gb_env_cartpole, &gb_env_frozen_lake,
                                            &gb_env_pendulum};

START_TEST(threads_do_not_change_results) {
    enum { N = 2001 }; /* so many that first observations are shared, too */
    gb_env env;
    gb_vec one, many;
    gb_err err;
    static float a[N], b[N];
    open_type(&env, shared[_i]);
    make_vec(&one, &env, N, 5, GB_STREAM_ENV);
    make_vec(&many, &env, N, 5, GB_STREAM_ENV);
    for (int t = 0; t < 210; t++) { /* beyond the pendulum's limit */
        gb_vec_random_actions(&one, a, 1);
        step_vec(&one, a, 1);
        if (t % 2) {
            ck_assert_int_eq(gb_vec_step_random(&many, b, 2 + t % 3, &err), GB_OK);
        } else {
            gb_vec_random_actions(&many, b, 1 + t % 4);
            step_vec(&many, b, 2 + t % 3);
        }
        ck_assert_mem_eq(a, b, sizeof a);
        check_equal(&one, &many);
        turn_vec(&one);
        turn_vec(&many);
    }
    gb_vec_free(&one);
    gb_vec_free(&many);
    gb_env_free(&env);
}
END_TEST

/* n instances of both environments make the same rows, whatever the threads of the first. */
static void check_same(const gb_env *with, const gb_env *without, int n, int steps) {
    gb_vec a, b;
    float *action = gb_alloc((size_t)n, sizeof *action, NULL);
    float *same = gb_alloc((size_t)n, sizeof *same, NULL);
    make_vec(&a, with, n, 6, GB_STREAM_ENV);
    make_vec(&b, without, n, 6, GB_STREAM_ENV);
    for (int t = 0; t < steps; t++) {
        gb_vec_random_actions(&a, action, 1);
        gb_vec_random_actions(&b, same, 1);
        step_vec(&a, action, 1 + t % 2);
        step_vec(&b, same, 1);
        check_equal(&a, &b);
        turn_vec(&a);
        turn_vec(&b);
    }
    gb_vec_free(&a);
    gb_vec_free(&b);
    gb_dealloc(action);
    gb_dealloc(same);
}

/* step_block is only faster: the same task without it gives the same rows, also where the last
 * block is not full and where instances are too few for it. */
START_TEST(step_block_does_not_change_results) {
    static const int sizes[] = {1, 3, 5, 200, 3 * GB_BLOCK + 1};
    gb_env with, without;
    gb_env_type plain = *blocks[_i];
    ck_assert(plain.step_block != NULL);
    plain.step_block = NULL;
    open_type(&with, blocks[_i]);
    open_type(&without, &plain);
    for (int k = 0; k < 5; k++) check_same(&with, &without, sizes[k], 600);
    gb_env_free(&with);
    gb_env_free(&without);
}
END_TEST

/* Those that offer observe_bits. */
static const gb_env_type *const pictures[] = {&gb_env_asterix, &gb_env_breakout, &gb_env_freeway,
                                              &gb_env_seaquest, &gb_env_space_invaders};

/* So is observe_bits, also where the observations of all are larger than the caches. */
START_TEST(bits_do_not_change_results) {
    static const int sizes[] = {1, 3, 130, 5301};
    gb_env with, without;
    gb_env_type plain = *pictures[_i];
    ck_assert(plain.observe_bits != NULL);
    plain.observe_bits = NULL;
    open_type(&with, pictures[_i]);
    open_type(&without, &plain);
    for (int k = 0; k < 4; k++) check_same(&with, &without, sizes[k], sizes[k] > 1000 ? 12 : 600);
    gb_env_free(&with);
    gb_env_free(&without);
}
END_TEST

/* Episodes that end in several threads' shares are listed by instance, without gaps. */
START_TEST(episodes_are_listed_by_instance) {
    enum { N = 300 };
    gb_env env;
    gb_vec vec;
    float action[N];
    open_type(&env, &gb_env_cartpole);
    make_vec(&vec, &env, N, 3, GB_STREAM_ENV);
    for (int t = 0; t < 200; t++) {
        double ret[N];
        memcpy(ret, vec.ret, sizeof ret);
        gb_vec_random_actions(&vec, action, 1);
        step_vec(&vec, action, 1 + t % 7);
        int k = 0;
        for (int i = 0; i < N; i++) {
            if (!(vec.terminal[i] | vec.truncated[i])) continue;
            ck_assert_int_eq(vec.ended[k++], i);
            ck_assert_double_eq(vec.episode[i].ret, ret[i] + 1);
            ck_assert_int_eq(vec.episode[i].length, (int)ret[i] + 1);
            ck_assert_int_eq(vec.age[i], 0);
        }
        ck_assert_int_eq(vec.finished, k);
    }
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

START_TEST(no_threads_is_one) {
    gb_env env;
    gb_vec vec;
    open_toy(&env, (struct toy_config){.end = 3});
    make_vec(&vec, &env, 2, 1, 0);
    step_vec(&vec, still, 0);
    check_obs(vec.next_obs, 101, -1);
    ck_assert_int_eq(vec.steps, 2);
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

START_TEST(instance_does_not_depend_on_its_neighbours) {
    gb_env env;
    gb_vec all, alone;
    float a[8], b[1];
    open_type(&env, &gb_env_cartpole);
    make_vec(&all, &env, 8, 5, 1000);
    make_vec(&alone, &env, 1, 5, 1003);
    for (int t = 0; t < 200; t++) {
        gb_vec_random_actions(&all, a, 1);
        gb_vec_random_actions(&alone, b, 1);
        step_vec(&all, a, 1);
        step_vec(&alone, b, 1);
        turn_vec(&all);
        turn_vec(&alone);
        ck_assert_mem_eq(alone.obs, all.obs + 3 * 4, 4 * sizeof(float));
    }
    ck_assert_mem_ne(all.obs, all.obs + 4, 4 * sizeof(float));
    gb_vec_free(&all);
    gb_vec_free(&alone);
    gb_env_free(&env);
}
END_TEST

/* A random policy keeps Gymnasium's CartPole-v1 up for 22.3 steps on average (its standard error
 * over 20000 episodes is below 0.1). */
START_TEST(random_cartpole_lasts_as_long_as_gymnasiums) {
    enum { N = 512 };
    gb_env env;
    gb_vec vec;
    float action[N];
    open_type(&env, &gb_env_cartpole);
    make_vec(&vec, &env, N, 11, GB_STREAM_ENV);
    double length = 0, ret = 0;
    int episodes = 0;
    for (int t = 0; t < 1500; t++) {
        gb_vec_random_actions(&vec, action, 1);
        step_vec(&vec, action, 1);
        for (int k = 0; k < vec.finished; k++, episodes++) {
            length += vec.episode[vec.ended[k]].length;
            ret += vec.episode[vec.ended[k]].ret;
        }
    }
    ck_assert_int_ge(episodes, 20000);
    ck_assert_double_eq_tol(length / episodes, 22.3, 0.5);
    ck_assert_double_eq(ret, length);
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

START_TEST(loaded_instances_go_on_as_saved_ones) {
    enum { N = 70 };
    gb_env env;
    gb_vec saved, loaded;
    gb_err err = {{0}};
    float a[N], b[N];
    char path[128];
    open_type(&env, &gb_env_cartpole);
    make_vec(&saved, &env, N, 8, 0);
    make_vec(&loaded, &env, N, 9, 50);
    for (int t = 0; t < 37; t++) {
        gb_vec_random_actions(&saved, a, 1);
        step_vec(&saved, a, 1);
        turn_vec(&saved);
    }
    gb_format(path, sizeof path, "%s/vec", test_folder());
    gb_archive *archive = gb_archive_create(&err);
    gb_vec_archive(&saved, archive);
    ck_assert_msg(gb_archive_write(archive, path, &err) == GB_OK, "%s", err.msg);
    gb_archive_close(archive);

    archive = gb_archive_open(path, &err);
    ck_assert_msg(archive != NULL, "%s", err.msg);
    gb_vec_archive(&loaded, archive);
    ck_assert_msg(gb_archive_status(archive, &err) == GB_OK, "%s", err.msg);
    gb_archive_close(archive);
    ck_assert_int_eq(loaded.steps, 37 * N);
    ck_assert_mem_eq(loaded.obs, saved.obs, N * 4 * sizeof(float));
    for (int t = 0; t < 100; t++) {
        gb_vec_random_actions(&saved, a, 1);
        gb_vec_random_actions(&loaded, b, 1);
        step_vec(&saved, a, 1);
        step_vec(&loaded, b, 1);
        check_equal(&saved, &loaded);
        turn_vec(&saved);
        turn_vec(&loaded);
    }
    gb_vec_free(&saved);
    gb_vec_free(&loaded);
    gb_env_free(&env);
}
END_TEST

Suite *env_suite(void);
Suite *env_suite(void) {
    const TTest *const tests[] = {
        terminal_step_keeps_successor_and_resets,
        step_limit_truncates,
        end_at_the_limit_is_terminal_only,
        no_limit_never_truncates,
        instance_does_not_depend_on_its_neighbours,
        random_cartpole_lasts_as_long_as_gymnasiums,
        loaded_instances_go_on_as_saved_ones,
        episodes_are_listed_by_instance,
        no_threads_is_one,
        NULL,
    };
    Suite *suite = test_suite("env", tests, 60);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, threads_do_not_change_results, 0, sizeof shared / sizeof *shared);
    tcase_add_loop_test(loops, step_block_does_not_change_results, 0,
                        sizeof blocks / sizeof *blocks);
    tcase_add_loop_test(loops, bits_do_not_change_results, 0, sizeof pictures / sizeof *pictures);
    suite_add_tcase(suite, loops);
    return suite;
}
