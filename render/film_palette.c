#include "film_palette.h"

#include <limits.h>

enum { BETWEEN = 2, PAIRS = GB_THEME_COLORS * (GB_THEME_COLORS - 1) / 2 };
_Static_assert(1 + GB_THEME_COLORS + BETWEEN * PAIRS <= GB_FILM_COLORS, "colours for a gif");

static uint32_t blend(gb_rgb a, gb_rgb b, int part, int whole) {
#define PART(of) ((uint32_t)((a.of * (whole - part) + b.of * part + whole / 2) / whole))
    return 0xff000000 | PART(r) << 16 | PART(g) << 8 | PART(b);
#undef PART
}

void gb_film_palette_init(gb_film_palette *palette, const gb_theme *theme) {
    *palette = (gb_film_palette){.n = 1};
    for (int i = 0; i < GB_THEME_COLORS; i++)
        palette->color[palette->n++] = blend(theme->color[i], theme->color[i], 0, 1);
    for (int i = 0; i < GB_THEME_COLORS; i++)
        for (int k = 0; k < i; k++)
            for (int part = 1; part <= BETWEEN; part++)
                palette->color[palette->n++] =
                    blend(theme->color[i], theme->color[k], part, BETWEEN + 1);
}

/* How different two colours look: differences of green weigh most, those of blue least. */
static int distance(uint32_t a, uint32_t b) {
    const int red = (int)(a >> 16 & 255) - (int)(b >> 16 & 255),
              green = (int)(a >> 8 & 255) - (int)(b >> 8 & 255),
              blue = (int)(a & 255) - (int)(b & 255);
    return 3 * red * red + 6 * green * green + blue * blue;
}

uint8_t gb_film_palette_find(gb_film_palette *palette, uint32_t color) {
    struct gb_film_match *match = &palette->cache[(color * 2654435761u) >> 20];
    if (match->color == color) return (uint8_t)match->index;
    int best = INT_MAX;
    for (int i = 1; i < palette->n; i++) {
        const int d = distance(palette->color[i], color);
        if (d < best) best = d, match->index = i;
    }
    match->color = color;
    return (uint8_t)match->index;
}
