/* chart_axis.h - the arithmetic of an axis: its range, ticks, and numbers as people read them. */
#ifndef GB_RENDER_CHART_AXIS_H
#define GB_RENDER_CHART_AXIS_H

#include "base.h"

enum { GB_TICKS = 128, GB_TICK_TEXT = 24 };

/* What an axis shows: low < high, and low > 0 if log. Neither is beyond 1e280. */
typedef struct gb_scale {
    bool log;
    double low, high;
} gb_scale;

/* Returns the scale for data from least to most (least > most: there are none), with `room` of the
 * length left free at both ends. Data of no extent come to stand in the middle. */
gb_scale gb_scale_fit(bool log, double least, double most, double room);

/* Returns where value stands: 0 at low, 1 at high; not bounded by these. NAN for NAN. On a
 * logarithmic axis what is not positive is -INFINITY. */
double gb_scale_at(const gb_scale *scale, double value);

typedef struct gb_tick {
    double value;
    bool minor; /* without text */
    char text[GB_TICK_TEXT];
} gb_tick;

typedef struct gb_ticks {
    int n;
    gb_tick tick[GB_TICKS]; /* all major ones first; both in rising order */
} gb_ticks;

/* Chooses at most `most` (>= 1) major ticks: multiples of 1, 2 or 5 times a power of ten on a
 * linear axis; on a logarithmic one decades, or every few of them, or within less than two decades
 * finer ones. Minor ticks are on logarithmic axes only. `whole`: linear ticks are whole numbers.
 *
 * Numbers are short and of one form on an axis: 20000 is 20k, then M, G, T; below 1/1000 and above
 * 1e15 they are 1e-8. */
void gb_ticks_make(const gb_scale *scale, int most, bool whole, gb_ticks *ticks);

#endif
