#include "csv.h"

#include "file.h"
#include "opt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 1 << 28, COLUMNS_MOST = 4096 };

/* What is read, line by line. */
typedef struct reader {
    const char *path;
    char *next; /* the next line */
    int line;   /* number of the one before */
    gb_err *err;
} reader;

/* Returns the next whole line, without its end; NULL after the last. Blank lines are left out. */
static char *next_line(reader *from) {
    for (;;) {
        char *line = from->next, *end = strchr(line, '\n');
        if (!end) return NULL;
        from->next = end + 1;
        from->line++;
        *end = 0;
        if (end > line && end[-1] == '\r') end[-1] = 0;
        if (*line) return line;
    }
}

static int count_cells(const char *line) {
    int n = 1;
    for (; *line; line++) n += *line == ',';
    return n;
}

/* Ends the cell at *at, and moves *at to the next one. Returns the cell. */
static char *next_cell(char **at) {
    char *cell = *at, *comma = strchr(cell, ',');
    *at = comma ? comma + 1 : cell + strlen(cell);
    if (comma) *comma = 0;
    while (*cell == ' ') cell++;
    for (char *end = cell + strlen(cell); end > cell && end[-1] == ' ';) *--end = 0;
    return cell;
}

/* Returns whether the whole cell is a number, or empty. */
static bool read_number(const char *cell, double *value) {
    char *end;
    *value = NAN;
    if (!*cell) return true;
    *value = strtod(cell, &end);
    if (!*end) return true;
    *value = NAN;
    return false;
}

static int read_names(reader *from, gb_csv *csv) {
    char *line = next_line(from);
    if (!line) return GB_OK;
    csv->columns = count_cells(line);
    if (csv->columns > COLUMNS_MOST)
        return gb_fail(from->err, GB_FAIL, "%s: has more than %d columns; is it a table?",
                       from->path, COLUMNS_MOST);
    csv->name = gb_alloc((size_t)csv->columns, sizeof *csv->name, from->err);
    csv->text_line = gb_alloc((size_t)csv->columns, sizeof *csv->text_line, from->err);
    if (!csv->name || !csv->text_line) return GB_FAIL;
    for (int i = 0; i < csv->columns; i++) csv->name[i] = next_cell(&line);
    return GB_OK;
}

static int read_rows(reader *from, gb_csv *csv) {
    size_t lines = 0;
    for (const char *p = from->next; (p = strchr(p, '\n')); p++) lines++;
    csv->cell = gb_alloc(lines * (size_t)csv->columns, sizeof *csv->cell, from->err);
    if (!csv->cell) return GB_FAIL;
    double *cell = csv->cell;
    for (char *line; (line = next_line(from)); csv->rows++) {
        int n = count_cells(line);
        if (n != csv->columns)
            return gb_fail(from->err, GB_FAIL,
                           "%s:%d: has %d cells, but there are %d columns; "
                           "mend the line",
                           from->path, from->line, n, csv->columns);
        for (int i = 0; i < n; i++, cell++)
            if (!read_number(next_cell(&line), cell) && !csv->text_line[i])
                csv->text_line[i] = from->line;
    }
    return GB_OK;
}

int gb_csv_read(const char *path, gb_csv *csv, gb_err *err) {
    size_t n;
    *csv = (gb_csv){0};
    csv->text = gb_file_read(path, FILE_MOST, &n, err);
    if (!csv->text) return GB_FAIL;
    int code = GB_OK;
    if (!gb_is_utf8(csv->text, n))
        code = gb_fail(err, GB_FAIL, "%s: is not UTF-8 text; check that this is a table", path);
    bool marked = n >= 3 && !memcmp(csv->text, "\xef\xbb\xbf", 3);
    reader from = {.path = path, .next = csv->text + (marked ? 3 : 0), .err = err};
    if (!code) code = read_names(&from, csv);
    if (!code && csv->columns) code = read_rows(&from, csv);
    if (code) gb_csv_free(csv);
    return code;
}

void gb_csv_free(gb_csv *csv) {
    gb_dealloc(csv->name);
    gb_dealloc(csv->cell);
    gb_dealloc(csv->text_line);
    gb_dealloc(csv->text);
    *csv = (gb_csv){0};
}

int gb_csv_find(const gb_csv *csv, const char *name) {
    for (int i = 0; i < csv->columns; i++)
        if (!strcmp(csv->name[i], name)) return i;
    return -1;
}

int gb_csv_column(const gb_csv *csv, const char *path, const char *name, gb_err *err) {
    int at = gb_csv_find(csv, name);
    if (at >= 0 && csv->text_line[at])
        return gb_fail(err, GB_FAIL, "%s:%d: column %s holds text; choose one of numbers", path,
                       csv->text_line[at], name);
    if (at >= 0) return at;
    gb_near near;
    char text[256];
    gb_near_init(&near, name);
    for (int i = 0; i < csv->columns; i++) gb_near_add(&near, csv->name[i]);
    if (near.n)
        return gb_fail(err, GB_USAGE, "%s: has no column %s%s", path, name,
                       gb_near_text(&near, text, sizeof text));
    size_t n = 0;
    text[0] = 0;
    for (int i = 0; i < csv->columns; i++) {
        gb_format(text + n, sizeof text - n, "%s%s", i ? ", " : "", csv->name[i]);
        n = strlen(text);
    }
    return gb_fail(err, GB_USAGE, "%s: has no column %s; it has %s", path, name, text);
}
