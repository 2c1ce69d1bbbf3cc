/* study_tools.c - what studies share: lists, threads, solvers, policies. */
#include "bellman.h"
#include "pool.h"
#include "rng.h"
#include "study.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* --- lists of numbers -------------------------------------------------------------------------*/

int study_list(const gb_opt *row, const void *config, struct list *list, gb_err *err) {
    struct number {
        double value;
    } number;
    const gb_opt one = {row->name, GB_F64(struct number, value), row->min, row->min, row->max, ""};
    const char *text = (const char *)config + row->offset;
    char shown[80], item[32];
    gb_format(shown, sizeof shown, "--%s", row->name);
    *list = (struct list){0};
    if (!*text)
        return gb_fail(err, GB_USAGE, "%s: the list is empty; give numbers such as 0,0.1,1", shown);
    for (;; text++) {
        const size_t length = strcspn(text, ",");
        if (list->n == LIST_MAX)
            return gb_fail(err, GB_USAGE, "%s: more than %d numbers; leave some out", shown,
                           (int)LIST_MAX);
        gb_format(item, sizeof item, "%.*s", (int)length, text);
        int code = gb_opt_set(&one, &number, item, shown, err);
        if (code) return code;
        list->x[list->n++] = number.value;
        text += length;
        if (!*text) return GB_OK;
    }
}

struct list study_list_of(const gb_opt *opts, const char *name, const void *config) {
    struct list list;
    int code = study_list(gb_opts_find(opts, name), config, &list, NULL);
    GB_ASSERT(code == GB_OK);
    return list;
}

/* --- options together -------------------------------------------------------------------------*/

int study_check_branching(int branching, int states, gb_err *err) {
    if (branching <= states) return GB_OK;
    return gb_fail(err, GB_USAGE, "--branching: %d successors of %d states; give 1 to %d",
                   branching, states, states);
}

int study_check_weights(const gb_opt *opts, const void *config, gb_err *err) {
    const struct list lambda = study_list_of(opts, "lambda", config);
    const struct list tau = study_list_of(opts, "tau", config);
    if (lambda.n == tau.n) return GB_OK;
    return gb_fail(err, GB_USAGE,
                   "--lambda and --tau: %d and %d numbers; give one of each for every method",
                   lambda.n, tau.n);
}

/* --- work on many MDPs or seeds ---------------------------------------------------------------*/

struct share {
    int n;
    int (*task)(void *context, int i, gb_err *err);
    void *context;
    atomic_int next; /* the next that nobody has taken */
    pthread_mutex_t lock;
    int first, failure; /* the first that failed */
    gb_err *err;
};

/* Long and short tasks mix: each part takes the next one when it is done with one. */
static void share_part(void *context, int part, int parts) {
    struct share *s = context;
    (void)part, (void)parts;
    for (int i; (i = atomic_fetch_add(&s->next, 1)) < s->n;) {
        gb_err own = {{0}};
        const int code = s->task(s->context, i, &own);
        if (!code) continue;
        pthread_mutex_lock(&s->lock);
        if (i < s->first) {
            s->first = i, s->failure = code;
            if (s->err) *s->err = own;
        }
        pthread_mutex_unlock(&s->lock);
    }
}

int study_each(int n, int threads, int (*task)(void *context, int i, gb_err *err), void *context,
               gb_err *err) {
    struct share share = {.n = n,
                          .task = task,
                          .context = context,
                          .first = n,
                          .failure = GB_OK,
                          .err = err,
                          .lock = PTHREAD_MUTEX_INITIALIZER};
    atomic_init(&share.next, 0);
    gb_pool_run(threads, share_part, &share);
    return share.failure;
}

int64_t study_seed(int64_t seed, int i) {
    gb_rng rng = gb_rng_stream((uint64_t)seed, GB_STREAM_ENV + (uint64_t)i);
    const uint64_t high = gb_rng_u32(&rng) >> 12;
    return (int64_t)(high << 32 | gb_rng_u32(&rng));
}

/* --- solvers ----------------------------------------------------------------------------------*/

static int set(gb_solver *solver, const char *name, double value, gb_err *err) {
    char text[40];
    void *config = solver->config;
    const gb_opt *row = gb_opts_find(solver->type->opts, name);
    if (!row) row = gb_opts_find(gb_solver_common_opts, name), config = &solver->common;
    GB_ASSERT(row != NULL);
    return gb_opt_set(row, config, gb_format(text, sizeof text, "%.17g", value), name, err);
}

int study_open(gb_solver *solver, const char *name, const gb_mdp *mdp,
               const struct setting *settings, gb_err *err) {
    const gb_solver_type *type = gb_solver_find(gb_builtin_solvers, name, err);
    *solver = (gb_solver){0};
    GB_ASSERT(type != NULL);
    int code = gb_solver_init(solver, type, err);
    if (!code) code = set(solver, "tol", 0, err);
    for (; !code && settings->name; settings++)
        code = set(solver, settings->name, settings->value, err);
    return code ? code : gb_solver_open(solver, mdp, err);
}

int study_iterate(gb_solver *solver, gb_err *err) {
    const int code = gb_solver_iterate(solver, err);
    return code < 0 ? code : GB_OK;
}

int study_optimum(gb_solver *solver, const gb_mdp *mdp, double tau, gb_err *err) {
    const struct setting settings[] = {{"tau", tau}, {"tol", 1e-14}, {"iterations", 1000}, {0}};
    const char *name = tau > 0 ? "soft_policy_iteration" : "policy_iteration";
    int code = study_open(solver, name, mdp, settings, err);
    if (!code) code = GB_CONTINUE;
    while (code == GB_CONTINUE) code = gb_solver_iterate(solver, err);
    return code;
}

/* --- policies ---------------------------------------------------------------------------------*/

int evaluator_init(struct evaluator *e, const gb_mdp *mdp, gb_err *err) {
    const size_t pairs = gb_mdp_pairs(mdp), states = (size_t)mdp->states;
    *e = (struct evaluator){.mdp = mdp};
    e->policy = gb_alloc(2 * (pairs + states), sizeof *e->policy, err);
    if (!e->policy) return GB_FAIL;
    e->q = e->policy + pairs;
    e->bonus = e->q + pairs;
    e->v = e->bonus + states;
    return GB_OK;
}

void evaluator_free(struct evaluator *e) {
    gb_dealloc(e->policy);
    *e = (struct evaluator){0};
}

int evaluator_run(struct evaluator *e, const double *log_policy, double tau, gb_err *err) {
    const gb_mdp *mdp = e->mdp;
    for (int s = 0; s < mdp->states; s++) {
        e->bonus[s] = 0;
        for (size_t i = gb_mdp_pair(mdp, s, 0); i < gb_mdp_pair(mdp, s + 1, 0); i++) {
            e->policy[i] = exp(log_policy[i]);
            if (e->policy[i] > 0) e->bonus[s] -= tau * e->policy[i] * log_policy[i];
        }
    }
    int code = gb_bellman_evaluate(mdp, e->policy, e->bonus, 1e-12, 1000000, e->v, NULL, 1, err);
    if (!code) gb_bellman_q(mdp, e->v, e->q, 1);
    return code;
}

/* --- numbers ----------------------------------------------------------------------------------*/

double study_distance(const double *x, const double *y, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        if (x[i] == y[i]) continue;
        const double d = fabs(x[i] - y[i]);
        if (!(d <= most)) most = isnan(d) ? INFINITY : d;
    }
    return most;
}

double study_sum(const double *x, const double *y, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i])) sum += fabs(y ? x[i] - y[i] : x[i]);
    return sum;
}

struct spread study_spread(const double *x, int n, size_t stride) {
    struct spread s = {0, 0, INFINITY, -INFINITY};
    double squares = 0;
    for (int i = 0; i < n; i++) {
        const double value = x[(size_t)i * stride];
        s.mean += value / n;
        s.min = fmin(s.min, value);
        s.max = fmax(s.max, value);
    }
    for (int i = 0; i < n; i++) squares += pow(x[(size_t)i * stride] - s.mean, 2);
    if (n > 1) s.std = sqrt(squares / (n - 1));
    return s;
}
