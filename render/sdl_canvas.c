#include "sdl_canvas.h"
#include "glyphs.h"

#define PI 3.14159265358979323846

struct corner {
    double at[2]; /* x, y in pixels */
};

/* --- triangles
 * ----------------------------------------------------------------------------------*/

void gb_sdl_canvas_end(gb_sdl_canvas *c) {
    if (c->n) gb_sdl.RenderGeometry(c->renderer, NULL, c->vertices, c->n, NULL, 0);
    c->n = 0;
}

/* Cuts the convex polygon in (n) to what has sign * at[axis] <= sign * limit: Sutherland and
 * Hodgman (1974), one side. Returns the corners of out, at most n + 1. */
static int cut(const struct corner *in, int n, int axis, double sign, double limit,
               struct corner *out) {
    int kept = 0;
    for (int i = 0; i < n; i++) {
        const struct corner *a = &in[i], *b = &in[(i + 1) % n];
        double over_a = sign * (a->at[axis] - limit), over_b = sign * (b->at[axis] - limit);
        if (over_a <= 0) out[kept++] = *a;
        if ((over_a <= 0) == (over_b <= 0)) continue;
        double t = over_a / (over_a - over_b);
        struct corner *crossing = &out[kept++];
        crossing->at[axis] = limit;
        crossing->at[!axis] = a->at[!axis] + t * (b->at[!axis] - a->at[!axis]);
    }
    return kept;
}

static void add_vertex(gb_sdl_canvas *c, const struct corner *corner, SDL_Color color) {
    c->vertices[c->n++] = (SDL_Vertex){{(float)corner->at[0], (float)corner->at[1]}, color, {0, 0}};
}

static void triangle(gb_sdl_canvas *c, const struct corner corners[3], SDL_Color color) {
    struct corner one[8], two[8]; /* four cuts add a corner each */
    for (int i = 0; i < 3; i++)
        for (int axis = 0; axis < 2; axis++) {
            double x = corners[i].at[axis];
            if (!isfinite(x)) return;
            one[i].at[axis] = x < -1e7 ? -1e7 : x > 1e7 ? 1e7 : x;
        }
    int n = cut(one, 3, 0, -1, c->area.x, two);
    n = cut(two, n, 0, 1, c->area.x + c->area.w, one);
    n = cut(one, n, 1, -1, c->area.y, two);
    n = cut(two, n, 1, 1, c->area.y + c->area.h, one);
    if (c->n + 3 * n > GB_SDL_VERTICES) gb_sdl_canvas_end(c);
    for (int i = 2; i < n; i++) {
        add_vertex(c, &one[0], color);
        add_vertex(c, &one[i - 1], color);
        add_vertex(c, &one[i], color);
    }
}

static SDL_Color lookup(const gb_sdl_canvas *c, gb_color color) {
    gb_rgb rgb = gb_theme_color(c->theme, color);
    return (SDL_Color){rgb.r, rgb.g, rgb.b, 255};
}

static struct corner world(const gb_sdl_canvas *c, double x, double y) {
    return (struct corner){{gb_view_x(&c->view, x), gb_view_y(&c->view, y)}};
}

/* A sector of a disc, drawn as a fan of n triangles with its tip at p. */
static void fan(gb_sdl_canvas *c, struct corner p, double radius, double from, double sweep, int n,
                SDL_Color color) {
    struct corner t[3] = {p, p, p};
    for (int i = 0; i <= n; i++) {
        double angle = from + sweep * i / n;
        t[1] = t[2];
        t[2].at[0] = p.at[0] + radius * cos(angle);
        t[2].at[1] = p.at[1] + radius * sin(angle);
        if (i) triangle(c, t, color);
    }
}

/* How many pieces of a full circle keep its outline within a quarter of a pixel. */
static int pieces(double radius) {
    double n = 4.5 * sqrt(radius);
    return n < 6 ? 6 : n < 200 ? (int)n : 200;
}

/* A line with round ends, in pixels. */
static void pen(gb_sdl_canvas *c, struct corner a, struct corner b, double width, SDL_Color color) {
    double dx = b.at[0] - a.at[0], dy = b.at[1] - a.at[1], length = sqrt(dx * dx + dy * dy);
    double r = (width > c->pixel ? width : c->pixel) / 2, angle = atan2(dy, dx);
    if (!isfinite(length) || !isfinite(r)) return;
    int half = pieces(r) / 2;
    fan(c, a, r, angle + PI / 2, PI, half, color);
    fan(c, b, r, angle - PI / 2, PI, half, color);
    if (length <= 0) return;
    double nx = -dy / length * r, ny = dx / length * r;
    const struct corner box[4] = {{{a.at[0] + nx, a.at[1] + ny}},
                                  {{b.at[0] + nx, b.at[1] + ny}},
                                  {{b.at[0] - nx, b.at[1] - ny}},
                                  {{a.at[0] - nx, a.at[1] - ny}}};
    triangle(c, box, color);
    triangle(c, (struct corner[3]){box[0], box[2], box[3]}, color);
}

/* --- the functions of the canvas
 * ----------------------------------------------------------------*/

static void canvas_view(gb_canvas *canvas, double left, double bottom, double right, double top) {
    gb_sdl_canvas *c = (gb_sdl_canvas *)canvas;
    c->view = gb_view_fit(c->area, c->margin, left, bottom, right, top);
}

static void canvas_line(gb_canvas *canvas, double x0, double y0, double x1, double y1, double width,
                        gb_color color) {
    gb_sdl_canvas *c = (gb_sdl_canvas *)canvas;
    pen(c, world(c, x0, y0), world(c, x1, y1), width * c->view.scale, lookup(c, color));
}

static void canvas_polygon(gb_canvas *canvas, const double *xy, int n, gb_color color) {
    gb_sdl_canvas *c = (gb_sdl_canvas *)canvas;
    if (!xy) return;
    for (int i = 2; i < n; i++) {
        const struct corner t[3] = {world(c, xy[0], xy[1]), world(c, xy[2 * i - 2], xy[2 * i - 1]),
                                    world(c, xy[2 * i], xy[2 * i + 1])};
        triangle(c, t, lookup(c, color));
    }
}

static void canvas_rect(gb_canvas *canvas, double left, double bottom, double width, double height,
                        gb_color color) {
    const double right = left + width, top = bottom + height;
    const double xy[] = {left, bottom, right, bottom, right, top, left, top};
    canvas_polygon(canvas, xy, 4, color);
}

static void canvas_disc(gb_canvas *canvas, double x, double y, double radius, gb_color color) {
    gb_sdl_canvas *c = (gb_sdl_canvas *)canvas;
    double r = radius * c->view.scale;
    if (isfinite(r) && r > 0) fan(c, world(c, x, y), r, 0, 2 * PI, pieces(r), lookup(c, color));
}

struct writing {
    gb_sdl_canvas *c;
    struct corner start; /* of the baseline */
    double height;       /* of capitals, in pixels */
    SDL_Color color;
};

static void draw_stroke(void *context, double x0, double y0, double x1, double y1) {
    const struct writing *w = context;
    const double *at = w->start.at, h = w->height;
    pen(w->c, (struct corner){{at[0] + h * x0, at[1] - h * y0}},
        (struct corner){{at[0] + h * x1, at[1] - h * y1}}, GB_STROKE * h, w->color);
}

static void canvas_text(gb_canvas *canvas, double x, double y, double height, const char *text,
                        gb_color color) {
    gb_sdl_canvas *c = (gb_sdl_canvas *)canvas;
    double h = height * c->view.scale;
    if (!text || !isfinite(h) || h <= 0) return;
    struct writing w = {c, world(c, x, y), h, lookup(c, color)};
    w.start.at[0] -= h * gb_text_width(text) / 2;
    w.start.at[1] += h / 2;
    gb_text_strokes(text, draw_stroke, &w);
}

/* --- pictures
 * -----------------------------------------------------------------------------------*/

void gb_sdl_canvas_begin(gb_sdl_canvas *c, SDL_Renderer *renderer, const gb_theme *theme,
                         double pixel) {
    c->canvas = (gb_canvas){.size = sizeof(gb_canvas),
                            .view = canvas_view,
                            .line = canvas_line,
                            .rect = canvas_rect,
                            .disc = canvas_disc,
                            .polygon = canvas_polygon,
                            .text = canvas_text};
    c->renderer = renderer;
    c->theme = theme;
    c->pixel = pixel;
    c->n = 0;
    gb_sdl.SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_NONE);
}

void gb_sdl_canvas_area(gb_sdl_canvas *c, gb_box area, double margin, gb_color background) {
    c->area = area;
    c->margin = 0;
    canvas_view(&c->canvas, 0, 0, area.w, area.h);
    canvas_rect(&c->canvas, 0, 0, area.w, area.h, background);
    c->margin = margin;
}
