/* safetensors.h - the file format of checkpoints (github.com/huggingface/safetensors): 8 bytes
 * length of the header, little-endian; the header, JSON; the data of all blocks without gaps.
 *
 * Ours hold a CRC-32C of the whole file in their metadata, at a fixed place, so that it is checked
 * before anything is parsed. Other programs read them as they read any such file.
 */
#ifndef GB_CORE_SAFETENSORS_H
#define GB_CORE_SAFETENSORS_H

#include "base.h"
#include "share.h"

/* What a block holds. Texts stand in the metadata and have no data. */
typedef enum gb_dtype {
    GB_DTYPE_F32,
    GB_DTYPE_F64,
    GB_DTYPE_I32,
    GB_DTYPE_I64,
    GB_DTYPE_U64,
    GB_DTYPE_U8,
    GB_DTYPE_TEXT
} gb_dtype;

#define GB_BLOCK_NAME 128 /* room for a block's name */

typedef struct gb_block {
    char name[GB_BLOCK_NAME];
    gb_dtype type;
    size_t shape[2], rank; /* rank 1 or 2; shape[1] is 0 if rank is 1 */
    size_t begin, end;     /* of the data, counted from the end of the header */
    const void *x;         /* the data, or a text ended by a zero byte */
    gb_share *share;       /* saving: has begun, and is what the data are read from; or NULL */
} gb_block;

/* A list of blocks that grows. */
typedef struct gb_blocks {
    gb_block *block;
    size_t n, room;
} gb_blocks;

/* Returns a new block at the end of list, zeroed, or NULL if memory is short. */
gb_block *gb_blocks_add(gb_blocks *list, gb_err *err);
void gb_blocks_free(gb_blocks *list);

/* Returns "F32" and so on. */
const char *gb_dtype_name(gb_dtype type);

/* Returns how many bytes of data a block has. */
size_t gb_block_size(const gb_block *block);

/* Orders blocks by name, texts before the others: for qsort and bsearch. */
int gb_block_order(const void *a, const void *b);

/* Gives the blocks their places and writes them to path, atomically. Texts must be UTF-8, names
 * different. GB_FAIL leaves the file at path as it was. */
int gb_safetensors_write(const char *path, gb_blocks *list, gb_err *err);

/* The same into memory: returns the *n bytes of the file, which the caller frees with gb_dealloc;
 * NULL with a message. */
void *gb_safetensors_pack(gb_blocks *list, size_t *n, gb_err *err);

/* Reads n bytes into an empty list, in gb_block_order. Data stays where it is, in bytes; texts are
 * owned by *header, to be freed with gb_safetensors_free. GB_FAIL, with a message that starts with
 * `shown`, for whatever is not exactly a file of ours; nothing is to be freed then. */
int gb_safetensors_read(const char *bytes, size_t n, const char *shown, gb_blocks *list,
                        void **header, gb_err *err);
void gb_safetensors_free(void *header);

#endif
