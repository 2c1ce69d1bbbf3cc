/* gibbs study: figures against independent computations and published ones, files, threads,
 * refusals. */
#include "exact.h"
#include "rng.h"
#include "support.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 200, STATES = 40, FIELDS = 12 };

/* --- running and reading ----------------------------------------------------------------------*/

/* Runs a study into a folder of that name in the test's own; asserts its exit code. */
static const test_run *study(int code, const char *folder, const char *arguments) {
    const test_run *run =
        test_shell("gibbs study %s --out %s/%s", arguments, test_folder(), folder);
    ck_assert_msg(run->code == code, "%s: exit code %d: %s", arguments, run->code, run->err);
    if (code) test_one_line(run->err);
    return run;
}

static char *read_file(const char *folder, const char *name, size_t *n) {
    char path[400];
    return test_read(gb_format(path, sizeof path, "%s/%s/%s", test_folder(), folder, name), n);
}

/* Asserts that the csv of a study starts with these names, and calls visit with the fields of every
 * row: texts as they are, and as numbers where they are ones. Returns how many rows there are. */
static int each_row(const char *folder, const char *name, const char *head,
                    void (*visit)(char **text, const double *number, void *context),
                    void *context) {
    char file[80], *text[FIELDS], *rest;
    double number[FIELDS];
    int rows = 0;
    char *csv = read_file(folder, gb_format(file, sizeof file, "%s.csv", name), NULL);
    char *line = strtok_r(csv, "\n", &rest);
    ck_assert_str_eq(line, head);
    for (; (line = strtok_r(NULL, "\n", &rest)); rows++) {
        char *inside = NULL;
        int n = 0;
        for (char *field = strtok_r(line, ",", &inside); field && n < FIELDS;
             field = strtok_r(NULL, ",", &inside)) {
            text[n] = field;
            number[n++] = strtod(field, NULL);
        }
        visit(text, number, context);
    }
    free(csv);
    return rows;
}

/* The seed of MDP number i, as cli/study.h has it. */
static uint64_t seed_of(int seed, int i) {
    gb_rng rng = gb_rng_stream((uint64_t)seed, GB_STREAM_ENV + (uint64_t)i);
    const uint64_t high = gb_rng_u32(&rng) >> 12;
    return high << 32 | gb_rng_u32(&rng);
}

static gb_regularizer entropy_of(double tau) {
    return (gb_regularizer){gb_regularizer_find(tau > 0 ? "entropy" : "none", NULL), tau, 0, 0};
}

/* q of a policy that is paid tau times its entropy. */
static void policy_values(const gb_mdp *mdp, const long double *policy, double tau,
                          long double *q) {
    long double bonus[STATES] = {0}, v[STATES];
    for (size_t i = 0; i < gb_mdp_pairs(mdp); i++)
        if (policy[i] > 0)
            bonus[i / (size_t)mdp->actions] -= (long double)tau * policy[i] * logl(policy[i]);
    exact_evaluate(mdp, policy, bonus, v);
    exact_backup(mdp, v, q);
}

/* --- averaging --------------------------------------------------------------------------------*/

#define AVERAGING "panel,lambda,tau,beta,iteration,mean,std,min,max"

/* Returns |q* - q_pi| / |q*| after k iterations of exact mirror-descent value iteration from its
 * definition, in long double. */
static double mirror_descent_loss(const gb_mdp *mdp, double lambda, double tau, int k) {
    const size_t pairs = gb_mdp_pairs(mdp), actions = (size_t)mdp->actions;
    long double q[PAIRS] = {0}, log_policy[PAIRS], policy[PAIRS] = {0}, v[STATES], x[EXACT_ACTIONS];
    double best[PAIRS], lost = 0, size = 0;
    const long double heat = (long double)lambda + tau;
    for (size_t i = 0; i < pairs; i++) log_policy[i] = -logl((long double)actions);
    for (int step = 0; step <= k; step++) /* one more greedy step than backups */
        for (size_t s = 0, i = 0; i < pairs; s++, i += actions) {
            long double z = 0, most = -INFINITY;
            for (size_t a = 0; a < actions; a++) {
                x[a] = heat > 0 ? ((long double)lambda * log_policy[i + a] + q[i + a]) / heat
                                : q[i + a] * 1e15L;
                most = fmaxl(most, x[a]);
            }
            for (size_t a = 0; a < actions; a++) z += expl(x[a] - most);
            for (size_t a = 0; a < actions; a++) log_policy[i + a] = x[a] - most - logl(z);
            v[s] = heat > 0 ? heat * (most + logl(z)) : most / 1e15L;
            if (i + actions == pairs && step < k) exact_backup(mdp, v, q);
        }
    for (size_t i = 0; i < pairs; i++) policy[i] = expl(log_policy[i]);
    policy_values(mdp, policy, tau, q);
    const gb_regularizer omega = entropy_of(tau);
    exact_solve(mdp, &omega, NULL, best, NULL);
    for (size_t i = 0; i < pairs; i++) lost += fabs(best[i] - (double)q[i]), size += fabs(best[i]);
    return lost / size;
}

static void check_loss(char **text, const double *number, void *context) {
    const double loss = mirror_descent_loss(context, number[1], number[2], (int)number[4]);
    ck_assert_msg(fabs(number[5] - loss) <= 1e-8 * fmax(loss, 1e-3),
                  "%s, lambda %g, tau %g, k %g: %.12g, not %.12g", text[0], number[1], number[2],
                  number[4], number[5], loss);
}

START_TEST(averaging_without_errors_is_exact) {
    gb_mdp mdp;
    gb_err err;
    study(0, "a",
          "averaging --mdps 1 --samples 0 --iterations 60 --points 8 --seed 5 "
          "--lambda 0,0.3,5 --tau 0.05 --beta 0,0.5,0.9 --picture none --states 12 --branching 3");
    ck_assert(!gb_mdp_garnet(&mdp, 12, 4, 3, 0.9, seed_of(5, 0), &err));
    ck_assert_int_ge(each_row("a", "averaging", AVERAGING, check_loss, &mdp), 6 * 8);
    gb_mdp_free(&mdp);
}
END_TEST

/* Losses at the last iteration, by lambda of the first panel and beta of the second. */
struct ends {
    double plain, kl, low_beta, high_beta, high;
};

static void take_end(char **text, const double *number, void *context) {
    struct ends *ends = context;
    ck_assert(number[7] <= number[5] && number[5] <= number[8]);
    if (number[4] != 800) return;
    const bool entropy = !strcmp(text[0], "kl_entropy");
    if (!entropy && number[1] == 0) ends->plain = number[5];
    if (!entropy && number[1] == 1) ends->kl = number[5];
    if (entropy && number[3] == 0.5) ends->low_beta = number[5];
    if (entropy && number[3] == 0.99) ends->high_beta = number[5];
}

/* Ten Garnets; the reference figures are 0.44, 0.0046, 0.31 and 0.015 over forty. */
START_TEST(averaging_of_samples) {
    static const char *const forms[] = {"md_mpi", "da_mpi"};
    for (int form = 0; form < 2; form++) {
        char arguments[256];
        struct ends ends = {0};
        const test_run *run =
            study(0, forms[form],
                  gb_format(arguments, sizeof arguments,
                            "averaging --mdps 10 --points 10 --lambda 0,1 --beta 0.5,0.99 "
                            "--picture none --solver %s",
                            forms[form]));
        ck_assert_ptr_null(strstr(run->out, "FAILS"));
        ck_assert_ptr_null(strstr(run->out, "untested"));
        each_row(forms[form], "averaging", AVERAGING, take_end, &ends);
        ck_assert(ends.plain > 0.3 && ends.plain < 0.6);
        ck_assert(ends.kl > 0 && ends.kl < 0.012);
        ck_assert(ends.low_beta > 0.2 && ends.low_beta < 0.4);
        ck_assert(ends.high_beta > 0.004 && ends.high_beta < 0.04);
    }
}
END_TEST

/* --- maze -------------------------------------------------------------------------------------*/

#define MAZE "lambda,tau,iteration,mean,std,min,max,noise_free"

static void take_return(char **text, const double *number, void *context) {
    double(*sum)[2] = context; /* (method, window) */
    (void)text;
    const int method = number[0] > 0 ? (number[1] > 0 ? 3 : 1) : number[1] > 0 ? 2 : 0;
    /* returns of the noise-free limits, from an independent program */
    ck_assert_double_eq_tol(number[7], number[1] > 0 ? 11.6093 : 18.1127, 5e-5);
    if (number[2] > 20)
        sum[method][1] += number[3] / 80;
    else if (number[2] > 10)
        sum[method][0] += number[3] / 10;
}

START_TEST(maze_as_published) {
    double sum[4][2] = {{0}};
    study(0, "m", "maze --picture none");
    ck_assert_int_eq(each_row("m", "maze", MAZE, take_return, sum), 400);
    /* of 20 other seeds: 6.0, 17.2, 6.0, 6.3, then 7.1, 18.11, 9.8, 11.0 */
    ck_assert_double_eq_tol(sum[0][0], 6.0, 2);
    ck_assert_double_eq_tol(sum[1][0], 17.2, 0.5);
    ck_assert_double_eq_tol(sum[2][0], 6.0, 1);
    ck_assert_double_eq_tol(sum[3][0], 6.3, 1);
    ck_assert_double_eq_tol(sum[0][1], 7.1, 1);
    ck_assert_double_eq_tol(sum[1][1], 18.11, 0.005);
    ck_assert_double_eq_tol(sum[2][1], 9.8, 0.4);
    ck_assert_double_eq_tol(sum[3][1], 11.0, 0.4);
}
END_TEST

/* --- natural policy gradient ------------------------------------------------------------------*/

#define NPG                                                                                        \
    "method,fraction,iteration,q_distance,q_bound,policy_distance,policy_bound,largest_q_share,"   \
    "largest_policy_share"

/* What the theorem starts from, computed here. */
struct starts {
    double q, log_policy; /* distances of the uniform policy */
    double zero;          /* largest |q*|: the distance of q = 0 */
};

static void check_bounds(char **text, const double *number, void *context) {
    const struct starts *starts = context;
    const double f = number[1], t = number[2], gamma = 0.9, tau = 0.1;
    const bool npg = !strcmp(text[0], "npg");
    const double factor = npg ? 1 - f * (1 - gamma) : gamma;
    const double c = npg ? starts->q + 2 * tau * (1 - f) * starts->log_policy : starts->zero;
    if (t == 0) {
        ck_assert_double_eq_tol(number[3], npg ? starts->q : starts->zero, 1e-7);
        ck_assert_double_eq_tol(number[5], starts->log_policy, 1e-7);
        return;
    }
    ck_assert_double_eq_tol(number[4], c * gamma * pow(factor, t - 1), 1e-6);
    ck_assert_double_eq_tol(number[6], 2 * c / tau * pow(factor, npg ? t - 1 : t), 1e-4);
    ck_assert_double_le(number[3], number[4]);
    ck_assert_double_le(number[5], number[6]);
    ck_assert_double_le(number[7], 1);
    ck_assert_double_le(number[8], 1);
    if (npg && f == 1 && t >= 5) ck_assert_double_lt(number[3], 1e-12);
    if (npg && f == 0.1 && t == 40) ck_assert(number[3] > 1e-7 && number[3] < 1e-3);
}

START_TEST(npg_bounds_are_those_of_the_theorem) {
    gb_mdp mdp;
    gb_err err;
    struct starts starts = {0};
    double best[PAIRS], policy[PAIRS];
    long double uniform[PAIRS], q[PAIRS];
    const gb_regularizer omega = entropy_of(0.1);
    study(0, "n", "npg --mdps 1 --fraction 0.1,1 --picture none --seed 3");
    ck_assert(!gb_mdp_random(&mdp, 20, 5, 20, 0.9, seed_of(3, 0), &err));
    exact_solve(&mdp, &omega, NULL, best, policy);
    for (int i = 0; i < 100; i++) uniform[i] = 0.2L;
    policy_values(&mdp, uniform, 0.1, q);
    for (int i = 0; i < 100; i++) {
        starts.q = fmax(starts.q, fabs(best[i] - (double)q[i]));
        starts.log_policy = fmax(starts.log_policy, fabs(log(policy[i]) - log(0.2)));
        starts.zero = fmax(starts.zero, fabs(best[i]));
    }
    ck_assert_int_eq(each_row("n", "npg", NPG, check_bounds, &starts), 3 * 61);
    gb_mdp_free(&mdp);
}
END_TEST

/* --- equivalence ------------------------------------------------------------------------------*/

static void check_difference(char **text, const double *number, void *context) {
    double *most = context;
    ck_assert_msg(number[6] <= 1e-10 && number[7] <= 1e-10, "%s: %g and %g", text[0], number[6],
                  number[7]);
    *most = fmax(*most, number[6]);
}

START_TEST(equivalence_holds_to_rounding) {
    double most = 0;
    study(0, "e", "equivalence --mdps 3 --m 1,3,0 --picture none");
    /* three pairs of weights, two kinds of errors, five recursions */
    ck_assert_int_eq(each_row("e", "equivalence",
                              "solver,m,lambda,tau,errors,iteration,policy_difference,"
                              "q_difference",
                              check_difference, &most),
                     3 * 2 * 5 * 60);
    ck_assert_double_gt(most, 0); /* they are not one program */
}
END_TEST

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
    const TTest *const tests[] = {averaging_without_errors_is_exact,
                                  averaging_of_samples,
                                  maze_as_published,
                                  npg_bounds_are_those_of_the_theorem,
                                  equivalence_holds_to_rounding,
                                  a_claim_that_fails_is_exit_code_1,
                                  json_and_files,
                                  threads_do_not_change_a_bit,
                                  one_iteration_and_one_mdp,
                                  other_seeds_give_other_numbers,
                                  refusals,
                                  help_and_list,
                                  NULL};
    return test_suite("study", tests, 120);
}
