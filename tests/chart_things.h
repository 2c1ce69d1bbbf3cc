/* chart_things.h - the data that the suites of charts draw. */
#ifndef GB_TESTS_CHART_THINGS_H
#define GB_TESTS_CHART_THINGS_H

#include "chart.h"

/* N values by step; low and high are a band around rise. */
enum { N = 100 };
static double steps[N], rise[N], fall[N], low[N], high[N];

/* First in every test that draws them: tests change what they need. */
static inline void fill(void) {
    for (int i = 0; i < N; i++) {
        steps[i] = i;
        rise[i] = i, low[i] = i - 15, high[i] = i + 15;
        fall[i] = 99 - i;
    }
}

#endif
