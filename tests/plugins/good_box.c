/* Correct: real numbers. */
#define BOX
#include "base.h"

#undef NAME
#define NAME "tiny_box"
PLUGIN;
