/* Steps of the tasks on MuJoCo against the engine driven by hand in Gymnasium's order of calls,
 * with observations, rewards and ends worked out here from its data; and against Gymnasium's
 * episodes. */
#include "mujoco_things.h"

#include <cjson/cJSON.h>
#include <mujoco/mujoco.h>
#include <stdlib.h>

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

Suite *mujoco_steps_suite(void);
Suite *mujoco_steps_suite(void) {
    Suite *suite = suite_create("mujoco_steps");
    TCase *tcase = tcase_create("steps");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, steps_as_the_engine_by_hand, 0, TASKS);
    tcase_add_loop_test(tcase, replays_gymnasiums_episodes, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
