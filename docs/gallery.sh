#!/bin/sh
# Makes docs/gallery.md, the pictures in docs/gallery/ and docs/pendulum.gif: `make gallery`. Every
# environment of `gibbs list envs` is in it: trained as the table below says, where that takes no
# more than about a minute; else it acts at random. Trained runs in build/gallery/ are used again.
# Usage: docs/gallery.sh PROGRAM
set -eu
cd "$(dirname "$0")/.."
gibbs=$1
runs=build/gallery
page=docs/gallery.md
mkdir -p docs/gallery "$runs"

trained() { # environment: agent and options
    case $1 in
    pendulum | mountain_car_continuous | inverted_pendulum) echo "sac" ;;
    cartpole) echo "ppo --steps 60000" ;;
    acrobot | mountain_car) echo "ppo" ;;
    corridor | frozen_lake) echo "qlearning" ;;
    cliff_walking | four_rooms | gridworld | maze4 | river_swim | taxi | windy_grid)
        echo "qlearning --steps 300000 --lr 0.1" ;;
    deep_sea) echo "qlearning --steps 300000 --lr 1 --epsilon 1 --epsilon_end 1" ;;
    esac
}

cat >$page <<END
# Gallery

Every built-in environment as \`gibbs record\` shows it: beginning, middle and end of an episode (or of
its first steps), with the step in the corner. \`make gallery\` makes all of it again, with these
commands. \`--theme dark\` shows each on dark paper, FILE.mp4 or FILE.gif in place of FILE.png as a film.
END
for env in $("$gibbs" list envs | awk '{ print $1 }' | grep -vx mdp); do
    how=$(trained "$env")
    shown=$env
    printf '\n## %s\n\n![%s](gallery/%s.png)\n\n```\n' "$env" "$env" "$env" >>$page
    if [ -n "$how" ]; then
        agent=${how%% *}
        shown=$runs/$env
        train="train $agent $env${how#"$agent"} --out $shown"
        [ -e "$shown/checkpoint.safetensors" ] || "$gibbs" $train --quiet
        echo "gibbs $train" >>$page
    fi
    case $env in seaquest) seed=9 ;; breakout) seed=5 ;; asterix) seed=8 ;; *) seed=2 ;; esac
    record="record $shown -o docs/gallery/$env.png --frames 3 --size 720x180 --seed $seed"
    case $env in freeway) record="$record --steps 60" ;; esac
    case $env in river_swim | four_rooms) record="$record --steps 40" ;; esac
    case $env in maze4 | windy_grid) record="$record --steps 20" ;; esac
    echo "gibbs $record" >>$page
    echo '```' >>$page
    "$gibbs" $record >/dev/null
done
"$gibbs" record "$runs/pendulum" -o docs/pendulum.gif --size 480x320 --panel --steps 80 --seed 2
