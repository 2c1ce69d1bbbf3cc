/* film_encode.h - what film.c asks of the encoder. Only files of render/ include it. */
#ifndef GB_RENDER_FILM_ENCODE_H
#define GB_RENDER_FILM_ENCODE_H

#include "film.h"

/* gb_film_open, once the name and the numbers are known to be good. */
gb_film *gb_film_begin(const char *path, int w, int h, double rate, const gb_theme *theme,
                       gb_err *err);

#endif
