#include "shot.h"
#include "layout.h"

#include <png.h>

/* The picture is rendered `factor` times as large and each pixel is the mean of a square. */
static void shrink(const SDL_Surface *large, int factor, int w, int h, uint8_t *rgb) {
    const unsigned area = (unsigned)(factor * factor);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++, rgb += 3) {
            unsigned sum[3] = {0};
            for (int k = 0; k < factor * factor; k++) {
                size_t row = (size_t)(y * factor + k / factor),
                       column = (size_t)(x * factor + k % factor);
                const uint8_t *pixels = large->pixels;
                const uint8_t *p = pixels + row * (size_t)large->pitch + 4 * column;
                for (int i = 0; i < 3; i++) sum[i] += p[i];
            }
            for (int i = 0; i < 3; i++) rgb[i] = (uint8_t)((sum[i] + area / 2) / area);
        }
}

/* Renders in memory, by SDL's software renderer, which needs no display. */
static int paint(const gb_scene *scene, int w, int h, uint8_t *rgb, gb_err *err) {
    int factor = (int64_t)w * h <= 1 << 20 ? 4 : 2;
    if (gb_sdl_load(err)) return GB_FAIL;
    SDL_Surface *surface =
        gb_sdl.CreateRGBSurfaceWithFormat(0, w * factor, h * factor, 32, SDL_PIXELFORMAT_RGBA32);
    SDL_Renderer *renderer = surface ? gb_sdl.CreateSoftwareRenderer(surface) : NULL;
    int code = GB_OK;
    if (renderer) {
        gb_scene_draw(scene, renderer, w * factor, h * factor, factor);
        gb_sdl.RenderPresent(renderer);
        shrink(surface, factor, w, h, rgb);
    } else {
        code = gb_fail(err, GB_FAIL, "picture: %s; choose a smaller --size", gb_sdl.GetError());
    }
    if (renderer) gb_sdl.DestroyRenderer(renderer);
    gb_sdl.FreeSurface(surface);
    return code;
}

static void *encode(const uint8_t *rgb, int w, int h, size_t *n, gb_err *err) {
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)w,
                       .height = (png_uint_32)h,
                       .format = PNG_FORMAT_RGB};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    void *png = gb_alloc(1, size, err);
    if (!png) return NULL;
    if (!png_image_write_to_memory(&image, png, &size, 0, rgb, 0, NULL)) {
        gb_fail(err, GB_FAIL, "picture: %s; choose another --size", image.message);
        gb_dealloc(png);
        return NULL;
    }
    *n = size;
    return png;
}

void *gb_shot(const gb_scene *scene, int w, int h, size_t *n, gb_err *err) {
    uint8_t *rgb = gb_alloc((size_t)w * (size_t)h, 3, err);
    void *png = NULL;
    if (rgb && !paint(scene, w, h, rgb, err)) png = encode(rgb, w, h, n, err);
    gb_dealloc(rgb);
    return png;
}
