/* bellman_solve.c - exact evaluation of a policy: (I - gamma P_pi) v = bonus + r_pi. */
#include "bellman.h"

#include <gsl/gsl_linalg.h>
#include <string.h>

/* The system, and how far its solution is. */
typedef struct problem {
    const gb_mdp *mdp;
    const double *policy, *bonus;
    double tol, residual;
    int threads, sweeps, max_sweeps;
} problem;

/* out = bonus + r_pi + gamma P_pi v. Returns and keeps the residual of v. */
static double apply(problem *s, const double *v, double *out) {
    s->sweeps++;
    return s->residual = gb_bellman_policy(s->mdp, s->policy, s->bonus, v, out, s->threads);
}

static double largest(const double *x, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(x[i]));
    return most;
}

/* The residual to reach at v. */
static double target(const problem *s, const double *v) {
    return s->tol * largest(v, (size_t)s->mdp->states);
}

/* --- small: directly --------------------------------------------------------------------------*/

/* Fills a (states, states) with I - gamma P_pi. */
static void fill_matrix(const problem *s, double *a) {
    const gb_mdp *mdp = s->mdp;
    const size_t n = (size_t)mdp->states;
    memset(a, 0, n * n * sizeof *a);
    for (int state = 0; state < mdp->states; state++) {
        double *row = a + (size_t)state * n;
        row[state] = 1;
        for (int action = 0; action < mdp->actions; action++) {
            const size_t i = gb_mdp_pair(mdp, state, action);
            for (size_t k = mdp->row[i]; k < mdp->stop[i] && s->policy[i] > 0; k++)
                row[mdp->next[k]] -= mdp->gamma * s->policy[i] * mdp->p[k];
        }
    }
}

static int solve_directly(problem *s, double *v, gb_err *err) {
    const size_t n = (size_t)s->mdp->states;
    double *a = gb_alloc(n * n, sizeof *a, err), *b = gb_alloc(n, sizeof *b, err);
    gsl_permutation order = {.size = n, .data = gb_alloc(n, sizeof *order.data, err)};
    int code = a && b && order.data ? GB_OK : GB_FAIL, sign;
    if (!code) {
        gsl_matrix_view matrix = gsl_matrix_view_array(a, n, n);
        gsl_vector_view right = gsl_vector_view_array(b, n);
        fill_matrix(s, a);
        code = gsl_linalg_LU_decomp(&matrix.matrix, &order, &sign);
        memset(v, 0, n * sizeof *v);
        for (int round = 0; round < 2 && !code; round++) { /* the second refines */
            apply(s, v, b);
            for (size_t i = 0; i < n; i++) b[i] -= v[i];
            code = gsl_linalg_LU_svx(&matrix.matrix, &order, &right.vector);
            for (size_t i = 0; i < n; i++) v[i] += b[i];
        }
        apply(s, v, b);
        if (code || !isfinite(s->residual))
            code = gb_fail(err, GB_FAIL,
                           "policy evaluation: the values are not finite; check that the policy "
                           "takes no illegal action");
    }
    gb_dealloc(a);
    gb_dealloc(b);
    gb_dealloc(order.data);
    return code;
}

/* --- large: BiCGStab --------------------------------------------------------------------------*/

/* The sum of x y in an order that depends on n only; blocks keep its rounding small. */
static double dot(const double *x, const double *y, size_t n) {
    enum { BLOCK = 4096 };
    double sum = 0;
    for (size_t i = 0; i < n; i += BLOCK) {
        double part = 0;
        for (size_t k = i; k < n && k < i + BLOCK; k++) part += x[k] * y[k];
        sum += part;
    }
    return sum;
}

/* The vectors of an iteration, each (n), in one block. */
typedef struct vectors {
    double *r, *shadow, *p, *ap, *t, *image, *zero, *best;
} vectors;

/* ax = (I - gamma P_pi) x. The operator at x less that at 0, which is w->zero. */
static void multiply(problem *s, vectors *w, const double *x, double *ax) {
    const size_t n = (size_t)s->mdp->states;
    apply(s, x, w->image);
    for (size_t i = 0; i < n; i++) ax[i] = x[i] - (w->image[i] - w->zero[i]);
}

/* Runs BiCGStab from v until its own account of the residual says enough, it breaks down, or the
 * sweeps of this round are used up. That account drifts from the truth, which the caller takes. */
static void bicgstab(problem *s, vectors *w, double *v, int rounds) {
    const size_t n = (size_t)s->mdp->states;
    apply(s, v, w->image);
    for (size_t i = 0; i < n; i++) w->r[i] = w->image[i] - v[i];
    memcpy(w->shadow, w->r, n * sizeof *w->r);
    memcpy(w->p, w->r, n * sizeof *w->r);
    double rho = dot(w->shadow, w->r, n);
    for (int k = 0; k < rounds && s->sweeps + 2 <= s->max_sweeps; k++) {
        if (largest(w->r, n) <= target(s, v) / 2) return;
        multiply(s, w, w->p, w->ap);
        const double alpha = rho / dot(w->shadow, w->ap, n);
        if (!isfinite(alpha)) return;
        for (size_t i = 0; i < n; i++) w->r[i] -= alpha * w->ap[i];
        multiply(s, w, w->r, w->t);
        const double tt = dot(w->t, w->t, n), omega = tt > 0 ? dot(w->t, w->r, n) / tt : 0;
        for (size_t i = 0; i < n; i++) v[i] += alpha * w->p[i] + omega * w->r[i];
        for (size_t i = 0; i < n; i++) w->r[i] -= omega * w->t[i];
        const double next = dot(w->shadow, w->r, n), beta = next / rho * (alpha / omega);
        if (!isfinite(beta)) return;
        for (size_t i = 0; i < n; i++) w->p[i] = w->r[i] + beta * (w->p[i] - omega * w->ap[i]);
        rho = next;
    }
}

/* Rounds of BiCGStab as long as each brings v nearer; else some sweeps of the operator, which bring
 * it nearer by gamma each. */
static int iterate(problem *s, vectors *w, double *v, gb_err *err) {
    enum { ROUNDS = 200, SWEEPS = 50 };
    const size_t n = (size_t)s->mdp->states;
    double before = apply(s, v, w->image);
    if (!isfinite(before)) { /* the start is of no use */
        memset(v, 0, n * sizeof *v);
        before = apply(s, v, w->image);
    }
    while (s->residual > target(s, v) && s->sweeps < s->max_sweeps) {
        memcpy(w->best, v, n * sizeof *v);
        bicgstab(s, w, v, ROUNDS);
        if (apply(s, v, w->image) < before / 2) {
            before = s->residual;
            continue;
        }
        memcpy(v, w->best, n * sizeof *v);
        for (int k = 0; k < SWEEPS && s->sweeps < s->max_sweeps; k++) {
            before = apply(s, v, w->image);
            if (before <= target(s, v)) break;
            memcpy(v, w->image, n * sizeof *v);
        }
        before = apply(s, v, w->image);
    }
    if (s->residual <= target(s, v)) return GB_OK;
    return gb_fail(err, GB_FAIL,
                   "policy evaluation: the residual is %g after %d sweeps, %g was wanted; allow "
                   "more sweeps or a larger tolerance",
                   s->residual, s->sweeps, target(s, v));
}

static int solve_iteratively(problem *s, double *v, gb_err *err) {
    enum { VECTORS = sizeof(vectors) / sizeof(double *) };
    const size_t n = (size_t)s->mdp->states;
    double *block = gb_alloc(n, VECTORS * sizeof *block, err);
    if (!block) return GB_FAIL;
    vectors w = {block,         block + n,     block + 2 * n, block + 3 * n,
                 block + 4 * n, block + 5 * n, block + 6 * n, block + 7 * n};
    /* the operator at 0: a sweep over values that are all 0 */
    apply(s, w.best, w.zero);
    int code = iterate(s, &w, v, err);
    gb_dealloc(block);
    return code;
}

int gb_bellman_evaluate(const gb_mdp *mdp, const double *policy, const double *bonus, double tol,
                        int max_sweeps, double *v, gb_evaluation *done, int threads, gb_err *err) {
    problem s = {.mdp = mdp,
                 .policy = policy,
                 .bonus = bonus,
                 .tol = tol,
                 .threads = threads,
                 .max_sweeps = max_sweeps};
    int code = mdp->states <= GB_BELLMAN_DIRECT ? solve_directly(&s, v, err)
                                                : solve_iteratively(&s, v, err);
    if (done) *done = (gb_evaluation){s.residual, s.sweeps};
    return code;
}
