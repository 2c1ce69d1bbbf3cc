/* noise.h - exploration noise that is standard normal at each step, and correlated over time.
 *
 * A Gaussian policy acts with mean + sigma noise. White noise explores by jitter; noise that is
 * correlated over steps goes somewhere. Each kind below has marginals N(0, 1), so that the policy
 * stays what the losses take it for.
 */
#ifndef GB_CORE_NOISE_H
#define GB_CORE_NOISE_H

#include "archive.h"
#include "base.h"
#include "rng.h"

typedef enum gb_noise_kind {
    GB_NOISE_WHITE = 1, /* independent at each step */
    GB_NOISE_PINK,      /* power spectrum 1/f over an episode (Eberhard et al. 2023) */
    GB_NOISE_GSDE       /* a linear function of the policy's last features, drawn anew every `hold`
                           steps (Raffin et al. 2022); the features are scaled to length 1 and the
                           policy keeps its own deviations, which the paper learns as a matrix */
} gb_noise_kind;

typedef struct gb_noise {
    int kind, envs, dims;
    int features;  /* GSDE: how many */
    int horizon;   /* PINK: steps in one drawn sequence, a power of 2 */
    int hold;      /* GSDE: steps a function is kept */
    double *table; /* PINK: (envs, dims, horizon) values; GSDE: (envs, dims, features) weights */
    int *age;      /* (envs) steps since the instance's rows were drawn; -1: not drawn */
} gb_noise;

/* Returns the kind called "white", "pink" or "gsde", or 0. */
int gb_noise_named(const char *name);

/* Makes noise for `envs` instances of dims numbers each. max_steps: the longest episode, 0 if
 * unknown; it sets the length of pink sequences (256 to 4096). */
int gb_noise_init(gb_noise *noise, int kind, int envs, int dims, int features, int max_steps,
                  int hold, gb_err *err);

/* Writes the next noise of every instance to out (envs, dims). features (envs, noise->features) is
 * for GSDE and may be NULL otherwise. */
void gb_noise_next(gb_noise *noise, const gb_real *features, gb_rng *rng, gb_real *out);

/* Instance i begins a new episode: its noise is drawn anew. */
void gb_noise_restart(gb_noise *noise, int i);

void gb_noise_archive(gb_noise *noise, gb_archive *archive);
void gb_noise_free(gb_noise *noise);

#endif
