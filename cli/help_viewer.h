/* help_viewer.h - help of the commands that show things. */
#ifndef GB_CLI_HELP_VIEWER_H
#define GB_CLI_HELP_VIEWER_H

#include <stdbool.h>

/* Prints the options of watch, play or record with defaults, meanings and ranges. Returns false if
 * command is none of these. */
bool help_viewer(const char *command);

#endif
