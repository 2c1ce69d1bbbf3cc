/* pool.h - threads that share the parts of one task.
 *
 * The threads are started when they are first wanted, and kept. Between tasks they look out for the
 * next one for a moment, because updates follow each other within microseconds, and then sleep, so
 * that other processes get the cores. Which part does what is the caller's choice, made from the
 * part's number: so the numbers that come out need not depend on how many threads there were.
 *
 * On Linux, where there are as many threads as the caller may use cores, each is bound to one: the
 * caller only until the others sleep, half a millisecond after the last task. A thread that the
 * caller starts before that is bound as it is (a process that it forks is not): start threads
 * before the first task.
 */
#ifndef GB_CORE_POOL_H
#define GB_CORE_POOL_H

#include "base.h"

#define GB_POOL_MOST 256 /* parts */

/* Does part 0 <= part < parts of a task. */
typedef void gb_pool_task(void *context, int part, int parts);

/* Calls task(context, part, parts) once for each part and returns when all have ended: part 0 on
 * the calling thread, the others on one thread each. Parts above GB_POOL_MOST do not exist. If
 * threads cannot be started, or the pool is at work (a task of a task, another thread's), the
 * calling thread does all parts itself. A task must not fork and go on in the child. */
void gb_pool_run(int parts, gb_pool_task *task, void *context);

#endif
