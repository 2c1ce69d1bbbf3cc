/* film_probe.h - what a film file holds, read by FFmpeg's own demuxers and decoders. */
#ifndef GB_TESTS_FILM_PROBE_H
#define GB_TESTS_FILM_PROBE_H

#include <stdbool.h>
#include <stdint.h>

enum { PROBE_PIXELS = 1 << 19 };

typedef struct film_facts {
    char codec[32];
    int w, h, frames;
    double rate, seconds;
    uint8_t first[3 * PROBE_PIXELS], last[3 * PROBE_PIXELS]; /* (h, w, 3) */
} film_facts;

/* Reads the film at path; fails the test if it cannot be read. Valid until the next call. */
const film_facts *film_probe(const char *path);

/* Returns whether a pixel is within `off` of r, g, b. */
bool film_pixel(const film_facts *film, const uint8_t *rgb, int x, int y, const uint8_t color[3],
                int off);

#endif
