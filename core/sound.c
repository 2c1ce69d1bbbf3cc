#include "sound.h"

#include <string.h>

/* An exponent of all ones is NaN or infinite. On bits, so that it runs eight at a time. */
bool gb_all_finite(const float *x, size_t n) {
    const uint32_t exponent = 0x7f800000u;
    uint32_t largest = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= exponent;
        largest = bits > largest ? bits : largest;
    }
    return largest < exponent;
}

bool gb_observations_sound(const gb_space *space, const float *obs, size_t n) {
    if (space->kind == GB_BOX) return gb_all_finite(obs, n * (size_t)space->n);
    const float count = (float)space->n;
    uint32_t strange = 0; /* gb_space_contains, without branches */
    for (size_t i = 0; i < n; i++) {
        const uint32_t inside = (obs[i] >= 0) & (obs[i] < count);
        const float kept = inside ? obs[i] : 0;
        strange |= (inside ^ 1) | ((float)(int)kept != kept);
    }
    return !strange;
}

const char *gb_number_name(double x, char text[32]) {
    if (isnan(x)) return "nan";
    if (isinf(x)) return x > 0 ? "inf" : "-inf";
    return gb_format(text, 32, "%g", x);
}

int gb_observation_fault(const char *env, const gb_space *space, const float *obs, const char *when,
                         gb_err *err) {
    char value[32];
    if (space->kind != GB_BOX)
        return gb_fail(err, GB_FAIL,
                       "%s: %s: observation is %s, not one of 0..%d; mend the environment's "
                       "observe function",
                       env, when, gb_number_name((double)obs[0], value), space->n - 1);
    int k = 0;
    while (isfinite(obs[k])) k++;
    char name[96] = "";
    if (space->names) gb_format(name, sizeof name, " (%s)", space->names[k]);
    return gb_fail(err, GB_FAIL,
                   "%s: %s: observation %d%s is %s; mend the environment's step or observe "
                   "function",
                   env, when, k, name, gb_number_name((double)obs[k], value));
}
