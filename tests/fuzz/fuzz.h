/* fuzz.h - what all fuzz targets share: the entry point that libFuzzer and run_corpus.c call. */
#ifndef GB_TESTS_FUZZ_H
#define GB_TESTS_FUZZ_H

#include "base.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A refusal must come with a message of one line. */
static inline void fuzz_check_message(const gb_err *err) {
    GB_ASSERT(*err->msg && !strchr(err->msg, '\n'));
}

#endif
