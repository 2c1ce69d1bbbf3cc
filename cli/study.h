/* study.h - a study: a published or proved result about regularised dynamic programming, computed
 * again with the solvers of this program.
 *
 * A study is a constant table: options, and a function that runs it. What it finds goes to a report
 * in memory: rows for a csv file, a table for people, a picture, and verdicts, each a claim of the
 * paper and whether the numbers bear it out. Files and printing are the command's (cmd_study.c).
 *
 * Studies look at MDPs through solvers (core/solver.h) and sweeps (core/bellman.h) only. MDPs and
 * seeds are shared among threads; each writes to places of its own, and sums are taken afterwards
 * in a fixed order, so that the numbers do not depend on how many threads there are.
 */
#ifndef GB_CLI_STUDY_H
#define GB_CLI_STUDY_H

#include "base.h"
#include "chart.h"
#include "mdp.h"
#include "opt.h"
#include "solver.h"

#include <stdio.h>

/* --- the report -------------------------------------------------------------------------------*/

enum { LIST_MAX = 24, LIST_TEXT = 256 }; /* numbers of a list, bytes of its text */
enum { VERDICTS_MAX = 3 * LIST_MAX + 8 };

enum verdict_kind { VERDICT_FAILS, VERDICT_HOLDS, VERDICT_UNTESTED };

struct verdict {
    enum verdict_kind kind;
    char claim[240]; /* with the numbers it rests on */
};

struct report {
    FILE *csv, *text; /* to be written with fprintf; csv starts with the names of its columns */
    char *csv_bytes, *text_bytes;
    size_t csv_size, text_size;
    const char *picture; /* path of the picture; NULL: none is wanted */
    int width, height;   /* of it */
    bool dark;
    int drawn; /* GB_OK, or why not, with the message in fault */
    gb_err fault;
    struct verdict verdicts[VERDICTS_MAX];
    int n_verdicts;
};

/* Makes an empty report; report_free is due even after a failure. */
int report_init(struct report *report, gb_err *err);
void report_free(struct report *report);
/* Ends writing: the bytes are complete then. GB_FAIL if memory ran out. */
int report_finish(struct report *report, gb_err *err);

/* Adds a claim that holds or fails; the second, one whose numbers the options leave out. */
void report_verdict(struct report *report, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_untested(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Draws the picture, two panels side by side, if one is wanted. A failure is kept in report->drawn,
 * for the numbers are worth more. footnote may be NULL. */
void report_draw(struct report *report, const char *title, const char *subtitle,
                 const char *footnote, const gb_chart_panel panels[2]);

/* Greek letters in UTF-8, for pictures. */
#define BETA   "\xce\xb2"
#define GAMMA  "\xce\xb3"
#define LAMBDA "\xce\xbb"
#define PI     "\xcf\x80"
#define TAU    "\xcf\x84"

/* --- studies ----------------------------------------------------------------------------------*/

/* Options that every study has, besides its own. */
struct study_common {
    int64_t seed; /* of MDPs, errors and samples */
    int threads;
    char picture[8];   /* kind of file, or "none" */
    int width, height; /* of it, in pixels */
    bool dark;
};

struct study {
    const char *name, *help;
    const char *source; /* paper and place */
    size_t config_size;
    /* A row of kind TEXT whose min is below its max is a list of numbers in that range, such as
     * "0,0.1,1". */
    const gb_opt *opts;
    int (*check)(const void *config, gb_err *err); /* options together; may be NULL */
    int (*run)(const void *config, const struct study_common *common, struct report *report,
               gb_err *err);
};

extern const gb_opt study_common_opts[];
extern const struct study study_averaging, study_equivalence, study_maze, study_npg;
extern const struct study *const studies[]; /* ended by NULL */

/* Returns the study called name, or NULL and GB_USAGE's message with near names. */
const struct study *study_find(const char *name, gb_err *err);

/* --- lists of numbers -------------------------------------------------------------------------*/

struct list {
    int n;
    double x[LIST_MAX];
};

/* Reads the list that row has in config. GB_USAGE with a message headed by the option's name if it
 * is empty, too long, or a number is wrong or out of range. */
int study_list(const gb_opt *row, const void *config, struct list *list, gb_err *err);
/* The same for the option called name of a study whose lists were checked: cannot fail. */
struct list study_list_of(const gb_opt *opts, const char *name, const void *config);

/* --- options together: GB_USAGE with a message ------------------------------------------------*/

/* No more successors than states. */
int study_check_branching(int branching, int states, gb_err *err);
/* The lists lambda and tau of a study that pairs them are equally long. */
int study_check_weights(const gb_opt *opts, const void *config, gb_err *err);

/* --- work on many MDPs or seeds ---------------------------------------------------------------*/

/* Calls task(context, i, err) for i = 0..n-1 on several threads, each i on one of them. Returns the
 * first failure in the order of i. */
int study_each(int n, int threads, int (*task)(void *context, int i, gb_err *err), void *context,
               gb_err *err);

/* Returns seed number i of a study's seed, in 0..2^52-1. */
int64_t study_seed(int64_t seed, int i);

/* --- solvers and policies ---------------------------------------------------------------------*/

/* A parameter of a solver, its own or of gb_solver_common; lists are ended by {0}. */
struct setting {
    const char *name;
    double value;
};

/* Makes and opens the built-in solver called name on mdp, with tolerance 0: it goes on for as long
 * as it is iterated. gb_solver_free is due even after a failure. */
int study_open(gb_solver *solver, const char *name, const gb_mdp *mdp,
               const struct setting *settings, gb_err *err);

/* Iterates once more; convergence is no end. */
int study_iterate(gb_solver *solver, gb_err *err);

/* Opens a solver, policy iteration with entropy weight tau, and iterates it until it has converged
 * to rounding: its q, v and log_policy are the optimum. */
int study_optimum(gb_solver *solver, const gb_mdp *mdp, double tau, gb_err *err);

/* Room to evaluate policies of one MDP. */
struct evaluator {
    const gb_mdp *mdp;
    double *policy, *q; /* (states, actions); q is that of the last policy */
    double *bonus, *v;  /* (states) */
};

int evaluator_init(struct evaluator *e, const gb_mdp *mdp, gb_err *err);
void evaluator_free(struct evaluator *e);
/* Sets e->q and e->v to the values of a policy (log-probabilities), which is paid tau times its
 * entropy in every state. */
int evaluator_run(struct evaluator *e, const double *log_policy, double tau, gb_err *err);

/* Returns max |x - y| over n numbers, INFINITY if one is NaN; equal infinities do not count. */
double study_distance(const double *x, const double *y, size_t n);
/* Returns sum |x - y|, or sum |x| if y is NULL; infinite x do not count. */
double study_sum(const double *x, const double *y, size_t n);

/* Mean, standard deviation (n - 1) and extremes of x[0], x[stride], ...: n numbers. */
struct spread {
    double mean, std, min, max;
};
struct spread study_spread(const double *x, int n, size_t stride);

#endif
