/* Environments against recorded numbers: episodes and tables in tests/golden, some from Gymnasium,
 * the rest from implementations in Python (make_golden.py, make_grids.py) that share nothing with
 * ours.
 * Episodes are replayed open loop, so an error of a step would grow. */
#include "env.h"
#include "opt.h"
#include "space.h"
#include "support.h"

#include <cjson/cJSON.h>
#include <string.h>

extern const gb_env_type gb_env_acrobot, gb_env_cartpole, gb_env_cliff_walking, gb_env_corridor,
    gb_env_deep_sea, gb_env_double_chain, gb_env_four_rooms, gb_env_frozen_lake, gb_env_gridworld,
    gb_env_maze4, gb_env_mountain_car, gb_env_mountain_car_continuous, gb_env_pendulum,
    gb_env_river_swim, gb_env_taxi, gb_env_windy_grid;

static const gb_env_type *const types[] = {
    &gb_env_acrobot,   &gb_env_cartpole,     &gb_env_cliff_walking, &gb_env_corridor,
    &gb_env_deep_sea,  &gb_env_double_chain, &gb_env_four_rooms,    &gb_env_frozen_lake,
    &gb_env_gridworld, &gb_env_maze4,        &gb_env_mountain_car,  &gb_env_mountain_car_continuous,
    &gb_env_pendulum,  &gb_env_river_swim,   &gb_env_taxi,          &gb_env_windy_grid,
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

/* Compares one outcome of the model with [probability, (next,) reward, terminal]. */
static void compare_outcome(const gb_env *env, int s, int a, const gb_outcome *is,
                            const cJSON *outcome, int next) {
    const int last = cJSON_GetArraySize(outcome) - 1;
    const char *name = env->type->name;
    ck_assert_msg(fabs(is->probability - number(outcome, 0)) <= 1e-15,
                  "%s: s %d a %d: probability %.17g", name, s, a, is->probability);
    ck_assert_msg(is->next == next, "%s: s %d a %d leads to %d, not %d", name, s, a, is->next,
                  next);
    ck_assert_msg(is->reward == number(outcome, last - 1), "%s: s %d a %d pays %.17g", name, s, a,
                  is->reward);
    ck_assert_msg(is->terminal == (number(outcome, last) != 0), "%s: s %d a %d: terminal is %d",
                  name, s, a, is->terminal);
}

/* Compares the whole model with table[s][a] = [[probability, next, reward, terminal], ...]. */
static void compare_table(const gb_env *env, const cJSON *table) {
    ck_assert_int_eq(cJSON_GetArraySize(table), env->spec.obs.n);
    for (int s = 0; s < env->spec.obs.n; s++) {
        const cJSON *row = cJSON_GetArrayItem(table, s);
        ck_assert_int_eq(cJSON_GetArraySize(row), env->spec.act.n);
        for (int a = 0; a < env->spec.act.n; a++) {
            const cJSON *outcomes = cJSON_GetArrayItem(row, a), *outcome;
            gb_outcome out[GB_MAX_OUTCOMES], *is = out;
            int n = env->type->model(env->config, s, a, out, GB_MAX_OUTCOMES);
            ck_assert_int_eq(n, cJSON_GetArraySize(outcomes));
            cJSON_ArrayForEach(outcome, outcomes)
                compare_outcome(env, s, a, is++, outcome, (int)number(outcome, 1));
        }
    }
}

/* The same with rows "KIND WAY ... KIND WAY ... ; ...", where a kind is a list of [probability,
 * reward, terminal] and a way leads from s to the next state. */
static void compare_rows(const gb_env *env, const cJSON *record) {
    const cJSON *kinds = key(record, "kinds"), *outcome;
    char *at = key(record, "rows")->valuestring;
    for (int s = 0; s < env->spec.obs.n; s++) {
        for (int a = 0; a < env->spec.act.n; a++) {
            const cJSON *kind = cJSON_GetArrayItem(kinds, (int)strtol(at, &at, 10));
            gb_outcome out[GB_MAX_OUTCOMES], *is = out;
            int n = env->type->model(env->config, s, a, out, GB_MAX_OUTCOMES);
            ck_assert_msg(n == cJSON_GetArraySize(kind), "%s: s %d a %d has %d outcomes",
                          env->type->name, s, a, n);
            cJSON_ArrayForEach(outcome, kind)
                compare_outcome(env, s, a, is++, outcome, s + (int)strtol(at, &at, 10));
        }
        ck_assert_int_eq(strncmp(at, " ;", 2), 0);
        at += strlen(" ;");
    }
    ck_assert_str_eq(at, "");
}

/* Episodes start in the states of the list, equally likely. */
static void compare_start(const gb_env *env, const cJSON *states) {
    const int n = cJSON_GetArraySize(states);
    double *p = calloc(env->spec.obs.n, sizeof *p);
    for (int k = 0; k < n; k++) p[(int)number(states, k)] = 1.0 / n;
    for (int s = -1; s <= env->spec.obs.n; s++) {
        const double start = env->type->start(env->config, s);
        const bool inside = s >= 0 && s < env->spec.obs.n;
        ck_assert_msg(fabs(start - (inside ? p[s] : 0)) < 1e-15, "%s: starts in %d: %g",
                      env->type->name, s, start);
    }
    free(p);
}

static void compare_model(const gb_env_type *type, const cJSON *record) {
    gb_env env;
    open_env(&env, type, record);
    const cJSON *table = cJSON_GetObjectItemCaseSensitive(record, "table");
    if (table) {
        compare_table(&env, table);
    } else {
        compare_rows(&env, record);
        compare_start(&env, key(record, "start"));
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
        if (cJSON_HasObjectItem(record, "table") || cJSON_HasObjectItem(record, "rows")) {
            compare_model(type, record);
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
    {&gb_env_cliff_walking, "CliffWalking-v1", NULL, NULL, 0, 48, 4, NAN},
    {&gb_env_taxi, "Taxi-v3", NULL, NULL, 200, 500, 6, 8},
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
