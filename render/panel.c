#include "panel.h"
#include "glyphs.h"

#include <math.h>
#include <stdio.h>

enum { MOST_POINTS = 256 }; /* of a density */

/* Lengths in heights of capitals. */
static const double LINE = 1.82, EDGE = 1.4, HEAD = 4.4, FOOT = 0.7, COLUMN = 25, LEAST_COLUMN = 23;

/* --- places -----------------------------------------------------------------------------------*/

static bool is_gap(const gb_item *item) {
    return item->kind == GB_ITEM_ROW && !item->label[0] && !item->value[0];
}

/* Height of an item in lines, where charts are `flat` (0: as wished, 1: as flat as may be). */
static double lines_of(const gb_item *item, double flat) {
    switch (item->kind) {
    case GB_ITEM_DENSITY:
        return 2.4 - 0.6 * flat;
    case GB_ITEM_STRIP:
        return 4.6 - 2.2 * flat;
    case GB_ITEM_SLIDER:
        return 1.9;
    default:
        return is_gap(item) ? 0.5 : 1;
    }
}

double gb_panel_width(int columns) {
    return columns == 1 ? COLUMN : columns * LEAST_COLUMN;
}

double gb_panel_height(double lines) {
    return HEAD + lines * LINE + FOOT;
}

/* Puts items one below the other, and on in the next column. Returns how many found a place. */
static int place(gb_panel *panel, const gb_scene *scene, double flat) {
    const double cap = panel->cap, line = LINE * cap, top = HEAD * cap;
    const double bottom = panel->box.h - FOOT * cap;
    int columns = (int)(panel->box.w / (LEAST_COLUMN * cap) + 0.05), column = 0;
    if (columns < 1) columns = 1;
    const double width = panel->box.w / columns;
    double y = top;
    for (int i = 0; i < scene->n_items; i++) {
        const double high = lines_of(&scene->items[i], flat) * line;
        if (y > top && y + high > bottom + 1) column++, y = top;
        if (column == columns) return i;
        panel->item[i] = (gb_box){column * width + EDGE * cap, y, width - 2 * EDGE * cap, high};
        if (y > top || !is_gap(&scene->items[i])) y += high;
    }
    return scene->n_items;
}

void gb_panel_place(gb_panel *panel, const gb_scene *scene) {
    panel->shown = 0;
    for (int k = 0; k <= 4 && panel->shown < scene->n_items; k++)
        panel->shown = place(panel, scene, k / 4.0);
}

/* --- items, in an area whose units are pixels from its lower left corner ----------------------*/

/* Name and value on a line whose middle is y; both shrink where they do not fit side by side. */
static void paint_words(gb_painter *p, const gb_item *item, double y, double width, double cap,
                        int color) {
    const int faded = item->faded ? GB_MUTED : 0;
    const double label = cap * gb_text_width(item->label), value = cap * gb_text_width(item->value);
    const double room = width - cap, needed = label + value;
    const double shrink = needed > room ? room / needed : 1;
    gb_painter_text(p, 0, y, 0, cap * shrink, INFINITY, item->label, faded ? faded : color);
    gb_painter_text(p, width, y, 1, cap * shrink, INFINITY, item->value, faded ? faded : GB_INK);
}

static gb_rgb color_of(const gb_painter *p, int color) {
    return gb_theme_color(p->theme, (gb_color)color);
}

/* The colour of what is drawn for an item. */
static gb_rgb hue_of(const gb_painter *p, const gb_item *item) {
    return color_of(p, item->faded ? GB_MUTED : item->color);
}

/* name [======    ] value */
static void paint_bar(gb_painter *p, const gb_item *item, gb_box box, double cap) {
    const double y = box.h / 2, name = 0.36 * box.w, number = 4.2 * cap;
    const double left = name + 0.6 * cap, room = box.w - left - number, high = 0.95 * cap;
    const double part = item->part > 0 ? item->part < 1 ? item->part : 1 : 0;
    gb_painter_text(p, 0, y, 0, cap, name, item->label,
                    item->faded    ? GB_MUTED
                    : item->chosen ? GB_INK
                                   : GB_LABEL);
    gb_painter_text(p, box.w, y, 1, cap, number - 0.4 * cap, item->value,
                    item->faded ? GB_MUTED : GB_INK);
    gb_painter_fill(p, left, y - high / 2, room, high, color_of(p, GB_MUTED), 0.3);
    gb_painter_fill(p, left, y - high / 2, room * part, high, hue_of(p, item),
                    item->chosen ? 1 : 0.55);
    if (item->chosen) /* a mark that is seen also where the bar is empty */
        gb_painter_fill(p, left - 0.35 * cap, y - 0.75 * cap, 0.22 * cap, 1.5 * cap,
                        color_of(p, GB_RED), 1);
}

/* Where the charts stand below the words of an item: fills the ground, and returns its box. */
static gb_box paint_ground(gb_painter *p, const gb_item *item, gb_box box, double cap) {
    paint_words(p, item, box.h - LINE * cap / 2, box.w, cap, GB_LABEL);
    gb_box ground = {0, 0.35 * cap, box.w, box.h - (LINE + 0.35) * cap};
    gb_painter_fill(p, ground.x, ground.y, ground.w, ground.h, color_of(p, GB_PAPER), 1);
    return ground;
}

/* The area under the curve, and a line for what is drawn and one for the mean. */
static void paint_density(gb_painter *p, const gb_item *item, gb_box box, double cap) {
    const gb_box g = paint_ground(p, item, box, cap);
    float most = 0;
    for (int i = 0; i < item->n; i++) most = isfinite(item->y[i]) ? fmaxf(most, item->y[i]) : most;
    double outline[2 * (MOST_POINTS + 2)];
    const int n = item->n < MOST_POINTS ? item->n : MOST_POINTS;
    for (int i = 0; i < n + 2; i++) { /* from the lower left corner along the curve */
        const int k = i == 0 ? 0 : i > n ? n - 1 : i - 1;
        const float y =
            i == 0 || i > n || !(most > 0) || !isfinite(item->y[k]) ? 0 : item->y[k] / most;
        outline[2 * i] = gb_view_x(&p->view, g.x + g.w * (k + 0.5) / n);
        outline[2 * i + 1] = gb_view_y(&p->view, g.y + 0.94 * g.h * (double)y);
    }
    gb_raster_polygon(p->raster, outline, n + 2, hue_of(p, item), 0.55);
    const double thick = fmax(0.2 * cap, p->pixel);
    if (isfinite(item->mean))
        gb_painter_fill(p, g.x + item->mean * (g.w - thick), g.y, thick, g.h,
                        color_of(p, item->faded ? GB_MUTED : GB_INK), 0.8);
    if (isfinite(item->sample))
        gb_painter_fill(p, g.x + item->sample * (g.w - thick), g.y, thick, g.h, color_of(p, GB_RED),
                        1);
}

/* The least and the greatest of y. Returns false if there are none. */
static bool range_of(const gb_item *item, double *low, double *high) {
    *low = INFINITY, *high = -INFINITY;
    for (int i = 0; i < item->n; i++) {
        if (!isfinite(item->y[i])) continue;
        *low = fmin(*low, (double)item->y[i]), *high = fmax(*high, (double)item->y[i]);
    }
    return *low <= *high;
}

static void paint_range(gb_painter *p, gb_box g, double cap, double low, double high) {
    char text[32];
    snprintf(text, sizeof text, "%.4g", high + 0.0);
    gb_painter_text(p, g.x + 0.5 * cap, g.y + g.h - 0.8 * cap, 0, 0.72 * cap, g.w, text, GB_LABEL);
    snprintf(text, sizeof text, "%.4g", low + 0.0);
    if (high > low)
        gb_painter_text(p, g.x + 0.5 * cap, g.y + 0.8 * cap, 0, 0.72 * cap, g.w, text, GB_LABEL);
}

static void paint_strip(gb_painter *p, const gb_item *item, gb_box box, double cap) {
    const gb_box g = paint_ground(p, item, box, cap);
    double least, most;
    const int room = item->room > item->n ? item->room : item->n;
    if (!range_of(item, &least, &most) || room < 2 || g.h < 2) return;
    const double space = most > least ? 0.08 * (most - least) : fmax(fabs(most), 1);
    const double low = least - space, high = most + space;
    const double scale = g.h / (high - low), step = g.w / (room - 1);
    if (low < 0 && high > 0)
        gb_painter_fill(p, g.x, g.y - low * scale - p->pixel / 2, g.w, p->pixel,
                        color_of(p, GB_MUTED), 0.7);
    const gb_view *v = &p->view;
    gb_raster_begin(p->raster);
    for (int i = 0; i < item->n; i++) {
        const int before = i ? i - 1 : i; /* the first is a dot, as is one behind a gap */
        const double a = (double)item->y[before], b = (double)item->y[i];
        if (!isfinite(b)) continue;
        const double from = isfinite(a) ? a : b, x = g.x + g.w - (item->n - 1 - i) * step;
        gb_raster_line(p->raster, gb_view_x(v, isfinite(a) && i ? x - step : x),
                       gb_view_y(v, g.y + (from - low) * scale), gb_view_x(v, x),
                       gb_view_y(v, g.y + (b - low) * scale), 1.4 * p->pixel, (gb_rgb){0, 0, 0}, 1);
    }
    gb_raster_end(p->raster, p->area, color_of(p, item->color), 1);
    if (g.h > 3.4 * cap) paint_range(p, g, cap, least, most);
}

static void paint_slider(gb_painter *p, const gb_item *item, gb_box box, double cap) {
    const double y = 0.75 * cap, r = 0.55 * cap, room = box.w - 2 * r;
    const double part = item->part > 0 ? item->part < 1 ? item->part : 1 : 0;
    paint_words(p, item, box.h - LINE * cap / 2, box.w, cap, item->chosen ? GB_BLUE : GB_LABEL);
    gb_painter_fill(p, r, y - 0.12 * cap, room, 0.24 * cap, color_of(p, GB_MUTED), 1);
    gb_painter_fill(p, r, y - 0.12 * cap, room * part, 0.24 * cap, color_of(p, item->color), 1);
    p->canvas.disc(&p->canvas, r + room * part, y, r, (gb_color)item->color);
}

static void paint_item(gb_painter *p, const gb_item *item, gb_box box, double cap) {
    switch (item->kind) {
    case GB_ITEM_BAR:
        paint_bar(p, item, box, cap);
        return;
    case GB_ITEM_DENSITY:
        paint_density(p, item, box, cap);
        return;
    case GB_ITEM_STRIP:
        paint_strip(p, item, box, cap);
        return;
    case GB_ITEM_SLIDER:
        paint_slider(p, item, box, cap);
        return;
    default:
        paint_words(p, item, box.h / 2, box.w, cap, item->value[0] ? GB_LABEL : GB_BLUE);
    }
}

/* --- the panel --------------------------------------------------------------------------------*/

void gb_panel_paint(gb_painter *p, const gb_panel *panel, const gb_scene *scene) {
    const gb_box box = panel->box;
    const double cap = panel->cap, edge = EDGE * cap;
    const char *status = scene->status ? scene->status : "";
    gb_painter_area(p, box, 0, (gb_color)GB_PANEL);
    const double wide = cap * gb_text_width(status);
    gb_painter_text(p, edge, box.h - 2.2 * cap, 0, 1.5 * cap,
                    box.w - 2 * edge - (wide > 0 ? wide + cap : 0), scene->title, GB_INK);
    gb_painter_text(p, box.w - edge, box.h - 2.2 * cap, 1, cap, box.w / 2, status, GB_LABEL);
    for (int i = 0; i < panel->shown; i++) {
        const gb_box at = panel->item[i];
        const gb_box here = {box.x + at.x, box.y + at.y, at.w, at.h};
        const bool more = i == panel->shown - 1 && panel->shown < scene->n_items;
        if (is_gap(&scene->items[i]) && !more) continue;
        gb_painter_area(p, here, 0, (gb_color)GB_PANEL);
        gb_raster_clip(p->raster, box); /* a pen is wider than its line */
        if (more)
            gb_painter_text(p, 0, at.h / 2, 0, cap, at.w, "...", GB_LABEL);
        else
            paint_item(p, &scene->items[i], at, cap);
    }
}

int gb_panel_grab(const gb_panel *panel, const gb_scene *scene, double x, double y, int id,
                  double *part) {
    for (int i = 0; i < panel->shown; i++) {
        const gb_item *item = &scene->items[i];
        const gb_box at = panel->item[i];
        if (item->kind != GB_ITEM_SLIDER || (id && item->id != id)) continue;
        const double dx = x - panel->box.x - at.x, dy = y - panel->box.y - at.y;
        if (!id && (dx < 0 || dx > at.w || dy < 0 || dy > at.h)) continue;
        const double r = 0.55 * panel->cap, where = (dx - r) / (at.w - 2 * r);
        *part = where > 0 ? where < 1 ? where : 1 : 0;
        return item->id;
    }
    return 0;
}
