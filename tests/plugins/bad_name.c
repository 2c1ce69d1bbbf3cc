/* Refused: names are [a-z][a-z0-9_]*. */
#include "base.h"

#undef NAME
#define NAME "Tiny-v1"
PLUGIN;
