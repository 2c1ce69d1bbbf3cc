#include "insight.h"

#include "space.h"

#include <math.h>
#include <string.h>

enum { POINTS = GB_INSIGHT_POINTS, MOST_OUTS = 2 };

int gb_insight_init(gb_insight *in, const gb_space *act, gb_err *err) {
    const bool box = act->kind == GB_BOX;
    const size_t n = (size_t)act->n, size = (size_t)gb_space_size(act);
    *in = (gb_insight){.act = *act};
    in->prob = gb_alloc(3 * n, sizeof *in->prob, err);
    if (in->prob)
        in->density = gb_alloc((box ? n * POINTS : 0) + 2 * n + 2 * size, sizeof *in->density, err);
    if (in->density)
        in->work = gb_alloc(POINTS * (MOST_OUTS + 2) + size + 2, sizeof *in->work, err);
    if (!in->work) {
        gb_insight_free(in);
        return GB_FAIL;
    }
    in->q = in->prob + n;
    in->low = in->density + (box ? n * POINTS : 0), in->high = in->low + n;
    in->mode = in->high + n, in->sample = in->mode + size;
    gb_insight_clear(in);
    return GB_OK;
}

void gb_insight_free(gb_insight *in) {
    gb_dealloc(in->prob);
    gb_dealloc(in->density);
    gb_dealloc(in->work);
    *in = (gb_insight){0};
}

void gb_insight_clear(gb_insight *in) {
    in->has_policy = false, in->critics = 0;
    in->entropy = in->value = in->temperature = in->visits = NAN;
}

/* --- policies ---------------------------------------------------------------------------------*/

void gb_insight_probabilities(gb_insight *in, int mode, gb_rng *rng) {
    double left = gb_rng_unit(rng);
    int drawn = 0;
    in->has_policy = true, in->entropy = 0;
    in->mode[0] = (float)mode;
    for (int a = 0; a < in->act.n; a++)
        if (in->prob[a] > 0) in->entropy -= in->prob[a] * log(in->prob[a]);
    for (int a = 0; a < in->act.n && left >= 0; a++) { /* what rounding leaves: the last one */
        if (in->prob[a] <= 0) continue;
        left -= in->prob[a], drawn = a;
    }
    in->sample[0] = (float)drawn;
}

/* Sets the range of dimension j: its bounds, or what a normal distribution fills. */
static void set_range(gb_insight *in, int j, double mean, double deviation) {
    const gb_space *act = &in->act;
    const bool low = act->low && isfinite(act->low[j]), high = act->high && isfinite(act->high[j]);
    in->low[j] = low ? act->low[j] : (float)(mean - 4 * deviation);
    in->high[j] = high ? act->high[j] : (float)(mean + 4 * deviation);
    if (!(in->low[j] < in->high[j])) in->low[j] -= 1, in->high[j] += 1;
}

static double middle_of(const gb_insight *in, int j, int k) {
    const double low = (double)in->low[j], high = (double)in->high[j];
    return low + (high - low) * (k + 0.5) / POINTS;
}

/* The density of dimension j: that of a head of this dimension alone, with its parameters. */
static void fill_density(gb_insight *in, const gb_head *head, gb_dists p, int j) {
    const int d = head->act.n, outs = head->type->outs;
    gb_head one = *head;
    one.act.n = one.raw = 1, one.out = outs, one.free = head->type->frees;
    if (head->act.low) one.act.low = head->act.low + j, one.act.high = head->act.high + j;
    gb_real *out = in->work, *raw = out + POINTS * MOST_OUTS, *log_prob = raw + POINTS;
    gb_dists row = {POINTS, out, p.free ? p.free + j : NULL};
    const double deviation = head->type->frees ? head->type->spread(p.free[j]) : 1;
    set_range(in, j, (double)p.out[j], deviation);
    for (int k = 0; k < POINTS; k++) {
        const float x = (float)middle_of(in, j, k);
        for (int i = 0; i < outs; i++) out[k * outs + i] = p.out[i * d + j];
        one.type->raw_of(&one, 1, &x, raw + k);
    }
    one.type->forward(&one, row, raw, log_prob, NULL);
    /* from the units of the head's density to those of the action */
    const double range = head->type->bounded ? (double)(in->high[j] - in->low[j]) : 1;
    const double unit = head->type == &gb_head_squashed ? 2 / range : 1 / range;
    for (int k = 0; k < POINTS; k++)
        in->density[j * POINTS + k] = (float)(exp((double)log_prob[k]) * unit);
}

void gb_insight_policy(gb_insight *in, const gb_head *head, gb_dists p, gb_rng *rng) {
    GB_ASSERT(p.n == 1 && head->type->outs <= MOST_OUTS);
    if (head->type == &gb_head_categorical) {
        int best = 0;
        for (int a = 0; a < head->out; a++) {
            in->prob[a] = exp((double)p.out[a]);
            if (p.out[a] > p.out[best]) best = a;
        }
        gb_insight_probabilities(in, best, rng);
        return;
    }
    gb_real *raw = in->work, *log_prob = raw + head->raw, *entropy = log_prob + 1;
    in->has_policy = true;
    head->type->mode(head, p, raw);
    head->type->action(head, 1, raw, in->mode);
    head->type->sample(head, p, rng, raw, log_prob);
    head->type->action(head, 1, raw, in->sample);
    head->type->forward(head, p, raw, log_prob, entropy);
    in->entropy = (double)*entropy;
    for (int j = 0; j < in->act.n; j++) fill_density(in, head, p, j);
}

void gb_insight_uniform(gb_insight *in) {
    const bool box = in->act.kind == GB_BOX;
    in->has_policy = true;
    if (!box) in->entropy = log(in->act.n);
    for (int j = 0; j < in->act.n; j++) {
        in->prob[j] = 1.0 / in->act.n;
        if (!box) continue;
        set_range(in, j, 0, 1);
        const double width = (double)in->high[j] - (double)in->low[j];
        const bool bounded = gb_space_is_bounded(&in->act);
        for (int k = 0; k < POINTS; k++) {
            const double x = middle_of(in, j, k);
            in->density[j * POINTS + k] = (float)(bounded ? 1 / width : exp(-x * x / 2));
        }
    }
}
