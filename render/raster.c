/* raster.c - areas of polygons: each edge adds the signed area between itself and the right end of
 * its row to a running sum, as font rasterisers do (Levien, "Inside the fastest font renderer in
 * the world", 2016); lines and discs by distance. */
#include "raster.h"

#include <math.h>
#include <string.h>

static const double FAR = 1e7; /* pixels; further away is as far */

/* --- memory -----------------------------------------------------------------------------------*/

int gb_raster_resize(gb_raster *r, int w, int h, gb_err *err) {
    const size_t n = (size_t)w * (size_t)h;
    if (n > r->room || w > r->w) {
        const size_t most = n > r->room ? n : r->room;
        uint32_t *pixels = gb_alloc(most, sizeof *pixels, err);
        float *row = pixels ? gb_alloc((size_t)w + 2, sizeof *row, err) : NULL;
        uint8_t *mask = row ? gb_alloc(most, 1, err) : NULL;
        if (!mask) {
            gb_dealloc(pixels);
            gb_dealloc(row);
            return GB_FAIL;
        }
        gb_raster_free(r);
        *r = (gb_raster){.pixels = pixels, .room = most, .row = row, .mask = mask};
    }
    r->w = w, r->h = h;
    gb_raster_clip(r, (gb_box){0, 0, w, h});
    return GB_OK;
}

void gb_raster_free(gb_raster *r) {
    gb_dealloc(r->pixels);
    gb_dealloc(r->row);
    gb_dealloc(r->mask);
    *r = (gb_raster){0};
}

static int clamp(double x, int low, int high) {
    return x > low ? x < high ? (int)x : high : low; /* NaN: low */
}

void gb_raster_clip(gb_raster *r, gb_box box) {
    r->x0 = clamp(floor(box.x + 0.5), 0, r->w), r->x1 = clamp(floor(box.x + box.w + 0.5), 0, r->w);
    r->y0 = clamp(floor(box.y + 0.5), 0, r->h), r->y1 = clamp(floor(box.y + box.h + 0.5), 0, r->h);
}

/* --- pixels -----------------------------------------------------------------------------------*/

static uint32_t pack(gb_rgb c) {
    return 0xff000000u | (uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b;
}

/* share of 256 parts of `over` on `under`, red and blue in one multiplication */
static uint32_t mix(uint32_t under, uint32_t over, uint32_t share) {
    const uint32_t a = under & 0xff00ff, b = over & 0xff00ff;
    const uint32_t c = under & 0x00ff00, d = over & 0x00ff00, rest = 256 - share;
    return 0xff000000u | (((a * rest + b * share) >> 8) & 0xff00ff) |
           (((c * rest + d * share) >> 8) & 0x00ff00);
}

static void blend(uint32_t *pixel, uint32_t color, double share) {
    uint32_t part = (uint32_t)(share * 256 + 0.5);
    *pixel = part >= 256 ? color : part ? mix(*pixel, color, part) : *pixel;
}

static void fill(uint32_t *pixel, int n, uint32_t color, double share) {
    if (share >= 1)
        for (int i = 0; i < n; i++) pixel[i] = color;
    else
        for (int i = 0; i < n; i++) blend(&pixel[i], color, share);
}

/* The share of a line at (x, y): onto the picture, or into the mask. */
static void put(gb_raster *r, int x, int y, uint32_t color, double share, double alpha) {
    const size_t at = (size_t)y * (size_t)r->w + (size_t)x;
    if (share <= 0) return;
    if (share > 1) share = 1;
    if (!r->masking) {
        blend(&r->pixels[at], color, share * alpha);
        return;
    }
    const uint8_t part = (uint8_t)(share * 255 + 0.5);
    if (part > r->mask[at]) r->mask[at] = part;
}

/* --- rectangles -------------------------------------------------------------------------------*/

/* How much of [i, i + 1] lies between low and high. */
static double overlap(int i, double low, double high) {
    const double from = low > i ? low : i, to = high < i + 1 ? high : i + 1;
    return to > from ? to - from : 0;
}

/* The share that counts, of one that is in [0, 1]. */
static double firmly(const gb_raster *r, double share) {
    if (r->firm) share *= 1.5;
    return share < 1 ? share : 1;
}

void gb_raster_rect(gb_raster *r, double left, double top, double right, double bottom,
                    gb_rgb color, double alpha) {
    if (!isfinite(left + right + top + bottom)) return;
    if (left > right) {
        double t = left;
        left = right, right = t;
    }
    if (top > bottom) {
        double t = top;
        top = bottom, bottom = t;
    }
    const int xa = clamp(floor(left), r->x0, r->x1), xb = clamp(ceil(right), r->x0, r->x1);
    const int ya = clamp(floor(top), r->y0, r->y1), yb = clamp(ceil(bottom), r->y0, r->y1);
    const int in = clamp(ceil(left), xa, xb), out = clamp(floor(right), in, xb);
    for (int y = ya; y < yb; y++) {
        uint32_t *row = r->pixels + (size_t)y * (size_t)r->w;
        const double share = alpha * firmly(r, overlap(y, top, bottom));
        for (int x = xa; x < in; x++)
            blend(&row[x], pack(color), share * firmly(r, overlap(x, left, right)));
        fill(row + in, out - in, pack(color), share);
        for (int x = out; x < xb; x++)
            blend(&row[x], pack(color), share * firmly(r, overlap(x, left, right)));
    }
}

/* --- polygons ---------------------------------------------------------------------------------*/

/* Adds the area to the right of a piece of an edge that lies within one row: it goes from xa to xb
 * (pixels from the row's start), and `d` down. */
static void add_piece(float *row, double xa, double xb, double d) {
    if (xa > xb) {
        double t = xa;
        xa = xb, xb = t;
    }
    const int first = (int)xa, last = (int)ceil(xb);
    if (last <= first + 1) {
        const double middle = (xa + xb) / 2 - first;
        row[first] += (float)(d - d * middle);
        row[first + 1] += (float)(d * middle);
        return;
    }
    /* up to x, the area right of the edge is d (x - xa)^2 / 2 (xb - xa) */
    const double slope = d / (xb - xa);
    double before = 0, sum = 0;
    for (int x = first + 1; x <= last; x++) {
        const double end = x < xb ? x : xb;
        const double area = slope * (end - xa) * (end - xa) / 2 + d * (x - end);
        const double covered = area - before; /* of pixel x - 1 */
        row[x - 1] += (float)(covered - sum);
        sum = covered, before = area;
    }
    row[last] += (float)(d - sum);
}

static void add_edge(gb_raster *r, const double *a, const double *b, int y) {
    const bool down = a[1] < b[1];
    const double *top = down ? a : b, *bottom = down ? b : a;
    if (bottom[1] <= y || top[1] >= y + 1 || top[1] == bottom[1]) return;
    const double from = top[1] > y ? top[1] : y, to = bottom[1] < y + 1 ? bottom[1] : y + 1;
    const double slope = (bottom[0] - top[0]) / (bottom[1] - top[1]);
    double xa = top[0] + slope * (from - top[1]) - r->x0,
           xb = top[0] + slope * (to - top[1]) - r->x0;
    const double width = r->x1 - r->x0;
    xa = xa > 0 ? xa < width ? xa : width : 0;
    xb = xb > 0 ? xb < width ? xb : width : 0;
    add_piece(r->row, xa, xb, down ? to - from : from - to);
}

static double corner(double x) {
    return x < -FAR ? -FAR : x > FAR ? FAR : x;
}

void gb_raster_polygon(gb_raster *r, const double *xy, int n, gb_rgb color, double alpha) {
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int i = 0; i < 2 * n; i++) {
        if (!isfinite(xy[i])) return;
        low[i % 2] = fmin(low[i % 2], corner(xy[i])),
                high[i % 2] = fmax(high[i % 2], corner(xy[i]));
    }
    if (n < 3 || r->x0 >= r->x1) return;
    const int xa = clamp(floor(low[0]), r->x0, r->x1) - r->x0,
              xb = clamp(ceil(high[0]), r->x0, r->x1) - r->x0;
    const int ya = clamp(floor(low[1]), r->y0, r->y1), yb = clamp(ceil(high[1]), r->y0, r->y1);
    for (int y = ya; y < yb; y++) {
        memset(r->row + xa, 0, (size_t)(xb - xa + 2) * sizeof *r->row);
        for (int i = 0; i < n; i++) {
            const double *p = xy + 2 * i, *q = xy + 2 * ((i + 1) % n);
            const double a[2] = {corner(p[0]), corner(p[1])}, b[2] = {corner(q[0]), corner(q[1])};
            add_edge(r, a, b, y);
        }
        uint32_t *row = r->pixels + (size_t)y * (size_t)r->w + r->x0;
        double sum = 0;
        for (int x = xa; x < xb; x++) {
            sum += (double)r->row[x];
            const double share = fabs(sum);
            if (share > 1e-3) blend(&row[x], pack(color), alpha * firmly(r, share));
        }
    }
}

/* --- by distance ------------------------------------------------------------------------------*/

void gb_raster_disc(gb_raster *r, double cx, double cy, double radius, gb_rgb color, double alpha) {
    if (!isfinite(cx + cy + radius) || radius <= 0) return;
    if (radius < 0.5) radius = 0.5;
    const double outer = radius + 0.5, inner = radius - 0.5;
    const int ya = clamp(floor(cy - outer), r->y0, r->y1),
              yb = clamp(ceil(cy + outer), r->y0, r->y1);
    for (int y = ya; y < yb; y++) {
        uint32_t *row = r->pixels + (size_t)y * (size_t)r->w;
        const double dy = y + 0.5 - cy, reach = outer * outer - dy * dy;
        if (reach <= 0) continue;
        const double half = sqrt(reach),
                     full = inner > fabs(dy) ? sqrt(inner * inner - dy * dy) : 0;
        const int xa = clamp(floor(cx - half), r->x0, r->x1),
                  xb = clamp(ceil(cx + half), r->x0, r->x1);
        const int in = clamp(ceil(cx - full), xa, xb), out = clamp(floor(cx + full), in, xb);
        for (int x = xa; x < xb; x++) {
            if (x == in && out > in) {
                fill(row + in, out - in, pack(color), alpha);
                x = out;
                if (x == xb) break;
            }
            const double dx = x + 0.5 - cx, share = outer - sqrt(dx * dx + dy * dy);
            if (share > 0) blend(&row[x], pack(color), alpha * (share < 1 ? share : 1));
        }
    }
}

/* The columns that the points of the line within `reach` of height y can touch. */
static void span(const double *a, const double *d, double y, double reach, double *low,
                 double *high) {
    double from = 0, to = 1;
    if (fabs(d[1]) > 1e-9) {
        const double t = (y - reach - a[1]) / d[1], u = (y + reach - a[1]) / d[1];
        from = fmax(0, fmin(t, u)), to = fmin(1, fmax(t, u));
    }
    const double p = a[0] + d[0] * from, q = a[0] + d[0] * to;
    *low = fmin(p, q) - reach, *high = fmax(p, q) + reach;
}

void gb_raster_line(gb_raster *r, double ax, double ay, double bx, double by, double width,
                    gb_rgb color, double alpha) {
    if (!isfinite(ax + ay + bx + by + width)) return;
    const double a[2] = {corner(ax), corner(ay)}, d[2] = {corner(bx) - a[0], corner(by) - a[1]};
    const double radius = (width > 1 ? width : 1) / 2, reach = radius + 0.5;
    const double square = d[0] * d[0] + d[1] * d[1], inverse = square > 0 ? 1 / square : 0;
    const int ya = clamp(floor(fmin(a[1], a[1] + d[1]) - reach), r->y0, r->y1);
    const int yb = clamp(ceil(fmax(a[1], a[1] + d[1]) + reach), r->y0, r->y1);
    for (int y = ya; y < yb; y++) {
        double low, high;
        span(a, d, y + 0.5, reach, &low, &high);
        const int xa = clamp(floor(low), r->x0, r->x1), xb = clamp(ceil(high), r->x0, r->x1);
        for (int x = xa; x < xb; x++) {
            const double px = x + 0.5 - a[0], py = y + 0.5 - a[1];
            double t = (px * d[0] + py * d[1]) * inverse;
            t = t > 0 ? t < 1 ? t : 1 : 0;
            const double ex = px - t * d[0], ey = py - t * d[1], far = ex * ex + ey * ey;
            if (far < reach * reach) put(r, x, y, pack(color), reach - sqrt(far), alpha);
        }
    }
}

void gb_raster_begin(gb_raster *r) {
    r->masking = true;
}

void gb_raster_end(gb_raster *r, gb_box box, gb_rgb color, double alpha) {
    const int xa = clamp(floor(box.x), r->x0, r->x1), xb = clamp(ceil(box.x + box.w), r->x0, r->x1);
    const int ya = clamp(floor(box.y), r->y0, r->y1), yb = clamp(ceil(box.y + box.h), r->y0, r->y1);
    r->masking = false;
    for (int y = ya; y < yb; y++) {
        const size_t row = (size_t)y * (size_t)r->w;
        for (int x = xa; x < xb; x++) {
            uint8_t *part = &r->mask[row + (size_t)x];
            if (!*part) continue;
            blend(&r->pixels[row + (size_t)x], pack(color), alpha * *part / 255);
            *part = 0;
        }
    }
}

void gb_raster_picture(gb_raster *r, const uint8_t *rgb) {
    for (int y = r->y0; y < r->y1; y++)
        for (int x = r->x0; x < r->x1; x++, rgb += 3)
            r->pixels[(size_t)y * (size_t)r->w + (size_t)x] =
                0xff000000u | (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

void gb_raster_rgb(const gb_raster *r, uint8_t *rgb) {
    const size_t n = (size_t)r->w * (size_t)r->h;
    for (size_t i = 0; i < n; i++, rgb += 3) {
        const uint32_t pixel = r->pixels[i];
        rgb[0] = (uint8_t)(pixel >> 16), rgb[1] = (uint8_t)(pixel >> 8), rgb[2] = (uint8_t)pixel;
    }
}
