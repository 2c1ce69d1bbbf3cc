/* schedule.h - numbers that move over a run: learning rates, clip ranges, exploration rates.
 *
 * An option of kind TEXT holds a schedule as people write it:
 *     3e-4          constant
 *     lin_3e-4      falls linearly to 0 over the run (the notation of RL Baselines3 Zoo)
 *     1:0.05        moves linearly from 1 to 0.05 over the run
 *     1:0.05:0.1    the same within the first tenth of the run, then stays at 0.05
 * A schedule has no memory: it is a function of how much of the run is done, so that a run that
 * goes on after a break needs nothing but its step count.
 */
#ifndef GB_CORE_SCHEDULE_H
#define GB_CORE_SCHEDULE_H

#include "base.h"

typedef struct gb_schedule {
    double from, to;
    double fraction; /* of the run, in (0, 1], after which `to` is reached */
} gb_schedule;

#define GB_SCHEDULE_TEXT 48 /* room for the text of one in a config */

/* Reads text, whose numbers must lie in min..max. `shown` is how the option is written ("--lr"); it
 * heads the message. GB_USAGE if it is no schedule; *schedule is then as before. */
int gb_schedule_parse(gb_schedule *schedule, const char *text, double min, double max,
                      const char *shown, gb_err *err);

/* Returns the value after `done` of `total` steps; a total of 0 or less stands at the beginning. */
double gb_schedule_at(const gb_schedule *schedule, int64_t done, int64_t total);

#endif
