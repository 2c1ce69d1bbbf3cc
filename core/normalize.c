#include "normalize.h"

#include <math.h>

int gb_moments_init(gb_moments *moments, int n, gb_err *err) {
    *moments = (gb_moments){.n = n, .mean = gb_alloc(2 * (size_t)n, sizeof(double), err)};
    if (!moments->mean) return GB_FAIL;
    moments->m2 = moments->mean + n;
    return GB_OK;
}

void gb_moments_add(gb_moments *moments, int rows, const gb_real *x) {
    const int n = moments->n;
    const double before = moments->count, after = before + rows;
    for (int j = 0; j < n; j++) {
        double mean = 0, m2 = 0;
        for (int i = 0; i < rows; i++) mean += (double)x[(size_t)i * (size_t)n + (size_t)j];
        mean /= rows;
        for (int i = 0; i < rows; i++) {
            double off = (double)x[(size_t)i * (size_t)n + (size_t)j] - mean;
            m2 += off * off;
        }
        double delta = mean - moments->mean[j];
        moments->mean[j] += delta * rows / after;
        moments->m2[j] += m2 + delta * delta * before * rows / after;
    }
    moments->count = after;
}

static double clip(double x) {
    return x < -GB_NORMALIZE_CLIP  ? -GB_NORMALIZE_CLIP
           : x > GB_NORMALIZE_CLIP ? GB_NORMALIZE_CLIP
                                   : x;
}

void gb_moments_normalize(const gb_moments *moments, int rows, gb_real *x) {
    const int n = moments->n;
    for (int j = 0; j < n; j++) {
        double mean = moments->mean[j], scale = 1;
        if (moments->count > 0) scale = 1 / sqrt(moments->m2[j] / moments->count + 1e-8);
        for (int i = 0; i < rows; i++) {
            gb_real *at = x + (size_t)i * (size_t)n + (size_t)j;
            *at = (gb_real)clip(((double)*at - mean) * scale);
        }
    }
}

void gb_moments_archive(gb_moments *moments, gb_archive *archive) {
    gb_archive_f64(archive, "count", &moments->count, 1);
    gb_archive_f64(archive, "mean", moments->mean, (size_t)moments->n);
    gb_archive_f64(archive, "m2", moments->m2, (size_t)moments->n);
    bool sound = moments->count >= 0;
    for (int j = 0; j < moments->n; j++)
        sound = sound && isfinite(moments->mean[j]) && moments->m2[j] >= 0;
    if (!sound)
        gb_archive_reject(archive, "checkpoint: moments that nothing can have; it is damaged");
}

void gb_moments_free(gb_moments *moments) {
    gb_dealloc(moments->mean);
    *moments = (gb_moments){0};
}

/* --- returns ----------------------------------------------------------------------------------*/

int gb_return_scale_init(gb_return_scale *scale, int envs, double gamma, gb_err *err) {
    *scale = (gb_return_scale){.envs = envs, .gamma = gamma};
    scale->ret = gb_alloc((size_t)envs, sizeof *scale->ret, err);
    scale->row = gb_alloc((size_t)envs, sizeof *scale->row, err);
    if (!scale->ret || !scale->row) return GB_FAIL;
    return gb_moments_init(&scale->moments, 1, err);
}

void gb_return_scale_step(gb_return_scale *scale, const float *reward, const uint8_t *terminal,
                          const uint8_t *truncated, gb_real *out) {
    const gb_moments *m = &scale->moments;
    for (int i = 0; i < scale->envs; i++) {
        scale->ret[i] = scale->gamma * scale->ret[i] + (double)reward[i];
        scale->row[i] = (gb_real)scale->ret[i];
        if (terminal[i] || truncated[i]) scale->ret[i] = 0;
    }
    gb_moments_add(&scale->moments, scale->envs, scale->row);
    const double factor = 1 / sqrt(m->m2[0] / m->count + 1e-8);
    for (int i = 0; i < scale->envs; i++) out[i] = (gb_real)clip((double)reward[i] * factor);
}

void gb_return_scale_archive(gb_return_scale *scale, gb_archive *archive) {
    gb_archive_f64(archive, "ret", scale->ret, (size_t)scale->envs);
    gb_moments_archive(&scale->moments, archive);
}

void gb_return_scale_free(gb_return_scale *scale) {
    gb_dealloc(scale->ret);
    gb_dealloc(scale->row);
    gb_moments_free(&scale->moments);
    *scale = (gb_return_scale){0};
}
