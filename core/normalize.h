/* normalize.h - running normalisation of observations and rewards, as Stable-Baselines3's
 * VecNormalize does it: by the moments of all that was seen so far, clipped to +-10. */
#ifndef GB_CORE_NORMALIZE_H
#define GB_CORE_NORMALIZE_H

#include "archive.h"
#include "base.h"

#define GB_NORMALIZE_CLIP 10

/* Running mean and variance of n numbers. */
typedef struct gb_moments {
    int n;
    double count;      /* rows seen */
    double *mean, *m2; /* (n) means; sums of squared distances from them */
} gb_moments;

int gb_moments_init(gb_moments *moments, int n, gb_err *err);

/* Takes in rows of x (rows, n): Chan, Golub and LeVeque 1983, so that the order of magnitude of x
 * does not matter. */
void gb_moments_add(gb_moments *moments, int rows, const gb_real *x);

/* Replaces x (rows, n) by (x - mean) / sqrt(variance + 1e-8), clipped. Before the first row it
 * leaves x as it is, but for the clipping. */
void gb_moments_normalize(const gb_moments *moments, int rows, gb_real *x);

void gb_moments_archive(gb_moments *moments, gb_archive *archive);
void gb_moments_free(gb_moments *moments);

/* Rewards over the deviation of discounted returns (each instance's, begun anew with an episode).
 * They keep their sign: the mean stays. */
typedef struct gb_return_scale {
    int envs;
    double gamma;
    double *ret; /* (envs) discounted sum of the running episode's rewards */
    gb_moments moments;
    gb_real *row; /* (envs) of work */
} gb_return_scale;

int gb_return_scale_init(gb_return_scale *scale, int envs, double gamma, gb_err *err);

/* Takes in one step of all instances, and writes the scaled rewards to out (envs). */
void gb_return_scale_step(gb_return_scale *scale, const float *reward, const uint8_t *terminal,
                          const uint8_t *truncated, gb_real *out);

void gb_return_scale_archive(gb_return_scale *scale, gb_archive *archive);
void gb_return_scale_free(gb_return_scale *scale);

#endif
