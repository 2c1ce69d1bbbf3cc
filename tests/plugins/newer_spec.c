/* Refused: its spec would write behind the end of this program's gb_spec. */
#include "base.h"

#undef SPEC_SIZE
#define SPEC_SIZE (sizeof(gb_spec) + sizeof(int))
PLUGIN;
