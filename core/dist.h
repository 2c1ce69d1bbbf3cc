/* dist.h - policy distributions: sampling from given noise, log-probabilities, entropies, and their
 * exact gradients. All arrays are rows of a batch of n.
 */
#ifndef GB_CORE_DIST_H
#define GB_CORE_DIST_H

#include "base.h"
#include "rng.h"

/* --- tanh-squashed diagonal Gaussian (Haarnoja et al. 2018, appendix C) -------------------------
 * head (n, 2 d) holds means, then log standard deviations, which are clamped to [-20, 2].
 * u = mean + sigma noise, action = tanh(u). */

#define GB_LOG_STD_MIN -20
#define GB_LOG_STD_MAX 2

/* From noise (n, d) to action (n, d) in [-1, 1] and log_prob (n) of the action; log_prob may be
 * NULL. The correction uses log(1 - tanh(u)^2) = 2 (log 2 - u - softplus(-2 u)), which is exact
 * for any u. */
void gb_squashed_forward(int n, int d, const gb_real *head, const gb_real *noise, gb_real *action,
                         gb_real *log_prob);

/* Gradient with noise held fixed: d_action (n, d) and one d_log_prob for all rows are the gradients
 * of a loss; writes d_head (n, 2 d). Zero for a log standard deviation where its clamp is active.
 */
void gb_squashed_backward(int n, int d, const gb_real *head, const gb_real *noise,
                          const gb_real *action, const gb_real *d_action, gb_real d_log_prob,
                          gb_real *d_head);

/* The most likely pre-squash action: tanh(mean). */
void gb_squashed_mode(int n, int d, const gb_real *head, gb_real *action);

/* --- categorical --------------------------------------------------------------------------------
 * logits (n, k). */

/* Writes log-probabilities (n, k) and, unless NULL, probabilities (n, k), stable for any logits.
 * log_prob may be logits. */
void gb_categorical_forward(int n, int k, const gb_real *logits, gb_real *log_prob, gb_real *prob);

/* From d_prob (n, k), the gradient of a loss with respect to the probabilities as free numbers,
 * to d_logits (n, k):  p_a (d_a - sum_b p_b d_b). */
void gb_categorical_backward(int n, int k, const gb_real *prob, const gb_real *d_prob,
                             gb_real *d_logits);

/* Returns an index drawn from prob (k) by u uniform in [0, 1). */
int gb_categorical_sample(int k, const gb_real *prob, double u);

/* Returns the index of the largest of x (k); the first of equals. */
int gb_argmax(int k, const gb_real *x);

#endif
