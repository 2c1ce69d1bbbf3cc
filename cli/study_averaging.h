/* study_averaging.h - what the halves of the study share: study_averaging.c, which runs the
 * solvers, and study_averaging_results.c, which makes csv, table, picture and verdicts of what they
 * did.
 */
#ifndef GB_CLI_STUDY_AVERAGING_H
#define GB_CLI_STUDY_AVERAGING_H

#include "study.h"

struct averaging_config {
    int mdps, states, actions, branching, iterations, points, samples;
    double gamma, noise, tau, accept;
    char solver[16], mean[8], lambda[LIST_TEXT], beta[LIST_TEXT];
};

/* Iterations that are always measured, and printed. */
static const int averaging_shown[] = {1, 10, 25, 50, 100, 200, 400, 800};
enum {
    AVERAGING_SHOWN = sizeof averaging_shown / sizeof *averaging_shown,
    AVERAGING_ROWS = 2 * LIST_MAX
};

struct averaging_row {
    bool entropy; /* of the second panel */
    double lambda, tau, beta;
};

/* What came of the theorem of one row on one Garnet. */
struct averaging_checks {
    int made, violated,
        unfit;       /* unfit: an action value was beyond v_max, where no theorem speaks */
    double tightest; /* largest loss over bound */
};

struct averaging {
    const struct averaging_config *config;
    const struct study_common *common;
    struct averaging_row rows[AVERAGING_ROWS];
    int n_rows, n_marks;
    int *marks;                      /* (n_marks) iterations to measure at, ascending */
    double *loss;                    /* (mdps, rows, marks) */
    double *size;                    /* (mdps, 2) |q*|_1 without and with entropy */
    struct averaging_checks *checks; /* (mdps, rows) */
};

/* Writes what came of it to the report. Divides the losses by |q*|. GB_FAIL if memory is short. */
int averaging_results(const struct averaging *work, struct report *report, gb_err *err);

#endif
