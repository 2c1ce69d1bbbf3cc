#include "ffmpeg.h"
#include "loader.h"

struct gb_ffmpeg gb_ffmpeg;

/* The file and Debian's package of a library, whose interface has the number of our headers. */
#define FILE_OF(library, major)    "lib" library ".so." AV_STRINGIFY(major)
#define PACKAGE_OF(library, major) "lib" library AV_STRINGIFY(major)

int gb_ffmpeg_load(gb_err *err) {
#define SYMBOL(name) {#name, &gb_ffmpeg.name},
    static const gb_symbol util[] = {GB_FFMPEG_UTIL(SYMBOL){0}},
                           codec[] = {GB_FFMPEG_CODEC(SYMBOL){0}},
                           format[] = {GB_FFMPEG_FORMAT(SYMBOL){0}},
                           scale[] = {GB_FFMPEG_SCALE(SYMBOL){0}};
#undef SYMBOL
    static const struct {
        const char *file, *package;
        const gb_symbol *symbols;
    } libraries[] = {
#define LIBRARY(name, major, symbols) {FILE_OF(name, major), PACKAGE_OF(name, major), symbols}
        LIBRARY("avutil", LIBAVUTIL_VERSION_MAJOR, util),
        LIBRARY("avcodec", LIBAVCODEC_VERSION_MAJOR, codec),
        LIBRARY("avformat", LIBAVFORMAT_VERSION_MAJOR, format),
        LIBRARY("swscale", LIBSWSCALE_VERSION_MAJOR, scale),
#undef LIBRARY
    };
    static bool loaded;
    int code = GB_OK;
    for (size_t i = 0; !loaded && !code && i < sizeof libraries / sizeof *libraries; i++)
        code =
            gb_load("FFmpeg", libraries[i].file, libraries[i].package, libraries[i].symbols, err);
    if (!loaded && !code) gb_ffmpeg.av_log_set_level(AV_LOG_QUIET); /* we say what is wrong */
    loaded = loaded || !code;
    return code;
}
