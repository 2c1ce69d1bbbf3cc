/* file.h - whole files in and out, and folders for them.
 *
 * Reading has a limit and refuses what is no regular file. Writing goes to a temporary name beside
 * the file, is synced and renamed, so that at any moment either the old or the new one is there.
 */
#ifndef GB_CORE_FILE_H
#define GB_CORE_FILE_H

#include "base.h"

/* Returns whether path names a regular file that this process may read. */
bool gb_file_readable(const char *path);

/* Reads the file at path, of at most `limit` bytes, and returns its *n bytes followed by a zero
 * byte; the caller frees them with gb_dealloc. Returns NULL with a message that names path if it
 * cannot be read, is a directory or a device, or is larger. */
char *gb_file_read(const char *path, size_t limit, size_t *n, gb_err *err);

/* Writes all n bytes to an open file. Returns GB_OK, or GB_FAIL with a message that names path. */
int gb_file_append(int file, const char *path, const void *bytes, size_t n, gb_err *err);

/* Writes n bytes as the new content of the file at path, atomically. On failure (GB_FAIL) the file
 * at path is as before and no other is left. */
int gb_write_file(const char *path, const void *bytes, size_t n, gb_err *err);

/* The same bit by bit. Failures stick: after the first, nothing is done, and gb_new_file_end hands
 * out the message. */
typedef struct gb_new_file {
    const char *path; /* of the file that it will be; the caller keeps it */
    char name[4096];  /* of the temporary one */
    int file, code;
    char *buffer; /* bytes that are not written yet */
    size_t n;
    gb_err err;
} gb_new_file;

void gb_new_file_begin(gb_new_file *file, const char *path);
/* Appends n bytes. */
void gb_new_file_add(gb_new_file *file, const void *bytes, size_t n);
/* Replaces the n bytes at place `at`, which have been added. */
void gb_new_file_put(gb_new_file *file, size_t at, const void *bytes, size_t n);
/* Syncs the file and gives it its name. Always to be called; GB_FAIL as gb_write_file. */
int gb_new_file_end(gb_new_file *file, gb_err *err);

/* Makes the folder at path, and those above it that are missing; one that is there already and
 * empty will do. GB_FAIL with a message that speaks of --out, to which `instead` is added where the
 * folder is not empty ("" or ", or ..."). */
int gb_folder_make(const char *path, const char *instead, gb_err *err);

/* Makes a new folder: path, or path-2, path-3, ... where that is taken, and writes its name to
 * made[size]. */
int gb_folder_make_numbered(const char *path, char *made, size_t size, gb_err *err);

/* Returns whether n bytes are well-formed UTF-8 (RFC 3629) without zero bytes. */
bool gb_is_utf8(const char *text, size_t n);

#endif
