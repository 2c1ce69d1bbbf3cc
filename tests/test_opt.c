/* Options: values from text and back. */
#include "opt_table.h"
#include "rng.h"
#include "support.h"

#include <float.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct config fresh(void) {
    struct config config;
    memset(&config, 0xa5, sizeof config);
    gb_opts_default(table, &config);
    return config;
}

static int set(struct config *config, const char *name, const char *text, gb_err *err) {
    char shown[32];
    return gb_opt_set(gb_opts_find(table, name), config, text,
                      gb_format(shown, sizeof shown, "--%s", name), err);
}

static void accept(struct config *config, const char *name, const char *text) {
    gb_err err = {""};
    ck_assert_msg(set(config, name, text, &err) == GB_OK, "%s=%s: %s", name, text, err.msg);
}

/* Asserts that text is refused with exactly this message, and config kept. */
static void refuse(const char *name, const char *text, const char *message) {
    struct config config = fresh(), before = config;
    gb_err err = {""};
    ck_assert_msg(set(&config, name, text, &err) == GB_USAGE, "%s=%s accepted", name, text);
    ck_assert_str_eq(err.msg, message);
    ck_assert_mem_eq(&config, &before, sizeof config);
    ck_assert_int_eq(set(&config, name, text, NULL), GB_USAGE);
}

START_TEST(test_defaults) {
    struct config c = fresh();
    ck_assert(c.lr == 3e-4 && c.tau == 0.5 && c.clip == 0.1f && c.batch == 64 && c.free == -1);
    ck_assert(c.steps == 1000000 && c.slippery);
    ck_assert_str_eq(c.loss, "mse");
    ck_assert_str_eq(c.map, "4x4");
    ck_assert_str_eq(c.note, "");
    const int hidden[] = {64, 64, 0, 0};
    ck_assert_mem_eq(c.hidden, hidden, sizeof hidden);
    gb_opts_default(NULL, &c);
}
END_TEST

START_TEST(test_find) {
    ck_assert_ptr_eq(gb_opts_find(table, "clip"), &table[2]);
    ck_assert_ptr_null(gb_opts_find(table, "cli"));
    ck_assert_ptr_null(gb_opts_find(table, ""));
    ck_assert_ptr_null(gb_opts_find(NULL, "lr"));
}
END_TEST

START_TEST(test_numbers) {
    struct config c = fresh();
    accept(&c, "lr", "1e-3");
    ck_assert(c.lr == 1e-3);
    accept(&c, "lr", "+.5");
    ck_assert(c.lr == 0.5);
    accept(&c, "lr", "0");
    accept(&c, "lr", "1");
    accept(&c, "tau", "-1.7976931348623157e308");
    ck_assert(c.tau == -DBL_MAX);
    accept(&c, "tau", "5e-324");
    ck_assert(c.tau == 5e-324);
    accept(&c, "clip", "0.3"); /* the limit itself, though 0.3f > 0.3 */
    ck_assert(c.clip == 0.3f);
    refuse("lr", "7", "--lr: 7 is outside 0..1");
    refuse("lr", "-1e-9", "--lr: -1e-9 is outside 0..1");
    refuse("clip", "0.300001", "--clip: 0.300001 is outside 0.1..0.3");
    refuse("clip", "1e39", "--clip: '1e39' does not fit single precision");
    refuse("clip", "1e-60", "--clip: '1e-60' does not fit single precision");
    const char *bad[] = {"",       " ",     "nan",  "NaN",   "-nan",   "inf",    "-inf", "infinity",
                         "0x1p-3", "1 ",    " 1",   "1,5",   "1e",     "e5",     ".",    "-",
                         "--1",    "1.2.3", "0.5x", "1e999", "-1e999", "1e-999", "abc"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char message[100];
        refuse("tau", bad[i],
               gb_format(message, sizeof message, "--tau: '%s' is not a finite number", bad[i]));
    }
}
END_TEST

START_TEST(test_whole_numbers) {
    struct config c = fresh();
    accept(&c, "steps", "20000");
    ck_assert_int_eq(c.steps, 20000);
    accept(&c, "steps", "1e6");
    ck_assert_int_eq(c.steps, 1000000);
    accept(&c, "steps", "2.5e3");
    ck_assert_int_eq(c.steps, 2500);
    accept(&c, "steps", "9223372036854775807");
    ck_assert(c.steps == INT64_MAX);
    accept(&c, "steps", "9007199254740993"); /* no double */
    ck_assert(c.steps == 9007199254740993);
    accept(&c, "free", "-2147483648");
    ck_assert_int_eq(c.free, INT_MIN);
    accept(&c, "free", "2147483647");
    ck_assert_int_eq(c.free, INT_MAX);
    const char *bad[] = {"1.5", "1e-3", "",   "9223372036854775808", "1e300", "0x10", "12a",
                         "nan", "1e17", "- 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char message[100];
        refuse("steps", bad[i],
               gb_format(message, sizeof message, "--steps: '%s' is not a whole number of 64 bits",
                         bad[i]));
    }
    refuse("steps", "0", "--steps: 0 is outside >= 1");
    refuse("batch", "4097", "--batch: 4097 is outside 1..4096");
    refuse("batch", "1.5", "--batch: '1.5' is not a whole number of 64 bits");
    refuse("batch", "4294967297", "--batch: '4294967297' is not a whole number of 32 bits");
    refuse("free", "2147483648", "--free: '2147483648' is not a whole number of 32 bits");
}
END_TEST

START_TEST(test_booleans) {
    struct config c = fresh();
    accept(&c, "slippery", "0");
    ck_assert(!c.slippery);
    accept(&c, "slippery", "1");
    ck_assert(c.slippery);
    refuse("slippery", "2", "--slippery: '2' is neither 0 nor 1");
    refuse("slippery", "true", "--slippery: 'true' is neither 0 nor 1");
    refuse("slippery", "", "--slippery: '' is neither 0 nor 1");
}
END_TEST

START_TEST(test_texts) {
    struct config c = fresh();
    accept(&c, "loss", "huber");
    ck_assert_mem_eq(c.loss, "huber\0\0", 8); /* zeros to the end */
    accept(&c, "loss", "mse");
    ck_assert_mem_eq(c.loss, "mse\0\0\0\0", 8);
    accept(&c, "note", "fifteen letters");
    accept(&c, "note", "");
    accept(&c, "note", "a;b = c # \xc3\xa4");
    refuse("loss", "mae", "--loss: 'mae' is not one of mse|huber");
    refuse("loss", "ms", "--loss: 'ms' is not one of mse|huber");
    refuse("loss", "mse|huber", "--loss: 'mse|huber' is not one of mse|huber");
    refuse("loss", "", "--loss: '' is not one of mse|huber");
    refuse("note", "sixteen letters!",
           "--note: 'sixteen letters!' is too long: 16 bytes, at most 15 fit");
    refuse("note", " x", "--note: ' x' starts or ends with a blank");
    refuse("note", "x ", "--note: 'x ' starts or ends with a blank");
    refuse("note", "a ;b", "--note: 'a ;b' holds a ';' behind a blank");
    refuse("note", ";b", "--note: ';b' holds a ';' behind a blank");
    refuse("note", "a\nb", "--note: 'a?b' holds a control character");
    refuse("note", "\xff", "--note: '\xff' is not UTF-8 text");
}
END_TEST

START_TEST(test_lists) {
    struct config c = fresh();
    const int three[] = {256, 1, 100000, 0}, one[] = {8, 0, 0, 0};
    accept(&c, "hidden", "256,1,1e5");
    ck_assert_mem_eq(c.hidden, three, sizeof three);
    accept(&c, "hidden", "8");
    ck_assert_mem_eq(c.hidden, one, sizeof one);
    refuse("hidden", "1,2,3,4", "--hidden: '1,2,3,4' has more than 3 numbers");
    const char *bad[] = {
        "",   ",",     "64,",    ",64", "64,,64", "0",          "64,0",
        "-3", "64 64", "64, 64", "a",   "1.5",    "2147483648", "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char message[128];
        refuse("hidden", bad[i],
               gb_format(message, sizeof message,
                         "--hidden: '%s' is not a list of whole numbers >= 1 such as 64,64",
                         bad[i]));
    }
}
END_TEST

START_TEST(test_messages_stay_short_and_on_one_line) {
    struct config c = fresh();
    gb_err err;
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[5] = '\n';
    text[sizeof text - 1] = 0;
    for (const gb_opt *row = table; row->name; row++) {
        ck_assert_int_eq(gb_opt_set(row, &c, text, "--x", &err), GB_USAGE);
        ck_assert_ptr_null(strchr(err.msg, '\n'));
        ck_assert_uint_lt(strlen(err.msg), 200);
    }
}
END_TEST

/* --- files ------------------------------------------------------------------------------------*/

static const char *map_file(const void *bytes, size_t n) {
    static char path[128];
    if (!*path) snprintf(path, sizeof path, "%s/map.txt", test_folder());
    test_write(path, bytes, n);
    return path;
}

START_TEST(test_file_text_takes_the_place_of_its_name) {
    struct config c = fresh();
    const char *files[] = {"SFF\nFHG\n", "SFF\nFHG", "SFF\r\nFHG\r\n", "SFF\nFHG\n\n  \n\t\n"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        accept(&c, "map", map_file(files[i], strlen(files[i])));
        ck_assert_str_eq(c.map, "SFF/FHG");
    }
    accept(&c, "map", map_file("", 0));
    ck_assert_str_eq(c.map, "");
    char shown[300];
    gb_opt_format(gb_opts_find(table, "map"), &c, shown, sizeof shown);
    ck_assert_str_eq(shown, "");
}
END_TEST

START_TEST(test_other_values_stay_as_typed) {
    struct config c = fresh();
    const char *values[] = {"8x8", "SFFF/FHFH", "no/such/file.txt", "/tmp", "/dev/null"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        accept(&c, "map", values[i]);
        ck_assert_str_eq(c.map, values[i]);
    }
    /* a choice stays even if a file has its name */
    char old[PATH_MAX];
    ck_assert(getcwd(old, sizeof old) && !chdir(test_folder()));
    test_write("8x8", "SG", 2);
    test_write("9x9", "SG", 2);
    accept(&c, "map", "8x8");
    ck_assert_str_eq(c.map, "8x8");
    accept(&c, "map", "9x9");
    ck_assert_str_eq(c.map, "SG");
    ck_assert_int_eq(chdir(old), 0);
}
END_TEST

static void refuse_file(const void *bytes, size_t n, const char *why) {
    struct config c = fresh(), before = c;
    const char *path = map_file(bytes, n);
    gb_err err = {""};
    ck_assert_int_eq(set(&c, "map", path, &err), GB_USAGE);
    ck_assert_mem_eq(&c, &before, sizeof c);
    ck_assert_msg(!strncmp(err.msg, "--map: ", 7), "not headed: %s", err.msg);
    ck_assert_msg(strstr(err.msg, path) && strstr(err.msg, why), "not said: %s", err.msg);
}

START_TEST(test_unfit_files_are_refused) {
    char *big = malloc(100000);
    memset(big, 'S', 100000);
    refuse_file(big, 64, "at most 63 fit");
    refuse_file(big, 100000, "too large");
    refuse_file("SF\0FF", 5, "UTF-8");
    refuse_file("SF\xff", 3, "UTF-8");
    refuse_file("S\tF", 3, "control");
    refuse_file("S\rF", 3, "control");
    free(big);
}
END_TEST

/* --- to text and back -------------------------------------------------------------------------*/

static void round_trip(const gb_opt *row, const struct config *config) {
    struct config back = *config;
    char text[GB_OPT_TEXT_MAX];
    gb_err err = {""};
    memset((char *)&back + row->offset, 0, row->size);
    gb_opt_format(row, config, text, sizeof text);
    if (gb_opt_set(row, &back, text, row->name, &err) != GB_OK) ck_abort_msg("%s", err.msg);
    if (memcmp((const char *)&back + row->offset, (const char *)config + row->offset, row->size))
        ck_abort_msg("%s = %s changed", row->name, text);
}

START_TEST(test_format_is_short) {
    struct config c = fresh();
    char text[GB_OPT_TEXT_MAX];
    const char *expected[] = {"0.0003", "0.5", "0.1", "64", "-1",   "1000000",
                              "1",      "mse", "4x4", "",   "64,64"};
    for (size_t i = 0; table[i].name; i++)
        ck_assert_str_eq(gb_opt_format(&table[i], &c, text, sizeof text), expected[i]);
    accept(&c, "hidden", "7");
    ck_assert_str_eq(gb_opt_format(&table[10], &c, text, sizeof text), "7");
    c.tau = 0.1 + 0.2;
    ck_assert_str_eq(gb_opt_format(&table[1], &c, text, sizeof text), "0.30000000000000004");
}
END_TEST

START_TEST(test_every_bit_comes_back) {
    struct config c = fresh();
    gb_rng rng = gb_rng_stream(1, 0);
    for (const gb_opt *row = table; row->name; row++) round_trip(row, &c);
    for (int i = 0; i < 20000; i++) {
        uint64_t high = gb_rng_u32(&rng), bits = high << 32 | gb_rng_u32(&rng);
        memcpy(&c.tau, &bits, sizeof bits);
        if (isfinite(c.tau)) round_trip(gb_opts_find(table, "tau"), &c);
        c.clip = (float)gb_rng_uniform(&rng, 0.1, 0.3);
        round_trip(gb_opts_find(table, "clip"), &c);
        c.steps = (int64_t)(bits >> 1 | 1);
        round_trip(gb_opts_find(table, "steps"), &c);
        c.free = (int)(uint32_t)bits;
        round_trip(gb_opts_find(table, "free"), &c);
    }
    const double edges[] = {0.0, -0.0, DBL_MIN, -DBL_MAX, DBL_TRUE_MIN, 1 + DBL_EPSILON};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        c.tau = edges[i];
        round_trip(gb_opts_find(table, "tau"), &c);
    }
}
END_TEST

START_TEST(test_ranges) {
    const char *expected[] = {"0..1",        "",    "0.1..0.3",  "1..4096",      "",
                              ">= 1",        "0|1", "mse|huber", "4x4|8x8|FILE", "",
                              "1..3 numbers"};
    char text[100];
    for (size_t i = 0; table[i].name; i++)
        ck_assert_str_eq(gb_opt_range(&table[i], text, sizeof text), expected[i]);
    const gb_opt most = {"x", GB_F64(struct config, lr), 0, -INFINITY, 2, "x"};
    ck_assert_str_eq(gb_opt_range(&most, text, sizeof text), "<= 2");
    const gb_opt file = {"x", GB_FILE(struct config, map), .help = "x"};
    ck_assert_str_eq(gb_opt_range(&file, text, sizeof text), "FILE");
}
END_TEST

Suite *opt_suite(void);
Suite *opt_suite(void) {
    const TTest *const tests[] = {test_defaults,
                                  test_find,
                                  test_numbers,
                                  test_whole_numbers,
                                  test_booleans,
                                  test_texts,
                                  test_lists,
                                  test_messages_stay_short_and_on_one_line,
                                  test_file_text_takes_the_place_of_its_name,
                                  test_other_values_stay_as_typed,
                                  test_unfit_files_are_refused,
                                  test_format_is_short,
                                  test_every_bit_comes_back,
                                  test_ranges,
                                  NULL};
    return test_suite("opt", tests, 30);
}
