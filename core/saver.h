/* saver.h - a thread that writes checkpoints, so that nobody else waits for the disk.
 *
 * One checkpoint at a time. Failures stick: after the first, gb_saver_wait hands out its message.
 */
#ifndef GB_CORE_SAVER_H
#define GB_CORE_SAVER_H

#include "archive.h"
#include "base.h"

typedef struct gb_saver gb_saver;

/* Work that belongs before a checkpoint, on the saver's thread: what it refers to must be on the
 * disk before it is. */
typedef int gb_saver_first(void *context, gb_err *err);

/* Returns a saver, or NULL with a message. */
gb_saver *gb_saver_create(gb_err *err);

/* Waits for what is being written, and ends the thread. Accepts NULL. */
void gb_saver_destroy(gb_saver *saver);

/* Hands over an archive that refers to nothing which changes (gb_archive_freeze), to be written to
 * path, after first(context) went well. Takes the archive and closes it. The saver must be idle. If
 * no thread can be started, the caller's does it. */
void gb_saver_start(gb_saver *saver, gb_archive *archive, const char *path, gb_saver_first *first,
                    void *context);

/* Whether nothing is being written; and whether something could not be. */
bool gb_saver_idle(const gb_saver *saver);
bool gb_saver_failed(const gb_saver *saver);

/* Waits until the saver is idle. GB_OK if all that was handed over so far is on the disk, else
 * GB_FAIL and the first message. */
int gb_saver_wait(gb_saver *saver, gb_err *err);

/* Returns how many seconds the last try to write a checkpoint took. */
double gb_saver_seconds(gb_saver *saver);

#endif
