/* bellman.c - sweeps. The inner loop is one fused multiply-add an outcome; what bounds it is the
 * stream of rows (12 bytes an outcome) and the scattered reads of v. Where all pairs have as many
 * outcomes, that number is a constant of the loop, which is then unrolled, and no row starts are
 * read. The sums run in the same order everywhere, so that all ways give the same bits.
 *
 * Scattered reads confuse the processor's own prefetching of the rows, so that of a large MDP they
 * are asked for ahead of their use: that halves the time of a sweep. Sorting outcomes into tiles,
 * so that the values which a tile needs stay in the second cache, was tried and is slower: summing
 * through memory costs more than the distance of the values. */
#include "bellman.h"

#include "pool.h"

#include <string.h>

#define BLOCK_VALUES 1024 /* action values at once: a block stays in the nearest cache */
#define BLOCK_STATES 256  /* at most */

#define INLINE static inline __attribute__((always_inline))

/* a b + c, rounded once where the machine can: said outright, since a compiler that may choose does
 * not choose alike everywhere. */
INLINE double multiply_add(double a, double b, double c) {
#ifdef __FMA__
    return fma(a, b, c);
#else
    return a * b + c;
#endif
}

INLINE double row_sum(const int32_t *next, const double *p, size_t n, const double *v) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum = multiply_add(p[k], v[next[k]], sum);
    return sum;
}

/* Outcomes from which on an MDP is large: its rows no longer fit the nearer caches. */
#define LARGE 65536
/* How far ahead rows are asked for: far enough for the memory's latency, and so near that they wait
 * in the first cache, past the second, which is left to the values. */
#define AHEAD 400 /* outcomes */
#define LINE  64  /* bytes that come together */

/* Asks for bytes[size], which may lie beyond what there is. */
INLINE void ask_for(const void *bytes, size_t size) {
    for (size_t at = 0; at < size; at += LINE) __builtin_prefetch((const char *)bytes + at, 0, 0);
}

/* Asks for n outcomes of the rows from outcome k + AHEAD on. */
INLINE void ask_for_rows(const gb_mdp *mdp, size_t k, size_t n) {
    ask_for(mdp->next + k + AHEAD, n * sizeof *mdp->next);
    ask_for(mdp->p + k + AHEAD, n * sizeof *mdp->p);
}

/* Writes the action values of pairs from..to-1, each of n outcomes, to q. */
INLINE void fixed_rows(const gb_mdp *mdp, size_t n, const double *v, size_t from, size_t to,
                       double *q) {
    const bool large = mdp->outcomes >= LARGE;
    const size_t group = 16; /* pairs: their rows are whole lines, whatever n */
    while (from < to) {
        const size_t end = to - from < group ? to : from + group;
        if (large) ask_for_rows(mdp, n * from, n * group);
        if (large) ask_for(mdp->r + from + AHEAD / n, group * sizeof *mdp->r);
        for (; from < end; from++) {
            const double sum = row_sum(mdp->next + n * from, mdp->p + n * from, n, v);
            *q++ = multiply_add(mdp->gamma, sum, mdp->r[from]);
        }
    }
}

INLINE void rows_of_any(const gb_mdp *mdp, bool large, const double *v, size_t from, size_t to,
                        double *q) {
    for (size_t i = from; i < to; i++) {
        const size_t begin = mdp->row[i], n = mdp->stop[i] - begin;
        if (large) ask_for_rows(mdp, begin, n);
        const double sum = row_sum(mdp->next + begin, mdp->p + begin, n, v);
        q[i - from] = multiply_add(mdp->gamma, sum, mdp->r[i]);
    }
}

/* Small MDPs are spared the question of every row. */
static void free_rows(const gb_mdp *mdp, const double *v, size_t from, size_t to, double *q) {
    if (mdp->outcomes >= LARGE)
        rows_of_any(mdp, true, v, from, to, q);
    else
        rows_of_any(mdp, false, v, from, to, q);
}

/* Writes the action values of pairs from..to-1 to q. */
static void rows(const gb_mdp *mdp, const double *v, size_t from, size_t to, double *q) {
    switch (mdp->branching) {
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        fixed_rows(mdp, n, v, from, to, q);                                                        \
        break;
        CASE(1)
        CASE(2)
        CASE(3)
        CASE(4)
        CASE(5)
        CASE(6)
        CASE(7)
        CASE(8)
        CASE(10)
        CASE(16)
#undef CASE
    default:
        free_rows(mdp, v, from, to, q);
    }
}

/* --- blocks of states -------------------------------------------------------------------------*/

static int block_states(const gb_mdp *mdp) {
    int n = BLOCK_VALUES / mdp->actions;
    return n < 1 ? 1 : n < BLOCK_STATES ? n : BLOCK_STATES;
}

/* Distances are compared by their bits: as whole numbers they stand in the same order, with NaN
 * above infinity, so that it is not lost, whichever thread found it. */
static uint64_t distance_bits(double x, double y) {
    const double d = fabs(x - y);
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static uint64_t largest_distance(const double *x, const double *y, int n) {
    uint64_t worst = 0;
    for (int s = 0; s < n; s++) {
        uint64_t bits = distance_bits(x[s], y[s]);
        worst = bits > worst ? bits : worst;
    }
    return worst;
}

static double from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

double gb_bellman_distance(const double *x, const double *y, int states) {
    uint64_t worst = 0;
    if (y) return from_bits(largest_distance(x, y, states));
    for (int s = 0; s < states; s++) {
        uint64_t bits = distance_bits(x[s], 0);
        worst = bits > worst ? bits : worst;
    }
    return from_bits(worst);
}

/* What a sweep does with the block of states first..first+n-1; returns its largest distance. */
typedef struct sweep sweep;
struct sweep {
    const gb_mdp *mdp;
    uint64_t (*block)(const sweep *w, int first, int n);
    gb_bellman_backup *backup;
    const void *context;
    const double *v, *policy, *bonus;
    double *out, *q;
};

/* A sweep and the largest distance of each part: not in the sweep, which would be cleared with it.
 */
typedef struct shared {
    const sweep *w;
    uint64_t worst[GB_POOL_MOST];
} shared;

static void run_part(void *context, int part, int parts) {
    shared *all = context;
    const sweep *w = all->w;
    const int64_t size = block_states(w->mdp), states = w->mdp->states;
    const int64_t blocks = (states + size - 1) / size;
    uint64_t worst = 0;
    for (int64_t b = blocks * part / parts; b < blocks * (part + 1) / parts; b++) {
        const int64_t first = b * size, left = states - first;
        const uint64_t bits = w->block(w, (int)first, (int)(left < size ? left : size));
        worst = bits > worst ? bits : worst;
    }
    all->worst[part] = worst;
}

/* Runs all blocks, shared among the threads; returns the largest distance. */
static uint64_t run(const sweep *w, int threads) {
    const int parts = threads < 1 ? 1 : threads < GB_POOL_MOST ? threads : GB_POOL_MOST;
    shared all;
    uint64_t worst = 0;
    all.w = w;
    gb_pool_run(parts, run_part, &all);
    for (int part = 0; part < parts; part++)
        worst = all.worst[part] > worst ? all.worst[part] : worst;
    return worst;
}

/* --- the sweeps -------------------------------------------------------------------------------*/

static uint64_t q_block(const sweep *w, int first, int n) {
    const size_t from = gb_mdp_pair(w->mdp, first, 0), to = gb_mdp_pair(w->mdp, first + n, 0);
    rows(w->mdp, w->v, from, to, w->q + from);
    return 0;
}

void gb_bellman_q(const gb_mdp *mdp, const double *v, double *q, int threads) {
    run(&(sweep){.mdp = mdp, .block = q_block, .v = v, .q = q}, threads);
}

void gb_bellman_row(const gb_mdp *mdp, const double *v, int s, double *q) {
    rows(mdp, v, gb_mdp_pair(mdp, s, 0), gb_mdp_pair(mdp, s + 1, 0), q);
}

void gb_bellman_max(const void *context, int first, int n, int actions, const double *q,
                    double *v) {
    (void)context, (void)first;
    for (int s = 0; s < n; s++, q += actions) {
        double best = q[0];
        bool nan = isnan(best);
        for (int a = 1; a < actions; a++) { /* no branch, which chance would decide */
            best = q[a] > best ? q[a] : best;
            nan |= isnan(q[a]);
        }
        v[s] = nan ? NAN : best;
    }
}

static uint64_t backup_block(const sweep *w, int first, int n) {
    double scratch[GB_MDP_MAX_ACTIONS];
    const size_t from = gb_mdp_pair(w->mdp, first, 0), to = gb_mdp_pair(w->mdp, first + n, 0);
    double *q = w->q ? w->q + from : scratch;
    rows(w->mdp, w->v, from, to, q);
    w->backup(w->context, first, n, w->mdp->actions, q, w->out + first);
    return largest_distance(w->out + first, w->v + first, n);
}

double gb_bellman_sweep(const gb_mdp *mdp, gb_bellman_backup *backup, const void *context,
                        const double *v, double *out, double *q, int threads) {
    GB_ASSERT(out != v);
    return from_bits(run(&(sweep){.mdp = mdp,
                                  .block = backup_block,
                                  .backup = backup,
                                  .context = context,
                                  .v = v,
                                  .out = out,
                                  .q = q},
                         threads));
}

static uint64_t policy_block(const sweep *w, int first, int n) {
    const gb_mdp *mdp = w->mdp;
    for (int s = first; s < first + n; s++) {
        double sum = w->bonus ? w->bonus[s] : 0;
        for (size_t i = gb_mdp_pair(mdp, s, 0); i < gb_mdp_pair(mdp, s + 1, 0); i++) {
            const size_t begin = mdp->row[i], length = mdp->stop[i] - begin;
            if (w->policy[i] == 0) continue;
            const double mean = row_sum(mdp->next + begin, mdp->p + begin, length, w->v);
            sum += w->policy[i] * multiply_add(mdp->gamma, mean, mdp->r[i]);
        }
        w->out[s] = sum;
    }
    return largest_distance(w->out + first, w->v + first, n);
}

double gb_bellman_policy(const gb_mdp *mdp, const double *policy, const double *bonus,
                         const double *v, double *out, int threads) {
    GB_ASSERT(out != v);
    return from_bits(run(&(sweep){.mdp = mdp,
                                  .block = policy_block,
                                  .v = v,
                                  .policy = policy,
                                  .bonus = bonus,
                                  .out = out},
                         threads));
}
