/* archive.h - checkpoints: named blocks of numbers in one safetensors file.
 *
 * One function of an object both saves and loads it: it visits each of its blocks by name, and the
 * archive copies out or in. Saving and loading so cannot drift apart. Failures stick: after the
 * first, visits do nothing, and the message is handed out at the end. A file is written to a
 * temporary name, synced and renamed, so that at any moment either the old or the new one is there.
 * The metadata holds a CRC-32C of the whole file; a flipped bit or a cut is found before any visit.
 *
 * Saving keeps pointers only: what was visited must stay unchanged until gb_archive_write, or until
 * gb_archive_freeze has copied it. Then another thread may write the archive.
 */
#ifndef GB_CORE_ARCHIVE_H
#define GB_CORE_ARCHIVE_H

#include "base.h"
#include "file.h"
#include "rng.h"
#include "share.h"

typedef struct gb_archive gb_archive;

/* Returns an archive to be filled and written, or NULL with a message. Caller closes it. */
gb_archive *gb_archive_create(gb_err *err);

/* Opens and checks the file at path. Returns NULL with a message that names path if it cannot be
 * read, is cut, damaged, or of another format. Caller closes it. */
gb_archive *gb_archive_open(const char *path, gb_err *err);

/* The same for n bytes in memory, which must stay valid; `shown` stands for the path. */
gb_archive *gb_archive_parse(const void *bytes, size_t n, const char *shown, gb_err *err);

void gb_archive_close(gb_archive *archive);

/* Returns whether visits copy into memory rather than out of it. */
bool gb_archive_loading(const gb_archive *archive);

/* Names of visits are put under "scope." until the matching leave; scopes nest. */
void gb_archive_enter(gb_archive *archive, const char *scope);
void gb_archive_leave(gb_archive *archive);

/* Visit one block. When loading, the file must hold the name with the same type and shape. */
void gb_archive_f32(gb_archive *archive, const char *name, float *x, size_t n);
void gb_archive_f64(gb_archive *archive, const char *name, double *x, size_t n);
void gb_archive_i32(gb_archive *archive, const char *name, int *x, size_t n);
void gb_archive_i64(gb_archive *archive, const char *name, int64_t *x, size_t n);
void gb_archive_u64(gb_archive *archive, const char *name, uint64_t *x, size_t n);
void gb_archive_bytes(gb_archive *archive, const char *name, void *x, size_t n);
/* The same for large memory: saving begins to read `share`, and closing the archive ends that. Its
 * owner may change x any time from then on, as share.h says. */
void gb_archive_shared(gb_archive *archive, const char *name, gb_share *share, void *x, size_t n);
/* A matrix x (rows, cols) of network numbers; cols 0 makes a vector of rows numbers. Fails if one
 * is not finite: a network that broke is not saved over one that works. */
void gb_archive_real(gb_archive *archive, const char *name, gb_real *x, size_t rows, size_t cols);
/* A random stream. */
void gb_archive_rng(gb_archive *archive, const char *name, gb_rng *rng);

/* Visits a text of the metadata (where other programs look for them). */
void gb_archive_text(gb_archive *archive, const char *key, char *text, size_t size);

/* Makes the archive fail with this message, as if a visit had. */
void gb_archive_reject(gb_archive *archive, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Returns GB_OK if all visits so far went well, else GB_FAIL and the first message. */
int gb_archive_status(const gb_archive *archive, gb_err *err);

/* Copies all that was visited so far and is not shared, once: the archive refers to no memory of
 * others any more. GB_FAIL with a message if a visit failed or memory is short. */
int gb_archive_freeze(gb_archive *archive, gb_err *err);

/* Writes what was visited to path, atomically. On failure the file at path is as before. */
int gb_archive_write(gb_archive *archive, const char *path, gb_err *err);

/* The same into memory, for gb_archive_parse: returns the *n bytes, which the caller frees with
 * gb_dealloc; NULL with a message. */
void *gb_archive_pack(gb_archive *archive, size_t *n, gb_err *err);

#endif
