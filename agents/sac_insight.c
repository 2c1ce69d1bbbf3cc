/* sac_insight.c - what sac shows of itself in a state: its policy, both critics, temperature.
 *
 * The state's value is E_a[min_i Q_i(s, a)] + alpha H(pi(.|s)); for continuous actions the
 * expectation is replaced by the one action that is looked at. */
#include "head.h"
#include "sac.h"

#include <math.h>
#include <string.h>

/* The values of both critics, from their inputs x (1, ...); writes them to out->q. */
static void judge(struct sac *s, const gb_real *x, gb_insight *out) {
    const int n = s->critic_net.out;
    out->critics = 2;
    for (int i = 0; i < 2; i++) {
        const gb_real *q =
            gb_net_forward(&s->critic_net, s->critic[i].params, x, 1, &s->critic[i].tape);
        for (int k = 0; k < n; k++) out->q[i * n + k] = (double)q[k];
    }
}

void gb_sac_insight(void *state, const float *obs, gb_rng *rng, gb_insight *out) {
    struct sac *s = state;
    gb_head head;
    gb_err never;
    const int d = s->dims;
    if (gb_head_init(&head, "squashed", &s->act, &never)) return;
    gb_sac_see(s, 1, obs, s->act_x);
    gb_dists p = {1, gb_net_forward(&s->actor_net, s->actor, s->act_x, 1, &s->act_tape), NULL};
    head.type->prepare(&head, p);
    gb_insight_policy(out, &head, p, rng);
    out->temperature = exp((double)s->log_alpha);
    if (s->discrete) {
        judge(s, s->act_x, out);
        out->value = 0;
        for (int a = 0; a < d; a++) out->value += out->prob[a] * fmin(out->q[a], out->q[d + a]);
    } else {
        const float *action = out->sampled ? out->sample : out->mode;
        memcpy(s->xa, s->act_x, (size_t)s->features * sizeof *s->xa);
        for (int j = 0; j < d; j++) {
            const float low = s->act.low[j], high = s->act.high[j];
            s->xa[s->features + j] = (gb_real)(2 * (action[j] - low) / (high - low) - 1);
        }
        judge(s, s->xa, out);
        out->value = fmin(out->q[0], out->q[1]);
    }
    out->value += out->temperature * out->entropy;
}

static void archive_values(struct sac *s, struct sac_critic *critic, const char *name,
                           gb_archive *archive) {
    gb_archive_enter(archive, name);
    gb_net_archive(&s->critic_net, critic->params, archive);
    gb_archive_leave(archive);
}

void gb_sac_archive_insight(void *state, gb_archive *archive) {
    struct sac *s = state;
    archive_values(s, &s->critic[0], "critic1", archive);
    archive_values(s, &s->critic[1], "critic2", archive);
    gb_archive_real(archive, "log_alpha", &s->log_alpha, 1, 0);
}
