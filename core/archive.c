/* archive.c - checkpoints as safetensors files (format: github.com/huggingface/safetensors):
 * 8 bytes length of the header, little-endian; the header, JSON; the data of all blocks. Ours begin
 * with PREFIX, so that the checksum stands at a fixed place and is checked before any parsing.
 */
#include "archive.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "{\"__metadata__\":{\"format\":\"gibbs-checkpoint-1\",\"crc32c\":\""
#define NO_CRC "00000000" /* what stands for the digits while the checksum is computed */

enum {
    LENGTH_SIZE = 8,
    CRC_AT = LENGTH_SIZE + sizeof PREFIX - 1,
    CRC_SIZE = sizeof NO_CRC - 1,
    HEADER_LIMIT = 16 << 20,
    NAME_SIZE = 128,
    DEPTH = 16
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "blocks are written as they lie in memory");
_Static_assert(sizeof(int) == 4 && sizeof(float) == 4 && sizeof(double) == 8, "types of the file");
_Static_assert(sizeof(gb_rng) == 2 * sizeof(uint64_t), "a random stream is a block of two numbers");

/* What a block holds. Texts stand in the metadata and have no data. */
typedef enum dtype { F32, F64, I32, I64, U64, U8, TEXT } dtype;

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    {"F32", 4},
    {"F64", 8},
    {"I32", 4},
    {"I64", 8},
    {"U64", 8},
    {"U8",  1}
};

typedef struct block {
    char name[NAME_SIZE];
    dtype type;
    size_t shape[2], rank;
    size_t begin, end; /* of the data, counted from the end of the header */
    void *x;           /* saving: what was visited */
    const char *text;  /* a text, saving or loading */
} block;

struct gb_archive {
    bool loading;
    int code; /* of the first failure, and its message */
    gb_err err;
    char shown[256];
    char scope[NAME_SIZE];
    size_t scope_length[DEPTH], depth;
    block *blocks; /* saving: in order of visits; loading: sorted by name */
    size_t n, room;
    char *owned;      /* loading: the whole file, or NULL if the caller owns it */
    const char *data; /* loading: of the blocks */
    cJSON *header;    /* loading: owns the texts */
};

/* --- making, failing --------------------------------------------------------------------------*/

gb_archive *gb_archive_create(gb_err *err) {
    return gb_alloc(1, sizeof(gb_archive), err);
}

void gb_archive_close(gb_archive *archive) {
    if (!archive) return;
    cJSON_Delete(archive->header);
    gb_dealloc(archive->owned);
    gb_dealloc(archive->blocks);
    gb_dealloc(archive);
}

bool gb_archive_loading(const gb_archive *archive) {
    return archive->loading;
}

void gb_archive_reject(gb_archive *archive, const char *format, ...) {
    if (archive->code != GB_OK) return;
    archive->code = GB_FAIL;
    va_list args;
    va_start(args, format);
    vsnprintf(archive->err.msg, sizeof archive->err.msg, format, args);
    va_end(args);
}

int gb_archive_status(const gb_archive *archive, gb_err *err) {
    return archive->code == GB_OK ? GB_OK : gb_fail(err, archive->code, "%s", archive->err.msg);
}

static bool damaged(gb_archive *archive, const char *what) {
    gb_archive_reject(archive, "%s: damaged (%s); use an older checkpoint or train again",
                      archive->shown, what);
    return false;
}

/* --- scopes and visits ------------------------------------------------------------------------*/

void gb_archive_enter(gb_archive *archive, const char *scope) {
    GB_ASSERT(archive->depth < DEPTH);
    size_t length = strlen(archive->scope);
    archive->scope_length[archive->depth++] = length;
    if (length + strlen(scope) + 2 > NAME_SIZE)
        gb_archive_reject(archive, "checkpoint: the name %s%s is too long", archive->scope, scope);
    else
        gb_format(archive->scope + length, NAME_SIZE - length, "%s.", scope);
}

void gb_archive_leave(gb_archive *archive) {
    GB_ASSERT(archive->depth > 0);
    archive->scope[archive->scope_length[--archive->depth]] = 0;
}

/* Makes room for one more block; returns it, zeroed but for its name, or NULL after a failure. */
static block *add_block(gb_archive *archive, const char *scope, const char *name) {
    if (archive->n == archive->room) {
        size_t room = archive->room ? 2 * archive->room : 64;
        block *blocks = gb_alloc(room, sizeof *blocks, &archive->err);
        if (!blocks) {
            archive->code = GB_FAIL;
            return NULL;
        }
        if (archive->n) memcpy(blocks, archive->blocks, archive->n * sizeof *blocks);
        gb_dealloc(archive->blocks);
        archive->blocks = blocks;
        archive->room = room;
    }
    block *b = &archive->blocks[archive->n];
    *b = (block){.type = TEXT};
    if (snprintf(b->name, NAME_SIZE, "%s%s", scope, name) >= NAME_SIZE) {
        gb_archive_reject(archive, "%s: the name %s is too long",
                          archive->loading ? archive->shown : "checkpoint", b->name);
        return NULL;
    }
    archive->n++;
    return b;
}

/* Texts before blocks, each by name. */
static int by_name(const void *a, const void *b) {
    const block *x = a, *y = b;
    int kind = (x->type != TEXT) - (y->type != TEXT);
    return kind ? kind : strcmp(x->name, y->name);
}

/* Adds a block to what will be saved; NULL after a failure. */
static block *save_block(gb_archive *archive, const char *name, dtype type) {
    block *b = add_block(archive, archive->scope, name);
    if (!b) return NULL;
    b->type = type;
    for (size_t i = 0; i + 1 < archive->n; i++)
        if (!by_name(&archive->blocks[i], b))
            gb_archive_reject(archive, "checkpoint: %s is saved twice", b->name);
    return b;
}

/* Finds a block of the file; NULL and a failure if there is none of this name. */
static const block *load_block(gb_archive *archive, const char *name, dtype type) {
    block key = {.type = type};
    gb_format(key.name, NAME_SIZE, "%s%s", archive->scope, name);
    const block *b =
        archive->n ? bsearch(&key, archive->blocks, archive->n, sizeof key, by_name) : NULL;
    if (!b)
        gb_archive_reject(archive,
                          "%s: holds no %s; it was saved by another agent or version of gibbs",
                          archive->shown, key.name);
    return b;
}

static const char *describe(const block *b, char *text, size_t size) {
    return b->rank == 1 ? gb_format(text, size, "%s [%zu]", dtypes[b->type].name, b->shape[0])
                        : gb_format(text, size, "%s [%zu, %zu]", dtypes[b->type].name, b->shape[0],
                                    b->shape[1]);
}

static void visit(gb_archive *archive, const char *name, dtype type, void *x, size_t rows,
                  size_t cols) {
    if (archive->code != GB_OK) return;
    block want = {
        .type = type, .shape = {rows, cols},
             .rank = cols ? 2 : 1
    };
    if (!archive->loading) {
        block *b = save_block(archive, name, type);
        if (!b) return;
        memcpy(b->shape, want.shape, sizeof b->shape);
        b->rank = want.rank;
        b->x = x;
        return;
    }
    const block *b = load_block(archive, name, type);
    if (!b) return;
    if (b->type != type || b->rank != want.rank || memcmp(b->shape, want.shape, sizeof b->shape)) {
        char is[64], should[64];
        gb_archive_reject(archive,
                          "%s: %s is %s where %s is needed; use the options it was saved with",
                          archive->shown, b->name, describe(b, is, sizeof is),
                          describe(&want, should, sizeof should));
        return;
    }
    if (b->end > b->begin) memcpy(x, archive->data + b->begin, b->end - b->begin);
}

void gb_archive_f32(gb_archive *archive, const char *name, float *x, size_t n) {
    visit(archive, name, F32, x, n, 0);
}
void gb_archive_f64(gb_archive *archive, const char *name, double *x, size_t n) {
    visit(archive, name, F64, x, n, 0);
}
void gb_archive_i32(gb_archive *archive, const char *name, int *x, size_t n) {
    visit(archive, name, I32, x, n, 0);
}
void gb_archive_i64(gb_archive *archive, const char *name, int64_t *x, size_t n) {
    visit(archive, name, I64, x, n, 0);
}
void gb_archive_u64(gb_archive *archive, const char *name, uint64_t *x, size_t n) {
    visit(archive, name, U64, x, n, 0);
}
void gb_archive_bytes(gb_archive *archive, const char *name, void *x, size_t n) {
    visit(archive, name, U8, x, n, 0);
}
void gb_archive_real(gb_archive *archive, const char *name, gb_real *x, size_t rows, size_t cols) {
    visit(archive, name, sizeof(gb_real) == sizeof(double) ? F64 : F32, x, rows, cols);
}
void gb_archive_rng(gb_archive *archive, const char *name, gb_rng *rng) {
    visit(archive, name, U64, rng, 2, 0);
}

void gb_archive_text(gb_archive *archive, const char *key, char *text, size_t size) {
    if (archive->code != GB_OK) return;
    if (!archive->loading) {
        block *b = save_block(archive, key, TEXT);
        if (b) b->text = text;
        if (!gb_is_utf8(text, strlen(text)))
            gb_archive_reject(archive, "checkpoint: the text %s is not UTF-8", key);
        return;
    }
    const block *b = load_block(archive, key, TEXT);
    if (!b) return;
    if (strlen(b->text) >= size)
        gb_archive_reject(archive, "%s: the text %s is too long; at most %zu bytes fit",
                          archive->shown, b->name, size - 1);
    else
        gb_format(text, size, "%s", b->text);
}

/* --- writing ----------------------------------------------------------------------------------*/

static bool add_pair(cJSON *object, const char *key, size_t a, size_t b, size_t n) {
    cJSON *array = cJSON_CreateDoubleArray((double[]){(double)a, (double)b}, (int)n);
    if (cJSON_AddItemToObject(object, key, array)) return true;
    cJSON_Delete(array);
    return false;
}

/* Fills the header, and gives all blocks their places: large elements first, so that each is
 * aligned to its size without the gaps that the format forbids. */
static bool fill_header(gb_archive *archive, cJSON *root, gb_piece *pieces, size_t *count) {
    cJSON *meta = cJSON_AddObjectToObject(root, "__metadata__");
    bool ok = cJSON_AddStringToObject(meta, "format", "gibbs-checkpoint-1") &&
              cJSON_AddStringToObject(meta, "crc32c", NO_CRC) &&
              cJSON_AddStringToObject(meta, "gibbs", GB_VERSION);
    for (block *b = archive->blocks; ok && b < archive->blocks + archive->n; b++)
        if (b->type == TEXT) ok = cJSON_AddStringToObject(meta, b->name, b->text) != NULL;

    size_t at = 0;
    for (size_t size = 8; size; size /= 2) {
        for (block *b = archive->blocks; ok && b < archive->blocks + archive->n; b++) {
            if (b->type == TEXT || dtypes[b->type].size != size) continue;
            b->begin = at;
            at += size * b->shape[0] * (b->rank == 2 ? b->shape[1] : 1);
            b->end = at;
            cJSON *entry = cJSON_AddObjectToObject(root, b->name);
            ok = cJSON_AddStringToObject(entry, "dtype", dtypes[b->type].name) &&
                 add_pair(entry, "shape", b->shape[0], b->shape[1], b->rank) &&
                 add_pair(entry, "data_offsets", b->begin, b->end, 2);
            pieces[(*count)++] = (gb_piece){b->x, b->end - b->begin};
        }
    }
    return ok;
}

/* Returns length and header as bytes to be freed, with the checksum in its place; NULL if memory
 * is short. Pieces from 1 on hold the data; *count is one more than their number. */
static char *make_head(gb_archive *archive, gb_piece *pieces, size_t *count, gb_err *err) {
    cJSON *root = cJSON_CreateObject();
    char *json = fill_header(archive, root, pieces, count) ? cJSON_PrintUnformatted(root) : NULL;
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
        pieces[0] = (gb_piece){head, LENGTH_SIZE + padded};
        uint32_t crc = 0;
        for (size_t i = 0; i < *count; i++) crc = gb_crc32c(crc, pieces[i].bytes, pieces[i].n);
        char digits[CRC_SIZE + 1];
        memcpy(head + CRC_AT, gb_format(digits, sizeof digits, "%08x", crc), CRC_SIZE);
    }
    cJSON_free(json);
    return head;
}

int gb_archive_write(gb_archive *archive, const char *path, gb_err *err) {
    GB_ASSERT(!archive->loading && !archive->depth);
    if (gb_archive_status(archive, err) != GB_OK) return GB_FAIL;
    gb_piece *pieces = gb_alloc(archive->n + 1, sizeof *pieces, err);
    if (!pieces) return GB_FAIL;
    size_t count = 1;
    char *head = make_head(archive, pieces, &count, err);
    int code = head ? gb_write_pieces(path, pieces, count, err) : GB_FAIL;
    gb_dealloc(head);
    gb_dealloc(pieces);
    return code;
}

/* --- reading ----------------------------------------------------------------------------------*/

/* Reads a whole number in 0..most. */
static bool read_size(const cJSON *item, size_t most, size_t *out) {
    if (!cJSON_IsNumber(item)) return false;
    double value = item->valuedouble;
    if (!(value >= 0 && value <= (double)most && value <= 0x1p53) || floor(value) != value)
        return false;
    *out = (size_t)value;
    return true;
}

/* Reads dtype, shape and place of a block, and checks them against each other and the file. */
static bool read_block(block *b, const cJSON *item, size_t data_n) {
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "dtype");
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
    const cJSON *place = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    if (!cJSON_IsString(type) || !cJSON_IsArray(shape) || !cJSON_IsArray(place)) return false;
    if (cJSON_GetArraySize(item) != 3 || cJSON_GetArraySize(place) != 2) return false;
    int rank = cJSON_GetArraySize(shape);
    if (rank < 1 || rank > 2) return false;
    b->rank = (size_t)rank;

    for (b->type = F32; b->type < TEXT; b->type++)
        if (!strcmp(type->valuestring, dtypes[b->type].name)) break;
    if (b->type == TEXT) return false;
    if (!read_size(place->child, data_n, &b->begin) ||
        !read_size(place->child->next, data_n, &b->end) || b->begin > b->end)
        return false;
    size_t size = dtypes[b->type].size, i = 0;
    for (const cJSON *dim = shape->child; dim; dim = dim->next, i++) {
        if (!read_size(dim, data_n, &b->shape[i])) return false;
        if (b->shape[i] && size > data_n / b->shape[i]) return false;
        size *= b->shape[i];
    }
    return size == b->end - b->begin;
}

/* Blocks by place, then texts. */
static int by_place(const void *a, const void *b) {
    const block *x = a, *y = b;
    if ((x->type == TEXT) != (y->type == TEXT)) return x->type == TEXT ? 1 : -1;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* Reads all entries of the parsed header. */
static bool read_entries(gb_archive *archive, size_t data_n) {
    const cJSON *meta = archive->header->child; /* the first, as PREFIX says */
    for (const cJSON *item = meta->child; item; item = item->next) {
        block *b = add_block(archive, "", item->string);
        if (!b) return false;
        if (!cJSON_IsString(item)) return damaged(archive, "a text is no text");
        b->text = item->valuestring;
    }
    for (const cJSON *item = meta->next; item; item = item->next) {
        block *b = add_block(archive, "", item->string);
        if (!b) return false;
        if (!read_block(b, item, data_n)) return damaged(archive, "a block's description is wrong");
    }
    size_t at = 0;
    qsort(archive->blocks, archive->n, sizeof(block), by_place);
    for (const block *b = archive->blocks; b < archive->blocks + archive->n && b->type != TEXT;
         b++) {
        if (b->begin != at) return damaged(archive, "blocks overlap or leave gaps");
        at = b->end;
    }
    if (at != data_n) return damaged(archive, "bytes that belong to no block");
    qsort(archive->blocks, archive->n, sizeof(block), by_name);
    for (size_t i = 1; i < archive->n; i++)
        if (!by_name(&archive->blocks[i - 1], &archive->blocks[i]))
            return damaged(archive, "two blocks of one name");
    return true;
}

/* Checks format and checksum of the file; returns the length of its header, or 0. */
static size_t check_head(gb_archive *archive, const char *bytes, size_t n) {
    if (n < CRC_AT + CRC_SIZE || memcmp(bytes + LENGTH_SIZE, PREFIX, sizeof PREFIX - 1)) {
        gb_archive_reject(archive,
                          "%s: is not a checkpoint of this version of gibbs, or its beginning is "
                          "damaged; use an older checkpoint or train again",
                          archive->shown);
        return 0;
    }
    uint64_t length = 0;
    for (int i = 0; i < LENGTH_SIZE; i++) length |= (uint64_t)(unsigned char)bytes[i] << 8 * i;
    if (length > HEADER_LIMIT || length > n - LENGTH_SIZE ||
        length < CRC_AT + CRC_SIZE - LENGTH_SIZE) {
        damaged(archive, "it is cut short or its header's length is wrong");
        return 0;
    }
    char digits[CRC_SIZE + 1];
    uint32_t crc = gb_crc32c(0, bytes, CRC_AT);
    crc = gb_crc32c(crc, NO_CRC, CRC_SIZE);
    crc = gb_crc32c(crc, bytes + CRC_AT + CRC_SIZE, n - CRC_AT - CRC_SIZE);
    if (memcmp(gb_format(digits, sizeof digits, "%08x", crc), bytes + CRC_AT, CRC_SIZE)) {
        damaged(archive, "its checksum differs");
        return 0;
    }
    return (size_t)length;
}

/* Takes in the whole file. */
static bool read_all(gb_archive *archive, const char *bytes, size_t n) {
    archive->loading = true;
    size_t length = check_head(archive, bytes, n);
    if (!length) return false;
    const char *json = bytes + LENGTH_SIZE, *end = NULL;
    archive->data = json + length;
    if (!gb_is_utf8(json, length)) return damaged(archive, "its header is not UTF-8");
    archive->header = cJSON_ParseWithLengthOpts(json, length, &end, false);
    if (!archive->header) return damaged(archive, "its header is not JSON");
    for (; end < json + length; end++)
        if (*end != ' ') return damaged(archive, "text follows its header");
    return read_entries(archive, n - LENGTH_SIZE - length);
}

gb_archive *gb_archive_parse(const void *bytes, size_t n, const char *shown, gb_err *err) {
    gb_archive *archive = gb_archive_create(err);
    if (!archive) return NULL;
    gb_format(archive->shown, sizeof archive->shown, "%s", shown);
    if (!read_all(archive, bytes, n)) {
        gb_archive_status(archive, err);
        gb_archive_close(archive);
        return NULL;
    }
    return archive;
}

gb_archive *gb_archive_open(const char *path, gb_err *err) {
    size_t n;
    char *bytes = gb_file_read(path, SIZE_MAX - 1, &n, err);
    if (!bytes) return NULL;
    gb_archive *archive = gb_archive_parse(bytes, n, path, err);
    if (archive)
        archive->owned = bytes;
    else
        gb_dealloc(bytes);
    return archive;
}
