/* mdp_build.c - the builder of MDPs: fills the rows and holds every check, whatever the source. */
#include "mdp.h"
#include "memory.h"

#include <string.h>

#define CLOSE    1e-9  /* how far from 1 probabilities may sum */
#define ROUNDING 1e-12 /* up to here that is rounding, and they are kept as they are */

static int state_of(const gb_mdp *mdp, size_t pair) {
    return (int)(pair / (size_t)mdp->actions);
}

static int action_of(const gb_mdp *mdp, size_t pair) {
    return (int)(pair % (size_t)mdp->actions);
}

static bool same_bits(double a, double b) {
    return !memcmp(&a, &b, sizeof a);
}

/* Makes p (n) sum to 1; returns whether it nearly did before. The sum is compensated (Neumaier
 * 1974), so that what was divided once sums to 1 within ROUNDING, however long, and stays. */
static bool normalise(double *p, size_t n, double *sum) {
    double total = 0, lost = 0;
    for (size_t k = 0; k < n; k++) {
        double next = total + p[k];
        lost += total >= p[k] ? (total - next) + p[k] : (p[k] - next) + total;
        total = next;
    }
    *sum = total + lost;
    if (!(fabs(*sum - 1) <= CLOSE)) return false;
    if (fabs(*sum - 1) > ROUNDING)
        for (size_t k = 0; k < n; k++) p[k] /= *sum;
    return true;
}

/* --- begin ------------------------------------------------------------------------------------*/

static int check_size(int states, int actions, double gamma, size_t outcomes, gb_err *err) {
    if (states < 1) return gb_fail(err, GB_USAGE, "%d states; give at least 1", states);
    if (actions < 1 || actions > GB_MDP_MAX_ACTIONS)
        return gb_fail(err, GB_USAGE, "%d actions; give 1 to %d", actions, GB_MDP_MAX_ACTIONS);
    if (!(gamma >= 0 && gamma < 1))
        return gb_fail(err, GB_USAGE, "gamma is %g; give a discount of at least 0 and below 1",
                       gamma);
    const gb_mdp *m = NULL; /* for its sizes only */
    const double pairs = (double)states * actions;
    const double bytes =
        pairs * (double)(2 * sizeof *m->row + sizeof *m->r + sizeof *m->legal) +
        (double)outcomes * (double)(sizeof *m->next + sizeof *m->p + sizeof *m->reward) +
        (double)states * (double)(2 * sizeof *m->start);
    char what[120];
    gb_format(what, sizeof what, "an MDP of %d states, %d actions and %zu outcomes", states,
              actions, outcomes);
    return gb_memory_check(bytes, what, err);
}

int gb_mdp_begin(gb_mdp_builder *b, int states, int actions, double gamma, size_t outcomes,
                 gb_err *err) {
    *b = (gb_mdp_builder){.room = outcomes};
    int code = check_size(states, actions, gamma, outcomes, err);
    if (code) return code;
    gb_mdp *m = &b->mdp;
    m->states = states;
    m->actions = actions;
    m->gamma = gamma;
    const size_t pairs = gb_mdp_pairs(m);
    if (!(m->row = gb_alloc(pairs + 1, sizeof *m->row, err)) ||
        !(m->next = gb_alloc(outcomes, sizeof *m->next, err)) ||
        !(m->p = gb_alloc(outcomes, sizeof *m->p, err)) ||
        !(m->r = gb_alloc(pairs, sizeof *m->r, err)) ||
        !(m->start = gb_alloc((size_t)states, sizeof *m->start, err)) ||
        !(m->start_sum = gb_alloc((size_t)states, sizeof *m->start_sum, err))) {
        gb_mdp_abandon(b);
        return GB_FAIL;
    }
    return GB_OK;
}

void gb_mdp_abandon(gb_mdp_builder *b) {
    gb_mdp_free(&b->mdp);
    *b = (gb_mdp_builder){0};
}

/* --- what most MDPs do without, made when it is first needed ----------------------------------*/

static int need_stop(gb_mdp_builder *b, gb_err *err) {
    gb_mdp *m = &b->mdp;
    if (m->stop_of_ends) return GB_OK;
    m->stop_of_ends = gb_alloc(gb_mdp_pairs(m), sizeof *m->stop_of_ends, err);
    if (!m->stop_of_ends) return GB_FAIL;
    memcpy(m->stop_of_ends, m->row + 1, b->pair * sizeof *m->row);
    return GB_OK;
}

static int need_reward(gb_mdp_builder *b, gb_err *err) {
    gb_mdp *m = &b->mdp;
    if (m->reward) return GB_OK;
    m->reward = gb_alloc(b->room, sizeof *m->reward, err);
    if (!m->reward) return GB_FAIL;
    for (size_t i = 0; i < b->pair; i++)
        for (size_t k = m->row[i]; k < m->row[i + 1]; k++) m->reward[k] = m->r[i];
    for (size_t k = m->row[b->pair]; k < m->outcomes; k++) m->reward[k] = b->first;
    return GB_OK;
}

static int need_legal(gb_mdp_builder *b, gb_err *err) {
    gb_mdp *m = &b->mdp;
    if (m->legal) return GB_OK;
    m->legal = gb_alloc(gb_mdp_pairs(m), sizeof *m->legal, err);
    if (!m->legal) return GB_FAIL;
    memset(m->legal, 1, gb_mdp_pairs(m));
    return GB_OK;
}

/* --- pairs ------------------------------------------------------------------------------------*/

static int pair_fault(const gb_mdp *m, size_t pair, const char *what, gb_err *err) {
    return gb_fail(err, GB_USAGE, "state %d, action %d: %s", state_of(m, pair), action_of(m, pair),
                   what);
}

/* Returns the expected reward of outcomes from..to-1: their common one exactly, if they have it. */
static double expected(const gb_mdp *m, size_t from, size_t to) {
    double sum = 0;
    size_t alike = from;
    while (alike < to && same_bits(m->reward[alike], m->reward[from])) alike++;
    if (alike == to) return m->reward[from];
    for (size_t k = from; k < to; k++) sum += m->p[k] * m->reward[k];
    return sum;
}

/* Checks the pair being filled and goes on to the next. */
static int close_pair(gb_mdp_builder *b, gb_err *err) {
    gb_mdp *m = &b->mdp;
    const size_t i = b->pair, from = m->row[i], to = m->outcomes;
    const bool forbidden = m->legal && !m->legal[i];
    double sum = 1;
    if (!forbidden && from == to)
        return pair_fault(m, i,
                          "no outcome has a probability above 0; give some, or say that the "
                          "action is illegal",
                          err);
    if (!forbidden && !normalise(m->p + from, to - from, &sum))
        return gb_fail(err, GB_USAGE,
                       "state %d, action %d: probabilities sum to %.12g, not 1; mend them",
                       state_of(m, i), action_of(m, i), sum);
    m->r[i] = forbidden ? -INFINITY : m->reward ? expected(m, from, to) : b->first;
    m->row[i + 1] = to;
    if (m->stop_of_ends) m->stop_of_ends[i] = to - b->ends;
    const int s = state_of(m, i);
    const bool last = action_of(m, i) == m->actions - 1;
    if (forbidden && last && !memchr(m->legal + gb_mdp_pair(m, s, 0), 1, (size_t)m->actions))
        return gb_fail(err, GB_USAGE, "state %d: all actions are illegal; allow one", s);
    b->ends = 0;
    b->pair++;
    return GB_OK;
}

/* Closes pairs until that of s and a is the one being filled. */
static int go_to(gb_mdp_builder *b, int s, int a, gb_err *err) {
    const gb_mdp *m = &b->mdp;
    if (s < 0 || s >= m->states)
        return gb_fail(err, GB_USAGE, "state %d, action %d: there is no such state; use 0 to %d", s,
                       a, m->states - 1);
    if (a < 0 || a >= m->actions)
        return gb_fail(err, GB_USAGE, "state %d, action %d: there is no such action; use 0 to %d",
                       s, a, m->actions - 1);
    const size_t pair = gb_mdp_pair(m, s, a);
    if (pair < b->pair)
        return gb_fail(err, GB_USAGE,
                       "state %d, action %d: comes after state %d, action %d; put pairs in "
                       "ascending order, the outcomes of each together",
                       s, a, state_of(m, b->pair), action_of(m, b->pair));
    int code = GB_OK;
    while (!code && b->pair < pair) code = close_pair(b, err);
    return code;
}

int gb_mdp_forbid(gb_mdp_builder *b, int s, int a, gb_err *err) {
    int code = go_to(b, s, a, err);
    if (!code) code = need_legal(b, err);
    if (code) return code;
    if (b->mdp.row[b->pair] < b->mdp.outcomes)
        return pair_fault(&b->mdp, b->pair, "has outcomes and is illegal; take one back", err);
    b->mdp.legal[b->pair] = 0;
    return GB_OK;
}

static int check_outcome(const gb_mdp_builder *b, const gb_outcome *o, gb_err *err) {
    const gb_mdp *m = &b->mdp;
    const int s = state_of(m, b->pair), a = action_of(m, b->pair);
    if (m->legal && !m->legal[b->pair])
        return pair_fault(m, b->pair, "has outcomes and is illegal; take one back", err);
    if (o->next < 0 || o->next >= m->states)
        return gb_fail(err, GB_USAGE, "state %d, action %d: leads to state %d; use 0 to %d", s, a,
                       o->next, m->states - 1);
    if (!(o->probability >= 0 && isfinite(o->probability)))
        return gb_fail(err, GB_USAGE,
                       "state %d, action %d: the probability of state %d is %g; give a number of "
                       "at least 0",
                       s, a, o->next, o->probability);
    if (isfinite(o->reward)) return GB_OK;
    return gb_fail(
        err, GB_USAGE,
        "state %d, action %d: the reward on the way to state %d is %g; give a finite one", s, a,
        o->next, o->reward);
}

/* Puts an outcome into the row being filled, before the terminal ones if it is none. */
static void insert(gb_mdp_builder *b, const gb_outcome *o) {
    gb_mdp *m = &b->mdp;
    const size_t behind = o->terminal ? 0 : b->ends, at = m->outcomes - behind;
    GB_ASSERT(m->outcomes < b->room);
    if (behind) {
        memmove(m->next + at + 1, m->next + at, behind * sizeof *m->next);
        memmove(m->p + at + 1, m->p + at, behind * sizeof *m->p);
        if (m->reward) memmove(m->reward + at + 1, m->reward + at, behind * sizeof *m->reward);
    }
    m->next[at] = o->next;
    m->p[at] = o->probability;
    if (m->reward) m->reward[at] = o->reward;
    m->outcomes++;
    b->ends += o->terminal;
}

int gb_mdp_add(gb_mdp_builder *b, int s, int a, gb_outcome outcome, gb_err *err) {
    int code = go_to(b, s, a, err);
    if (!code) code = check_outcome(b, &outcome, err);
    if (code || outcome.probability == 0) return code;
    if (outcome.terminal) code = need_stop(b, err);
    if (b->mdp.row[b->pair] == b->mdp.outcomes) b->first = outcome.reward;
    if (!code && !same_bits(outcome.reward, b->first)) code = need_reward(b, err);
    if (!code) insert(b, &outcome);
    return code;
}

/* --- the initial distribution, and the end ----------------------------------------------------*/

int gb_mdp_start(gb_mdp_builder *b, int s, double p, gb_err *err) {
    if (s < 0 || s >= b->mdp.states)
        return gb_fail(err, GB_USAGE, "start in state %d: there is no such state; use 0 to %d", s,
                       b->mdp.states - 1);
    if (!(p >= 0 && isfinite(p)))
        return gb_fail(err, GB_USAGE,
                       "start in state %d: the probability is %g; give a number of at least 0", s,
                       p);
    if (b->mdp.start[s] > 0)
        return gb_fail(err, GB_USAGE, "start in state %d: was given before; take one back", s);
    b->mdp.start[s] = p;
    b->started = true;
    return GB_OK;
}

static int close_start(gb_mdp_builder *b, gb_err *err) {
    gb_mdp *m = &b->mdp;
    double sum, running = 0;
    for (int s = 0; !b->started && s < m->states; s++) m->start[s] = 1.0 / m->states;
    if (!normalise(m->start, (size_t)m->states, &sum))
        return gb_fail(err, GB_USAGE, "initial probabilities sum to %.12g, not 1; mend them", sum);
    for (int s = 0; s < m->states; s++) m->start_sum[s] = running += m->start[s];
    return GB_OK;
}

/* Returns how many outcomes each pair has, if all have as many and none is terminal, else 0. */
static int common_branching(const gb_mdp *m) {
    const size_t pairs = gb_mdp_pairs(m), n = m->row[1];
    if (m->stop_of_ends || m->legal || n > INT32_MAX) return 0;
    for (size_t i = 0; i < pairs; i++)
        if (m->row[i + 1] != n * (i + 1)) return 0;
    return (int)n;
}

int gb_mdp_finish(gb_mdp_builder *b, gb_mdp *out, gb_err *err) {
    gb_mdp *m = &b->mdp;
    const size_t pairs = gb_mdp_pairs(m);
    int code = GB_OK;
    *out = (gb_mdp){0};
    while (!code && b->pair < pairs) code = close_pair(b, err);
    if (!code) code = close_start(b, err);
    if (code) return code;
    m->stop = m->stop_of_ends ? m->stop_of_ends : m->row + 1;
    m->branching = common_branching(m);
    *out = *m;
    *b = (gb_mdp_builder){0};
    return GB_OK;
}
