#include "sheet.h"
#include "layout.h"
#include "painter.h"

#include <string.h>

enum { LEAST = 32 }; /* pixels of a scene, each way */

/* The side of the largest square that fits `columns` times beside each other, and as often below
 * each other as n of them need: scenes are about square. */
static int side(int w, int h, int n, int columns) {
    const int rows = (n + columns - 1) / columns, wide = w / columns, high = h / rows;
    return wide < high ? wide : high;
}

int gb_sheet_init(gb_sheet *sheet, int w, int h, int n, bool dark, gb_err *err) {
    *sheet = (gb_sheet){.n = n, .columns = 1};
    for (int columns = 2; columns <= n; columns++)
        if (side(w, h, n, columns) > side(w, h, n, sheet->columns)) sheet->columns = columns;
    sheet->rows = (n + sheet->columns - 1) / sheet->columns;
    const int wide = w / sheet->columns, high = h / sheet->rows;
    if (wide < LEAST || high < LEAST)
        return gb_fail(err, GB_FAIL,
                       "picture: %dx%d is too small for %d frames; choose fewer, or "
                       "a larger --size",
                       w, h, n);
    int code = gb_raster_resize(&sheet->all, w, h, err);
    if (!code) code = gb_raster_resize(&sheet->one, wide, high, err);
    const gb_theme *theme = dark ? &gb_theme_dark : &gb_theme_light;
    if (!code) gb_raster_rect(&sheet->all, 0, 0, w, h, theme->color[GB_PAPER], 1);
    if (code) gb_sheet_free(sheet);
    return code;
}

void gb_sheet_free(gb_sheet *sheet) {
    gb_raster_free(&sheet->all);
    gb_raster_free(&sheet->one);
    *sheet = (gb_sheet){0};
}

void gb_sheet_add(gb_sheet *sheet, const gb_scene *scene, const char *label) {
    gb_raster *one = &sheet->one, *all = &sheet->all;
    const int at = sheet->filled++, row = at / sheet->columns, column = at % sheet->columns;
    GB_ASSERT(at < sheet->n);
    gb_scene_paint(scene, one, 1);
    if (label) {
        gb_painter painter;
        const double cap = one->h / 24.0 > 7 ? one->h / 24.0 : 7;
        gb_painter_init(&painter, one, scene->dark ? &gb_theme_dark : &gb_theme_light, 1);
        painter.area = (gb_box){0, 0, one->w, one->h};
        painter.view = gb_view_fit(painter.area, 0, 0, 0, one->w, one->h);
        gb_painter_text(&painter, 0.7 * cap, one->h - 1.2 * cap, 0, cap, one->w - cap, label,
                        GB_LABEL);
    }
    for (int y = 0; y < one->h; y++)
        memcpy(all->pixels + (size_t)(row * one->h + y) * (size_t)all->w +
                   (size_t)(column * one->w),
               one->pixels + (size_t)y * (size_t)one->w, (size_t)one->w * sizeof *one->pixels);
}
