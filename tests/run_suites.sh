#!/usr/bin/env bash
# run_suites.sh BUILD SUITE... - runs suites of check_gibbs side by side, one a core, and ends with
# Check's line for all of them together.
set -euo pipefail
build=$1
shift
logs=$build/tests/logs
rm -rf "$logs"
mkdir -p "$logs"

# A suite prints its lines when it is done, so that those of two do not mix. A runner that fails
# without naming a test (a crash, a leak), or that runs none, counts as an error.
one='"$0/tests/check_gibbs" "$2" >"$1/$2" 2>&1 || failed=yes
     grep -q "^[0-9]*%: Checks: [1-9]" "$1/$2" && [ -z "${failed-}" ] ||
         grep -q "^[0-9]*%: .*: [1-9][0-9]*$\|Failures: [1-9]" "$1/$2" ||
         echo "0%: Checks: 1, Failures: 0, Errors: 1" >>"$1/$2"
     cat "$1/$2"'
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh -c "$one" "$build" "$logs"

# What failed once more, so that it stands beside the closing line however long the log is.
for log in "$logs"/*; do
    grep -q "^100%: Checks" "$log" || { echo "failed: ${log##*/}"; tail -n 30 "$log"; } >&2
done

awk -F '[ ,]+' '/^[0-9]+%: Checks: / { checks += $3; failures += $5; errors += $7 }
    END {
        if (!checks) exit 1
        good = checks - failures - errors
        printf "%d%%: Checks: %d, Failures: %d, Errors: %d\n", int(100 * good / checks), checks,
            failures, errors
        exit failures + errors > 0
    }' "$logs"/*
