/* step_lines.h - steps as JSON lines: what gibbs rollout prints and gibbs play saves. */
#ifndef GB_CLI_STEP_LINES_H
#define GB_CLI_STEP_LINES_H

#include "player.h"

#include <stdio.h>

/* Writes the last step of player as one line; t is its number. Doubles have 17 digits, floats nine,
 * so that both read back as they were. */
void step_write(FILE *out, const gb_player *player, int64_t t);

#endif
