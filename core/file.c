#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- reading ----------------------------------------------------------------------------------*/

bool gb_file_readable(const char *path) {
    struct stat info;
    return !stat(path, &info) && S_ISREG(info.st_mode) && !access(path, R_OK);
}

/* Checks an open file and returns its size, or -1 with a message. */
static int64_t regular_size(int file, const char *path, size_t limit, gb_err *err) {
    struct stat info;
    if (fstat(file, &info)) {
        gb_fail(err, GB_FAIL, "%s: cannot be read: %s", path, strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        gb_fail(err, GB_FAIL, "%s: is %s, not a file; give the path of a file", path,
                S_ISDIR(info.st_mode) ? "a folder" : "a device or a pipe");
    } else if ((uintmax_t)info.st_size > limit) {
        gb_fail(err, GB_FAIL, "%s: is too large: %jd bytes, at most %zu are read; check the path",
                path, (intmax_t)info.st_size, limit);
    } else {
        return info.st_size;
    }
    return -1;
}

/* Reads up to n bytes; returns how many there were, or -1 with a message. */
static ssize_t read_all(int file, const char *path, char *bytes, size_t n, gb_err *err) {
    size_t done = 0;
    while (done < n) {
        ssize_t got = read(file, bytes + done, n - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            return gb_fail(err, -1, "%s: cannot be read: %s; check the disk", path,
                           strerror(errno));
        }
        if (!got) break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

char *gb_file_read(const char *path, size_t limit, size_t *n, gb_err *err) {
    /* non-blocking, so that a pipe without a writer is refused rather than waited for */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        gb_fail(err, GB_FAIL, "%s: cannot be read: %s; check the path and its permissions", path,
                strerror(errno));
        return NULL;
    }
    char *bytes = NULL;
    int64_t size = regular_size(file, path, limit, err);
    if (size >= 0) bytes = gb_alloc((size_t)size + 1, 1, err);
    if (bytes) {
        ssize_t got = read_all(file, path, bytes, (size_t)size, err);
        if (got < 0) {
            gb_dealloc(bytes);
            bytes = NULL;
        } else {
            *n = (size_t)got;
        }
    }
    close(file);
    return bytes;
}

/* --- writing ----------------------------------------------------------------------------------*/

static int write_failed(const char *path, gb_err *err) {
    return gb_fail(err, GB_FAIL, "%s: cannot be written: %s; make room or choose another folder",
                   path, strerror(errno));
}

int gb_file_append(int file, const char *path, const void *bytes, size_t n, gb_err *err) {
    const char *next = bytes;
    while (n) {
        ssize_t put = write(file, next, n);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return write_failed(path, err);
        next += put;
        n -= (size_t)put;
    }
    return GB_OK;
}

/* Creates a file beside path that no one else has, and writes its name to name[size]. Returns it
 * open, or -1 with a message. */
static int create_beside(const char *path, char *name, size_t size, gb_err *err) {
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        int length = snprintf(name, size, "%s.%ld-%u.tmp", path, (long)getpid(), attempt);
        if (length < 0 || (size_t)length >= size) {
            errno = ENAMETOOLONG;
            break;
        }
        int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0) return file;
        if (errno != EEXIST) break;
    }
    return write_failed(path, err);
}

/* Brings the entry of path in its folder to the disk. The new file is already in place, so there
 * is nothing to take back where a file system cannot do that. */
static void sync_folder(const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    if (n >= sizeof folder) return;
    memcpy(folder, path, n);
    folder[n] = 0;
    int file = open(!slash ? "." : n ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return;
    (void)fsync(file);
    close(file);
}

enum { BUFFER = 64 << 10 }; /* many small pieces become one write */

static void new_file_failed(gb_new_file *file) {
    if (!file->code) file->code = write_failed(file->path, &file->err);
}

void gb_new_file_begin(gb_new_file *file, const char *path) {
    *file = (gb_new_file){.path = path, .file = -1};
    file->buffer = gb_alloc(BUFFER, 1, &file->err);
    if (file->buffer) file->file = create_beside(path, file->name, sizeof file->name, &file->err);
    if (file->file < 0) file->code = GB_FAIL;
}

static void flush(gb_new_file *file) {
    if (!file->code)
        file->code = gb_file_append(file->file, file->path, file->buffer, file->n, &file->err);
    file->n = 0;
}

void gb_new_file_add(gb_new_file *file, const void *bytes, size_t n) {
    if (file->n + n > BUFFER) flush(file);
    if (file->code || !n) return;
    if (n > BUFFER) {
        file->code = gb_file_append(file->file, file->path, bytes, n, &file->err);
    } else {
        memcpy(file->buffer + file->n, bytes, n);
        file->n += n;
    }
}

void gb_new_file_put(gb_new_file *file, size_t at, const void *bytes, size_t n) {
    flush(file);
    if (file->code) return;
    if (lseek(file->file, (off_t)at, SEEK_SET) < 0) {
        new_file_failed(file);
    } else {
        file->code = gb_file_append(file->file, file->path, bytes, n, &file->err);
        if (lseek(file->file, 0, SEEK_END) < 0) new_file_failed(file);
    }
}

int gb_new_file_end(gb_new_file *file, gb_err *err) {
    const bool there = file->file >= 0;
    flush(file);
    if (!file->code && fsync(file->file)) new_file_failed(file);
    if (there && close(file->file)) new_file_failed(file);
    if (!file->code && rename(file->name, file->path)) new_file_failed(file);
    if (there && file->code) unlink(file->name);
    if (!file->code) sync_folder(file->path);
    gb_dealloc(file->buffer);
    file->buffer = NULL, file->file = -1;
    return file->code ? gb_fail(err, file->code, "%s", file->err.msg) : GB_OK;
}

int gb_write_file(const char *path, const void *bytes, size_t n, gb_err *err) {
    gb_new_file file;
    gb_new_file_begin(&file, path);
    gb_new_file_add(&file, bytes, n);
    return gb_new_file_end(&file, err);
}

/* --- text -------------------------------------------------------------------------------------*/

/* Returns the length of the UTF-8 sequence at p, of which `left` bytes exist; 0 if malformed. */
static size_t sequence_length(const unsigned char *p, size_t left) {
    if (*p < 0x80) return *p ? 1 : 0;
    size_t n = *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : 4;
    if (*p < 0xc2 || *p > 0xf4 || left < n) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    /* overlong forms, surrogates, and what is above U+10FFFF */
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
        (*p == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

bool gb_is_utf8(const char *text, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t length = sequence_length((const unsigned char *)text + i, n - i);
        if (!length) return false;
        i += length;
    }
    return true;
}

/* --- folders ----------------------------------------------------------------------------------*/

static bool is_empty(const char *path) {
    DIR *dir = opendir(path);
    if (!dir) return false;
    int entries = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        entries += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    closedir(dir);
    return entries == 0;
}

/* Makes every folder above path that is missing, and path itself. Returns what mkdir does for the
 * first that cannot be made. */
static int make_path(const char *path) {
    char part[PATH_MAX];
    if (!*path || strlen(path) >= sizeof part) {
        errno = *path ? ENAMETOOLONG : ENOENT;
        return -1;
    }
    gb_format(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(part, 0777) && errno != EEXIST) return -1;
        *slash = '/';
    }
    return mkdir(path, 0777);
}

int gb_folder_make(const char *path, const char *instead, gb_err *err) {
    if (!make_path(path) || (errno == EEXIST && is_empty(path))) return GB_OK;
    if (errno != EEXIST)
        return gb_fail(err, GB_FAIL, "%s: %s; choose another --out", path, strerror(errno));
    return gb_fail(err, GB_FAIL, "%s: is there already and not empty; choose another --out%s", path,
                   instead);
}

int gb_folder_make_numbered(const char *path, char *made, size_t size, gb_err *err) {
    char suffix[16] = "";
    for (int n = 1; n < 100000; n++) {
        if (n > 1) gb_format(suffix, sizeof suffix, "-%d", n);
        gb_format(made, size, "%s%s", path, suffix);
        if (!make_path(made)) return GB_OK;
        if (errno != EEXIST)
            return gb_fail(err, GB_FAIL, "%s: %s; choose a folder with --out", made,
                           strerror(errno));
    }
    return gb_fail(err, GB_FAIL, "%s: too many of this name; choose a folder with --out", path);
}
