/* chart.c - from the data of a chart to a file: the page, its panels, and their axes. */
#include "chart.h"
#include "chart_draw.h"
#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is refused --------------------------------------------------------------------------*/

static bool ends_in(const char *path, const char *ending) {
    size_t n = strlen(path), m = strlen(ending);
    return n > m && !strcmp(path + n - m, ending);
}

int gb_chart_check_path(const char *path, gb_err *err) {
    if (ends_in(path, ".svg") || ends_in(path, ".png")) return GB_OK;
    return gb_fail(err, GB_USAGE, "%s: charts are .svg or .png files; choose such a name", path);
}

int gb_chart_check_size(int width, int height, gb_err *err) {
    bool fits = width >= GB_CHART_LEAST && width <= GB_CHART_MOST && height >= GB_CHART_LEAST &&
                height <= GB_CHART_MOST;
    if (fits) return GB_OK;
    return gb_fail(err, GB_USAGE, "a chart of %dx%d: out of range; choose %d to %d each way", width,
                   height, GB_CHART_LEAST, GB_CHART_MOST);
}

/* --- Cairo's output ---------------------------------------------------------------------------*/

static cairo_status_t append(void *stream, const unsigned char *bytes, unsigned n) {
    return fwrite(bytes, 1, n, stream) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Draws on the surface, and writes what it then holds to the stream. */
static int paint(const gb_chart *chart, cairo_surface_t *surface, bool svg, FILE *out,
                 cairo_status_t *status, gb_err *err) {
    cairo_t *cairo = gb_cairo.create(surface);
    int code = GB_OK;
    *status = gb_cairo.status(cairo);
    if (!*status) {
        code = gb_chart_draw(chart, cairo, err);
        *status = gb_cairo.status(cairo);
    }
    gb_cairo.destroy(cairo);
    if (!*status && !svg) *status = gb_cairo.surface_write_to_png_stream(surface, append, out);
    gb_cairo.surface_finish(surface);
    if (!*status) *status = gb_cairo.surface_status(surface);
    return code;
}

static int render(const gb_chart *chart, const char *path, FILE *out, gb_err *err) {
    cairo_surface_t *surface;
    bool svg = ends_in(path, ".svg");
    if (svg) {
        surface = gb_cairo.svg_surface_create_for_stream(append, out, chart->width, chart->height);
        gb_cairo.svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    } else {
        surface = gb_cairo.image_surface_create(CAIRO_FORMAT_RGB24, chart->width, chart->height);
    }
    cairo_status_t status = gb_cairo.surface_status(surface);
    int code = status ? GB_OK : paint(chart, surface, svg, out, &status, err);
    gb_cairo.surface_destroy(surface);
    if (code || !status) return code;
    return gb_fail(err, GB_FAIL, "%s: cannot be drawn: %s; choose a smaller size", path,
                   gb_cairo.status_to_string(status));
}

int gb_chart_write(const gb_chart *given, const char *path, gb_err *err) {
    gb_chart chart = *given;
    char *bytes = NULL;
    size_t n = 0;
    GB_ASSERT(chart.n_panels >= 1 && chart.n_panels <= GB_CHART_PANELS);
    if (!chart.width && !chart.height) chart.width = 800, chart.height = 500;
    int code = gb_chart_check_path(path, err);
    if (!code) code = gb_chart_check_size(chart.width, chart.height, err);
    if (!code) code = gb_cairo_load(err);
    if (code) return code;
    FILE *out = open_memstream(&bytes, &n);
    if (!out) return gb_fail(err, GB_FAIL, "%s: out of memory; free some", path);
    code = render(&chart, path, out, err);
    if (fclose(out) && !code) code = gb_fail(err, GB_FAIL, "%s: out of memory; free some", path);
    if (!code) code = gb_write_file(path, bytes, n, err);
    free(bytes);
    return code;
}
