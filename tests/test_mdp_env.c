/* The environment made from an MDP: sound, the same as its MDP, and nothing left behind. */
#include "canvas.h"
#include "conform.h"
#include "mdp_env.h"
#include "mdp_things.h"
#include "opt.h"
#include "toy.h"

static int open_mdp(gb_env *env, const char *options, gb_err *err) {
    return open_with(env, &gb_env_mdp, options, err);
}

static const char *const settings[] = {
    "",
    "family=sparse states=200 actions=3",
    "family=dense states=64",
    "family=linear states=9 branching=2 seed=5",
    "states=1 actions=1 branching=1 max_steps=7",
};

static const char *small_path(void) {
    static char path[128];
    return gb_format(path, sizeof path, "%s/small.mdp", test_folder());
}

/* Writes the small MDP to its file and opens it. */
static void open_small(gb_env *env) {
    char options[200];
    gb_err err = {""};
    test_write(small_path(), small_mdp, strlen(small_mdp));
    gb_format(options, sizeof options, "file=%s", small_path());
    ck_assert_msg(open_mdp(env, options, &err) == GB_OK, "%s", err.msg);
}

static void assert_conforms(const gb_env *env) {
    for (const gb_check *check = gb_checks; check->name; check++) {
        gb_err why = {""};
        ck_assert_msg(check->run(env, 1, &why) != GB_FAILED, "%s: %s", check->name, why.msg);
    }
}

START_TEST(families_conform) {
    gb_env env;
    gb_err err = {""};
    ck_assert_msg(open_mdp(&env, settings[_i], &err) == GB_OK, "%s", err.msg);
    assert_conforms(&env);
    gb_env_free(&env);
}
END_TEST

START_TEST(file_conforms) {
    gb_env env;
    open_small(&env);
    assert_conforms(&env);
    ck_assert_double_eq(gb_mdp_env_mdp(&env)->gamma, 0.5);
    gb_env_free(&env);
}
END_TEST

START_TEST(an_mdp_survives_being_an_environment) {
    gb_env env;
    gb_mdp mdp;
    gb_err err = {""};
    ck_assert_int_eq(open_mdp(&env, settings[1], &err), GB_OK);
    ck_assert_int_eq(gb_mdp_from_env(&mdp, &env, 0.9, &err), GB_OK);
    same_mdp(&mdp, gb_mdp_env_mdp(&env));
    gb_mdp_free(&mdp);
    gb_env_free(&env);
    /* rows longer than a host must make room for */
    ck_assert_int_eq(open_mdp(&env, "family=dense states=150", &err), GB_OK);
    ck_assert_int_eq(gb_mdp_from_env(&mdp, &env, 0.9, &err), GB_OK);
    same_mdp(&mdp, gb_mdp_env_mdp(&env));
    gb_mdp_free(&mdp);
    gb_env_free(&env);
    open_toy(&env, (struct toy_config){.end = 3});
    ck_assert_ptr_null(gb_mdp_env_mdp(&env));
    gb_env_free(&env);
}
END_TEST

START_TEST(illegal_action_is_the_first_legal_one) {
    gb_env env;
    gb_outcome out[4];
    gb_err err = {""};
    char text[sizeof small_mdp + 40], options[200];
    /* in place of its last line, "end 2" */
    gb_format(text, sizeof text, "%.*sillegal 2 0\n2 1 0 1 4\n", (int)strlen(small_mdp) - 5,
              small_mdp);
    test_write(small_path(), text, strlen(text));
    gb_format(options, sizeof options, "file=%s", small_path());
    ck_assert_msg(open_mdp(&env, options, &err) == GB_OK, "%s", err.msg);
    ck_assert_int_eq(gb_env_mdp.model(env.config, 1, 1, out, 4), 1);
    ck_assert(out[0].next == 1 && out[0].reward == 0 && !out[0].terminal);
    ck_assert_int_eq(gb_mdp_env_mdp(&env)->legal[3], 0); /* planners are told */
    ck_assert_int_eq(gb_env_mdp.model(env.config, 2, 0, out, 4), 1);
    ck_assert(out[0].next == 0 && out[0].reward == 4 && !out[0].terminal);
    out[1].next = 77;
    ck_assert_int_eq(gb_env_mdp.model(env.config, 0, 0, out, 1), 3); /* of three, the first */
    ck_assert_int_eq(out[1].next, 77);
    gb_env_free(&env);
}
END_TEST

START_TEST(changed_file_is_refused) {
    gb_env env;
    gb_err err = {""};
    char checksum[64], wanted[300], saved[300];
    const gb_opt *row = gb_opts_find(gb_env_mdp.opts, "checksum");
    open_small(&env);
    gb_opt_format(row, env.config, checksum, sizeof checksum); /* as a run saves it */
    ck_assert_str_ne(checksum, "-1");
    ck_assert_int_eq(gb_env_open(&env, &err), GB_OK); /* again: the file is as it was */
    gb_env_free(&env);

    gb_format(saved, sizeof saved, "file=%s checksum=%s", small_path(), checksum);
    ck_assert_int_eq(open_mdp(&env, saved, &err), GB_OK);
    gb_env_free(&env);
    test_write(small_path(), small_mdp + 2, strlen(small_mdp) - 2);
    ck_assert_int_eq(open_mdp(&env, saved, &err), GB_USAGE);
    gb_format(wanted, sizeof wanted, "mdp: %s: has changed: its checksum is ", small_path());
    ck_assert_msg(!strncmp(err.msg, wanted, strlen(wanted)), "%s", err.msg);
    gb_env_free(&env);
}
END_TEST

START_TEST(faults_are_one_line) {
    gb_env env;
    gb_err err = {""};
    ck_assert_int_eq(open_mdp(&env, "states=3", &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "mdp: garnet: 4 successors of 3 states; give 1 to 3");
    gb_env_free(&env);
    ck_assert_int_eq(open_mdp(&env, "file=/none.mdp", &err), GB_USAGE);
    ck_assert_ptr_nonnull(strstr(err.msg, "mdp: /none.mdp: cannot be read: "));
    gb_env_free(&env);
    for (long n = 0; n < 100; n++) {
        ck_assert_int_eq(gb_env_init(&env, &gb_env_mdp, &err), GB_OK);
        gb_alloc_fail_after(n);
        int code = gb_env_open(&env, &err);
        gb_alloc_fail_after(-1);
        gb_env_free(&env);
        if (!code) break;
        ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
        ck_assert_int_lt(n, 90);
    }
}
END_TEST

START_TEST(any_size_is_drawn) {
    static const char *const sizes[] = {"4", "40", "41", "9000", "20000"};
    for (int i = 0; i < 5; i++) {
        gb_env env;
        gb_err err = {""};
        gb_null_canvas null;
        int state = 3; /* the state's one field */
        char options[64];
        gb_format(options, sizeof options, "family=sparse states=%s", sizes[i]);
        ck_assert_int_eq(open_mdp(&env, options, &err), GB_OK);
        ck_assert_uint_eq(gb_env_mdp.state_size, sizeof state);
        gb_null_canvas_init(&null);
        gb_env_mdp.draw(&state, env.config, &null.canvas);
        ck_assert(null.viewed && null.calls >= 1 && !null.faults);
        gb_env_free(&env);
    }
}
END_TEST

START_TEST(state_from_outside_ends) {
    gb_env env;
    gb_err err = {""};
    gb_vec vec;
    const float action = 0;
    ck_assert_int_eq(open_mdp(&env, settings[0], &err), GB_OK);
    make_vec(&vec, &env, 1, 1, 0);
    for (int s = -5; s < 100; s += 35) {
        gb_field_set(&gb_env_mdp.fields[0], gb_vec_state(&vec, 0), 0, s);
        ck_assert_int_eq(gb_vec_observe(&vec, 0), s >= 0 && s < 30);
        gb_env_mdp.step(gb_vec_state(&vec, 0), env.config, &action, &vec.rng[0]);
    }
    gb_vec_free(&vec);
    gb_env_free(&env);
}
END_TEST

Suite *mdp_env_suite(void);
Suite *mdp_env_suite(void) {
    const TTest *const tests[] = {
        file_conforms,
        an_mdp_survives_being_an_environment,
        illegal_action_is_the_first_legal_one,
        changed_file_is_refused,
        faults_are_one_line,
        any_size_is_drawn,
        state_from_outside_ends,
        NULL,
    };
    Suite *suite = test_suite("mdp_env", tests, 60);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, families_conform, 0, sizeof settings / sizeof *settings);
    suite_add_tcase(suite, loops);
    return suite;
}
