#include "chart_axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double FARTHEST = 1e250; /* such numbers and their inverses leave room for steps */
static const double NARROWEST = 1e-9; /* extent over size; below that ticks look all the same */

/* --- scales -----------------------------------------------------------------------------------*/

/* log10(a / b), of a quotient that may be too large or small for a number. */
static double log_ratio(double a, double b) {
    double ratio = a / b;
    return ratio > 0 && isfinite(ratio) ? log10(ratio) : log10(a) - log10(b);
}

static gb_scale fit_linear(double least, double most, double room) {
    least = fmin(fmax(least, -FARTHEST), FARTHEST);
    most = fmin(fmax(most, -FARTHEST), FARTHEST);
    double size = fmax(fabs(least), fabs(most));
    if (size < 1 / FARTHEST) least = most = size = 0;
    if (most - least <= NARROWEST * size) {
        double middle = least / 2 + most / 2, half = size > 0 ? 0.1 * size : 1;
        return (gb_scale){false, middle - half, middle + half};
    }
    double extra = room * (most - least);
    return (gb_scale){false, least - extra, most + extra};
}

gb_scale gb_scale_fit(bool log, double least, double most, double room) {
    if (!log) return least <= most ? fit_linear(least, most, room) : (gb_scale){false, 0, 1};
    if (!(least <= most) || !(least > 0)) return (gb_scale){true, 1, 10};
    least = fmin(fmax(least, 1 / FARTHEST), FARTHEST);
    most = fmin(fmax(most, least), FARTHEST);
    double decades = log_ratio(most, least);
    double extra = decades < NARROWEST ? sqrt(10) : pow(10, room * decades);
    return (gb_scale){true, least / extra, most * extra};
}

double gb_scale_at(const gb_scale *scale, double value) {
    if (!scale->log) return (value - scale->low) / (scale->high - scale->low);
    if (value <= 0) return -INFINITY;
    return log_ratio(value, scale->low) / log_ratio(scale->high, scale->low);
}

/* --- numbers ----------------------------------------------------------------------------------*/

/* Multiplies by a power of ten, exactly where that is possible: 3, -1 is the double nearest 0.3. */
static double times_ten(double x, int power) {
    return power < 0 ? x / pow(10, -power) : x * pow(10, power);
}

/* "1e-8", "2.5e20": the fewest digits that tell value within `error`. */
static void format_power(double value, double error, char text[GB_TICK_TEXT]) {
    char digits[32];
    int exponent = 0;
    for (int decimals = 0; decimals < 16; decimals++) {
        snprintf(digits, sizeof digits, "%.*e", decimals, value);
        double back;
        if (sscanf(digits, "%lf", &back) == 1 && fabs(back - value) <= error) break;
    }
    char *e = strchr(digits, 'e');
    if (e && sscanf(e + 1, "%d", &exponent) == 1) *e = 0;
    gb_format(text, GB_TICK_TEXT, "%s%s%d", digits, "e", exponent);
}

/* The power of ten that a letter stands for, for numbers of this size, and the letter. */
static int unit_of(double size, const char **letter) {
    static const char *const letters[] = {"k", "M", "G", "T"};
    int k = size >= 1e12 ? 3 : size >= 1e9 ? 2 : size >= 1e6 ? 1 : 0;
    *letter = size >= 1e4 ? letters[k] : "";
    return size >= 1e4 ? 3 * (k + 1) : 0;
}

/* Writes the texts of linear ticks, which are multiples of a digit times 10^power. */
static void format_linear(gb_ticks *ticks, int power) {
    double size = 0;
    const char *letter;
    for (int i = 0; i < ticks->n; i++) size = fmax(size, fabs(ticks->tick[i].value));
    int unit = unit_of(size, &letter);
    if (unit - power > 3) unit = 0, letter = ""; /* 1000001 is no shorter as 1.000001M */
    int decimals = power < unit ? unit - power : 0;
    for (int i = 0; i < ticks->n; i++) {
        gb_tick *tick = &ticks->tick[i];
        if (tick->value == 0)
            gb_format(tick->text, GB_TICK_TEXT, "0");
        else if (size < 1e-3 || size >= 1e15)
            format_power(tick->value, 1e-3 * times_ten(1, power), tick->text);
        else
            gb_format(tick->text, GB_TICK_TEXT, "%.*f%s", decimals, times_ten(tick->value, -unit),
                      letter);
    }
}

static void format_log(gb_tick *tick, double least, double most) {
    const char *letter;
    double value = tick->value;
    int unit = unit_of(most >= 1e4 && value >= 1e3 ? fmax(value, 1e4) : value, &letter);
    if (value >= 1e15 || (value < 1 && least < 1e-3))
        format_power(value, 1e-6 * value, tick->text);
    else
        gb_format(tick->text, GB_TICK_TEXT, "%.6g%s", times_ten(value, -unit), letter);
}

/* --- ticks ------------------------------------------------------------------------------------*/

static void add(gb_ticks *ticks, double value, bool minor) {
    if (ticks->n < GB_TICKS) ticks->tick[ticks->n++] = (gb_tick){.value = value, .minor = minor};
}

/* The finest step of 1, 2 or 5 times 10^power that gives at most `most` ticks. */
static void make_linear(const gb_scale *scale, int most, bool whole, gb_ticks *ticks) {
    static const int digits[] = {1, 2, 5};
    const double slack = 1e-9; /* of a step: a tick at the very end counts */
    double span = scale->high - scale->low;
    int power = (int)floor(log10(span / most)) - 1;
    if (whole && power < 0) power = 0;
    for (int k = 0;; k++) {
        int digit = digits[k % 3], p = power + k / 3;
        double step = times_ten(digit, p);
        double first = ceil(scale->low / step - slack), last = floor(scale->high / step + slack);
        if (last - first + 1 > most) continue;
        for (double i = first; i <= last; i++) add(ticks, times_ten(i * digit, p) + 0.0, false);
        format_linear(ticks, p);
        return;
    }
}

/* Adds the multiples of 10^d by each digit of `digits`, for d = first, first + every, ... */
static void add_decades(const gb_scale *scale, int first, int last, int every, const char *digits,
                        bool minor, gb_ticks *ticks) {
    const double slack = 1 + 1e-9;
    for (int d = first; d <= last; d += every)
        for (const char *c = digits; *c; c++) {
            double value = times_ten(*c - '0', d);
            if (value * slack >= scale->low && value <= scale->high * slack)
                add(ticks, value, minor);
        }
}

/* The largest multiple of `every` that is not above d. */
static int aligned(int d, int every) {
    return d - ((d % every) + every) % every;
}

static void make_log(const gb_scale *scale, int most, gb_ticks *ticks) {
    static const int strides[] = {1, 2, 3, 5, 10, 20, 50, 100, 200, 500};
    static const char *const finer[] = {"123456789", "125", "13", "1"};
    int first = (int)floor(log10(scale->low)), last = (int)ceil(log10(scale->high));
    bool narrow = log_ratio(scale->high, scale->low) < 2;
    int k = narrow ? 0 : 3;
    do {
        ticks->n = 0;
        add_decades(scale, first, last, 1, finer[k], false, ticks);
    } while (ticks->n > most && ++k < 4);
    if (ticks->n < 2) {
        ticks->n = 0;
        make_linear(scale, most, false, ticks);
        return;
    }
    int every = 1;
    for (int i = 0; i < 10 && ticks->n > most; i++) {
        ticks->n = 0, every = strides[i];
        add_decades(scale, aligned(first, every), last, every, "1", false, ticks);
    }
    int majors = ticks->n;
    for (int i = 0; i < majors; i++)
        format_log(&ticks->tick[i], ticks->tick[0].value, ticks->tick[majors - 1].value);
    if (every > 1)
        add_decades(scale, first, last, 1, "1", true, ticks);
    else if (!narrow && last - first <= 10)
        add_decades(scale, first, last, 1, "23456789", true, ticks);
}

void gb_ticks_make(const gb_scale *scale, int most, bool whole, gb_ticks *ticks) {
    ticks->n = 0;
    if (most < 1) most = 1;
    if (most > GB_TICKS / 2) most = GB_TICKS / 2;
    if (scale->log)
        make_log(scale, most, ticks);
    else
        make_linear(scale, most, whole, ticks);
}
