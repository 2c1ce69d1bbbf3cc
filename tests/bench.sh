#!/usr/bin/env bash
# Measures the figures of docs/performance.md again and prints one table; docs/roofline.png beside
# it. Says nothing about what is fast enough: the third column is what the project aims at, on the
# machine that the document names (of matrix products the peak). About two minutes. Usage: bench.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
gibbs=$1/gibbs
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
row() { printf '%-68s %12s %12s  %s\n' "$@"; }
figure() { sed -n "s/.*\"$1\":\([-0-9.e+]*\).*/\1/p"; } # of one line of JSON
# the best of three: others may be at work on the machine
best() { for _ in 1 2 3; do "$@"; done | sort -g | tail -1; }

update() { "$gibbs" bench update "$@" --seconds 0.5 --json | figure updates_per_s; }
part() { "$gibbs" bench update "$@" --seconds 0.5 --json | figure fraction_of_peak; }
steps() { "$gibbs" bench env "$@" --seconds 0.3 --json | figure steps_per_s; }
act() { "$gibbs" bench act sac "$@" --seconds 0.3 --json | figure us_per_act; }
# training steps a second, with rows and checkpoints as they come by default
train() {
    rm -rf "$folder/run"
    "$gibbs" train "$@" --no-preset --quiet --out "$folder/run" > "$folder/out"
    awk -F'[:,]' '/"step"/ {n = $2} /"wall_seconds"/ {print n / $2}' "$folder/run/run.json"
}
# name, wanted of one thread and of two threads by one, unit, command
pair() {
    local name=$1 wanted=$2 times=$3 unit=$4
    shift 4
    local one two
    one=$(best "$@" --threads 1)
    two=$(best "$@" --threads 2)
    row "$name, 1 thread" "$(printf %.4g "$one")" "$wanted" "$unit"
    row "$name, 2 threads by 1" "$(awk "BEGIN {printf \"%.2f\", $two / $one}")" "$times" times
}

row figure measured wanted unit
for size in "64,64 100 0.72 1.5" "256,256 256 0.85 1.85" "512,512 256 0.85 -"; do
    read -r hidden batch peak times <<< "$size"
    row "sac $hidden, batch $batch" \
        "$(best part sac --hidden "$hidden" --batch "$batch")" "$peak" "of the peak"
    pair "sac $hidden, batch $batch" - "$times" updates/s \
        update sac --hidden "$hidden" --batch "$batch"
done
pair "mdqn on MinAtar's network" 2400 1.6 updates/s \
    update mdqn --obs 10x10x4 --act 6 --channels 16 --hidden 128 --batch 32
for n in "1 3 12" "8 - -" "64 - -" "1024 - -"; do
    read -r envs small large <<< "$n"
    row "sac 64,64 chooses actions of $envs" "$(act --hidden 64,64 --envs "$envs")" "$small" us
    row "sac 256,256 chooses actions of $envs" "$(act --hidden 256,256 --envs "$envs")" "$large" us
done
for env in "cartpole 1.2e+08 1.8" "pendulum 8e+07 1.8" "mountain_car 1.5e+08 1.8" "acrobot 8e+06 1.8" \
    "frozen_lake 1e+08 1.8" "breakout - -" "asterix - -" "freeway 8e+06 -" "seaquest 8e+06 -" \
    "space_invaders 8e+06 -"; do
    read -r name wanted times <<< "$env"
    pair "$name" "$wanted" "$times" steps/s steps "$name"
done
pair "ppo, cartpole, 1024 environments" 600000 1.6 steps/s train ppo cartpole --envs 1024 \
    --n_steps 16 --n_epochs 1 --batch 1024 --steps 1048576
pair "ppo, pendulum, 64 environments" 2.2e+06 - steps/s train ppo pendulum --envs 64 \
    --n_steps 128 --n_epochs 1 --batch 1024 --hidden 32,32 --steps 1048576
for threads in 1 2; do
    row "Bellman sweeps of a million states, threads: $threads" \
        "$("$gibbs" bench solve --threads "$threads" --json | figure sweeps_per_s)" - sweeps/s
done
"$gibbs" bench products --seconds 3 --json --out docs/roofline.png |
    sed 's/{"update":"\([^"]*\)","product":"\([^"]*\)","rows":\([0-9]*\),"in":\([0-9]*\),"out":\([0-9]*\),.*"gflops":\([0-9.]*\),"peak_gflops":\([0-9.]*\).*/\1: \3x\4x\5, \2|\6|\7/' |
    while IFS='|' read -r name gflops peak; do row "$name" "$gflops" "$peak" GFLOP/s; done
