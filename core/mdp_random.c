/* mdp_random.c - random families of MDPs. */
#include "mdp.h"
#include "rng.h"

#include <stdlib.h>
#include <string.h>

/* What the families share: the builder, a stream, and one row in the making. */
typedef struct maker {
    gb_mdp_builder b;
    gb_rng rng;
    int branching;
    int32_t *next; /* (branching) distinct successors */
    double *p;     /* (branching) their probabilities */
    int *last;     /* (states) the pick that took the state last; picks count from 1 */
    int picks;
} maker;

static void maker_free(maker *m) {
    gb_dealloc(m->next);
    gb_dealloc(m->p);
    gb_dealloc(m->last);
}

static int maker_init(maker *m, const char *family, int states, int actions, int branching,
                      double gamma, uint64_t seed, gb_err *err) {
    *m = (maker){.rng = gb_rng_stream(seed, GB_STREAM_ENV), .branching = branching};
    const bool sized = states > 0 && actions > 0; /* else gb_mdp_begin says so */
    if (sized && (branching < 1 || branching > states))
        return gb_fail(err, GB_USAGE, "%s: %d successors of %d states; give 1 to %d", family,
                       branching, states, states);
    const double outcomes = sized ? (double)states * actions * branching : 0;
    const size_t room = outcomes < (double)SIZE_MAX ? (size_t)outcomes : SIZE_MAX;
    int code = gb_mdp_begin(&m->b, states, actions, gamma, room, err);
    if (code) return code;
    m->next = gb_alloc((size_t)branching, sizeof *m->next, err);
    m->p = gb_alloc((size_t)branching, sizeof *m->p, err);
    m->last = gb_alloc((size_t)states, sizeof *m->last, err);
    if (m->next && m->p && m->last) return GB_OK;
    maker_free(m);
    gb_mdp_abandon(&m->b);
    return GB_FAIL;
}

/* Hands over the MDP, unless code already is a failure. */
static int maker_finish(maker *m, int code, gb_mdp *mdp, gb_err *err) {
    maker_free(m);
    if (!code) code = gb_mdp_finish(&m->b, mdp, err);
    if (code) gb_mdp_abandon(&m->b);
    return code;
}

/* Picks n distinct states of 0..states-1, each set equally likely (Floyd, in Bentley 1987). */
static void pick(maker *m, int n, int states, int32_t *out) {
    if (m->picks == INT32_MAX) {
        memset(m->last, 0, (size_t)states * sizeof *m->last);
        m->picks = 0;
    }
    m->picks++;
    for (int k = 0, j = states - n; k < n; k++, j++) {
        int s = (int)gb_rng_below(&m->rng, (uint32_t)j + 1);
        if (m->last[s] == m->picks) s = j;
        m->last[s] = m->picks;
        out[k] = s;
    }
}

/* A number uniform on (0, 1). */
static double above_zero(gb_rng *rng) {
    return (gb_rng_u32(rng) + 0.5) * 0x1p-32;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Fills p (n) with the gaps between n - 1 sorted uniforms on [0, 1]. */
static void gaps(gb_rng *rng, double *p, int n) {
    for (int k = 0; k < n - 1; k++) p[k] = gb_rng_unit(rng);
    qsort(p, (size_t)n - 1, sizeof *p, by_size);
    p[n - 1] = 1;
    for (int k = n - 1; k > 0; k--) p[k] -= p[k - 1];
}

/* Scales p (n) to sum to 1. */
static void scale(double *p, int n) {
    double sum = 0;
    for (int k = 0; k < n; k++) sum += p[k];
    for (int k = 0; k < n; k++) p[k] /= sum;
}

/* Fills p (n) with a point uniform on the simplex: exponentials over their sum. */
static void simplex_point(gb_rng *rng, double *p, int n) {
    for (int k = 0; k < n; k++) p[k] = -log(above_zero(rng));
    scale(p, n);
}

static int add_row(maker *m, int s, int a, double reward, gb_err *err) {
    int code = GB_OK;
    for (int k = 0; k < m->branching && !code; k++)
        code = gb_mdp_add(&m->b, s, a, (gb_outcome){m->p[k], m->next[k], reward, false}, err);
    return code;
}

int gb_mdp_garnet(gb_mdp *mdp, int states, int actions, int branching, double gamma, uint64_t seed,
                  gb_err *err) {
    maker m;
    *mdp = (gb_mdp){0};
    int code = maker_init(&m, "garnet", states, actions, branching, gamma, seed, err);
    if (code) return code;
    const int paying = states < 10 ? 1 : states / 10;
    int32_t *where = gb_alloc((size_t)paying, sizeof *where, err);
    double *reward = gb_alloc((size_t)states, sizeof *reward, err);
    if (!where || !reward) code = GB_FAIL;
    if (!code) {
        pick(&m, paying, states, where);
        for (int k = 0; k < paying; k++) reward[where[k]] = gb_rng_unit(&m.rng);
    }
    for (int s = 0; s < states && !code; s++)
        for (int a = 0; a < actions && !code; a++) {
            pick(&m, branching, states, m.next);
            gaps(&m.rng, m.p, branching);
            code = add_row(&m, s, a, reward[s], err);
        }
    gb_dealloc(where);
    gb_dealloc(reward);
    return maker_finish(&m, code, mdp, err);
}

int gb_mdp_random(gb_mdp *mdp, int states, int actions, int branching, double gamma, uint64_t seed,
                  gb_err *err) {
    maker m;
    *mdp = (gb_mdp){0};
    int code = maker_init(&m, "random", states, actions, branching, gamma, seed, err);
    if (code) return code;
    for (int s = 0; s < states && !code; s++)
        for (int a = 0; a < actions && !code; a++) {
            pick(&m, branching, states, m.next);
            for (int k = 0; k < branching; k++) m.p[k] = above_zero(&m.rng);
            scale(m.p, branching);
            code = add_row(&m, s, a, gb_rng_unit(&m.rng), err);
        }
    return maker_finish(&m, code, mdp, err);
}

/* --- linear -----------------------------------------------------------------------------------*/

/* The low-rank parts, in one block. */
typedef struct factors {
    int rank, states;
    double *mu;    /* (rank, states) */
    double *theta; /* (rank) */
    double *phi;   /* (rank) of the pair at hand */
} factors;

static int factors_init(factors *f, int rank, int states, gb_rng *rng, gb_err *err) {
    const size_t d = (size_t)rank, n = (size_t)states;
    *f = (factors){.rank = rank, .states = states};
    f->mu = gb_alloc(d * (n + 2), sizeof *f->mu, err);
    if (!f->mu) return GB_FAIL;
    f->theta = f->mu + d * n;
    f->phi = f->theta + d;
    for (size_t i = 0; i < d; i++) simplex_point(rng, f->mu + i * n, states);
    for (size_t i = 0; i < d; i++) f->theta[i] = gb_rng_unit(rng);
    return GB_OK;
}

/* Draws the features of a pair; fills p (states) and returns the reward. */
static double linear_row(factors *f, gb_rng *rng, double *p) {
    double reward = 0;
    simplex_point(rng, f->phi, f->rank);
    memset(p, 0, (size_t)f->states * sizeof *p);
    for (int i = 0; i < f->rank; i++) {
        const double *mu = f->mu + (size_t)i * (size_t)f->states;
        for (int s = 0; s < f->states; s++) p[s] += f->phi[i] * mu[s];
        reward += f->phi[i] * f->theta[i];
    }
    return reward;
}

int gb_mdp_linear(gb_mdp *mdp, int states, int actions, int rank, double gamma, uint64_t seed,
                  double *features, gb_err *err) {
    maker m;
    factors f;
    *mdp = (gb_mdp){0};
    if (states > 0 && (rank < 1 || rank > states))
        return gb_fail(err, GB_USAGE, "linear: rank %d of %d states; give 1 to %d", rank, states,
                       states);
    int code = maker_init(&m, "linear", states, actions, states, gamma, seed, err);
    if (code) return code;
    code = factors_init(&f, rank, states, &m.rng, err);
    for (int k = 0; k < states; k++) m.next[k] = k;
    for (int s = 0; s < states && !code; s++)
        for (int a = 0; a < actions && !code; a++) {
            const double reward = linear_row(&f, &m.rng, m.p);
            code = add_row(&m, s, a, reward, err);
            if (!features) continue;
            memcpy(features, f.phi, (size_t)rank * sizeof *features);
            features += rank;
        }
    gb_dealloc(f.mu);
    return maker_finish(&m, code, mdp, err);
}
