/* memory.h - how much memory there is, for what is refused before it is allocated (a kernel that
 * overcommits would grant it and end the process later), and how fast it is. */
#ifndef GB_CORE_MEMORY_H
#define GB_CORE_MEMORY_H

#include "base.h"

/* Returns the bytes this process may still use: what the kernel calls available, or less where a
 * control group or a resource limit (ulimit -v) allows less. Infinity where nothing is known. */
double gb_memory_available(void);

/* Returns GB_OK if `bytes` fit, else GB_FAIL with "what: needs ... MiB, ... are available; ...".
 * Sizes are doubles, so that no product of large counts can overflow. */
int gb_memory_check(double bytes, const char *what, gb_err *err);

/* Measures the bandwidth that `threads` threads get from memory, in GB/s: the best of several runs
 * of two loops over arrays that no cache holds, a sum (reads only) and STREAM's triad a = b + 3 c
 * (McCalpin 1995), counted as STREAM counts: the bytes that the loop reads or writes. Takes about
 * a third of a second and GB_BANDWIDTH_BYTES. -1 if memory is short. */
double gb_memory_bandwidth(int threads, gb_err *err);

#define GB_BANDWIDTH_BYTES (384u << 20)

#endif
