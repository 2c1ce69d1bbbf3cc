/* ini.c - INI files, through inih, with a reader that refuses what inih would pass over in silence:
 * lines too long for its buffer, rubbish behind a section's bracket, bytes that are no text. */
#include "file.h"
#include "opt.h"

#include <ini.h>
#include <string.h>

enum {
    FILE_MAX = 1 << 20,                      /* bytes of a file */
    LINE_MAX_WANTED = GB_OPT_TEXT_MAX + 256, /* of a line: any option's value, and its key */
    NAME_MAX_INIH = 49 /* letters of a section or key; inih cuts off the rest */
};

/* Debian's inih lets programs choose the longest line; elsewhere it is fixed when inih is built
 * (INI_MAX_LINE, often 200), and this is missing. The reader below is told the true room. */
extern int ini_max_line __attribute__((weak));

typedef struct source {
    const char *next, *end; /* what is left to read */
    const char *shown;
    int line; /* of the line last read */
    gb_ini_visitor *visit;
    void *context;
    int code; /* of the first failure, which err describes */
    gb_err *err;
} source;

static void refuse(source *from, const char *why) {
    from->code = gb_fail(from->err, GB_USAGE, "%s:%d: %s", from->shown, from->line, why);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* Returns whether nothing but blanks and a comment follows the first ']'. */
static bool section_ends(const char *line, size_t n) {
    const char *close = memchr(line, ']', n);
    if (!close) return true; /* inih's own error */
    for (const char *p = close + 1; p < line + n; p++) {
        if (*p == ';' || *p == '#') return true;
        if (!is_blank(*p)) return false;
    }
    return true;
}

/* Returns why the line cannot be passed on to inih with `room` bytes, or NULL. */
static const char *line_fault(const char *line, size_t n, size_t room) {
    if (n + 2 > room) return "the line is too long; shorten it";
    if (!gb_is_utf8(line, n)) return "is not UTF-8 text; check that this is an INI file";
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)line[i] < 32 && line[i] != '\t') || line[i] == 127)
            return "holds control characters; check that this is an INI file";
    if (n && *line == '[' && !section_ends(line, n))
        return "text follows the section's ']'; put it on a line of its own";
    return NULL;
}

/* Hands the next line to inih, in the manner of fgets; the end comes early after a failure. */
static char *read_line(char *line, int room, void *stream) {
    source *from = stream;
    if (from->code != GB_OK || from->next == from->end) return NULL;
    const char *begin = from->next;
    const char *stop = memchr(begin, '\n', (size_t)(from->end - begin));
    from->next = stop ? stop + 1 : from->end;
    if (!stop) stop = from->end;
    from->line++;
    if (from->line == 1 && stop - begin >= 3 && !memcmp(begin, "\xef\xbb\xbf", 3)) begin += 3;
    /* an indented line is one of its own to us; to inih it would go on with the value above */
    while (begin < stop && is_blank(*begin)) begin++;
    while (begin < stop && is_blank(stop[-1])) stop--;

    size_t n = (size_t)(stop - begin);
    const char *fault = line_fault(begin, n, (size_t)room);
    if (fault) {
        refuse(from, fault);
        return NULL;
    }
    memcpy(line, begin, n);
    memcpy(line + n, "\n", 2);
    return line;
}

static int take_entry(void *user, const char *section, const char *key, const char *value) {
    source *from = user;
    if (from->code != GB_OK) return 0;
    if (!*key)
        refuse(from, "no key stands before the '='");
    else if (strlen(key) >= NAME_MAX_INIH || strlen(section) >= NAME_MAX_INIH)
        refuse(from, "the section's or the key's name is too long");
    else if (from->visit)
        from->code = from->visit(from->context, section, key, value, from->line, from->err);
    return from->code == GB_OK;
}

/* Reads all of the source; returns its code. */
static int run(source from) {
    int line = ini_parse_stream(read_line, &from, take_entry, &from);
    if (from.code == GB_OK && line < 0)
        return gb_fail(from.err, GB_FAIL, "%s: out of memory; free some", from.shown);
    if (from.code == GB_OK && line) {
        from.line = line;
        refuse(&from, "is neither '[section]' nor 'key = value'");
    }
    return from.code;
}

int gb_ini_parse(const char *text, size_t n, const char *shown, gb_ini_visitor *visit,
                 void *context, gb_err *err) {
    source from = {.next = text, .end = text + n, .shown = shown, .context = context, .err = err};
    if (&ini_max_line) ini_max_line = LINE_MAX_WANTED;
    /* inih goes on behind a malformed line, so those are looked for before anything is visited */
    int code = run(from);
    if (code != GB_OK) return code;
    from.visit = visit;
    return run(from);
}

int gb_ini_read(const char *path, gb_ini_visitor *visit, void *context, gb_err *err) {
    size_t n;
    char *text = gb_file_read(path, FILE_MAX, &n, err);
    if (!text) return GB_FAIL;
    int code = gb_ini_parse(text, n, path, visit, context, err);
    gb_dealloc(text);
    return code;
}
