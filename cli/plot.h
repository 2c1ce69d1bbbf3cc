/* plot.h - learning curves: from run folders and tables, over groups of seeds, to lines.
 *
 *   plot_runs.c    reads runs
 *   plot_groups.c  tells which runs are of one kind, and names the kinds by what differs
 *   plot_curves.c  makes one curve of the runs of a group
 *   cmd_plot.c     the command: options, chart, table
 */
#ifndef GB_CLI_PLOT_H
#define GB_CLI_PLOT_H

#include "aggregate.h"
#include "base.h"
#include "csv.h"
#include "gibbs_plugin.h"

enum {
    PLOT_COLUMNS = 8,  /* most columns of --y */
    PLOT_POINTS = 1000 /* most points of a curve */
};

/* The options of the command, as the user gave them. */
struct plot_options {
    char y[512], x[64], center[16], panels[8], log[8], title[256], theme[8], size[16];
    double band;
    int smooth;
};
extern const gb_opt plot_opts[];

/* --- runs -------------------------------------------------------------------------------------*/

struct plot_run {
    const char *path;       /* as the user gave it */
    char *table;            /* path of its table */
    char env[64], name[64]; /* name: the agent's, or what the file's name says */
    char *options;          /* "lr=0.001\nenv.g=9.8\n...": what it was made with; "": not known */
    char seed[24];          /* "": not known */
    gb_csv csv;
    double *x; /* (csv.rows) */
    int group;
};

/* Reads the run folder or table at path. The caller frees run, also after a failure. */
int plot_run_read(struct plot_run *run, const char *path, gb_err *err);
/* Fills run->x: from a column, or for "wall" the clock of the run's folder. */
int plot_run_take_x(struct plot_run *run, const char *x, gb_err *err);
void plot_run_free(struct plot_run *run);

/* --- groups -----------------------------------------------------------------------------------*/

struct plot_group {
    const struct plot_run *first; /* stands for all */
    int runs, panel;
    char name[256]; /* "sac, lr 0.001"; "" where there is nothing to tell apart */
    int color;      /* as of gb_chart_series; groups of the same name have the same */
};

struct plot_groups {
    struct plot_group *group; /* (n) in the order of their first runs */
    int n, panels;
};

/* Puts runs (n) of the same environment, agent and options into groups, one_panel: all in one
 * panel, else one for each environment. GB_USAGE if two of a group are of one seed. */
int plot_groups_make(struct plot_groups *groups, struct plot_run *runs, int n, bool one_panel,
                     gb_err *err);
void plot_groups_free(struct plot_groups *groups);

/* --- curves -----------------------------------------------------------------------------------*/

/* The centre of a group's runs in one column, with its band. */
struct plot_curve {
    int n;                       /* points, <= PLOT_POINTS */
    double *x, *y, *low, *high;  /* (n); low and high are NULL without a band */
    const struct plot_run *ends; /* the run that ends first and so ends the curve; NULL: all do */
};

/* How curves are made. */
struct plot_manner {
    gb_center center;
    double band; /* level in (0, 1); 0: none */
    int smooth;  /* rows that a mean is taken over; 1: as they are */
};

/* Makes the curve of group number `group` of runs (n).
 *
 * Rows without a number are left out, and each row is replaced by the mean of the `smooth` rows
 * around it, fewer (as many on either side) near the ends. Then all runs are interpolated linearly
 * at the x of all rows of all runs of the group, from the latest first row to the earliest last
 * row, so that each point is made of all runs. GB_FAIL if a run has no row yet, its x do not rise,
 * or there is no such x. The caller frees the curve. */
int plot_curve_make(struct plot_curve *curve, const struct plot_run *runs, int n, int group,
                    const char *column, const struct plot_manner *manner, gb_err *err);
void plot_curve_free(struct plot_curve *curve);

#endif
