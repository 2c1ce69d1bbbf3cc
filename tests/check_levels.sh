#!/usr/bin/env bash
# check_levels.sh BUILD - installs a build for any x86-64 and runs it with its library for each level
# of the architecture that this machine has: environments give the same numbers with all of them.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
linker=/lib64/ld-linux-x86-64.so.2
if ! "$linker" --help 2>/dev/null >"$prefix/help" || ! grep -q glibc-hwcaps "$prefix/help"; then
    echo "levels: this machine's dynamic linker knows none; not checked"
    exit
fi
make -s install B="$build" ARCH=x86-64 OPT=-O1 PREFIX="$prefix" >/dev/null
fault() { echo "levels: $*" >&2; exit 1; }

levels=$(sed -n 's/^ *\(x86-64-v[34]\) (supported.*/\1/p' "$prefix/help")
uses() { # whether the linker's notes in `debug` say that the library of that level was used
    grep -q "calling init: .*/lib/${1:+glibc-hwcaps/$1/}libgibbs.so" debug ||
        fault "the library for ${1:-any} is not what gibbs uses"
}
cd "$prefix"
LD_DEBUG=libs bin/gibbs list 2>debug >/dev/null # as any user runs it: the highest that there is
uses "$(echo "$levels" | sort | tail -n 1)"

for level in any $levels; do
    run() { LD_DEBUG=libs "$linker" --glibc-hwcaps-mask "$level" bin/gibbs "$@" 2>debug; }
    for env in cartpole pendulum acrobot frozen_lake breakout $(bin/gibbs list envs | grep -o '^hopper' || true); do
        run rollout "$env" --steps 300 --seed 5 >"$env.$level"
        uses "${level#any}"
        cmp "$env.any" "$env.$level" || fault "$env gives other numbers at $level"
    done
    run train sac pendulum --no-preset --steps 300 --hidden 16 --batch 16 --quiet --out "run.$level" >/dev/null
done
echo "levels: any" $levels "from one installation, the same environments"
