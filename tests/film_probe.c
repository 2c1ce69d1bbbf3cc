#include "film_probe.h"

#ifdef GB_FFMPEG

#include <check.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>

static film_facts facts;

static void keep(struct SwsContext **scaler, const AVFrame *frame) {
    uint8_t *out[4] = {facts.frames++ ? facts.last : facts.first};
    ck_assert_int_le(frame->width * frame->height, PROBE_PIXELS);
    *scaler =
        sws_getCachedContext(*scaler, frame->width, frame->height, frame->format, frame->width,
                             frame->height, AV_PIX_FMT_RGB24,
                             SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, NULL, NULL, NULL);
    const int *table = sws_getCoefficients(SWS_CS_ITU709);
    sws_setColorspaceDetails(*scaler, table, 0, table, 1, 0, 1 << 16, 1 << 16);
    sws_scale(*scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, out,
              (const int[4]){3 * frame->width});
}

/* Decodes one packet, or what is left at the end (NULL). */
static void decode(AVCodecContext *decoder, const AVPacket *packet, struct SwsContext **scaler) {
    AVFrame *frame = av_frame_alloc();
    ck_assert_int_eq(avcodec_send_packet(decoder, packet), 0);
    while (!avcodec_receive_frame(decoder, frame)) keep(scaler, frame);
    av_frame_free(&frame);
}

const film_facts *film_probe(const char *path) {
    AVFormatContext *format = NULL;
    av_log_set_level(AV_LOG_ERROR);
    ck_assert_msg(!avformat_open_input(&format, path, NULL, NULL), "%s is no film", path);
    ck_assert_int_ge(avformat_find_stream_info(format, NULL), 0);
    ck_assert_int_eq(format->nb_streams, 1);
    AVStream *stream = format->streams[0];
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    AVCodecContext *decoder = avcodec_alloc_context3(codec);
    struct SwsContext *scaler = NULL;
    avcodec_parameters_to_context(decoder, stream->codecpar);
    ck_assert_int_eq(avcodec_open2(decoder, codec, NULL), 0);
    memset(&facts, 0, sizeof facts);
    strncpy(facts.codec, codec->name, sizeof facts.codec - 1);
    facts.w = decoder->width, facts.h = decoder->height;
    facts.rate = av_q2d(stream->avg_frame_rate);
    facts.seconds = (double)format->duration / AV_TIME_BASE;
    AVPacket *packet = av_packet_alloc();
    for (; av_read_frame(format, packet) >= 0; av_packet_unref(packet))
        decode(decoder, packet, &scaler);
    decode(decoder, NULL, &scaler);
    av_packet_free(&packet);
    sws_freeContext(scaler);
    avcodec_free_context(&decoder);
    avformat_close_input(&format);
    return &facts;
}

bool film_pixel(const film_facts *film, const uint8_t *rgb, int x, int y, const uint8_t color[3],
                int off) {
    const uint8_t *at = rgb + 3 * (y * film->w + x);
    for (int k = 0; k < 3; k++)
        if (abs(at[k] - color[k]) > off) return false;
    return true;
}

#endif
