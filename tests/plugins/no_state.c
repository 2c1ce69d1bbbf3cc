/* Refused: declares no state. */
#include "base.h"

#undef STATE_SIZE
#define STATE_SIZE 0
PLUGIN;
