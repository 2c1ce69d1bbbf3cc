/* layout.c - the panel stands to the right of the world in wide pictures and below it in tall ones.
 * All sizes derive from the height of capitals, and that from the size of the picture. */
#include "layout.h"
#include "glyphs.h"
#include "map.h"
#include "painter.h"
#include "panel.h"

#include <math.h>

enum { COLUMN = 25, LEAST_CAPITAL = 7, MOST_CAPITAL = 16 }; /* capitals' heights; shown pixels */

struct frame {
    gb_box world;
    gb_panel panel;
};

static struct frame divide(const gb_scene *scene, int w, int h, double scale) {
    const bool wide = w >= h;
    double cap = (wide ? h : w) / 62.0;
    cap = fmin(fmax(cap, LEAST_CAPITAL * scale), MOST_CAPITAL * scale);
    if (wide && COLUMN * cap > 0.5 * w) cap = 0.5 * w / COLUMN;
    struct frame f = {.world = {0, 0, w, h}};
    f.panel.cap = cap;
    if (scene->bare) return f;
    f.panel.box = f.world;
    if (wide) {
        f.panel.box.w = floor(COLUMN * cap);
        f.panel.box.x = f.world.w = w - f.panel.box.w;
    } else {
        f.panel.box.h = floor(0.45 * h);
        f.panel.box.y = f.world.h = h - f.panel.box.h;
    }
    gb_panel_place(&f.panel, scene);
    return f;
}

static void paint_world(gb_painter *p, const gb_scene *scene, gb_box box) {
    const double margin = 0.04 * (box.w < box.h ? box.w : box.h);
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
    double wide = fmin(cap * gb_text_width(message) + 2.4 * cap, 0.96 * box.w), high = 2.6 * cap;
    gb_box frame = {floor(box.x + (box.w - wide) / 2), floor(box.y + box.h - 1.6 * high),
                    ceil(wide), ceil(high)};
    gb_box inside = paint_frame(p, frame, p->pixel);
    gb_painter_text(p, inside.w / 2, inside.h / 2, 0.5, cap, inside.w - 1.6 * cap, message, GB_INK);
}

void gb_scene_paint(const gb_scene *scene, gb_raster *raster, double scale) {
    gb_painter painter, *p = &painter;
    struct frame f = divide(scene, raster->w, raster->h, scale);
    gb_painter_init(p, raster, scene->dark ? &gb_theme_dark : &gb_theme_light, scale);
    paint_world(p, scene, f.world);
    if (scene->map) gb_map_paint_scale(p, scene->map, scene->dark, f.world, f.panel.cap);
    if (!scene->bare) gb_panel_paint(p, &f.panel, scene);
    if (scene->message && scene->message[0]) paint_message(p, scene->message, f.world, f.panel.cap);
    if (scene->help) paint_help(p, scene->help, f.world, f.panel.cap);
}

int gb_scene_grab(const gb_scene *scene, int w, int h, double scale, double x, double y, int id,
                  double *part) {
    if (scene->bare) return 0;
    struct frame f = divide(scene, w, h, scale);
    return gb_panel_grab(&f.panel, scene, x, y, id, part);
}
