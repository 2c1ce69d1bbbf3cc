/* sac_act.c - the actions of a soft actor-critic, from what its policy's network says of s.
 *
 *   continuous   a = tanh(mean(s) + sigma(s) eps), scaled to the bounds;   mode: tanh(mean(s))
 *   discrete     a = min {a : pi(0|s) + ... + pi(a|s) > Phi(eps)};         mode: argmax pi(.|s)
 *   at first     uniform, in the place of Phi(eps) if eps is correlated
 *
 * with eps standard normal at each step and Phi the normal distribution function. Over the steps of
 * an episode eps is independent or correlated: see noise.h. Evaluation takes the mode, and leaves
 * noise and random numbers as they are.
 */
#include "dist.h"
#include "sac.h"
#include "space.h"

#include <math.h>

/* Number j of an action from [-1, 1] to its bounds. */
static float scale_action(const gb_space *act, int j, gb_real unit) {
    float low = act->low[j], high = act->high[j];
    return fminf(fmaxf(low + (high - low) / 2 * ((float)unit + 1), low), high);
}

/* Where in [0, 1] a standard normal number stands among its kind. */
static double quantile(gb_real x) {
    return erfc(-(double)x / sqrt(2)) / 2;
}

/* --- from the policy -------------------------------------------------------------------------- */

/* Discrete actions by inversion of their distribution at the quantile of a normal number: each
 * follows the policy exactly, and correlated noise makes runs of like actions. */
static void sample_discrete(struct sac *s, int n, const gb_real *head, float *action) {
    int k = s->dims;
    gb_real *prob = s->act_out, *log_prob = prob + n * k, *noise = log_prob + n * k;
    gb_categorical_forward(n, k, head, log_prob, prob);
    gb_noise_next(&s->noise, gb_net_features(&s->actor_net, &s->act_tape), &s->rng, noise);
    for (int i = 0; i < n; i++)
        action[i] = (float)gb_categorical_sample(k, prob + i * k, quantile(noise[i]));
}

void gb_sac_see(const struct sac *s, int n, const float *obs, gb_real *x) {
    gb_space_encode(&s->obs, n, obs, x);
    if (gb_sac_normalizes(s)) gb_moments_normalize(&s->moments, n, x);
}

/* Rows that fit the acting tape: policy outputs to actions. */
static void act_rows(struct sac *s, int n, const float *obs, float *action, bool explore) {
    gb_sac_see(s, n, obs, s->act_x);
    const gb_real *head = gb_net_forward(&s->actor_net, s->actor, s->act_x, n, &s->act_tape);
    int d = s->dims;
    gb_real *out = s->act_out, *noise = out + n * d;
    if (s->discrete) {
        if (explore)
            sample_discrete(s, n, head, action);
        else
            for (int i = 0; i < n; i++) action[i] = (float)gb_argmax(d, head + i * d);
        return;
    }
    if (explore) {
        gb_noise_next(&s->noise, gb_net_features(&s->actor_net, &s->act_tape), &s->rng, noise);
        gb_squashed_forward(n, d, head, noise, out, NULL);
    } else {
        gb_squashed_mode(n, d, head, out);
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++) action[i * d + j] = scale_action(&s->act, j, out[i * d + j]);
}

/* --- at random -------------------------------------------------------------------------------- */

/* The first steps: uniform actions. Correlated noise, through its quantiles, makes them uniform and
 * correlated, so that the first transitions already lead somewhere. */
static void act_at_random(struct sac *s, int n, const float *obs, float *action) {
    int size = gb_space_size(&s->act);
    if (s->noise.kind == GB_NOISE_WHITE) {
        for (int i = 0; i < n; i++) gb_space_sample(&s->act, &s->rng, action + i * size);
        return;
    }
    gb_real *noise = s->act_out;
    gb_sac_see(s, n, obs, s->act_x);
    gb_net_forward(&s->actor_net, s->actor, s->act_x, n, &s->act_tape);
    gb_noise_next(&s->noise, gb_net_features(&s->actor_net, &s->act_tape), &s->rng, noise);
    for (int i = 0; i < n * size; i++) {
        double u = quantile(noise[i]);
        action[i] = s->discrete ? (float)fmin(floor(u * s->dims), s->dims - 1)
                                : scale_action(&s->act, i % size, (gb_real)(2 * u - 1));
    }
}

void gb_sac_act(void *state, int n, const float *obs, float *action, bool explore) {
    struct sac *s = state;
    int obs_size = gb_space_size(&s->obs), act_size = gb_space_size(&s->act);
    if (explore && s->steps < s->c.learning_starts) {
        act_at_random(s, n, obs, action);
        return;
    }
    int most = s->envs < 64 ? 64 : s->envs;
    for (int i = 0; i < n; i += most)
        act_rows(s, n - i < most ? n - i : most, obs + (size_t)i * (size_t)obs_size,
                 action + (size_t)i * (size_t)act_size, explore);
}
