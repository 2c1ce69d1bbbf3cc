/* presets.c - tuned settings for an agent on an environment, shown by `gibbs help AGENT ENV` and
 * left out with --no-preset. Figures: docs/results.md. */
#include "registry.h"

/* Of dqn and mdqn on acrobot and mountain_car. */
#define SWINGS                                                                                     \
    "hidden=64,64 scale_obs=1 loss=squared lr=1e-3 lr_end=0 batch=64 buffer=100000 "               \
    "learning_starts=5000 utd=0.5 n_step=5 target_update_interval=400 epsilon=0.3 "                \
    "epsilon_end=0.01 exploration_fraction=0.5 "
#define POLE                                                                                       \
    "steps=50000 hidden=256,256 lr=1e-3 lr_end=0.1 batch=64 buffer=100000 learning_starts=1000 "   \
    "train_every=256 utd=0.5 target_update_interval=10 epsilon_end=0.04 exploration_fraction=0.16"
/* And on MinAtar: Kitamura et al. 2023, and their published code, but for the length of the run,
 * which is MinAtar's own; add --dvw 1 for theirs. All six actions, as published. */
#define PICTURES                                                                                   \
    "steps=5000000 channels=16 hidden=128 loss=squared lr=2.5e-4 max_grad_norm=0 batch=32 "        \
    "buffer=100000 learning_starts=10000 target_update_interval=1000 epsilon_end=0.1 "             \
    "exploration_fraction=0.2 env.actions=full"
#define PICTURES_NOTE "Kitamura et al. 2023; not yet measured"

/* Of sac on MuJoCo's tasks: Haarnoja et al. 2018 in the defaults, and RL Baselines3 Zoo. */
#define BODIES      "steps=1000000 learning_starts=10000"
#define BODIES_NOTE "Haarnoja et al. 2018 and RL Zoo; not yet measured"

/* And of the on-policy agents there: RL Zoo's. */
#define MILLION  "steps=1000000 "
#define ZOO_NOTE "RL Zoo's; not yet measured"
#define ZOO_PPO                                                                                    \
    "norm_obs=1 norm_reward=1 n_steps=512 hidden=256,256 activation=relu "                         \
    "log_std_init=-2 ortho_init=0 "
#define ZOO_PPO_SMALL "norm_obs=1 norm_reward=1 "
#define ZOO_A2C       "norm_obs=1 norm_reward=1"
#define ZOO_TRPO                                                                                   \
    "envs=2 norm_obs=1 norm_reward=1 n_steps=1024 cg_max_steps=25 "                                \
    "n_critic_updates=20"

const gb_preset gb_builtin_presets[] = {
    {"sac", "pendulum", "steps=20000 hidden=64,64 batch=100 lr=1e-3 lr_critic=1e-3 lr_alpha=1e-3",
     "5 seeds: -141.5 +- 1.6 in 20,000 steps"},
    {"sac", "cartpole",
     "steps=50000 hidden=64,64 batch=64 lr=1e-3 lr_critic=1e-3 lr_alpha=1e-3 entropy_scale=0.5",
     "5 seeds: 492 +- 18 in 50,000 steps"},
    {"sac", "acrobot",
     "steps=100000 hidden=64,64 batch=64 lr=1e-3 lr_critic=1e-3 gamma=0.98 tau=0.01 alpha=0.05 "
     "tune_alpha=0 noise=gsde noise_hold=8 learning_starts=20000",
     "5 seeds: -128 +- 66 in 100,000 steps"},
    {"sac", "mountain_car_continuous",
     "steps=50000 hidden=64,64 batch=256 lr=3e-4 lr_critic=3e-4 gamma=0.9999 tau=0.01 alpha=0.1 "
     "tune_alpha=0 noise=gsde train_every=32",
     "Stable-Baselines3 zoo, gsde kept; 5 seeds: 95.2 +- 0.5 in 50,000 steps"},
    {"sac", "mountain_car",
     "steps=150000 hidden=64,64 batch=128 lr=1e-3 lr_critic=1e-3 alpha=0.1 tune_alpha=0 utd=0.5 "
     "train_every=2 noise=gsde noise_hold=32",
     "5 seeds: -126 +- 15 in 150,000 steps"},
    {"sac", "corridor",
     "steps=5000 hidden=64,64 batch=64 lr=1e-3 lr_critic=1e-3 alpha=0.002 tune_alpha=0 "
     "learning_starts=1000",
     "a small alpha: else the entropy of going on outweighs the goal; 5 seeds: 1 +- 0"},
    {"sac", "frozen_lake",
     "steps=50000 hidden=64,64 batch=256 lr=3e-4 lr_critic=3e-4 gamma=0.995 alpha=0.001 "
     "tune_alpha=0 learning_starts=5000",
     "as for corridor; 5 seeds: 0.63 +- 0.19 in 50,000 steps"},
    {"sac", "half_cheetah", BODIES,
     "Haarnoja et al. 2018 and RL Zoo; 3 seeds: 8692 +- 496 in 300,000 steps"},
    {"sac", "hopper", BODIES,
     "Haarnoja et al. 2018 and RL Zoo; 3 seeds: 3020 +- 423 in 300,000 steps"},
    {"sac", "walker2d", BODIES,
     "Haarnoja et al. 2018 and RL Zoo; 3 seeds: 2580 +- 307 in 300,000 steps"},
    {"sac", "ant", BODIES,
     "Haarnoja et al. 2018 and RL Zoo; 3 seeds: 2314 +- 570 in 300,000 steps"},
    {"sac", "humanoid", "steps=2000000 learning_starts=10000", BODIES_NOTE},
    {"sac", "swimmer", BODIES " gamma=0.999",
     "Haarnoja et al. 2018 and RL Zoo; 3 seeds: 345 +- 2 in 300,000 steps"},
    {"sac", "pusher", "steps=500000 learning_starts=10000", "not yet measured"},
    {"sac", "reacher", "steps=200000 learning_starts=10000",
     "3 seeds: -3.89 +- 0.02 in 200,000 steps"},
    {"sac", "inverted_double_pendulum", "steps=100000 learning_starts=1000",
     "3 seeds: 9329 +- 46 in 100,000 steps"},
    {"sac", "inverted_pendulum",
     "steps=30000 hidden=64,64 lr=1e-3 lr_critic=1e-3 lr_alpha=1e-3 learning_starts=1000",
     "5 seeds: 1000 +- 0 in 30,000 steps"},
    {"ppo", "cartpole",
     "steps=50000 envs=8 n_steps=32 batch=256 n_epochs=20 gamma=0.98 gae_lambda=0.8 lr=lin_1e-3 "
     "clip_range=lin_0.2",
     "RL Zoo's, in half its steps; 5 seeds: 500 +- 0 in 50,000 steps"},
    {"ppo", "acrobot",
     "steps=200000 envs=16 n_steps=256 n_epochs=4 gae_lambda=0.94 norm_obs=1 norm_reward=1",
     "RL Zoo's, in a fifth of its steps; 5 seeds: -83.5 +- 1.8 in 200,000 steps"},
    {"ppo", "pendulum", "steps=100000 envs=4 n_steps=1024 gamma=0.9 lr=1e-3",
     "RL Zoo's without gSDE; 5 seeds: -176 +- 9 in 100,000 steps"},
    {"ppo", "mountain_car",
     "steps=1000000 envs=16 n_steps=16 n_epochs=4 gae_lambda=0.98 norm_obs=1 norm_reward=1",
     "RL Zoo's; 5 seeds: -113.7 +- 3.8 in 1,000,000 steps"},
    {"ppo", "mountain_car_continuous",
     "steps=100000 envs=16 n_steps=256 gamma=0.999 norm_obs=1 norm_reward=1",
     "16 environments find the goal without gSDE; 5 seeds: 93.8 +- 0.4 in 100,000 steps"},
    {"a2c", "cartpole", "steps=100000 envs=8 n_steps=8 gae_lambda=0.95 lr=lin_2e-3 norm_reward=1",
     "rewards scaled, so that the critic's errors leave the actor a part of the gradient's norm; "
     "5 seeds: 500 +- 0 in 100,000 steps"},
    {"a2c", "acrobot", "steps=500000 envs=16 norm_obs=1 norm_reward=1",
     "RL Zoo's; 5 seeds: -82.2 +- 3.6 in 500,000 steps"},
    {"a2c", "mountain_car", "steps=1000000 envs=16 norm_obs=1 norm_reward=1",
     "RL Zoo's; 5 seeds: -119.3 +- 7.3 in 1,000,000 steps"},
    {"a2c", "mountain_car_continuous",
     "steps=300000 envs=16 n_steps=100 gamma=0.999 norm_obs=1 norm_reward=1",
     "as ppo; 5 seeds: 93.1 +- 0.2 in 300,000 steps"},
    {"a2c", "pendulum",
     "steps=1000000 envs=8 n_steps=8 gamma=0.9 gae_lambda=0.9 lr=lin_7e-4 vf_coef=0.4 norm_obs=1 "
     "norm_reward=1",
     "RL Zoo's without gSDE; 5 seeds: -210 +- 34 in 1,000,000 steps"},
    {"ppo", "half_cheetah",
     MILLION ZOO_PPO "lr=2.0633e-5 gamma=0.98 ent_coef=0.000401762 n_epochs=20 gae_lambda=0.92 "
                     "clip_range=0.1 vf_coef=0.58096 max_grad_norm=0.8",
     ZOO_NOTE},
    {"ppo", "hopper",
     MILLION ZOO_PPO
     "lr=9.80828e-5 gamma=0.999 batch=32 ent_coef=0.00229519 n_epochs=5 gae_lambda=0.99 "
     "vf_coef=0.835671 max_grad_norm=0.7",
     ZOO_NOTE},
    {"ppo", "humanoid",
     "steps=10000000 " ZOO_PPO
     "lr=3.56987e-5 gamma=0.95 batch=256 ent_coef=0.00238306 n_epochs=5 gae_lambda=0.9 "
     "clip_range=0.3 vf_coef=0.431892 max_grad_norm=2",
     ZOO_NOTE},
    {"ppo", "walker2d",
     MILLION ZOO_PPO_SMALL "n_steps=512 lr=5.05041e-5 batch=32 ent_coef=0.000585045 n_epochs=20 "
                           "clip_range=0.1 vf_coef=0.871923 max_grad_norm=1",
     ZOO_NOTE},
    {"ppo", "swimmer",
     MILLION ZOO_PPO_SMALL "envs=4 n_steps=1024 lr=6e-4 gamma=0.9999 batch=256 gae_lambda=0.98",
     ZOO_NOTE},
    {"ppo", "ant", MILLION ZOO_PPO_SMALL, ZOO_NOTE},
    {"ppo", "reacher",
     MILLION ZOO_PPO_SMALL
     "n_steps=512 lr=1.04019e-4 gamma=0.9 batch=32 ent_coef=7.52585e-8 n_epochs=5 "
     "gae_lambda=1 clip_range=0.3 vf_coef=0.950368 max_grad_norm=0.9",
     ZOO_NOTE},
    {"ppo", "inverted_pendulum",
     MILLION ZOO_PPO_SMALL
     "n_steps=32 lr=2.22425e-4 gamma=0.999 ent_coef=1.37976e-7 n_epochs=5 "
     "gae_lambda=0.9 clip_range=0.4 vf_coef=0.19816 max_grad_norm=0.3 batch=32",
     "RL Zoo's, in batches of all 32 steps; not yet measured"},
    {"ppo", "inverted_double_pendulum",
     MILLION ZOO_PPO_SMALL
     "n_steps=128 lr=1.55454e-4 gamma=0.98 ent_coef=1.05057e-6 gae_lambda=0.8 "
     "clip_range=0.4 vf_coef=0.695929 batch=128",
     "RL Zoo's, in batches of all 128 steps; not yet measured"},
    {"a2c", "half_cheetah", MILLION ZOO_A2C, ZOO_NOTE},
    {"a2c", "hopper", MILLION ZOO_A2C, ZOO_NOTE},
    {"a2c", "walker2d", MILLION ZOO_A2C, ZOO_NOTE},
    {"a2c", "ant", MILLION ZOO_A2C, ZOO_NOTE},
    {"a2c", "humanoid", "steps=2000000 " ZOO_A2C, ZOO_NOTE},
    {"a2c", "swimmer", MILLION ZOO_A2C " gamma=0.9999", ZOO_NOTE},
    {"trpo", "half_cheetah", MILLION ZOO_TRPO " target_kl=0.04", ZOO_NOTE},
    {"trpo", "hopper", MILLION ZOO_TRPO, ZOO_NOTE},
    {"trpo", "walker2d", MILLION ZOO_TRPO, ZOO_NOTE},
    {"trpo", "ant", MILLION ZOO_TRPO, ZOO_NOTE},
    {"trpo", "humanoid", "steps=2000000 " ZOO_TRPO, ZOO_NOTE},
    {"trpo", "swimmer", MILLION ZOO_TRPO " gamma=0.9999", ZOO_NOTE},
    {"reinforce", "cartpole", "steps=300000 episodes=4 lr=lin_5e-3",
     "5 seeds: 499.7 +- 0.5 in 300,000 steps"},
    {"reinforce", "acrobot", "steps=300000 episodes=4 norm_obs=1",
     "5 seeds: -81 to -120, and one at -500, in 300,000 steps"},
    {"trpo", "cartpole",
     "steps=100000 envs=2 n_steps=512 batch=64 cg_damping=0.01 gae_lambda=0.98 n_critic_updates=20",
     "near RL Zoo's; 5 seeds: 500 +- 0 in 100,000 steps"},
    {"trpo", "acrobot", "steps=100000 envs=2 n_steps=1024 norm_obs=1 norm_reward=1",
     "RL Zoo's; 5 seeds: -82.4 +- 1.9 in 100,000 steps"},
    {"trpo", "pendulum", "steps=100000 envs=2 n_steps=1024 gamma=0.9 n_critic_updates=15",
     "RL Zoo's without gSDE; 5 seeds: -164.5 +- 2.7 in 100,000 steps"},
    {"trpo", "mountain_car",
     "steps=100000 envs=2 n_steps=1024 n_critic_updates=20 norm_obs=1 norm_reward=1",
     "RL Zoo's; 5 seeds: -110.9 +- 4.2 in 100,000 steps"},
    {"trpo", "mountain_car_continuous",
     "steps=100000 envs=16 n_steps=256 gamma=0.999 norm_obs=1 norm_reward=1",
     "as ppo; 5 seeds: 93.6 +- 0.3 in 100,000 steps"},
    {"npg", "cartpole",
     "steps=100000 envs=2 n_steps=512 batch=64 cg_damping=0.01 gae_lambda=0.98 n_critic_updates=20",
     "as trpo; 5 seeds: 500 +- 0 in 100,000 steps"},
    {"npg", "acrobot", "steps=100000 envs=2 n_steps=1024 norm_obs=1 norm_reward=1",
     "as trpo; 5 seeds: -82.4 +- 1.9 in 100,000 steps"},
    {"npg", "pendulum", "steps=100000 envs=2 n_steps=1024 gamma=0.9 n_critic_updates=15",
     "as trpo; 5 seeds: -167 +- 7 in 100,000 steps"},
    {"pmd", "cartpole", "steps=100000 envs=8 n_steps=128 batch=256 lr=1e-3",
     "5 seeds: 500 +- 0 in 100,000 steps"},
    {"pmd", "acrobot", "steps=200000 envs=16 n_steps=256 norm_obs=1 norm_reward=1",
     "5 seeds: -81.4 +- 2.4 in 200,000 steps"},
    {"qlearning", "corridor", "steps=5000", "5 seeds: 1 +- 0"},
    {"qlearning", "frozen_lake", "steps=100000 lr=0.5 lr_decay=0.4 epsilon_end=0.1",
     "5 seeds: 0.733 +- 0.002; 1 +- 0 without slipping"},
    {"soft_qlearning", "corridor", "steps=5000 tau=0.001", "5 seeds: 1 +- 0"},
    {"soft_qlearning", "frozen_lake", "steps=100000 lr=0.5 lr_decay=0.4 epsilon_end=0.1 tau=0.003",
     "5 seeds: 0.733 +- 0.002; 1 +- 0 without slipping"},
    {"expected_sarsa", "corridor", "steps=5000", "5 seeds: 1 +- 0"},
    {"expected_sarsa", "frozen_lake",
     "steps=100000 lr=0.5 lr_decay=0.4 epsilon_end=0 exploration_fraction=1",
     "5 seeds: 0.727 +- 0.002; 1 +- 0 without slipping"},
    {"mdqn", "corridor", "steps=5000", "5 seeds: 1 +- 0"},
    {"mdqn", "frozen_lake",
     "steps=100000 lr=0.5 lr_decay=0.3 epsilon_end=0.1 lambda=0.027 tau=0.003",
     "5 seeds: 0.734 +- 0.002; 1 +- 0 without slipping"},
    {"dqn", "cartpole", POLE,
     "Stable-Baselines3 zoo, but for lr; 5 seeds: 465 +- 79 in 50,000 steps"},
    {"dqn", "acrobot", SWINGS "steps=100000 hold=4", "3 seeds: -85, -93, -141 in 100,000 steps"},
    {"dqn", "mountain_car", SWINGS "steps=100000 hold=16",
     "5 seeds: -102.4 +- 2.5 in 100,000 steps"},
    {"dqn", "asterix", PICTURES, "Kitamura et al. 2023; 5 seeds: 15.7 +- 3.1 in 1,000,000 steps"},
    {"dqn", "breakout", PICTURES, "Kitamura et al. 2023; 5 seeds: 14.7 +- 3.0 in 1,000,000 steps"},
    {"dqn", "freeway", PICTURES, PICTURES_NOTE},
    {"dqn", "seaquest", PICTURES, PICTURES_NOTE},
    {"dqn", "space_invaders", PICTURES, PICTURES_NOTE},
    {"mdqn", "cartpole",
     "steps=100000 hidden=128,128 scale_obs=1 loss=squared lr=1e-3 adam_epsilon=3.125e-4 batch=128 "
     "buffer=50000 learning_starts=500 epsilon=0.01 epsilon_end=0.01 target_update_interval=100 "
     "lambda=0.09 tau=0.01 l0=0",
     "Vieillard et al. 2020 in smaller networks; 10 seeds: 500 +- 0 in 100,000 steps"},
    {"mdqn", "acrobot", SWINGS "steps=100000 hold=4", "3 seeds: -85, -91, -199 in 100,000 steps"},
    {"mdqn", "mountain_car", SWINGS "steps=100000 hold=16",
     "5 seeds: -103.8 +- 3.7 in 100,000 steps"},
    {"mdqn", "asterix", PICTURES, "Kitamura et al. 2023; 5 seeds: 26.5 +- 5.0 in 1,000,000 steps"},
    {"mdqn", "breakout", PICTURES, "Kitamura et al. 2023; 5 seeds: 19.0 +- 3.1 in 1,000,000 steps"},
    {"mdqn", "freeway", PICTURES, PICTURES_NOTE},
    {"mdqn", "seaquest", PICTURES, PICTURES_NOTE},
    {"mdqn", "space_invaders", PICTURES, PICTURES_NOTE},
    {0},
};
