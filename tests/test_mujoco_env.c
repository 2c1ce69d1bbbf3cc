/* The tasks on MuJoCo: their spaces, where episodes begin, options, ids, faults; and what holds of
 * every environment: copies, threads, resume. */
#include "conform.h"
#include "mujoco_things.h"
#include "simulator_things.h"

#include <stdlib.h>
#include <unistd.h>

START_TEST(spec_is_gymnasiums) {
    const struct task *task = &tasks[_i];
    for (int version = 4; version <= (task->obs5 ? 5 : 4); version++) {
        gb_env env;
        open_with(&env, task->type, version == 5 ? "version=5" : "");
        ck_assert_str_eq(task->type->gym_id, task->gym_id);
        ck_assert_int_eq(env.spec.obs.kind, GB_BOX);
        ck_assert_int_eq(env.spec.obs.n, version == 5 ? task->obs5 : task->obs);
        ck_assert_ptr_null(env.spec.obs.low);
        ck_assert_int_eq(env.spec.act.n, task->nu);
        for (int k = 0; k < task->nu; k++) {
            ck_assert_float_eq(env.spec.act.low[k], (float)-task->bound);
            ck_assert_float_eq(env.spec.act.high[k], (float)task->bound);
        }
        ck_assert_int_eq(env.spec.max_steps, task->max_steps);
        ck_assert_double_eq_tol(env.spec.dt, task->dt, 1e-15);
        if (isnan(task->threshold))
            ck_assert_double_nan(env.spec.reward_threshold);
        else
            ck_assert_double_eq(env.spec.reward_threshold, task->threshold);
        gb_env_free(&env);
    }
    const gb_field *fields = task->type->fields;
    ck_assert_str_eq(fields[0].name, "qpos");
    ck_assert_int_eq(gb_field_elements(&fields[0]), task->nq);
    ck_assert_str_eq(fields[1].name, "qvel");
    ck_assert_int_eq(gb_field_elements(&fields[1]), task->nv);
}
END_TEST

/* --- where episodes begin ---------------------------------------------------------------------*/

enum { RESETS = 1000 };

/* Asserts that x, drawn RESETS times with this sum and sum of squares about `at`, has the moments
 * of a uniform number in [-a, a), or of a normal one of deviation a. Five standard errors. */
static void drawn(const char *name, int k, double sum, double squares, double a, bool normal) {
    const double variance = normal ? a * a : a * a / 3, fourth = normal ? 3 : 1.8;
    ck_assert_msg(fabs(sum / RESETS) <= 5 * sqrt(variance / RESETS), "%s: mean of %d is off: %g",
                  name, k, sum / RESETS);
    ck_assert_msg(fabs(squares / RESETS - variance) <=
                      5 * variance * sqrt((fourth - 1) / RESETS) + 1e-30,
                  "%s: variance of %d is %g, not %g", name, k, squares / RESETS, variance);
}

/* Spread of variable k at the start (0: fixed; NAN: tested elsewhere), and whether it is normal. */
static double spread(const struct task *t, int k, bool *normal) {
    const bool speed = k >= t->nq;
    const int j = speed ? k - t->nq : k;
    *normal = speed && (is(t, "half_cheetah") || is(t, "ant") || is(t, "inverted_double_pendulum"));
    if ((is(t, "ant") || is(t, "humanoid")) && !speed && j >= 3 && j < 7) return NAN; /* unit */
    if (is(t, "reacher")) return speed ? j < 2 ? 0.005 : 0 : j < 2 ? 0.1 : NAN;
    if (is(t, "pusher")) return speed ? j < 7 ? 0.005 : 0 : j < 7 || j > 8 ? 0 : NAN;
    if (is(t, "hopper") || is(t, "walker2d")) return 0.005;
    if (is(t, "humanoid") || is(t, "inverted_pendulum")) return 0.01;
    return 0.1;
}

/* The reference position of task's model (nq). */
static const double *reference(const struct task *t) {
    static const double upright[] = {0, 1.25}, cross[] = {0, 0, 0.75, 1}, man[] = {0, 0, 1.4, 1};
    static double qpos[32];
    memset(qpos, 0, sizeof qpos);
    if (is(t, "hopper") || is(t, "walker2d")) memcpy(qpos, upright, sizeof upright);
    if (is(t, "ant")) memcpy(qpos, cross, sizeof cross);
    if (is(t, "humanoid")) memcpy(qpos, man, sizeof man);
    return qpos;
}

START_TEST(starts_are_spread_as_gymnasiums) {
    const struct task *task = &tasks[_i];
    gb_env env;
    gb_rng rng = {5, 6};
    double sum[64] = {0}, squares[64] = {0};
    const int n = task->nq + task->nv;
    open_with(&env, task->type, "");
    const double *at = reference(task);
    double *state = malloc(task->type->state_size);
    for (int i = 0; i < RESETS; i++) {
        task->type->reset(state, env.config, &rng);
        for (int k = 0; k < n; k++) {
            const double x = state[k] - (k < task->nq ? at[k] : 0);
            sum[k] += x;
            squares[k] += x * x;
        }
        if (is(task, "reacher")) ck_assert(hypot(state[2], state[3]) < 0.2);
        if (is(task, "pusher"))
            ck_assert(state[7] >= -0.3 && state[7] < 0 && fabs(state[8]) <= 0.2 &&
                      hypot(state[7], state[8]) > 0.17);
        if (is(task, "ant") || is(task, "humanoid"))
            ck_assert_double_eq_tol(hypot(hypot(state[3], state[4]), hypot(state[5], state[6])), 1,
                                    1e-12);
    }
    for (int k = 0; k < n; k++) {
        bool normal;
        const double a = spread(task, k, &normal);
        if (!isnan(a)) drawn(task->type->name, k, sum[k], squares[k], a, normal);
    }
    if (is(task, "reacher")) /* uniform in a disc of radius 0.2: a quarter of 0.04 */
        for (int k = 2; k < 4; k++) drawn("target", k, sum[k], squares[k], 0.1 * sqrt(3), false);
    free(state);
    gb_env_free(&env);
}
END_TEST

/* --- options ----------------------------------------------------------------------------------*/

START_TEST(options_do_what_they_say) {
    gb_env env;
    float obs[128], action[8] = {0.5f, -0.5f, 0.25f, 1, 1, 1, 1, 1};
    double state[600] = {0};
    gb_rng rng = {1, 1};
    open_with(&env, &gb_env_half_cheetah,
              "exclude_current_positions_from_observation=0 frame_skip=2 "
              "reset_noise_scale=0 ctrl_cost_weight=0 "
              "forward_reward_weight=3");
    ck_assert_int_eq(env.spec.obs.n, 18);
    ck_assert_str_eq(env.spec.obs.names[0], "x");
    env.type->reset(state, env.config, &rng);
    for (int k = 0; k < 18; k++) ck_assert_double_eq(state[k], 0);
    gb_step step = env.type->step(state, env.config, action, &rng);
    env.type->observe(state, env.config, obs);
    ck_assert_float_eq(obs[0], (float)state[0]);
    ck_assert_double_eq_tol(step.reward, 3 * state[0] / 0.02, 1e-12);
    gb_env_free(&env);

    open_with(&env, &gb_env_hopper,
              "terminate_when_unhealthy=0 healthy_reward=2 "
              "healthy_z_range_min=1.5 forward_reward_weight=0 "
              "ctrl_cost_weight=0");
    env.type->reset(state, env.config, &rng);
    step = env.type->step(state, env.config, action, &rng);
    ck_assert(!step.terminal && step.reward == 0); /* too low to be healthy, and not ended */
    gb_env_free(&env);

    open_with(&env, &gb_env_ant, "use_contact_forces=1");
    ck_assert_int_eq(env.spec.obs.n, 27 + 14 * 6);
    gb_env_free(&env);
}
END_TEST

/* Gymnasium's ids name the tasks; those of v5 with its rules. */
START_TEST(ids_are_accepted) {
    static const char *const rows[][2] = {{"Ant-v5", "ant"}, {"Swimmer-v5", "swimmer"}};
    for (int i = 0; i < 2; i++) {
        const test_run *run = test_shell("gibbs rollout %s --steps 1", rows[i][0]);
        ck_assert_msg(run->code == 0, "%s", run->err);
        int commas = 0;
        for (const char *c = strstr(run->out, "\"obs\":["); *c != ']'; c++) commas += *c == ',';
        ck_assert_int_eq(commas + 1, i ? 8 : 105);
    }
}
END_TEST

/* --- what holds of every environment ----------------------------------------------------------*/

START_TEST(runs_on_any_handle) {
    const bool heavy = is(&tasks[_i], "humanoid") || is(&tasks[_i], "ant");
    sim_threads_agree(tasks[_i].type, heavy ? 20 : 40);
    sim_copies_agree(tasks[_i].type, heavy ? 20 : 40);
}
END_TEST

/* All checks of all tasks take minutes, see gibbs check: here, what no test above is about. */
START_TEST(passes_checks) {
    static const char *const names[] = {"draw", "memory", "written"};
    const bool heavy = is(&tasks[_i], "humanoid") || is(&tasks[_i], "ant");
    gb_env env;
    gb_err err = {{0}};
    open_with(&env, tasks[_i].type, "");
    for (int k = 0; k < (heavy ? 1 : 3); k++)
        ck_assert_msg(gb_check_find(names[k])->run(&env, 1, &err) == GB_PASSED, "%s, %s: %s",
                      env.type->name, names[k], err.msg);
    gb_env_free(&env);
}
END_TEST

START_TEST(settles_what_was_set) {
    const test_run *run = test_shell("gibbs rollout reacher --steps 1 --seed 3 --state "
                                     "qpos0=0,qpos1=0,qpos2=0.1,qpos3=0.15,qvel0=0,qvel1=0");
    ck_assert_msg(run->code == 0, "%s", run->err);
    /* the arm is stretched along x, 0.21 m long; the target is at (0.1, 0.15) from there */
    const char *obs = strstr(run->out, "\"obs\":[");
    float x[11];
    for (int k = 0; k < 11; k++) x[k] = strtof(obs = strpbrk(obs, "[,") + 1, NULL), obs += k == 0;
    ck_assert_float_eq_tol(x[0], 1, 1e-6);
    ck_assert_float_eq_tol(x[8], 0.11, 1e-6);
    ck_assert_float_eq_tol(x[9], -0.15, 1e-6);
}
END_TEST

/* MuJoCo would begin anew in the middle of an episode, and write a file about it. */
START_TEST(divergence_is_one_error) {
    const test_run *run = test_shell("gibbs rollout half_cheetah --steps 5 --state qvel3=1e12");
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
    ck_assert_ptr_nonnull(strstr(run->err, "half_cheetah: step 1"));
    ck_assert_ptr_nonnull(strstr(run->err, "nan"));
    ck_assert_str_eq(run->out, "");
    ck_assert_int_ne(access("MUJOCO_LOG.TXT", F_OK), 0);
}
END_TEST

Suite *mujoco_env_suite(void);
Suite *mujoco_env_suite(void) {
    Suite *suite = suite_create("mujoco_env");
    TCase *tcase = tcase_create("env");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, spec_is_gymnasiums, 0, TASKS);
    tcase_add_loop_test(tcase, starts_are_spread_as_gymnasiums, 0, TASKS);
    tcase_add_loop_test(tcase, runs_on_any_handle, 0, TASKS);
    tcase_add_loop_test(tcase, passes_checks, 0, TASKS);
    tcase_add_test(tcase, options_do_what_they_say);
    tcase_add_test(tcase, ids_are_accepted);
    tcase_add_test(tcase, settles_what_was_set);
    tcase_add_test(tcase, divergence_is_one_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
