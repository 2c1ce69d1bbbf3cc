#!/usr/bin/env bash
# What a machine can check about the house: who includes whom, headers that compile alone, exported
# names, nothing that prints or exits below cli/, one folder that names SDL, Cairo and
# FFmpeg, ASCII sources.
# Usage: check_structure.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
bad=0
fault() { echo "structure: $*" >&2; bad=1; }
includes() { sed -n 's/^#include "\([^"]*\)".*/\1/p' "$1"; }

# who may include whom
while IFS=: read -r folder allowed; do
    case $folder in ''|\#*) continue ;; esac
    while read -r file; do
        for header in $(includes "$file"); do
            name=$(basename "$header")
            [ -e "$(dirname "$file")/$header" ] && continue # of its own folder
            [[ " $allowed " == *" * "* || " $allowed " == *" $name "* ]] ||
                { [ "$folder" = core ] && [ "$name" = event.pb-c.h ]; } ||
                fault "$file: may not include $header"
        done
    done < <(find "$folder" -name '*.[ch]')
done < tests/layers.txt

# inside core: a header includes only headers that stand above it, a source its own as well. A source
# belongs to the header whose name it begins with, or to the one named here.
position() { grep -nx "$1" tests/core_order.txt | cut -d: -f1; }
module() { # source name without .c
    case $1 in conform*|probe) echo probe.h; return ;; folder) echo run.h; return ;;
        ini|near) echo opt.h; return ;; la) echo la_kernel.h; return ;;
        la_kernel) echo la_tile.h; return ;; esac
    local name=$1
    until [ -e "core/$name.h" ]; do
        case $name in *_*) name=${name%_*} ;; *) return ;; esac
    done
    echo "$name.h"
}
for file in core/*.c; do
    own=$(module "$(basename "$file" .c)")
    [ -n "$own" ] || { fault "$file: which header is it of? see module() here"; continue; }
    at=$(position "$own")
    for name in $(includes "$file"); do
        case $name in *event.pb-c.h) continue ;; esac
        [ "$(position "$name")" -le "$at" ] || fault "$file: $name stands below $own"
    done
done
for header in core/*.h; do
    own=$(basename "$header")
    at=$(position "$own") || { fault "$header is not in tests/core_order.txt"; continue; }
    for name in $(includes "$header"); do
        [ "$name" = event.pb-c.h ] && continue
        [ "$(position "$name")" -lt "$at" ] || fault "$header: $name stands below it"
    done
done

# each header compiles alone, as C; what plugin authors include, where there is g++, as C++ too
for header in core/*.h agents/*.h agents/*/*.h render/*.h envs/*/*.h; do
    gcc -std=c11 -D_XOPEN_SOURCE=700 -Icore -Irender -Wall -Wextra -Wno-missing-field-initializers \
        -Werror -fsyntax-only -x c "$header" ||
        fault "$header does not compile alone"
done
! command -v g++ >/dev/null || g++ -Wall -Wextra -Werror -fsyntax-only -x c++ core/gibbs_plugin.h ||
    fault "core/gibbs_plugin.h does not compile as C++"

# one folder names SDL, Cairo and FFmpeg, one MuJoCo and EGL; a file in each loads libraries late
only() { # pattern, where it may stand
    found=$(grep -rlE "$1" --include='*.[ch]' core agents envs render cli | grep -vE "$2" || true)
    [ -z "$found" ] || fault "$1 in" $found
}
only 'SDL_|include <SDL|cairo_|include <cairo|\bAV_|\bav_|include <lib(av|sw)' '^render/'
only '<mujoco|\bmju?_|<EGL/|\begl[A-Z]' '^envs/mujoco/'
only 'dlopen\(' '^(core/plugin|render/loader|envs/mujoco/gl)\.c$'
only '\b(s?rand|random|srandom|drand48)\(' \
    '^core/(probe|conform[a-z_]*)\.[ch]$|^core/gibbs_plugin\.h$' # the last names them in a comment

# nothing below cli/ prints or ends the process, but for a failed assertion
while read -r line; do
    case $line in core/base.c:*) continue ;; esac
    [[ $line =~ ^[^:]*:[0-9]*:\ *(/\*|\*) ]] && continue # a comment
    fault "prints or exits: $line"
done < <(grep -nE '\b(printf|puts|putchar|perror|exit|abort|_exit)\(|\bstdout\b|\bstderr\b' \
    core/*.c agents/*.c envs/*/*.c render/*.c 2>/dev/null || true)

# the library exports our names only, a plugin exports one
foreign=$(nm -g --defined-only "$build/libgibbs.a" 2>/dev/null | awk 'NF == 3 && $2 != "V" {print $3}' |
    grep -vE '^(gb_|_?_?(asan|ubsan|odr_asan))' || true)
[ -z "$foreign" ] || fault "exported by libgibbs.a:" $foreign
for plugin in "$build"/plugins/*.so; do
    names=$(nm -D --defined-only "$plugin" | awk '{print $3}' | grep -vE '^_|asan|ubsan' | sort -u)
    [ "$names" = gb_plugin_env ] || fault "$plugin exports" $names
done

# ASCII
odd=$(grep -rnP '[^\x00-\x7F]' --include='*.[ch]' --include='*.sh' --include='*.mk' Makefile core \
    agents envs render cli tests examples || true)
[ -z "$odd" ] || fault "not ASCII: $odd"

[ $bad = 0 ] && echo "structure: layers, headers, symbols in order"
exit $bad
