/* gibbs train --watch on SDL's dummy driver: no number of the run depends on the window. */
#include "support.h"

#ifdef GB_SDL

#include "watch_script.h"

#include <pthread.h>
#include <time.h>

/* Closes the window as soon as there is one. */
static void *close_window(void *unused) {
    while (!SDL_WasInit(SDL_INIT_VIDEO)) nanosleep(&(struct timespec){0, 1000000}, NULL);
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    quit();
    return unused;
}

START_TEST(training_goes_on_without_its_window) {
    static struct session session;
    gb_run run = {0};
    gb_err err;
    pthread_t closer;
    char folder[256];
    ck_assert(!gb_registry_init(&session.registry, gb_builtin_envs, gb_builtin_agents,
                                gb_builtin_presets, &err));
    const gb_agent_type *agent = gb_registry_agent(&session.registry, "qlearning", &err);
    const gb_env_type *env = gb_registry_env(&session.registry, "corridor", &err);
    ck_assert(!gb_run_init(&run, agent, env, &err) && !gb_env_open(&run.env, &err));
    run.train.steps = 1500000, run.train.log_every = 100000;
    gb_format(folder, sizeof folder, "%s/run", test_folder());
    ck_assert_msg(!gb_run_create_folder(&run, folder, &err), "%s", err.msg);
    gb_train train = {.config = run.train, .env = &run.env, .agent = &run.agent, .dir = run.dir};
    ck_assert_msg(!gb_train_open(&train, false, &err), "%s", err.msg);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    ck_assert(!pthread_create(&closer, NULL, close_window, NULL));
    ck_assert_msg(!watch_training(&run, &train, &err), "%s", err.msg);
    pthread_join(closer, NULL);
    ck_assert_int_eq(train.step, run.train.steps);
    gb_train_close(&train);
    gb_run_free(&run);
    gb_registry_free(&session.registry);
}
END_TEST

/* With the window, metrics are the same, row for row; an interrupt closes it when all is done. */
START_TEST(metrics_do_not_depend_on_the_window) {
    const test_run *run = test_shell(
        "B=$PWD/%s/gibbs; cd %s; for a in 'qlearning corridor --steps 60000' "
        "'sac pendulum --steps 600 --hidden 16 --batch 16 --eval_every 200' "
        "'ppo cartpole --steps 2000 --hidden 16 --n_steps 64' "
        "'mdqn breakout --steps 500 --hidden 16 --no-preset'; do rm -rf a b; "
        "T=\"$B train $a --quiet --save_every 0 --log_every 100\"; $T --out a || exit 3; "
        "SDL_VIDEODRIVER=dummy $T --out b --watch & P=$!; "
        "while ! [ -e b/checkpoint.safetensors ]; do kill -0 $P || exit 4; sleep 0.02; done; "
        "sleep 0.4; kill -INT $P; wait $P || exit 5; cmp a/metrics.csv b/metrics.csv || exit 6; "
        "done",
        GB_BUILD, test_folder());
    ck_assert_msg(run->code == 0, "%d %s", run->code, run->err);
}
END_TEST

START_TEST(training_says_first_that_there_is_no_display) {
    const test_run *run =
        test_shell("B=$PWD/%s/gibbs; cd %s; env -u DISPLAY -u SDL_VIDEODRIVER -u WAYLAND_DISPLAY "
                   "$B train sac pendulum --watch --out a",
                   GB_BUILD, test_folder());
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
    ck_assert(strstr(run->err, "gibbs record") != NULL);
    ck_assert(access(gb_format((char[256]){0}, 256, "%s/a", test_folder()), F_OK));
}
END_TEST

Suite *watch_train_suite(void);
Suite *watch_train_suite(void) {
    const TTest *const tests[] = {training_goes_on_without_its_window,
                                  metrics_do_not_depend_on_the_window,
                                  training_says_first_that_there_is_no_display, NULL};
    return test_suite("watch_train", tests, 60);
}

#else

Suite *watch_train_suite(void);
Suite *watch_train_suite(void) {
    return suite_create("watch_train");
}

#endif
