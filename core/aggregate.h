/* aggregate.h - what several runs say together: a centre, and how sure it is.
 *
 * Few runs are the rule in this field, so an interval belongs to every curve (Agarwal et al. 2021,
 * "Deep Reinforcement Learning at the Edge of the Statistical Precipice").
 */
#ifndef GB_CORE_AGGREGATE_H
#define GB_CORE_AGGREGATE_H

#include "base.h"

enum { GB_RESAMPLES = 2000 }; /* of a bootstrap */

typedef enum gb_center {
    GB_CENTER_MEAN,
    GB_CENTER_IQM, /* interquartile mean: without the lowest and highest quarter, floor(n / 4) each
                    * (as scipy.stats.trim_mean); the mean for fewer than four */
    GB_CENTER_MEDIAN
} gb_center;

/* Returns the centre of n >= 1 numbers, and brings them into rising order. */
double gb_center_of(gb_center center, double *x, int n);

/* For n curves over the same points, y (n, points), writes the centre at each point to middle, and
 * to low and high (points each) the percentile bootstrap interval of the centre at a level in (0,
 * 1) (Efron 1979): whole curves are drawn with replacement, GB_RESAMPLES times n of them, the same
 * draws for all points, always the same ones for the same n. Quantiles are interpolated linearly.
 * With one curve, or low NULL, there is no interval, and low and high are left as they are. GB_FAIL
 * if memory is short. */
int gb_aggregate(gb_center center, const double *y, int n, int points, double level, double *middle,
                 double *low, double *high, gb_err *err);

#endif
