/* regularizer_things.h - regularisers as option texts, for the tests of solvers that take any. */
#ifndef GB_TESTS_REGULARIZER_THINGS_H
#define GB_TESTS_REGULARIZER_THINGS_H

#include "regularizer.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

/* Regularisers as options, with weights at which 50 states converge quickly. */
static const char *const regularizers[] = {"none",
                                           "entropy tau 0.1",
                                           "kl lambda 0.2",
                                           "kl_entropy lambda 0.1 tau 0.05",
                                           "sparsemax tau 0.3",
                                           "tsallis tau 0.3 index 1.5",
                                           "tsallis tau 0.2 index 3",
                                           "log_barrier tau 0.05",
                                           "reverse_kl lambda 0.2",
                                           "chi2 lambda 0.3",
                                           "hellinger lambda 0.2",
                                           "alpha_divergence lambda 0.2 index 0.5"};
enum { REGULARIZERS = sizeof regularizers / sizeof *regularizers };

static inline void set_parameter(gb_regularizer *omega, const char *key, double value) {
    if (!strcmp(key, "tau")) omega->tau = value;
    if (!strcmp(key, "lambda")) omega->lambda = value;
    if (!strcmp(key, "index")) omega->index = value;
}

/* Makes the regulariser that the options name, for the reference. */
static inline gb_regularizer made(const char *options) {
    char name[64], first[64], second[64];
    double x, y;
    gb_regularizer omega;
    int n = sscanf(options, "%63s %63s %lf %63s %lf", name, first, &x, second, &y);
    ck_assert_int_eq(gb_regularizer_init(&omega, name, NULL), GB_OK);
    if (n >= 3) set_parameter(&omega, first, x);
    if (n >= 5) set_parameter(&omega, second, y);
    return omega;
}

#endif
