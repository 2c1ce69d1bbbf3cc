#include "space.h"

#include <stdio.h>
#include <string.h>

/* Floats count whole numbers exactly up to here, and larger one-hot codes help nobody. */
#define LARGEST (1 << 24)

static float low_of(const gb_space *space, int k) {
    return space->low ? space->low[k] : -INFINITY;
}
static float high_of(const gb_space *space, int k) {
    return space->high ? space->high[k] : INFINITY;
}

void gb_space_encode(const gb_space *space, int n, const float *x, gb_real *out) {
    size_t features = (size_t)gb_space_features(space);
    if (space->kind == GB_BOX) {
        for (size_t i = 0; i < (size_t)n * features; i++) out[i] = (gb_real)x[i];
        return;
    }
    memset(out, 0, (size_t)n * features * sizeof *out);
    for (int i = 0; i < n; i++) {
        GB_ASSERT(x[i] >= 0 && x[i] < (float)space->n);
        out[(size_t)i * features + (size_t)x[i]] = 1;
    }
}

bool gb_space_is_bounded(const gb_space *space) {
    if (space->kind != GB_BOX) return false;
    for (int k = 0; k < space->n; k++) {
        float low = low_of(space, k), high = high_of(space, k);
        if (!isfinite(low) || !isfinite(high) || !(low < high) || !isfinite(high - low))
            return false;
    }
    return true;
}

bool gb_space_contains(const gb_space *space, const float *x) {
    if (space->kind != GB_BOX) return x[0] >= 0 && x[0] < (float)space->n && x[0] == floorf(x[0]);
    for (int k = 0; k < space->n; k++)
        if (!isfinite(x[k]) || x[k] < low_of(space, k) || x[k] > high_of(space, k)) return false;
    return true;
}

/* Uniform between two bounds, from 32 random bits. */
static inline float between(float low, float high, uint32_t bits) {
    return (float)(low + ((double)high - low) * (bits * 0x1p-32));
}

/* One real number: uniform between two bounds; else normal, folded to the side that is allowed. */
static float sample_real(float low, float high, gb_rng *rng) {
    if (isfinite(low) && isfinite(high)) return between(low, high, gb_rng_u32(rng));
    double x = gb_rng_normal(rng);
    if (isfinite(low)) return (float)(low + fabs(x));
    if (isfinite(high)) return (float)(high - fabs(x));
    return (float)x;
}

void gb_space_sample(const gb_space *space, gb_rng *rng, float *x) {
    if (space->kind != GB_BOX) {
        x[0] = (float)gb_rng_below(rng, (uint32_t)space->n);
        return;
    }
    for (int k = 0; k < space->n; k++) x[k] = sample_real(low_of(space, k), high_of(space, k), rng);
}

enum { BLOCK = 64 };

/* Draws 32 bits from each of n streams, n <= BLOCK. Whole streams are written back, for only then
 * does the loop run on vectors. */
static void draw_each(gb_rng *restrict rng, int n, uint32_t *restrict bits) {
    for (int i = 0; i < n; i++) {
        gb_rng one = rng[i];
        bits[i] = gb_rng_u32(&one);
        rng[i] = one;
    }
}

/* A block of whole numbers below `choices`. Once in 2^32 / choices draws, gb_rng_scale may draw
 * again. */
static void choose_each(uint32_t choices, gb_rng *rng, int n, float *restrict x) {
    uint32_t bits[BLOCK], again = 0;
    draw_each(rng, n, bits);
    for (int i = 0; i < n; i++) {
        uint64_t product = (uint64_t)bits[i] * choices;
        x[i] = (float)(int32_t)(product >> 32);
        again |= (uint32_t)product < choices;
    }
    for (int i = 0; again && i < n; i++) x[i] = (float)gb_rng_scale(&rng[i], bits[i], choices);
}

static void sample_block(const gb_space *space, gb_rng *rng, int n, float *x) {
    uint32_t bits[BLOCK];
    if (space->kind != GB_BOX) {
        choose_each((uint32_t)space->n, rng, n, x);
        return;
    }
    for (int k = 0; k < space->n; k++) {
        const float low = low_of(space, k), high = high_of(space, k);
        const size_t row = (size_t)space->n;
        if (isfinite(low) && isfinite(high)) {
            draw_each(rng, n, bits);
            for (int i = 0; i < n; i++)
                x[(size_t)i * row + (size_t)k] = between(low, high, bits[i]);
        } else {
            for (int i = 0; i < n; i++)
                x[(size_t)i * row + (size_t)k] = sample_real(low, high, &rng[i]);
        }
    }
}

void gb_space_sample_each(const gb_space *space, gb_rng *rng, int n, float *x) {
    const size_t row = (size_t)gb_space_size(space);
    for (int i = 0; i < n; i += BLOCK)
        sample_block(space, rng + i, n - i < BLOCK ? n - i : BLOCK, x + (size_t)i * row);
}

/* What is wrong with one space of a spec, or NULL. Equal bounds are sound only where nothing is
 * chosen between them. */
static const char *space_fault(const gb_space *space, const char *what, bool chosen, char *fault,
                               size_t size) {
    if (space->kind != GB_DISCRETE && space->kind != GB_BOX)
        return gb_format(fault, size, "the %s space has kind %d, not GB_DISCRETE or GB_BOX", what,
                         space->kind);
    if (space->n < 1 || space->n > LARGEST)
        return gb_format(fault, size, "the %s space has n = %d, not 1..%d", what, space->n,
                         LARGEST);
    if (space->kind == GB_DISCRETE) return NULL;
    for (int k = 0; k < space->n; k++) {
        float low = low_of(space, k), high = high_of(space, k);
        if (!(low < high) && !(low == high && !chosen))
            return gb_format(fault, size, "the %s space has bounds [%g, %g] in dimension %d", what,
                             (double)low, (double)high, k);
    }
    return NULL;
}

/* What is wrong with the shape of a picture, or NULL. By division, which cannot overflow. */
static const char *shape_fault(const gb_spec *spec, char *fault, size_t size) {
    const int *shape = spec->obs_shape, n = spec->obs.n;
    if (!shape[0] && !shape[1] && !shape[2]) return NULL;
    if (spec->obs.kind != GB_BOX)
        return gb_format(fault, size, "obs_shape is given, but the observation space is no GB_BOX");
    if (shape[0] > 0 && shape[1] > 0 && n % shape[0] == 0 && n / shape[0] % shape[1] == 0 &&
        n / shape[0] / shape[1] == shape[2])
        return NULL;
    return gb_format(fault, size,
                     "obs_shape is %d x %d x %d, whose product is not obs.n = %d numbers", shape[0],
                     shape[1], shape[2], n);
}

const char *gb_spec_fault(const gb_spec *spec, char *fault, size_t size) {
    const char *wrong = space_fault(&spec->obs, "observation", false, fault, size);
    if (!wrong) wrong = space_fault(&spec->act, "action", true, fault, size);
    if (!wrong) wrong = shape_fault(spec, fault, size);
    if (wrong) return wrong;
    if (spec->max_steps < 0)
        return gb_format(fault, size, "max_steps is %d, not 0 or more", spec->max_steps);
    if (!isfinite(spec->dt) || spec->dt < 0)
        return gb_format(fault, size, "dt is %g, not 0 or more seconds", spec->dt);
    return NULL;
}

char *gb_space_describe(const gb_space *space, char *text, size_t size) {
    if (space->kind != GB_BOX) return gb_format(text, size, "one of %d", space->n);
    char bounds[64] = "";
    if (gb_space_is_bounded(space)) {
        bool same = true;
        for (int k = 1; k < space->n; k++)
            same = same && space->low[k] == space->low[0] && space->high[k] == space->high[0];
        if (same)
            gb_format(bounds, sizeof bounds, " in [%g, %g]", (double)space->low[0],
                      (double)space->high[0]);
        else
            gb_format(bounds, sizeof bounds, ", each with its own bounds");
    }
    return gb_format(text, size, "%d real number%s%s", space->n, space->n == 1 ? "" : "s", bounds);
}
