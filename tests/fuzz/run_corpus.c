/* run_corpus.c - runs a fuzz target without libFuzzer:  runner INPUT N FILE...
 *
 * Runs the target on each file and on N deterministic mutations of it. Each input is first written
 * to the file INPUT, so that a crash leaves there what caused it. */
#include "fuzz.h"
#include "gibbs_plugin.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROOM = 1 << 16 }; /* of an input; mutations do not grow beyond it */

static void run(int input, const uint8_t *data, size_t n) {
    if (pwrite(input, data, n, 0) != (ssize_t)n || ftruncate(input, (off_t)n)) {
        perror("run_corpus: writing the input");
        exit(2);
    }
    LLVMFuzzerTestOneInput(data, n);
}

/* Bytes that parsers treat in a special way, and the ends of ranges. */
static uint8_t odd_byte(gb_rng *rng) {
    static const char special[] = "\0\n\r \t,;:=[]{}\"\\/|#.-+0159eEx\x7f\x80\xc3\xff";
    return gb_rng_below(rng, 4) ? (uint8_t)special[gb_rng_below(rng, sizeof special - 1)]
                                : (uint8_t)gb_rng_u32(rng);
}

/* Changes data in one place; returns its new length. */
static size_t mutate(gb_rng *rng, uint8_t *data, size_t n) {
    size_t at = n ? gb_rng_below(rng, (uint32_t)n) : 0;
    size_t most = n - at < 16 ? n - at : 16,
           some = most ? 1 + gb_rng_below(rng, (uint32_t)most) : 0;
    switch (gb_rng_below(rng, 6)) {
    case 0: /* a bit */
        if (n) data[at] ^= (uint8_t)(1 << gb_rng_below(rng, 8));
        return n;
    case 1: /* a byte */
        if (n) data[at] = odd_byte(rng);
        return n;
    case 2: /* one more */
        if (n == ROOM) return n;
        memmove(data + at + 1, data + at, n - at);
        data[at] = odd_byte(rng);
        return n + 1;
    case 3: /* some less */
        memmove(data + at, data + at + some, n - at - some);
        return n - some;
    case 4: /* some twice */
        if (n + some > ROOM) return n;
        memmove(data + at + some, data + at, n - at);
        return n + some;
    default: /* an end */
        return gb_rng_below(rng, 4) ? n : at;
    }
}

static size_t read_file(const char *path, uint8_t *data) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    size_t n = fread(data, 1, ROOM, file);
    fclose(file);
    return n;
}

int main(int argc, char **argv) {
    static uint8_t original[ROOM], data[ROOM];
    if (argc < 4) {
        fprintf(stderr, "usage: %s INPUT N FILE...\n", argv[0]);
        return 2;
    }
    int input = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (input < 0) {
        perror(argv[1]);
        return 2;
    }
    long mutations = strtol(argv[2], NULL, 10);
    for (int file = 3; file < argc; file++) {
        gb_rng rng = {(uint64_t)file, 1};
        size_t size = read_file(argv[file], original);
        run(input, original, size);
        for (long k = 0; k < mutations; k++) {
            size_t n = size;
            memcpy(data, original, size);
            for (uint32_t times = 1 + gb_rng_below(&rng, 4); times; times--)
                n = mutate(&rng, data, n);
            run(input, data, n);
        }
    }
    close(input);
    unlink(argv[1]); /* nothing crashed */
    printf("%s: %d files, %ld mutations each\n", argv[0], argc - 3, mutations);
    return 0;
}
