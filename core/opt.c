/* opt.c - option tables: values from text, and tables checked. opt_format.c has values to text. */
#include "opt.h"

#include "file.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTE_MAX = 72 };

/* Returns text as a message may show it: cut, without control characters. */
static const char *quoted(const char *text, char quote[QUOTE_MAX]) {
    gb_format(quote, QUOTE_MAX, strlen(text) < QUOTE_MAX ? "%s" : "%.60s...", text);
    for (char *c = quote; *c; c++)
        if ((unsigned char)*c < 32 || *c == 127) *c = '?';
    return quote;
}

/* --- values from text -------------------------------------------------------------------------*/

/* Reads all of text as one finite number, in the usual decimal notation. */
static bool parse_number(const char *text, double *value) {
    char *end;
    if (!*text || strspn(text, "+-.0123456789eE") != strlen(text)) return false;
    errno = 0;
    *value = strtod(text, &end);
    bool vanished = errno == ERANGE && *value == 0;
    return !*end && isfinite(*value) && !vanished;
}

/* Reads all of text as one whole number; 1e6 is one too, 1.5 is not. */
static bool parse_whole(const char *text, int64_t *value) {
    char *end;
    if (!*text || strspn(text, "+-.0123456789eE") != strlen(text)) return false;
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (!*end) return !errno;
    double number;
    /* beyond 2^53 a double no longer says which whole number was meant */
    if (!parse_number(text, &number) || floor(number) != number || fabs(number) > 0x1p53)
        return false;
    *value = (int64_t)number;
    return true;
}

/* Reads "64,64" into list of `room` ints, the rest of it zeros. Returns how many there are, or 0
 * if it is no list of positive numbers, or room + 1 if they do not fit. */
static size_t parse_list(const char *text, int *list, size_t room) {
    size_t n = 0;
    memset(list, 0, room * sizeof *list);
    for (;; text++) {
        char item[24];
        int64_t value;
        size_t length = strcspn(text, ",");
        if (length >= sizeof item) return 0;
        memcpy(item, text, length);
        item[length] = 0;
        if (!parse_whole(item, &value) || value < 1 || value > INT_MAX) return 0;
        if (n < room) list[n] = (int)value;
        n++;
        text += length;
        if (!*text) return n <= room ? n : room + 1;
    }
}

/* Returns whether text is one of "a|b|c". */
static bool is_choice(const char *choices, const char *text) {
    size_t n = strlen(text);
    for (const char *c = choices; c; c = strchr(c, '|')) {
        if (*c == '|') c++;
        if (strcspn(c, "|") == n && !memcmp(c, text, n)) return true;
    }
    return false;
}

/* Returns why text cannot be a value, or NULL. What passes survives as "key = text" in an INI
 * file, where blanks at the ends are cut and a ';' behind a blank starts a comment. */
static const char *text_fault(const char *text, size_t n) {
    if (!gb_is_utf8(text, n)) return "is not UTF-8 text";
    if (n && (text[0] == ' ' || text[n - 1] == ' ')) return "starts or ends with a blank";
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] < 32 || text[i] == 127) return "holds a control character";
        if (text[i] == ';' && (!i || text[i - 1] == ' ')) return "holds a ';' behind a blank";
    }
    return NULL;
}

/* --- set --------------------------------------------------------------------------------------*/

static void *field_of(const gb_opt *row, void *config) {
    return (char *)config + row->offset;
}

static int refuse(const char *shown, const char *text, const char *why, gb_err *err) {
    char quote[QUOTE_MAX];
    return gb_fail(err, GB_USAGE, "%s: '%s' %s", shown, quoted(text, quote), why);
}

static int refuse_range(const gb_opt *row, const char *shown, const char *text, gb_err *err) {
    char quote[QUOTE_MAX], range[128];
    return gb_fail(err, GB_USAGE, "%s: %s is outside %s", shown, quoted(text, quote),
                   gb_opt_range(row, range, sizeof range));
}

static int set_f64(const gb_opt *row, void *field, const char *text, const char *shown,
                   gb_err *err) {
    double value;
    if (!parse_number(text, &value)) return refuse(shown, text, "is not a finite number", err);
    if (!(value >= row->min && value <= row->max)) return refuse_range(row, shown, text, err);
    memcpy(field, &value, sizeof value);
    return GB_OK;
}

static int set_f32(const gb_opt *row, void *field, const char *text, const char *shown,
                   gb_err *err) {
    double number;
    if (!parse_number(text, &number)) return refuse(shown, text, "is not a finite number", err);
    /* not through double, which would round twice; limits rounded alike, so that the limit itself
     * is inside */
    float value = strtof(text, NULL);
    if (!isfinite(value) || (value == 0 && number != 0))
        return refuse(shown, text, "does not fit single precision", err);
    if (!(value >= (float)row->min && value <= (float)row->max))
        return refuse_range(row, shown, text, err);
    memcpy(field, &value, sizeof value);
    return GB_OK;
}

/* Compares as whole numbers: a double does not tell the largest ones apart. */
static bool is_inside(int64_t value, double min, double max) {
    bool above = min < -0x1p63 || (min < 0x1p63 && value >= (int64_t)ceil(min));
    bool below = max >= 0x1p63 || (max >= -0x1p63 && value <= (int64_t)floor(max));
    return above && below;
}

/* Sets an int or an int64_t. */
static int set_whole(const gb_opt *row, void *field, const char *text, const char *shown,
                     gb_err *err) {
    int64_t value;
    if (!parse_whole(text, &value))
        return refuse(shown, text, "is not a whole number of 64 bits", err);
    if (row->kind == GB_KIND_INT && (value < INT_MIN || value > INT_MAX))
        return refuse(shown, text, "is not a whole number of 32 bits", err);
    if (!is_inside(value, row->min, row->max)) return refuse_range(row, shown, text, err);
    int narrow = (int)value;
    if (row->kind == GB_KIND_INT)
        memcpy(field, &narrow, sizeof narrow);
    else
        memcpy(field, &value, sizeof value);
    return GB_OK;
}

static int set_bool(void *field, const char *text, const char *shown, gb_err *err) {
    if (strcmp(text, "0") && strcmp(text, "1"))
        return refuse(shown, text, "is neither 0 nor 1", err);
    bool value = *text == '1';
    memcpy(field, &value, sizeof value);
    return GB_OK;
}

/* Copies text into the field, and zeros behind it, so that equal values are equal bytes. */
static int store_text(const gb_opt *row, void *field, const char *text, size_t n, const char *shown,
                      gb_err *err) {
    const char *fault = text_fault(text, n);
    if (fault) return refuse(shown, text, fault, err);
    if (n >= row->size) {
        char quote[QUOTE_MAX];
        return gb_fail(err, GB_USAGE, "%s: '%s' is too long: %zu bytes, at most %zu fit", shown,
                       quoted(text, quote), n, row->size - 1);
    }
    memmove(field, text, n);
    memset((char *)field + n, 0, row->size - n);
    return GB_OK;
}

static int set_text(const gb_opt *row, void *field, const char *text, const char *shown,
                    gb_err *err) {
    if (row->choices && !is_choice(row->choices, text)) {
        char quote[QUOTE_MAX];
        return gb_fail(err, GB_USAGE, "%s: '%s' is not one of %s", shown, quoted(text, quote),
                       row->choices);
    }
    return store_text(row, field, text, strlen(text), shown, err);
}

/* Sets the text of a file: rows joined by '/', blanks and empty rows at its end dropped. */
static int set_file_text(const gb_opt *row, void *field, const char *path, const char *shown,
                         gb_err *err) {
    gb_err why;
    size_t n, kept = 0;
    char *text = gb_file_read(path, GB_OPT_TEXT_MAX, &n, &why);
    if (!text) return gb_fail(err, GB_USAGE, "%s: %s", shown, why.msg);
    while (n && strchr(" \t\r\n", text[n - 1]) && text[n - 1]) n--;
    for (size_t i = 0; i < n; i++)
        if (text[i] != '\r' || text[i + 1] != '\n') text[kept++] = text[i] == '\n' ? '/' : text[i];
    text[kept] = 0;
    int code = store_text(row, field, text, kept, shown, &why);
    if (code != GB_OK) gb_fail(err, code, "%s (the text of file %s)", why.msg, path);
    gb_dealloc(text);
    return code;
}

static int set_list(const gb_opt *row, void *field, const char *text, const char *shown,
                    gb_err *err) {
    int list[GB_OPT_TEXT_MAX / sizeof(int)];
    size_t room = row->size / sizeof(int) - 1, n = parse_list(text, list, room);
    if (!n) return refuse(shown, text, "is not a list of whole numbers >= 1 such as 64,64", err);
    if (n > room) {
        char why[64];
        return refuse(shown, text, gb_format(why, sizeof why, "has more than %zu numbers", room),
                      err);
    }
    list[room] = 0;
    memcpy(field, list, row->size);
    return GB_OK;
}

int gb_opt_set(const gb_opt *row, void *config, const char *text, const char *shown, gb_err *err) {
    void *field = field_of(row, config);
    switch (row->kind) {
    case GB_KIND_F64:
        return set_f64(row, field, text, shown, err);
    case GB_KIND_F32:
        return set_f32(row, field, text, shown, err);
    case GB_KIND_INT:
    case GB_KIND_I64:
        return set_whole(row, field, text, shown, err);
    case GB_KIND_BOOL:
        return set_bool(field, text, shown, err);
    case GB_KIND_TEXT:
        return set_text(row, field, text, shown, err);
    case GB_KIND_FILE:
        if (!is_choice(row->choices, text) && gb_file_readable(text))
            return set_file_text(row, field, text, shown, err);
        return store_text(row, field, text, strlen(text), shown, err);
    default:
        GB_ASSERT(row->kind == GB_KIND_INTS);
        return set_list(row, field, text, shown, err);
    }
}

/* --- tables -----------------------------------------------------------------------------------*/

const gb_opt *gb_opts_find(const gb_opt *table, const char *name) {
    for (; table && table->name; table++)
        if (!strcmp(table->name, name)) return table;
    return NULL;
}

static const char *default_text(const gb_opt *row) {
    return row->text ? row->text : "";
}

/* Writes the default of row to its field; an error if that is no legal value. */
static int set_default(const gb_opt *row, void *config, gb_err *err) {
    void *field = field_of(row, config);
    const char *text = default_text(row);
    char number[32];
    switch (row->kind) {
    case GB_KIND_TEXT:
        return set_text(row, field, text, "default", err);
    case GB_KIND_FILE:
        return store_text(row, field, text, strlen(text), "default", err);
    case GB_KIND_INTS:
        return set_list(row, field, text, "default", err);
    default:
        gb_format(number, sizeof number, "%.17g", row->def);
        return gb_opt_set(row, config, number, "default", err);
    }
}

void gb_opts_default(const gb_opt *table, void *config) {
    for (; table && table->name; table++) GB_ASSERT(set_default(table, config, NULL) == GB_OK);
}

/* Returns the size of one element of a kind, or 0 if there is no such kind. */
size_t gb_kind_size(int kind) {
    switch (kind) {
    case GB_KIND_F64:
        return sizeof(double);
    case GB_KIND_F32:
        return sizeof(float);
    case GB_KIND_INT:
    case GB_KIND_INTS:
        return sizeof(int);
    case GB_KIND_I64:
        return sizeof(int64_t);
    case GB_KIND_BOOL:
        return sizeof(bool);
    case GB_KIND_TEXT:
    case GB_KIND_FILE:
        return 1;
    default:
        return 0;
    }
}

/* Returns what is wrong with where row says its field is, or NULL. */
static const char *place_fault(const gb_opt *row, size_t config_size) {
    size_t element = gb_kind_size(row->kind);
    bool array = row->kind >= GB_KIND_TEXT;
    if (!element) return "has an unknown kind";
    if (array ? row->size % element || row->size < 2 * element : row->size != element)
        return "has a size that does not fit its kind";
    if (row->size > (row->kind == GB_KIND_INTS ? GB_OPT_TEXT_MAX / 3 : GB_OPT_TEXT_MAX))
        return "is larger than the host can handle";
    if (row->size > config_size || row->offset > config_size - row->size)
        return "lies outside the config struct";
    return row->offset % element ? "is not aligned in the config struct" : NULL;
}

/* Returns what is wrong with the limits and the default of row, or NULL. */
static const char *value_fault(const gb_opt *row, char *fault, size_t size) {
    _Alignas(16) char config[GB_OPT_TEXT_MAX];
    gb_opt here = *row;
    gb_err err;
    here.offset = 0;
    if (row->choices && row->kind != GB_KIND_TEXT && row->kind != GB_KIND_FILE)
        return "has choices but is no text";
    if (row->choices && (!*row->choices || strstr(row->choices, "||") || row->choices[0] == '|' ||
                         row->choices[strlen(row->choices) - 1] == '|'))
        return "has an empty choice";
    if (row->kind < GB_KIND_BOOL && !(row->min <= row->max)) return "has no range: min > max";
    if (set_default(&here, config, &err) == GB_OK) return NULL;
    return gb_format(fault, size, "has a faulty %s", err.msg);
}

const char *gb_opts_fault(const gb_opt *table, size_t config_size, char *fault, size_t size) {
    char detail[sizeof(gb_err)];
    for (const gb_opt *row = table; row && row->name; row++) {
        const char *why = NULL;
        if (!gb_is_name(row->name))
            why = "is no name: use [a-z][a-z0-9_]*";
        else if (gb_opts_find(table, row->name) != row)
            why = "stands twice in the table";
        else if (!row->help || !*row->help || strchr(row->help, '\n'))
            why = "has no help of one line";
        else if (!(why = place_fault(row, config_size)))
            why = value_fault(row, detail, sizeof detail);
        if (why) {
            char quote[QUOTE_MAX];
            return gb_format(fault, size, "option '%s' %s", quoted(row->name, quote), why);
        }
    }
    return NULL;
}
