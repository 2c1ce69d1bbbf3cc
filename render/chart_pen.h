/* chart_pen.h - text and colours on a Cairo context. Only files of render/ include it. */
#ifndef GB_RENDER_CHART_PEN_H
#define GB_RENDER_CHART_PEN_H

#include "cairo.h"
#include "theme.h"
#include "view.h"

/* The sizes of text, in heights of the common one. */
#define GB_TITLE_SIZE  1.35
#define GB_HEAD_SIZE   1.1
#define GB_SMALL_SIZE  0.88
#define GB_LINE_HEIGHT 1.4 /* from line to line, in sizes */

typedef struct gb_pen {
    cairo_t *cairo;
    bool dark;
    double em; /* pixels of the common size of text: the unit of all distances */
} gb_pen;

typedef struct gb_font {
    double size; /* in em */
    bool bold;
    int color; /* role of theme.h */
} gb_font;

/* Chooses a colour of theme.h, at an opacity from 0 to 1. */
void gb_pen_color(gb_pen *pen, int role, double opacity);

/* Chooses colour number n of the palette of charts: 1, 2, ...; less is ink. */
void gb_pen_palette(gb_pen *pen, int n, double opacity);

/* Returns the width of text in pixels. */
double gb_pen_width(gb_pen *pen, gb_font font, const char *text);

/* Writes text, at most `width` wide, cut and with "..." if it is longer: its baseline is at y, and
 * at x its left end (align 0), middle (0.5) or right end (1). */
void gb_pen_text(gb_pen *pen, gb_font font, double x, double y, double align, double width,
                 const char *text);

/* Writes text in lines of at most `width`, broken at blanks and at "\n", below y. Returns the
 * height that it takes; 0 for no text. With draw false only that. */
double gb_pen_paragraph(gb_pen *pen, gb_font font, double x, double y, double width,
                        const char *text, bool draw);

#endif
