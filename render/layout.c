/* layout.c - the panel stands to the right of the drawing in wide windows and below it in tall
 * ones. All sizes derive from the height of capitals, and that from the size of the window. */
#include "layout.h"
#include "glyphs.h"

#include <stdio.h>
#include <string.h>

enum { COLUMN = 24, MOST_CAPITAL = 20 }; /* capitals' heights; shown pixels */
static const double PITCH = 1.9;         /* from line to line, in capitals' heights */

void gb_scene_add(gb_scene *scene, const char *label, const char *value) {
    if (scene->n_rows == GB_SCENE_ROWS) return;
    gb_scene_row *row = &scene->rows[scene->n_rows++];
    snprintf(row->label, sizeof row->label, "%s", label);
    snprintf(row->value, sizeof row->value, "%s", value ? value : "");
}

/* --- text in an area whose units are pixels
 * -----------------------------------------------------*/

/* Text from x on (align 0), up to x (1), or around x (0.5), not wider than width. */
static void put(gb_sdl_canvas *c, double x, double y, double align, double height, double width,
                const char *text, int color) {
    double needed = height * gb_text_width(text);
    if (needed > width) height *= width / needed, needed = width;
    c->canvas.text(&c->canvas, x + (0.5 - align) * needed, y, height, text, (gb_color)color);
}

static void put_row(gb_sdl_canvas *c, double x, double y, double cap, double width,
                    const gb_scene_row *row) {
    if (!row->value[0]) {
        put(c, x, y, 0, cap, width, row->label, GB_BLUE);
        return;
    }
    double label = cap * gb_text_width(row->label), value = cap * gb_text_width(row->value);
    double room = width - cap, needed = label + value;
    double shrink = needed > room ? room / needed : 1;
    put(c, x, y, 0, cap, label * shrink, row->label, GB_LABEL);
    put(c, x + width, y, 1, cap, value * shrink, row->value, GB_INK);
}

/* --- parts
 * --------------------------------------------------------------------------------------*/

static void draw_world(gb_sdl_canvas *c, const gb_scene *scene, gb_box box) {
    double margin = 0.04 * (box.w < box.h ? box.w : box.h);
    gb_sdl_canvas_area(c, box, margin, GB_PAPER);
    if (scene->draw) {
        scene->draw(scene->context, &c->canvas);
    } else {
        put(c, box.w / 2, box.h / 2, 0.5, box.h / 24, 0.9 * box.w,
            "this environment has no drawing", GB_LABEL);
    }
}

/* Rows run down and on into the next column; the last line says if there are more than fit. */
static void draw_panel(gb_sdl_canvas *c, const gb_scene *scene, gb_box box, double cap) {
    gb_sdl_canvas_area(c, box, 0, (gb_color)GB_PANEL);
    int columns = (int)(box.w / (COLUMN * cap));
    if (columns < 1) columns = 1;
    double column = box.w / columns, width = column - 3 * cap, line = PITCH * cap;
    double top = box.h - 2.2 * cap;
    put(c, 1.5 * cap, top, 0, 1.5 * cap, box.w - 3 * cap, scene->title, GB_INK);
    top -= 1.4 * line;
    int lines = (int)((top - 0.5 * cap) / line) + 1, all = lines * columns;
    for (int i = 0; i < scene->n_rows && i < all; i++) {
        double x = i / lines * column + 1.5 * cap, y = top - i % lines * line;
        if (i == all - 1 && scene->n_rows > all)
            put(c, x, y, 0, cap, width, "...", GB_LABEL);
        else
            put_row(c, x, y, cap, width, &scene->rows[i]);
    }
}

static void draw_help(gb_sdl_canvas *c, const char *const (*help)[2], gb_box box, double cap) {
    int n = 0;
    while (help[n][0]) n++;
    double w = 30 * cap, h = (n + 1) * PITCH * cap;
    if (w > box.w) cap *= box.w / w, h *= box.w / w, w = box.w;
    gb_box frame = {box.x + (box.w - w) / 2, box.y + (box.h - h) / 2, w, h};
    double edge = 0.12 * cap;
    gb_sdl_canvas_area(c, frame, 0, (gb_color)GB_LABEL);
    gb_box inside = {frame.x + edge, frame.y + edge, w - 2 * edge, h - 2 * edge};
    gb_sdl_canvas_area(c, inside, 0, (gb_color)GB_PANEL);
    for (int i = 0; i < n; i++) {
        double y = inside.h - (i + 1) * PITCH * cap;
        put(c, 1.5 * cap, y, 0, cap, 8 * cap, help[i][0], GB_BLUE);
        put(c, 10 * cap, y, 0, cap, w - 11.5 * cap, help[i][1], GB_INK);
    }
}

void gb_scene_draw(const gb_scene *scene, SDL_Renderer *renderer, int w, int h, double pixel) {
    static gb_sdl_canvas canvas; /* large; one window is drawn at a time */
    gb_sdl_canvas *c = &canvas;
    bool wide = w >= h;
    double cap = (wide ? h : w) / 60.0;
    if (cap > MOST_CAPITAL * pixel) cap = MOST_CAPITAL * pixel;
    if (cap < 8 * pixel) cap = 8 * pixel;
    if (COLUMN * cap > 0.45 * w && wide) cap = 0.45 * w / COLUMN;

    gb_box world = {0, 0, w, h}, panel = world;
    if (wide) {
        panel.w = COLUMN * cap;
        panel.x = world.w = w - panel.w;
    } else {
        panel.h = 0.4 * h;
        panel.y = world.h = h - panel.h;
    }
    gb_sdl_canvas_begin(c, renderer, scene->dark ? &gb_theme_dark : &gb_theme_light, pixel);
    draw_world(c, scene, world);
    draw_panel(c, scene, panel, cap);
    if (scene->help) draw_help(c, scene->help, world, cap);
    gb_sdl_canvas_end(c);
}
