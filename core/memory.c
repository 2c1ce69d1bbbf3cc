#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
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

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

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

double gb_memory_bandwidth(int threads, gb_err *err) {
    const size_t part = GB_BANDWIDTH_BYTES / sizeof(double) / 3 / (size_t)threads;
    const size_t n = part * (size_t)threads;
    const double bytes = 3 * (double)n * sizeof(double);
    double *x = gb_alloc(3 * n, sizeof *x, err), best = INFINITY;
    volatile double keep = 0; /* the sums must not be optimised away */
    if (!x) return -1;
    for (int run = 0; run < 6; run++) {
        double start = seconds(), total = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(+ : total)
        for (int t = 0; t < threads; t++) total += sum(x + 3 * part * (size_t)t, 3 * part);
        double middle = seconds();
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int t = 0; t < threads; t++) {
            double *a = x + part * (size_t)t;
            triad(a, a + n, a + 2 * n, part);
        }
        best = fmin(best, fmin(middle - start, seconds() - middle));
        keep = keep + total;
    }
    gb_dealloc(x);
    return bytes / best * 1e-9;
}
