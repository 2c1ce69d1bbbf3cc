#!/usr/bin/env bash
# Runs each example and compares what it prints with the text beside it; then the plugin example as
# its head comment says.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for text in examples/*.txt; do
    name=$(basename "$text" .txt)
    "$build/examples/$name" "$folder/$name" | diff -u "$text" - || {
        echo "examples: $name prints something else" >&2
        exit 1
    }
done
for ini in examples/configs/*.ini; do
    "$build/gibbs" train --config "$ini" --steps 300 --quiet --out "$folder/$(basename "$ini")"
done
for plugin in point_mass crane; do
    "$build/gibbs" check "$build/plugins/$plugin.so" >"$folder/check" || { cat "$folder/check"; exit 1; }
done
"$build/gibbs" train sac "$build/plugins/point_mass.so" --steps 300 --quiet --out "$folder/plugin"
"$build/gibbs" eval "$folder/plugin" --episodes 3 >/dev/null
echo "examples: print what they should"
