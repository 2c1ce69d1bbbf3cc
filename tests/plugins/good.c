/* Correct: a finite MDP. */
#include "base.h"

PLUGIN;
