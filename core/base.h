/* base.h - what every module of the host uses: errors, allocation, the number type of networks.
 *
 * Three kinds of failure. Our bug: GB_ASSERT. An expected outcome: a value (GB_CONTINUE). The user
 * or the machine: a negative code, with one line for a person in the gb_err the caller gave room
 * for. Nothing under core/ or agents/ prints or exits.
 */
#ifndef GB_CORE_BASE_H
#define GB_CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GB_VERSION "0.1.0"

/* What functions return that can fail. */
enum {
    GB_OK = 0,
    GB_CONTINUE = 1, /* an iteration has more to do */
    GB_FAIL = -1,    /* the work failed: exit code 1 */
    GB_USAGE = -2    /* the user asked for what cannot be: exit code 2 */
};

/* A message "what: why; what to do", without newline. The empty message means no error. */
typedef struct gb_err {
    char msg[512];
} gb_err;

/* Writes a message to err, which may be NULL, and returns code. */
int gb_fail(gb_err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Our own bug: ends the process with file and line. Compiled in always: what it guards is cheap. */
#define GB_ASSERT(condition)                                                                       \
    ((condition) ? (void)0 : gb_assert_failed(#condition, __FILE__, __LINE__))
_Noreturn void gb_assert_failed(const char *condition, const char *file, int line);

/* The number type of networks and optimisers: float, or double in the builds that compare
 * gradients with finite differences (-DGB_REAL_DOUBLE). Environments speak float either way. */
#ifdef GB_REAL_DOUBLE
typedef double gb_real;
#else
typedef float gb_real;
#endif

/* Allocates count zeroed elements of size bytes, aligned to a cache line of 64 bytes; count 0 gives
 * a valid pointer. Returns NULL and a message when memory is short or the product overflows. The
 * caller frees it with gb_dealloc. */
void *gb_alloc(size_t count, size_t size, gb_err *err);
void gb_dealloc(void *pointer);

/* For tests: the allocation number `after` from now (0: the next) fails, and all that follow it;
 * -1 switches that off. */
void gb_alloc_fail_after(long after);

/* Formats into text[size], cut to fit; always ended by a zero byte. Returns text. */
char *gb_format(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Returns the seconds of a clock that nobody sets, since some moment. */
double gb_seconds(void);

/* Returns whether name is one of ours: [a-z][a-z0-9_]*. NULL is not. */
bool gb_is_name(const char *name);

/* Returns the CRC-32C (Castagnoli) of n bytes, going on from crc (0 at the start). */
uint32_t gb_crc32c(uint32_t crc, const void *bytes, size_t n);

#endif
