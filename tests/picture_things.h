/* picture_things.h - PNG pictures, read back, for the suites of what is drawn. */
#ifndef GB_TESTS_PICTURE_THINGS_H
#define GB_TESTS_PICTURE_THINGS_H

#include "shot.h"
#include "support.h"
#include "theme.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

typedef struct picture {
    int w, h;
    uint8_t rgb[512 * 512 * 3];
} picture;

/* Reads a PNG in memory; the picture is valid until the next call of this or of what uses it. */
static inline const picture *decode(const void *bytes, size_t n) {
    static picture p;
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert_msg(png_image_begin_read_from_memory(&image, bytes, n), "%s", image.message);
    image.format = PNG_FORMAT_RGB;
    ck_assert_uint_le(PNG_IMAGE_SIZE(image), sizeof p.rgb);
    ck_assert(png_image_finish_read(&image, NULL, p.rgb, 0, NULL));
    p.w = (int)image.width, p.h = (int)image.height;
    return &p;
}

static inline const picture *read_picture(const char *path) {
    size_t n;
    char *bytes = test_read(path, &n);
    const picture *p = decode(bytes, n);
    free(bytes);
    return p;
}

static inline const picture *shoot(const gb_scene *scene, int w, int h) {
    size_t n;
    gb_err err;
    void *png = gb_shot(scene, w, h, 1, &n, &err);
    ck_assert_msg(png != NULL, "%s", err.msg);
    const picture *p = decode(png, n);
    gb_dealloc(png);
    return p;
}

/* Whether a pixel has exactly this colour of the theme. */
static inline bool is(const picture *p, int x, int y, const gb_theme *theme, int color) {
    return !memcmp(p->rgb + 3 * (y * p->w + x), &theme->color[color], 3);
}

/* How many do. */
static inline int count(const picture *p, const gb_theme *theme, int color) {
    int n = 0;
    for (int i = 0; i < p->w * p->h; i++) n += is(p, i % p->w, i / p->w, theme, color);
    return n;
}

/* Draws a disc that fills the world, and a square above and left of its middle. */
static inline void draw_disc(const void *context, gb_canvas *c) {
    (void)context;
    c->view(c, -1, -1, 1, 1);
    c->disc(c, 0, 0, 1, GB_GREEN);
    c->rect(c, -0.5, 0.25, 0.25, 0.25, GB_RED);
}

#endif
