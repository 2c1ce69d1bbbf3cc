#include "map.h"
#include "glyphs.h"

#include <math.h>
#include <stdio.h>

static gb_rgb between(gb_rgb a, gb_rgb b, double part) {
    return (gb_rgb){(uint8_t)(a.r + (b.r - a.r) * part + 0.5),
                    (uint8_t)(a.g + (b.g - a.g) * part + 0.5),
                    (uint8_t)(a.b + (b.b - a.b) * part + 0.5)};
}

/* From nearly paper to nearly the full hue: letters and arrows of ink stay readable on all of it.
 */
static gb_rgb heat_color(const gb_painter *p, const gb_map *map, bool dark, double part) {
    const gb_rgb paper = gb_theme_color(p->theme, GB_PAPER),
                 full = gb_theme_color(p->theme, (gb_color)map->color);
    part = part > 0 ? part < 1 ? part : 1 : 0;
    return between(paper, full, dark ? 0.12 + 0.58 * part : 0.08 + 0.82 * part);
}

static double part_of(const gb_map *map, double heat) {
    if (!(map->high > map->low)) return 0.5;
    if (map->counts) return log1p(heat - map->low) / log1p(map->high - map->low);
    return (heat - map->low) / (map->high - map->low);
}

/* An arrow from the middle of its cell: shaft and head, along (dx, dy) of length up to the cell's
 * half. */
static void paint_arrow(gb_painter *p, double x, double y, double dx, double dy, double half,
                        gb_rgb color) {
    const double length = sqrt(dx * dx + dy * dy), s = p->view.scale, start = 0.1 * half;
    if (isnan(dx) && dy > 0.04)
        gb_raster_disc(p->raster, gb_view_x(&p->view, x), gb_view_y(&p->view, y),
                       (0.06 + 0.2 * fmin(dy, 1)) * half * s, color, 1);
    if (!(length > 0.04)) return;
    const double ux = dx / length, uy = dy / length, reach = half * (0.1 + 0.84 * fmin(length, 1));
    const double head = fmin(0.36 * half, 0.7 * (reach - start)), wide = 0.62 * head;
    const double tip[2] = {x + ux * reach, y + uy * reach};
    const double neck[2] = {tip[0] - ux * head, tip[1] - uy * head};
    const double world[] = {tip[0],
                            tip[1],
                            neck[0] - uy * wide,
                            neck[1] + ux * wide,
                            neck[0] + uy * wide,
                            neck[1] - ux * wide};
    double at[6];
    for (int i = 0; i < 3; i++) {
        at[2 * i] = gb_view_x(&p->view, world[2 * i]);
        at[2 * i + 1] = gb_view_y(&p->view, world[2 * i + 1]);
    }
    gb_raster_line(p->raster, gb_view_x(&p->view, x + ux * start),
                   gb_view_y(&p->view, y + uy * start), gb_view_x(&p->view, neck[0]),
                   gb_view_y(&p->view, neck[1]), fmax(0.11 * half * s, p->pixel), color, 1);
    gb_raster_polygon(p->raster, at, 3, color, 1);
}

static void paint_arrows(gb_painter *p, const gb_map *map, int i) {
    const gb_map_cell *cell = &map->cell[i];
    const double w = cell->box[2] - cell->box[0], h = cell->box[3] - cell->box[1];
    const double x = cell->box[0] + w / 2, y = cell->box[1] + h / 2;
    const double spread = cell->entropy > 0 ? cell->entropy < 1 ? cell->entropy : 1 : 0;
    const gb_rgb color =
        between(gb_theme_color(p->theme, GB_INK), gb_theme_color(p->theme, GB_BLUE), spread);
    for (int a = 0; a < map->arrows; a++) {
        const float *d = map->arrow + 2 * ((size_t)i * (size_t)map->arrows + (size_t)a);
        paint_arrow(p, x, y, (double)d[0], (double)d[1], fmin(w, h) / 2, color);
    }
}

static void write_heat(const gb_map *map, double heat, char *text, size_t size) {
    gb_format(text, size, map->counts ? "%.0f" : fabs(heat) >= 100 ? "%.0f" : "%.2f", heat + 0.0);
}

void gb_map_paint(gb_painter *p, const gb_map *map, bool dark) {
    char text[32];
    for (int i = 0; i < map->n; i++) {
        const double *b = map->cell[i].box, heat = map->cell[i].heat;
        if (!isfinite(heat)) continue;
        const double gap = 0.02 * (b[2] - b[0]), high = b[3] - b[1];
        gb_painter_fill(p, b[0] + gap, b[1] + gap, b[2] - b[0] - 2 * gap, high - 2 * gap,
                        heat_color(p, map, dark, part_of(map, heat)), 1);
        if (!map->numbers || (b[2] - b[0]) * p->view.scale < 46 * p->pixel) continue;
        write_heat(map, heat, text, sizeof text);
        const double pixel = p->pixel / p->view.scale, wide = b[2] - b[0];
        const double size = fmax(fmin(0.085 * high, 11 * pixel), 6 * pixel);
        /* beside an arrow down if that can be read, in the corner where worlds write no letters */
        const double room = fmin(fmax(0.29 * wide, 6 * pixel * gb_text_width(text)), 0.82 * wide);
        gb_painter_text(p, b[2] - 6.5 * gap, b[1] + 6 * gap + 0.5 * size, 1, size, room, text,
                        GB_INK);
    }
    for (int i = 0; i < map->n; i++) paint_arrows(p, map, i);
}

void gb_map_paint_scale(gb_painter *p, const gb_map *map, bool dark, gb_box world, double cap) {
    enum { STEPS = 48 };
    const gb_box box = {floor(world.x + 0.6 * cap), floor(world.y + world.h - 2.2 * cap),
                        fmin(36 * cap, world.w - 1.2 * cap), floor(1.7 * cap)};
    char low[32], high[32];
    if (!(map->low <= map->high)) return;
    gb_painter_area(p, box, 0, GB_PAPER);
    write_heat(map, map->low, low, sizeof low);
    write_heat(map, map->high, high, sizeof high);
    const double size = 0.85 * cap, space = 0.6 * cap, y = box.h / 2;
    const double first = fmin(size * gb_text_width(map->name), 0.4 * box.w);
    const double end = first + 2 * space + size * gb_text_width(low);
    const double wide = fmin(12 * cap, box.w - end - 6 * cap);
    if (wide < 2 * cap) return;
    gb_painter_text(p, 0.2 * cap, y, 0, size, first, map->name, GB_LABEL);
    gb_painter_text(p, end - space / 2, y, 1, size, INFINITY, low, GB_LABEL);
    gb_painter_text(p, end + wide + space, y, 0, size, INFINITY, high, GB_LABEL);
    for (int i = 0; i < STEPS; i++)
        gb_painter_fill(p, floor(end + wide * i / STEPS), y - 0.45 * cap, ceil(wide / STEPS) + 1,
                        0.9 * cap, heat_color(p, map, dark, (i + 0.5) / STEPS), 1);
}
