#include "tfrecord.h"

static void put_u32(unsigned char *at, uint32_t x) {
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(x >> 8 * i);
}

static uint32_t get_u32(const unsigned char *at) {
    uint32_t x = 0;
    for (int i = 0; i < 4; i++) x |= (uint32_t)at[i] << 8 * i;
    return x;
}

static uint32_t masked_crc(const void *bytes, size_t n) {
    uint32_t crc = gb_crc32c(0, bytes, n);
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

void gb_tfrecord_seal(unsigned char *record, size_t n) {
    put_u32(record, (uint32_t)n);
    put_u32(record + 4, (uint32_t)((uint64_t)n >> 32));
    put_u32(record + 8, masked_crc(record, 8));
    put_u32(record + GB_TFRECORD_HEAD + n, masked_crc(record + GB_TFRECORD_HEAD, n));
}

int gb_tfrecord_open(const unsigned char *bytes, size_t left, const unsigned char **data,
                     size_t *n) {
    if (left < GB_TFRECORD_HEAD) return GB_FAIL;
    if (get_u32(bytes + 8) != masked_crc(bytes, 8)) return GB_USAGE;
    uint64_t length = (uint64_t)get_u32(bytes + 4) << 32 | get_u32(bytes);
    left -= GB_TFRECORD_HEAD;
    if (left < GB_TFRECORD_TAIL || length > left - GB_TFRECORD_TAIL) return GB_FAIL;
    *data = bytes + GB_TFRECORD_HEAD;
    *n = (size_t)length;
    return get_u32(*data + *n) == masked_crc(*data, *n) ? GB_OK : GB_USAGE;
}
