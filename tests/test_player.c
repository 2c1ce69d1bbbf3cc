/* One instance played for people: what is not sound is refused after a reset and after a step. */
#include "player.h"
#include "space.h"
#include "support.h"

#include <math.h>
#include <string.h>

/* --- a counter that can be told to spoil one thing ---------------------------------------------*/

struct state {
    int at;
};
struct config {
    int wrong_at;       /* the observation is wrong in this state */
    double wrong;       /* and has this value */
    double last_reward; /* of the step to state 2 */
};

static void discrete_spec(const void *config, gb_spec *out) {
    (void)config;
    *out = (gb_spec){.obs = {GB_DISCRETE, 4},
                     .act = {GB_DISCRETE, 2},
                     .max_steps = 3,
                     .reward_threshold = NAN};
}

static void box_spec(const void *config, gb_spec *out) {
    static const char *const names[] = {"height"};
    discrete_spec(config, out);
    out->obs = (gb_space){.kind = GB_BOX, .n = 1, .names = names};
    out->max_steps = 0;
}

static void reset(void *state, const void *config, gb_rng *rng) {
    (void)config, (void)rng;
    ((struct state *)state)->at = 0;
}

static gb_step step(void *state, const void *config, const float *action, gb_rng *rng) {
    struct state *s = state;
    const struct config *c = config;
    (void)action, (void)rng;
    s->at++;
    return (gb_step){.reward = s->at == 2 ? c->last_reward : 0.1, .terminal = s->at == 4};
}

static void observe(const void *state, const void *config, float *obs) {
    const struct state *s = state;
    const struct config *c = config;
    obs[0] = s->at == c->wrong_at ? (float)c->wrong : (float)(s->at % 4);
}

static gb_env_type type = {.name = "counter",
                           .help = "counts",
                           .state_size = sizeof(struct state),
                           .config_size = sizeof(struct config),
                           .reset = reset,
                           .step = step,
                           .observe = observe};

/* Plays until something is refused, at most 10 steps; returns how many were sound, -1 if the start
 * was not. */
static int play(bool box, struct config config, gb_err *err) {
    gb_env env = {.type = &type, .config = &config};
    gb_player player;
    type.spec = box ? box_spec : discrete_spec;
    type.spec(&config, &env.spec);
    ck_assert_int_eq(gb_player_init(&player, &env, NULL, err), GB_OK);
    int steps = 0, code = gb_player_start(&player, 1, err);
    if (code) steps = -1;
    while (!code && steps < 10) {
        if (player.terminal || player.truncated) code = gb_player_reset(&player, err);
        if (code) break;
        gb_player_choose(&player);
        code = gb_player_step(&player, err);
        steps += !code;
    }
    ck_assert(!code || code == GB_FAIL);
    gb_player_free(&player);
    return steps;
}

START_TEST(what_is_not_sound_is_refused) {
    static const struct {
        bool box;
        struct config config;
        int steps;
        const char *says;
    } cases[] = {
        {false, {-1, 0, 0.1}, 10, ""},
        {false, {0, 4, 0.1}, -1, "counter: reset: observation is 4, not one of 0..3; mend the"},
        {false, {0, NAN, 0.1}, -1, "observation is nan, not one of 0..3"},
        {false, {2, -1, 0.1}, 1, "counter: step 2: observation is -1, not one of 0..3; mend the"},
        {false, {1, 0.5, 0.1}, 0, "counter: step 1: observation is 0.5"},
        {false, {-1, 0, NAN}, 1, "counter: step 2: reward is nan; mend the"},
        {true, {-1, 0, 0.1}, 10, ""},
        {true, {0, INFINITY, 0.1}, -1, "counter: reset: observation 0 (height) is inf; mend the"},
        {true, {3, NAN, 0.1}, 2, "counter: step 3: observation 0 (height) is nan; mend the"},
        {true, {-1, 0, -INFINITY}, 1, "counter: step 2: reward is -inf"},
        {true, {-1, 0, 1e300}, 1, "counter: step 2: reward is 1e+300"}, /* no float holds it */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gb_err err = {""};
        ck_assert_int_eq(play(cases[i].box, cases[i].config, &err), cases[i].steps);
        ck_assert_msg(strstr(err.msg, cases[i].says) != NULL, "%zu: %s", i, err.msg);
    }
}
END_TEST

START_TEST(episodes_ends_and_books) {
    struct config config = {-1, 0, 0.7};
    gb_env env = {.type = &type, .config = &config};
    gb_player p;
    gb_err err;
    for (int limited = 0; limited < 2; limited++) {
        type.spec = limited ? discrete_spec : box_spec;
        type.spec(&config, &env.spec);
        ck_assert_int_eq(gb_player_init(&p, &env, NULL, &err), GB_OK);
        ck_assert_int_eq(gb_player_start(&p, 1, &err), GB_OK);
        ck_assert(isnan(p.reward) && p.episode == 1);
        for (int t = 1; !p.terminal && !p.truncated; t++) {
            gb_player_choose(&p);
            ck_assert_int_eq(gb_player_step(&p, &err), GB_OK);
            ck_assert_int_eq(((struct state *)p.last_state)->at, t - 1);
            ck_assert_int_eq(((struct state *)p.state)->at, t);
            ck_assert_float_eq(p.last_obs[0], (float)(t - 1));
            ck_assert_float_eq(p.obs[0], (float)(t % 4));
        }
        ck_assert_int_eq(p.age, limited ? 3 : 4);
        ck_assert(p.truncated == limited && p.terminal == !limited);
        ck_assert_double_eq_tol(p.ret, limited ? 0.9 : 1.0, 1e-15); /* doubles throughout */
        ck_assert_int_eq(gb_player_reset(&p, &err), GB_OK);
        ck_assert(p.episode == 2 && p.age == 0 && p.ret == 0 && !p.terminal && !p.truncated);
        ck_assert_int_eq(gb_player_start(&p, 1, &err), GB_OK);
        ck_assert(p.episode == 1 && p.steps == 0);
        gb_player_free(&p);
    }
}
END_TEST

Suite *player_suite(void);
Suite *player_suite(void) {
    const TTest *const tests[] = {what_is_not_sound_is_refused, episodes_ends_and_books, NULL};
    return test_suite("player", tests, 30);
}
