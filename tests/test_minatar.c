/* The MinAtar games against episodes: of an implementation in Python that shares nothing with ours
 * (tests/golden/make_minatar.py), of MinAtar itself, and its random player's returns. */
#include "env.h"
#include "opt.h"
#include "rng.h"
#include "space.h"
#include "support.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 100, MOST = 10 * CELLS };

extern const gb_env_type gb_env_asterix, gb_env_breakout, gb_env_freeway, gb_env_seaquest,
    gb_env_space_invaders;

/* return_: of a random player with all six actions, as measured with MinAtar; NAN: not known. */
static const struct {
    const gb_env_type *type;
    const char *gym_id;
    int channels, minimal, episodes;
    double return_;
} games[] = {
    {&gb_env_asterix, "MinAtar/Asterix-v1", 4, 5, 4000, 0.49},
    {&gb_env_breakout, "MinAtar/Breakout-v1", 4, 3, 4000, 0.50},
    {&gb_env_freeway, "MinAtar/Freeway-v1", 7, 3, 200, NAN},
    {&gb_env_seaquest, "MinAtar/Seaquest-v1", 10, 6, 4000, 0.11},
    {&gb_env_space_invaders, "MinAtar/SpaceInvaders-v1", 6, 4, 4000, 2.88},
};
enum { GAMES = sizeof games / sizeof *games };

static void set(gb_env *env, const char *name, const char *text) {
    gb_err err = {{0}};
    const gb_opt *row = gb_opts_find(env->type->opts, name);
    ck_assert_msg(row && !gb_opt_set(row, env->config, text, name, &err), "%s: %s", name, err.msg);
}

static void init(gb_env *env, const gb_env_type *type) {
    gb_err err;
    ck_assert_int_eq(gb_env_init(env, type, &err), GB_OK);
}

/* Opens env without a limit, and vec of one instance. */
static void start(gb_env *env, gb_vec *vec) {
    gb_err err;
    ck_assert_msg(gb_env_open(env, &err) == GB_OK, "%s", err.msg);
    env->spec.max_steps = 0;
    ck_assert_int_eq(gb_vec_init(vec, env, 1, 1, 1, &err), GB_OK);
}

static void reset(gb_vec *vec, gb_rng rng) {
    vec->rng[0] = rng;
    vec->env->type->reset(gb_vec_state(vec, 0), vec->env->config, &vec->rng[0]);
    ck_assert(gb_vec_observe(vec, 0));
}

static const cJSON *key(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    ck_assert_msg(item != NULL, "no %s in a golden record", name);
    return item;
}

/* --- episodes of the other implementation -----------------------------------------------------*/

/* Changes the numbers of obs that list names, from 0 to 1 or back. */
static void flip(float *obs, const cJSON *list) {
    const cJSON *k;
    cJSON_ArrayForEach(k, list) obs[k->valueint] = 1 - obs[k->valueint];
}

/* Check writes to a file for each assertion: only what is wrong is one. */
static void compare(const gb_vec *vec, const float *is, const float *expected, int line, int t) {
    for (int k = 0; k < vec->obs_size; k++)
        if (is[k] != expected[k])
            ck_abort_msg("%s:%d, observation %d: row %d, column %d, channel %d is %g",
                         vec->env->type->name, line, t, k / (vec->obs_size / 10),
                         k / (vec->obs_size / CELLS) % 10, k % (vec->obs_size / CELLS), is[k]);
}

static void set_options(gb_env *env, const cJSON *options) {
    const cJSON *option;
    cJSON_ArrayForEach(option, options) {
        char text[32];
        if (!cJSON_IsString(option)) gb_format(text, sizeof text, "%g", option->valuedouble);
        set(env, option->string, cJSON_IsString(option) ? option->valuestring : text);
    }
}

/* Returns the steps. */
static int replay(const gb_env_type *type, const cJSON *record, int line) {
    gb_env env;
    gb_vec vec;
    gb_err err;
    float expected[MOST] = {0};
    init(&env, type);
    set_options(&env, key(record, "options"));
    start(&env, &vec);
    const cJSON *rng = key(record, "rng"), *action, *reward = key(record, "reward")->child,
                *terminal = key(record, "terminal")->child, *flips = key(record, "flips")->child;
    reset(&vec, (gb_rng){strtoull(cJSON_GetArrayItem(rng, 0)->valuestring, NULL, 10),
                         strtoull(cJSON_GetArrayItem(rng, 1)->valuestring, NULL, 10)});
    flip(expected, key(record, "start"));
    compare(&vec, vec.obs, expected, line, 0);
    int t = 0;
    cJSON_ArrayForEach(action, key(record, "actions")) {
        const float a = (float)action->valueint;
        ck_assert_int_eq(gb_vec_step(&vec, &a, 1, &err), GB_OK);
        flip(expected, flips);
        compare(&vec, vec.next_obs, expected, line, ++t);
        ck_assert_msg(vec.reward[0] == reward->valuedouble && vec.terminal[0] == terminal->valueint,
                      "%s:%d, step %d: reward %g, terminal %d", type->name, line, t, vec.reward[0],
                      vec.terminal[0]);
        reward = reward->next, terminal = terminal->next, flips = flips->next;
    }
    gb_vec_free(&vec);
    gb_env_free(&env);
    return t;
}

START_TEST(matches_the_other_implementation) {
    const gb_env_type *type = games[_i].type;
    char path[128];
    char *text = test_read(gb_format(path, sizeof path, "tests/golden/%s.jsonl", type->name), NULL);
    int steps = 0, line = 0;
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
        cJSON *record = cJSON_Parse(at);
        ck_assert_msg(record != NULL, "%s:%d is not JSON", path, line + 1);
        steps += replay(type, record, ++line);
        cJSON_Delete(record);
    }
    free(text);
    ck_assert_int_ge(steps, 1000);
}
END_TEST

/* --- episodes of MinAtar itself ---------------------------------------------------------------*/

/* Returns whether a stream draws what was recorded, as far as a game can tell: the same whole
 * numbers, and units on the same side of all that they are compared with. */
static bool draws_alike(gb_rng rng, const cJSON *draws, double sticky) {
    const double sides[] = {sticky, 1.0 / 2, 1.0 / 3};
    const cJSON *draw;
    cJSON_ArrayForEach(draw, draws) {
        const bool unit = cJSON_GetArrayItem(draw, 0)->valuestring[0] == 'u';
        const double x = cJSON_GetArrayItem(draw, unit ? 1 : 3)->valuedouble;
        if (unit) {
            const double u = gb_rng_unit(&rng);
            for (int k = 0; k < 3; k++)
                if ((u < sides[k]) != (x < sides[k])) return false;
        } else {
            const int low = cJSON_GetArrayItem(draw, 1)->valueint;
            const int n = cJSON_GetArrayItem(draw, 2)->valueint - low;
            if (low + (int)gb_rng_below(&rng, (uint32_t)n) != (int)x) return false;
        }
    }
    return true;
}

/* So a recorded episode is replayed with the random streams that fit, found by trial: one in a few
 * thousand at worst does. */
static gb_rng stream_of(const cJSON *draws, double sticky) {
    for (uint64_t k = 0; k < 1000000; k++) {
        const gb_rng rng = gb_rng_stream(1, k);
        if (draws_alike(rng, draws, sticky)) return rng;
    }
    ck_abort_msg("no stream draws what was recorded");
}

/* Writes the cells of each channel to obs; cells beside the board are not shown. */
static void fill(float *obs, const cJSON *channels) {
    const int n = cJSON_GetArraySize(channels);
    const cJSON *cells, *cell;
    int channel = 0;
    memset(obs, 0, MOST * sizeof *obs);
    cJSON_ArrayForEach(cells, channels) {
        cJSON_ArrayForEach(cell, cells) obs[cell->valueint * n + channel] = 1;
        channel++;
    }
}

static int replay_recorded(const gb_env_type *type, const cJSON *record, int line) {
    gb_env env;
    gb_vec vec;
    gb_err err;
    float expected[MOST];
    char text[32];
    const double sticky = key(record, "sticky")->valuedouble;
    init(&env, type);
    set(&env, "actions", "full");
    set(&env, "sticky", gb_format(text, sizeof text, "%g", sticky));
    if (gb_opts_find(type->opts, "ramping"))
        set(&env, "ramping", cJSON_IsTrue(key(record, "ramping")) ? "1" : "0");
    start(&env, &vec);
    reset(&vec, stream_of(key(record, "reset_draws"), sticky));
    fill(expected, key(record, "init_state"));
    compare(&vec, vec.obs, expected, line, 0);
    const cJSON *step;
    int t = 0;
    cJSON_ArrayForEach(step, key(record, "steps")) {
        const float action = (float)key(step, "a")->valueint;
        vec.rng[0] = stream_of(key(step, "draws"), sticky);
        ck_assert_int_eq(gb_vec_step(&vec, &action, 1, &err), GB_OK);
        fill(expected, key(step, "s"));
        compare(&vec, vec.next_obs, expected, line, ++t);
        ck_assert_float_eq(vec.reward[0], key(step, "r")->valueint);
        ck_assert_int_eq(vec.terminal[0], key(step, "d")->valueint);
    }
    gb_vec_free(&vec);
    gb_env_free(&env);
    return t;
}

START_TEST(matches_recorded_episodes) {
    static const gb_env_type *const recorded[] = {&gb_env_breakout, &gb_env_seaquest};
    const gb_env_type *type = recorded[_i];
    char path[128];
    gb_format(path, sizeof path, "tests/golden/minatar_%s.jsonl", type->name);
    char *text = test_read(path, NULL);
    int steps = 0, line = 0;
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
        cJSON *record = cJSON_Parse(at);
        ck_assert_msg(record != NULL, "%s:%d is not JSON", path, line + 1);
        steps += replay_recorded(type, record, ++line);
        cJSON_Delete(record);
    }
    free(text);
    ck_assert_int_ge(steps, 18);
}
END_TEST

/* --- figures ----------------------------------------------------------------------------------*/

START_TEST(spaces_and_ids) {
    for (int full = 0; full < 2; full++) {
        gb_env env;
        gb_err err;
        init(&env, games[_i].type);
        if (full) set(&env, "actions", "full");
        ck_assert_int_eq(gb_env_open(&env, &err), GB_OK);
        ck_assert_str_eq(env.type->gym_id, games[_i].gym_id);
        const int shape[] = {10, 10, games[_i].channels};
        ck_assert_mem_eq(env.spec.obs_shape, shape, sizeof shape);
        ck_assert_int_eq(env.spec.act.n, full ? 6 : games[_i].minimal);
        ck_assert_str_eq(env.spec.act.names[0], "stay");
        ck_assert_int_eq(env.spec.max_steps, 10000);
        gb_env_free(&env);
    }
}
END_TEST

/* That mean is of a sample as well, and has two digits: within a fifth of it. */
START_TEST(random_player_returns_as_measured) {
    enum { N = 200 };
    gb_env env;
    gb_vec vec;
    gb_err err;
    float action[N];
    double sum = 0;
    int episodes = 0, longest = 0;
    init(&env, games[_i].type);
    set(&env, "actions", "full");
    ck_assert_int_eq(gb_env_open(&env, &err), GB_OK);
    ck_assert_int_eq(gb_vec_init(&vec, &env, N, 3, GB_STREAM_ENV, &err), GB_OK);
    while (episodes < games[_i].episodes) {
        gb_vec_random_actions(&vec, action, 1);
        ck_assert_int_eq(gb_vec_step(&vec, action, 1, &err), GB_OK);
        for (int k = 0; k < vec.finished; k++) {
            const gb_episode *episode = &vec.episode[vec.ended[k]];
            sum += episode->ret;
            longest = episode->length > longest ? episode->length : longest;
        }
        episodes += vec.finished;
    }
    if (!isnan(games[_i].return_))
        ck_assert_msg(fabs(sum / episodes / games[_i].return_ - 1) < 0.2, "%s: %g, not %g",
                      env.type->name, sum / episodes, games[_i].return_);
    if (env.type == &gb_env_freeway) ck_assert_int_eq(longest, 2501);
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

/* --state may set anything: nothing is then written beside the board (the sanitizer looks), and
 * the observation stays one. Playing goes on after ends, where lists of things fill up. */
START_TEST(states_from_outside_do_no_harm) {
    static const double values[] = {INT_MIN, -7, -1, 0, 1, 4, 9, 10, 1000, INT_MAX};
    enum { VALUES = sizeof values / sizeof *values };
    gb_env env;
    gb_vec vec;
    init(&env, games[_i].type);
    start(&env, &vec);
    const gb_field *fields = env.type->fields;
    void *state = gb_vec_state(&vec, 0);
    gb_rng rng = gb_rng_stream(1, 1);
    int n = 0;
    while (fields[n].name) n++;
    for (int t = 0; t < 40000; t++) {
        const gb_field *field = &fields[gb_rng_below(&rng, (uint32_t)n)];
        const int k = (int)gb_rng_below(&rng, (uint32_t)gb_field_elements(field));
        if (t % 8 == 0) gb_field_set(field, state, k, values[gb_rng_below(&rng, VALUES)]);
        const float action = (float)gb_rng_below(&rng, (uint32_t)env.spec.act.n);
        if (t % 16 == 0) ck_assert(gb_vec_observe(&vec, 0));
        env.type->step(state, env.config, &action, &vec.rng[0]);
        ck_assert(gb_vec_observe(&vec, 0));
        ck_assert(gb_space_contains(&env.spec.obs, vec.obs));
    }
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

Suite *minatar_suite(void);
Suite *minatar_suite(void) {
    Suite *suite = suite_create("minatar");
    TCase *tcase = tcase_create("minatar");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, matches_the_other_implementation, 0, GAMES);
    tcase_add_loop_test(tcase, matches_recorded_episodes, 0, 2);
    tcase_add_loop_test(tcase, spaces_and_ids, 0, GAMES);
    tcase_add_loop_test(tcase, random_player_returns_as_measured, 0, GAMES);
    tcase_add_loop_test(tcase, states_from_outside_do_no_harm, 0, GAMES);
    suite_add_tcase(suite, tcase);
    return suite;
}
