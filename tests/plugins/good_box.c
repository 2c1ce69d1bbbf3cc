/* Correct: real numbers. */
#define BOX
#include "base.h"

#undef NAME
#define NAME "tiny_box"
#undef STEP_BLOCK
#define STEP_BLOCK base_step_block
PLUGIN;
