/* fuzz_opt.c - the first line names an option, the rest is its value. What is accepted must come
 * back bit for bit from its text, also by way of an INI file; what is refused changes nothing. */
#include "file.h"
#include "fuzz.h"
#include "opt.h"

#include <stdlib.h>

typedef struct config {
    double wide, narrow;
    float single;
    int count;
    int64_t steps;
    bool flag;
    char choice[8], map[300], note[40];
    int list[5];
} config;

static const gb_opt table[] = {
    {"wide", GB_F64(config, wide), 0, -INFINITY, INFINITY, "any number"},
    {"narrow", GB_F64(config, narrow), 0.5, 0, 1, "a fraction"},
    {"single", GB_F32(config, single), 0.1, -1e30, 1e30, "a float"},
    {"count", GB_INT(config, count), 1, 1, 1e6, "a whole number"},
    {"steps", GB_I64(config, steps), 1, -0x1p63, 0x1p63, "a large whole number"},
    {"flag", GB_BOOL(config, flag), 0, 0, 1, "a switch"},
    {"choice", GB_TEXT(config, choice), .help = "one of three", .text = "a", .choices = "a|bc|def"},
    {"map", GB_FILE(config, map), .help = "a file", .text = "4x4", .choices = "4x4|8x8"},
    {"note", GB_TEXT(config, note), .help = "any text"},
    {"list", GB_INTS(config, list), .help = "sizes", .text = "64,64"},
    {0}};

static int take(void *context, const char *section, const char *key, const char *value, int line,
                gb_err *err) {
    (void)err;
    GB_ASSERT(!*section && line == 1 && gb_opts_find(table, key));
    strcpy(context, value);
    return GB_OK;
}

/* The text of an accepted value, as it stands in a saved run. */
static void check_text(const gb_opt *row, const config *accepted) {
    char text[GB_OPT_TEXT_MAX], line[GB_OPT_TEXT_MAX + 64], back[GB_OPT_TEXT_MAX] = "nothing";
    gb_opt_format(row, accepted, text, sizeof text);
    gb_format(line, sizeof line, "%s = %s\n", row->name, text);
    GB_ASSERT(gb_ini_parse(line, strlen(line), "saved", take, back, NULL) == GB_OK);
    GB_ASSERT(!strcmp(back, text));
    if (row->kind == GB_KIND_FILE && gb_file_readable(text)) return;
    config again;
    gb_opts_default(table, &again);
    GB_ASSERT(gb_opt_set(row, &again, text, "saved", NULL) == GB_OK);
    GB_ASSERT(
        !memcmp((char *)&again + row->offset, (const char *)accepted + row->offset, row->size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    char *value = text + strcspn(text, "\n");
    if (*value) *value++ = 0;

    const gb_opt *row = gb_opts_find(table, text);
    if (row) {
        config now, before;
        gb_err err = {""};
        memset(&now, 0, sizeof now);
        gb_opts_default(table, &now);
        memcpy(&before, &now, sizeof now);
        if (gb_opt_set(row, &now, value, "--option", &err) == GB_OK) {
            check_text(row, &now);
        } else {
            GB_ASSERT(!memcmp(&now, &before, sizeof now));
            fuzz_check_message(&err);
        }
    }
    gb_near near;
    char shown[256];
    gb_near_init(&near, text);
    gb_near_add_opts(&near, table);
    gb_near_text(&near, shown, sizeof shown);
    free(text);
    return 0;
}
