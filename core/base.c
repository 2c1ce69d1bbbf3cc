/* madvise is no part of POSIX. */
#define _DEFAULT_SOURCE
#include "base.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

int gb_fail(gb_err *err, int code, const char *format, ...) {
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->msg, sizeof err->msg, format, args);
        va_end(args);
    }
    return code;
}

void gb_assert_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "gibbs: bug: %s:%d: %s does not hold; please report this\n", file, line,
            condition);
    abort();
}

/* Allocations left before they start to fail; negative: none ever does. */
static long allocations_left = -1;

void gb_alloc_fail_after(long after) {
    allocations_left = after;
}

/* Large arrays lie on huge pages where the system has them: scattered reads then need fewer entries
 * of the page tables. */
#define HUGE_PAGE ((size_t)2 << 20)

static void *allocate(size_t bytes) {
    const size_t line = 64;
    const size_t unit = bytes >= HUGE_PAGE / 2 ? HUGE_PAGE : line;
    const size_t rounded = bytes ? (bytes + unit - 1) / unit * unit : unit;
    void *pointer = aligned_alloc(unit, rounded);
#ifdef MADV_HUGEPAGE
    if (pointer && unit == HUGE_PAGE) (void)madvise(pointer, rounded, MADV_HUGEPAGE);
#endif
    return pointer ? memset(pointer, 0, bytes) : NULL;
}

void *gb_alloc(size_t count, size_t size, gb_err *err) {
    bool overflow = size && count > (SIZE_MAX - HUGE_PAGE) / size;
    bool refused = allocations_left >= 0 && (allocations_left == 0 || allocations_left-- == 0);
    void *pointer = overflow || refused ? NULL : allocate(count * size);
    if (!pointer)
        gb_fail(err, GB_FAIL, "out of memory: %.1f MiB wanted; ask for less or free some",
                (double)count * (double)size / (1 << 20));
    return pointer;
}

void gb_dealloc(void *pointer) {
    free(pointer);
}

char *gb_format(char *text, size_t size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(text, size, format, args);
    va_end(args);
    return text;
}

double gb_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool gb_is_name(const char *name) {
    return name && *name >= 'a' && *name <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

/* Slicing by 8 (Kounavis and Berry 2005): table[k][b] is the CRC of byte b and k zero bytes. */
static uint32_t crc_table[8][256];
static pthread_once_t crc_table_once = PTHREAD_ONCE_INIT;

static void crc_table_init(void) {
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = b;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
        crc_table[0][b] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int b = 0; b < 256; b++)
            crc_table[k][b] = crc_table[k - 1][b] >> 8 ^ crc_table[0][crc_table[k - 1][b] & 255];
}

uint32_t gb_crc32c(uint32_t crc, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    pthread_once(&crc_table_once, crc_table_init);
    crc = ~crc;
    for (; n >= 8; n -= 8, p += 8) {
        uint32_t low = crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                              (uint32_t)p[3] << 24);
        crc = crc_table[7][low & 255] ^ crc_table[6][low >> 8 & 255] ^
              crc_table[5][low >> 16 & 255] ^ crc_table[4][low >> 24] ^ crc_table[3][p[4]] ^
              crc_table[2][p[5]] ^ crc_table[1][p[6]] ^ crc_table[0][p[7]];
    }
    while (n--) crc = crc >> 8 ^ crc_table[0][(crc ^ *p++) & 255];
    return ~crc;
}
