#include "noise.h"

#include <gsl/gsl_fft_halfcomplex.h>
#include <math.h>
#include <string.h>

int gb_noise_named(const char *name) {
    static const char *const names[] = {"white", "pink", "gsde"};
    for (int i = 0; i < 3; i++)
        if (!strcmp(name, names[i])) return i + 1;
    return 0;
}

static size_t row_size(const gb_noise *noise) {
    size_t row = noise->kind == GB_NOISE_PINK ? (size_t)noise->horizon : (size_t)noise->features;
    return noise->kind == GB_NOISE_WHITE ? 0 : row;
}

static size_t table_size(const gb_noise *noise) {
    return (size_t)noise->envs * (size_t)noise->dims * row_size(noise);
}

int gb_noise_init(gb_noise *noise, int kind, int envs, int dims, int features, int max_steps,
                  int hold, gb_err *err) {
    *noise =
        (gb_noise){.kind = kind, .envs = envs, .dims = dims, .features = features, .hold = hold};
    noise->horizon = 256;
    while (noise->horizon < 4096 && noise->horizon < (max_steps ? max_steps : 4096))
        noise->horizon *= 2;
    noise->table = gb_alloc(table_size(noise), sizeof *noise->table, err);
    noise->age = gb_alloc((size_t)envs, sizeof *noise->age, err);
    if (!noise->table || !noise->age) return GB_FAIL;
    for (int i = 0; i < envs; i++) noise->age[i] = -1;
    return GB_OK;
}

/* One sequence x (n) with power 1/f and variance 1 (Timmer and Koenig 1995: normal Fourier
 * coefficients, scaled). Frequencies 1..n/2; the mean is left at 0. */
static void draw_pink(gb_rng *rng, double *x, int n) {
    double power = 0;
    memset(x, 0, (size_t)n * sizeof *x);
    for (int k = 1; k <= n / 2; k++) {
        double amplitude = 1 / sqrt(k);
        x[k] = amplitude * gb_rng_normal(rng);
        if (k < n / 2) x[n - k] = amplitude * gb_rng_normal(rng);
        power += (k < n / 2 ? 4 : 1) / (double)k;
    }
    /* unnormalised backward transform: a coefficient a + ib of 0 < k < n/2 adds 2a cos - 2b sin,
     * whose variance over the draws is 4 / k */
    gsl_fft_halfcomplex_radix2_backward(x, 1, (size_t)n);
    double scale = 1 / sqrt(power);
    for (int t = 0; t < n; t++) x[t] *= scale;
}

static void draw(gb_noise *noise, int env, gb_rng *rng) {
    size_t row = row_size(noise), n = row * (size_t)noise->dims;
    double *table = noise->table + (size_t)env * n;
    noise->age[env] = 0;
    if (noise->kind == GB_NOISE_PINK)
        for (int j = 0; j < noise->dims; j++)
            draw_pink(rng, table + (size_t)j * row, noise->horizon);
    else
        for (size_t i = 0; i < n; i++) table[i] = gb_rng_normal(rng);
}

static double next(const gb_noise *noise, int env, int dim, const gb_real *features) {
    size_t row = row_size(noise);
    const double *table = noise->table + ((size_t)env * (size_t)noise->dims + (size_t)dim) * row;
    if (noise->kind == GB_NOISE_PINK) return table[noise->age[env]];
    double dot = 0, norm = 1e-12;
    const gb_real *f = features + (size_t)env * row;
    for (size_t k = 0; k < row; k++) {
        dot += table[k] * (double)f[k];
        norm += (double)f[k] * (double)f[k];
    }
    return dot / sqrt(norm);
}

void gb_noise_next(gb_noise *noise, const gb_real *features, gb_rng *rng, gb_real *out) {
    if (noise->kind == GB_NOISE_WHITE) {
        gb_rng_fill_normal(rng, out, (size_t)noise->envs * (size_t)noise->dims);
        return;
    }
    int life = noise->kind == GB_NOISE_PINK ? noise->horizon : noise->hold;
    for (int i = 0; i < noise->envs; i++) {
        if (noise->age[i] < 0 || noise->age[i] >= life) draw(noise, i, rng);
        for (int j = 0; j < noise->dims; j++)
            out[i * noise->dims + j] = (gb_real)next(noise, i, j, features);
        noise->age[i]++;
    }
}

void gb_noise_restart(gb_noise *noise, int i) {
    noise->age[i] = -1;
}

void gb_noise_archive(gb_noise *noise, gb_archive *archive) {
    gb_archive_f64(archive, "table", noise->table, table_size(noise));
    gb_archive_i32(archive, "age", noise->age, (size_t)noise->envs);
}

void gb_noise_free(gb_noise *noise) {
    gb_dealloc(noise->table);
    gb_dealloc(noise->age);
    *noise = (gb_noise){0};
}
