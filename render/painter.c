#include "painter.h"
#include "glyphs.h"

#include <stdlib.h>

static gb_rgb lookup(const gb_painter *p, gb_color color) {
    return gb_theme_color(p->theme, color);
}

static double at_x(const gb_painter *p, double x) {
    return gb_view_x(&p->view, x);
}

static double at_y(const gb_painter *p, double y) {
    return gb_view_y(&p->view, y);
}

/* Whether a shape of this colour is left out in the second drawing over a map. */
static bool is_below(const gb_painter *p, gb_color color) {
    return p->top_only && color != GB_BLUE && color != GB_ORANGE && color != GB_PURPLE;
}

/* --- the functions of the canvas --------------------------------------------------------------*/

static void canvas_view(gb_canvas *canvas, double left, double bottom, double right, double top) {
    gb_painter *p = (gb_painter *)canvas;
    p->view = gb_view_fit(p->area, p->margin, left, bottom, right, top);
}

static void canvas_line(gb_canvas *canvas, double x0, double y0, double x1, double y1, double width,
                        gb_color color) {
    gb_painter *p = (gb_painter *)canvas;
    if (is_below(p, color) && color != GB_INK) return; /* walls are lines of ink */
    double wide = width * p->view.scale;
    if (wide < p->pixel) wide = p->pixel;
    if (p->top_only && color != GB_INK) /* a rim, as rectangles and discs have */
        gb_raster_line(p->raster, at_x(p, x0), at_y(p, y0), at_x(p, x1), at_y(p, y1), 1.3 * wide,
                       lookup(p, GB_PAPER), 1);
    gb_raster_line(p->raster, at_x(p, x0), at_y(p, y0), at_x(p, x1), at_y(p, y1), wide,
                   lookup(p, color), 1);
}

/* Corners are put into pixels a few at a time: a polygon of more is cut into fans, which overlap
 * nowhere but for their common edges. */
static void canvas_polygon(gb_canvas *canvas, const double *xy, int n, gb_color color) {
    enum { CORNERS = 128 };
    gb_painter *p = (gb_painter *)canvas;
    double at[2 * CORNERS];
    if (!xy || is_below(p, color)) return;
    for (int first = 1; first < n - 1; first += CORNERS - 2) {
        int k = n - first < CORNERS - 1 ? n - first : CORNERS - 1;
        at[0] = at_x(p, xy[0]), at[1] = at_y(p, xy[1]);
        for (int i = 0; i < k; i++) {
            at[2 * i + 2] = at_x(p, xy[2 * (first + i)]);
            at[2 * i + 3] = at_y(p, xy[2 * (first + i) + 1]);
        }
        p->raster->firm = true;
        gb_raster_polygon(p->raster, at, k + 1, lookup(p, color), 1);
        p->raster->firm = false;
    }
}

/* A goal over a map: its frame, inside of which the colour of the map is seen. */
static void paint_goal(gb_painter *p, double left, double bottom, double width, double height) {
    const double w = fabs(width), h = fabs(height), edge = 0.07 * fmin(w, h);
    const double x = fmin(left, left + width), y = fmin(bottom, bottom + height);
    const gb_rgb color = lookup(p, GB_GREEN);
    gb_painter_fill(p, x, y, w, edge, color, 1);
    gb_painter_fill(p, x, y + h - edge, w, edge, color, 1);
    gb_painter_fill(p, x, y + edge, edge, h - 2 * edge, color, 1);
    gb_painter_fill(p, x + w - edge, y + edge, edge, h - 2 * edge, color, 1);
}

static void canvas_rect(gb_canvas *canvas, double left, double bottom, double width, double height,
                        gb_color color) {
    gb_painter *p = (gb_painter *)canvas;
    const double rim = p->top_only ? 0.05 * fmin(fabs(width), fabs(height)) : 0;
    if (p->top_only && color == GB_GREEN) paint_goal(p, left, bottom, width, height);
    if (is_below(p, color)) return;
    if (rim > 0)
        gb_painter_fill(p, left - rim, bottom - rim, width + 2 * rim, height + 2 * rim,
                        lookup(p, GB_PAPER), 1);
    p->raster->firm = true;
    gb_painter_fill(p, left, bottom, width, height, lookup(p, color), 1);
    p->raster->firm = false;
}

static void canvas_disc(gb_canvas *canvas, double x, double y, double radius, gb_color color) {
    gb_painter *p = (gb_painter *)canvas;
    const double r = radius * p->view.scale;
    if (is_below(p, color)) return;
    if (p->top_only)
        gb_raster_disc(p->raster, at_x(p, x), at_y(p, y), 1.2 * r, lookup(p, GB_PAPER), 1);
    gb_raster_disc(p->raster, at_x(p, x), at_y(p, y), r, lookup(p, color), 1);
}

static void canvas_text(gb_canvas *canvas, double x, double y, double height, const char *text,
                        gb_color color) {
    gb_painter *p = (gb_painter *)canvas;
    if (text) gb_painter_text(p, x, y, 0.5, height, INFINITY, text, (int)color);
}

/* Of the area's whole pixels. What is drawn again over a map has no picture. */
static bool canvas_picture(gb_canvas *canvas, bool (*paint)(void *, const gb_picture *),
                           void *context) {
    gb_painter *p = (gb_painter *)canvas;
    const gb_raster *raster = p->raster;
    const int w = raster->x1 - raster->x0, h = raster->y1 - raster->y0;
    if (p->top_only || w <= 0 || h <= 0) return false;
    uint8_t palette[GB_COLORS][3];
    for (int k = 0; k < GB_COLORS; k++) {
        const gb_rgb c = lookup(p, (gb_color)k);
        palette[k][0] = c.r, palette[k][1] = c.g, palette[k][2] = c.b;
    }
    gb_picture picture = {.width = w, .height = h, .palette = (const uint8_t(*)[3])palette};
    picture.left = gb_view_world_x(&p->view, raster->x0);
    picture.right = gb_view_world_x(&p->view, raster->x1);
    picture.bottom = gb_view_world_y(&p->view, raster->y1);
    picture.top = gb_view_world_y(&p->view, raster->y0);
    picture.rgb = malloc((size_t)w * (size_t)h * 3);
    const bool shown = picture.rgb && paint(context, &picture);
    if (shown) gb_raster_picture(p->raster, picture.rgb);
    free(picture.rgb);
    return shown;
}

/* --- the painter's own ------------------------------------------------------------------------*/

struct writing {
    gb_raster *raster;
    double x, y, height, width; /* start of the baseline; capitals and pen, in pixels */
};

static void draw_stroke(void *context, double x0, double y0, double x1, double y1) {
    const struct writing *w = context;
    gb_raster_line(w->raster, w->x + w->height * x0, w->y - w->height * y0, w->x + w->height * x1,
                   w->y - w->height * y1, w->width, (gb_rgb){0, 0, 0}, 1);
}

void gb_painter_text(gb_painter *p, double x, double y, double align, double height, double width,
                     const char *text, int color) {
    const double wide = gb_text_width(text);
    if (height * wide > width) height = width / wide;
    const double h = height * p->view.scale;
    if (!isfinite(h) || h <= 0 || h > 1e6) return;
    const double left = at_x(p, x) - align * h * wide;
    /* baselines on whole pixels: letters of a line look alike */
    const double base = floor(at_y(p, y) + h / 2 + 0.5);
    double pen = GB_STROKE * h;
    if (pen < p->pixel) pen = p->pixel;
    if (!isfinite(left + base)) return;
    struct writing w = {p->raster, left, base, h, pen};
    gb_raster_begin(p->raster);
    gb_text_strokes(text, draw_stroke, &w);
    gb_box box = {left - pen - 1, base - 1.2 * h - pen, h * wide + 2 * pen + 2, 1.6 * h + 2 * pen};
    gb_raster_end(p->raster, box, lookup(p, (gb_color)color), 1);
}

void gb_painter_fill(gb_painter *p, double left, double bottom, double width, double height,
                     gb_rgb color, double alpha) {
    gb_raster_rect(p->raster, at_x(p, left), at_y(p, bottom + height), at_x(p, left + width),
                   at_y(p, bottom), color, alpha);
}

void gb_painter_top(gb_painter *p, bool top) {
    p->top_only = top;
}

void gb_painter_init(gb_painter *p, gb_raster *raster, const gb_theme *theme, double pixel) {
    *p = (gb_painter){.canvas = {.size = sizeof(gb_canvas),
                                 .view = canvas_view,
                                 .line = canvas_line,
                                 .rect = canvas_rect,
                                 .disc = canvas_disc,
                                 .polygon = canvas_polygon,
                                 .text = canvas_text,
                                 .picture = canvas_picture},
                      .raster = raster,
                      .theme = theme,
                      .pixel = pixel};
}

void gb_painter_area(gb_painter *p, gb_box area, double margin, gb_color background) {
    p->area = area;
    p->margin = 0;
    gb_raster_clip(p->raster, area);
    canvas_view(&p->canvas, 0, 0, area.w, area.h);
    gb_painter_fill(p, 0, 0, area.w, area.h, lookup(p, background), 1);
    p->margin = margin;
}
