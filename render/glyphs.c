#include "glyphs.h"

#include <stdbool.h>

/* A glyph is written on a grid of 12 units a capital's height, each number as one digit of base 36:
 * first the width, then points "xy". The baseline is at y = 4, capitals end at g (16), small
 * letters at c (12), descenders at 0. A blank lifts the pen. A point after a '.' is the control
 * point of a quadratic curve to the point that follows it. */
// clang-format off
static const char *const glyphs[] = {
    [' '] = "3",
    ['!'] = "00g08 0404",
    ['"'] = "30g0c 3g3c",
    ['#'] = "a243g 768g 08a8 0cac",
    ['$'] = "66d.6f3f.0f0c.0a3a.6a68.6535.0507 3h33",
    ['%'] = "a9g14 2g.0g0e.0c2c.4c4e.4g2g 88.6866.6484.a4a6.a888",
    ['&'] = "8842c.1g4g.7g6d.5b2a.0907.0434.7489",
    ['\''] = "00g0c",
    ['('] = "33h.0e0a.0633",
    [')'] = "30h.3e3a.3603",
    ['*'] = "63g3a 0e6c 0c6e",
    ['+'] = "63d37 0a6a",
    [','] = "21503",
    ['-'] = "50a5a",
    ['.'] = "21414",
    ['/'] = "6036h",
    ['0'] = "63g.0g0c08.0434.64686c.6g3g",
    ['1'] = "61d4g44",
    ['2'] = "60d.0g3g.6g6d.6b490464",
    ['3'] = "60d.0g3g.6g6d.6a3a.6a67.6434.0407",
    ['4'] = "6545g0868",
    ['5'] = "66g0g0c3c.6c68.6434.0407",
    ['6'] = "65g.0e08.0434.6468.6c3c.0c08",
    ['7'] = "60g6g24",
    ['8'] = "63a.0a0d.0g3g.6g6d.6a3a.0a07.0434.6467.6a3a",
    ['9'] = "614.666c.6g3g.0g0c.0838.686c",
    [':'] = "21414 1b1b",
    [';'] = "21503 1b1b",
    ['<'] = "66d0a67",
    ['='] = "60c6c 0868",
    ['>'] = "60d6a07",
    ['?'] = "60d.0g3g.6g6d.6b3a37 3434",
    ['@'] = "a85.7454.040a.0g5g.agaa.a787.777a7d 7a.7d5d.3d3a.3757.777a",
    ['A'] = "8044g84 1777",
    ['B'] = "8040g4g.7g7d.7a4a0a 4a.8a87.844404",
    ['C'] = "88d.8g4g.0g0c08.0444.8487",
    ['D'] = "8040g3g.8g8b89.843404",
    ['E'] = "77g0g0474 0a6a",
    ['F'] = "77g0g04 0a6a",
    ['G'] = "88d.8g4g.0g0c08.0444.84888a5a",
    ['H'] = "80g04 8g84 0a8a",
    ['I'] = "00g04",
    ['J'] = "66g67.6434.0407",
    ['K'] = "80g04 8g09 3b84",
    ['L'] = "70g0474",
    ['M'] = "a040g57aga4",
    ['N'] = "8040g848g",
    ['O'] = "84g.0g0c08.0444.84888c.8g4g",
    ['P'] = "8040g4g.8g8c.884808",
    ['Q'] = "84g.0g0c08.0444.84888c.8g4g 5783",
    ['R'] = "8040g4g.8g8c.884808 4884",
    ['S'] = "88d.8g4g.0g0d.0a4a.8a87.8444.0407",
    ['T'] = "80g8g 4g44",
    ['U'] = "80g08.0444.84888g",
    ['V'] = "80g448g",
    ['W'] = "c0g346d94cg",
    ['X'] = "80g84 8g04",
    ['Y'] = "80g4a8g 4a44",
    ['Z'] = "80g8g0484",
    ['['] = "33h0h0333",
    ['\\'] = "60h63",
    [']'] = "30h3h3303",
    ['^'] = "60c3g6c",
    ['_'] = "70272",
    ['`'] = "20g2d",
    ['a'] = "60b.1c3c.6c6964 6939.0906.0434.6467",
    ['b'] = "60g04 08.0c3c.6c68.6434.0408",
    ['c'] = "66a.6c3c.0c08.0434.6466",
    ['d'] = "66g64 68.6c3c.0c08.0434.6468",
    ['e'] = "60868.6c3c.0c08.0434.5465",
    ['f'] = "55g.2g2d24 0c5c",
    ['g'] = "66c63.6030.1001 68.6c3c.0c08.0434.6468",
    ['h'] = "60g04 08.0c3c.6c6864",
    ['i'] = "00c04 0f0f",
    ['j'] = "22c23.2000 2f2f",
    ['k'] = "60g04 6c07 2964",
    ['l'] = "20g06.0424",
    ['m'] = "a0c04 09.0c3c.5c5954 59.5c8c.aca9a4",
    ['n'] = "60c04 08.0c3c.6c6864",
    ['o'] = "63c.0c08.0434.6468.6c3c",
    ['p'] = "60c00 08.0c3c.6c68.6434.0408",
    ['q'] = "66c60 68.6c3c.0c08.0434.6468",
    ['r'] = "40c04 08.0c4c",
    ['s'] = "66a.6c3c.0c0a.0838.6866.6434.0406",
    ['t'] = "52g27.2454 0c5c",
    ['u'] = "60c08.0434.6468 6c64",
    ['v'] = "60c346c",
    ['w'] = "a0c245b84ac",
    ['x'] = "60c64 6c04",
    ['y'] = "60c34 6c34.2000",
    ['z'] = "60c6c0464",
    ['{'] = "44h.2h2f2c.2a0a.2a2825.2343",
    ['|'] = "00h03",
    ['}'] = "40h.2h2f2c.2a4a.2a2825.2303",
    ['~'] = "809.1c4a.788b",
};
// clang-format on

enum { CAPITAL = 12, BASELINE = 4, GAP = 3, PIECES = 6 }; /* grid units; pieces of a curve */

/* The glyph of the character at *text, which moves on to the next. */
static const char *next_glyph(const char **text) {
    unsigned char c = (unsigned char)*(*text)++;
    while (c >= 0xc0 && ((unsigned char)**text & 0xc0) == 0x80) ++*text;
    return c < sizeof glyphs / sizeof *glyphs && glyphs[c] ? glyphs[c] : glyphs['?'];
}

static int digit(char c) {
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

struct point {
    double x, y;
};

static struct point read_point(const char *p, double left) {
    return (struct point){left + digit(p[0]) / (double)CAPITAL,
                          (digit(p[1]) - BASELINE) / (double)CAPITAL};
}

static void curve(struct point a, struct point b, struct point c, gb_stroke_visitor *visit,
                  void *context) {
    struct point last = a;
    for (int i = 1; i <= PIECES; i++) {
        double t = i / (double)PIECES, u = 1 - t;
        struct point p = {u * u * a.x + 2 * u * t * b.x + t * t * c.x,
                          u * u * a.y + 2 * u * t * b.y + t * t * c.y};
        visit(context, last.x, last.y, p.x, p.y);
        last = p;
    }
}

static void glyph_strokes(const char *p, double left, gb_stroke_visitor *visit, void *context) {
    struct point pen = {0, 0};
    bool down = false;
    while (*p) {
        if (*p == ' ') {
            down = false, p++;
        } else if (*p == '.') {
            struct point end = read_point(p + 3, left);
            curve(pen, read_point(p + 1, left), end, visit, context);
            pen = end, p += 5;
        } else {
            struct point end = read_point(p, left);
            if (down) visit(context, pen.x, pen.y, end.x, end.y);
            pen = end, down = true, p += 2;
        }
    }
}

double gb_text_width(const char *text) {
    int width = 0;
    while (*text) width += digit(*next_glyph(&text)) + GAP;
    return width > GAP ? (width - GAP) / (double)CAPITAL : 0;
}

void gb_text_strokes(const char *text, gb_stroke_visitor *visit, void *context) {
    double left = 0;
    while (*text) {
        const char *glyph = next_glyph(&text);
        glyph_strokes(glyph + 1, left, visit, context);
        left += (digit(*glyph) + GAP) / (double)CAPITAL;
    }
}
