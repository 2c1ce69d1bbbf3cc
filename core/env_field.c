/* env_field.c - named state variables: the fields of a state as numbers. */
#include "env.h"
#include "opt.h"

#include <limits.h>
#include <math.h>

int gb_field_elements(const gb_field *field) {
    size_t one = gb_kind_size(field->kind);
    return one ? (int)(field->size / one) : 0;
}

double gb_field_get(const gb_field *field, const void *state, int k) {
    const char *at = (const char *)state + field->offset;
    switch (field->kind) {
    case GB_KIND_F64:
        return ((const double *)at)[k];
    case GB_KIND_F32:
        return (double)((const float *)at)[k];
    case GB_KIND_INT:
        return ((const int *)at)[k];
    case GB_KIND_I64:
        return (double)((const int64_t *)at)[k];
    case GB_KIND_BOOL:
        return ((const bool *)at)[k];
    default:
        return NAN;
    }
}

/* A whole number kept inside low..high, so that the conversion is defined; NaN becomes 0. */
static int64_t whole(double value, double low, double high) {
    if (isnan(value)) return 0;
    return (int64_t)fmin(fmax(value, low), high);
}

void gb_field_set(const gb_field *field, void *state, int k, double value) {
    char *at = (char *)state + field->offset;
    const double most = 0x1p63 - 1024; /* the largest double below 2^63 */
    switch (field->kind) {
    case GB_KIND_F64:
        ((double *)at)[k] = value;
        break;
    case GB_KIND_F32:
        ((float *)at)[k] = (float)value;
        break;
    case GB_KIND_INT:
        ((int *)at)[k] = (int)whole(value, INT_MIN, INT_MAX);
        break;
    case GB_KIND_I64:
        ((int64_t *)at)[k] = whole(value, -0x1p63, most);
        break;
    case GB_KIND_BOOL:
        ((bool *)at)[k] = value != 0;
        break;
    default:
        break;
    }
}
