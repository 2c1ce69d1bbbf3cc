#include "archive.h"

#include "safetensors.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 16 }; /* of scopes */

_Static_assert(sizeof(gb_rng) == 2 * sizeof(uint64_t), "a random stream is a block of two numbers");

struct gb_archive {
    bool loading;
    int code; /* of the first failure, and its message */
    gb_err err;
    char shown[256]; /* heads messages */
    char scope[GB_BLOCK_NAME];
    size_t scope_length[DEPTH], depth;
    gb_blocks list; /* saving: in order of visits; loading: in gb_block_order */
    char *file;     /* loading: all of it, or NULL if the caller owns it */
    void *header;   /* loading: owns the texts */
    char *copy;     /* saving: what the blocks hold, once it is frozen */
};

/* --- making, failing --------------------------------------------------------------------------*/

gb_archive *gb_archive_create(gb_err *err) {
    gb_archive *archive = gb_alloc(1, sizeof *archive, err);
    if (archive) gb_format(archive->shown, sizeof archive->shown, "checkpoint");
    return archive;
}

gb_archive *gb_archive_parse(const void *bytes, size_t n, const char *shown, gb_err *err) {
    gb_archive *archive = gb_archive_create(err);
    if (!archive) return NULL;
    archive->loading = true;
    gb_format(archive->shown, sizeof archive->shown, "%s", shown);
    if (gb_safetensors_read(bytes, n, shown, &archive->list, &archive->header, err) == GB_OK)
        return archive;
    gb_archive_close(archive);
    return NULL;
}

gb_archive *gb_archive_open(const char *path, gb_err *err) {
    size_t n;
    char *bytes = gb_file_read(path, SIZE_MAX - 1, &n, err);
    if (!bytes) return NULL;
    gb_archive *archive = gb_archive_parse(bytes, n, path, err);
    if (archive)
        archive->file = bytes;
    else
        gb_dealloc(bytes);
    return archive;
}

void gb_archive_close(gb_archive *archive) {
    if (!archive) return;
    for (size_t i = 0; i < archive->list.n; i++)
        if (archive->list.block[i].share) gb_share_end(archive->list.block[i].share);
    gb_safetensors_free(archive->header);
    gb_dealloc(archive->file);
    gb_dealloc(archive->copy);
    gb_blocks_free(&archive->list);
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

/* --- scopes and visits ------------------------------------------------------------------------*/

/* Writes scope and name to full; false and a failure if they are too long together. */
static bool full_name(gb_archive *archive, const char *name, char full[GB_BLOCK_NAME]) {
    if (snprintf(full, GB_BLOCK_NAME, "%s%s", archive->scope, name) < GB_BLOCK_NAME) return true;
    gb_archive_reject(archive, "%s: the name %s%s is too long; shorten it", archive->shown,
                      archive->scope, name);
    return false;
}

void gb_archive_enter(gb_archive *archive, const char *scope) {
    GB_ASSERT(archive->depth < DEPTH);
    size_t length = strlen(archive->scope);
    archive->scope_length[archive->depth++] = length;
    if (length + strlen(scope) + 2 <= GB_BLOCK_NAME)
        gb_format(archive->scope + length, GB_BLOCK_NAME - length, "%s.", scope);
    else
        gb_archive_reject(archive, "%s: the name %s%s is too long; shorten it", archive->shown,
                          archive->scope, scope);
}

void gb_archive_leave(gb_archive *archive) {
    GB_ASSERT(archive->depth > 0);
    archive->scope[archive->scope_length[--archive->depth]] = 0;
}

/* Remembers a block to be saved. */
static void save(gb_archive *archive, const gb_block *block) {
    for (size_t i = 0; i < archive->list.n; i++)
        if (!gb_block_order(&archive->list.block[i], block))
            gb_archive_reject(archive, "%s: %s is saved twice", archive->shown, block->name);
    gb_block *added = gb_blocks_add(&archive->list, &archive->err);
    if (added)
        *added = *block;
    else
        archive->code = GB_FAIL;
}

/* Finds the block of the file with the name and kind of `want`; NULL and a failure if none has. */
static const gb_block *find(gb_archive *archive, const gb_block *want) {
    const gb_blocks *list = &archive->list;
    const gb_block *found =
        list->n ? bsearch(want, list->block, list->n, sizeof *want, gb_block_order) : NULL;
    if (!found)
        gb_archive_reject(archive,
                          "%s: holds no %s; it was saved by another agent or version of gibbs",
                          archive->shown, want->name);
    return found;
}

static const char *describe(const gb_block *b, char *text, size_t size) {
    const char *type = gb_dtype_name(b->type);
    return b->rank == 1 ? gb_format(text, size, "%s [%zu]", type, b->shape[0])
                        : gb_format(text, size, "%s [%zu, %zu]", type, b->shape[0], b->shape[1]);
}

/* Copies the block of the file that is like `want` to x. */
static void load(gb_archive *archive, const gb_block *want, void *x) {
    const gb_block *found = find(archive, want);
    if (!found) return;
    if (found->type != want->type || found->rank != want->rank ||
        memcmp(found->shape, want->shape, sizeof want->shape)) {
        char is[64], needed[64];
        gb_archive_reject(archive,
                          "%s: %s is %s where %s is needed; use the options it was saved with",
                          archive->shown, want->name, describe(found, is, sizeof is),
                          describe(want, needed, sizeof needed));
    } else if (found->end > found->begin) {
        memcpy(x, found->x, found->end - found->begin);
    }
}

static void visit(gb_archive *archive, const char *name, gb_dtype type, void *x, size_t rows,
                  size_t cols) {
    gb_block block = {.type = type, .shape = {rows, cols}, .rank = cols ? 2 : 1, .x = x};
    if (archive->code != GB_OK || !full_name(archive, name, block.name)) return;
    if (archive->loading)
        load(archive, &block, x);
    else
        save(archive, &block);
}

void gb_archive_f32(gb_archive *archive, const char *name, float *x, size_t n) {
    visit(archive, name, GB_DTYPE_F32, x, n, 0);
}

void gb_archive_f64(gb_archive *archive, const char *name, double *x, size_t n) {
    visit(archive, name, GB_DTYPE_F64, x, n, 0);
}

void gb_archive_i32(gb_archive *archive, const char *name, int *x, size_t n) {
    visit(archive, name, GB_DTYPE_I32, x, n, 0);
}

void gb_archive_i64(gb_archive *archive, const char *name, int64_t *x, size_t n) {
    visit(archive, name, GB_DTYPE_I64, x, n, 0);
}

void gb_archive_u64(gb_archive *archive, const char *name, uint64_t *x, size_t n) {
    visit(archive, name, GB_DTYPE_U64, x, n, 0);
}

void gb_archive_bytes(gb_archive *archive, const char *name, void *x, size_t n) {
    visit(archive, name, GB_DTYPE_U8, x, n, 0);
}

void gb_archive_shared(gb_archive *archive, const char *name, gb_share *share, void *x, size_t n) {
    visit(archive, name, GB_DTYPE_U8, x, n, 0);
    if (archive->loading || archive->code != GB_OK) return;
    archive->code = gb_share_begin(share, x, n, &archive->err);
    if (archive->code == GB_OK) archive->list.block[archive->list.n - 1].share = share;
}

void gb_archive_real(gb_archive *archive, const char *name, gb_real *x, size_t rows, size_t cols) {
    const gb_dtype real = sizeof *x == sizeof(double) ? GB_DTYPE_F64 : GB_DTYPE_F32;
    visit(archive, name, real, x, rows, cols);
    const size_t n = rows * (cols ? cols : 1);
    size_t i = 0;
    while (i < n && isfinite(x[i])) i++;
    if (i < n && !gb_archive_status(archive, NULL))
        gb_archive_reject(archive, "%s holds a number that is not finite; use an older checkpoint",
                          name);
}

void gb_archive_rng(gb_archive *archive, const char *name, gb_rng *rng) {
    visit(archive, name, GB_DTYPE_U64, rng, 2, 0);
}

void gb_archive_text(gb_archive *archive, const char *key, char *text, size_t size) {
    gb_block block = {.type = GB_DTYPE_TEXT, .x = text};
    if (archive->code != GB_OK || !full_name(archive, key, block.name)) return;
    if (!archive->loading) {
        if (gb_is_utf8(text, strlen(text)))
            save(archive, &block);
        else
            gb_archive_reject(archive, "%s: the text %s is not UTF-8", archive->shown, block.name);
        return;
    }
    const gb_block *found = find(archive, &block);
    if (found && strlen(found->x) >= size)
        gb_archive_reject(archive, "%s: the text %s is too long; at most %zu bytes fit",
                          archive->shown, block.name, size - 1);
    else if (found)
        gb_format(text, size, "%s", (const char *)found->x);
}

/* Returns how many bytes a block refers to that have to be copied. */
static size_t copied_size(const gb_block *block) {
    if (block->type == GB_DTYPE_TEXT) return strlen(block->x) + 1;
    return block->share ? 0 : gb_block_size(block);
}

int gb_archive_freeze(gb_archive *archive, gb_err *err) {
    GB_ASSERT(!archive->loading && !archive->copy);
    if (gb_archive_status(archive, err) != GB_OK) return GB_FAIL;
    gb_block *block = archive->list.block, *end = block + archive->list.n;
    size_t size = 0;
    for (gb_block *b = block; b < end; b++) size += copied_size(b);
    char *next = archive->copy = gb_alloc(size, 1, err);
    if (!next) return GB_FAIL;
    for (gb_block *b = block; b < end; b++) {
        const size_t n = copied_size(b);
        if (n) memcpy(next, b->x, n), b->x = next, next += n;
    }
    return GB_OK;
}

int gb_archive_write(gb_archive *archive, const char *path, gb_err *err) {
    GB_ASSERT(!archive->loading && !archive->depth);
    if (gb_archive_status(archive, err) != GB_OK) return GB_FAIL;
    return gb_safetensors_write(path, &archive->list, err);
}

void *gb_archive_pack(gb_archive *archive, size_t *n, gb_err *err) {
    GB_ASSERT(!archive->loading && !archive->depth);
    if (gb_archive_status(archive, err) != GB_OK) return NULL;
    return gb_safetensors_pack(&archive->list, n, err);
}
