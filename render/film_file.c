#include "film_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { BUFFER = 1 << 15 };

/* A place in a file: each AVIOContext has its own. */
struct cursor {
    gb_film_file *file;
    size_t at;
};

#if LIBAVFORMAT_VERSION_MAJOR >= 61
typedef const uint8_t written;
#else
typedef uint8_t written;
#endif

static int grow(gb_film_file *file, size_t n) {
    size_t room = file->room ? file->room : 1 << 16;
    while (room < n) room *= 2;
    if (room == file->room) return 0;
    uint8_t *bytes = gb_alloc(room, 1, file->err);
    if (!bytes) return AVERROR(ENOMEM);
    if (file->n) memcpy(bytes, file->bytes, file->n);
    gb_dealloc(file->bytes);
    file->bytes = bytes, file->room = room;
    return 0;
}

static int write_bytes(void *opaque, written *bytes, int n) {
    struct cursor *c = opaque;
    const size_t end = c->at + (size_t)n;
    int code = grow(c->file, end);
    if (code) return code;
    memcpy(c->file->bytes + c->at, bytes, (size_t)n);
    c->at = end;
    if (end > c->file->n) c->file->n = end;
    return n;
}

static int read_bytes(void *opaque, uint8_t *bytes, int n) {
    struct cursor *c = opaque;
    const size_t left = c->at < c->file->n ? c->file->n - c->at : 0;
    if (!left) return AVERROR_EOF;
    if ((size_t)n > left) n = (int)left;
    memcpy(bytes, c->file->bytes + c->at, (size_t)n);
    c->at += (size_t)n;
    return n;
}

static int64_t seek(void *opaque, int64_t offset, int whence) {
    struct cursor *c = opaque;
    const int64_t n = (int64_t)c->file->n;
    if (whence & AVSEEK_SIZE) return n;
    const int base = whence & ~AVSEEK_FORCE;
    const int64_t at = base == SEEK_CUR   ? (int64_t)c->at + offset
                       : base == SEEK_END ? n + offset
                                          : offset;
    if (at < 0) return AVERROR(EINVAL);
    c->at = (size_t)at;
    return at;
}

static void close_cursor(AVIOContext *io) {
    if (!io) return;
    gb_dealloc(io->opaque);
    gb_ffmpeg.av_free(io->buffer);
    gb_ffmpeg.avio_context_free(&io);
}

static AVIOContext *open_cursor(gb_film_file *file, bool write) {
    struct cursor *cursor = gb_alloc(1, sizeof *cursor, file->err);
    unsigned char *buffer = cursor ? gb_ffmpeg.av_malloc(BUFFER) : NULL;
    AVIOContext *io = NULL;
    if (cursor) cursor->file = file;
    if (buffer)
        io = gb_ffmpeg.avio_alloc_context(buffer, BUFFER, write, cursor, read_bytes,
                                          write ? write_bytes : NULL, seek);
    if (io) return io;
    gb_ffmpeg.av_free(buffer);
    gb_dealloc(cursor);
    return NULL;
}

/* The muxer reads the file that it writes. */
static int open_again(AVFormatContext *format, AVIOContext **io, const char *url, int flags,
                      AVDictionary **options) {
    (void)url, (void)options;
    if (flags & AVIO_FLAG_WRITE) return AVERROR(EINVAL);
    *io = open_cursor(format->opaque, false);
    return *io ? 0 : AVERROR(ENOMEM);
}

static int close_again(AVFormatContext *format, AVIOContext *io) {
    (void)format;
    close_cursor(io);
    return 0;
}

int gb_film_file_attach(gb_film_file *file, AVFormatContext *format, gb_err *err) {
    file->err = err;
    format->pb = open_cursor(file, true);
    if (!format->pb) return gb_fail(err, GB_FAIL, "film: out of memory; choose a smaller --size");
    format->flags |= AVFMT_FLAG_CUSTOM_IO;
    format->opaque = file;
    format->io_open = open_again;
    format->io_close2 = close_again;
    return GB_OK;
}

void gb_film_file_detach(gb_film_file *file, AVFormatContext *format) {
    if (format) close_cursor(format->pb);
    if (format) format->pb = NULL;
    gb_dealloc(file->bytes);
    *file = (gb_film_file){0};
}
