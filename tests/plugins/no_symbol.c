/* Refused: a shared library, but no plugin. */
#include "gibbs_plugin.h"

__attribute__((visibility("default"))) const int some_other_symbol = 1;
