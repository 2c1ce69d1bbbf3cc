/* tfrecord.h - records in a file, as TensorBoard reads them: the length of the data (8 bytes,
 * little endian), its checksum, the data, and their checksum (4 bytes each). The checksums are
 * CRC-32C, rotated by 15 bits and shifted by 0xa282ead8 (tensorflow/core/lib/io/record_writer.h).
 */
#ifndef GB_CORE_TFRECORD_H
#define GB_CORE_TFRECORD_H

#include "base.h"

enum { GB_TFRECORD_HEAD = 12, GB_TFRECORD_TAIL = 4 }; /* bytes before and after the data */

/* Writes head and tail around the n bytes of data that stand at record + GB_TFRECORD_HEAD. */
void gb_tfrecord_seal(unsigned char *record, size_t n);

/* Looks at the record at the start of `left` bytes. GB_OK: its data are *data (*n bytes). GB_FAIL:
 * there is no whole record, because the bytes end before it does. GB_USAGE: it is damaged. */
int gb_tfrecord_open(const unsigned char *bytes, size_t left, const unsigned char **data,
                     size_t *n);

#endif
