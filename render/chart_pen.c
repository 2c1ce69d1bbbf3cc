#include "chart_pen.h"
#include "chart.h"
#include "file.h"

#include <string.h>

enum { LONGEST = 1024 }; /* bytes of a text or line; the rest is left out */

/* --- colours ----------------------------------------------------------------------------------*/

static void set_color(gb_pen *pen, gb_rgb color, double opacity) {
    gb_cairo.set_source_rgba(pen->cairo, color.r / 255.0, color.g / 255.0, color.b / 255.0,
                             opacity);
}

void gb_pen_color(gb_pen *pen, int role, double opacity) {
    const gb_theme *theme = pen->dark ? &gb_theme_dark : &gb_theme_light;
    set_color(pen, gb_theme_color(theme, (gb_color)role), opacity);
}

void gb_pen_palette(gb_pen *pen, int n, double opacity) {
    static const int roles[GB_CHART_COLORS] = {GB_BLUE,   GB_RED,  GB_GREEN, GB_PURPLE,
                                               GB_ORANGE, GB_LINE, GB_LABEL};
    gb_pen_color(pen, n < 1 ? GB_INK : roles[(n - 1) % GB_CHART_COLORS], opacity);
}

/* --- text -------------------------------------------------------------------------------------*/

/* Copies text as Cairo accepts it: well-formed, without control characters. */
static void clean(const char *text, size_t n, char out[LONGEST]) {
    size_t to = 0;
    for (size_t i = 0; i < n && to + 4 < LONGEST;) {
        const unsigned char c = (unsigned char)text[i];
        size_t length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        bool whole = length <= n - i && gb_is_utf8(text + i, length);
        if (!whole) length = 1;
        if (!whole || c < ' ' || c == 127)
            out[to++] = whole ? ' ' : '?';
        else
            memcpy(out + to, text + i, length), to += length;
        i += length;
    }
    out[to] = 0;
}

static void set_font(gb_pen *pen, gb_font font) {
    gb_cairo.select_font_face(pen->cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                              font.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    gb_cairo.set_font_size(pen->cairo, font.size * pen->em);
}

/* The width of clean text in the font that is set. */
static double clean_width(gb_pen *pen, const char *text) {
    cairo_text_extents_t extents;
    gb_cairo.text_extents(pen->cairo, text, &extents);
    return extents.x_advance;
}

double gb_pen_width(gb_pen *pen, gb_font font, const char *text) {
    char shown[LONGEST];
    clean(text, strlen(text), shown);
    set_font(pen, font);
    return clean_width(pen, shown);
}

/* Cuts clean text until it fits, with "..." at its end; to nothing if there is no room for that. */
static void cut(gb_pen *pen, char *text, double width) {
    size_t n = strlen(text);
    if (clean_width(pen, text) <= width) return;
    do {
        while (n && ((unsigned char)text[n - 1] & 0xc0) == 0x80) n--; /* whole characters */
        if (n) n--;
        while (n && text[n - 1] == ' ') n--;
        strcpy(text + n, n ? "..." : "");
    } while (n && clean_width(pen, text) > width);
}

void gb_pen_text(gb_pen *pen, gb_font font, double x, double y, double align, double width,
                 const char *text) {
    char shown[LONGEST];
    if (!text) return;
    clean(text, strlen(text), shown);
    set_font(pen, font);
    cut(pen, shown, width);
    gb_pen_color(pen, font.color, 1);
    gb_cairo.move_to(pen->cairo, x - align * clean_width(pen, shown), y);
    gb_cairo.show_text(pen->cairo, shown);
    gb_cairo.new_path(pen->cairo); /* the next line does not begin at the end of the text */
}

/* Returns how many bytes of text make the next line: up to a line's end, or the last blank before
 * it gets too wide, or the whole word where that alone is too wide. */
static size_t line_length(gb_pen *pen, const char *text, double width) {
    char shown[LONGEST];
    size_t end = strcspn(text, "\n"), fits = 0;
    for (size_t at = 0; at < end;) {
        at += strspn(text + at, " ");
        at += strcspn(text + at, " \n");
        clean(text, at, shown);
        if (fits && clean_width(pen, shown) > width) return fits;
        fits = at;
    }
    return end;
}

double gb_pen_paragraph(gb_pen *pen, gb_font font, double x, double y, double width,
                        const char *text, bool draw) {
    double pitch = GB_LINE_HEIGHT * font.size * pen->em, height = 0;
    char line[LONGEST];
    if (!text) return 0;
    while (*text) {
        set_font(pen, font);
        size_t n = line_length(pen, text, width);
        clean(text, n, line);
        if (draw) gb_pen_text(pen, font, x, y + height + font.size * pen->em, 0, width, line);
        height += pitch;
        text += n;
        if (*text == '\n')
            text++;
        else
            text += strspn(text, " ");
    }
    return height;
}
