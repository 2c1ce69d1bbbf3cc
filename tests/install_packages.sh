#!/bin/sh
# Installs those of the named Debian packages that are missing. Says nothing when all are there.
missing=
for package in "$@"; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' ||
        missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    # Not a Debian: trust what is installed under other names, and say once what is needed.
    command -v pkg-config >/dev/null 2>&1 && pkg-config --exists gsl libcjson inih libprotobuf-c && exit 0
    echo "gibbs: please install the development files of:$missing (these are Debian's names)" >&2
    exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
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
