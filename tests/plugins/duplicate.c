/* Refused where good.so is loaded: has the same name. */
#include "base.h"

PLUGIN;
