/* opt.h - option tables: one description of each option drives parsing, range checks, help, INI
 * files and the saved run.
 *
 * A table (gb_opt rows of gibbs_plugin.h, ended by {0}) describes fields of a config struct.
 */
#ifndef GB_CORE_OPT_H
#define GB_CORE_OPT_H

#include "base.h"
#include "gibbs_plugin.h"

#define GB_OPT_TEXT_MAX 8192 /* room for the text form of any value */

/* Returns the bytes of one number (or letter) of a kind; 0 if there is no such kind. */
size_t gb_kind_size(int kind);

/* Returns NULL if table is sound for a config of config_size bytes (names, kinds, offsets, defaults
 * inside ranges), else what is wrong with it, in fault[size]. Run on all tables of plugins. */
const char *gb_opts_fault(const gb_opt *table, size_t config_size, char *fault, size_t size);

/* Writes all defaults of table to config. */
void gb_opts_default(const gb_opt *table, void *config);

/* Returns the row called name, or NULL. A NULL table is empty. */
const gb_opt *gb_opts_find(const gb_opt *table, const char *name);

/* Sets the option of row in config from text, all of which must be a value in range. Texts must be
 * UTF-8 that an INI file can hold: no control characters, no blanks at the ends, no ';' behind a
 * blank. `shown` is how the option is written where the user gave it ("--lr", "my.ini:3: lr"); it
 * heads the message. On failure (GB_USAGE) config is as before. */
int gb_opt_set(const gb_opt *row, void *config, const char *text, const char *shown, gb_err *err);

/* Writes the option's value in config as text that gb_opt_set reads back to the same bits. */
char *gb_opt_format(const gb_opt *row, const void *config, char *text, size_t size);

/* Writes "0..1", ">= 0", "4x4|8x8|FILE", "1..7 numbers" or "" to text: what values row accepts. */
char *gb_opt_range(const gb_opt *row, char *text, size_t size);

/* --- near names: "did you mean" ---------------------------------------------------------------*/

/* Collects the candidate names nearest to a mistyped one (Damerau-Levenshtein). */
typedef struct gb_near {
    const char *wanted;
    const char *name[3];
    int distance[3], n;
} gb_near;

void gb_near_init(gb_near *near, const char *wanted);
void gb_near_add(gb_near *near, const char *candidate); /* kept, so it must stay valid */
void gb_near_add_opts(gb_near *near, const gb_opt *table);
/* Writes "; did you mean lr or tau?" to text, or "" if nothing is near. Returns text. */
char *gb_near_text(const gb_near *near, char *text, size_t size);

/* --- INI files --------------------------------------------------------------------------------*/

/* Called for each "key = value" of an INI file; returns GB_OK, or a code with a message in err. */
typedef int gb_ini_visitor(void *context, const char *section, const char *key, const char *value,
                           int line, gb_err *err);

/* Reads path (through inih) and visits all its entries; a key before any section has the section
 * "". Stops at the first failure: an unreadable file (GB_FAIL), a malformed line (GB_USAGE,
 * "path:line: ..."), or what the visitor returned. */
int gb_ini_read(const char *path, gb_ini_visitor *visit, void *context, gb_err *err);

/* The same for n bytes in memory; `shown` stands for the path. */
int gb_ini_parse(const char *text, size_t n, const char *shown, gb_ini_visitor *visit,
                 void *context, gb_err *err);

#endif
