/* The loop: rows, checkpoints, resuming, threads, evaluation. */
#include "opt.h"
#include "rng.h"
#include "support.h"
#include "train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

extern const gb_env_type gb_env_pendulum, gb_env_cartpole, gb_env_frozen_lake;
extern const gb_agent_type gb_agent_sac, gb_agent_random;

/* A small run in a folder of its own. */
struct fixture {
    gb_env env;
    gb_agent agent;
    gb_train train;
    char dir[128];
};

static void set(const gb_opt *table, void *config, const char *name, const char *value) {
    gb_err err;
    const gb_opt *row = gb_opts_find(table, name);
    ck_assert_msg(row && !gb_opt_set(row, config, value, name, &err), "%s", name);
}

static void init(struct fixture *f, const gb_env_type *env, const char *noise, int envs,
                 int threads, const char *dir) {
    gb_err err;
    memset(f, 0, sizeof *f);
    ck_assert_int_eq(gb_env_init(&f->env, env, &err), GB_OK);
    ck_assert_int_eq(gb_env_open(&f->env, &err), GB_OK);
    ck_assert_int_eq(gb_agent_init(&f->agent, &gb_agent_sac, &err), GB_OK);
    set(gb_agent_sac.opts, f->agent.config, "hidden", "16,16");
    set(gb_agent_sac.opts, f->agent.config, "batch", "16");
    set(gb_agent_sac.opts, f->agent.config, "noise", noise);
    set(gb_agent_sac.opts, f->agent.config, "buffer", "500"); /* turns over */
    snprintf(f->dir, sizeof f->dir, "%s/%s", test_folder(), dir);
    mkdir(f->dir, 0777);
    f->train = (gb_train){.env = &f->env, .agent = &f->agent, .dir = f->dir};
    gb_opts_default(gb_train_opts, &f->train.config);
    f->train.config.steps = 900;
    f->train.config.envs = envs;
    f->train.config.threads = threads;
    f->train.config.log_every = 70;
    f->train.config.save_every = 200;
}

static void open_and_run(struct fixture *f, bool resume) {
    gb_err err;
    ck_assert_msg(!gb_train_open(&f->train, resume, &err), "%s", err.msg);
    ck_assert_msg(!gb_train_run(&f->train, &err), "%s", err.msg);
}

static void end(struct fixture *f) {
    gb_train_close(&f->train);
    gb_agent_free(&f->agent);
    gb_env_free(&f->env);
}

/* Asserts that a file of two runs holds the same bytes. */
static void same_file(const char *name, const char *a, const char *b) {
    char path[256];
    size_t n, m;
    snprintf(path, sizeof path, "%s/%s/%s", test_folder(), a, name);
    char *x = test_read(path, &n);
    snprintf(path, sizeof path, "%s/%s/%s", test_folder(), b, name);
    char *y = test_read(path, &m);
    ck_assert_msg(n == m && !memcmp(x, y, n), "%s of %s and %s differ:\n%s\n%s", name, a, b,
                  strstr(name, "csv") ? x : "", strstr(name, "csv") ? y : "");
    free(x);
    free(y);
}

static volatile sig_atomic_t stop;

/* Asks the run to stop at the row after some steps, as Ctrl-C does. */
static void stop_later(void *context, const gb_train *train) {
    if (train->step >= *(int *)context) stop = 1;
}

static const gb_env_type *const tasks[] = {&gb_env_pendulum, &gb_env_cartpole, &gb_env_frozen_lake};

START_TEST(a_stopped_run_goes_on_to_the_same_numbers) {
    static const char *const noises[] = {"white", "pink", "gsde"};
    for (int task = 0; task < 3; task++)
        for (int envs = 1; envs <= 4; envs += 3) {
            struct fixture whole, parts;
            int when = 300;
            init(&whole, tasks[task], noises[task], envs, 1, "whole");
            open_and_run(&whole, false);
            end(&whole);
            for (int part = 0; part < 3; part++, when += 130) { /* stopped twice */
                init(&parts, tasks[task], noises[task], envs, 1, "parts");
                parts.train.stop = &stop, parts.train.report = stop_later;
                parts.train.context = &when;
                stop = 0;
                open_and_run(&parts, part > 0);
                ck_assert_int_eq(parts.train.stopped, part < 2);
                if (part == 2) ck_assert_int_eq(parts.train.step, 900);
                when = part == 1 ? 10000 : when;
                end(&parts);
            }
            same_file("metrics.csv", "whole", "parts");
        }
}
END_TEST

/* What a run holds at one step, in two archives of which one is read later. */
struct frozen {
    gb_archive *archive;
    char *bytes;
    size_t n;
    int compared;
};

static gb_archive *archive_agent(const gb_agent *agent) {
    gb_archive *archive = gb_archive_create(NULL);
    agent->type->archive(agent->state, archive, false);
    return archive;
}

static void freeze_and_compare(void *context, gb_train *train) {
    struct frozen *f = context;
    if (train->step % 90 == 10) {
        gb_archive *now = archive_agent(train->agent);
        f->bytes = gb_archive_pack(now, &f->n, NULL);
        gb_archive_close(now);
        f->archive = archive_agent(train->agent);
        ck_assert_int_eq(gb_archive_freeze(f->archive, NULL), GB_OK);
    } else if (train->step % 90 == 70) {
        size_t n;
        char *bytes = gb_archive_pack(f->archive, &n, NULL);
        ck_assert(n == f->n && !memcmp(bytes, f->bytes, n));
        gb_archive_close(f->archive);
        gb_dealloc(f->bytes);
        gb_dealloc(bytes);
        f->compared++;
    }
}

START_TEST(what_is_frozen_stays_while_training_goes_on) {
    struct fixture f;
    struct frozen frozen = {0};
    init(&f, &gb_env_pendulum, "pink", 1, 1, "frozen");
    f.train.config.save_every = 0;
    f.train.tick = freeze_and_compare, f.train.context = &frozen;
    open_and_run(&f, false);
    end(&f);
    ck_assert_int_eq(frozen.compared, 10);
}
END_TEST

/* Copies the folder of the run as a power cut would leave it: with the checkpoint of step 400,
 * which was begun 30 steps ago and written since. */
static void copy_folder(void *context, gb_train *train) {
    if (train->step != 430) return;
    ck_assert_int_eq(train->saved, 400);
    ck_assert_int_eq(gb_saver_wait(train->saver, NULL), GB_OK);
    const test_run *run = test_shell("cp -r %s %s", train->dir, (const char *)context);
    ck_assert_int_eq(run->code, 0);
}

START_TEST(a_checkpoint_written_meanwhile_is_that_of_its_step) {
    struct fixture f;
    char copy[160];
    init(&f, &gb_env_pendulum, "pink", 1, 2, "whole");
    gb_format(copy, sizeof copy, "%s/copy", test_folder());
    f.train.tick = copy_folder, f.train.context = copy;
    open_and_run(&f, false);
    end(&f);
    init(&f, &gb_env_pendulum, "pink", 1, 2, "copy");
    f.train.config.steps = 900;
    gb_err err;
    ck_assert_msg(!gb_train_open(&f.train, true, &err), "%s", err.msg);
    ck_assert_int_eq(f.train.step, 400);
    ck_assert_msg(!gb_train_run(&f.train, &err), "%s", err.msg);
    end(&f);
    same_file("metrics.csv", "whole", "copy");
}
END_TEST

/* Returns how many checkpoints a run of 900 steps makes. */
static int saves(int64_t save_every, int envs, const char *dir) {
    struct fixture f;
    init(&f, &gb_env_pendulum, "white", envs, 1, dir);
    f.train.config.save_every = save_every;
    open_and_run(&f, false);
    int n = f.train.saves;
    end(&f);
    return n;
}

START_TEST(save_every_is_obeyed_and_changes_no_number) {
    ck_assert_int_eq(saves(0, 1, "end"), 1);
    ck_assert_int_eq(saves(-1, 1, "default"), 1);
    ck_assert_int_eq(saves(200, 1, "some"), 5);
    ck_assert_int_eq(saves(300, 1, "third"), 3); /* the last one is at the end */
    ck_assert_int_eq(saves(1, 1, "all"), 900);
    ck_assert_int_eq(saves(50, 4, "four"), 18);
    static const char *const others[] = {"default", "some", "third", "all"};
    for (int i = 0; i < 4; i++) same_file("metrics.csv", "end", others[i]);
}
END_TEST

/* By step 20,000 the checkpoint of step 10,000 is there, however slow the disk. */
static void first_is_there(void *context, gb_train *train) {
    char path[160];
    struct stat info;
    gb_checkpoint_path(train->dir, path, sizeof path);
    if (train->step == 9999) ck_assert(stat(path, &info));
    if (train->step != 20001) return;
    ck_assert_int_ge(train->saves, 1);
    ck_assert_int_eq(stat(path, &info), 0);
    *(bool *)context = true;
}

START_TEST(without_save_every_there_is_a_first_checkpoint_soon) {
    struct fixture f;
    bool seen = false;
    init(&f, &gb_env_pendulum, "white", 1, 1, "default");
    set(gb_agent_sac.opts, f.agent.config, "learning_starts", "1000000");
    f.train.config.save_every = -1, f.train.config.steps = 21000;
    f.train.tick = first_is_there, f.train.context = &seen;
    open_and_run(&f, false);
    end(&f);
    ck_assert(seen);
}
END_TEST

START_TEST(threads_do_not_change_a_number) {
    for (int task = 0; task < 3; task++) {
        struct fixture f;
        init(&f, tasks[task], "white", 4, 1, "one");
        open_and_run(&f, false);
        end(&f);
        init(&f, tasks[task], "white", 4, 2, "two");
        open_and_run(&f, false);
        end(&f);
        same_file("metrics.csv", "one", "two");
    }
}
END_TEST

START_TEST(seeds_change_the_numbers) {
    struct fixture f;
    gb_metric last[2];
    for (int seed = 0; seed < 2; seed++) {
        init(&f, &gb_env_pendulum, "white", 1, 1, "seed");
        f.train.config.seed = seed;
        open_and_run(&f, false);
        last[seed] = f.train.figures[1];
        end(&f);
    }
    ck_assert_str_eq(last[0].name, "return_mean");
    ck_assert_double_ne(last[0].value, last[1].value);
}
END_TEST

START_TEST(evaluations_do_not_disturb_training) {
    struct fixture with, without;
    init(&with, &gb_env_pendulum, "white", 1, 1, "with");
    with.train.config.eval_every = 300;
    with.train.config.log_every = 300;
    open_and_run(&with, false);
    init(&without, &gb_env_pendulum, "white", 1, 1, "without");
    without.train.config.log_every = 300;
    open_and_run(&without, false);
    ck_assert_int_eq(with.train.eval.episodes, 10);
    ck_assert_double_eq(with.train.figures[1].value, without.train.figures[1].value);
    ck_assert_double_eq(with.train.figures[with.train.n_figures - 3].value,
                        without.train.figures[without.train.n_figures - 3].value);
    end(&with);
    end(&without);
}
END_TEST

START_TEST(evaluation_counts_each_episode_once) {
    /* 22.3 steps a random episode, no matter how many instances play side by side: counting the
     * first to finish would make it shorter */
    gb_env env;
    gb_agent agent;
    gb_err err;
    gb_summary many, few;
    gb_setting setting = {.envs = 1, .threads = 1, .seed = 1};
    ck_assert_int_eq(gb_env_init(&env, &gb_env_cartpole, &err), GB_OK);
    ck_assert_int_eq(gb_env_open(&env, &err), GB_OK);
    ck_assert_int_eq(gb_agent_init(&agent, &gb_agent_random, &err), GB_OK);
    setting.spec = env.spec;
    ck_assert_int_eq(gb_agent_open(&agent, &setting, &err), GB_OK);
    ck_assert_int_eq(gb_evaluate(&agent, &env, 20000, 3, &many, &err), GB_OK);
    ck_assert_int_eq(many.episodes, 20000);
    ck_assert_double_eq_tol(many.return_mean, 22.3, 0.5);
    ck_assert_double_eq(many.return_mean, many.length_mean);
    ck_assert_double_eq(many.terminal_fraction, 1);
    ck_assert_int_eq(gb_evaluate(&agent, &env, 1, 3, &few, &err), GB_OK);
    ck_assert_int_eq(few.episodes, 1);
    ck_assert_double_eq(few.return_std, 0);
    gb_agent_free(&agent);
    gb_env_free(&env);
}
END_TEST

START_TEST(a_checkpoint_of_another_task_is_refused) {
    struct fixture f;
    gb_err err;
    init(&f, &gb_env_pendulum, "white", 1, 1, "run");
    open_and_run(&f, false);
    end(&f);
    init(&f, &gb_env_cartpole, "white", 1, 1, "run");
    ck_assert_int_eq(gb_train_open(&f.train, true, &err), GB_FAIL);
    ck_assert_ptr_nonnull(strstr(err.msg, "pendulum"));
    end(&f);
}
END_TEST

/* An environment whose reward is NaN at its 250th step. */
static void bad_spec(const void *config, gb_spec *out) {
    (void)config;
    *out =
        (gb_spec){.obs = {GB_BOX, 1, NULL, NULL, NULL}, .act = {GB_DISCRETE, 2, NULL, NULL, NULL}};
}
static void bad_reset(void *state, const void *config, gb_rng *rng) {
    (void)config, (void)rng;
    *(int *)state = 0;
}
static gb_step bad_step(void *state, const void *config, const float *action, gb_rng *rng) {
    (void)config, (void)action, (void)rng;
    return (gb_step){++*(int *)state == 250 ? NAN : 1, false};
}
static void bad_observe(const void *state, const void *config, float *obs) {
    (void)config;
    obs[0] = (float)*(const int *)state / 1000;
}
static const gb_env_type bad_type = {GB_ENV_HEADER,           .name = "bad",
                                     .help = "reward is NaN", .state_size = 8,
                                     .spec = bad_spec,        .reset = bad_reset,
                                     .step = bad_step,        .observe = bad_observe};

START_TEST(nan_stops_the_run_and_leaves_the_last_checkpoint) {
    struct fixture f;
    gb_err err;
    char path[256];
    init(&f, &bad_type, "white", 1, 1, "nan");
    ck_assert_int_eq(gb_train_open(&f.train, false, &err), GB_OK);
    ck_assert_int_eq(gb_train_run(&f.train, &err), GB_FAIL);
    ck_assert_msg(strstr(err.msg, "bad") && strstr(err.msg, "reward") && strstr(err.msg, "250"),
                  "%s", err.msg);
    end(&f);
    gb_archive *archive = gb_archive_open(gb_checkpoint_path(f.dir, path, sizeof path), &err);
    ck_assert_ptr_nonnull(archive);
    int64_t step;
    gb_archive_enter(archive, "train");
    gb_archive_i64(archive, "step", &step, 1);
    ck_assert_int_eq(step, 200);
    gb_archive_close(archive);
}
END_TEST

Suite *train_suite(void) {
    const TTest *const tests[] = {a_stopped_run_goes_on_to_the_same_numbers,
                                  what_is_frozen_stays_while_training_goes_on,
                                  a_checkpoint_written_meanwhile_is_that_of_its_step,
                                  save_every_is_obeyed_and_changes_no_number,
                                  without_save_every_there_is_a_first_checkpoint_soon,
                                  threads_do_not_change_a_number,
                                  seeds_change_the_numbers,
                                  evaluations_do_not_disturb_training,
                                  evaluation_counts_each_episode_once,
                                  a_checkpoint_of_another_task_is_refused,
                                  nan_stops_the_run_and_leaves_the_last_checkpoint,
                                  NULL};
    return test_suite("train", tests, 120);
}
