/* Environments against recorded numbers: episodes and tables in tests/golden, some from Gymnasium,
 * the rest from an implementation in Python (make_golden.py) that shares nothing with ours.
 * Episodes are replayed open loop, so an error of a step would grow. */
#include "env.h"
#include "opt.h"
#include "space.h"
#include "support.h"

#include <cjson/cJSON.h>
#include <string.h>

extern const gb_env_type gb_env_acrobot, gb_env_cartpole, gb_env_corridor, gb_env_frozen_lake,
    gb_env_mountain_car, gb_env_mountain_car_continuous, gb_env_pendulum;

static const gb_env_type *const types[] = {
    &gb_env_acrobot,     &gb_env_cartpole,     &gb_env_corridor,
    &gb_env_frozen_lake, &gb_env_mountain_car, &gb_env_mountain_car_continuous,
    &gb_env_pendulum,
};

static const cJSON *key(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    ck_assert_msg(item != NULL, "no %s in a golden record", name);
    return item;
}

static double number(const cJSON *array, int k) {
    const cJSON *item = cJSON_GetArrayItem(array, k);
    ck_assert(cJSON_IsNumber(item));
    return item->valuedouble;
}

/* Opens an environment of type with the options of a record. */
static void open_env(gb_env *env, const gb_env_type *type, const cJSON *record) {
    gb_err err = {{0}};
    ck_assert_int_eq(gb_env_init(env, type, &err), GB_OK);
    const cJSON *option;
    cJSON_ArrayForEach(option, key(record, "options")) {
        char text[256];
        if (cJSON_IsString(option))
            gb_format(text, sizeof text, "%s", option->valuestring);
        else
            gb_format(text, sizeof text, "%.17g", option->valuedouble);
        const gb_opt *row = gb_opts_find(type->opts, option->string);
        ck_assert_msg(row != NULL, "%s has no option %s", type->name, option->string);
        ck_assert_msg(gb_opt_set(row, env->config, text, option->string, &err) == GB_OK, "%s",
                      err.msg);
    }
    ck_assert_msg(gb_env_open(env, &err) == GB_OK, "%s", err.msg);
}

/* Puts vec's one instance where the episode of record begins: its state, or its random stream. */
static void begin(gb_vec *vec, const cJSON *record) {
    const gb_env_type *type = vec->env->type;
    const cJSON *state = cJSON_GetObjectItemCaseSensitive(record, "state0");
    if (state) {
        for (int k = 0; k < cJSON_GetArraySize(state); k++)
            gb_field_set(&type->fields[k], gb_vec_state(vec, 0), 0, number(state, k));
    } else {
        const cJSON *rng = key(record, "rng");
        unsigned long long a = strtoull(cJSON_GetArrayItem(rng, 0)->valuestring, NULL, 10);
        unsigned long long b = strtoull(cJSON_GetArrayItem(rng, 1)->valuestring, NULL, 10);
        vec->rng[0] = (gb_rng){a, b};
        type->reset(gb_vec_state(vec, 0), vec->env->config, &vec->rng[0]);
    }
    ck_assert(gb_vec_observe(vec, 0));
}

/* Replays one episode; returns its steps. */
static int replay(const gb_env_type *type, const cJSON *record, int line) {
    gb_env env;
    gb_vec vec;
    gb_err err = {{0}};
    open_env(&env, type, record);
    env.spec.max_steps = 0; /* only true ends are in the file */
    ck_assert_int_eq(gb_vec_init(&vec, &env, 1, 1, 1, &err), GB_OK);
    begin(&vec, record);

    const cJSON *actions = key(record, "actions");
    const int steps = cJSON_GetArraySize(actions);
    for (int t = 0; t < steps; t++) {
        const cJSON *state = cJSON_GetArrayItem(key(record, "state"), t);
        const cJSON *obs = cJSON_GetArrayItem(key(record, "obs"), t);
        bool terminal = number(key(record, "terminal"), t) != 0;
        float action = (float)number(actions, t);
        ck_assert_msg(gb_vec_step(&vec, &action, 1, &err) == GB_OK, "%s", err.msg);
        ck_assert_msg(vec.terminal[0] == terminal, "%s:%d step %d: terminal is %d", type->name,
                      line, t, vec.terminal[0]);
        double reward = number(key(record, "reward"), t); /* ours is a float: 1e-6 of its size */
        ck_assert_double_eq_tol(vec.reward[0], reward, 1e-6 * fmax(1, fabs(reward)));
        ck_assert_int_eq(cJSON_GetArraySize(obs), vec.obs_size);
        for (int k = 0; k < vec.obs_size; k++)
            ck_assert_msg(fabs(vec.next_obs[k] - number(obs, k)) < 1e-6,
                          "%s:%d step %d: observation %d is %.9g, not %.9g", type->name, line, t, k,
                          vec.next_obs[k], number(obs, k));
        for (int k = 0; k < cJSON_GetArraySize(state) && !terminal; k++) {
            double is = gb_field_get(&type->fields[k], gb_vec_state(&vec, 0), 0);
            ck_assert_msg(fabs(is - number(state, k)) < 1e-9,
                          "%s:%d step %d: %s is %.17g, not %.17g", type->name, line, t,
                          type->fields[k].name, is, number(state, k));
        }
    }
    gb_vec_free(&vec);
    gb_env_free(&env);
    return steps;
}

/* Compares the whole model with table[s][a] = [[probability, next, reward, terminal], ...]. */
static void compare_table(const gb_env_type *type, const cJSON *record) {
    gb_env env;
    open_env(&env, type, record);
    const cJSON *table = key(record, "table");
    ck_assert_int_eq(cJSON_GetArraySize(table), env.spec.obs.n);
    for (int s = 0; s < env.spec.obs.n; s++) {
        const cJSON *row = cJSON_GetArrayItem(table, s);
        ck_assert_int_eq(cJSON_GetArraySize(row), env.spec.act.n);
        for (int a = 0; a < env.spec.act.n; a++) {
            const cJSON *outcomes = cJSON_GetArrayItem(row, a), *outcome;
            gb_outcome out[GB_MAX_OUTCOMES], *is = out;
            int n = type->model(env.config, s, a, out, GB_MAX_OUTCOMES);
            ck_assert_int_eq(n, cJSON_GetArraySize(outcomes));
            cJSON_ArrayForEach(outcome, outcomes) {
                ck_assert_double_eq_tol(is->probability, number(outcome, 0), 1e-15);
                ck_assert_msg(is->next == number(outcome, 1), "%s: s %d a %d leads to %d",
                              type->name, s, a, is->next);
                ck_assert_double_eq(is->reward, number(outcome, 2));
                ck_assert(is->terminal == (number(outcome, 3) != 0));
                is++;
            }
        }
    }
    gb_env_free(&env);
}

START_TEST(matches_golden_file) {
    const gb_env_type *type = types[_i];
    char path[128];
    char *text = test_read(gb_format(path, sizeof path, "tests/golden/%s.jsonl", type->name), NULL);
    int steps = 0, tables = 0, line = 0;
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
        cJSON *record = cJSON_Parse(at);
        line++;
        ck_assert_msg(record != NULL, "%s:%d is not JSON", path, line);
        ck_assert_str_eq(key(record, "env")->valuestring, type->name);
        if (cJSON_HasObjectItem(record, "table")) {
            compare_table(type, record);
            tables++;
        } else {
            steps += replay(type, record, line);
        }
        cJSON_Delete(record);
    }
    free(text);
    ck_assert_msg(steps >= 15, "only %d steps in %s", steps, path);
    ck_assert(!type->model || tables > 0);
}
END_TEST

/* What Gymnasium fixes beside the dynamics. NAN: no threshold. */
static const struct {
    const gb_env_type *type;
    const char *gym_id, *option, *value;
    int max_steps, obs, act;
    double threshold;
} facts[] = {
    {&gb_env_cartpole, "CartPole-v1", NULL, NULL, 500, 4, 2, 475},
    {&gb_env_mountain_car, "MountainCar-v0", NULL, NULL, 200, 2, 3, -110},
    {&gb_env_mountain_car_continuous, "MountainCarContinuous-v0", NULL, NULL, 999, 2, 1, 90},
    {&gb_env_acrobot, "Acrobot-v1", NULL, NULL, 500, 6, 3, -100},
    {&gb_env_pendulum, "Pendulum-v1", NULL, NULL, 200, 3, 1, NAN},
    {&gb_env_frozen_lake, "FrozenLake-v1", "map", "4x4", 100, 16, 4, 0.70},
    {&gb_env_frozen_lake, "FrozenLake-v1", "map", "8x8", 200, 64, 4, 0.85},
};

START_TEST(spec_is_gymnasiums) {
    gb_env env;
    gb_err err = {{0}};
    ck_assert_int_eq(gb_env_init(&env, facts[_i].type, &err), GB_OK);
    if (facts[_i].option) {
        const gb_opt *row = gb_opts_find(env.type->opts, facts[_i].option);
        ck_assert_int_eq(gb_opt_set(row, env.config, facts[_i].value, "map", &err), GB_OK);
    }
    ck_assert_int_eq(gb_env_open(&env, &err), GB_OK);
    ck_assert_str_eq(env.type->gym_id, facts[_i].gym_id);
    ck_assert_int_eq(env.spec.max_steps, facts[_i].max_steps);
    ck_assert_int_eq(env.spec.obs.n, facts[_i].obs);
    ck_assert_int_eq(env.spec.act.n, facts[_i].act);
    if (isnan(facts[_i].threshold))
        ck_assert_double_nan(env.spec.reward_threshold);
    else
        ck_assert_double_eq(env.spec.reward_threshold, facts[_i].threshold);
    gb_env_free(&env);
}
END_TEST

Suite *golden_suite(void);
Suite *golden_suite(void) {
    Suite *suite = suite_create("golden");
    TCase *tcase = tcase_create("golden");
    tcase_add_loop_test(tcase, matches_golden_file, 0, sizeof types / sizeof *types);
    tcase_add_loop_test(tcase, spec_is_gymnasiums, 0, sizeof facts / sizeof *facts);
    suite_add_tcase(suite, tcase);
    return suite;
}
