/* opt_format.c - option tables: values and ranges as text. */
#include "opt.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *format_f64(double value, char *text, size_t size) {
    for (int digits = 15; digits <= 17; digits++) {
        gb_format(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    return text;
}

static char *format_f32(float value, char *text, size_t size) {
    for (int digits = 6; digits <= 9; digits++) {
        gb_format(text, size, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    return text;
}

char *gb_opt_format(const gb_opt *row, const void *config, char *text, size_t size) {
    const void *field = (const char *)config + row->offset;
    switch (row->kind) {
    case GB_KIND_F64:
        return format_f64(*(const double *)field, text, size);
    case GB_KIND_F32:
        return format_f32(*(const float *)field, text, size);
    case GB_KIND_INT:
        return gb_format(text, size, "%d", *(const int *)field);
    case GB_KIND_I64:
        return gb_format(text, size, "%" PRId64, *(const int64_t *)field);
    case GB_KIND_BOOL:
        return gb_format(text, size, "%d", *(const bool *)field);
    case GB_KIND_INTS: {
        const int *list = field;
        gb_format(text, size, "%d", list[0]);
        for (size_t n = strlen(text); *++list; n += strlen(text + n))
            gb_format(text + n, size - n, ",%d", *list);
        return text;
    }
    default:
        return gb_format(text, size, "%s", (const char *)field);
    }
}

/* Writes a range of numbers; a limit at or beyond `most` is none. */
static char *format_range(const gb_opt *row, double most, char *text, size_t size) {
    char low[32], high[32];
    bool from = row->min > -most, to = row->max < most;
    format_f64(row->min, low, sizeof low);
    format_f64(row->max, high, sizeof high);
    if (from && to) return gb_format(text, size, "%s..%s", low, high);
    if (from) return gb_format(text, size, ">= %s", low);
    return to ? gb_format(text, size, "<= %s", high) : gb_format(text, size, "%s", "");
}

char *gb_opt_range(const gb_opt *row, char *text, size_t size) {
    switch (row->kind) {
    case GB_KIND_F64:
    case GB_KIND_F32:
        return format_range(row, HUGE_VAL, text, size);
    case GB_KIND_INT:
        return format_range(row, INT_MAX, text, size);
    case GB_KIND_I64:
        return format_range(row, 0x1p63, text, size);
    case GB_KIND_BOOL:
        return gb_format(text, size, "0|1");
    case GB_KIND_INTS:
        return gb_format(text, size, "1..%zu numbers", row->size / sizeof(int) - 1);
    case GB_KIND_FILE:
        return gb_format(text, size, "%s%sFILE", row->choices ? row->choices : "",
                         row->choices ? "|" : "");
    default:
        return gb_format(text, size, "%s", row->choices ? row->choices : "");
    }
}
