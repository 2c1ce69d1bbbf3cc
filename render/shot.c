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

void *gb_shot(const gb_scene *scene, int w, int h, double scale, size_t *n, gb_err *err) {
    gb_raster raster = {0};
    void *png = NULL;
    uint8_t *rgb = gb_alloc((size_t)w * (size_t)h, 3, err);
    if (rgb && !gb_raster_resize(&raster, w, h, err)) {
        gb_scene_paint(scene, &raster, scale);
        gb_raster_rgb(&raster, rgb);
        png = encode(rgb, w, h, n, err);
    }
    gb_raster_free(&raster);
    gb_dealloc(rgb);
    return png;
}
