/* tabular.c - the common part of the agents that learn a table of action values. */
#include "tabular.h"

#include "rng.h"

#include <math.h>

/* A table of more entries is 2 GiB and would not be filled by learning. */
enum { MOST_ENTRIES = 1 << 27 };

const char *gb_tabular_reject(const gb_spec *spec) {
    if (spec->obs.kind != GB_DISCRETE) return "needs discrete observations, for a table of states";
    if (spec->act.kind != GB_DISCRETE) return "needs discrete actions";
    if (spec->obs.n > MOST_ENTRIES / spec->act.n)
        return "needs states times actions of at most 134217728, for its table";
    return NULL;
}

int gb_tabular_init(struct tabular *t, const struct tabular_config *config,
                    const gb_regularizer *regularizer, const gb_setting *setting, gb_err *err) {
    t->c = *config;
    t->regularizer = *regularizer;
    t->states = setting->spec.obs.n, t->actions = setting->spec.act.n;
    t->rng = gb_rng_stream(setting->seed, GB_STREAM_AGENT);
    t->decay_steps = config->exploration_fraction * (double)setting->total_steps;
    size_t entries = (size_t)t->states * (size_t)t->actions;
    t->q = gb_alloc(entries, sizeof *t->q, err);
    t->visits = gb_alloc(entries, sizeof *t->visits, err);
    t->log_policy = gb_alloc(2 * (size_t)t->actions, sizeof *t->log_policy, err);
    if (!t->q || !t->visits || !t->log_policy) return GB_FAIL;
    t->prob = t->log_policy + t->actions;
    for (size_t i = 0; i < entries; i++) t->q[i] = config->initial_value;
    return GB_OK;
}

void gb_tabular_free(void *state) {
    struct tabular *t = state;
    gb_dealloc(t->q);
    gb_dealloc(t->visits);
    gb_dealloc(t->log_policy);
    t->q = t->log_policy = t->prob = NULL, t->visits = NULL;
}

/* --- policies ---------------------------------------------------------------------------------*/

/* Where a schedule between two values stands now. */
static double scheduled(const struct tabular *t, double from, double to) {
    double part = t->decay_steps > 0 ? (double)t->steps / t->decay_steps : 1;
    return part < 1 ? from + (to - from) * part : to;
}

static double epsilon(const struct tabular *t) {
    return scheduled(t, t->c.epsilon, t->c.epsilon_end);
}

static double temperature(const struct tabular *t) {
    return scheduled(t, t->c.temperature, t->c.temperature_end);
}

double gb_tabular_value(struct tabular *t, int s) {
    const gb_actions actions = {.n = t->actions};
    gb_regularizer regularizer = t->regularizer;
    regularizer.tau = regularizer.lambda = temperature(t);
    return gb_regularizer_greedy(&regularizer, &actions, gb_tabular_q(t, s, 0), t->log_policy);
}

void gb_tabular_explore(struct tabular *t, int s) {
    double share = epsilon(t);
    gb_tabular_value(t, s);
    for (int a = 0; a < t->actions; a++)
        t->prob[a] = (1 - share) * exp(t->log_policy[a]) + share / t->actions;
}

int gb_tabular_best(const struct tabular *t, int s) {
    const double *q = gb_tabular_q(t, s, 0);
    int best = 0;
    for (int a = 1; a < t->actions; a++)
        if (q[a] > q[best]) best = a;
    return best;
}

/* Draws an action from t->prob; what rounding leaves goes to the last possible action. */
static int draw(struct tabular *t) {
    double left = gb_rng_unit(&t->rng);
    int drawn = 0;
    for (int a = 0; a < t->actions && left >= 0; a++) {
        if (t->prob[a] <= 0) continue;
        left -= t->prob[a];
        drawn = a;
    }
    return drawn;
}

static double entropy(int n, const double *prob) {
    double sum = 0;
    for (int a = 0; a < n; a++)
        if (prob[a] > 0) sum -= prob[a] * log(prob[a]);
    return sum;
}

/* The number that a discrete observation or action holds. */
static int index_of(float x, int n) {
    GB_ASSERT(x >= 0 && x < (float)n);
    return (int)x;
}

void gb_tabular_act(void *state, int n, const float *obs, float *action, bool explore) {
    struct tabular *t = state;
    for (int i = 0; i < n; i++) {
        int s = index_of(obs[i], t->states);
        if (!explore) {
            action[i] = (float)gb_tabular_best(t, s);
            continue;
        }
        gb_tabular_explore(t, s);
        t->entropy_sum += entropy(t->actions, t->prob);
        t->acts++;
        action[i] = (float)draw(t);
    }
}

/* --- insight ----------------------------------------------------------------------------------*/

void gb_tabular_insight(void *state, const float *obs, gb_rng *rng, gb_insight *out) {
    struct tabular *t = state;
    const int s = index_of(obs[0], t->states);
    const double *q = gb_tabular_q(t, s, 0);
    out->value = gb_tabular_value(t, s);
    out->temperature = temperature(t);
    out->critics = 1, out->visits = 0;
    for (int a = 0; a < t->actions; a++) {
        out->q[a] = q[a];
        out->prob[a] = exp(t->log_policy[a]);
        out->visits += (double)t->visits[(size_t)(q - t->q) + (size_t)a];
    }
    gb_insight_probabilities(out, gb_tabular_best(t, s), rng);
}

/* --- learning ---------------------------------------------------------------------------------*/

struct tabular_step gb_tabular_step(const struct tabular *t, const gb_batch *batch, int i) {
    return (struct tabular_step){.s = index_of(batch->obs[i], t->states),
                                 .a = index_of(batch->action[i], t->actions),
                                 .next = index_of(batch->next_obs[i], t->states),
                                 .reward = (double)batch->reward[i],
                                 .terminal = batch->terminal[i] != 0};
}

void gb_tabular_update(struct tabular *t, int s, int a, double target) {
    double *q = gb_tabular_q(t, s, a);
    int64_t visit = ++t->visits[q - t->q];
    double lr = t->c.lr_decay > 0 ? t->c.lr * pow((double)visit, -t->c.lr_decay) : t->c.lr;
    double error = target - *q;
    *q += lr * error;
    t->visited += visit == 1;
    t->error_sum += fabs(error);
    t->updates++;
}

int gb_tabular_observed(struct tabular *t, int n, const char *name, gb_err *err) {
    t->steps += n;
    if (isfinite(t->error_sum)) return GB_OK;
    return gb_fail(err, GB_FAIL, "%s: td_error is not finite after %lld steps; scale the rewards",
                   name, (long long)t->steps);
}

/* --- reporting, saving ------------------------------------------------------------------------*/

int gb_tabular_metrics(void *state, gb_metric out[GB_MAX_METRICS]) {
    struct tabular *t = state;
    double entries = (double)t->states * t->actions;
    int n = 0;
    out[n++] = (gb_metric){"td_error", t->updates ? t->error_sum / (double)t->updates : NAN};
    out[n++] = (gb_metric){"epsilon", epsilon(t)};
    out[n++] = (gb_metric){"temperature", temperature(t)};
    out[n++] = (gb_metric){"entropy", t->acts ? t->entropy_sum / (double)t->acts : NAN};
    out[n++] = (gb_metric){"visited", (double)t->visited / entries};
    t->error_sum = t->entropy_sum = 0;
    t->updates = t->acts = 0;
    return n;
}

void gb_tabular_archive(void *state, gb_archive *archive, bool policy_only) {
    struct tabular *t = state;
    size_t entries = (size_t)t->states * (size_t)t->actions;
    gb_archive_f64(archive, "q", t->q, entries);
    if (policy_only) return;
    gb_archive_i64(archive, "visits", t->visits, entries);
    gb_archive_rng(archive, "rng", &t->rng);
    gb_archive_i64(archive, "steps", &t->steps, 1);
    gb_archive_i64(archive, "visited", &t->visited, 1);
    gb_archive_f64(archive, "error_sum", &t->error_sum, 1);
    gb_archive_f64(archive, "entropy_sum", &t->entropy_sum, 1);
    gb_archive_i64(archive, "updates", &t->updates, 1);
    gb_archive_i64(archive, "acts", &t->acts, 1);
}

void gb_tabular_archive_insight(void *state, gb_archive *archive) {
    struct tabular *t = state;
    gb_archive_i64(archive, "visits", t->visits, (size_t)t->states * (size_t)t->actions);
}
