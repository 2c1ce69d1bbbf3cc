/* Refused: built against a header with functions that this program does not know. */
#include "base.h"

#undef SIZE
#define SIZE (sizeof(gb_env_type) + sizeof(void (*)(void)))
PLUGIN;
