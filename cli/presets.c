/* presets.c - tuned settings for an agent on an environment, shown by `gibbs help AGENT ENV` and
 * left out with --no-preset. Figures: docs/results.md. */
#include "cli.h"

const gb_preset gb_builtin_presets[] = {
    {"sac", "pendulum",
     "steps=20000 lr=1e-3 lr_critic=1e-3 lr_alpha=1e-3 hidden=64,64 batch=100 learning_starts=100",
     ""},
    {0},
};
