#!/bin/sh
# Installs those of the named Debian packages that are missing. Says nothing when all are there.
# Where there is no apt-get, it tests for what each package brings, and lists what is not there.
missing=
for package in "$@"; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' ||
        missing="$missing $package"
done
[ -z "$missing" ] && exit 0

has() { command -v "$1" >/dev/null 2>&1; }
module() { has pkg-config && pkg-config --exists "$1"; }
header() { printf '#include <%s>\n' "$1" | ${CC:-cc} -E - >/dev/null 2>&1; }
brought() { # whether what a package is for is there, under whatever name
    case $1 in
    gcc) has gcc || has cc ;;
    pkg-config | clang | valgrind | xdotool) has "$1" ;;
    xvfb) has Xvfb ;;
    libc6-dev) header stdio.h ;;
    libgsl-dev) module gsl ;;
    libcjson-dev) module libcjson ;;
    libinih-dev) module inih ;;
    libprotobuf-c-dev) module libprotobuf-c ;;
    protobuf-c-compiler) has protoc-c ;;
    libglpk-dev) header glpk.h ;;
    libsdl2-dev) module sdl2 ;;
    libpng-dev) module libpng ;;
    libcairo2-dev) module cairo ;;
    libmujoco-dev) header mujoco/mujoco.h ;;
    libegl-dev) module egl ;;
    libgl1-mesa-dri) ls /usr/lib*/dri/*.so /usr/lib/*/dri/*.so >/dev/null 2>&1 ;;
    libavcodec-dev | libavformat-dev | libavutil-dev | libswscale-dev) module "${1%-dev}" ;;
    check) module check ;;
    *) false ;;
    esac
}
if ! has apt-get; then
    lacking=
    for package in $missing; do
        brought "$package" || lacking="$lacking $package"
    done
    [ -z "$lacking" ] && exit 0
    echo "gibbs: please install the development files of:$lacking (these are Debian's names)" >&2
    exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
    has sudo || {
        echo "gibbs: missing packages; as root, type: apt-get install$missing" >&2
        exit 1
    }
    sudo=sudo
fi
echo "gibbs: installing$missing"
export DEBIAN_FRONTEND=noninteractive
install() { $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1; }
install || { $sudo apt-get update -qq && install; } || {
    echo "gibbs: apt-get could not install$missing; try it by hand to see why" >&2
    exit 1
}
