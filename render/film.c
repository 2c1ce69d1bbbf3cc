/* film.c - the name of a film's file; what a build without FFmpeg does. film_encode.c does the
 * rest. */
#include "film.h"
#include "film_encode.h"

#include <string.h>
#include <strings.h>

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), k = strlen(end);
    return n > k && !strcasecmp(text + n - k, end);
}

bool gb_film_is_gif(const char *path) {
    return ends_with(path, ".gif");
}

gb_film *gb_film_open(const char *path, int w, int h, double rate, const gb_theme *theme, int *code,
                      gb_err *err) {
    gb_film *film = NULL;
    *code = GB_USAGE;
    if (!gb_film_is_gif(path) && !ends_with(path, ".mp4"))
        gb_fail(err, GB_USAGE, "%.300s: a film's name ends with .mp4 or .gif; choose such a name",
                path);
    else if (!(rate > 0 && rate <= 1000))
        gb_fail(err, GB_USAGE, "film: %g frames a second; choose a number up to 1000", rate);
    else if (w < 16 || h < 16)
        gb_fail(err, GB_USAGE, "film: %dx%d pixels are too few; choose 16 or more each way", w, h);
    else
        *code = (film = gb_film_begin(path, w, h, rate, theme, err)) ? GB_OK : GB_FAIL;
    return film;
}

#ifndef GB_FFMPEG

gb_film *gb_film_begin(const char *path, int w, int h, double rate, const gb_theme *theme,
                       gb_err *err) {
    (void)w, (void)h, (void)rate, (void)theme;
    gb_fail(err, GB_FAIL, "%.300s: this gibbs was built without FFmpeg; build it with FFMPEG=1",
            path);
    return NULL;
}

int gb_film_frame(gb_film *film, const uint32_t *pixels, gb_err *err) {
    (void)film, (void)pixels;
    return gb_fail(err, GB_FAIL, "film: there is none");
}

int gb_film_close(gb_film *film, gb_err *err) {
    return gb_film_frame(film, NULL, err);
}

void gb_film_drop(gb_film *film) {
    (void)film;
}

#endif
