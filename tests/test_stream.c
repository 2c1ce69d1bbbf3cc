/* Rows that are stored as whole cache lines: copies, and bits that become numbers. */
#include "rng.h"
#include "stream.h"
#include "support.h"

enum { ROWS = 7, MOST = 330, ROOM = ROWS * MOST + 2 * GB_LINE };

static const float untouched = -7;

static void clear(float *numbers) {
    for (int k = 0; k < ROOM; k++) numbers[k] = untouched;
}

/* Rows of every length, which end anywhere in a line and in a word of bits, are written close
 * behind each other, and nothing beside them. */
START_TEST(bits_become_numbers) {
    _Alignas(64) static float numbers[ROOM];
    gb_rng rng = gb_rng_stream(3, 1);
    for (int n = 1; n <= MOST; n++)
        for (int from = 0; from < 2; from++) { /* on a line, past the caches; beside one */
            uint8_t expected[ROWS * MOST];
            float *const to = numbers + GB_LINE + from;
            gb_bit_stream s = {.to = to, .past = from == 0};
            clear(numbers);
            for (int row = 0; row < ROWS; row++) {
                uint64_t bits[MOST / 64 + 1] = {0};
                for (int k = 0; k < n; k++) {
                    expected[row * n + k] = (uint8_t)gb_rng_below(&rng, 2);
                    bits[k / 64] |= (uint64_t)expected[row * n + k] << k % 64;
                }
                gb_bit_stream_put(&s, bits, n);
            }
            gb_bit_stream_end(&s);
            ck_assert_ptr_eq(s.to, to + ROWS * n);
            for (int k = 0; k < ROWS * n; k++)
                if (to[k] != expected[k])
                    ck_abort_msg("rows of %d: number %d is %g, not %d", n, k, (double)to[k],
                                 expected[k]);
            ck_assert_float_eq(to[-1], untouched);
            ck_assert_float_eq(to[ROWS * n], untouched);
        }
}
END_TEST

START_TEST(copies_are_whole) {
    _Alignas(64) static float numbers[ROOM], source[ROOM];
    for (int k = 0; k < ROOM; k++) source[k] = (float)k;
    for (int n = 0; n < 100; n++)
        for (int from = 0; from < 2; from++) {
            float *const to = numbers + GB_LINE + from;
            clear(numbers);
            gb_stream_copy(to, source, (size_t)n);
            ck_assert_mem_eq(to, source, (size_t)n * sizeof *to);
            ck_assert_float_eq(to[-1], untouched);
            ck_assert_float_eq(to[n], untouched);
        }
}
END_TEST

Suite *stream_suite(void);
Suite *stream_suite(void) {
    const TTest *const tests[] = {bits_become_numbers, copies_are_whole, NULL};
    return test_suite("stream", tests, 60);
}
