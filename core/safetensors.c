#include "safetensors.h"

#include "file.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "gibbs-checkpoint-1"
#define PREFIX "{\"__metadata__\":{\"format\":\"" FORMAT "\",\"crc32c\":\"" /* of every header */
#define NO_CRC "00000000" /* what stands for the digits while the checksum is computed */

enum {
    LENGTH_SIZE = 8,
    CRC_AT = LENGTH_SIZE + sizeof PREFIX - 1,
    CRC_SIZE = sizeof NO_CRC - 1,
    HEADER_LIMIT = 16 << 20
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "data is written as it lies in memory");
_Static_assert(sizeof(int) == 4 && sizeof(float) == 4 && sizeof(double) == 8, "types of the file");

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {{"F32", 4}, {"F64", 8}, {"I32", 4}, {"I64", 8}, {"U64", 8}, {"U8", 1}, {"text", 0}};

const char *gb_dtype_name(gb_dtype type) {
    return dtypes[type].name;
}

size_t gb_block_size(const gb_block *block) {
    return dtypes[block->type].size * block->shape[0] * (block->rank == 2 ? block->shape[1] : 1);
}

/* --- lists of blocks --------------------------------------------------------------------------*/

gb_block *gb_blocks_add(gb_blocks *list, gb_err *err) {
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        gb_block *block = gb_alloc(room, sizeof *block, err);
        if (!block) return NULL;
        if (list->n) memcpy(block, list->block, list->n * sizeof *block);
        gb_dealloc(list->block);
        list->block = block;
        list->room = room;
    }
    return &list->block[list->n++];
}

void gb_blocks_free(gb_blocks *list) {
    gb_dealloc(list->block);
    *list = (gb_blocks){0};
}

int gb_block_order(const void *a, const void *b) {
    const gb_block *x = a, *y = b;
    int kind = (x->type != GB_DTYPE_TEXT) - (y->type != GB_DTYPE_TEXT);
    return kind ? kind : strcmp(x->name, y->name);
}

/* Blocks by place, then texts. */
static int place_order(const void *a, const void *b) {
    const gb_block *x = a, *y = b;
    int kind = (x->type == GB_DTYPE_TEXT) - (y->type == GB_DTYPE_TEXT);
    if (kind) return kind;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* --- writing ----------------------------------------------------------------------------------*/

static bool add_numbers(cJSON *object, const char *key, size_t a, size_t b, size_t n) {
    cJSON *array = cJSON_CreateDoubleArray((double[]){(double)a, (double)b}, (int)n);
    if (cJSON_AddItemToObject(object, key, array)) return true;
    cJSON_Delete(array);
    return false;
}

static bool add_entry(cJSON *root, const gb_block *b) {
    cJSON *entry = cJSON_AddObjectToObject(root, b->name);
    return cJSON_AddStringToObject(entry, "dtype", dtypes[b->type].name) &&
           add_numbers(entry, "shape", b->shape[0], b->shape[1], b->rank) &&
           add_numbers(entry, "data_offsets", b->begin, b->end, 2);
}

/* Fills the header and gives all blocks their places. Large elements come first: each is then
 * aligned to its size without the gaps that the format forbids. False if memory is short. */
static bool fill_header(gb_blocks *list, cJSON *root) {
    cJSON *meta = cJSON_AddObjectToObject(root, "__metadata__");
    bool ok = cJSON_AddStringToObject(meta, "format", FORMAT) &&
              cJSON_AddStringToObject(meta, "crc32c", NO_CRC) &&
              cJSON_AddStringToObject(meta, "gibbs", GB_VERSION);
    const gb_block *end = list->block + list->n;
    for (gb_block *b = list->block; ok && b < end; b++) {
        GB_ASSERT(
            !cJSON_GetObjectItemCaseSensitive(b->type == GB_DTYPE_TEXT ? meta : root, b->name));
        if (b->type == GB_DTYPE_TEXT) ok = cJSON_AddStringToObject(meta, b->name, b->x) != NULL;
    }

    size_t at = 0;
    for (size_t size = 8; size; size /= 2) {
        for (gb_block *b = list->block; ok && b < end; b++) {
            if (dtypes[b->type].size != size) continue;
            b->begin = at;
            b->end = at += gb_block_size(b);
            ok = add_entry(root, b);
        }
    }
    return ok;
}

/* Returns the *n bytes that stand before the data, with NO_CRC in place of the checksum, to be
 * freed; NULL if memory is short. */
static char *make_head(gb_blocks *list, size_t *n, gb_err *err) {
    cJSON *root = cJSON_CreateObject();
    char *json = fill_header(list, root) ? cJSON_PrintUnformatted(root) : NULL;
    cJSON_Delete(root);
    if (!json) {
        gb_fail(err, GB_FAIL, "out of memory: the header of a checkpoint; free some");
        return NULL;
    }
    size_t length = strlen(json), padded = (length + 7) / 8 * 8;
    char *head = gb_alloc(LENGTH_SIZE + padded, 1, err);
    if (head) {
        for (int i = 0; i < LENGTH_SIZE; i++) head[i] = (char)(padded >> 8 * i & 255);
        memset(head + LENGTH_SIZE, ' ', padded);
        memcpy(head + LENGTH_SIZE, json, length);
        GB_ASSERT(!memcmp(json, PREFIX, sizeof PREFIX - 1));
    }
    cJSON_free(json);
    *n = LENGTH_SIZE + padded;
    return head;
}

/* Where the bytes of a file go: the checksum is taken on the way. */
struct sink {
    gb_new_file file;
    uint32_t crc;
};

static void add(void *context, const void *bytes, size_t n) {
    struct sink *sink = context;
    sink->crc = gb_crc32c(sink->crc, bytes, n);
    gb_new_file_add(&sink->file, bytes, n);
}

/* The same into memory. */
struct memory {
    char *next;
};

static void add_to_memory(void *context, const void *bytes, size_t n) {
    struct memory *memory = context;
    if (n) memcpy(memory->next, bytes, n);
    memory->next += n;
}

/* Calls put for all data in the order of their places. `chunk` is room for what is shared. */
static void put_data(const gb_blocks *list, void *chunk,
                     void (*put)(void *context, const void *bytes, size_t n), void *context) {
    for (size_t size = 8; size; size /= 2) {
        for (const gb_block *b = list->block; b < list->block + list->n; b++) {
            if (dtypes[b->type].size != size) continue;
            if (!b->share) put(context, b->x, b->end - b->begin);
            for (size_t n; b->share && (n = gb_share_next(b->share, chunk));)
                put(context, chunk, n);
        }
    }
}

static const char *crc_digits(uint32_t crc, char digits[CRC_SIZE + 1]) {
    return gb_format(digits, CRC_SIZE + 1, "%08x", crc);
}

int gb_safetensors_write(const char *path, gb_blocks *list, gb_err *err) {
    char digits[CRC_SIZE + 1];
    size_t n;
    char *chunk = gb_alloc(GB_SHARE_CHUNK, 1, err), *head = chunk ? make_head(list, &n, err) : NULL;
    int code = GB_FAIL;
    if (head) {
        struct sink sink = {.crc = 0};
        gb_new_file_begin(&sink.file, path);
        add(&sink, head, n);
        put_data(list, chunk, add, &sink);
        gb_new_file_put(&sink.file, CRC_AT, crc_digits(sink.crc, digits), CRC_SIZE);
        code = gb_new_file_end(&sink.file, err);
    }
    gb_dealloc(head);
    gb_dealloc(chunk);
    return code;
}

void *gb_safetensors_pack(gb_blocks *list, size_t *n, gb_err *err) {
    char digits[CRC_SIZE + 1], *bytes = NULL;
    size_t head_n, data_n = 0;
    char *chunk = gb_alloc(GB_SHARE_CHUNK, 1, err);
    char *head = chunk ? make_head(list, &head_n, err) : NULL;
    for (size_t i = 0; i < list->n; i++) data_n += gb_block_size(&list->block[i]);
    if (head) bytes = gb_alloc(head_n + data_n, 1, err);
    if (bytes) {
        struct memory memory = {bytes};
        add_to_memory(&memory, head, head_n);
        put_data(list, chunk, add_to_memory, &memory);
        *n = head_n + data_n;
        memcpy(bytes + CRC_AT, crc_digits(gb_crc32c(0, bytes, *n), digits), CRC_SIZE);
    }
    gb_dealloc(head);
    gb_dealloc(chunk);
    return bytes;
}

/* --- reading ----------------------------------------------------------------------------------*/

static int damaged(const char *shown, const char *what, gb_err *err) {
    return gb_fail(err, GB_FAIL, "%s: damaged (%s); use an older checkpoint or train again", shown,
                   what);
}

/* Reads a whole number in 0..most. */
static bool read_size(const cJSON *item, size_t most, size_t *out) {
    if (!cJSON_IsNumber(item)) return false;
    double value = item->valuedouble;
    if (!(value >= 0 && value <= (double)most && value <= 0x1p53) || floor(value) != value)
        return false;
    *out = (size_t)value;
    return true;
}

/* Reads the shape of b; false unless it makes exactly the bytes of its place. */
static bool read_shape(gb_block *b, const cJSON *shape, size_t data_n) {
    int rank = cJSON_GetArraySize(shape);
    if (!cJSON_IsArray(shape) || rank < 1 || rank > 2) return false;
    b->rank = (size_t)rank;
    size_t i = 0;
    for (const cJSON *dim = shape->child; dim; dim = dim->next, i++)
        if (!read_size(dim, SIZE_MAX, &b->shape[i])) return false;
    size_t rows = b->shape[0], cols = rank == 2 ? b->shape[1] : 1, size = dtypes[b->type].size;
    if (!rows || !cols) return b->begin == b->end;
    if (rows > data_n / size || cols > data_n / size / rows) return false;
    return size * rows * cols == b->end - b->begin;
}

/* Reads the description of b, and checks it against itself and the size of the data. */
static bool read_block(gb_block *b, const cJSON *item, size_t data_n) {
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "dtype");
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
    const cJSON *place = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    if (!type || !shape || !place || cJSON_GetArraySize(item) != 3) return false;
    if (!cJSON_IsString(type) || !cJSON_IsArray(place) || cJSON_GetArraySize(place) != 2)
        return false;
    for (b->type = 0; b->type < GB_DTYPE_TEXT; b->type++)
        if (!strcmp(type->valuestring, dtypes[b->type].name)) break;
    return b->type < GB_DTYPE_TEXT && read_size(place->child, data_n, &b->begin) &&
           read_size(place->child->next, data_n, &b->end) && b->begin <= b->end &&
           read_shape(b, shape, data_n);
}

/* Adds a block with the name of item; NULL with a message if it is too long or memory is short. */
static gb_block *add_named(gb_blocks *list, const cJSON *item, const char *shown, gb_err *err) {
    if (strlen(item->string) >= GB_BLOCK_NAME) {
        damaged(shown, "the name of a block is too long", err);
        return NULL;
    }
    gb_block *b = gb_blocks_add(list, err);
    if (b) gb_format(b->name, GB_BLOCK_NAME, "%s", item->string);
    return b;
}

/* Makes a block of each text and each entry of the header. */
static int read_entries(const cJSON *root, const char *data, size_t data_n, const char *shown,
                        gb_blocks *list, gb_err *err) {
    const cJSON *meta = root->child; /* the first, as PREFIX says */
    for (const cJSON *item = meta->child; item; item = item->next) {
        gb_block *b = add_named(list, item, shown, err);
        if (!b) return GB_FAIL;
        if (!cJSON_IsString(item)) return damaged(shown, "a text is no text", err);
        b->type = GB_DTYPE_TEXT;
        b->x = item->valuestring;
    }
    for (const cJSON *item = meta->next; item; item = item->next) {
        gb_block *b = add_named(list, item, shown, err);
        if (!b) return GB_FAIL;
        if (!read_block(b, item, data_n))
            return damaged(shown, "the description of a block is wrong", err);
        b->x = data + b->begin;
    }
    return GB_OK;
}

/* Checks that blocks fill the data without gaps and differ in name; leaves them in order. */
static int check_entries(size_t data_n, const char *shown, gb_blocks *list, gb_err *err) {
    size_t at = 0;
    qsort(list->block, list->n, sizeof(gb_block), place_order);
    for (size_t i = 0; i < list->n && list->block[i].type != GB_DTYPE_TEXT; i++) {
        if (list->block[i].begin != at) return damaged(shown, "blocks overlap or leave gaps", err);
        at = list->block[i].end;
    }
    if (at != data_n) return damaged(shown, "some bytes belong to no block", err);
    qsort(list->block, list->n, sizeof(gb_block), gb_block_order);
    for (size_t i = 1; i < list->n; i++)
        if (!gb_block_order(&list->block[i - 1], &list->block[i]))
            return damaged(shown, "two blocks of one name", err);
    return GB_OK;
}

/* Checks format and checksum of the file, and reads the length of its header. */
static int check_head(const char *bytes, size_t n, const char *shown, size_t *length, gb_err *err) {
    if (n < CRC_AT + CRC_SIZE || memcmp(bytes + LENGTH_SIZE, PREFIX, sizeof PREFIX - 1)) {
        return gb_fail(err, GB_FAIL,
                       "%s: not a checkpoint of this version of gibbs, or its beginning is "
                       "damaged; use an older checkpoint or train again",
                       shown);
    }
    uint64_t header = 0;
    for (int i = 0; i < LENGTH_SIZE; i++) header |= (uint64_t)(unsigned char)bytes[i] << 8 * i;
    if (header > HEADER_LIMIT || header > n - LENGTH_SIZE ||
        header < CRC_AT + CRC_SIZE - LENGTH_SIZE)
        return damaged(shown, "cut short, or the length of its header is wrong", err);
    char digits[CRC_SIZE + 1];
    uint32_t crc = gb_crc32c(0, bytes, CRC_AT);
    crc = gb_crc32c(crc, NO_CRC, CRC_SIZE);
    crc = gb_crc32c(crc, bytes + CRC_AT + CRC_SIZE, n - CRC_AT - CRC_SIZE);
    if (memcmp(gb_format(digits, sizeof digits, "%08x", crc), bytes + CRC_AT, CRC_SIZE))
        return damaged(shown, "checksum differs", err);
    *length = (size_t)header;
    return GB_OK;
}

/* Parses a header of n bytes; NULL with a message if it is not exactly one JSON object. */
static cJSON *parse_header(const char *json, size_t n, const char *shown, gb_err *err) {
    const char *end = NULL;
    cJSON *root = gb_is_utf8(json, n) ? cJSON_ParseWithLengthOpts(json, n, &end, false) : NULL;
    while (root && end < json + n && *end == ' ') end++;
    if (root && end == json + n) return root;
    cJSON_Delete(root);
    damaged(shown, "the header is not JSON in UTF-8", err);
    return NULL;
}

int gb_safetensors_read(const char *bytes, size_t n, const char *shown, gb_blocks *list,
                        void **header, gb_err *err) {
    size_t length = 0;
    if (check_head(bytes, n, shown, &length, err) != GB_OK) return GB_FAIL;
    const char *json = bytes + LENGTH_SIZE, *data = json + length;
    size_t data_n = n - LENGTH_SIZE - length;
    cJSON *root = parse_header(json, length, shown, err);
    if (!root) return GB_FAIL;
    if (read_entries(root, data, data_n, shown, list, err) != GB_OK ||
        check_entries(data_n, shown, list, err) != GB_OK) {
        cJSON_Delete(root);
        gb_blocks_free(list);
        return GB_FAIL;
    }
    *header = root;
    return GB_OK;
}

void gb_safetensors_free(void *header) {
    cJSON_Delete(header);
}
