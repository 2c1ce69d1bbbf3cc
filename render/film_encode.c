/* film_encode.c - films by FFmpeg's libraries: pictures become frames of the encoder's format,
 * those become packets, and the muxer makes a file in memory of them. */
#include "film_encode.h"
#include "ffmpeg.h"
#include "file.h"
#include "film_file.h"
#include "film_palette.h"

#include <math.h>
#include <string.h>

struct gb_film {
    char *path;
    bool gif;
    int w; /* of the pictures */
    bool ended;
    int64_t frames;
    double rate;
    AVFormatContext *format;
    AVCodecContext *encoder;
    AVStream *stream;
    AVFrame *frame;
    AVPacket *packet;
    struct SwsContext *scaler; /* mp4 */
    gb_film_file file;
    gb_film_palette palette; /* gif */
};

/* Writes "FILE: what: why" for a code of FFmpeg's. */
static int fail(const gb_film *film, const char *what, int code, gb_err *err) {
    char why[AV_ERROR_MAX_STRING_SIZE] = "";
    gb_ffmpeg.av_strerror(code, why, sizeof why);
    return gb_fail(err, GB_FAIL, "%.200s: %s: %s; choose another --size or another kind of file",
                   film->path, what, why);
}

/* --- opening ----------------------------------------------------------------------------------*/

/* Options of encoders, as of ffmpeg's command line: constant quality, and drawings, not photos. One
 * thread: then the bits do not depend on the machine. */
static const struct {
    const char *name, *options[4][2];
} encoders[] = {
    {"libx264", {{"preset", "veryfast"}, {"crf", "18"}, {"tune", "animation"}}},
    {"mpeg4", {{"flags", "+qscale"}, {"global_quality", "354"}}}, /* 3 * FF_QP2LAMBDA */
};

static void set_format(const gb_film *film, AVCodecContext *encoder, int w, int h) {
    encoder->width = film->gif ? w : w & ~1;
    encoder->height = film->gif ? h : h & ~1;
    encoder->pix_fmt = film->gif ? AV_PIX_FMT_PAL8 : AV_PIX_FMT_YUV420P;
    encoder->framerate = gb_ffmpeg.av_d2q(film->rate, 60000);
    encoder->time_base = film->gif ? (AVRational){1, 100}
                                   : (AVRational){encoder->framerate.den, encoder->framerate.num};
    encoder->thread_count = 1;
    if (!film->gif) {
        encoder->color_primaries = AVCOL_PRI_BT709;
        encoder->color_trc = AVCOL_TRC_BT709;
        encoder->colorspace = AVCOL_SPC_BT709;
        encoder->color_range = AVCOL_RANGE_MPEG;
    }
    if (film->format->oformat->flags & AVFMT_GLOBALHEADER)
        encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
}

/* Opens the encoder called name, with options (n) that it has. Returns FFmpeg's code. */
static int open_encoder(gb_film *film, const char *name, const char *const (*options)[2], int w,
                        int h) {
    const AVCodec *codec = gb_ffmpeg.avcodec_find_encoder_by_name(name);
    if (!codec) return AVERROR_ENCODER_NOT_FOUND;
    film->encoder = gb_ffmpeg.avcodec_alloc_context3(codec);
    if (!film->encoder) return AVERROR(ENOMEM);
    set_format(film, film->encoder, w, h);
    AVDictionary *wanted = NULL;
    for (; options && options[0][0]; options++)
        gb_ffmpeg.av_dict_set(&wanted, options[0][0], options[0][1], 0);
    int code = gb_ffmpeg.avcodec_open2(film->encoder, codec, &wanted);
    gb_ffmpeg.av_dict_free(&wanted);
    if (code < 0) gb_ffmpeg.avcodec_free_context(&film->encoder);
    return code;
}

/* The first encoder that this FFmpeg has. */
static int open_any_encoder(gb_film *film, int w, int h, gb_err *err) {
    int code = AVERROR_ENCODER_NOT_FOUND;
    if (film->gif) {
        code = open_encoder(film, "gif", NULL, w, h);
    } else {
        for (size_t i = 0; code < 0 && i < sizeof encoders / sizeof *encoders; i++)
            code = open_encoder(film, encoders[i].name, encoders[i].options, w, h);
    }
    return code < 0 ? fail(film, "no encoder", code, err) : GB_OK;
}

static int open_stream(gb_film *film, gb_err *err) {
    film->stream = gb_ffmpeg.avformat_new_stream(film->format, NULL);
    int code = film->stream ? 0 : AVERROR(ENOMEM);
    if (!code)
        code = gb_ffmpeg.avcodec_parameters_from_context(film->stream->codecpar, film->encoder);
    if (code < 0) return fail(film, "encoder", code, err);
    film->stream->time_base = film->encoder->time_base;
    film->stream->avg_frame_rate = film->encoder->framerate;
    if (gb_film_file_attach(&film->file, film->format, err)) return GB_FAIL;
    AVDictionary *options = NULL; /* so that a browser can show it before all of it is there */
    if (!film->gif) gb_ffmpeg.av_dict_set(&options, "movflags", "+faststart", 0);
    code = gb_ffmpeg.avformat_write_header(film->format, &options);
    gb_ffmpeg.av_dict_free(&options);
    return code < 0 ? fail(film, "header", code, err) : GB_OK;
}

/* Full-range RGB to the limited range of television, by the matrix that the file declares. */
static void set_colors(struct SwsContext *scaler) {
    const int *bt709 = gb_ffmpeg.sws_getCoefficients(SWS_CS_ITU709);
    gb_ffmpeg.sws_setColorspaceDetails(scaler, bt709, 1, bt709, 0, 0, 1 << 16, 1 << 16);
}

static int open_frame(gb_film *film, gb_err *err) {
    const AVCodecContext *encoder = film->encoder;
    const int w = encoder->width, h = encoder->height;
    film->frame = gb_ffmpeg.av_frame_alloc();
    film->packet = gb_ffmpeg.av_packet_alloc();
    if (!film->frame || !film->packet) return fail(film, "frame", AVERROR(ENOMEM), err);
    film->frame->format = encoder->pix_fmt;
    film->frame->width = w, film->frame->height = h;
    int code = gb_ffmpeg.av_frame_get_buffer(film->frame, 0);
    if (code < 0) return fail(film, "frame", code, err);
    if (film->gif) return GB_OK;
    film->scaler = gb_ffmpeg.sws_getContext(w, h, AV_PIX_FMT_RGB32, w, h, encoder->pix_fmt,
                                            SWS_AREA | SWS_ACCURATE_RND, NULL, NULL, NULL);
    if (!film->scaler) return fail(film, "frame", AVERROR(ENOMEM), err);
    set_colors(film->scaler);
    return GB_OK;
}

gb_film *gb_film_begin(const char *path, int w, int h, double rate, const gb_theme *theme,
                       gb_err *err) {
    if (gb_ffmpeg_load(err)) return NULL;
    gb_film *film = gb_alloc(1, sizeof *film, err);
    if (!film) return NULL;
    film->rate = rate;
    film->w = w;
    film->gif = gb_film_is_gif(path);
    film->path = gb_alloc(strlen(path) + 1, 1, err);
    int code = film->path ? GB_OK : GB_FAIL;
    if (!code) {
        strcpy(film->path, path);
        int failed = gb_ffmpeg.avformat_alloc_output_context2(&film->format, NULL,
                                                              film->gif ? "gif" : "mp4", NULL);
        if (failed < 0) code = fail(film, "format", failed, err);
    }
    if (!code) code = open_any_encoder(film, w, h, err);
    if (!code) code = open_stream(film, err);
    if (!code) code = open_frame(film, err);
    if (code) {
        gb_film_drop(film);
        return NULL;
    }
    gb_film_palette_init(&film->palette, theme);
    return film;
}

/* --- frames -----------------------------------------------------------------------------------*/

/* Moves packets that are ready from the encoder to the muxer. */
static int move_packets(gb_film *film, gb_err *err) {
    for (;;) {
        AVPacket *packet = film->packet;
        int code = gb_ffmpeg.avcodec_receive_packet(film->encoder, packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return GB_OK;
        if (code < 0) return fail(film, "encoder", code, err);
        if (!packet->duration && !film->gif) packet->duration = 1; /* else the last has none */
        packet->stream_index = film->stream->index;
        gb_ffmpeg.av_packet_rescale_ts(packet, film->encoder->time_base, film->stream->time_base);
        code = gb_ffmpeg.av_interleaved_write_frame(film->format, packet);
        if (code < 0) return fail(film, "muxer", code, err);
    }
}

static void fill_gif(gb_film *film, const uint32_t *pixels) {
    AVFrame *frame = film->frame;
    memcpy(frame->data[1], film->palette.color, sizeof film->palette.color);
    for (int y = 0; y < frame->height; y++) {
        uint8_t *row = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
        for (int x = 0; x < frame->width; x++)
            row[x] = gb_film_palette_find(&film->palette, *pixels++);
    }
}

static void fill_mp4(gb_film *film, const uint32_t *pixels) {
    const uint8_t *const from[] = {(const uint8_t *)pixels, NULL, NULL, NULL};
    const int stride[] = {4 * film->w, 0, 0, 0};
    AVFrame *frame = film->frame;
    gb_ffmpeg.sws_scale(film->scaler, from, stride, 0, frame->height, frame->data, frame->linesize);
}

int gb_film_frame(gb_film *film, const uint32_t *pixels, gb_err *err) {
    film->file.err = err;
    int code = gb_ffmpeg.av_frame_make_writable(film->frame); /* the encoder may hold the last */
    if (code < 0) return fail(film, "frame", code, err);
    if (film->gif)
        fill_gif(film, pixels);
    else
        fill_mp4(film, pixels);
    film->frame->pts =
        film->gif ? llround(100.0 * (double)film->frames / film->rate) : film->frames;
    film->frames++;
    code = gb_ffmpeg.avcodec_send_frame(film->encoder, film->frame);
    if (code < 0) return fail(film, "encoder", code, err);
    return move_packets(film, err);
}

/* --- closing ----------------------------------------------------------------------------------*/

static int finish(gb_film *film, gb_err *err) {
    film->file.err = err;
    int code = gb_ffmpeg.avcodec_send_frame(film->encoder, NULL);
    if (code < 0) return fail(film, "encoder", code, err);
    if (move_packets(film, err)) return GB_FAIL;
    code = gb_ffmpeg.av_write_trailer(film->format);
    film->ended = true;
    if (code < 0) return fail(film, "end", code, err);
    gb_ffmpeg.avio_flush(film->format->pb);
    return gb_write_file(film->path, film->file.bytes, film->file.n, err);
}

int gb_film_close(gb_film *film, gb_err *err) {
    int code = film->frames ? finish(film, err) : GB_OK;
    gb_film_drop(film);
    return code;
}

void gb_film_drop(gb_film *film) {
    if (!film) return;
    /* the gif muxer lets go of the packet that it holds nowhere else */
    if (film->gif && film->frames && !film->ended) gb_ffmpeg.av_write_trailer(film->format);
    gb_film_file_detach(&film->file, film->format);
    gb_ffmpeg.avcodec_free_context(&film->encoder);
    gb_ffmpeg.av_frame_free(&film->frame);
    gb_ffmpeg.av_packet_free(&film->packet);
    gb_ffmpeg.sws_freeContext(film->scaler);
    gb_ffmpeg.avformat_free_context(film->format);
    gb_dealloc(film->path);
    gb_dealloc(film);
}
