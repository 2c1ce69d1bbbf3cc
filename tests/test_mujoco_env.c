/* The tasks on MuJoCo: their steps against the engine driven by hand in Gymnasium's order of calls,
 * against Gymnasium's own episodes, and what holds of every environment: copies, threads, resume.
 */
#include "conform.h"
#include "env.h"
#include "opt.h"
#include "simulator_things.h"

#include <cjson/cJSON.h>
#include <mujoco/mujoco.h>
#include <stdlib.h>
#include <unistd.h>

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

static bool is(const struct task *task, const char *name) {
    return !strcmp(task->type->name, name);
}

/* Opens an environment with options "name=value name=value". */
static void open_with(gb_env *env, const gb_env_type *type, const char *options) {
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

/* --- against the engine, driven by hand -------------------------------------------------------*/

/* One simulation that goes on and on, as Gymnasium's does, and what it says of the last step. */
typedef struct hand {
    const struct task *task;
    int version;
    mjModel *model;
    mjData *data;
    double action[32], before[3]; /* before the step: what the task's reward looks back at */
    double reward, obs[400];
    int n; /* numbers seen */
    bool terminal;
} hand;

static void hand_open(hand *h, const struct task *task, int version) {
    char path[128], error[300] = "";
    *h = (hand){.task = task, .version = version};
    gb_format(path, sizeof path, "envs/mujoco/%s.xml", task->type->name);
    h->model = mj_loadXML(path, NULL, error, sizeof error);
    ck_assert_msg(h->model != NULL, "%s", error);
    if (version == 5 && is(task, "walker2d")) /* both feet alike */
        h->model->geom_friction[3 * mj_name2id(h->model, mjOBJ_GEOM, "foot_geom")] = 1.9;
    h->data = mj_makeData(h->model);
}

static void hand_close(hand *h) {
    mj_deleteData(h->data);
    mj_deleteModel(h->model);
}

static const double *body(const hand *h, const char *name) {
    return h->data->xpos + 3 * mj_name2id(h->model, mjOBJ_BODY, name);
}

static double distance(const double *a, const double *b) {
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
                (a[2] - b[2]) * (a[2] - b[2]));
}

static void see(hand *h, const double *x, int n, double limit) {
    for (int k = 0; k < n; k++) h->obs[h->n++] = fmin(fmax(x[k], -limit), limit);
}

static double centre_of_mass(const hand *h) {
    double sum = 0, mass = 0;
    for (int k = 0; k < h->model->nbody; k++) {
        sum += h->model->body_mass[k] * h->data->xipos[3 * k];
        mass += h->model->body_mass[k];
    }
    return sum / mass;
}

static void hand_look(hand *h) {
    const mjData *d = h->data;
    const struct task *t = h->task;
    const double inf = INFINITY;
    const bool five = h->version == 5;
    const int nq = t->nq, nv = t->nv;
    h->n = 0;
    if (is(t, "reacher")) {
        for (int k = 0; k < 2; k++) h->obs[h->n++] = cos(d->qpos[k]);
        for (int k = 0; k < 2; k++) h->obs[h->n++] = sin(d->qpos[k]);
        see(h, d->qpos + 2, 2, inf);
        see(h, d->qvel, 2, inf);
        for (int k = 0; k < (five ? 2 : 3); k++)
            h->obs[h->n++] = body(h, "fingertip")[k] - body(h, "target")[k];
    } else if (is(t, "pusher")) {
        see(h, d->qpos, 7, inf), see(h, d->qvel, 7, inf);
        see(h, body(h, "tips_arm"), 3, inf), see(h, body(h, "object"), 3, inf);
        see(h, body(h, "goal"), 3, inf);
    } else if (is(t, "inverted_pendulum")) {
        see(h, d->qpos, nq, inf), see(h, d->qvel, nv, inf);
    } else if (is(t, "inverted_double_pendulum")) {
        see(h, d->qpos, 1, inf);
        for (int k = 1; k < 3; k++) h->obs[h->n++] = sin(d->qpos[k]);
        for (int k = 1; k < 3; k++) h->obs[h->n++] = cos(d->qpos[k]);
        see(h, d->qvel, nv, 10), see(h, d->qfrc_constraint, five ? 1 : 3, 10);
    } else {
        const int hidden = is(t, "swimmer") || is(t, "ant") || is(t, "humanoid") ? 2 : 1;
        see(h, d->qpos + hidden, nq - hidden, inf);
        see(h, d->qvel, nv, is(t, "hopper") || is(t, "walker2d") ? 10 : inf);
        if (is(t, "ant") && five) see(h, d->cfrc_ext + 6, 13 * 6, 1);
        if (is(t, "humanoid")) {
            see(h, d->cinert + (five ? 10 : 0), (five ? 13 : 14) * 10, inf);
            see(h, d->cvel + (five ? 6 : 0), (five ? 13 : 14) * 6, inf);
            see(h, d->qfrc_actuator + (five ? 6 : 0), nv - (five ? 6 : 0), inf);
            see(h, d->cfrc_ext + (five ? 6 : 0), (five ? 13 : 14) * 6, inf);
        }
    }
}

static void hand_reset(hand *h, const double *qpos, const double *qvel) {
    mj_resetData(h->model, h->data);
    memcpy(h->data->qpos, qpos, (size_t)h->task->nq * sizeof *qpos);
    memcpy(h->data->qvel, qvel, (size_t)h->task->nv * sizeof *qvel);
    mj_forward(h->model, h->data);
    hand_look(h);
}

/* What the reward compares with what follows: a place along x, or distances. */
static void hand_mark(hand *h, double mark[3]) {
    const struct task *t = h->task;
    if (is(t, "reacher")) {
        mark[0] = distance(body(h, "fingertip"), body(h, "target"));
    } else if (is(t, "pusher")) {
        mark[0] = distance(body(h, "object"), body(h, "goal"));
        mark[1] = distance(body(h, "object"), body(h, "tips_arm"));
    } else {
        mark[0] = is(t, "ant")        ? body(h, "torso")[0]
                  : is(t, "humanoid") ? centre_of_mass(h)
                                      : h->data->qpos[0];
    }
}

static double sum_of_squares(const double *x, int n, double limit) {
    double sum = 0;
    for (int k = 0; k < n; k++) sum += pow(fmin(fmax(x[k], -limit), limit), 2);
    return sum;
}

static bool inside(const double *x, int n, double limit) {
    bool all = true;
    for (int k = 0; k < n; k++) all = all && x[k] > -limit && x[k] < limit;
    return all;
}

/* Reward and end of the walking tasks, from the place along x before and after. */
static void judge_walk(hand *h, double before, double after) {
    const struct task *t = h->task;
    const mjData *d = h->data;
    const double effort = sum_of_squares(h->action, t->nu, INFINITY), z = d->qpos[2];
    const double velocity = (after - before) / t->dt;
    bool healthy = true;
    if (is(t, "half_cheetah")) {
        h->reward = velocity - 0.1 * effort;
        return;
    }
    if (is(t, "swimmer")) {
        h->reward = velocity - 1e-4 * effort;
        return;
    }
    if (is(t, "hopper"))
        healthy = inside(d->qpos + 2, 4, 100) && inside(d->qvel, 6, 100) && d->qpos[1] > 0.7 &&
                  fabs(d->qpos[2]) < 0.2;
    if (is(t, "walker2d")) healthy = d->qpos[1] > 0.8 && d->qpos[1] < 2 && fabs(d->qpos[2]) < 1;
    if (is(t, "ant")) healthy = z >= 0.2 && z <= 1;
    if (is(t, "humanoid")) healthy = z > 1 && z < 2;
    const bool person = is(t, "humanoid");
    const double bonus = h->version == 4 || healthy ? person ? 5 : 1 : 0;
    const double cost = person ? 0.1 : is(t, "ant") ? 0.5 : 1e-3;
    h->reward = (person ? 1.25 : 1) * velocity + bonus - cost * effort;
    h->terminal = !healthy;
    if (h->version == 4) return;
    if (is(t, "ant")) h->reward -= 5e-4 * sum_of_squares(d->cfrc_ext, 14 * 6, 1);
    if (person) h->reward -= fmin(5e-7 * sum_of_squares(d->cfrc_ext, 14 * 6, INFINITY), 10);
}

static void judge(hand *h, const double before[3], const double after[3]) {
    const struct task *t = h->task;
    const mjData *d = h->data;
    const double *paid = h->version == 5 ? after : before;
    const double effort = sum_of_squares(h->action, t->nu, INFINITY);
    h->terminal = false;
    if (is(t, "reacher")) {
        h->reward = -paid[0] - effort;
    } else if (is(t, "pusher")) {
        h->reward = -paid[0] - 0.5 * paid[1] - 0.1 * effort;
    } else if (is(t, "inverted_pendulum")) {
        h->terminal = fabs(d->qpos[1]) > 0.2;
        h->reward = h->terminal && h->version == 5 ? 0 : 1;
    } else if (is(t, "inverted_double_pendulum")) {
        const double x = d->site_xpos[0], y = d->site_xpos[2];
        h->terminal = y <= 1;
        h->reward = (h->terminal && h->version == 5 ? 0 : 10) - 0.01 * x * x - pow(y - 2, 2) -
                    1e-3 * pow(d->qvel[1], 2) - 5e-3 * pow(d->qvel[2], 2);
    } else {
        judge_walk(h, before[0], after[0]);
    }
}

static void hand_step(hand *h, const float *action) {
    double before[3] = {0}, after[3] = {0};
    hand_mark(h, before);
    for (int k = 0; k < h->task->nu; k++) h->data->ctrl[k] = h->action[k] = action[k];
    for (int k = 0; k < h->task->skip; k++) mj_step(h->model, h->data);
    mj_rnePostConstraint(h->model, h->data);
    hand_mark(h, after);
    judge(h, before, after);
    hand_look(h);
}

static void same_sight(const hand *h, const float *obs, int step) {
    for (int k = 0; k < h->n; k++)
        ck_assert_msg(obs[k] == (float)h->obs[k],
                      "%s v%d step %d: observation %d is %.9g, not %.9g", h->task->type->name,
                      h->version, step, k, (double)obs[k], h->obs[k]);
}

/* Plays some steps with both. The simulation by hand is never loaded within an episode, ours at
 * each step: that they agree to the last bit says that a state holds all that it must. */
static int play(const struct task *task, int version, int steps) {
    hand h;
    gb_env env;
    gb_rng rng = {1, 2}, chooser = {3, 4};
    float obs[400], action[32];
    int ends = 0;
    hand_open(&h, task, version);
    open_with(&env, task->type, version == 5 ? "version=5" : "");
    double *state = malloc(task->type->state_size);
    memset(state, 0x55, task->type->state_size);
    bool fresh = true;
    for (int t = 0; t < steps; t++) {
        if (fresh) {
            task->type->reset(state, env.config, &rng);
            hand_reset(&h, state, state + task->nq);
            task->type->observe(state, env.config, obs);
            ck_assert_int_eq(h.n, env.spec.obs.n);
            same_sight(&h, obs, t);
        }
        for (int k = 0; k < task->nu; k++) /* beyond the bounds, too: paid for, and clamped */
            action[k] = (float)gb_rng_uniform(&chooser, -1.2, 1.2) * (float)task->bound;
        gb_step step = task->type->step(state, env.config, action, &rng);
        task->type->observe(state, env.config, obs);
        hand_step(&h, action);
        same_sight(&h, obs, t);
        ck_assert_msg(fabs(step.reward - h.reward) <= 1e-12 * fmax(1, fabs(h.reward)),
                      "%s v%d step %d: reward %.17g, not %.17g", task->type->name, version, t,
                      step.reward, h.reward);
        ck_assert_int_eq(step.terminal, h.terminal);
        fresh = step.terminal;
        ends += fresh;
    }
    free(state);
    gb_env_free(&env);
    hand_close(&h);
    return ends;
}

START_TEST(steps_as_the_engine_by_hand) {
    const struct task *task = &tasks[_i];
    const bool falls = is(task, "hopper") || is(task, "walker2d") || is(task, "humanoid") ||
                       is(task, "inverted_pendulum") || is(task, "inverted_double_pendulum");
    for (int version = 4; version <= (task->obs5 ? 5 : 4); version++) {
        const int ends = play(task, version, 200);
        ck_assert_msg(falls ? ends >= 1 : ends <= 5, "%s: %d ends", task->type->name, ends);
    }
}
END_TEST

/* --- against Gymnasium ------------------------------------------------------------------------*/

static double number(const cJSON *record, const char *name, int t, int k) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(record, name);
    ck_assert_msg(item != NULL, "no %s in a golden record", name);
    item = cJSON_GetArrayItem(item, t);
    if (k >= 0) item = cJSON_GetArrayItem(item, k);
    ck_assert(cJSON_IsNumber(item) || cJSON_IsBool(item));
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : item->valuedouble;
}

static int replay(const gb_env_type *type, const char *options, const cJSON *record) {
    gb_env env;
    float obs[32], action[8];
    gb_rng rng = {1, 2};
    open_with(&env, type, options);
    void *state = calloc(1, type->state_size);
    type->reset(state, env.config, &rng);
    for (int f = 0; f < 2; f++)
        for (int k = 0; k < gb_field_elements(&type->fields[f]); k++)
            gb_field_set(&type->fields[f], state, k,
                         number(record, f ? "init_qvel" : "init_qpos", k, -1));
    type->settle(state, env.config);
    const int steps = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(record, "actions"));
    for (int t = 0; t < steps; t++) {
        for (int k = 0; k < env.spec.act.n; k++) action[k] = (float)number(record, "actions", t, k);
        gb_step step = type->step(state, env.config, action, &rng);
        type->observe(state, env.config, obs);
        ck_assert_int_eq(step.terminal, number(record, "terminated", t, -1) != 0);
        ck_assert_double_eq_tol(step.reward, number(record, "reward", t, -1), 1e-6);
        for (int k = 0; k < env.spec.obs.n; k++) {
            const double seen = number(record, "obs", t, k);
            ck_assert_msg(fabs((double)obs[k] - seen) <= 1e-6 * fmax(1, fabs(seen)),
                          "%s step %d: observation %d is %.9g, not %.9g", type->name, t, k,
                          (double)obs[k], seen);
        }
    }
    free(state);
    gb_env_free(&env);
    return steps;
}

/* Episodes of Gymnasium 1.3.0 on libmujoco 2.2.2, cut at 50 steps: later on, rounding grows. */
START_TEST(replays_gymnasiums_episodes) {
    static const struct {
        const gb_env_type *type;
        const char *options;
    } golden[] = {{&gb_env_half_cheetah, ""}, {&gb_env_hopper, "version=5"}};
    char path[128];
    int steps = 0;
    gb_format(path, sizeof path, "tests/golden/mujoco_%s.jsonl", golden[_i].type->name);
    char *text = test_read(path, NULL);
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
        cJSON *record = cJSON_Parse(at);
        ck_assert(record != NULL);
        steps += replay(golden[_i].type, golden[_i].options, record);
        cJSON_Delete(record);
    }
    free(text);
    ck_assert_int_ge(steps, 160);
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

/* Whether variable k is a place in the world, whatever the model's reference position. */
static bool aims(const struct task *t, int k) {
    return is(t, "reacher") && k >= 2;
}

START_TEST(starts_are_spread_as_gymnasiums) {
    const struct task *task = &tasks[_i];
    gb_env env;
    hand h;
    gb_rng rng = {5, 6};
    double sum[64] = {0}, squares[64] = {0};
    const int n = task->nq + task->nv;
    open_with(&env, task->type, "");
    hand_open(&h, task, 4);
    double *state = malloc(task->type->state_size);
    for (int i = 0; i < RESETS; i++) {
        task->type->reset(state, env.config, &rng);
        for (int k = 0; k < n; k++) {
            const double x = state[k] - (k < task->nq && !aims(task, k) ? h.model->qpos0[k] : 0);
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
    hand_close(&h);
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
    sim_threads_agree(tasks[_i].type, heavy ? 25 : 60);
    sim_copies_agree(tasks[_i].type, heavy ? 25 : 60);
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
    TCase *each = tcase_create("each");
    tcase_set_timeout(each, 120);
    tcase_add_loop_test(each, spec_is_gymnasiums, 0, TASKS);
    tcase_add_loop_test(each, steps_as_the_engine_by_hand, 0, TASKS);
    tcase_add_loop_test(each, starts_are_spread_as_gymnasiums, 0, TASKS);
    tcase_add_loop_test(each, runs_on_any_handle, 0, TASKS);
    tcase_add_loop_test(each, passes_checks, 0, TASKS);
    tcase_add_loop_test(each, replays_gymnasiums_episodes, 0, 2);
    tcase_add_test(each, options_do_what_they_say);
    tcase_add_test(each, ids_are_accepted);
    tcase_add_test(each, settles_what_was_set);
    tcase_add_test(each, divergence_is_one_error);
    suite_add_tcase(suite, each);
    return suite;
}
