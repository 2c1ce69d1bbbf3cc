/* INI files: what is visited, and which faults are found where. */
#include "opt.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* All entries of a file, one after another: "section.key=value@line ". */
struct seen {
    char text[3 * GB_OPT_TEXT_MAX];
    int stop_at; /* line at which the visitor fails, 0: none */
};

static int note(void *context, const char *section, const char *key, const char *value, int line,
                gb_err *err) {
    struct seen *seen = context;
    size_t n = strlen(seen->text);
    gb_format(seen->text + n, sizeof seen->text - n, "%s.%s=%s@%d ", section, key, value, line);
    if (line == seen->stop_at) return gb_fail(err, -7, "enough");
    return GB_OK;
}

static int parse(const char *text, size_t n, struct seen *seen, gb_err *err) {
    *seen = (struct seen){.stop_at = seen->stop_at};
    return gb_ini_parse(text, n, "x.ini", note, seen, err);
}

static struct seen seen;

static void accept(const char *text, const char *expected) {
    gb_err err = {""};
    ck_assert_msg(parse(text, strlen(text), &seen, &err) == GB_OK, "%s", err.msg);
    ck_assert_str_eq(seen.text, expected);
}

/* Asserts that text is refused with this message, before anything of it is visited. */
static void refuse(const char *text, size_t n, const char *message) {
    gb_err err = {""};
    ck_assert_int_eq(parse(text, n, &seen, &err), GB_USAGE);
    ck_assert_str_eq(err.msg, message);
    ck_assert_str_eq(seen.text, "");
}

START_TEST(test_entries) {
    accept("", "");
    accept("\n\n", "");
    accept("a=1", ".a=1@1 ");
    accept("steps = 1e6\n[env]\n# note\n; note\nmap: 8x8 ; note\n\n[agent] ; note\r\nlr=\r\n",
           ".steps=1e6@1 env.map=8x8@5 agent.lr=@8 ");
    accept("\xef\xbb\xbf"
           "a=1\n",
           ".a=1@1 ");
    accept("a=b=c;d\n", ".a=b=c;d@1 ");
    accept("a=1\na=2\n", ".a=1@1 .a=2@2 ");
}
END_TEST

/* inih alone would take the indented lines for more of the value above them. */
START_TEST(test_indented_lines_are_lines) {
    accept("[env]\n  a = 1\n\tb = 2\n", "env.a=1@2 env.b=2@3 ");
    accept("a = 1\n  [env]\n  b = 2\n", ".a=1@1 env.b=2@3 ");
    refuse("a = 1\n  more\n", 13, "x.ini:2: is neither '[section]' nor 'key = value'");
}
END_TEST

START_TEST(test_long_values) {
    static char text[GB_OPT_TEXT_MAX + 100], expected[GB_OPT_TEXT_MAX + 100];
    char value[GB_OPT_TEXT_MAX];
    memset(value, 'S', sizeof value - 1);
    value[sizeof value - 1] = 0;
    snprintf(text, sizeof text, "[env]\nmap = %s\nx=1", value);
    snprintf(expected, sizeof expected, "env.map=%s@2 env.x=1@3 ", value);
    accept(text, expected);
}
END_TEST

START_TEST(test_faults_name_the_line) {
    static char longer[20000];
    memset(longer, 'x', sizeof longer);
    memcpy(longer, "a=1\nb=", 6);
    refuse(longer, sizeof longer, "x.ini:2: the line is too long; shorten it");
    char name[64] = "";
    memset(name, 'k', 60);
    strcpy(name + 60, "=1");
    refuse(name, 62, "x.ini:1: the section's or the key's name is too long");
    const struct {
        const char *text, *message;
    } faults[] = {
        {"word\n", "x.ini:1: is neither '[section]' nor 'key = value'"},
        {"a=1\n[env\nb=2", "x.ini:2: is neither '[section]' nor 'key = value'"},
        {"a=1\n= 2\n", "x.ini:2: no key stands before the '='"},
        {"[env] a=1\n", "x.ini:1: text follows the section's ']'; put it on a line of its own"},
        {"a=1\n\xff\xfe\n", "x.ini:2: is not UTF-8 text; check that this is an INI file"},
        {"\x7f"
         "ELF\x02\x01",
         "x.ini:1: holds control characters; check that this is an INI file"},
        {"a=\x1b[1m", "x.ini:1: holds control characters; check that this is an INI file"},
        {"a=1\rb=2", "x.ini:1: holds control characters; check that this is an INI file"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        refuse(faults[i].text, strlen(faults[i].text), faults[i].message);
    refuse("a=1\nb=\0c", 8, "x.ini:2: is not UTF-8 text; check that this is an INI file");
}
END_TEST

START_TEST(test_visitor_stops_it) {
    gb_err err = {""};
    const char text[] = "a=1\nb=2\nc=3\n";
    seen.stop_at = 2;
    ck_assert_int_eq(parse(text, strlen(text), &seen, &err), -7);
    ck_assert_str_eq(err.msg, "enough");
    ck_assert_str_eq(seen.text, ".a=1@1 .b=2@2 ");
}
END_TEST

static void refuse_file(const char *path, int code, const char *why) {
    gb_err err = {""};
    ck_assert_int_eq(gb_ini_read(path, note, &seen, &err), code);
    ck_assert_msg(!strncmp(err.msg, path, strlen(path)), "path not named: %s", err.msg);
    ck_assert_msg(strstr(err.msg, why) != NULL, "%s not said: %s", why, err.msg);
    ck_assert_str_eq(seen.text, "");
}

START_TEST(test_files) {
    char path[128], fifo[128];
    const char *folder = test_folder();
    snprintf(path, sizeof path, "%s/a.ini", folder);
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    refuse_file(path, GB_FAIL, "No such file");
    refuse_file(folder, GB_FAIL, "folder");
    refuse_file(fifo, GB_FAIL, "pipe");
    test_write(path, "a=1\nb", 5);
    refuse_file(path, GB_USAGE, "a.ini:2: ");
    char *big = calloc(1, 2 << 20);
    test_write(path, big, 2 << 20);
    free(big);
    refuse_file(path, GB_FAIL, "too large");
    test_write(path, "[env]\nb=2\n", 10);
    ck_assert_int_eq(gb_ini_read(path, note, &seen, NULL), GB_OK);
    ck_assert_str_eq(seen.text, "env.b=2@2 ");
}
END_TEST

/* Whatever a text option may hold survives being written as "key = value". */
static int take(void *context, const char *section, const char *key, const char *value, int line,
                gb_err *err) {
    (void)section, (void)key, (void)line, (void)err;
    strcpy(context, value);
    return GB_OK;
}

START_TEST(test_texts_survive) {
    struct config {
        char note[64];
    } c = {""};
    const gb_opt row = {"note", GB_TEXT(struct config, note), .help = "x"};
    const char *texts[] = {"",           "a",     "a;b",
                           "#a",         "[a]",   "a = b : c",
                           "\"quoted\"", "a # b", "\xc3\xa4 \xe2\x82\xac",
                           "a  b",       "=",     ":",
                           "]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char line[128], back[64] = "nothing";
        ck_assert_int_eq(gb_opt_set(&row, &c, texts[i], "x", NULL), GB_OK);
        snprintf(line, sizeof line, "note = %s\n", c.note);
        ck_assert_int_eq(gb_ini_parse(line, strlen(line), "x", take, back, NULL), GB_OK);
        ck_assert_str_eq(back, texts[i]);
    }
}
END_TEST

Suite *ini_suite(void);
Suite *ini_suite(void) {
    const TTest *const tests[] = {test_entries,          test_indented_lines_are_lines,
                                  test_long_values,      test_faults_name_the_line,
                                  test_visitor_stops_it, test_files,
                                  test_texts_survive,    NULL};
    return test_suite("ini", tests, 30);
}
