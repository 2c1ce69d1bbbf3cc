#include "memory.h"

#include "pool.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Returns the number behind `key` in a small text file of the kernel ("" : the file's first), or
 * infinity if there is none ("max"). */
static double number_in(const char *path, const char *key) {
    char line[256];
    double number = INFINITY, found;
    FILE *file = fopen(path, "re");
    if (!file) return INFINITY;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) != 0) continue;
        if (sscanf(line + strlen(key), "%lf", &found) == 1 && found >= 0) number = found;
        break;
    }
    fclose(file);
    return number;
}

static double physical(void) {
    double available = 1024 * number_in("/proc/meminfo", "MemAvailable:");
    if (isfinite(available)) return available;
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (double)pages * (double)size : INFINITY;
}

double gb_memory_available(void) {
    double bytes = physical();
    struct rlimit limit;
    if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY)
        bytes = fmin(bytes, (double)limit.rlim_cur);
    bytes = fmin(bytes, number_in("/sys/fs/cgroup/memory.max", ""));
    return fmin(bytes, number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes", ""));
}

int gb_memory_check(double bytes, const char *what, gb_err *err) {
    const double available = gb_memory_available(), mib = 1 << 20;
    if (bytes <= available) return GB_OK;
    return gb_fail(err, GB_FAIL,
                   "%.200s: needs %.0f MiB of memory, %.0f MiB are available; make it smaller or "
                   "free some",
                   what, bytes / mib, available / mib);
}

/* --- bandwidth --------------------------------------------------------------------------------*/

/* Sums apart, so that no addition waits for another. */
enum { SUMS = 64 };

static double sum(const double *x, size_t n) {
    double s[SUMS] = {0};
    for (size_t i = 0; i + SUMS <= n; i += SUMS)
        for (size_t j = 0; j < SUMS; j++) s[j] += x[i + j];
    for (size_t j = 1; j < SUMS; j++) s[0] += s[j];
    return s[0];
}

static void triad(double *restrict a, const double *restrict b, const double *restrict c,
                  size_t n) {
    for (size_t i = 0; i < n; i++) a[i] = b[i] + 3 * c[i];
}

/* Three arrays of `size` numbers one after the other, for both loops. */
struct arrays {
    double *x;
    size_t size;
    double sum[GB_POOL_MOST]; /* (parts) */
};

static void sum_part(void *context, int part, int parts) {
    struct arrays *a = context;
    const size_t n = 3 * a->size / (size_t)parts;
    a->sum[part] = sum(a->x + n * (size_t)part, n);
}

static void triad_part(void *context, int part, int parts) {
    struct arrays *a = context;
    const size_t n = a->size / (size_t)parts;
    double *x = a->x + n * (size_t)part;
    triad(x, x + a->size, x + 2 * a->size, n);
}

double gb_memory_bandwidth(int threads, gb_err *err) {
    const int parts = threads < GB_POOL_MOST ? threads : GB_POOL_MOST;
    struct arrays a = {.size = GB_BANDWIDTH_BYTES / sizeof(double) / 3};
    a.size -= a.size % (size_t)parts;
    double best = INFINITY;
    volatile double keep = 0; /* the sums must not be optimised away */
    if (!(a.x = gb_alloc(3 * a.size, sizeof *a.x, err))) return -1;
    for (int run = 0; run < 6; run++) {
        double start = gb_seconds();
        gb_pool_run(parts, sum_part, &a);
        double middle = gb_seconds();
        gb_pool_run(parts, triad_part, &a);
        best = fmin(best, fmin(middle - start, gb_seconds() - middle));
        for (int part = 0; part < parts; part++) keep = keep + a.sum[part];
    }
    gb_dealloc(a.x);
    return 3 * (double)a.size * sizeof(double) / best * 1e-9;
}
