#include "head.h"

#include "dist.h"
#include "space.h"

#include <string.h>
#include <tgmath.h>

int gb_head_init(gb_head *head, const char *name, const gb_space *act, gb_err *err) {
    static const gb_head_type *const types[] = {&gb_head_gaussian, &gb_head_squashed,
                                                &gb_head_beta};
    *head = (gb_head){.act = *act, .raw = gb_space_size(act)};
    if (act->kind == GB_DISCRETE) head->type = &gb_head_categorical;
    for (size_t i = 0; !head->type && i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i]->name, name)) head->type = types[i];
    if (!head->type)
        return gb_fail(err, GB_USAGE, "%s: no policy head; use gaussian, squashed or beta", name);
    if (head->type->bounded && act->kind == GB_BOX && !gb_space_is_bounded(act))
        return gb_fail(err, GB_USAGE,
                       "%s policy: needs actions with finite bounds; use the gaussian one", name);
    head->out = head->type->outs * act->n;
    head->free = head->type->frees * act->n;
    return GB_OK;
}

void gb_head_reset(const gb_head *head, double log_std, gb_real *bias, gb_real *free) {
    for (int k = 0; k < head->out; k++)
        bias[k] = k < head->out - head->type->log_stds * head->act.n ? 0 : (gb_real)log_std;
    for (int k = 0; k < head->free; k++) free[k] = (gb_real)log_std;
}

double gb_head_spread(const gb_head *head, gb_dists p) {
    double sum = 0;
    if (!head->type->spread) return NAN;
    for (int k = 0; k < head->free; k++) sum += head->type->spread(p.free[k]) / head->free;
    if (head->free) return sum;
    for (int i = 0; i < p.n; i++)
        for (int k = head->raw; k < head->out; k++)
            sum += head->type->spread(p.out[(size_t)i * (size_t)head->out + (size_t)k]);
    return sum / p.n / head->raw;
}

/* --- categorical: parameters are log-probabilities ---------------------------------------------*/

static void categorical_prepare(const gb_head *head, gb_dists p) {
    gb_categorical_forward(p.n, head->out, p.out, p.out, NULL);
}

static void categorical_sample(const gb_head *head, gb_dists p, gb_rng *rng, gb_real *raw,
                               gb_real *log_prob) {
    const int k = head->out;
    for (int i = 0; i < p.n; i++, p.out += k) {
        double u = gb_rng_unit(rng);
        int a = 0;
        while (a < k - 1 && (u -= (double)exp(p.out[a])) >= 0) a++;
        raw[i] = (gb_real)a;
        log_prob[i] = p.out[a];
    }
}

static void categorical_mode(const gb_head *head, gb_dists p, gb_real *raw) {
    for (int i = 0; i < p.n; i++)
        raw[i] = (gb_real)gb_argmax(head->out, p.out + (size_t)i * (size_t)head->out);
}

static gb_real categorical_entropy(int k, const gb_real *log_prob) {
    gb_real sum = 0;
    for (int a = 0; a < k; a++) sum -= exp(log_prob[a]) * log_prob[a];
    return sum;
}

static void categorical_forward(const gb_head *head, gb_dists p, const gb_real *raw,
                                gb_real *log_prob, gb_real *entropy) {
    const int k = head->out;
    for (int i = 0; i < p.n; i++, p.out += k) {
        log_prob[i] = p.out[(int)raw[i]];
        if (entropy) entropy[i] = categorical_entropy(k, p.out);
    }
}

/* d log p_b = [a = b] - p_a;  d H = -p_a (log p_a + H). */
static void categorical_backward(const gb_head *head, gb_dists p, const gb_real *raw,
                                 const gb_real *d_log_prob, gb_real d_entropy, gb_dists d) {
    const int k = head->out;
    for (int i = 0; i < p.n; i++, p.out += k, d.out += k) {
        gb_real entropy = d_entropy != 0 ? categorical_entropy(k, p.out) : 0;
        for (int a = 0; a < k; a++)
            d.out[a] -= exp(p.out[a]) * (d_log_prob[i] + d_entropy * (p.out[a] + entropy));
        d.out[(int)raw[i]] += d_log_prob[i];
    }
}

static void categorical_kl(const gb_head *head, gb_dists p, gb_dists q, gb_real *kl) {
    const int k = head->out;
    for (int i = 0; i < p.n; i++, p.out += k, q.out += k) {
        kl[i] = 0;
        for (int a = 0; a < k; a++) kl[i] += exp(p.out[a]) * (p.out[a] - q.out[a]);
    }
}

/* By p: p_a (log p_a/q_a - KL); by q: q_a - p_a. */
static void categorical_kl_backward(const gb_head *head, gb_dists p, gb_dists q, gb_real weight,
                                    gb_dists dp, gb_dists dq) {
    const int k = head->out;
    for (int i = 0; i < p.n; i++, p.out += k, q.out += k) {
        gb_real kl = 0;
        for (int a = 0; a < k && dp.out; a++) kl += exp(p.out[a]) * (p.out[a] - q.out[a]);
        for (int a = 0; a < k && dp.out; a++)
            dp.out[(size_t)i * (size_t)k + (size_t)a] +=
                weight * exp(p.out[a]) * (p.out[a] - q.out[a] - kl);
        for (int a = 0; a < k && dq.out; a++)
            dq.out[(size_t)i * (size_t)k + (size_t)a] += weight * (exp(q.out[a]) - exp(p.out[a]));
    }
}

static void categorical_fisher(const gb_head *head, gb_dists p, gb_dists v, gb_real weight,
                               gb_dists y) {
    const int k = head->out;
    for (int i = 0; i < p.n; i++, p.out += k, v.out += k, y.out += k) {
        gb_real mean = 0;
        for (int a = 0; a < k; a++) mean += exp(p.out[a]) * v.out[a];
        for (int a = 0; a < k; a++) y.out[a] = weight * exp(p.out[a]) * (v.out[a] - mean);
    }
}

static void categorical_action(const gb_head *head, int n, const gb_real *raw, float *action) {
    (void)head;
    for (int i = 0; i < n; i++) action[i] = (float)raw[i];
}

static void categorical_raw_of(const gb_head *head, int n, const float *action, gb_real *raw) {
    (void)head;
    for (int i = 0; i < n; i++) raw[i] = (gb_real)action[i];
}

const gb_head_type gb_head_categorical = {
    .name = "categorical",
    .outs = 1,
    .prepare = categorical_prepare,
    .sample = categorical_sample,
    .mode = categorical_mode,
    .forward = categorical_forward,
    .backward = categorical_backward,
    .kl = categorical_kl,
    .kl_backward = categorical_kl_backward,
    .fisher = categorical_fisher,
    .action = categorical_action,
    .raw_of = categorical_raw_of,
};
