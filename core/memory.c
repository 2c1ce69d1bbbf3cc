#include "memory.h"

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
