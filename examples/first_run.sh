#!/bin/sh
# What `make run` does: trains soft actor-critic on the pendulum, evaluates it on fresh episodes, and
# says where everything is. Usage: first_run.sh PROGRAM
set -e
gibbs=${1:-gibbs}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ -t 1 ]; then # keep the progress line, and find the folder afterwards
    "$gibbs" train sac pendulum
    folder=$(ls -td runs/pendulum-sac-s1* | head -n 1)
else
    "$gibbs" train sac pendulum | tee "$log"
    folder=$(sed -n 's/^run folder: //p' "$log")
fi
"$gibbs" eval "$folder"
cat <<END

To see it:            $gibbs watch $folder
To train another:     $gibbs train sac cartpole
To see what there is: $gibbs list;  $gibbs help sac pendulum
Learning curves:      $folder/metrics.csv, or tensorboard --logdir runs
END
