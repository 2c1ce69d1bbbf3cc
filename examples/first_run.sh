#!/bin/sh
# What `make run` does: trains soft actor-critic on the pendulum, evaluates it on fresh episodes, and
# says where everything is. Usage: first_run.sh PROGRAM
set -e
gibbs=${1:-gibbs}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -t 1 ]; then # keep the progress line, and find the folder afterwards
    "$gibbs" train sac pendulum
    folder=$(ls -td runs/pendulum-sac-s1* | head -n 1)
else # a named pipe, for the status of a plain one would be tee's
    mkfifo "$work/lines"
    tee "$work/log" <"$work/lines" &
    "$gibbs" train sac pendulum >"$work/lines"
    wait
    folder=$(sed -n 's/^run folder: //p' "$work/log")
fi
"$gibbs" eval "$folder"
cat <<END

To see it:            $gibbs watch $folder
To train another:     $gibbs train sac cartpole
To see what there is: $gibbs list;  $gibbs help sac pendulum
Learning curves:      $folder/metrics.csv, or tensorboard --logdir runs
END
