#include "schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Reads up to three numbers parted by ':'. Returns how many there are, or 0 for anything else. */
static int numbers(const char *text, double x[3]) {
    for (int n = 0; n < 3; n++) {
        char *end;
        if (!*text || strchr(" \t\n\v\f\r", *text)) return 0; /* strtod would pass over blanks */
        x[n] = strtod(text, &end);
        if (end == text || !isfinite(x[n])) return 0;
        if (!*end) return n + 1;
        if (*end != ':') return 0;
        text = end + 1;
    }
    return 0;
}

int gb_schedule_parse(gb_schedule *schedule, const char *text, double min, double max,
                      const char *shown, gb_err *err) {
    double x[3] = {0};
    const bool falls = !strncmp(text, "lin_", 4);
    const int n = numbers(falls ? text + 4 : text, x);
    if (!n || (falls && n > 1))
        return gb_fail(err, GB_USAGE,
                       "%s %s: not a schedule; give a number, lin_A (falls to 0), A:B or A:B:PART",
                       shown, text);
    const gb_schedule made = {x[0], falls ? 0 : n > 1 ? x[1] : x[0], n > 2 ? x[2] : 1};
    if (fmin(made.from, made.to) < min || fmax(made.from, made.to) > max)
        return gb_fail(err, GB_USAGE, "%s %s: out of range; give values in %g..%g", shown, text,
                       min, max);
    if (!(made.fraction > 0) || made.fraction > 1)
        return gb_fail(err, GB_USAGE, "%s %s: %g is no part of a run; give one above 0, at most 1",
                       shown, text, made.fraction);
    *schedule = made;
    return GB_OK;
}

double gb_schedule_at(const gb_schedule *schedule, int64_t done, int64_t total) {
    if (total <= 0) return schedule->from;
    double part = (double)done / (double)total / schedule->fraction;
    return part >= 1 ? schedule->to : schedule->from + part * (schedule->to - schedule->from);
}
