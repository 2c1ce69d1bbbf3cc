/* Environments whose simulator lives behind handles: what must hold of all of them, whichever
 * handle, thread or process a step gets. Everything is compared bit for bit. */
#ifndef GB_TESTS_SIMULATOR_THINGS_H
#define GB_TESTS_SIMULATOR_THINGS_H

#include "env.h"
#include "support.h"

#include <string.h>

/* Instances of an environment of their own, so that two of them share no pool. */
typedef struct sim_world {
    gb_env env;
    gb_vec vec;
    float action[8 * 32];
} sim_world;

static inline void sim_open(sim_world *w, const gb_env_type *type, int n) {
    gb_err err = {{0}};
    ck_assert_int_eq(gb_env_init(&w->env, type, &err), GB_OK);
    ck_assert_msg(gb_env_open(&w->env, &err) == GB_OK, "%s", err.msg);
    ck_assert_msg(gb_vec_init(&w->vec, &w->env, n, 7, 1, &err) == GB_OK, "%s", err.msg);
    ck_assert_int_le(n * w->vec.act_size, 8 * 32);
}

static inline void sim_close(sim_world *w) {
    gb_vec_free(&w->vec);
    gb_env_free(&w->env);
}

static inline void sim_step(sim_world *w, int threads) {
    gb_err err = {{0}};
    gb_vec_random_actions(&w->vec, w->action, 1);
    ck_assert_msg(gb_vec_step(&w->vec, w->action, threads, &err) == GB_OK, "%s", err.msg);
    ck_assert_msg(gb_vec_turn(&w->vec, threads, &err) == GB_OK, "%s", err.msg);
}

static inline void sim_same(const sim_world *a, const sim_world *b, int step) {
    const size_t n = (size_t)a->vec.n, obs = n * (size_t)a->vec.obs_size * sizeof(float);
    const char *name = a->env.type->name;
    ck_assert_msg(!memcmp(a->vec.obs, b->vec.obs, obs), "%s: observations, step %d", name, step);
    ck_assert_msg(!memcmp(a->vec.reward, b->vec.reward, n * sizeof(float)), "%s: rewards, step %d",
                  name, step);
    ck_assert_msg(!memcmp(a->vec.states, b->vec.states, n * a->vec.stride), "%s: states, step %d",
                  name, step);
}

/* Any number of threads, which take handles in any order. */
static inline void sim_threads_agree(const gb_env_type *type, int steps) {
    sim_world one, four;
    sim_open(&one, type, 7);
    sim_open(&four, type, 7);
    for (int t = 0; t < steps; t++) {
        sim_step(&one, 1);
        sim_step(&four, 4);
        sim_same(&one, &four, t);
    }
    sim_close(&one);
    sim_close(&four);
}

/* Copies of states and streams go on alike under handles that never saw the originals; so does
 * what an archive keeps. */
static inline void sim_copies_agree(const gb_env_type *type, int steps) {
    sim_world a, copy, resumed;
    gb_err err = {{0}};
    char path[300];
    sim_open(&a, type, 3);
    sim_open(&copy, type, 3);
    sim_open(&resumed, type, 3);
    for (int t = 0; t < steps; t++) sim_step(&a, 1);
    const size_t n = 3;
    memcpy(copy.vec.states, a.vec.states, n * a.vec.stride);
    memcpy(copy.vec.rng, a.vec.rng, n * sizeof *a.vec.rng);
    memcpy(copy.vec.age, a.vec.age, n * sizeof *a.vec.age);
    for (int i = 0; i < 3; i++) ck_assert(gb_vec_observe(&copy.vec, i));
    gb_format(path, sizeof path, "%s/states", test_folder());
    gb_archive *archive = gb_archive_create(&err);
    gb_vec_archive(&a.vec, archive);
    ck_assert_msg(gb_archive_write(archive, path, &err) == GB_OK, "%s", err.msg);
    gb_archive_close(archive);
    archive = gb_archive_open(path, &err);
    ck_assert_msg(archive != NULL, "%s", err.msg);
    gb_vec_archive(&resumed.vec, archive);
    ck_assert_msg(gb_archive_status(archive, &err) == GB_OK, "%s", err.msg);
    gb_archive_close(archive);
    for (int t = 0; t < steps; t++) {
        sim_step(&a, 1);
        sim_step(&copy, 1);
        sim_step(&resumed, 1);
        sim_same(&a, &copy, t);
        sim_same(&a, &resumed, t);
    }
    sim_close(&a);
    sim_close(&copy);
    sim_close(&resumed);
}

#endif
