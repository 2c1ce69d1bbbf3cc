/* plot_things.h - runs made by hand, and gibbs plot of them, for its suites. */
#ifndef GB_TESTS_PLOT_THINGS_H
#define GB_TESTS_PLOT_THINGS_H

#include "support.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Writes a file of the test's folder. */
static inline void put(const char *name, const char *format, ...) {
    char path[256], text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    gb_format(path, sizeof path, "%s/%s", test_folder(), name);
    test_write(path, text, strlen(text));
}

/* Makes the folder of a run. */
static inline void put_run(const char *name, const char *agent, const char *env, int seed,
                           const char *options, const char *rows) {
    char path[256];
    gb_format(path, sizeof path, "%s/%s", test_folder(), name);
    mkdir(path, 0777);
    gb_format(path, sizeof path, "%s/config.ini", name);
    put(path, "[run]\nagent = %s\nenv = %s\nsteps = 300\nseed = %d\nthreads = %d\n[agent]\n%s",
        agent, env, seed, seed, options);
    gb_format(path, sizeof path, "%s/metrics.csv", name);
    put(path, "step,return_mean,eval_return_mean\n%s", rows);
}

/* Runs gibbs plot in the test's folder. */
static inline const test_run *plot(const char *args) {
    return test_shell("B=$PWD/%s/gibbs; cd %s && $B plot %s", GB_BUILD, test_folder(), args);
}

/* The same, which must succeed. */
static inline void plots(const char *args) {
    const test_run *run = plot(args);
    ck_assert_msg(run->code == 0 && !run->err[0], "%s: %d %s", args, run->code, run->err);
}

/* A line of the table that --csv writes. */
struct line {
    char env[64], name[64], column[64];
    double x, y, low, high;
    int seeds;
};

/* Plots with these words into out.csv and reads its lines; returns how many. */
static inline int lines_of(const char *args, struct line lines[64]) {
    char words[512], path[256];
    gb_format(words, sizeof words, "%s --csv out.csv", args);
    plots(words);
    gb_format(path, sizeof path, "%s/out.csv", test_folder());
    char *text = test_read(path, NULL), *next = NULL;
    int n = -1;
    for (char *row = strtok_r(text, "\n", &next); row; row = strtok_r(NULL, "\n", &next), n++) {
        if (n < 0) {
            ck_assert_str_eq(row, "env,name,column,x,y,low,high,seeds");
            continue;
        }
        struct line *l = &lines[n];
        *l = (struct line){.low = NAN, .high = NAN};
        int used = 0, got = 0;
        char *empty = strstr(row, "\"\",");
        ck_assert(!empty || empty > row);
        if (empty) /* sscanf's %[^"] reads no empty text */
            got = 1 + sscanf(row, "\"%63[^\"]\",\"\",\"%63[^\"]\",%lf,%lf,%n", l->env, l->column,
                             &l->x, &l->y, &used);
        else
            got = sscanf(row, "\"%63[^\"]\",\"%63[^\"]\",\"%63[^\"]\",%lf,%lf,%n", l->env, l->name,
                         l->column, &l->x, &l->y, &used);
        ck_assert_msg(got == 5 && n < 64, "%s", row);
        if (row[used] == ',')
            ck_assert_int_eq(sscanf(row + used, ",,%d", &l->seeds), 1);
        else
            ck_assert_int_eq(sscanf(row + used, "%lf,%lf,%d", &l->low, &l->high, &l->seeds), 3);
    }
    free(text);
    return n;
}

/* Makes the runs r0 to r3. */
static inline void four_seeds(void) {
    static const char *const rows[] = {"100,0,\n200,4,7\n", "100,1,\n200,4,7\n",
                                       "100,2,\n200,4,8\n", "100,9,\n200,4,8\n"};
    char name[16];
    for (int i = 0; i < 4; i++)
        put_run(gb_format(name, sizeof name, "r%d", i), "sac", "pendulum", i, "lr = 1\n", rows[i]);
}

#endif
