/* Correct, but draws nothing. */
#include "base.h"

#undef DRAW
#define DRAW NULL
PLUGIN;
