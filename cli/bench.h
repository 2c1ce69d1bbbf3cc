/* bench.h - what the benchmarks share: options, medians of windows. */
#ifndef GB_CLI_BENCH_H
#define GB_CLI_BENCH_H

#include "cli.h"

enum { BENCH_WINDOWS = 5 }; /* the median of so many is reported */

/* Options that every benchmark has. */
struct bench {
    int64_t threads;
    bool json;
    double seconds; /* of one window */
};

int bench_take(struct args *args, struct bench *bench, gb_err *err);

/* Sorts rate, and returns its median. */
double bench_median(double rate[BENCH_WINDOWS]);

/* The benchmarks of other files, with the command line taken apart. */
int bench_update(struct session *session, struct args *args, gb_err *err);
int bench_act(struct session *session, struct args *args, gb_err *err);
int bench_solve(struct args *args, gb_err *err);
int bench_products(struct args *args, gb_err *err); /* in builds with charts */

#endif
