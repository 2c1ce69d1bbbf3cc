/* layout.c - the panel stands to the right of the world in wide pictures and below it in tall ones.
 * All sizes derive from the height of capitals, and that from the size of the picture. */
#include "layout.h"
#include "glyphs.h"
#include "map.h"
#include "painter.h"
#include "panel.h"

#include <math.h>

/* capitals' heights; shown pixels */
enum { LEAST_CAPITAL = 7, MOST_CAPITAL = 16, MOST_COLUMNS = 3 };

static const double SMALLER = 0.8;     /* type shrinks so far before there is another column */
static const double LEAST_READ = 6;    /* shown pixels: smaller capitals cannot be read */
static const double LEAST_LINES = 9;   /* of a panel */
static const double MOST_PANEL = 0.51; /* of the picture */
static const double SCREEN_W = 400, SCREEN_H = 300; /* the least picture that a scale is for */

struct frame {
    gb_box world;
    gb_panel panel;
    double scale; /* pixels for one that is shown */
    bool bare;    /* no panel: none is asked for, or it could not be read */
};

/* A panel of so many columns in type of height cap, right of the world or below it. Returns whether
 * all items found a place in it. */
static bool divide_so(struct frame *f, const gb_scene *scene, int w, int h, int columns,
                      double cap) {
    f->world = f->panel.box = (gb_box){0, 0, w, h};
    f->panel.cap = cap;
    if (w >= h) {
        f->panel.box.w = fmin(floor(gb_panel_width(columns) * cap), w);
        f->panel.box.x = f->world.w = w - f->panel.box.w;
    } else {
        f->panel.box.h = floor((0.4 + 0.05 * columns) * h);
        f->panel.box.y = f->world.h = h - f->panel.box.h;
    }
    gb_panel_place(&f->panel, scene);
    return f->panel.shown == scene->n_items;
}

/* The largest type between most and least in which everything finds a place, with as few columns
 * as that takes; false: there is none, and f is as it was. */
static bool search(struct frame *f, const gb_scene *scene, int w, int h, double most,
                   double least) {
    const double widest = w >= h ? MOST_PANEL * w : INFINITY;
    struct frame found = *f;
    for (int columns = 1; columns <= MOST_COLUMNS; columns++)
        for (int k = 0; k <= 8; k++) {
            const double cap = most + (least - most) * k / 8;
            if (gb_panel_width(columns) * cap > widest + 1e-9) continue;
            if (!divide_so(&found, scene, w, h, columns, cap)) continue;
            *f = found;
            return true;
        }
    return false;
}

/* Where all goes. A panel that is too long is set in somewhat smaller type, then in more columns,
 * then in the smallest type; then its last items are left out. */
static struct frame divide(const gb_scene *scene, int w, int h, double scale) {
    const bool wide = w >= h;
    const double room = fmin(w / SCREEN_W, h / SCREEN_H);
    struct frame f = {.world = {0, 0, w, h}, .bare = scene->bare};
    f.scale = fmin(scale, fmax(room, fmin(scale, 1)));
    const double least = LEAST_CAPITAL * f.scale;
    double cap = fmin(fmax((wide ? h : w) / 62.0, least), MOST_CAPITAL * f.scale);
    cap = fmin(cap, (wide ? MOST_PANEL * w : w) / gb_panel_width(1));
    cap = fmin(cap, (wide ? h : 0.45 * h) / gb_panel_height(LEAST_LINES));
    f.panel.cap = fmax(cap, LEAST_READ * f.scale);
    f.bare = f.bare || cap < LEAST_READ * f.scale;
    if (f.bare) return f;
    const double smaller = fmin(cap, fmax(SMALLER * cap, least));
    if (search(&f, scene, w, h, cap, smaller)) return f;
    if (search(&f, scene, w, h, smaller, fmin(cap, least))) return f;
    const bool two = gb_panel_width(2) * smaller <= MOST_PANEL * w;
    divide_so(&f, scene, w, h, wide && two ? 2 : 1, smaller);
    return f;
}

bool gb_scene_panel(const gb_scene *scene, int w, int h, double scale, int *shown, double *cap) {
    const struct frame f = divide(scene, w, h, scale);
    if (shown) *shown = f.bare ? 0 : f.panel.shown;
    if (cap) *cap = f.panel.cap;
    return !f.bare;
}

/* Whether there may be words beside the world: a message, or the scale of a map. */
static bool has_words(const gb_scene *scene) {
    return !scene->bare || (scene->map && scene->map->low <= scene->map->high);
}

/* Messages stand in the margin above the world, the scale of a map below it. */
static void paint_world(gb_painter *p, const gb_scene *scene, gb_box box, double cap) {
    const double side = fmin(box.w, box.h), words = has_words(scene) ? 2.5 * cap : 0;
    const double margin = fmax(0.04 * side, fmin(words, 0.1 * side));
    gb_painter_area(p, box, margin, GB_PAPER);
    if (scene->draw) {
        scene->draw(scene->context, &p->canvas);
        if (!scene->map) return;
        gb_map_paint(p, scene->map, scene->dark);
        gb_painter_top(p, true);
        scene->draw(scene->context, &p->canvas);
        gb_painter_top(p, false);
    } else {
        gb_painter_text(p, box.w / 2, box.h / 2, 0.5, box.h / 24, 0.9 * box.w,
                        "this environment has no drawing", GB_LABEL);
    }
}

/* A box with a thin frame around its inside. */
static gb_box paint_frame(gb_painter *p, gb_box box, double edge) {
    gb_painter_area(p, box, 0, (gb_color)GB_LABEL);
    gb_box inside = {box.x + edge, box.y + edge, box.w - 2 * edge, box.h - 2 * edge};
    gb_painter_area(p, inside, 0, (gb_color)GB_PANEL);
    return inside;
}

static void paint_help(gb_painter *p, const char *const (*help)[2], gb_box box, double cap) {
    const double pitch = 1.85;
    int n = 0;
    while (help[n][0]) n++;
    double w = 37 * cap, h = (n + 1.2) * pitch * cap;
    double shrink = fmin(1, fmin(0.98 * box.w / w, 0.98 * box.h / h));
    cap *= shrink, w *= shrink, h *= shrink;
    gb_box frame = {floor(box.x + (box.w - w) / 2), floor(box.y + (box.h - h) / 2), w, h};
    gb_box inside = paint_frame(p, frame, p->pixel);
    for (int i = 0; i < n; i++) {
        double y = inside.h - (i + 1) * pitch * cap;
        gb_painter_text(p, 1.5 * cap, y, 0, cap, 8 * cap, help[i][0], GB_BLUE);
        gb_painter_text(p, 10.5 * cap, y, 0, cap, w - 12 * cap, help[i][1], GB_INK);
    }
}

static void paint_message(gb_painter *p, const char *message, gb_box box, double cap) {
    double wide = fmin(cap * gb_text_width(message) + 2.4 * cap, 0.96 * box.w), high = 2.2 * cap;
    gb_box frame = {floor(box.x + (box.w - wide) / 2), floor(box.y + 0.15 * cap), ceil(wide),
                    ceil(high)};
    gb_box inside = paint_frame(p, frame, p->pixel);
    gb_painter_text(p, inside.w / 2, inside.h / 2, 0.5, cap, inside.w - 1.6 * cap, message, GB_INK);
}

void gb_scene_paint(const gb_scene *scene, gb_raster *raster, double scale) {
    gb_painter painter, *p = &painter;
    struct frame f = divide(scene, raster->w, raster->h, scale);
    const double cap = f.panel.cap;
    gb_painter_init(p, raster, scene->dark ? &gb_theme_dark : &gb_theme_light, f.scale);
    paint_world(p, scene, f.world, cap);
    if (scene->map) gb_map_paint_scale(p, scene->map, scene->dark, f.world, cap);
    if (!f.bare) gb_panel_paint(p, &f.panel, scene);
    if (scene->message && scene->message[0]) paint_message(p, scene->message, f.world, cap);
    if (scene->help) paint_help(p, scene->help, f.world, cap);
}

int gb_scene_grab(const gb_scene *scene, int w, int h, double scale, double x, double y, int id,
                  double *part) {
    struct frame f = divide(scene, w, h, scale);
    return f.bare ? 0 : gb_panel_grab(&f.panel, scene, x, y, id, part);
}
