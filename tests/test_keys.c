/* Keys of people: tables that cannot be played with are told, and what is held becomes actions. */
#include "keys.h"
#include "support.h"

#include <math.h>
#include <string.h>

static const float low[] = {-2, 1}, high[] = {2, 3};

static gb_spec discrete(const gb_key *keys) {
    return (gb_spec){.act = {.kind = GB_DISCRETE, .n = 3}, .keys = keys};
}

static gb_spec box(const gb_key *keys) {
    return (gb_spec){.act = {GB_BOX, 2, low, high}, .keys = keys};
}

START_TEST(known_keys) {
    static const char *const known[] = {"left",  "right", "up", "down", "space",
                                        "enter", "a",     "z",  "0",    "9"};
    static const char *const unknown[] = {"", "A", "ab", "esc", "tab", "Left", " ", "-"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) ck_assert(gb_key_is_known(known[i]));
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        ck_assert(!gb_key_is_known(unknown[i]));
}
END_TEST

START_TEST(tables_are_checked) {
    static const struct {
        gb_key keys[5];
        bool box;
        const char *says; /* NULL: sound */
    } rows[] = {
        {{{"left", 0}, {"a", 0}, {"right", 2}}, false, NULL},
        {{{"", 1}, {"left", 0}}, false, NULL},
        {{{"", GB_KEEP}, {"left", 0}}, false, NULL},
        {{{"lift", 0}}, false, "no key 'lift'"},
        {{{"left", 3}}, false, "left: action 3 is not one of 0..2"},
        {{{"left", GB_KEEP}}, false, "left: action -1"},
        {{{"", 3}, {"left", 0}}, false, "no key: action 3"},
        {{{"", 1}}, false, "holds no key"},
        {{{0}}, false, "holds no key"},
        {{{"left", 0}, {"left", 1}}, false, "two rows for left"},
        {{{"", 0}, {"", 1}, {"left", 1}}, false, "two rows for no key"},
        {{{"", 1, 1}, {"left", 0, -2}, {"left", 1, 3}}, true, NULL}, /* both at once */
        {{{"left", 0, -2}}, true, "dimension 1 rests at 0"},
        {{{"", 1, 1}, {"left", 2, 0}}, true, "dimension 2 is not one of 0..1"},
        {{{"", 1, 1}, {"left", 0, 2.5}}, true, "2.5 is not in [-2, 2]"},
        {{{"", 1, 0}, {"left", 0, 2}}, true, "no key: 0 is not in [1, 3]"},
        {{{"", 1, 1}, {"left", 0, NAN}}, true, "nan is not in"},
        {{{"", 1, 1}, {"left", 0, 1}, {"left", 0, 2}}, true, "two rows for left"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char fault[256];
        gb_spec spec = rows[i].box ? box(rows[i].keys) : discrete(rows[i].keys);
        const char *said = gb_keys_fault(&spec, fault, sizeof fault);
        ck_assert_msg(!said == !rows[i].says, "row %d: %s", (int)i, said ? said : "sound");
        ck_assert_msg(!said || strstr(said, rows[i].says), "row %d: %s", (int)i, said);
    }
}
END_TEST

START_TEST(last_key_counts) {
    static const gb_key keys[] = {{"left", 0}, {"right", 2}, {0}};
    const gb_spec spec = discrete(keys);
    float action = 1;
    ck_assert(!gb_keys_action(&spec, NULL, 0, true, &action)); /* a grid waits */
    ck_assert(!gb_keys_action(&spec, (const char *[]){"up"}, 1, true, &action));
    ck_assert(gb_keys_action(&spec, (const char *[]){"left", "right", "up"}, 3, true, &action));
    ck_assert_float_eq(action, 2);
    ck_assert(gb_keys_action(&spec, (const char *[]){"right", "left"}, 2, false, &action));
    ck_assert_float_eq(action, 0);
}
END_TEST

START_TEST(no_key_rests_or_keeps) {
    static const gb_key rests[] = {{"", 1}, {"left", 0}, {0}};
    static const gb_key keeps[] = {{"", GB_KEEP}, {"left", 0}, {0}};
    gb_spec spec = discrete(rests);
    float action = 2;
    ck_assert(gb_keys_action(&spec, NULL, 0, false, &action));
    ck_assert_float_eq(action, 1);
    spec = discrete(keeps), action = 2;
    ck_assert(!gb_keys_action(&spec, NULL, 0, false, &action)); /* no action yet to keep */
    ck_assert(gb_keys_action(&spec, NULL, 0, true, &action));
    ck_assert_float_eq(action, 2);
}
END_TEST

START_TEST(dimensions_are_apart) {
    static const gb_key keys[] = {{"", 1, 1}, {"left", 0, -2}, {"right", 0, 2}, {"up", 1, 3}, {0}};
    const gb_spec spec = box(keys);
    float action[2] = {9, 9};
    ck_assert(gb_keys_action(&spec, NULL, 0, false, action));
    ck_assert(action[0] == 0 && action[1] == 1);
    ck_assert(gb_keys_action(&spec, (const char *[]){"left", "up"}, 2, true, action));
    ck_assert(action[0] == -2 && action[1] == 3);
    ck_assert(gb_keys_action(&spec, (const char *[]){"left", "right"}, 2, true, action));
    ck_assert(action[0] == 2 && action[1] == 1);
}
END_TEST

Suite *keys_suite(void);
Suite *keys_suite(void) {
    const TTest *const tests[] = {known_keys,           tables_are_checked,
                                  last_key_counts,      no_key_rests_or_keeps,
                                  dimensions_are_apart, NULL};
    return test_suite("keys", tests, 10);
}
