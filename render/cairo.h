/* cairo.h - Cairo, loaded when the first chart is drawn (see loader.h).
 *
 * Call functions as gb_cairo.move_to(...); a new one needs its name in the list below. Only files
 * of render/ include this.
 */
#ifndef GB_RENDER_CAIRO_H
#define GB_RENDER_CAIRO_H

#include "base.h"

#include <cairo/cairo-svg.h>
#include <cairo/cairo.h>

/* clang-format off */
#define GB_CAIRO_FUNCTIONS(X) \
    X(arc) X(clip) X(close_path) X(create) X(destroy) X(fill) X(font_extents) \
    X(image_surface_create) X(line_to) X(move_to) X(new_path) X(paint) X(rectangle) X(restore) X(rotate) \
    X(save) X(select_font_face) X(set_dash) X(set_font_size) X(set_line_cap) X(set_line_join) \
    X(set_line_width) X(set_source_rgba) X(show_text) X(status) X(status_to_string) X(stroke) X(stroke_preserve) \
    X(surface_destroy) X(surface_finish) X(surface_status) X(surface_write_to_png_stream) \
    X(svg_surface_create_for_stream) X(svg_surface_set_document_unit) X(text_extents) \
    X(translate)
/* clang-format on */

struct gb_cairo {
#define GB_CAIRO_POINTER(name) __typeof__(&cairo_##name) name;
    GB_CAIRO_FUNCTIONS(GB_CAIRO_POINTER)
#undef GB_CAIRO_POINTER
};
extern struct gb_cairo gb_cairo;

/* Fills gb_cairo; may be called again. GB_FAIL with a message if Cairo is not there. */
int gb_cairo_load(gb_err *err);

#endif
