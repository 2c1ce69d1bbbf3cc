#include "chart_legend.h"

#include <math.h>
#include <string.h>

static const gb_font font = {.size = 1, .color = GB_INK};

/* In em. */
static const double SAMPLE = 2, GAP = 0.6, PITCH = 1.5, BETWEEN = 1.6, PADDING = 0.5;

/* --- entries ----------------------------------------------------------------------------------*/

/* Whether two entries of one name also look the same. */
static bool alike(const struct gb_legend_entry *a, const struct gb_legend_entry *b) {
    if (strcmp(a->name, b->name) || a->color != b->color || !a->series != !b->series) return false;
    return !a->series ||
           (a->series->style == b->series->style && a->series->markers == b->series->markers);
}

static void add(gb_legend *legend, gb_pen *pen, struct gb_legend_entry entry) {
    if (!entry.name || !*entry.name || legend->n == GB_CHART_ENTRIES) return;
    for (int i = 0; i < legend->n; i++)
        if (alike(&legend->entry[i], &entry)) return;
    legend->entry[legend->n++] = entry;
    double width = (SAMPLE + GAP) * pen->em + gb_pen_width(pen, font, entry.name);
    legend->widest = fmax(legend->widest, ceil(width) + 1);
}

void gb_legend_make(gb_legend *legend, const gb_chart *chart, gb_pen *pen) {
    *legend = (gb_legend){0};
    for (int p = 0; p < chart->n_panels; p++) {
        const gb_chart_panel *panel = &chart->panels[p];
        for (int i = 0; i < panel->n_series; i++) {
            const gb_chart_series *series = &panel->series[i];
            add(legend, pen,
                (struct gb_legend_entry){series->name, series, NULL, gb_series_color(series, i)});
        }
    }
    for (int p = 0; p < chart->n_panels; p++)
        for (int i = 0; i < chart->panels[p].n_levels; i++) {
            const gb_chart_level *level = &chart->panels[p].levels[i];
            add(legend, pen, (struct gb_legend_entry){level->name, NULL, level, level->color});
        }
}

/* --- a place in the panel ---------------------------------------------------------------------*/

static bool is_free(const gb_cover *cover, int row, int column, int rows, int columns) {
    for (int r = row; r < row + rows; r++)
        for (int c = column; c < column + columns; c++)
            if (cover->taken[r][c]) return false;
    return true;
}

/* How far a place is from the nearest corner; the right ones are a little better. */
static double distance(int row, int column, int rows, int columns) {
    int below = GB_FREE_ROWS - rows - row, right = GB_FREE_COLUMNS - columns - column;
    return fmin(row, below) + fmin(column + 0.5, right) + (below < row ? 0.25 : 0);
}

bool gb_legend_place(const gb_legend *legend, const gb_pen *pen, const gb_plot *plot,
                     const gb_chart_panel *panel, gb_box *box) {
    gb_cover cover;
    double width = legend->widest + 2 * PADDING * pen->em;
    double height = legend->n * PITCH * pen->em + 2 * PADDING * pen->em;
    double cell_w = plot->box.w / GB_FREE_COLUMNS, cell_h = plot->box.h / GB_FREE_ROWS;
    if (!legend->n || width > 0.6 * plot->box.w || height > 0.6 * plot->box.h) return false;
    int columns = (int)ceil(width / cell_w) + 1, rows = (int)ceil(height / cell_h) + 1;
    double least = INFINITY;
    gb_plot_cover(plot, panel, &cover);
    for (int row = 0; row + rows <= GB_FREE_ROWS; row++)
        for (int column = 0; column + columns <= GB_FREE_COLUMNS; column++) {
            double far = distance(row, column, rows, columns);
            if (far >= least || !is_free(&cover, row, column, rows, columns)) continue;
            least = far;
            /* in the middle of the cells, but against the right edge as against the left one */
            double slack = columns * cell_w - width, down = rows * cell_h - height;
            *box = (gb_box){plot->box.x + column * cell_w + slack / 2,
                            plot->box.y + row * cell_h + down / 2, width, height};
        }
    return isfinite(least);
}

/* --- drawing ----------------------------------------------------------------------------------*/

static int columns_in(const gb_legend *legend, const gb_pen *pen, double width) {
    double each = legend->widest + BETWEEN * pen->em;
    int most = (int)((width + BETWEEN * pen->em) / each);
    if (most < 1) most = 1;
    if (most >= legend->n) return legend->n;
    int rows = (legend->n + most - 1) / most; /* as even as possible */
    return (legend->n + rows - 1) / rows;
}

double gb_legend_height(const gb_legend *legend, const gb_pen *pen, double width) {
    if (!legend->n) return 0;
    int columns = columns_in(legend, pen, width - 2 * PADDING * pen->em);
    return (PITCH * ((legend->n + columns - 1) / columns) + 2 * PADDING) * pen->em;
}

void gb_legend_draw(const gb_legend *legend, gb_pen *pen, gb_box box) {
    if (!legend->n) return;
    double em = pen->em, width = box.w - 2 * PADDING * em;
    int columns = columns_in(legend, pen, width), rows = (legend->n + columns - 1) / columns;
    for (int i = 0; i < legend->n; i++) {
        const struct gb_legend_entry *entry = &legend->entry[i];
        double x = box.x + PADDING * em + i / rows * (legend->widest + BETWEEN * em);
        double y = box.y + (PADDING + PITCH * (i % rows + 0.5)) * em;
        if (entry->series)
            gb_sample_series(pen, entry->series, entry->color, x, y, SAMPLE * em);
        else
            gb_sample_level(pen, entry->level, x, y, SAMPLE * em);
        gb_pen_text(pen, font, x + (SAMPLE + GAP) * em, y + 0.35 * em, 0,
                    fmin(legend->widest, width) - (SAMPLE + GAP) * em, entry->name);
    }
}
