/* Refused: its size leaves out observe. */
#include "base.h"

#undef SIZE
#define SIZE offsetof(gb_env_type, observe)
PLUGIN;
