/* Correct: a finite MDP, with all that is optional. */
#include "base.h"

#undef STEP_BLOCK
#define STEP_BLOCK base_step_block
PLUGIN;
