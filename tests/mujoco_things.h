/* The tasks on MuJoCo, and what Gymnasium fixes of them. */
#ifndef GB_TESTS_MUJOCO_THINGS_H
#define GB_TESTS_MUJOCO_THINGS_H

#include "env.h"
#include "opt.h"
#include "support.h"

#include <math.h>
#include <string.h>

extern const gb_env_type gb_env_ant, gb_env_half_cheetah, gb_env_hopper, gb_env_humanoid,
    gb_env_inverted_double_pendulum, gb_env_inverted_pendulum, gb_env_pusher, gb_env_reacher,
    gb_env_swimmer, gb_env_walker2d;

/* What Gymnasium fixes. obs5: numbers seen in v5, 0 where there are no other rules. */
static const struct task {
    const gb_env_type *type;
    const char *gym_id;
    int skip, nq, nv, nu, obs, obs5, max_steps;
    double bound, dt, threshold;
} tasks[] = {
    {&gb_env_half_cheetah, "HalfCheetah-v4", 5, 9, 9, 6, 17, 0, 1000, 1, 0.05, 4800},
    {&gb_env_hopper, "Hopper-v4", 4, 6, 6, 3, 11, 11, 1000, 1, 0.008, 3800},
    {&gb_env_walker2d, "Walker2d-v4", 4, 9, 9, 6, 17, 17, 1000, 1, 0.008, NAN},
    {&gb_env_ant, "Ant-v4", 5, 15, 14, 8, 27, 105, 1000, 1, 0.05, 6000},
    {&gb_env_humanoid, "Humanoid-v4", 5, 24, 23, 17, 376, 348, 1000, 0.4, 0.015, NAN},
    {&gb_env_swimmer, "Swimmer-v4", 4, 5, 5, 2, 8, 0, 1000, 1, 0.04, 360},
    {&gb_env_reacher, "Reacher-v4", 2, 4, 4, 2, 11, 10, 50, 1, 0.02, -3.75},
    {&gb_env_pusher, "Pusher-v4", 5, 11, 11, 7, 23, 0, 100, 2, 0.05, 0},
    {&gb_env_inverted_pendulum, "InvertedPendulum-v4", 2, 2, 2, 1, 4, 4, 1000, 3, 0.04, 950},
    {&gb_env_inverted_double_pendulum, "InvertedDoublePendulum-v4", 5, 3, 3, 1, 11, 9, 1000, 1,
     0.05, 9100},
};
enum { TASKS = sizeof tasks / sizeof *tasks };

static inline bool is(const struct task *task, const char *name) {
    return !strcmp(task->type->name, name);
}

/* Opens an environment with options "name=value name=value". */
static inline void open_with(gb_env *env, const gb_env_type *type, const char *options) {
    gb_err err = {{0}};
    char copy[200], *next = NULL;
    ck_assert_int_eq(gb_env_init(env, type, &err), GB_OK);
    gb_format(copy, sizeof copy, "%s", options);
    for (char *word = strtok_r(copy, " ", &next); word; word = strtok_r(NULL, " ", &next)) {
        char *value = strchr(word, '=');
        *value++ = 0;
        const gb_opt *row = gb_opts_find(type->opts, word);
        ck_assert_msg(row != NULL, "%s has no option %s", type->name, word);
        ck_assert_msg(gb_opt_set(row, env->config, value, word, &err) == GB_OK, "%s", err.msg);
    }
    ck_assert_msg(gb_env_open(env, &err) == GB_OK, "%s", err.msg);
}

#endif
