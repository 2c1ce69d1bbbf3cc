/* theme.h - the colour roles of gibbs_plugin.h as colours, on light and on dark paper.
 *
 * The hues are those of Okabe and Ito (2008, "Color Universal Design"), which people with any of
 * the common colour vision deficiencies can tell apart. On dark paper blue is lightened and sky is
 * darkened, so that both stand out from the paper and from each other.
 */
#ifndef GB_RENDER_THEME_H
#define GB_RENDER_THEME_H

#include "gibbs_plugin.h"

/* Colours that only the viewer itself uses; they go on where gb_color ends. */
enum {
    GB_PANEL = GB_COLORS, /* background of the side panel */
    GB_LABEL,             /* names of figures */
    GB_LINE,              /* one more colour of lines, where sky is too near to the paper */
    GB_THEME_COLORS
};

typedef struct gb_rgb {
    uint8_t r, g, b;
} gb_rgb;

typedef struct gb_theme {
    gb_rgb color[GB_THEME_COLORS];
} gb_theme;

extern const gb_theme gb_theme_light, gb_theme_dark;

/* Returns the colour of a role; ink for a role that does not exist. */
gb_rgb gb_theme_color(const gb_theme *theme, gb_color color);

#endif
