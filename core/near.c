#include "opt.h"

#include <string.h>

enum { LONGEST = 63 }; /* names longer than this are near to nothing */

/* Case and the choice between '-' and '_' are no mistakes worth counting. */
static int fold(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A' + 'a';
    return c == '-' ? '_' : c;
}

static int min(int a, int b) {
    return a < b ? a : b;
}

/* Returns how many insertions, deletions, replacements and swaps of neighbours turn a into b
 * (Damerau 1964, in the form that edits no substring twice). Both have at most LONGEST letters. */
static int edit_distance(const char *a, const char *b) {
    int row[3][LONGEST + 1], n = (int)strlen(b);
    int *before = row[0], *last = row[1], *now = row[2];
    for (int j = 0; j <= n; j++) last[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        now[0] = i;
        for (int j = 1; j <= n; j++) {
            bool same = fold(a[i - 1]) == fold(b[j - 1]);
            now[j] = min(last[j - 1] + !same, 1 + min(last[j], now[j - 1]));
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]))
                now[j] = min(now[j], before[j - 2] + 1);
        }
        int *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[n];
}

void gb_near_init(gb_near *near, const char *wanted) {
    *near = (gb_near){.wanted = wanted};
}

void gb_near_add(gb_near *near, const char *candidate) {
    const int room = (int)(sizeof near->name / sizeof *near->name);
    size_t length = strlen(near->wanted);
    if (!length || length > LONGEST || strlen(candidate) > LONGEST) return;
    int distance = edit_distance(near->wanted, candidate);
    /* the beginning of a name counts as near, however much is missing */
    if (length >= 3 && !strncmp(near->wanted, candidate, length)) distance = min(distance, 1);
    if (distance > 1 + (int)length / 4 || distance >= (int)length) return;

    int at = near->n;
    while (at && near->distance[at - 1] > distance) at--;
    if (at == room) return;
    near->n = min(near->n + 1, room);
    for (int i = near->n - 1; i > at; i--) {
        near->name[i] = near->name[i - 1];
        near->distance[i] = near->distance[i - 1];
    }
    near->name[at] = candidate;
    near->distance[at] = distance;
}

void gb_near_add_opts(gb_near *near, const gb_opt *table) {
    for (; table && table->name; table++) gb_near_add(near, table->name);
}

char *gb_near_text(const gb_near *near, char *text, size_t size) {
    const char *const *name = near->name;
    switch (near->n) {
    case 0:
        return gb_format(text, size, "%s", "");
    case 1:
        return gb_format(text, size, "; did you mean %s?", name[0]);
    case 2:
        return gb_format(text, size, "; did you mean %s or %s?", name[0], name[1]);
    default:
        return gb_format(text, size, "; did you mean %s, %s or %s?", name[0], name[1], name[2]);
    }
}
