/* cells.h - what the environments on a map share: reading it, moves on it, starts, drawing.
 *
 * A map is rows of letters joined by '/'. Cells are numbered row by row from the top left, walls
 * ('#') included; a state is the number of a cell. The config of an environment that uses this
 * begins with `struct cells`, and its state is `struct walker`: so cells_reset, cells_observe,
 * cells_start, cells_draw and cells_cell serve as its functions.
 */
#ifndef GB_ENVS_CELLS_H
#define GB_ENVS_CELLS_H

#include "gibbs_plugin.h"
#include <stdio.h>
#include <string.h>

#define CELLS_TEXT 4200 /* bytes of a map: 64 x 64 and its line ends */

enum { UP, RIGHT, DOWN, LEFT }; /* directions, clockwise; a + 1 and a + 3 are the sides of a */
static const int cells_right[] = {0, 1, 0, -1}, cells_up[] = {1, 0, -1, 0};

struct cells {
    int rows, cols, n; /* n = rows * cols */
    int starts;        /* cells where episodes start, equally likely: those of letter `from` */
    char from;
    char cell[CELLS_TEXT]; /* (rows, cols) letters */
    char blow[CELLS_TEXT]; /* (rows, cols) cells that the wind carries upward, for drawing */
    char fault[160];
};

struct walker {
    int cell;
};

static const gb_field cells_fields[] = {{"cell", GB_INT(struct walker, cell)}, {0}};

/* Returns how many cells have a letter. */
static inline int cells_count(const struct cells *c, char letter) {
    int count = 0;
    for (int s = 0; s < c->n; s++) count += c->cell[s] == letter;
    return count;
}

/* Lets episodes start in the cells of a letter; returns how many there are. */
static inline int cells_start_from(struct cells *c, char letter) {
    c->from = letter;
    return c->starts = cells_count(c, letter);
}

/* Reads rows from text; legend explains the letters, for people. Episodes start in cells S. Returns
 * NULL or a line that says what is wrong. */
static inline const char *cells_read(struct cells *c, const char *text, const char *letters,
                                     const char *legend) {
    c->rows = c->cols = 0;
    memset(c->blow, 0, sizeof c->blow);
    for (int length; *text; text += length + (text[length] == '/')) {
        length = (int)strcspn(text, "/");
        const int good = (int)strspn(text, letters);
        if (good < length) {
            snprintf(c->fault, sizeof c->fault, "map row %d, column %d is '%c'; use %s",
                     c->rows + 1, good + 1, text[good] > ' ' && text[good] < 127 ? text[good] : '?',
                     legend);
            return c->fault;
        }
        if (c->rows > 0 && length != c->cols) {
            snprintf(c->fault, sizeof c->fault,
                     "map row %d has %d cells, row 1 has %d; make all rows equally long",
                     c->rows + 1, length, c->cols);
            return c->fault;
        }
        memcpy(c->cell + c->rows * length, text, (size_t)length);
        c->cols = length;
        c->rows++;
    }
    c->n = c->rows * c->cols;
    cells_start_from(c, 'S');
    return NULL;
}

static inline bool cells_inside(const struct cells *c, int s) {
    return s >= 0 && s < c->n;
}

/* Returns where one goes from s by `right` cells to the right, then `up` cells up, one at a time;
 * what leads out of the map or into a wall is left out. */
static inline int cells_walk(const struct cells *c, int s, int right, int up) {
    int row = s / c->cols, col = s % c->cols;
    for (int left = right < 0 ? -right : right, dx = right < 0 ? -1 : 1; left > 0; left--) {
        const int next = col + dx;
        if (next < 0 || next >= c->cols || c->cell[row * c->cols + next] == '#') break;
        col = next;
    }
    for (int left = up < 0 ? -up : up, dy = up < 0 ? 1 : -1; left > 0; left--) {
        const int next = row + dy;
        if (next < 0 || next >= c->rows || c->cell[next * c->cols + col] == '#') break;
        row = next;
    }
    return row * c->cols + col;
}

/* Returns the cell next to s in a direction (any multiple of 4 more is the same), or s itself at a
 * border or a wall. */
static inline int cells_next(const struct cells *c, int s, int direction) {
    return cells_walk(c, s, cells_right[direction & 3], cells_up[direction & 3]);
}

/* --- functions of an environment --------------------------------------------------------------*/

static inline double cells_start(const void *config, int s) {
    const struct cells *c = config;
    return cells_inside(c, s) && c->cell[s] == c->from ? 1.0 / c->starts : 0;
}

static inline void cells_reset(void *state, const void *config, gb_rng *rng) {
    const struct cells *c = config;
    int cell = 0, skip = (int)gb_rng_below(rng, (uint32_t)c->starts);
    while (c->cell[cell] != c->from || skip-- > 0) cell++;
    ((struct walker *)state)->cell = cell;
}

static inline void cells_observe(const void *state, const void *config, float *obs) {
    (void)config;
    obs[0] = (float)((const struct walker *)state)->cell;
}

static inline bool cells_cell(const void *state, const void *config, int s, double box[4]) {
    const struct cells *c = config;
    (void)state;
    if (!cells_inside(c, s)) return false;
    box[0] = s % c->cols, box[1] = c->rows - 1 - s / c->cols;
    box[2] = box[0] + 1, box[3] = box[1] + 1;
    return true;
}

/* --- drawing ----------------------------------------------------------------------------------*/

/* A square of the grid whose lower left corner is (x, y). */
static inline void cells_square(gb_canvas *canvas, double x, double y, gb_color color) {
    canvas->rect(canvas, x + 0.03, y + 0.03, 0.94, 0.94, color);
}

/* Arrow heads around (x, y), pointing in a direction: how far the wind carries. */
static inline void cells_arrows(gb_canvas *canvas, double x, double y, int direction, int count,
                                gb_color color) {
    const double dx = cells_right[direction], dy = cells_up[direction];
    for (int k = 0; k < count && k < 4; k++) {
        const double at = 0.22 * (k - (count - 1) / 2.0), px = x + at * dx, py = y + at * dy;
        const double foot[] = {px - 0.06 * dx, py - 0.06 * dy};
        const double head[] = {px + 0.1 * dx,       py + 0.1 * dy,       foot[0] - 0.16 * dy,
                               foot[1] + 0.16 * dx, foot[0] + 0.16 * dy, foot[1] - 0.16 * dx};
        canvas->polygon(canvas, head, 3, color);
    }
}

/* A goal: a flag on a green cell. */
static inline void cells_goal(gb_canvas *canvas, double x, double y) {
    const double cloth[] = {x + 0.38, y + 0.8, x + 0.38, y + 0.46, x + 0.74, y + 0.63};
    cells_square(canvas, x, y, GB_GREEN);
    canvas->polygon(canvas, cloth, 3, GB_PAPER);
    canvas->line(canvas, x + 0.38, y + 0.2, x + 0.38, y + 0.8, 0.06, GB_PAPER);
}

/* The agent in the cell whose lower left corner is (x, y). */
static inline void cells_agent(gb_canvas *canvas, double x, double y) {
    canvas->disc(canvas, x + 0.5, y + 0.5, 0.32, GB_PAPER);
    canvas->disc(canvas, x + 0.5, y + 0.5, 0.27, GB_BLUE);
}

/* Cell s, its lower left corner at (x, y): walls, goals, holes, traps, a cliff, or `floor`, with
 * arrows where the wind blows. */
static inline void cells_draw_one(const struct cells *c, int s, double x, double y, gb_color floor,
                                  gb_canvas *canvas) {
    static const char winds[] = "^>v<";
    const char letter = c->cell[s], *wind = strchr(winds, letter);
    if (letter == '#') { /* walls are of one piece: what joins two hides the seam */
        canvas->rect(canvas, x, y, 1, 1, GB_MUTED);
        if (s % c->cols && c->cell[s - 1] == '#') canvas->rect(canvas, x - 0.5, y, 1, 1, GB_MUTED);
        if (s >= c->cols && c->cell[s - c->cols] == '#')
            canvas->rect(canvas, x, y + 0.5, 1, 1, GB_MUTED);
        return;
    }
    if (letter == 'G' || letter == 'R') {
        cells_goal(canvas, x, y);
        return;
    }
    cells_square(canvas, x, y, letter == 'C' || letter == 'T' ? GB_RED : floor);
    if (letter == 'C') cells_arrows(canvas, x + 0.5, y + 0.5, DOWN, 2, GB_PAPER);
    for (int k = -1; letter == 'T' && k <= 1; k += 2)
        canvas->line(canvas, x + 0.28, y + 0.5 + 0.22 * k, x + 0.72, y + 0.5 - 0.22 * k, 0.1,
                     GB_PAPER);
    if (letter == 'H') {
        canvas->disc(canvas, x + 0.5, y + 0.5, 0.37, GB_RED);
        canvas->disc(canvas, x + 0.5, y + 0.5, 0.29, GB_PAPER);
    }
    if (letter == 'S') canvas->text(canvas, x + 0.17, y + 0.18, 0.24, "S", GB_INK);
    if (wind) cells_arrows(canvas, x + 0.5, y + 0.5, (int)(wind - winds), 1, GB_MUTED);
    if (c->blow[s]) cells_arrows(canvas, x + 0.5, y + 0.5, UP, c->blow[s], GB_MUTED);
}

static inline void cells_draw(const void *state, const void *config, gb_canvas *canvas) {
    const struct cells *c = config;
    const int at = ((const struct walker *)state)->cell;
    const gb_color floor = cells_count(c, 'F') ? GB_SKY : GB_FLOOR; /* F: ice */
    canvas->view(canvas, -0.1, -0.1, c->cols + 0.1, c->rows + 0.1);
    for (int s = 0; s < c->n; s++)
        cells_draw_one(c, s, s % c->cols, c->rows - 1 - s / c->cols, floor, canvas);
    if (cells_inside(c, at)) cells_agent(canvas, at % c->cols, c->rows - 1 - at / c->cols);
}

#endif
