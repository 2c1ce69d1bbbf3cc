/* Option tables: their faults, and near names. */
#include "opt_table.h"
#include "support.h"

#include <string.h>

START_TEST(test_sound_table) {
    char fault[200];
    ck_assert_ptr_null(gb_opts_fault(table, sizeof(struct config), fault, sizeof fault));
    ck_assert_ptr_null(gb_opts_fault(NULL, 0, fault, sizeof fault));
}
END_TEST

START_TEST(test_faulty_tables) {
    const struct {
        gb_opt row;
        const char *why;
    } faulty[] = {
        {{"Lr", GB_F64(struct config, lr), 0, 0, 1, "x"}, "'Lr' is no name"},
        {{"", GB_F64(struct config, lr), 0, 0, 1, "x"}, "is no name"},
        {{"lr", GB_F64(struct config, lr), 0, 0, 1, NULL}, "no help"},
        {{"lr", GB_F64(struct config, lr), 0, 0, 1, "a\nb"}, "no help of one line"},
        {{"lr", GB_F64(struct config, lr), 2, 0, 1, "x"}, "2 is outside 0..1"},
        {{"lr", GB_F64(struct config, lr), NAN, 0, 1, "x"}, "not a finite number"},
        {{"lr", GB_F64(struct config, lr), 0, NAN, 1, "x"}, "no range"},
        {{"lr", GB_F64(struct config, lr), 0, 1, 0, "x"}, "no range"},
        {{"lr", GB_F64(struct config, lr), 0, 0, 1, "x", .choices = "a"}, "is no text"},
        {{"n", GB_INT(struct config, batch), 1.5, 0, 9, "x"}, "not a whole number"},
        {{"n", GB_INT(struct config, batch), 0, 1e300, 1e301, "x"}, "outside"},
        {{"b", GB_BOOL(struct config, slippery), 2, 0, 1, "x"}, "neither 0 nor 1"},
        {{"t", GB_TEXT(struct config, loss), .help = "x", .text = "12345678"}, "too long"},
        {{"t", GB_TEXT(struct config, loss), .help = "x", .text = "a", .choices = "b|c"},
         "not one"},
        {{"t", GB_TEXT(struct config, loss), .help = "x", .choices = "b|c"}, "not one"},
        {{"t", GB_TEXT(struct config, loss), .help = "x", .text = "b", .choices = "b||c"}, "empty"},
        {{"t", GB_TEXT(struct config, loss), .help = "x", .text = "b", .choices = "b|"}, "empty"},
        {{"t", GB_TEXT(struct config, loss), .help = "x", .text = " "}, "blank"},
        {{"l", GB_INTS(struct config, hidden), .help = "x"}, "not a list"},
        {{"l", GB_INTS(struct config, hidden), .help = "x", .text = "1,2,3,4"}, "more than 3"},
        {{"k", 0, 0, 8, 0, 0, 1, "x"}, "unknown kind"},
        {{"k", 99, 0, 8, 0, 0, 1, "x"}, "unknown kind"},
        {{"k", GB_KIND_F64, 0, 4, 0, 0, 1, "x"}, "size that does not fit"},
        {{"k", GB_KIND_TEXT, 0, 1, .help = "x"}, "size that does not fit"},
        {{"k", GB_KIND_INTS, 0, 7, .help = "x"}, "size that does not fit"},
        {{"k", GB_KIND_F64, 4, 8, 0, 0, 1, "x"}, "not aligned"},
        {{"k", GB_KIND_F64, sizeof(struct config), 8, 0, 0, 1, "x"}, "outside the config"},
        {{"k", GB_KIND_F64, SIZE_MAX - 7, 8, 0, 0, 1, "x"}, "outside the config"},
        {{"k", GB_KIND_TEXT, 0, 1 << 20, .help = "x"}, "larger than the host"},
        {{"k", GB_KIND_INTS, 0, 1 << 12, .help = "x"}, "larger than the host"},
    };
    for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
        gb_opt rows[2] = {faulty[i].row, {0}};
        char fault[300];
        const char *why = gb_opts_fault(rows, sizeof(struct config), fault, sizeof fault);
        ck_assert_msg(why != NULL, "fault %zu (%s) passed", i, faulty[i].why);
        ck_assert_msg(strstr(why, faulty[i].why) != NULL, "fault %zu: %s", i, why);
    }
    gb_opt twice[] = {table[0], table[1], table[0], {0}};
    char fault[300];
    ck_assert_str_eq(gb_opts_fault(twice, sizeof(struct config), fault, sizeof fault),
                     "option 'lr' stands twice in the table");
}
END_TEST

/* --- near names -------------------------------------------------------------------------------*/

static void check_near(const char *wanted, const char *expected) {
    const char *names[] = {"pendulum", "cartpole", "acrobot", "frozen_lake", "cliff", "corridor"};
    gb_near near;
    char text[100];
    gb_near_init(&near, wanted);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) gb_near_add(&near, names[i]);
    ck_assert_str_eq(gb_near_text(&near, text, sizeof text), expected);
}

START_TEST(test_near_names) {
    check_near("pendulm", "; did you mean pendulum?");
    check_near("pednulum", "; did you mean pendulum?"); /* a swap is one mistake */
    check_near("Pendulum", "; did you mean pendulum?");
    check_near("frozen-lake", "; did you mean frozen_lake?");
    check_near("frozen", "; did you mean frozen_lake?"); /* the beginning of a name */
    check_near("clif", "; did you mean cliff?");
    check_near("zzzzzz", "");
    check_near("x", "");
    check_near("", "");
    char longer[300];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    check_near(longer, "");
}
END_TEST

START_TEST(test_nearest_come_first) {
    gb_near near;
    char text[100];
    gb_near_init(&near, "lamda_1");
    const char *names[] = {"lambda_22", "lambda_2", "lambda_1", "lambda_3"};
    for (size_t i = 0; i < 4; i++) gb_near_add(&near, names[i]);
    ck_assert_str_eq(gb_near_text(&near, text, sizeof text),
                     "; did you mean lambda_1, lambda_2 or lambda_3?");
    gb_near_init(&near, "stps");
    gb_near_add_opts(&near, NULL);
    gb_near_add_opts(&near, table);
    ck_assert_str_eq(gb_near_text(&near, text, sizeof text), "; did you mean steps?");
    gb_near_init(&near, "lt");
    gb_near_add_opts(&near, table);
    ck_assert_str_eq(gb_near_text(&near, text, sizeof text), "; did you mean lr?");
    gb_near_init(&near, "rl");
    gb_near_add_opts(&near, table);
    ck_assert_str_eq(gb_near_text(&near, text, sizeof text), "; did you mean lr?");
    gb_near_init(&near, "ab");
    gb_near_add(&near, "aa");
    gb_near_add(&near, "bb");
    ck_assert_str_eq(gb_near_text(&near, text, sizeof text), "; did you mean aa or bb?");
}
END_TEST

Suite *table_suite(void);
Suite *table_suite(void) {
    const TTest *const tests[] = {test_sound_table, test_faulty_tables, test_near_names,
                                  test_nearest_come_first, NULL};
    return test_suite("table", tests, 30);
}
