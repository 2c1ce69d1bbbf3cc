/* Soft actor-critic with observations normalised and rewards scaled: what units the task has then
 * makes no difference. */
#include "rng.h"
#include "sac_things.h"

#include <math.h>
#include <string.h>

enum { DIMS = 2, STEPS = 120 };
static const float low[1] = {-1}, high[1] = {1};

static struct sac *open_agent(gb_agent *agent, const char *norm_obs, const char *reward_scale) {
    gb_err err;
    gb_setting setting = {.spec = {.obs = {.kind = GB_BOX, .n = DIMS},
                                   .act = {.kind = GB_BOX, .n = 1, .low = low, .high = high}},
                          .envs = 1,
                          .threads = 1,
                          .seed = 5,
                          .total_steps = 1000};
    ck_assert_int_eq(gb_agent_init(agent, &gb_agent_sac, &err), GB_OK);
    set(agent, "hidden", "8");
    set(agent, "batch", "16");
    set(agent, "learning_starts", "20");
    set(agent, "lr", "1e-2");
    set(agent, "norm_obs", norm_obs);
    set(agent, "reward_scale", reward_scale);
    ck_assert_msg(!gb_agent_open(agent, &setting, &err), "%s", err.msg);
    return agent->state;
}

/* Lets agent learn from a walk whose observations are in units of 1 / scale, moved by shift, and
 * rewards in units of 1 / pay. Writes its action at the end of each step. */
static void learn(gb_agent *agent, float scale, float shift, float pay, float seen[STEPS]) {
    gb_rng rng = gb_rng_stream(1, 1);
    gb_err err;
    float x[2][DIMS] = {{0}};
    for (int t = 0; t < STEPS; t++) {
        float obs[DIMS], next[DIMS], action[1], reward[1];
        const uint8_t no[1] = {0};
        for (int k = 0; k < DIMS; k++) {
            x[1][k] = 0.5f * x[0][k] + (float)(gb_rng_below(&rng, 64)) / 32 - 1;
            x[1][k] = rintf(x[1][k] * 1024) / 1024; /* so that other units are exact */
            obs[k] = scale * x[0][k] + shift, next[k] = scale * x[1][k] + shift;
        }
        agent->type->act(agent->state, 1, obs, action, true);
        action[0] = rintf(action[0] * 256) / 256;
        reward[0] = pay * (float)(x[1][0] > 0 ? 1 : -1) * action[0];
        const gb_batch batch = {1, obs, action, reward, next, no, no};
        ck_assert_msg(!agent->type->observe(agent->state, &batch, &err), "%s", err.msg);
        agent->type->act(agent->state, 1, obs, &seen[t], false);
        memcpy(x[0], x[1], sizeof x[0]);
    }
}

/* Returns the largest difference between the actions of two agents. */
static double apart(const float *a, const float *b) {
    double most = 0;
    for (int t = 0; t < STEPS; t++) most = fmax(most, fabs((double)a[t] - (double)b[t]));
    return most;
}

START_TEST(units_of_observations_do_not_matter) {
    float seen[2][2][STEPS]; /* without and with, in either unit */
    for (int with = 0; with < 2; with++) {
        for (int unit = 0; unit < 2; unit++) {
            gb_agent agent;
            const struct sac *s = open_agent(&agent, with ? "1" : "0", "1");
            learn(&agent, unit ? 8 : 1, unit ? -3 : 0, 1, seen[with][unit]);
            ck_assert_int_ge((int)s->updates, STEPS - 25);
            ck_assert_double_eq(s->moments.count, with ? STEPS : 0); /* acting adds nothing */
            gb_agent_free(&agent);
        }
    }
    ck_assert_double_ge(apart(seen[0][0], seen[0][1]), 0.05);
    ck_assert_double_le(apart(seen[1][0], seen[1][1]), 0.005);
}
END_TEST

START_TEST(units_of_rewards_do_not_matter) {
    static const char *const scale[3] = {"1", "0.25", "1"};
    static const float pay[3] = {1, 4, 4};
    float seen[3][STEPS];
    for (int k = 0; k < 3; k++) {
        gb_agent agent;
        open_agent(&agent, "0", scale[k]);
        learn(&agent, 1, 0, pay[k], seen[k]);
        gb_agent_free(&agent);
    }
    ck_assert_double_eq(apart(seen[0], seen[1]), 0);
    ck_assert_double_ge(apart(seen[0], seen[2]), 0.01);
}
END_TEST

Suite *double_sac_scales_suite(void);
Suite *double_sac_scales_suite(void) {
    const TTest *const tests[] = {units_of_observations_do_not_matter,
                                  units_of_rewards_do_not_matter, NULL};
    return test_suite("sac_scales", tests, 30);
}
