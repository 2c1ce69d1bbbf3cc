/* fuzz_ini.c - any bytes as an INI file: entries are what they must be, refusals say the line. */
#include "file.h"
#include "fuzz.h"
#include "opt.h"

#include <stdlib.h>

struct visits {
    int count, line;
};

static int take(void *context, const char *section, const char *key, const char *value, int line,
                gb_err *err) {
    struct visits *visits = context;
    (void)err;
    GB_ASSERT(*key && line > visits->line);
    GB_ASSERT(gb_is_utf8(section, strlen(section)) && gb_is_utf8(key, strlen(key)));
    GB_ASSERT(gb_is_utf8(value, strlen(value)) && !strchr(value, '\n'));
    visits->line = line;
    visits->count++;
    return GB_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *exact = malloc(size + !size); /* without a zero at its end */
    memcpy(exact, data, size);
    struct visits visits = {0};
    gb_err err = {""};
    if (gb_ini_parse(exact, size, "x.ini", take, &visits, &err) != GB_OK) {
        fuzz_check_message(&err);
        GB_ASSERT(!strncmp(err.msg, "x.ini:", 6));
        GB_ASSERT(!visits.count); /* faults are found before anything is visited */
    }
    free(exact);
    return 0;
}
