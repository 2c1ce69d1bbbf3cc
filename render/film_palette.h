/* film_palette.h - the colours of a gif: those of a theme, and two between any two of them, which
 * smooth edges are made of. Only files of render/ include it. */
#ifndef GB_RENDER_FILM_PALETTE_H
#define GB_RENDER_FILM_PALETTE_H

#include "theme.h"

enum { GB_FILM_COLORS = 256, GB_FILM_CACHE = 1 << 12 };

typedef struct gb_film_palette {
    uint32_t color[GB_FILM_COLORS]; /* 0xAARRGGBB; the first is the only one that is transparent */
    int n;
    struct gb_film_match {
        uint32_t color; /* 0: not in use */
        int index;
    } cache[GB_FILM_CACHE]; /* colours met before */
} gb_film_palette;

void gb_film_palette_init(gb_film_palette *palette, const gb_theme *theme);

/* Returns the number of the opaque colour that is nearest to 0xffRRGGBB. */
uint8_t gb_film_palette_find(gb_film_palette *palette, uint32_t color);

#endif
