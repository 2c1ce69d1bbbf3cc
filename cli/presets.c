/* presets.c - tuned settings for an agent on an environment, shown by `gibbs help AGENT ENV` and
 * left out with --no-preset. Figures: docs/results.md. */
#include "registry.h"

const gb_preset gb_builtin_presets[] = {
    {"sac", "pendulum", "steps=20000 hidden=64,64 batch=100 lr=1e-3 lr_critic=1e-3 lr_alpha=1e-3",
     ""},
    {"sac", "cartpole",
     "steps=50000 hidden=64,64 batch=64 lr=1e-3 lr_critic=1e-3 lr_alpha=1e-3 entropy_scale=0.5",
     ""},
    {"sac", "acrobot",
     "steps=50000 hidden=64,64 batch=64 lr=1e-3 lr_critic=1e-3 lr_alpha=1e-3 entropy_scale=0.5",
     ""},
    {"sac", "mountain_car_continuous",
     "steps=50000 hidden=64,64 batch=256 lr=3e-4 lr_critic=3e-4 gamma=0.9999 tau=0.01 alpha=0.1 "
     "tune_alpha=0 noise=gsde train_every=32",
     ""},
    {"sac", "mountain_car",
     "steps=150000 hidden=64,64 batch=128 lr=1e-3 lr_critic=1e-3 alpha=0.1 tune_alpha=0 utd=0.5 "
     "train_every=2 noise=gsde noise_hold=32",
     ""},
    {"sac", "corridor",
     "steps=5000 hidden=64,64 batch=64 lr=1e-3 lr_critic=1e-3 alpha=0.002 tune_alpha=0 "
     "learning_starts=1000",
     ""},
    {"sac", "frozen_lake",
     "steps=50000 hidden=64,64 batch=64 lr=1e-3 lr_critic=1e-3 alpha=0.002 tune_alpha=0 "
     "learning_starts=5000",
     ""},
    {0},
};
