/* sprites.h - how the MinAtar games are drawn: one cell is one unit, row 0 on top.
 *
 * A sprite is eight rows of letters, a pixel each and eight to a cell, so that a sprite of sixteen
 * columns is two cells wide. Letters are roles of colours, as in every environment: the player is
 * blue, what it shoots orange, what pays green, what ends the episode red.
 */
#ifndef GB_ENVS_MINATAR_SPRITES_H
#define GB_ENVS_MINATAR_SPRITES_H

#include "minatar.h"

enum { PIXELS = 8 };

/* Returns the colour of a letter; GB_COLORS for '.', which is not drawn. */
static inline gb_color sprite_color(char letter) {
    static const char letters[] = "wkmbogrsyp";
    static const gb_color colors[] = {GB_PAPER, GB_INK, GB_MUTED,  GB_BLUE,   GB_ORANGE, GB_GREEN,
                                      GB_RED,   GB_SKY, GB_YELLOW, GB_PURPLE, GB_COLORS};
    return colors[strcspn(letters, (char[]){letter, 0})];
}

/* Draws a sprite with its left edge in column x, mirrored if it faces left. Runs of a colour are
 * one rectangle; each overlaps the next a little, so that no seam shows. */
static inline void sprite(gb_canvas *canvas, int x, int y, const char *const *rows, bool mirrored) {
    const double pixel = 1.0 / PIXELS, lap = 0.1 * pixel;
    for (int r = 0; r < PIXELS; r++) {
        const int width = (int)strlen(rows[r]);
        for (int from = 0, n; from < width; from += n) {
            for (n = 1; rows[r][from + n] == rows[r][from];) n++;
            const gb_color color = sprite_color(rows[r][from]);
            const int left = mirrored ? width - from - n : from;
            if (color != GB_COLORS)
                canvas->rect(canvas, x + left * pixel, SIZE - y - (r + 1) * pixel - lap,
                             n * pixel + lap, pixel + lap, color);
        }
    }
}

/* A sprite of one cell, if it is on the board. */
static inline void sprite_at(gb_canvas *canvas, int x, int y, const char *const *rows,
                             bool mirrored) {
    if (on_board(x) && on_board(y)) sprite(canvas, x, y, rows, mirrored);
}

/* What moves to the right leaves this in the cell behind it; n of its dashes, 1..5. */
static inline void draw_trail(gb_canvas *canvas, int x, int y, bool right, int n) {
    static const double height[] = {0.5, 0.3, 0.7, 0.15, 0.85};
    if (!(on_board(x) && on_board(y))) return;
    for (int k = 0; k < n; k++) {
        const double length = k == 0 ? 0.6 : 0.4, left = right ? 1 - length - 0.05 : 0.05;
        canvas->rect(canvas, x + left, SIZE - 1 - y + height[k] - 0.03, length, 0.06, GB_MUTED);
    }
}

/* The board; dots: and the corners of its cells. */
static inline void draw_board(gb_canvas *canvas, bool dots) {
    canvas->view(canvas, -0.2, -0.2, SIZE + 0.2, SIZE + 0.2);
    canvas->rect(canvas, 0, 0, SIZE, SIZE, GB_FLOOR);
    for (int x = 1; dots && x < SIZE; x++)
        for (int y = 1; y < SIZE; y++) canvas->disc(canvas, x, y, 0.03, GB_MUTED);
}

#endif
