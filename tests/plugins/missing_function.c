/* Refused: no step. */
#include "base.h"

#undef STEP
#define STEP NULL
PLUGIN;
