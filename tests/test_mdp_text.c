/* MDP files: round trips to the bit, and every malformed line with its number. */
#include "mdp_things.h"

#include <stdio.h>
#include <sys/stat.h>

#define HEAD  "mdp 1\nstates 2\nactions 2\ngamma 0.5\n" /* 4 lines */
#define STATE "0 0 0 1 0\n0 1 0 1 0\n"                  /* 2 lines: all of state 0 */
#define FIVE  "1 0 0 .1 1\n1 0 0 .1 1\n1 0 0 .1 1\n1 0 0 .1 1\n1 0 0 .1 1\n"

/* What makes MDP number `which`: one of each source. */
static void make(int which, gb_mdp *mdp) {
    gb_err err = {""};
    int code = GB_OK;
    if (which == 0) parse_small(mdp);
    if (which == 1) code = gb_mdp_garnet(mdp, 50, 3, 5, 0.1 + 0.2, 4, &err);
    if (which == 2) code = gb_mdp_random(mdp, 9, 2, 9, 1.0 / 3, 5, &err);
    if (which == 3) code = gb_mdp_linear(mdp, 20, 3, 4, 0.95, 6, NULL, &err);
    ck_assert_msg(code == GB_OK, "%s", err.msg);
}

START_TEST(round_trip_keeps_every_bit) {
    gb_mdp mdp, again, third;
    gb_err err = {""};
    char path[128];
    make(_i, &mdp);
    gb_format(path, sizeof path, "%s/a.mdp", test_folder());
    ck_assert_msg(gb_mdp_write(&mdp, path, &err) == GB_OK, "%s", err.msg);
    ck_assert_msg(gb_mdp_read(&again, path, &err) == GB_OK, "%s", err.msg);
    same_mdp(&mdp, &again);
    char *text = test_read(path, NULL);
    ck_assert_int_eq(gb_mdp_write(&again, path, &err), GB_OK);
    char *text_again = test_read(path, NULL);
    ck_assert_str_eq(text, text_again);
    ck_assert_int_eq(gb_mdp_parse(&third, text, strlen(text), "text", &err), GB_OK);
    same_mdp(&mdp, &third);
    free(text);
    free(text_again);
    gb_mdp_free(&mdp);
    gb_mdp_free(&again);
    gb_mdp_free(&third);
}
END_TEST

START_TEST(numbers_may_be_typed_with_few_digits) {
    static const char text[] =
        "mdp 1\nstates 3\nactions 1\ngamma .9\n"
        "0 0 1 0.5 7\n0 0 2 0.5 5\n" FIVE FIVE "2 0 0 0.3333333333 0.9\n2 0 1 .3333333333 0.9\n"
        "2 0 2 3.333333333e-1 0.9\n";
    gb_mdp mdp, again;
    gb_err err;
    char path[128];
    ck_assert_int_eq(gb_mdp_parse(&mdp, text, strlen(text), "text", &err), GB_OK);
    ck_assert_double_eq_tol(mdp.p[mdp.row[2]], 1.0 / 3, 1e-16);
    ck_assert_double_eq(mdp.r[1], 1); /* a common reward is the expected one, exactly */
    ck_assert_double_eq(mdp.start[2], 1.0 / 3);
    gb_format(path, sizeof path, "%s/b.mdp", test_folder());
    ck_assert_int_eq(gb_mdp_write(&mdp, path, &err), GB_OK);
    ck_assert_int_eq(gb_mdp_read(&again, path, &err), GB_OK);
    same_mdp(&mdp, &again); /* what was mended once stays */
    gb_mdp_free(&mdp);
    gb_mdp_free(&again);
}
END_TEST

static const struct {
    const char *text, *message; /* behind "f.mdp:" */
} malformed[] = {
    {"", "1: the file holds no MDP; begin it with 'mdp 1'"},
    {"# nothing\n\n", "2: the file holds no MDP; begin it with 'mdp 1'"},
    {"\nstates 2\n", "2: begins with 'states', not with 'mdp 1'; check that this is an MDP file"},
    {"\x7f"
     "ELF\x01\n",
     "1: begins with '?ELF?', not with 'mdp 1'; check that this is an MDP file"},
    {"mdp\n", "1: has too few fields; write 'mdp 1'"},
    {"mdp 2\n", "1: is of version 2; this program reads version 1"},
    {"mdp 1 2\n", "1: has too many fields; write 'mdp 1'"},
    {"mdp 1\nmdp 1\n", "2: 'mdp' was given in line 1; take one back"},
    {"mdp 1\nstates x\n", "2: the number of states is 'x'; give a whole number"},
    {"mdp 1\nstates 2.5\n", "2: the number of states is '2.5'; give a whole number"},
    {"mdp 1\nstates 0\n", "2: the number of states is 0; give a number of at least 1, below 2^31"},
    {"mdp 1\nstates 99999999999999999999\n",
     "2: the number of states is 99999999999999999999; give a number of at least 1, below 2^31"},
    {"mdp 1\nactions -1\n",
     "2: the number of actions is -1; give a number of at least 1, below 2^31"},
    {"mdp 1\nactions\n", "2: has too few fields; write 'actions N'"},
    {"mdp 1\nstates 1\nstates 1\n", "3: 'states' was given in line 2; take one back"},
    {"mdp 1\nactions 1\nactions 1\n", "3: 'actions' was given in line 2; take one back"},
    {"mdp 1\ngamma 1\n", "2: gamma is 1; give a discount of at least 0 and below 1"},
    {"mdp 1\ngamma -0.5\n", "2: gamma is -0.5; give a discount of at least 0 and below 1"},
    {"mdp 1\ngamma nan\n", "2: gamma is nan; give a finite number"},
    {"mdp 1\ngamma 0.9x\n", "2: gamma is '0.9x'; give a number"},
    {"mdp 1\ngamma .9\ngamma .9\n", "3: 'gamma' was given in line 2; take one back"},
    {"mdp 1\nactions 1\ngamma .9\n0 0 0 1\n", "4: 'states' is missing above this line; add it"},
    {"mdp 1\nstates 1\ngamma .9\n0 0 0 1\n", "4: 'actions' is missing above this line; add it"},
    {"mdp 1\nstates 1\nactions 1\nend 0\n", "4: 'gamma' is missing above this line; add it"},
    {"mdp 1\nstates 1\nactions 1\n", "3: 'gamma' is missing above this line; add it"},
    {HEAD "0 0 0 1 0\nstates 3\n", "6: 'states' was given in line 2; take one back"},
    {HEAD "start 0 x\n", "5: the probability is 'x'; give a number"},
    {HEAD "start 0\n", "5: has too few fields; write 'start STATE PROBABILITY'"},
    {HEAD "start 2 1\n", "5: start in state 2: there is no such state; use 0 to 1"},
    {HEAD "start 0 -1\n",
     "5: start in state 0: the probability is -1; give a number of at least 0"},
    {HEAD "start 0 .5\nstart 0 .5\n", "6: start in state 0: was given before; take one back"},
    {HEAD "start 0 .5\n" STATE "end 1\n# end\n",
     "5: initial probabilities sum to 0.5, not 1; mend them"},
    {HEAD "reward\n", "5: has too few fields; write 'reward X'"},
    {HEAD "reward inf\n", "5: the reward is inf; give a finite number"},
    {HEAD "walk 0 0\n", "5: 'walk' begins no line; use mdp, states, actions, gamma, start, reward, "
                        "end, illegal, or a state's number"},
    {HEAD "0 0 0\n",
     "5: has too few fields; write 'STATE ACTION SUCCESSOR PROBABILITY REWARD [terminal]'"},
    {HEAD "0 0 0 terminal\n",
     "5: has too few fields; write 'STATE ACTION SUCCESSOR PROBABILITY REWARD [terminal]'"},
    {HEAD "0 0 0 1 0 1 2 3 4 5\n",
     "5: has too many fields; write 'STATE ACTION SUCCESSOR PROBABILITY REWARD [terminal]'"},
    {HEAD "0 0 0 1 0 end\n",
     "5: has too many fields; write 'STATE ACTION SUCCESSOR PROBABILITY REWARD [terminal]'"},
    {HEAD "0 0 0 1 ends\n", "5: the reward is 'ends'; give a number"},
    {HEAD "0x 0 0 1 0\n", "5: the state is '0x'; give a whole number"},
    {HEAD "0 a 0 1 0\n", "5: the action is 'a'; give a whole number"},
    {HEAD "0 0 ? 1 0\n", "5: the successor is '?'; give a whole number"},
    {HEAD "0 0 0 1e 0\n", "5: the probability is '1e'; give a number"},
    {HEAD "0 0 0 1 1e999\n", "5: the reward is 1e999; give a finite number"},
    {HEAD "-1 0 0 1 0\n", "5: the state is -1; give a number of at least 0, below 2^31"},
    {HEAD "2 0 0 1 0\n", "5: state 2, action 0: there is no such state; use 0 to 1"},
    {HEAD "0 2 0 1 0\n", "5: state 0, action 2: there is no such action; use 0 to 1"},
    {HEAD "0 0 2 1 0\n", "5: state 0, action 0: leads to state 2; use 0 to 1"},
    {HEAD "0 0 0 -1 0\n",
     "5: state 0, action 0: the probability of state 0 is -1; give a number of "
     "at least 0"},
    /* sums are known when the next pair comes, and told where the row stands */
    {HEAD "0 0 0 .5 0\n0 0 1 .4 0\n\n0 1 0 1 0\n",
     "6: state 0, action 0: probabilities sum to 0.9, not 1; mend them"},
    {HEAD STATE "1 0 0 .5 0\n1 1 1 1 0\n",
     "7: state 1, action 0: probabilities sum to 0.5, not 1; mend them"},
    {HEAD STATE "1 0 0 1 0\n1 1 1 .5 0\n\n# end\n",
     "8: state 1, action 1: probabilities sum to 0.5, not 1; mend them"},
    {HEAD "0 0 0 1 0\n1 0 0 1 0\n", "6: state 0, action 1: no outcome has a probability above 0; "
                                    "give some, or say that the action is illegal"},
    {HEAD STATE, "6: state 1, action 0: no outcome has a probability above 0; give some, or say "
                 "that the action is illegal"},
    {HEAD, "4: state 0, action 0: no outcome has a probability above 0; give some, or say that the "
           "action is illegal"},
    {HEAD STATE "0 0 1 1 0\n", "7: state 0, action 0: comes after state 0, action 1; put pairs in "
                               "ascending order, the outcomes of each together"},
    {HEAD "illegal 0\n", "5: has too few fields; write 'illegal STATE ACTION'"},
    {HEAD "illegal 0 0\n0 0 0 1 0\n",
     "6: state 0, action 0: has outcomes and is illegal; take one back"},
    {HEAD "0 0 0 1 0\nillegal 0 0\n",
     "6: state 0, action 0: has outcomes and is illegal; take one back"},
    {HEAD "illegal 0 0\nillegal 0 1\nend 1\n", "6: state 0: all actions are illegal; allow one"},
    {HEAD "end\n", "5: has too few fields; write 'end STATE'"},
    {HEAD "end 2\n", "5: state 2, action 0: there is no such state; use 0 to 1"},
    {HEAD "end 0\nend 0\nend 1\n", "6: state 0, action 0: comes after state 0, action 1; put pairs "
                                   "in ascending order, the outcomes of each together"},
};

START_TEST(malformed_line_is_named) {
    gb_mdp mdp;
    gb_err err = {""};
    const char *text = malformed[_i].text;
    char wanted[400];
    gb_format(wanted, sizeof wanted, "f.mdp:%s", malformed[_i].message);
    ck_assert_int_eq(gb_mdp_parse(&mdp, text, strlen(text), "f.mdp", &err), GB_USAGE);
    ck_assert_str_eq(err.msg, wanted);
    ck_assert_ptr_null(mdp.row);
}
END_TEST

START_TEST(rubbish_is_refused) {
    /* bytes in the middle of a good file: whatever they are, an error or an MDP, but no crash */
    const size_t n = strlen(small_mdp);
    int refused = 0;
    for (size_t at = 0; at < n; at++)
        for (int byte = 0; byte < 256; byte += 5) {
            char text[sizeof small_mdp];
            gb_mdp mdp;
            gb_err err = {""};
            memcpy(text, small_mdp, sizeof text);
            text[at] = (char)byte;
            int code = gb_mdp_parse(&mdp, text, n, "f", &err);
            refused += code != GB_OK;
            if (code) ck_assert_msg(err.msg[0] && !strchr(err.msg, '\n'), "'%s'", err.msg);
            gb_mdp_free(&mdp);
        }
    ck_assert_int_gt(refused, 1000);
    for (size_t cut = 0; cut < n; cut++) {
        gb_mdp mdp;
        char text[sizeof small_mdp] = "";
        memcpy(text, small_mdp, cut);
        gb_mdp_parse(&mdp, text, cut, "f", NULL);
        gb_mdp_free(&mdp);
    }
}
END_TEST

START_TEST(endless_fields_are_cut_in_messages) {
    char text[2000] = "mdp 1\nstates ";
    gb_mdp mdp;
    gb_err err;
    memset(text + 13, '1', 1000);
    ck_assert_int_eq(gb_mdp_parse(&mdp, text, strlen(text), "f", &err), GB_USAGE);
    ck_assert_str_eq(err.msg, "f:2: the number of states is "
                              "'1111111111111111111111111111111111111111...'; give a whole number");
}
END_TEST

START_TEST(too_large_is_told_before_allocating) {
    static const char text[] = "mdp 1\nstates 2000000000\nactions 16000\ngamma 0\nend 0\n";
    gb_mdp mdp;
    gb_err err;
    ck_assert_int_eq(gb_mdp_parse(&mdp, text, strlen(text), "f.mdp", &err), GB_FAIL);
    const char *begin = "f.mdp: an MDP of 2000000000 states, 16000 actions and 16000 outcomes: "
                        "needs ";
    ck_assert_msg(!strncmp(err.msg, begin, strlen(begin)), "%s", err.msg);
}
END_TEST

START_TEST(files_that_cannot_be) {
    gb_mdp mdp;
    gb_err err;
    char path[128];
    gb_format(path, sizeof path, "%s/none.mdp", test_folder());
    ck_assert_int_eq(gb_mdp_read(&mdp, path, &err), GB_FAIL);
    ck_assert_ptr_nonnull(strstr(err.msg, "none.mdp: cannot be read: "));
    parse_small(&mdp);
    gb_format(path, sizeof path, "%s/none/x.mdp", test_folder());
    ck_assert_int_eq(gb_mdp_write(&mdp, path, &err), GB_FAIL);
    ck_assert_ptr_nonnull(strstr(err.msg, "cannot be written"));
    gb_alloc_fail_after(0);
    ck_assert_int_eq(gb_mdp_write(&mdp, path, &err), GB_FAIL);
    gb_alloc_fail_after(-1);
    ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
    gb_mdp_free(&mdp);
}
END_TEST

Suite *mdp_text_suite(void);
Suite *mdp_text_suite(void) {
    const TTest *const tests[] = {
        numbers_may_be_typed_with_few_digits,
        rubbish_is_refused,
        endless_fields_are_cut_in_messages,
        too_large_is_told_before_allocating,
        files_that_cannot_be,
        NULL,
    };
    Suite *suite = test_suite("mdp_text", tests, 60);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, round_trip_keeps_every_bit, 0, 4);
    tcase_add_loop_test(loops, malformed_line_is_named, 0, sizeof malformed / sizeof *malformed);
    suite_add_tcase(suite, loops);
    return suite;
}
