/* Quick checks that agents learn, from the command line with the presets. The long studies with
 * their seeds and spreads are in docs/results.md; these bounds leave room below them for another
 * processor's rounding. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Trains with the preset, and returns the mean return of 100 fresh episodes. */
static double learned_by(const char *agent, const char *env, const char *options) {
    const test_run *run = test_shell("gibbs train %s %s --quiet --out %s/%s %s", agent, env,
                                     test_folder(), agent, options);
    ck_assert_msg(run->code == 0, "%s", run->err);
    run = test_shell("gibbs eval %s/%s --json", test_folder(), agent);
    const char *mean = strstr(run->out, "\"return_mean\":");
    ck_assert_ptr_nonnull(mean);
    return atof(mean + strlen("\"return_mean\":"));
}

static double learned(const char *env, const char *options) {
    return learned_by("sac", env, options);
}

START_TEST(pendulum) {
    ck_assert_double_ge(learned("pendulum", ""), -170);
}
END_TEST

START_TEST(pendulum_with_eight_environments) {
    ck_assert_double_ge(learned("pendulum", "--envs 8 --noise pink"), -180);
}
END_TEST

START_TEST(cartpole) {
    ck_assert_double_ge(learned("cartpole", ""), 440);
}
END_TEST

START_TEST(corridor) {
    ck_assert_double_ge(learned("corridor", ""), 0.99);
}
END_TEST

START_TEST(cartpole_on_policy) {
    static const char *const agents[] = {"ppo", "a2c", "trpo", "npg", "pmd"};
    for (size_t k = 0; k < sizeof agents / sizeof *agents; k++) {
        double mean = learned_by(agents[k], "cartpole", "");
        ck_assert_msg(mean >= 440, "%s: %g", agents[k], mean);
    }
}
END_TEST

START_TEST(point_mass_plugin) {
    /* random actions: about -110; standing at the goal from the start: 0 */
    ck_assert_double_ge(learned(GB_BUILD "/plugins/point_mass.so",
                                "--steps 10000 --hidden 64,64 --batch "
                                "64 --lr 1e-3 --lr_critic 1e-3"),
                        -30);
}
END_TEST

Suite *learn_suite(void) {
    const TTest *const tests[] = {pendulum,
                                  pendulum_with_eight_environments,
                                  cartpole,
                                  corridor,
                                  cartpole_on_policy,
                                  point_mass_plugin,
                                  NULL};
    return test_suite("learn", tests, 300);
}
