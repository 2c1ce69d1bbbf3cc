/* film_file.h - a file in memory for FFmpeg's muxers, which write, go back, and read again what
 * they wrote (to move the index of an mp4 file to its front). Only files of render/ include it. */
#ifndef GB_RENDER_FILM_FILE_H
#define GB_RENDER_FILM_FILE_H

#include "ffmpeg.h"

typedef struct gb_film_file {
    uint8_t *bytes;
    size_t n, room;
    gb_err *err; /* where a shortage of memory is told; NULL: nowhere */
} gb_film_file;

/* Makes `file` what format writes to. GB_FAIL with a message (memory). */
int gb_film_file_attach(gb_film_file *file, AVFormatContext *format, gb_err *err);

/* Ends that, and frees the bytes. */
void gb_film_file_detach(gb_film_file *file, AVFormatContext *format);

#endif
