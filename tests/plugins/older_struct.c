/* Loads: built when gb_env_type ended with observe. What lies behind is not the host's to read. */
#include "base.h"

#undef SIZE
#define SIZE offsetof(gb_env_type, prepare)
PLUGIN;
