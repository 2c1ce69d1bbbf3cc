/* gibbs study: its figures against independent computations and published ones. */
#include "exact.h"
#include "rng.h"
#include "study_things.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 200, STATES = 40, FIELDS = 12 };

/* --- reading, and values ----------------------------------------------------------------------*/

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

Suite *study_figures_suite(void) {
    const TTest *const tests[] = {
        averaging_without_errors_is_exact,   averaging_of_samples,          maze_as_published,
        npg_bounds_are_those_of_the_theorem, equivalence_holds_to_rounding, NULL};
    return test_suite("study_figures", tests, 120);
}
