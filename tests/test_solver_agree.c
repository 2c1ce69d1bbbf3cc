/* Every solver that is built in, with every regulariser that its options offer, against exact
 * solutions: on all finite environments that are built in, with their options, and on random MDPs.
 * Solvers, environments and regularisers are found in their lists: one that is added is tested here
 * without a new line, with its default options.
 */
#include "exact.h"
#include "mdp_env.h"
#include "mdp_things.h"
#include "regularizer_things.h"
#include "robust_exact.h"
#include "solver_things.h"
#include "toy.h"

#include <float.h>

/* --- what solvers are run with ----------------------------------------------------------------*/

/* How a solver is run, and the regulariser whose optimum it must find. Solvers that take the option
 * regularizer are run with all that it allows. `widening` is b / (1 - b) where q is a table of
 * preferences that keep a share b of their gaps, -1 where those grow without end. */
static const struct setting {
    const char *solver, *options;
    const char *limit; /* NULL: what the option regularizer says, or entropy by the option tau */
    double widening;
    double beta, radius; /* of robust ones: the price of nature, or its ball */
    bool slow;           /* takes the inverse of the smallest gap between actions in iterations */
    bool weighted;       /* takes no regulariser without weight */
    int turns;           /* costly: one of so many regularisers at a time, at moderate discounts */
} settings[] = {
    {"modified_policy_iteration", "m 10"},
    {"modified_policy_iteration", "m 0"},
    {"md_mpi", "lambda 0.1 tau 0.05", "entropy tau 0.05"},
    {"md_mpi", "lambda 0.1 tau 0.05 m 5", "entropy tau 0.05"},
    {"md_mpi", "lambda 0.1 tau 0.05 m 0", "entropy tau 0.05"},
    {"md_mpi", "lambda 1e-4 tau 0", "none", .slow = true},
    {"md_mpi", "lambda 1e-4 tau 0 m 0 plain_evaluation 1", "none", .slow = true},
    {"da_mpi", "lambda 0.2 tau 0.1", "entropy tau 0.1"},
    {"da_mpi", "lambda 0.2 tau 0.1 m 0", "entropy tau 0.1"},
    {"da_mpi", "lambda 1e-4 tau 0", "none", .slow = true},
    {"da_mpi", "lambda 1e-4 tau 0 m 0 plain_evaluation 1", "none", .slow = true},
    {"cvi", "lambda 0.06 tau 0.04", "entropy tau 0.04", 1.5},
    {"munchausen_value_iteration", "alpha 0.8 temperature 0.25", "entropy tau 0.05", 4},
    {"dpp", "lambda 1e-4", "none", -1, .slow = true},
    {"dpp", "lambda 1e-4 value mean", "none", -1, .slow = true},
    {"advantage_learning", "alpha 0.7", "none", 0.7 / 0.3},
    {"mdvi", "lambda 0.2 tau 0.1", "entropy tau 0.1"},
    {"mdvi", "alpha 0.9 lambda 0 tau 1", "entropy tau 0.1"},
    {"mdvi", "alpha 0.9 lambda 0 tau 0", "none"},
    {"npg", "tau 0.1", "entropy tau 0.1"},
    {"npg", "tau 0.1 fraction 0.3", "entropy tau 0.1"},
    {"npg", "tau 0 eta 1e5", "none", .slow = true},
    {"pmd", "divergence kl step geometric eta 1e6"},
    {"pmd", "divergence euclidean step geometric eta 1e6"},
    {"pmd", "divergence regularizer step geometric eta 1e6", .weighted = true},
    {"pmd", "divergence kl step adaptive", .turns = 11},
    {"pmd", "divergence euclidean step adaptive", .turns = 11},
    {"pmd", "divergence regularizer step adaptive", .weighted = true, .turns = 11},
    {"pmd", "divergence euclidean step approximate", .turns = 11},
    {"pmd", "divergence kl step staged", .turns = 11},
    {"rda", "growth 3", .weighted = true},
    {"rda", "temperature fixed growth 10", "none"},
    {"linear_program", "", "none"},
    {"robust_value_iteration", "beta 0.3", "none", .beta = 0.3},
    {"robust_value_iteration", "beta 2 tau 0.1", "entropy tau 0.1", .beta = 2},
    {"robust_value_iteration", "risk kl_ball radius 0.05", "none", .radius = 0.05},
    {"robust_value_iteration", "risk kl_ball radius 0.3 tau 0.1", "entropy tau 0.1", .radius = 0.3},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* Whether "a|b|c" names a word. */
static bool is_choice(const char *choices, const char *word) {
    const size_t n = strlen(word);
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (!strncmp(at, word, n) && (at[n] == '|' || !at[n])) return true;
    return false;
}

/* Whether a solver takes a regulariser with its parameters ("name key value ..."). */
static bool takes(const gb_solver_type *type, const char *regularizer) {
    const gb_opt *row = gb_opts_find(type->opts, "regularizer");
    const char *words = regularizer;
    char name[64], word[64];
    int used;
    sscanf(words, "%63s%n", name, &used);
    if (!row || (row->choices && !is_choice(row->choices, name))) return false;
    for (words += used; sscanf(words, " %63s %*s%n", word, &used) == 1; words += used)
        if (!gb_opts_find(type->opts, word)) return false;
    return true;
}

/* --- problems with their exact solutions ------------------------------------------------------*/

struct solution {
    double *v, *q;
};

/* An MDP, and its optima for each regulariser, worked out when they are asked for. */
struct problem {
    const char *name;
    gb_mdp mdp;
    struct solution known[REGULARIZERS + 8];
    const char *limit[REGULARIZERS + 8];
    int n;
};

static const struct solution *solution(struct problem *p, const char *limit) {
    const gb_regularizer omega = made(limit);
    for (int i = 0; i < p->n; i++)
        if (!strcmp(p->limit[i], limit)) return &p->known[i];
    ck_assert_int_lt(p->n, REGULARIZERS + 8);
    struct solution *s = &p->known[p->n];
    s->v = calloc((size_t)p->mdp.states, sizeof *s->v);
    s->q = calloc(gb_mdp_pairs(&p->mdp), sizeof *s->q);
    exact_solve(&p->mdp, &omega, s->v, s->q, NULL);
    p->limit[p->n++] = limit;
    return s;
}

static void free_problem(struct problem *p) {
    for (int i = 0; i < p->n; i++) free(p->known[i].v), free(p->known[i].q);
    gb_mdp_free(&p->mdp);
    *p = (struct problem){0};
}

/* Returns the smallest gap of an action to a better one that is not a tie. */
static double smallest_gap(const struct problem *p, const struct solution *s) {
    double smallest = INFINITY;
    for (size_t i = 0; i < gb_mdp_pairs(&p->mdp); i++) {
        const double gap = s->v[i / (size_t)p->mdp.actions] - s->q[i];
        if (gap > 1e-11) smallest = fmin(smallest, gap);
    }
    return smallest;
}

/* --- one solver on one problem ----------------------------------------------------------------*/

/* How far values may be off: 1e-10, and where they are so large that rounding alone moves them by
 * more (river_swim pays 10,000), twice the residual at which every solver stops for that reason. */
static double allowed(const gb_mdp *mdp, const double *v) {
    double size = 0;
    for (int s = 0; s < mdp->states; s++) size = fmax(size, fabs(v[s]));
    return fmax(1e-10, 8 * DBL_EPSILON * size / (1 - mdp->gamma));
}

/* Where v and q must be. */
static void check_tables(const gb_solver *solver, const struct setting *setting, const double *v,
                         const double *q, const char *where) {
    const gb_mdp *mdp = solver->mdp;
    const double w = setting->widening, bound = allowed(mdp, v);
    const double off = distance(solver->v, v, (size_t)mdp->states);
    ck_assert_msg(off <= bound, "%s: v off by %g, %g allowed", where, off, bound);
    for (size_t i = 0; i < gb_mdp_pairs(mdp) && w >= 0; i++) {
        const double limit = q[i] + w * (q[i] - v[i / (size_t)mdp->actions]);
        const double gap = q[i] == solver->q[i] ? 0 : fabs(solver->q[i] - limit);
        ck_assert_msg(gap <= bound * (1 + w) * (1 + w), "%s: q off by %g", where, gap);
    }
}

/* Runs a solver and compares; false if it is left out, as gaps are too small for it. */
static bool compare(const gb_solver_type *type, const struct setting *setting,
                    const char *regularizer, const char *limit, struct problem *p) {
    const struct solution *exact = solution(p, limit);
    char where[300];
    gb_solver solver;
    gb_mdp settled;
    gb_format(where, sizeof where, "%s %s %s on %s", type->name, setting->options, regularizer,
              p->name);
    if (setting->slow && smallest_gap(p, exact) < 1e-5) return false;
    open_solver(&solver, type, &p->mdp, "tol 5e-11 %s %s %s", setting->options,
                *regularizer ? "regularizer" : "", regularizer);
    gb_err err = {{0}};
    int code;
    do code = gb_solver_iterate(&solver, &err);
    while (code == GB_CONTINUE);
    ck_assert_msg(code == GB_OK, "%s: %s", where, err.msg);
    for (int k = 0; k < 150 && setting->widening > 0; k++) iterate(&solver); /* q lags behind v */
    if (setting->beta > 0 || setting->radius > 0) {                          /* a saddle point */
        const gb_regularizer omega = made(limit);
        double *v = calloc((size_t)p->mdp.states, sizeof *v);
        double *q = calloc(gb_mdp_pairs(&p->mdp), sizeof *q);
        settle(&p->mdp, solver.v, setting->beta, setting->radius, &settled);
        exact_solve(&settled, &omega, v, q, NULL);
        check_tables(&solver, setting, v, q, where);
        gb_mdp_free(&settled);
        free(v), free(q);
    } else {
        check_tables(&solver, setting, exact->v, exact->q, where);
    }
    gb_solver_free(&solver);
    return true;
}

/* How often a setting was compared and left out, and turns through long lists. */
struct count {
    int done, left_out, turn, turns, costly;
};

/* Whether a costly setting is spared regulariser k of those it may take on this problem: on large
 * ones all but its first. */
static bool spared(const struct setting *setting, const struct problem *p, int k,
                   struct count *count) {
    if (setting->turns == 0) return false;
    if (p->mdp.gamma > 0.95) return true;
    if (gb_mdp_pairs(&p->mdp) > 300) return k != setting->weighted;
    return count->costly++ % setting->turns != 0;
}

static void compare_setting(const gb_solver_type *type, const struct setting *setting,
                            struct problem *p, struct count *count) {
    const bool regular = !setting->limit && gb_opts_find(type->opts, "regularizer");
    const char *plain = setting->limit                    ? setting->limit
                        : gb_opts_find(type->opts, "tau") ? "entropy tau 0.1"
                                                          : "none";
    for (int k = 0; k < (regular ? REGULARIZERS : 1); k++) {
        if (regular && !takes(type, regularizers[k])) continue;
        if (setting->weighted && !strcmp(regularizers[k], "none")) continue;
        if (count->turn++ % count->turns || spared(setting, p, k, count)) continue;
        const bool done = compare(type, setting, regular ? regularizers[k] : "",
                                  regular ? regularizers[k] : plain, p);
        *(done ? &count->done : &count->left_out) += 1;
    }
}

/* All solvers with all settings; or the next of them, if turns is more than 1. */
static void compare_all(struct problem *p, struct count *count) {
    static const struct setting bare = {.options = ""}, with_tau = {.options = "tau 0.1"};
    for (const gb_solver_type *const *type = gb_builtin_solvers; *type; type++) {
        const bool regular = gb_opts_find((*type)->opts, "regularizer");
        const bool tau = !regular && gb_opts_find((*type)->opts, "tau");
        int found = 0;
        for (int i = 0; i < SETTINGS; i++)
            if (!strcmp(settings[i].solver, (*type)->name)) {
                compare_setting(*type, &settings[i], p, count);
                found++;
            }
        if (!found) compare_setting(*type, tau ? &with_tau : &bare, p, count);
    }
}

/* --- environments -----------------------------------------------------------------------------*/

/* Options beyond the single ones that are tried anyway. */
static const struct {
    const char *name, *options;
} more[] = {
    {"frozen_lake", "map=8x8"},
    {"frozen_lake", "map=8x8 slippery=0"},
    {"taxi", "rainy=1 version=3"},
    {"deep_sea", "size=7 stochastic=1 mapping=3"},
    {"double_chain", "length=3 success=1 reward_left=-1"},
    {"gridworld", "map=S.^^#G/.#>>.#/..<<vT/H....S wind=000123 slip=0.5"},
    {"gridworld", "map=S slip=1"},
    {"maze4", "slip=0"},
    {"river_swim", "length=3 forward=0.35 back=0.05 first=0.6 last=0.6"},
    {"windy_grid", "moves=8 stochastic=1"},
    {"mdp", "states=1 actions=1 branching=1"},
    {"mdp", "states=1 actions=5 branching=1"},
};

/* Runs all solvers on an environment with options "name=value ...". */
static void compare_env(const gb_env_type *type, const char *options, struct count *count) {
    struct problem p = {0};
    char name[300];
    gb_env env;
    gb_err err = {{0}};
    ck_assert_msg(!open_with(&env, type, options, &err), "%s", err.msg);
    ck_assert_msg(!gb_mdp_from_env(&p.mdp, &env, 0.9, &err), "%s", err.msg);
    p.name = gb_format(name, sizeof name, "%s %s", type->name, options);
    compare_all(&p, count);
    free_problem(&p);
    gb_env_free(&env);
}

/* As it is, and with each switch and each choice of its options the other way. */
static void compare_variants(const gb_env_type *type, struct count *count) {
    char options[200];
    compare_env(type, "", count);
    for (const gb_opt *row = type->opts; row && row->name; row++) {
        if (row->kind == GB_KIND_BOOL)
            compare_env(type, gb_format(options, sizeof options, "%s=%d", row->name, row->def == 0),
                        count);
        for (const char *at = row->choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
            if (strncmp(at, row->text ? row->text : "", strcspn(at, "|")))
                compare_env(type,
                            gb_format(options, sizeof options, "%s=%.*s", row->name,
                                      (int)strcspn(at, "|"), at),
                            count);
    }
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (!strcmp(more[i].name, type->name)) compare_env(type, more[i].options, count);
}

static int number_of_envs(void) {
    int n = 0;
    while (gb_builtin_envs[n]) n++;
    return n;
}

/* Number _i of the list. */
START_TEST(on_all_environments) {
    const gb_env_type *type = gb_builtin_envs[_i];
    struct count count = {.turns = 1, .costly = _i};
    if (!type->model) return;
    compare_variants(type, &count);
    ck_assert_int_ge(count.done, 100);
    ck_assert_msg(count.left_out <= count.done / 20, "%s: %d left out of %d", type->name,
                  count.left_out, count.done);
}
END_TEST

/* --- random MDPs ------------------------------------------------------------------------------*/

START_TEST(on_random_mdps) {
    struct count count = {.turns = 61};
    for (int number = 0; number < TEST_CASES(200); number++) {
        struct problem p = {0};
        char name[32];
        random_mdp(&p.mdp, number, 50, 0.99);
        p.name = gb_format(name, sizeof name, "MDP %d", number);
        compare_all(&p, &count);
        free_problem(&p);
    }
    ck_assert_int_ge(count.done, TEST_CASES(300));
    ck_assert_int_le(count.left_out, count.done / 50);
}
END_TEST

Suite *solver_agree_suite(void);
Suite *solver_agree_suite(void) {
    const TTest *const tests[] = {on_random_mdps, NULL};
    Suite *suite = test_suite("solver_agree", tests, 600);
    TCase *each = tcase_create("environments");
    tcase_set_timeout(each, 600);
    tcase_add_loop_test(each, on_all_environments, 0, number_of_envs());
    suite_add_tcase(suite, each);
    return suite;
}
