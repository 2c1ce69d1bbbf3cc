/* gibbs study: verdicts, files, threads, refusals, help. */
#include "study_things.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* --- verdicts, files, threads -----------------------------------------------------------------*/

START_TEST(a_claim_that_fails_is_exit_code_1) {
    const test_run *run = study(1, "f", "equivalence --mdps 1 --accept 0 --iterations 20");
    ck_assert_ptr_nonnull(strstr(run->err, "4 of 4 claims failed"));
    ck_assert_ptr_nonnull(strstr(run->out, "FAILS     cvi is md_mpi"));
    char *json = read_file("f", "study.json", NULL), *csv = read_file("f", "equivalence.csv", NULL);
    cJSON *root = cJSON_Parse(json);
    ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(root, "holds")));
    cJSON_Delete(root);
    free(json), free(csv);
    run = study(1, "g",
                "averaging --mdps 2 --lambda 0,1 --beta 0 --accept 0 --points 1 --picture none");
    ck_assert_ptr_nonnull(strstr(run->out, "FAILS     KL averages"));
    ck_assert_ptr_nonnull(strstr(run->out, "untested  the plateau"));
}
END_TEST

START_TEST(json_and_files) {
    const test_run *run = study(0, "j", "maze --runs 2 --json --lambda 1 --tau 0 --slip 0.2");
    cJSON *json = cJSON_Parse(run->out);
    ck_assert_ptr_nonnull(json);
    ck_assert_str_eq(cJSON_GetObjectItem(json, "study")->valuestring, "maze");
    ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(json, "holds")));
    const cJSON *options = cJSON_GetObjectItem(json, "options");
    ck_assert_double_eq(cJSON_GetObjectItem(options, "slip")->valuedouble, 0.2);
    ck_assert_double_eq(cJSON_GetObjectItem(options, "seed")->valuedouble, 1);
    ck_assert_str_eq(cJSON_GetObjectItem(options, "tau")->valuestring, "0");
    const cJSON *verdict = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "verdicts"), 0);
    ck_assert_str_eq(cJSON_GetObjectItem(verdict, "verdict")->valuestring, "holds");
    char *csv = test_read(cJSON_GetObjectItem(json, "csv")->valuestring, NULL);
    free(csv);
#ifdef GB_CAIRO
    size_t n;
    char *png = read_file("j", "maze.png", &n);
    ck_assert(n > 5000 && !memcmp(png, "\x89PNG", 4));
    free(png);
#endif
    cJSON_Delete(json);
    /* a folder that holds something is left alone; without --out each study gets one of its own */
    ck_assert_ptr_nonnull(strstr(study(1, "j", "maze --runs 1")->err, "not empty"));
    char *here = realpath(GB_BUILD, NULL), path[256];
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(test_shell("cd %s && %s/gibbs study equivalence --mdps 1 --iterations 5 "
                                    "--picture none",
                                    test_folder(), here)
                             ->code,
                         0);
    free(here);
    free(test_read(gb_format(path, sizeof path, "%s/studies/equivalence-2/equivalence.csv",
                             test_folder()),
                   NULL));
}
END_TEST

START_TEST(threads_do_not_change_a_bit) {
#ifdef GB_CAIRO
    static const char *const kind = "svg";
#else
    static const char *const kind = "none";
#endif
    static const char *const studies[][2] = {
        {"averaging", "--mdps 5 --iterations 40 --lambda 0,1 --beta 0.5,0.9"},
        {"maze", "--runs 5 --iterations 30"},
        {"npg", "--mdps 5 --iterations 10"},
        {"equivalence", "--mdps 5 --iterations 20"}};
    for (int s = 0; s < 4; s++) {
        char *csv[3], *svg[3], arguments[256], folder[64], file[64];
        for (int threads = 1; threads <= 2; threads++) {
            gb_format(folder, sizeof folder, "%s%d", studies[s][0], threads);
            gb_format(arguments, sizeof arguments, "%s %s --threads %d --picture %s", studies[s][0],
                      studies[s][1], threads, kind);
            study(0, folder, arguments);
            csv[threads] =
                read_file(folder, gb_format(file, sizeof file, "%s.csv", studies[s][0]), NULL);
            gb_format(file, sizeof file, "%s.%s", studies[s][0], *kind == 's' ? "svg" : "csv");
            svg[threads] = read_file(folder, file, NULL);
        }
        ck_assert_str_eq(csv[1], csv[2]);
        ck_assert_str_eq(svg[1], svg[2]);
        for (int threads = 1; threads <= 2; threads++) free(csv[threads]), free(svg[threads]);
    }
}
END_TEST

/* Fewer iterations than any table or claim wants. */
START_TEST(one_iteration_and_one_mdp) {
    study(0, "a", "averaging --mdps 1 --iterations 1 --picture none");
    study(0, "b", "maze --runs 1 --iterations 1 --picture none");
    study(0, "c", "maze --runs 1 --iterations 15 --picture none");
    study(0, "d", "npg --mdps 1 --iterations 1 --picture none");
    study(0, "e", "equivalence --mdps 1 --iterations 1 --states 1 --branching 1 --picture none");
    study(0, "f", "npg --mdps 1 --states 1 --branching 1 --actions 1 --picture none");
}
END_TEST

START_TEST(other_seeds_give_other_numbers) {
    study(0, "s1", "equivalence --mdps 1 --iterations 20 --picture none --seed 1");
    study(0, "s2", "equivalence --mdps 1 --iterations 20 --picture none --seed 2");
    char *one = read_file("s1", "equivalence.csv", NULL);
    char *two = read_file("s2", "equivalence.csv", NULL);
    ck_assert_str_ne(one, two);
    free(one), free(two);
}
END_TEST

/* --- refusals ---------------------------------------------------------------------------------*/

START_TEST(refusals) {
    static const char *const cases[][2] = {
        {"which study?", ""},
        {"did you mean averaging", "averagin"},
        {"one study at a time", "maze npg"},
        {"did you mean lambda", "averaging --lamda 1"},
        {"did you mean threads", "maze --thread 2"},
        {"--lambda: -1 is outside", "averaging --lambda 0,-1"},
        {"--lambda: the list is empty", "averaging --lambda="},
        {"--lambda: '' is not", "averaging --lambda 1,,2"},
        {"--lambda: '' is not", "averaging --lambda 1,"},
        {"--lambda: 'x' is not", "maze --lambda x --tau 1"},
        {"more than 24 numbers",
         "averaging --beta 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"},
        {"--beta: 1 is outside", "averaging --beta 0.5,1"},
        {"--gamma: 1 is outside", "averaging --gamma 1"},
        {"--gamma: 1 is outside", "npg --gamma 1"},
        {"--tau: 0 is outside", "npg --tau 0"},
        {"--fraction: 1.5 is outside", "npg --fraction 1.5"},
        {"--fraction: 0 is outside", "npg --fraction 0"},
        {"--lambda and --tau: 2 and 4 numbers", "maze --lambda 1,1"},
        {"--lambda and --tau: 1 and 3 numbers", "equivalence --lambda 1"},
        {"--lambda: 0 is outside", "equivalence --lambda 0 --tau 1"},
        {"--early: 30 is not below --late 20", "maze --early 30"},
        {"--m: 1.5 is no whole number", "equivalence --m 1,1.5"},
        {"--branching: 9 successors of 5 states", "averaging --states 5 --branching 9"},
        {"--branching: 20 successors of 5 states", "npg --states 5"},
        {"--mdps: 0 is outside", "averaging --mdps 0"},
        {"--solver", "averaging --solver cvi"},
        {"--threads: 0 is outside", "maze --threads 0"},
        {"--picture: 'gif' is not one of", "maze --picture gif"},
        {"--width: 20 is outside", "maze --width 20"},
        {"--out: its value is empty", "maze --out="},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const test_run *run = test_shell("gibbs study %s", cases[i][1]);
        ck_assert_msg(run->code == 2, "%s: exit code %d: %s", cases[i][1], run->code, run->err);
        test_one_line(run->err);
        ck_assert_msg(strstr(run->err, cases[i][0]), "%s: '%s' is not in: %s", cases[i][1],
                      cases[i][0], run->err);
        ck_assert_msg(!run->out[0], "%s: prints %s", cases[i][1], run->out);
    }
    const test_run *run = test_shell("gibbs study maze --runs 1 --out /proc/nowhere/study");
    ck_assert_int_eq(run->code, 1);
    test_one_line(run->err);
    run = test_shell("gibbs study npg --states 5 --out %s/left; [ ! -e %s/left ]", test_folder(),
                     test_folder());
    ck_assert_msg(!run->code, "a study that could not begin leaves a folder");
}
END_TEST

START_TEST(help_and_list) {
    const test_run *run = test_shell("gibbs list studies");
    static const char *const names[] = {"averaging", "equivalence", "maze", "npg"};
    for (int i = 0; i < 4; i++) ck_assert_ptr_nonnull(strstr(run->out, names[i]));
    run = test_shell("gibbs help study averaging npg");
    ck_assert_int_eq(run->code, 0);
    static const char *const said[] = {"gibbs study NAME", "study averaging - ",  "--branching",
                                       "--beta",           "0,0.5,0.9,0.95,0.99", "--picture",
                                       "npg - natural",    "study npg - "};
    for (int i = 0; i < 8; i++)
        ck_assert_msg(strstr(run->out, said[i]) != NULL, "%s is not there", said[i]);
}
END_TEST

Suite *study_suite(void) {
    const TTest *const tests[] = {a_claim_that_fails_is_exit_code_1,
                                  json_and_files,
                                  threads_do_not_change_a_bit,
                                  one_iteration_and_one_mdp,
                                  other_seeds_give_other_numbers,
                                  refusals,
                                  help_and_list,
                                  NULL};
    return test_suite("study", tests, 120);
}
