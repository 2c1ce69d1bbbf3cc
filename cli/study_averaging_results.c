/* study_averaging_results.c - csv, table, picture and verdicts of the study of averaging. */
#include "study_averaging.h"

#include <math.h>
#include <string.h>

enum { LONG = 800, EARLY = 10 }; /* iterations that verdicts speak of */

/* --- means ------------------------------------------------------------------------------------*/

/* Divides the losses by their Garnet's |q*|, or by the mean of these, so that plain means of what
 * is left are the means wanted. */
static void normalise(const struct averaging *work) {
    const bool pooled = !strcmp(work->config->mean, "pooled");
    const int mdps = work->config->mdps;
    for (int i = 0; i < mdps; i++)
        for (int r = 0; r < work->n_rows; r++) {
            const int entropy = work->rows[r].entropy;
            const double size = pooled ? study_spread(work->size + entropy, mdps, 2).mean
                                       : work->size[2 * i + entropy];
            double *loss = work->loss + (size_t)(i * work->n_rows + r) * (size_t)work->n_marks;
            for (int mark = 0; mark < work->n_marks; mark++) loss[mark] /= size;
        }
}

static struct spread loss_at(const struct averaging *work, int r, int mark) {
    const size_t marks = (size_t)work->n_marks;
    return study_spread(work->loss + (size_t)r * marks + (size_t)mark, work->config->mdps,
                        (size_t)work->n_rows * marks);
}

/* Returns the place of iteration k among the marks, or -1. */
static int mark_of(const struct averaging *work, int k) {
    for (int mark = 0; mark < work->n_marks; mark++)
        if (work->marks[mark] == k) return mark;
    return -1;
}

/* Mean loss over the second half of the iterations, of one Garnet. */
static double plateau(const struct averaging *work, int mdp_number, int r) {
    const double *loss =
        work->loss + (size_t)(mdp_number * work->n_rows + r) * (size_t)work->n_marks;
    double sum = 0;
    int n = 0;
    for (int mark = 0; mark < work->n_marks; mark++)
        if (2 * work->marks[mark] > work->config->iterations) sum += loss[mark], n++;
    return sum / n;
}

/* --- csv and table ----------------------------------------------------------------------------*/

static void write_rows(const struct averaging *work, FILE *csv) {
    fprintf(csv, "panel,lambda,tau,beta,iteration,mean,std,min,max\n");
    for (int r = 0; r < work->n_rows; r++)
        for (int mark = 0; mark < work->n_marks; mark++) {
            const struct averaging_row *row = &work->rows[r];
            const struct spread s = loss_at(work, r, mark);
            fprintf(csv, "%s,%.9g,%.9g,%.9g,%d,%.9g,%.9g,%.9g,%.9g\n",
                    row->entropy ? "kl_entropy" : "kl", row->lambda, row->tau, row->beta,
                    work->marks[mark], s.mean, s.std, s.min, s.max);
        }
}

static void write_table(const struct averaging *work, FILE *text) {
    fprintf(text, "|q* - q_pi| / |q*| after k iterations, mean of %d Garnets\n",
            work->config->mdps);
    fprintf(text, "%9s %6s %6s", "lambda", "tau", "beta");
    for (int i = 0; i < AVERAGING_SHOWN && averaging_shown[i] <= work->config->iterations; i++)
        fprintf(text, " %7d", averaging_shown[i]);
    fputc('\n', text);
    for (int r = 0; r < work->n_rows; r++) {
        const struct averaging_row *row = &work->rows[r];
        fprintf(text, "%9.4g %6.3g %6.4g", row->lambda, row->tau, row->beta);
        for (int i = 0; i < AVERAGING_SHOWN && averaging_shown[i] <= work->config->iterations; i++)
            fprintf(text, " %7.2g", loss_at(work, r, mark_of(work, averaging_shown[i])).mean);
        fputc('\n', text);
    }
}

/* --- verdicts ---------------------------------------------------------------------------------*/

static int row_with(const struct averaging *work, double lambda) {
    for (int r = 0; r < work->n_rows; r++)
        if (!work->rows[r].entropy && work->rows[r].lambda == lambda) return r;
    return -1;
}

/* Claims on what becomes of errors say nothing where there are none. */
static bool has_errors(const struct averaging *work) {
    return work->config->samples > 0 || work->config->noise > 0;
}

static void judge_value_iteration(const struct averaging *work, struct report *report) {
    const int r = row_with(work, 0), n = work->config->mdps, mark = mark_of(work, EARLY);
    if (r < 0 || mark < 0 || work->config->iterations < 2 * EARLY || !has_errors(work)) {
        report_untested(report, "value iteration does not get better: needs lambda 0, errors and "
                                "20 iterations");
        return;
    }
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        const size_t first = (size_t)(i * work->n_rows + r) * (size_t)work->n_marks;
        const double change = plateau(work, i, r) - work->loss[first + (size_t)mark];
        sum += change;
        squares += change * change;
    }
    const double mean = sum / n, se = sqrt(fmax(0, squares / n - mean * mean) / n);
    report_verdict(
        report, mean >= -2 * se,
        "value iteration does not get better after k = %d: its loss over the second half "
        "is %.3f, %+.3f +- %.3f from there",
        EARLY, loss_at(work, r, mark).mean + mean, mean, se);
}

static void judge_averaging(const struct averaging *work, struct report *report) {
    const int plain = row_with(work, 0), kl = row_with(work, 1);
    if (plain < 0 || kl < 0 || work->config->iterations < LONG || !has_errors(work)) {
        report_untested(report,
                        "KL averages errors out: needs lambda 0 and 1, errors and %d iterations",
                        (int)LONG);
        return;
    }
    const int last = work->n_marks - 1;
    const double a = loss_at(work, plain, last).mean, b = loss_at(work, kl, last).mean;
    report_verdict(report, b < work->config->accept * a,
                   "KL averages errors out: lambda = 1 ends at %.2g, %.2g %% of value iteration's "
                   "%.2g (below %g %%)",
                   b, 100 * b / a, a, 100 * work->config->accept);
}

static void judge_plateaus(const struct averaging *work, struct report *report) {
    double last_beta = -1, last = INFINITY, first = 0;
    bool falls = true;
    int n = 0;
    for (;;) { /* by rising beta */
        int next = -1;
        double level = 0;
        for (int r = 0; r < work->n_rows; r++)
            if (work->rows[r].entropy && work->rows[r].beta > last_beta &&
                (next < 0 || work->rows[r].beta < work->rows[next].beta))
                next = r;
        if (next < 0) break;
        for (int i = 0; i < work->config->mdps; i++)
            level += plateau(work, i, next) / work->config->mdps;
        falls = falls && level < last;
        if (n++ == 0) first = level;
        last = level, last_beta = work->rows[next].beta;
    }
    if (n < 2 || !has_errors(work) || work->config->iterations < LONG / 2)
        report_untested(report,
                        "the plateau falls with beta: needs two values of it, errors and %d "
                        "iterations",
                        LONG / 2);
    else
        report_verdict(
            report, falls,
            "the plateau falls with every step of beta: from %.2g to %.2g over %d values", first,
            last, n);
}

static void judge_theorem(const struct averaging *work, bool entropy, struct report *report) {
    struct averaging_checks sum = {0};
    for (int i = 0; i < work->config->mdps; i++)
        for (int r = 0; r < work->n_rows; r++) {
            const struct averaging_checks *c = &work->checks[i * work->n_rows + r];
            if (work->rows[r].entropy != entropy) continue;
            sum.made += c->made;
            sum.violated += c->violated;
            sum.unfit += c->unfit;
            sum.tightest = fmax(sum.tightest, c->tightest);
        }
    if (!sum.made)
        report_untested(report, "theorem %d: no row that it speaks of", entropy ? 2 : 1);
    else
        report_verdict(report, sum.violated == 0,
                       "theorem %d bounds the loss: violated in %d of %d checks, the tightest at "
                       "%.2g of the bound; its assumption |q| <= v_max failed in %d",
                       entropy ? 2 : 1, sum.violated, sum.made, sum.tightest, sum.unfit);
}

/* --- the picture ------------------------------------------------------------------------------*/

/* Mean and standard error of a row: y, low and high (marks) behind each other. */
static void set_curve(const struct averaging *work, int r, const double *x, double *y,
                      gb_chart_series *series) {
    const int n = work->n_marks;
    double *low = y + n, *high = low + n;
    for (int mark = 0; mark < n; mark++) {
        const struct spread s = loss_at(work, r, mark);
        const double se = s.std / sqrt(work->config->mdps);
        y[mark] = s.mean, low[mark] = s.mean - se, high[mark] = s.mean + se;
    }
    *series = (gb_chart_series){.x = x, .y = y, .low = low, .high = high, .n = n};
}

static void set_name(const struct averaging_row *row, char *name, size_t size) {
    if (row->entropy)
        gb_format(name, size, BETA " = %g", row->beta);
    else
        gb_format(name, size, LAMBDA " = %g%s", row->lambda,
                  row->lambda == 0 ? " (value iteration)" : "");
}

static void draw(const struct averaging *work, gb_chart_series *series, double *numbers,
                 struct report *report) {
    const int n = work->n_marks;
    char names[AVERAGING_ROWS][48], second[64], subtitle[160];
    gb_chart_panel panels[2] = {{.title = LAMBDA ", the weight of KL, at " TAU " = 0"},
                                {.title = second}};
    for (int mark = 0; mark < n; mark++) numbers[mark] = work->marks[mark];
    for (int r = 0; r < work->n_rows; r++) {
        gb_chart_panel *panel = &panels[work->rows[r].entropy];
        set_curve(work, r, numbers, numbers + (size_t)(1 + 3 * r) * (size_t)n, &series[r]);
        set_name(&work->rows[r], names[r], sizeof names[r]);
        series[r].name = names[r];
        if (!panel->n_series++) panel->series = &series[r];
    }
    for (int p = 0; p < 2; p++) {
        panels[p].x = (gb_chart_axis){.label = "iteration k", .whole = true};
        panels[p].y = (gb_chart_axis){.label = "|q* - q_k| / |q*|", .log = true};
    }
    gb_format(second, sizeof second, BETA " = " LAMBDA " / (" LAMBDA " + " TAU ") at " TAU " = %g",
              work->config->tau);
    gb_format(subtitle, sizeof subtitle,
              "loss of the policy after k iterations, mean of %d Garnets and its standard error",
              work->config->mdps);
    report_draw(report, "KL averages the errors of sampled value iteration out", subtitle, NULL,
                panels);
}

int averaging_results(const struct averaging *work, struct report *report, gb_err *err) {
    const size_t rows = (size_t)work->n_rows, marks = (size_t)work->n_marks;
    gb_chart_series *series = gb_alloc(rows, sizeof *series, err);
    double *numbers = gb_alloc((1 + 3 * rows) * marks, sizeof *numbers, err);
    const bool room = series && numbers;
    if (room) {
        normalise(work);
        write_rows(work, report->csv);
        write_table(work, report->text);
        judge_value_iteration(work, report);
        judge_averaging(work, report);
        judge_plateaus(work, report);
        judge_theorem(work, false, report);
        judge_theorem(work, true, report);
        draw(work, series, numbers, report);
    }
    gb_dealloc(series);
    gb_dealloc(numbers);
    return room ? GB_OK : GB_FAIL;
}
