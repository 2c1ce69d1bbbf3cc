#include "shot.h"
#include "layout.h"

#include <png.h>

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

void *gb_png(const gb_raster *raster, size_t *n, gb_err *err) {
    uint8_t *rgb = gb_alloc((size_t)raster->w * (size_t)raster->h, 3, err);
    void *png = NULL;
    if (rgb) {
        gb_raster_rgb(raster, rgb);
        png = encode(rgb, raster->w, raster->h, n, err);
    }
    gb_dealloc(rgb);
    return png;
}

void *gb_shot(const gb_scene *scene, int w, int h, double scale, size_t *n, gb_err *err) {
    gb_raster raster = {0};
    void *png = NULL;
    if (!gb_raster_resize(&raster, w, h, err)) {
        gb_scene_paint(scene, &raster, scale);
        png = gb_png(&raster, n, err);
    }
    gb_raster_free(&raster);
    return png;
}
