/* Refused: built against another contract. */
#include "base.h"

#undef ABI
#define ABI 99
PLUGIN;
