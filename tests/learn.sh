#!/usr/bin/env bash
# Learning with the presets: 5 seeds a task, 100 fresh episodes with the deterministic policy each.
# Two runs at a time, one thread each. Writes docs/results/SET.csv (a row a run) and
# docs/results/curves/TASK-sSEED.csv (figures while training); prints a table for docs/results.md.
# Usage: learn.sh PROGRAM SET [TASK ...]
set -euo pipefail
gibbs=$(realpath "$1")
set=$2
shift 2
cd "$(dirname "$0")/.."

# task: agent, environment, options beside the preset's
tasks() {
    case $set in
    sac)
        for env in pendulum cartpole mountain_car_continuous acrobot mountain_car corridor frozen_lake; do
            echo "$env-sac sac $env --eval_every 1000"
        done
        ;;
    policy_gradients)
        while read -r env every agents; do
            for agent in $agents; do echo "$env-$agent $agent $env --eval_every $every"; done
        done <<<"cartpole 5000 ppo a2c trpo npg pmd reinforce
            acrobot 20000 ppo a2c trpo npg pmd reinforce
            pendulum 10000 ppo trpo npg
            mountain_car 20000 trpo
            mountain_car_continuous 20000 ppo a2c trpo
            pendulum 100000 a2c
            mountain_car 100000 ppo a2c"
        ;;
    deep_q)
        for agent in dqn mdqn; do
            for env in cartpole acrobot mountain_car; do
                echo "$env-$agent $agent $env --eval_every 5000"
            done
        done
        ;;
    minatar)
        for env in ${GAMES:-breakout asterix}; do
            for agent in dqn mdqn; do
                echo "$env-$agent $agent $env --steps ${STEPS:-1000000} --log_every 20000"
                echo "$env-$agent-dvw $agent $env --dvw 1 --steps ${STEPS:-1000000} --log_every 20000"
            done
        done
        ;;
    averaging_deep) # what averaging over iterations, which the KL divergence does, is worth under noise
        for noise in 0 10 30; do
            for kl in "kl 0.09 0.01" "nokl 0 0.1"; do
                set -- $kl
                options="--lambda $2 --tau $3 --l0 0 --target_noise $noise --steps 100000"
                options+=" --target_update_interval 100 --eval_every 10000 --log_every 10000"
                echo "cartpole-mdqn_noise${noise}_$1 mdqn cartpole $options --no-preset --hidden 128,128" \
                    "--scale_obs 1 --loss squared --lr 1e-3 --adam_epsilon 3.125e-4 --batch 128" \
                    "--buffer 50000 --learning_starts 500 --epsilon 0.01 --epsilon_end 0.01"
                echo "acrobot-mdqn_noise${noise}_$1 mdqn acrobot $options --lr_end 1"
            done
        done
        ;;
    mujoco)
        for env in ${GAMES:-half_cheetah hopper walker2d inverted_pendulum inverted_double_pendulum reacher}; do
            steps=${STEPS:-}
            case $env in half_cheetah | hopper | walker2d) steps=${STEPS:-300000} ;; esac
            echo "$env-sac sac $env ${steps:+--steps $steps} --log_every 5000 --eval_every 20000"
        done
        ;;
    *)
        echo "learn.sh: $set: no such set; take sac, policy_gradients, deep_q, minatar, mujoco or averaging_deep" >&2
        return 1
        ;;
    esac
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tasks >"$work/all"
if [ $# -gt 0 ]; then
    grep -E "^($(IFS='|' && echo "$*")) " "$work/all" >"$work/some" || {
        echo "learn.sh: $*: no such task of $set" >&2
        exit 1
    }
    mv "$work/some" "$work/all"
fi
mkdir -p docs/results/curves
csv=docs/results/$set.csv
[ -e "$csv" ] || echo "task,seed,return_mean,return_std,length_mean,wall_seconds" >"$csv"

# Rows of metrics.csv: step, episodes, return of training, return of evaluation.
one() { # SEED TASK AGENT ENV OPTION...
    seed=$1 task=$2 run=$work/$2-s$1
    "$gibbs" train "$3" "$4" --seed "$seed" --quiet --save_every 0 --out "$run" "${@:5}"
    cut -d, -f1,2,3,5 "$run/metrics.csv" >"docs/results/curves/$task-s$seed.csv"
    "$gibbs" eval "$run" --json >"$run.json"
    seconds=$(sed -n 's/.*"wall_seconds":\s*\([0-9.]*\).*/\1/p' "$run/run.json")
    row=$(sed 's/.*"return_mean":\([^,]*\),"return_std":\([^,]*\).*"length_mean":\([^,]*\),.*/\1,\2,\3/' \
        "$run.json")
    flock "$work/lock" sed -i -e "/^$task,$seed,/d" -e "\$a $task,$seed,$row,$seconds" "$csv"
    rm -rf "$run"
}
export -f one
export gibbs work csv

for seed in ${SEEDS:-1 2 3 4 5}; do sed "s/^/$seed /" "$work/all"; done |
    xargs -P 2 -L 1 bash -euo pipefail -c 'one "$@"' one

echo "| task | seeds | mean | spread over seeds (std) | worst seed | best seed |"
echo "|---|---|---|---|---|---|"
while read -r task _; do
    grep "^$task," "$csv" | awk -F, -v task="$task" '
        {x[NR] = $3; sum += $3; if (NR == 1 || $3 < low) low = $3; if (NR == 1 || $3 > high) high = $3}
        END {mean = sum / NR; for (i in x) v += (x[i] - mean)^2
             printf "| %s | %d | %.4g | %.2g | %.4g | %.4g |\n", task, NR, mean,
                 (NR > 1 ? sqrt(v / (NR - 1)) : 0), low, high}'
done <"$work/all"
