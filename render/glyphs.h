/* glyphs.h - a stroke font for the printable characters of ASCII, so that no font file is needed.
 *
 * Lengths are in heights of a capital letter: capitals stand from y = 0 to y = 1, small letters
 * reach from -1/3 (descenders) to 1. y is up.
 */
#ifndef GB_RENDER_GLYPHS_H
#define GB_RENDER_GLYPHS_H

#define GB_STROKE 0.125 /* width of the pen */

/* Called for each straight piece of a stroke. */
typedef void gb_stroke_visitor(void *context, double x0, double y0, double x1, double y1);

/* Returns the width of text, from the first letter's left to the last one's right. */
double gb_text_width(const char *text);

/* Visits the strokes of text, which begins at x = 0. Whatever is not printable ASCII is shown as
 * one question mark a character (of UTF-8). */
void gb_text_strokes(const char *text, gb_stroke_visitor *visit, void *context);

#endif
