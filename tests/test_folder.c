/* Run folders: what a failed command must leave as it was, and what must not be left behind. */
#include "archive.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SMALL "--hidden 8 --batch 8 --quiet"

static const char *in(const char *name) {
    static char path[2][256];
    static int turn;
    turn = !turn;
    return gb_format(path[turn], sizeof path[turn], "%s/%s", test_folder(), name);
}

static void trains(const char *what) {
    const test_run *run = test_shell("gibbs train %s " SMALL " --out %s", what, in("run"));
    ck_assert_msg(run->code == 0, "%s", run->err);
}

static void refused(int code, const char *says, const char *arguments) {
    const test_run *run = test_shell("gibbs %s", arguments);
    ck_assert_msg(run->code == code, "%s: %d: %s", arguments, run->code, run->err);
    test_one_line(run->err);
    ck_assert_msg(strstr(run->err, says), "%s: no '%s' in %s", arguments, says, run->err);
}

START_TEST(more_steps_where_instances_do_not_divide_them) {
    char resume[300];
    trains("sac pendulum --steps 1000 --envs 3");
    gb_format(resume, sizeof resume, "gibbs train --resume %s --steps 2000 --quiet", in("run"));
    const test_run *run = test_shell("%s", resume);
    ck_assert_msg(run->code == 0, "%s", run->err);
    run = test_shell("gibbs train --resume %s --quiet", in("run"));
    ck_assert_msg(run->code == 0, "%s", run->err);
}
END_TEST

START_TEST(a_refused_resume_changes_nothing) {
    char resume[300];
    trains("sac pendulum --steps 1000");
    char *config = test_read(in("run/config.ini"), NULL),
         *json = test_read(in("run/run.json"), NULL);
    gb_format(resume, sizeof resume, "train --resume %s --steps 500", in("run"));
    refused(2, "at step 1000 already", resume);
    char *config_now = test_read(in("run/config.ini"), NULL);
    char *json_now = test_read(in("run/run.json"), NULL);
    ck_assert_str_eq(config, config_now);
    ck_assert_str_eq(json, json_now);
    free(config), free(json), free(config_now), free(json_now);
}
END_TEST

START_TEST(a_lost_checkpoint_is_not_a_new_run) {
    char resume[300];
    trains("sac pendulum --steps 1000 --log_every 100");
    char *metrics = test_read(in("run/metrics.csv"), NULL);
    unlink(in("run/checkpoint.safetensors"));
    gb_format(resume, sizeof resume, "train --resume %s", in("run"));
    refused(1, "checkpoint.safetensors", resume);
    char *now = test_read(in("run/metrics.csv"), NULL);
    ck_assert_str_eq(metrics, now);
    free(metrics), free(now);
}
END_TEST

START_TEST(leftovers_of_a_killed_save_go) {
    trains("sac pendulum --steps 300");
    test_write(in("run/checkpoint.safetensors.123-0.tmp"), "half", 4);
    test_write(in("run/mine.tmp"), "mine", 4);
    ck_assert_int_eq(test_shell("gibbs train --resume %s --steps 400 --quiet", in("run"))->code, 0);
    ck_assert(access(in("run/checkpoint.safetensors.123-0.tmp"), F_OK));
    ck_assert(!access(in("run/mine.tmp"), F_OK));
}
END_TEST

START_TEST(a_checkpoint_of_another_environment_is_refused) {
    char command[300];
    trains("sac pendulum --steps 300");
    ck_assert_int_eq(test_shell("sed -i 's/^env = .*/env = cartpole/; /^\\[env\\]/,$d' %s",
                                in("run/config.ini"))
                         ->code,
                     0);
    static const char *const verbs[] = {"eval", "rollout", "train --resume"};
    for (int i = 0; i < 3; i++) {
        gb_format(command, sizeof command, "%s %s", verbs[i], in("run"));
        refused(1, "pendulum", command);
    }
}
END_TEST

START_TEST(a_network_that_is_not_finite_is_not_saved) {
    gb_real weights[4] = {1, 2, (gb_real)NAN, 4}, other[4] = {1, 2, 3, 4};
    gb_err err;
    for (int broken = 0; broken < 2; broken++) {
        gb_archive *archive = gb_archive_create(&err);
        gb_archive_real(archive, "weight", broken ? weights : other, 2, 2);
        ck_assert_int_eq(gb_archive_write(archive, in("net"), &err), broken ? GB_FAIL : GB_OK);
        gb_archive_close(archive);
    }
    ck_assert_ptr_nonnull(strstr(err.msg, "weight"));
    gb_archive *archive = gb_archive_open(in("net"), &err); /* the good one is still there */
    gb_archive_real(archive, "weight", weights, 2, 2);
    ck_assert_int_eq(gb_archive_status(archive, &err), GB_OK);
    ck_assert(weights[2] == 3);
    gb_archive_close(archive);
}
END_TEST

START_TEST(the_deepest_network_there_may_be) {
    trains("sac pendulum --steps 200 --hidden 4,4,4,4,4,4,4,4 --layer_norm 1");
}
END_TEST

START_TEST(an_unsuitable_pair_leaves_no_folder) {
    char command[300];
    gb_format(command, sizeof command, "train qlearning pendulum --out %s", in("run"));
    refused(2, "qlearning", command);
    ck_assert(access(in("run"), F_OK));
}
END_TEST

START_TEST(random_evaluations_follow_their_seed) {
    ck_assert_int_eq(
        test_shell("gibbs train random cartpole --steps 300 --quiet --out %s", in("run"))->code, 0);
    char first[4096];
    gb_format(first, sizeof first, "%s", test_shell("gibbs eval %s --seed 1", in("run"))->out);
    ck_assert_str_eq(test_shell("gibbs eval %s --seed 1", in("run"))->out, first);
    ck_assert_str_ne(test_shell("gibbs eval %s --seed 2", in("run"))->out, first);
}
END_TEST

Suite *folder_suite(void) {
    const TTest *const tests[] = {more_steps_where_instances_do_not_divide_them,
                                  a_refused_resume_changes_nothing,
                                  a_lost_checkpoint_is_not_a_new_run,
                                  leftovers_of_a_killed_save_go,
                                  a_checkpoint_of_another_environment_is_refused,
                                  a_network_that_is_not_finite_is_not_saved,
                                  the_deepest_network_there_may_be,
                                  an_unsuitable_pair_leaves_no_folder,
                                  random_evaluations_follow_their_seed,
                                  NULL};
    return test_suite("folder", tests, 120);
}
