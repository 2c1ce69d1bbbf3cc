/* view.h - the mapping from world units (y up) to pixels (y down): one scale for both axes. */
#ifndef GB_RENDER_VIEW_H
#define GB_RENDER_VIEW_H

/* A rectangle of pixels. */
typedef struct gb_box {
    double x, y, w, h; /* left, top, width, height */
} gb_box;

typedef struct gb_view {
    double scale;  /* pixels a world unit, > 0 */
    double x0, y0; /* the pixel of the world's origin */
} gb_view;

/* Returns the view that shows the world rectangle as large as fits into box with `margin` pixels
 * left free on each side, in the middle. An empty or infinite rectangle is shown as the unit
 * square, so that any input gives a usable view. */
static inline gb_view gb_view_fit(gb_box box, double margin, double left, double bottom,
                                  double right, double top) {
    double width = right - left, height = top - bottom;
    if (!(width > 0 && width < 1e30 && height > 0 && height < 1e30))
        left = bottom = 0, right = top = width = height = 1;
    double w = box.w - 2 * margin, h = box.h - 2 * margin;
    if (w < 1) w = 1;
    if (h < 1) h = 1;
    double scale = w / width < h / height ? w / width : h / height;
    return (gb_view){scale, box.x + box.w / 2 - scale * (left + right) / 2,
                     box.y + box.h / 2 + scale * (bottom + top) / 2};
}

static inline double gb_view_x(const gb_view *view, double x) {
    return view->x0 + view->scale * x;
}
static inline double gb_view_y(const gb_view *view, double y) {
    return view->y0 - view->scale * y;
}

/* The world units of a pixel. */
static inline double gb_view_world_x(const gb_view *view, double x) {
    return (x - view->x0) / view->scale;
}
static inline double gb_view_world_y(const gb_view *view, double y) {
    return (view->y0 - y) / view->scale;
}

#endif
