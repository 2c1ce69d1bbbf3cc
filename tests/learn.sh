#!/usr/bin/env bash
# Learning of sac with its presets: 5 seeds each, 100 fresh episodes with the deterministic policy.
# Two runs at a time, one thread each. Writes docs/results/sac.csv (a row a seed) and
# docs/results/curves/ENV-sSEED.csv (evaluations while training); prints the table of docs/results.md.
# Usage: learn.sh PROGRAM [ENV ...]
set -euo pipefail
gibbs=$(realpath "$1")
shift
cd "$(dirname "$0")/.."
envs=${*:-pendulum cartpole mountain_car_continuous acrobot mountain_car corridor frozen_lake}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p docs/results/curves

one() { # ENV SEED
    "$gibbs" train sac "$1" --seed "$2" --eval_every 1000 --quiet --save_every 0 --out "$work/$1-s$2"
    cut -d, -f1,2,3,5 "$work/$1-s$2/metrics.csv" >"docs/results/curves/$1-s$2.csv"
    "$gibbs" eval "$work/$1-s$2" --json >"$work/$1-s$2.json"
    seconds=$(sed -n 's/.*"wall_seconds":\s*\([0-9.]*\).*/\1/p' "$work/$1-s$2/run.json")
    sed 's/.*"return_mean":\([^,]*\),"return_std":\([^,]*\).*"length_mean":\([^,]*\),.*/\1,\2,\3/' \
        "$work/$1-s$2.json" | sed "s/^/$1,$2,/; s/\$/,$seconds/" >"$work/$1-s$2.row"
}
export -f one
export gibbs work
for env in $envs; do for seed in 1 2 3 4 5; do echo "$env $seed"; done; done |
    xargs -P 2 -L 1 bash -c 'one "$0" "$1"'

csv=docs/results/sac.csv
[ -e $csv ] || echo "env,seed,return_mean,return_std,length_mean,wall_seconds" >$csv
for env in $envs; do
    sed -i "/^$env,/d" $csv
    cat "$work/$env"-s?.row >>$csv
done
echo "| environment | mean of 5 seeds | spread over seeds (std) | worst seed | best seed |"
echo "|---|---|---|---|---|"
for env in $envs; do
    grep "^$env," $csv | awk -F, -v env="$env" '
        {x[NR] = $3; sum += $3; if (NR == 1 || $3 < low) low = $3; if (NR == 1 || $3 > high) high = $3}
        END {mean = sum / NR; for (i in x) v += (x[i] - mean)^2
             printf "| %s | %.4g | %.2g | %.4g | %.4g |\n", env, mean, sqrt(v / (NR - 1)), low, high}'
done
