/* ffmpeg.h - FFmpeg's libraries, loaded when the first film is opened (see loader.h).
 *
 * Call functions as gb_ffmpeg.av_frame_alloc(); a new one needs its name in the list below. Only
 * files of render/ include this. The versions are those of the headers: FFmpeg 5 or later.
 */
#ifndef GB_RENDER_FFMPEG_H
#define GB_RENDER_FFMPEG_H

#include "base.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

/* clang-format off */
#define GB_FFMPEG_UTIL(X) \
    X(av_d2q) X(av_dict_free) X(av_dict_set) X(av_frame_alloc) X(av_frame_free) \
    X(av_frame_get_buffer) X(av_frame_make_writable) X(av_free) X(av_log_set_level) \
    X(av_malloc) X(av_opt_set) X(av_strerror)
#define GB_FFMPEG_CODEC(X) \
    X(av_packet_alloc) X(av_packet_free) X(av_packet_rescale_ts) X(avcodec_alloc_context3) \
    X(avcodec_find_encoder_by_name) X(avcodec_free_context) X(avcodec_open2) \
    X(avcodec_parameters_from_context) X(avcodec_receive_packet) X(avcodec_send_frame)
#define GB_FFMPEG_FORMAT(X) \
    X(av_interleaved_write_frame) X(av_write_trailer) X(avformat_alloc_output_context2) \
    X(avformat_free_context) X(avformat_new_stream) X(avformat_write_header) \
    X(avio_alloc_context) X(avio_context_free) X(avio_flush)
#define GB_FFMPEG_SCALE(X) \
    X(sws_freeContext) X(sws_getCoefficients) X(sws_getContext) X(sws_scale) X(sws_setColorspaceDetails)
/* clang-format on */

struct gb_ffmpeg {
#define GB_FFMPEG_POINTER(name) __typeof__(&name) name;
    GB_FFMPEG_UTIL(GB_FFMPEG_POINTER)
    GB_FFMPEG_CODEC(GB_FFMPEG_POINTER)
    GB_FFMPEG_FORMAT(GB_FFMPEG_POINTER)
    GB_FFMPEG_SCALE(GB_FFMPEG_POINTER)
#undef GB_FFMPEG_POINTER
};
extern struct gb_ffmpeg gb_ffmpeg;

/* Fills gb_ffmpeg; may be called again. GB_FAIL with a message if a library is not there. */
int gb_ffmpeg_load(gb_err *err);

#endif
