#include "canvas.h"

/* Counts a drawing call of `function`, and a fault unless its arguments are sound. */
static void count(gb_canvas *canvas, const char *function, bool sound, gb_color color) {
    gb_null_canvas *null = (gb_null_canvas *)canvas;
    int number = (int)color; /* the type may be unsigned, and a plugin may hand in anything */
    null->calls++;
    if (sound && number >= 0 && number < GB_COLORS) return;
    null->faults++;
    if (!null->fault) null->fault = function;
}

static void null_view(gb_canvas *canvas, double left, double bottom, double right, double top) {
    gb_null_canvas *null = (gb_null_canvas *)canvas;
    null->viewed = true;
    bool finite = isfinite(left) && isfinite(bottom) && isfinite(right) && isfinite(top);
    if (finite && left < right && bottom < top) return;
    null->faults++;
    if (!null->fault) null->fault = "view";
}

static void null_line(gb_canvas *canvas, double x0, double y0, double x1, double y1, double width,
                      gb_color color) {
    bool finite = isfinite(x0) && isfinite(y0) && isfinite(x1) && isfinite(y1) && isfinite(width);
    count(canvas, "line", finite && width >= 0, color);
}

static void null_rect(gb_canvas *canvas, double left, double bottom, double width, double height,
                      gb_color color) {
    bool finite = isfinite(left) && isfinite(bottom) && isfinite(width) && isfinite(height);
    count(canvas, "rect", finite && width >= 0 && height >= 0, color);
}

static void null_disc(gb_canvas *canvas, double x, double y, double radius, gb_color color) {
    bool finite = isfinite(x) && isfinite(y) && isfinite(radius);
    count(canvas, "disc", finite && radius >= 0, color);
}

static void null_polygon(gb_canvas *canvas, const double *xy, int n, gb_color color) {
    bool sound = xy && n >= 3;
    for (int i = 0; sound && i < 2 * n; i++) sound = isfinite(xy[i]);
    count(canvas, "polygon", sound, color);
}

static void null_text(gb_canvas *canvas, double x, double y, double height, const char *text,
                      gb_color color) {
    bool finite = isfinite(x) && isfinite(y) && isfinite(height);
    count(canvas, "text", text && finite && height >= 0, color);
}

/* Asks for a small picture, so that what paints it is run. */
static bool null_picture(gb_canvas *canvas, bool (*paint)(void *, const gb_picture *),
                         void *context) {
    static const uint8_t palette[GB_COLORS][3];
    uint8_t rgb[24 * 32 * 3];
    count(canvas, "picture", paint != NULL, GB_PAPER);
    return paint && paint(context, &(gb_picture){32, 24, rgb, -4, -3, 4, 3, palette});
}

void gb_null_canvas_init(gb_null_canvas *null) {
    *null = (gb_null_canvas){
        .canvas = {.size = sizeof(gb_canvas),
                   .view = null_view,
                   .line = null_line,
                   .rect = null_rect,
                   .disc = null_disc,
                   .polygon = null_polygon,
                   .text = null_text,
                   .picture = null_picture},
    };
}
