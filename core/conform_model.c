/* conform_model.c - checks of a finite MDP: are model() and start() sound, and do step() and
 * reset() do what they say?
 *
 * Every row is read. Then step is sampled from each state that random play visits: state is plain
 * data, so one visit serves for any number of samples. Each outcome's count is held against its
 * exact binomial distribution. (A chi-square test is too coarse here: at the tails below 1e-9 that
 * so many tests at once ask for, it calls correct environments wrong.) A correct environment fails
 * with probability below ERROR. */
#include "probe.h"
#include "rng.h"

#include <gsl/gsl_cdf.h>
#include <string.h>

#define ERROR       1e-6
#define MOVES       20000   /* of random play, to visit states */
#define MAX_VISITED 512     /* states to sample from */
#define MAX_SAMPLES 1000    /* of one state and action */
#define ALL_SAMPLES 1000000 /* about as many steps in all */

typedef struct row {
    gb_outcome out[GB_MAX_OUTCOMES + 1]; /* one more, to see whether it is written */
    int n, count[GB_MAX_OUTCOMES];
} row;

/* States that were visited. */
typedef struct visits {
    int n, room;
    int *number;          /* (room) state numbers */
    unsigned char *state; /* (room, state_size) */
    unsigned char *seen;  /* (obs.n) 0 or 1 */
} visits;

/* --- rows -------------------------------------------------------------------------------------*/

/* Reads the row of s and a. Returns what is wrong with it, in fault[size], or NULL. */
static const char *read_row(const gb_env *env, int s, int a, row *r, char *fault, size_t size) {
    const gb_outcome guard = {.probability = -1, .next = -1, .reward = -1};
    *r = (row){0};
    r->out[GB_MAX_OUTCOMES] = guard;
    r->n = env->type->model(env->config, s, a, r->out, GB_MAX_OUTCOMES);
    const gb_outcome *last = &r->out[GB_MAX_OUTCOMES];
    if (r->n < 1 || r->n > GB_MAX_OUTCOMES || last->probability != guard.probability ||
        last->next != guard.next || last->reward != guard.reward)
        return gb_format(fault, size, "has %d outcomes; give 1 to max of them", r->n);
    double sum = 0;
    for (int k = 0; k < r->n; k++) {
        const gb_outcome *out = &r->out[k];
        if (!(out->probability >= 0 && out->probability <= 1 + 1e-9))
            return gb_format(fault, size, "has probability %g", out->probability);
        if (out->next < 0 || out->next >= env->spec.obs.n)
            return gb_format(fault, size, "leads to state %d, not one of 0..%d", out->next,
                             env->spec.obs.n - 1);
        if (!isfinite(out->reward)) return gb_format(fault, size, "has reward %g", out->reward);
        sum += out->probability;
    }
    if (fabs(sum - 1) > 1e-9)
        return gb_format(fault, size, "has probabilities that sum to %.12g, not 1", sum);
    return NULL;
}

static bool same_outcome(const gb_outcome *a, const gb_outcome *b) {
    return a->next == b->next && a->terminal == b->terminal &&
           fabs(a->reward - b->reward) <= 1e-9 * (1 + fabs(a->reward));
}

/* Joins outcomes of a row that cannot be told apart. */
static void merge_row(row *r) {
    int kept = 0;
    for (int k = 0; k < r->n; k++) {
        int i = 0;
        while (i < kept && !same_outcome(&r->out[i], &r->out[k])) i++;
        if (i < kept)
            r->out[i].probability += r->out[k].probability;
        else
            r->out[kept++] = r->out[k];
    }
    r->n = kept;
}

static gb_verdict check_rows(const gb_env *env, gb_err *why) {
    row r;
    char text[160];
    for (int s = 0; s < env->spec.obs.n; s++)
        for (int a = 0; a < env->spec.act.n; a++) {
            if (!read_row(env, s, a, &r, text, sizeof text)) continue;
            gb_fail(why, GB_FAIL, "the model's row of state %d, action %d %s; mend model", s, a,
                    text);
            return GB_FAILED;
        }
    return GB_PASSED;
}

/* --- samples ----------------------------------------------------------------------------------*/

static int visits_init(visits *v, const gb_env *env, gb_err *why) {
    *v = (visits){.room = env->spec.obs.n < MAX_VISITED ? env->spec.obs.n : MAX_VISITED};
    v->number = gb_alloc(v->room, sizeof *v->number, why);
    v->state = gb_alloc(v->room, env->type->state_size, why);
    v->seen = gb_alloc(env->spec.obs.n, 1, why);
    return v->number && v->state && v->seen ? GB_OK : GB_FAIL;
}

static void visits_free(visits *v) {
    gb_dealloc(v->number);
    gb_dealloc(v->state);
    gb_dealloc(v->seen);
}

/* Plays at random and keeps the states in which an episode goes on. */
static void visit(visits *v, gb_probe *probe) {
    size_t bytes = probe->env->type->state_size;
    for (int i = 0; i < MOVES && v->n < v->room; i++) {
        gb_probe_go(probe);
        int s = (int)probe->obs[0];
        if (probe->last.terminal || s < 0 || s >= probe->env->spec.obs.n || v->seen[s]) continue;
        v->seen[s] = 1;
        v->number[v->n] = s;
        memcpy(v->state + (size_t)v->n++ * bytes, probe->state, bytes);
    }
}

/* Returns a bound on how likely a count so far off, or farther, is for n draws at probability p. */
static double tail(int count, double p, int n) {
    if (p <= 0) return count ? 0 : 1;
    if (p >= 1) return count < n ? 0 : 1;
    double below = gsl_cdf_binomial_P((unsigned)count, p, (unsigned)n);
    double above = count ? gsl_cdf_binomial_Q((unsigned)count - 1, p, (unsigned)n) : 1;
    return 2 * fmin(below, above);
}

/* Steps once from what probe holds and counts the outcome in r. Returns false with a message if the
 * row has no such outcome. */
static bool count_step(gb_probe *probe, row *r, int s, int a, gb_err *why) {
    gb_probe_step(probe);
    gb_probe_look(probe);
    gb_outcome got = {.next = (int)probe->obs[0],
                      .reward = probe->last.reward,
                      .terminal = probe->last.terminal};
    for (int k = 0; k < r->n; k++)
        if (same_outcome(&r->out[k], &got)) {
            r->count[k]++;
            return true;
        }
    gb_fail(why, GB_FAIL,
            "step from state %d, action %d led to state %d, reward %g, terminal %d, which is not "
            "in the model's row; let step sample from model (gb_model_step)",
            s, a, got.next, got.reward, got.terminal);
    return false;
}

/* Samples action a from the visited state number i; `pairs` are sampled in all. */
static bool sample(gb_probe *probe, const visits *v, int i, int a, int pairs, gb_err *why) {
    const gb_env *env = probe->env;
    size_t bytes = env->type->state_size;
    row r;
    char unused[160];
    if (read_row(env, v->number[i], a, &r, unused, sizeof unused)) return true;
    merge_row(&r);
    int samples = ALL_SAMPLES / pairs < MAX_SAMPLES ? 1 + ALL_SAMPLES / pairs : MAX_SAMPLES;
    for (int k = 0; k < samples; k++) {
        memcpy(probe->state, v->state + (size_t)i * bytes, bytes);
        probe->action[0] = (float)a;
        if (!count_step(probe, &r, v->number[i], a, why)) return false;
    }
    for (int k = 0; k < r.n; k++) {
        double p = fmin(r.out[k].probability, 1);
        if (tail(r.count[k], p, samples) >= ERROR / pairs / r.n) continue;
        gb_fail(why, GB_FAIL,
                "step from state %d, action %d led to state %d in %d of %d samples, the model says "
                "probability %g; let step sample from model (gb_model_step)",
                v->number[i], a, r.out[k].next, r.count[k], samples, p);
        return false;
    }
    return true;
}

static gb_verdict check_samples(const gb_env *env, uint64_t seed, gb_err *why) {
    gb_probe probe = {0};
    visits v = {0};
    gb_verdict verdict = GB_FAILED;
    if (!gb_probe_init(&probe, env, seed, why) && !visits_init(&v, env, why)) {
        visit(&v, &probe);
        int actions = env->spec.act.n, pairs = v.n * actions;
        bool agree = true;
        for (int i = 0; i < pairs && agree; i++)
            agree = sample(&probe, &v, i / actions, i % actions, pairs, why);
        verdict = agree ? GB_PASSED : GB_FAILED;
    }
    visits_free(&v);
    gb_probe_free(&probe);
    return verdict;
}

gb_verdict gb_check_model(const gb_env *env, uint64_t seed, gb_err *why) {
    if (!env->type->model) {
        gb_fail(why, GB_OK, "none given");
        return GB_INAPPLICABLE;
    }
    if (env->spec.obs.kind != GB_DISCRETE || env->spec.act.kind != GB_DISCRETE) {
        gb_fail(why, GB_FAIL,
                "there is a model, but observations or actions are not discrete; declare them so "
                "in spec, or give no model");
        return GB_FAILED;
    }
    gb_verdict verdict = check_rows(env, why);
    return verdict == GB_PASSED ? check_samples(env, seed, why) : verdict;
}

/* --- the start --------------------------------------------------------------------------------*/

/* Writes start's probabilities to p (obs.n). Returns what is wrong with them, in fault[size], or
 * NULL. */
static const char *read_start(const gb_env *env, double *p, char *fault, size_t size) {
    double sum = 0;
    for (int s = 0; s < env->spec.obs.n; s++) {
        p[s] = env->type->start(env->config, s);
        if (!(p[s] >= 0 && p[s] <= 1 + 1e-9))
            return gb_format(fault, size, "the start has probability %g in state %d", p[s], s);
        sum += p[s];
    }
    if (fabs(sum - 1) > 1e-9)
        return gb_format(fault, size, "the start has probabilities that sum to %.12g, not 1", sum);
    return NULL;
}

/* Resets again and again, and counts where; then as for a row. Returns as read_start. */
static const char *sample_start(gb_probe *probe, const double *p, int *count, char *fault,
                                size_t size) {
    const int n = probe->env->spec.obs.n;
    for (int k = 0; k < MOVES; k++) {
        gb_probe_reset(probe);
        gb_probe_look(probe);
        const float s = probe->obs[0];
        if (!(s >= 0 && s < (float)n))
            return gb_format(fault, size, "reset led to state %g, not one of 0..%d", s, n - 1);
        count[(int)s]++;
    }
    for (int s = 0; s < n; s++)
        if (tail(count[s], fmin(p[s], 1), MOVES) < ERROR / n)
            return gb_format(fault, size,
                             "%d of %d episodes started in state %d, start says probability %g",
                             count[s], MOVES, s, p[s]);
    return NULL;
}

gb_verdict gb_check_start(const gb_env *env, uint64_t seed, gb_err *why) {
    if (!env->type->start) {
        gb_fail(why, GB_OK, "none given");
        return GB_INAPPLICABLE;
    }
    if (env->spec.obs.kind != GB_DISCRETE) {
        gb_fail(why, GB_FAIL,
                "there is a start, but observations are not discrete; declare them so in spec, or "
                "give no start");
        return GB_FAILED;
    }
    gb_probe probe = {0};
    gb_verdict verdict = GB_FAILED;
    double *p = gb_alloc(env->spec.obs.n, sizeof *p, why);
    int *count = p ? gb_alloc(env->spec.obs.n, sizeof *count, why) : NULL;
    if (count && !gb_probe_init(&probe, env, seed, why)) {
        char text[160];
        const char *fault = read_start(env, p, text, sizeof text);
        if (!fault) fault = sample_start(&probe, p, count, text, sizeof text);
        if (fault) gb_fail(why, GB_FAIL, "%s; let start and reset agree", fault);
        verdict = fault ? GB_FAILED : GB_PASSED;
    }
    gb_probe_free(&probe);
    gb_dealloc(count);
    gb_dealloc(p);
    return verdict;
}
