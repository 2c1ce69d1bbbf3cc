/* What the program finds by the names that a user types: environments, ids, plugins, runs, files;
 * what it does with environments that are not sound; and the progress line. */
#include "cli_things.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLUGIN(name) GB_BUILD "/tests/plugins/" name ".so"
#define SMALL        "--hidden 8,8 --batch 8"

/* Runs a command that must work, and asserts that it prints `says`. */
static void prints(const char *says, const char *command) {
    const test_run *run = test_shell("%s", command);
    ck_assert_msg(run->code == 0, "%s: %s", command, run->err);
    ck_assert_msg(strstr(run->out, says), "%s: no '%s' in: %s", command, says, run->out);
}

/* --- environments that are not sound ----------------------------------------------------------*/

START_TEST(rollout_prints_sound_steps_only) {
    static const char *const plugins[][2] = {{PLUGIN("infinite_reward"), "reward is inf"},
                                             {PLUGIN("nan_observation"), "(side) is nan"}};
    for (int i = 0; i < 2; i++) {
        const test_run *run = test_shell("gibbs rollout %s --steps 2000", plugins[i][0]);
        ck_assert_int_eq(run->code, 1);
        test_one_line(run->err);
        ck_assert_msg(strstr(run->err, plugins[i][1]) != NULL, "%s", run->err);
        ck_assert(!strstr(run->out, "nan") && !strstr(run->out, "inf"));
    }
    fails(2, "(x) is inf", "gibbs rollout cartpole --state x=1e300");
    fails(2, "observation is -1, not one of 0..9", "gibbs rollout corridor --state cell=-1");
}
END_TEST

START_TEST(actions_come_from_files_and_pipes) {
    fails(1, "/tmp: it is neither a file nor a pipe", "gibbs rollout pendulum --actions /tmp");
    fails(1, "neither a file", "gibbs rollout pendulum --actions /dev/zero");
    prints("\"t\":1,", "echo '1\n2' | " GB_BUILD "/gibbs rollout pendulum --actions /dev/stdin");
}
END_TEST

/* --- names ------------------------------------------------------------------------------------*/

START_TEST(a_folder_hides_no_environment) {
    const char *dir = test_folder();
    char *here = realpath(GB_BUILD, NULL);
    char command[512];
    gb_format(command, sizeof command,
              "cd %s && mkdir -p pendulum other && %s/gibbs rollout pendulum --steps 1", dir, here);
    prints("theta", command);
    ck_assert_int_eq(test_shell("gibbs train sac cartpole --steps 20 --quiet " SMALL
                                " --out %s/pendulum",
                                dir)
                         ->code,
                     0);
    prints("x_dot", command); /* now it is a run */
    gb_format(command, sizeof command, "cd %s && %s/gibbs rollout other", dir, here);
    fails(1, "config.ini", command);
    free(here);
}
END_TEST

START_TEST(ids_that_are_options) {
    prints("\"obs\":[0]", "gibbs rollout FrozenLake8x8-v1 --steps 1");
    prints("one of 64", "gibbs help FrozenLake8x8-v1");
    prints("one of 16", "gibbs help FrozenLake-v1");
    prints("8x8         ", "gibbs help FrozenLake8x8-v1");
    prints("64 states", "gibbs solve value_iteration FrozenLake8x8-v1 --tol 1");
    prints("16 states", "gibbs solve value_iteration FrozenLake8x8-v1 --tol 1 --env.map 4x4");
    prints("--env.slippery 1", "gibbs help CliffWalkingSlippery-v1 | sed 's/  */ /g'");
    prints("--env.version 4", "gibbs help Taxi-v4 | sed 's/  */ /g'");
    prints("FrozenLake8x8-v1", "gibbs list envs");
    prints("one of 3", "gibbs help MinAtar/Breakout-v1"); /* a '/' does not make it a file */
    prints("one of 6", "gibbs help MinAtar/Breakout-v0");
    prints("picture: 10 x 10, 6 channels", "gibbs help MinAtar/SpaceInvaders-v0");
    prints("frozen_lake, 2 env", "gibbs bench env FrozenLake8x8-v1 --envs 2 --seconds 0.02");
    prints("0 failed", "gibbs check CliffWalkingSlippery-v1");
    fails(2, "did you mean FrozenLake8x8-v1", "gibbs rollout FrozenLake8x8-v2");
}
END_TEST

START_TEST(repeated_options) {
    prints("point_mass",
           "gibbs list envs --plugin " GB_BUILD "/plugins/point_mass.so --plugin " PLUGIN("good"));
    prints("tiny",
           "gibbs list envs --plugin " GB_BUILD "/plugins/point_mass.so --plugin " PLUGIN("good"));
    fails(2, "--config: given twice", "gibbs train sac pendulum --config a.ini --config b.ini");
    fails(2, "--actions: its value is empty", "gibbs rollout pendulum --actions ''");
}
END_TEST

START_TEST(empty_names_are_named) {
    fails(2, "word 2 of the command is empty", "gibbs train sac ''");
    fails(2, "word 1 of the command is empty", "gibbs help ''");
    fails(2, "'': no such command", "gibbs ''");
}
END_TEST

/* --- GIBBS_PLUGIN_PATH ------------------------------------------------------------------------*/

START_TEST(plugins_of_the_search_path) {
    const char *dir = test_folder();
    char path[256], expected[256];
    ck_assert_int_eq(test_shell("cp %s %s/walker.so; cp %s %s/pendulum.so; echo x > %s/no-name.so; "
                                "echo x > %s/broken.so",
                                PLUGIN("good"), dir, PLUGIN("good"), dir, dir, dir)
                         ->code,
                     0);
    setenv("GIBBS_PLUGIN_PATH", gb_format(path, sizeof path, "/nowhere:%s", dir), 1);
    gb_format(expected, sizeof expected, "\nwalker                   %s/walker.so\n", dir);
    prints(expected, "gibbs list envs");
    prints("/broken.so\n", "gibbs list envs"); /* listing loads nothing */
    ck_assert_ptr_null(strstr(test_shell("gibbs list")->out, "pendulum.so")); /* hidden */
    ck_assert_ptr_null(strstr(test_shell("gibbs list")->out, "no-name"));
    fails(2, "did you mean walker", "gibbs rollout walkr");
    fails(2, "did you mean walker", "gibbs help walkr");
    prints("\"obs\"", "gibbs rollout walker --steps 1");
    static const char *const commands[] = {"rollout", "help", "check", "bench env"};
    for (int i = 0; i < 4; i++) {
        char command[128];
        gb_format(command, sizeof command, "gibbs %s broken", commands[i]);
        fails(1, "broken.so: it is not a shared library", command);
    }
    unsetenv("GIBBS_PLUGIN_PATH");
    fails(1, "it has no symbol gb_plugin_env", "gibbs help " PLUGIN("no_symbol"));
    fails(1, "/nowhere/x.so: cannot open it", "gibbs help /nowhere/x.so");
}
END_TEST

/* --- the progress line ------------------------------------------------------------------------*/

/* Trains with a terminal of so many columns as its output; returns what it wrote there. */
static const char *trained_on_terminal(int columns, char *text, size_t size) {
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert(terminal >= 0 && !grantpt(terminal) && !unlockpt(terminal));
    const char *name = ptsname(terminal);
    int kept = open(name, O_RDWR | O_NOCTTY); /* so that what was written can still be read */
    struct winsize window = {.ws_col = (unsigned short)columns, .ws_row = 24};
    ck_assert_int_eq(ioctl(kept, TIOCSWINSZ, &window), 0);
    ck_assert_int_eq(test_shell("gibbs train sac pendulum --steps 400 " SMALL
                                " --out %s/r%d --log_every 200 > %s",
                                test_folder(), columns, name)
                         ->code,
                     0);
    fcntl(terminal, F_SETFL, O_NONBLOCK);
    size_t n = 0;
    for (ssize_t got; n + 1 < size && (got = read(terminal, text + n, size - 1 - n)) > 0;)
        n += (size_t)got;
    text[n] = 0;
    close(kept);
    close(terminal);
    return text;
}

START_TEST(progress_fits_the_terminal) {
    static const int widths[] = {24, 60, 80, 300};
    char text[8192];
    for (int i = 0; i < 4; i++) {
        const char *line = trained_on_terminal(widths[i], text, sizeof text);
        int lines = 0;
        for (const char *head = "\r\033[K"; (line = strstr(line, head)); lines++) {
            line += strlen(head);
            size_t n = strcspn(line, "\r\n");
            ck_assert_msg(n < (size_t)widths[i], "%zu columns of %d", n, widths[i]);
            ck_assert(!strncmp(line + 3, "/400", 4));
            const char *mean = strstr(line, "return_mean");
            if (widths[i] >= 60) ck_assert(lines == 0 || (mean && mean < line + n));
        }
        ck_assert_int_ge(lines, 2);
        ck_assert(!strstr(text, "critic_loss") == (widths[i] < 100));
    }
}
END_TEST

/* --- what is needed, where there is no apt-get -------------------------------------------------*/

START_TEST(needs_are_one_list_without_apt) {
    const char *dir = test_folder();
    const test_run *run = test_shell(
        "for t in sh cc gcc pkg-config grep cat; do ln -sf \"$(command -v $t)\" %s/; done; "
        "printf '#!/bin/sh\\ncase $2 in gsl|libcjson|inih|libprotobuf-c) exit 0;; esac; exit 1\\n' "
        "> %s/modules; rm %s/pkg-config; mv %s/modules %s/pkg-config; chmod +x %s/pkg-config; "
        "PATH=%s sh tests/install_packages.sh libgsl-dev libcjson-dev protobuf-c-compiler "
        "libsdl2-dev libc6-dev no-such-thing",
        dir, dir, dir, dir, dir, dir, dir);
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
    ck_assert_msg(strstr(run->err, ": protobuf-c-compiler libsdl2-dev no-such-thing (") != NULL,
                  "%s", run->err);
    run = test_shell("PATH=%s sh tests/install_packages.sh libgsl-dev libinih-dev gcc", dir);
    ck_assert_msg(run->code == 0 && !run->err[0], "%s", run->err);
}
END_TEST

START_TEST(a_failed_training_ends_the_first_run) {
    const char *dir = test_folder();
    char path[256];
    const char fake[] = "#!/bin/sh\n[ $1 = train ] && { echo trying; exit 3; }\necho went on\n";
    gb_format(path, sizeof path, "%s/fake", dir);
    test_write(path, fake, sizeof fake - 1);
    chmod(path, 0755);
    const test_run *run = test_shell("sh examples/first_run.sh %s", path);
    ck_assert_int_eq(run->code, 3);
    ck_assert_ptr_null(strstr(run->out, "went on"));
}
END_TEST

Suite *names_suite(void);
Suite *names_suite(void) {
    const TTest *const tests[] = {rollout_prints_sound_steps_only,
                                  actions_come_from_files_and_pipes,
                                  a_folder_hides_no_environment,
                                  ids_that_are_options,
                                  repeated_options,
                                  empty_names_are_named,
                                  plugins_of_the_search_path,
                                  progress_fits_the_terminal,
                                  needs_are_one_list_without_apt,
                                  a_failed_training_ends_the_first_run,
                                  NULL};
    return test_suite("names", tests, 120);
}
