/* Tables of numbers: what they hold, half-written ones, and damaged ones. */
#include "csv.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char path[128];

static void write_text(const char *text) {
    gb_format(path, sizeof path, "%s/a.csv", test_folder());
    test_write(path, text, strlen(text));
}

static gb_csv read_text(const char *text) {
    gb_csv csv;
    gb_err err = {""};
    write_text(text);
    ck_assert_msg(gb_csv_read(path, &csv, &err) == GB_OK, "%s", err.msg);
    return csv;
}

static double cell(const gb_csv *csv, int row, int column) {
    return csv->cell[row * csv->columns + column];
}

START_TEST(test_cells) {
    gb_csv csv = read_text("\xef\xbb\xbfstep, return ,env\r\n1,-2.5e3,a\n\n2,,b\r\n3,inf,\n");
    ck_assert_int_eq(csv.columns, 3);
    ck_assert_int_eq(csv.rows, 3);
    ck_assert_str_eq(csv.name[0], "step");
    ck_assert_str_eq(csv.name[1], "return");
    ck_assert(cell(&csv, 0, 0) == 1 && cell(&csv, 0, 1) == -2500 && cell(&csv, 2, 0) == 3);
    ck_assert(isnan(cell(&csv, 1, 1)) && isnan(cell(&csv, 1, 2)) && isinf(cell(&csv, 2, 1)));
    ck_assert_int_eq(csv.text_line[0], 0);
    ck_assert_int_eq(csv.text_line[1], 0);
    ck_assert_int_eq(csv.text_line[2], 2);
    gb_csv_free(&csv);
}
END_TEST

START_TEST(test_columns) {
    gb_csv csv = read_text("step,return_mean,env\n1,2,x\n");
    static const struct {
        const char *name, *says;
        int code;
    } cases[] = {
        {"step", "", 0},
        {"return_mean", "", 1},
        {"return_men", "did you mean return_mean?", GB_USAGE},
        {"zzz", "it has step, return_mean, env", GB_USAGE},
        {"env", "here:2: column env holds text", GB_FAIL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gb_err err = {""};
        ck_assert_int_eq(gb_csv_column(&csv, "here", cases[i].name, &err), cases[i].code);
        ck_assert_msg(strstr(err.msg, cases[i].says) != NULL, "%s", err.msg);
    }
    gb_csv_free(&csv);
}
END_TEST

START_TEST(test_refusals) {
    static const char *const cases[][2] = {
        {"a,b\n1,2\n3\n", ":3: has 1 cells, but there are 2 columns"},
        {"a,b\n1,2,3\n", ":2: has 3 cells"},
        {"a,b\n1,\xff\n", "UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gb_csv csv;
        gb_err err = {""};
        write_text(cases[i][0]);
        ck_assert_int_eq(gb_csv_read(path, &csv, &err), GB_FAIL);
        ck_assert_msg(strstr(err.msg, cases[i][1]) && strstr(err.msg, path), "%s", err.msg);
    }
    gb_csv csv;
    gb_err err = {""};
    ck_assert_int_eq(gb_csv_read(test_folder(), &csv, &err), GB_FAIL);
    csv = read_text("");
    ck_assert_int_eq(csv.columns, 0);
    gb_csv_free(&csv);
    csv = read_text("a,b\n");
    ck_assert_int_eq(csv.rows, 0);
    gb_csv_free(&csv);
}
END_TEST

/* However much of a table has been written, what is read are its first whole rows. */
START_TEST(test_cut) {
    static const char text[] = "step,r,q\n10,-1.25,\n20,,0.5\n30,1e-7,123456\n";
    gb_csv whole = read_text(text);
    char part[sizeof text];
    for (size_t n = 0; n < sizeof text - 1; n++) {
        memcpy(part, text, n);
        part[n] = 0;
        gb_csv csv = read_text(part);
        int lines = 0;
        for (const char *p = part; *p; p++) lines += *p == '\n';
        ck_assert_int_eq(csv.rows, lines ? lines - 1 : 0);
        size_t bytes = (size_t)(csv.rows * csv.columns) * sizeof(double);
        if (csv.rows) ck_assert_int_eq(memcmp(csv.cell, whole.cell, bytes), 0);
        gb_csv_free(&csv);
    }
    gb_csv_free(&whole);
}
END_TEST

/* Any change of two bytes is read, or refused with a message that names the file. */
START_TEST(test_damage) {
    static const char text[] = "step,r,q\n10,-1.25,\n20,,0.5\n30,1e-7,123456\n";
    static const char bytes[] = {0, '\n', '\r', ',', 'e', '-', '\x80', '"', ' ', '9'};
    char damaged[sizeof text];
    gb_format(path, sizeof path, "%s/a.csv", test_folder());
    for (size_t at = 0; at < sizeof text - 1; at++)
        for (size_t k = 0; k < sizeof bytes; k++) {
            gb_csv csv;
            gb_err err = {""};
            memcpy(damaged, text, sizeof text);
            damaged[at] = bytes[k], damaged[(7 * at) % (sizeof text - 1)] = bytes[(k + at) % 10];
            test_write(path, damaged, sizeof text - 1);
            int code = gb_csv_read(path, &csv, &err);
            ck_assert(code == GB_OK || strstr(err.msg, path) == err.msg);
            if (code == GB_OK) gb_csv_free(&csv);
        }
}
END_TEST

START_TEST(test_memory) {
    write_text("step,r\n1,2\n");
    for (int after = 0;; after++) {
        gb_csv csv;
        gb_err err = {""};
        gb_alloc_fail_after(after);
        int code = gb_csv_read(path, &csv, &err);
        gb_alloc_fail_after(-1);
        if (code == GB_OK) {
            ck_assert_int_gt(after, 2);
            gb_csv_free(&csv);
            return;
        }
        ck_assert_msg(strstr(err.msg, "memory") != NULL, "%s", err.msg);
    }
}
END_TEST

Suite *csv_suite(void);
Suite *csv_suite(void) {
    const TTest *const tests[] = {test_cells,  test_columns, test_refusals, test_cut,
                                  test_damage, test_memory,  NULL};
    return test_suite("csv", tests, 60);
}
