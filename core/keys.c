#include "keys.h"

#include <string.h>

bool gb_key_is_known(const char *name) {
    static const char *const words[] = {"left", "right", "up", "down", "space", "enter"};
    const size_t n = sizeof words / sizeof *words;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(name, words[i])) return true;
    const char c = name[0];
    return c && !name[1] && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
}

static bool is_rest(const gb_key *row) {
    return !row->name[0];
}

/* Whether two rows claim the same: a key one action, or a value one dimension. */
static bool clash(const gb_space *act, const gb_key *a, const gb_key *b) {
    return !strcmp(a->name, b->name) && (act->kind == GB_DISCRETE || a->number == b->number);
}

static const char *row_fault(const gb_space *act, const gb_key *row, char *fault, size_t size) {
    const char *name = is_rest(row) ? "no key" : row->name;
    const bool keeps = is_rest(row) && act->kind == GB_DISCRETE && row->number == GB_KEEP;
    if (!is_rest(row) && !gb_key_is_known(row->name))
        return gb_format(fault, size,
                         "there is no key '%.40s'; use left, right, up, down, space, enter, a to "
                         "z, 0 to 9",
                         row->name);
    if (!keeps && (row->number < 0 || row->number >= act->n))
        return gb_format(fault, size, "%s: %s %d is not one of 0..%d", name,
                         act->kind == GB_DISCRETE ? "action" : "dimension", row->number,
                         act->n - 1);
    if (act->kind == GB_DISCRETE) return NULL;
    const double low = act->low ? (double)act->low[row->number] : -INFINITY,
                 high = act->high ? (double)act->high[row->number] : INFINITY;
    if (isfinite(row->value) && row->value >= low && row->value <= high) return NULL;
    return gb_format(fault, size, "%s: %g is not in [%g, %g] of dimension %d", name, row->value,
                     low, high, row->number);
}

/* A dimension that no row says how to rest rests at 0, which must then be inside. */
static const char *rest_fault(const gb_spec *spec, char *fault, size_t size) {
    const gb_space *act = &spec->act;
    for (int k = 0; act->kind == GB_BOX && k < act->n; k++) {
        bool told = false;
        for (const gb_key *row = spec->keys; row->name; row++)
            told = told || (is_rest(row) && row->number == k);
        const bool inside = !(act->low && act->low[k] > 0) && !(act->high && act->high[k] < 0);
        if (!told && !inside)
            return gb_format(
                fault, size,
                "dimension %d rests at 0, which is out of its bounds; add a row {\"\", "
                "%d, VALUE}",
                k, k);
    }
    return NULL;
}

const char *gb_keys_fault(const gb_spec *spec, char *fault, size_t size) {
    bool any = false;
    for (const gb_key *row = spec->keys; row->name; row++) {
        const char *wrong = row_fault(&spec->act, row, fault, size);
        if (wrong) return wrong;
        any = any || !is_rest(row);
        for (const gb_key *earlier = spec->keys; earlier < row; earlier++)
            if (clash(&spec->act, earlier, row))
                return gb_format(fault, size, "there are two rows for %s",
                                 is_rest(row) ? "no key" : row->name);
    }
    if (!any) return gb_format(fault, size, "the table holds no key");
    return rest_fault(spec, fault, size);
}

/* Returns the row that counts: of the key pressed last that has one, else the one for no key; NULL
 * if there is neither. dimension: -1 for any number. */
static const gb_key *row_for(const gb_key *keys, const char *const *held, int n, int dimension) {
    for (int i = n; i >= 0; i--) {
        const char *name = i ? held[i - 1] : "";
        for (const gb_key *row = keys; row->name; row++)
            if (!strcmp(row->name, name) && (dimension < 0 || row->number == dimension)) return row;
    }
    return NULL;
}

bool gb_keys_action(const gb_spec *spec, const char *const *held, int n, bool began,
                    float *action) {
    if (spec->act.kind == GB_DISCRETE) {
        const gb_key *row = row_for(spec->keys, held, n, -1);
        if (!row) return false;
        if (is_rest(row) && row->number == GB_KEEP) return began;
        action[0] = (float)row->number;
        return true;
    }
    for (int k = 0; k < spec->act.n; k++) {
        const gb_key *row = row_for(spec->keys, held, n, k);
        action[k] = row ? (float)row->value : 0;
    }
    return true;
}
