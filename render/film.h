/* film.h - pictures, one after another, as a film: H.264 in an mp4 file, or an animated gif.
 *
 * A film is kept in memory until it is closed, and then written at once (file.h): one that failed
 * or was interrupted leaves no file. The same pictures give the same file on every run, as the
 * encoder uses one thread.
 *
 * FFmpeg's libraries encode; they are loaded when the first film is opened (see loader.h). A build
 * without them (make FFMPEG=0) has these functions too, and opens no film.
 */
#ifndef GB_RENDER_FILM_H
#define GB_RENDER_FILM_H

#include "base.h"
#include "theme.h"

#define GB_FILM_FASTEST     60.0 /* frames a second that every screen shows */
#define GB_FILM_FASTEST_GIF 50.0 /* a gif counts hundredths of a second, and viewers want two */

typedef struct gb_film gb_film;

/* Returns whether a file of this name is an animated gif: it ends with .gif. */
bool gb_film_is_gif(const char *path);

/* Opens a film of w x h pixels (at least 16 each way) and `rate` frames a second, for the file at
 * path, whose name must end with .mp4 or .gif; the caller closes or drops it. An mp4 file holds
 * even sizes only: an odd last row or column is left out. theme is that of the pictures: a gif's
 * palette is made of its colours, and of those between any two of them. NULL with a message if the
 * name is another (GB_USAGE in *code, else GB_FAIL), FFmpeg is not there, or memory is short. */
gb_film *gb_film_open(const char *path, int w, int h, double rate, const gb_theme *theme, int *code,
                      gb_err *err);

/* Adds a picture, pixels (h, w) as 0xffRRGGBB. GB_FAIL with a message if it cannot be encoded; then
 * drop the film. */
int gb_film_frame(gb_film *film, const uint32_t *pixels, gb_err *err);

/* Writes the file, if there was a frame, and frees the film, also on failure. */
int gb_film_close(gb_film *film, gb_err *err);

/* Frees a film without writing it. NULL is allowed. */
void gb_film_drop(gb_film *film);

#endif
