/* chart_draw.c - a chart on a Cairo context: texts, axes, panels, legend. */
#include "chart_draw.h"
#include "chart_layout.h"
#include "chart_legend.h"

#include <math.h>

static const gb_font title_font = {.size = GB_TITLE_SIZE, .bold = true, .color = GB_INK};
static const gb_font note_font = {.size = GB_SMALL_SIZE, .color = GB_LABEL};

/* --- axes -------------------------------------------------------------------------------------*/

/* A thin line, sharp in pictures of pixels; across, or else down. */
static void thin_line(gb_pen *pen, double x, double y, double length, bool across) {
    double width = fmax(1, floor(0.08 * pen->em));
    double half = fmod(width, 2) / 2; /* lines of odd width are sharp between pixels */
    gb_cairo.set_line_width(pen->cairo, width);
    x = floor(x) + half, y = floor(y) + half;
    gb_cairo.move_to(pen->cairo, x, y);
    gb_cairo.line_to(pen->cairo, across ? x + length : x, across ? y : y + length);
    gb_cairo.stroke(pen->cairo);
}

static void draw_axis_x(gb_pen *pen, const gb_frame *frame, const char *label) {
    const gb_box *box = &frame->plot.box, *cell = &frame->cell;
    double em = pen->em, bottom = box->y + box->h;
    double y = bottom + (GB_TICK_GAP + GB_SMALL_SIZE) * em;
    for (int i = 0; i < frame->x.n; i++) {
        const gb_tick *tick = &frame->x.tick[i];
        double x = box->x + box->w * gb_scale_at(&frame->plot.x, tick->value);
        gb_pen_color(pen, GB_MUTED, 0.4);
        if (!tick->minor) thin_line(pen, x, box->y, box->h, false);
        gb_pen_color(pen, GB_LABEL, 1);
        thin_line(pen, x, bottom, (tick->minor ? 0.15 : 0.3) * em, false);
        double half = gb_pen_width(pen, gb_tick_font, tick->text) / 2;
        x = fmin(x, cell->x + cell->w - half);
        if (!tick->minor) gb_pen_text(pen, gb_tick_font, x, y, 0.5, box->w, tick->text);
    }
    gb_pen_text(pen, gb_label_font, box->x + box->w / 2, y + GB_LABEL_LINE * em, 0.5, box->w,
                label);
}

static void draw_axis_y(gb_pen *pen, const gb_frame *frame, const char *label) {
    const gb_box *box = &frame->plot.box;
    double em = pen->em;
    for (int i = 0; i < frame->y.n; i++) {
        const gb_tick *tick = &frame->y.tick[i];
        double y = box->y + box->h * (1 - gb_scale_at(&frame->plot.y, tick->value));
        gb_pen_color(pen, GB_MUTED, 0.4);
        if (!tick->minor) thin_line(pen, box->x, y, box->w, true);
        gb_pen_color(pen, GB_LABEL, 1);
        if (tick->minor) thin_line(pen, box->x - 0.15 * em, y, 0.15 * em, true);
        if (!tick->minor)
            gb_pen_text(pen, gb_tick_font, box->x - GB_TICK_GAP * em, y + 0.35 * GB_SMALL_SIZE * em,
                        1, box->w, tick->text);
    }
    if (!label) return;
    gb_cairo.save(pen->cairo);
    gb_cairo.translate(pen->cairo, frame->cell.x + em, box->y + box->h / 2);
    gb_cairo.rotate(pen->cairo, -acos(0));
    gb_pen_text(pen, gb_label_font, 0, 0, 0.5, box->h, label);
    gb_cairo.restore(pen->cairo);
}

static void draw_panel(gb_pen *pen, const gb_frame *frame, const gb_chart_panel *panel) {
    const gb_box *box = &frame->plot.box;
    draw_axis_x(pen, frame, panel->x.label);
    draw_axis_y(pen, frame, panel->y.label);
    gb_pen_color(pen, GB_LABEL, 1);
    thin_line(pen, box->x, box->y + box->h, box->w, true);
    gb_pen_text(pen, gb_head_font, box->x, box->y - 0.6 * pen->em, 0,
                frame->cell.x + frame->cell.w - box->x, panel->title);
    gb_plot_draw(pen, &frame->plot, panel);
    if (frame->empty)
        gb_pen_text(pen, gb_label_font, box->x + box->w / 2, box->y + box->h / 2, 0.5, box->w,
                    "no data");
}

/* --- the page ---------------------------------------------------------------------------------*/

/* Text grows more slowly than pictures: large ones are looked at from farther away, or closely. */
static double text_size(const gb_chart *chart) {
    double size = sqrt((double)chart->width * chart->height) / sqrt(800.0 * 500);
    double panels = chart->n_panels > 2 ? pow(chart->n_panels / 2.0, -0.1) : 1;
    return fmax(7, 12 * pow(size, 0.6) * panels);
}

/* Writes the texts around the panels, and takes their room off the area. */
static void draw_texts(const gb_chart *chart, gb_pen *pen, gb_box *area) {
    double title = gb_pen_paragraph(pen, title_font, area->x, area->y, area->w, chart->title, true);
    double subtitle =
        gb_pen_paragraph(pen, note_font, area->x, area->y + title, area->w, chart->subtitle, true);
    double above = title + subtitle > 0 ? title + subtitle + 0.3 * pen->em : 0;
    double below = gb_pen_paragraph(pen, note_font, 0, 0, area->w, chart->footnote, false);
    gb_pen_paragraph(pen, note_font, area->x, area->y + area->h - below, area->w, chart->footnote,
                     true);
    area->y += above;
    area->h -= above + (below > 0 ? below + 0.3 * pen->em : 0);
}

/* A legend in the only panel if it covers nothing there, else below the panels. */
static void place_legend(const gb_chart *chart, gb_pen *pen, gb_box area, gb_frame *frames,
                         const gb_legend *legend) {
    gb_box box;
    gb_layout(chart, pen, area, frames);
    if (chart->n_panels > 1 ||
        !gb_legend_place(legend, pen, &frames->plot, &chart->panels[0], &box)) {
        double height = gb_legend_height(legend, pen, area.w);
        area.h -= height;
        box = (gb_box){area.x, area.y + area.h, area.w, height};
        gb_layout(chart, pen, area, frames);
    }
    for (int i = 0; i < chart->n_panels; i++) draw_panel(pen, &frames[i], &chart->panels[i]);
    gb_legend_draw(legend, pen, box);
}

int gb_chart_draw(const gb_chart *chart, cairo_t *cairo, gb_err *err) {
    gb_pen pen = {cairo, chart->dark, text_size(chart)};
    gb_frame *frames = gb_alloc((size_t)chart->n_panels, sizeof *frames, err);
    gb_legend legend;
    if (!frames) return GB_FAIL;
    double margin = 0.9 * pen.em;
    gb_box area = {margin, margin, chart->width - 2 * margin, chart->height - 2 * margin};
    gb_pen_color(&pen, GB_PAPER, 1);
    gb_cairo.paint(cairo);
    gb_cairo.set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    gb_cairo.set_line_cap(cairo, CAIRO_LINE_CAP_ROUND);
    gb_legend_make(&legend, chart, &pen);
    draw_texts(chart, &pen, &area);
    place_legend(chart, &pen, area, frames, &legend);
    gb_dealloc(frames);
    return GB_OK;
}
