/* csv.h - tables of numbers in text: one line of column names, then a row a line.
 *
 * Cells are numbers as strtod reads them, or empty (NAN); cells of text may be there too, but their
 * columns hold NAN and cannot be asked for. There are no quotes: a comma always ends a cell.
 */
#ifndef GB_CORE_CSV_H
#define GB_CORE_CSV_H

#include "base.h"

typedef struct gb_csv {
    int columns, rows;
    const char **name; /* (columns) */
    double *cell;      /* (rows, columns) */
    int *text_line;    /* (columns) the first line whose cell is text; 0: all are numbers */
    char *text;        /* what the names point into */
} gb_csv;

/* Reads the table at path. The last line counts only if it ends in a line feed, for it may be half
 * of what a running program writes: the table may have no rows, or be empty (no columns). GB_FAIL
 * with "path:line: ..." for a row with more or fewer cells than there are names, or bytes that are
 * no text; or if the file cannot be read. The caller frees a table that was read with gb_csv_free.
 */
int gb_csv_read(const char *path, gb_csv *csv, gb_err *err);
void gb_csv_free(gb_csv *csv);

/* Returns the number of the column called name; -1 if there is none. */
int gb_csv_find(const gb_csv *csv, const char *name);

/* As gb_csv_find; if there is none, GB_USAGE with near names, and GB_FAIL if it holds text. `path`
 * is for messages. */
int gb_csv_column(const gb_csv *csv, const char *path, const char *name, gb_err *err);

#endif
