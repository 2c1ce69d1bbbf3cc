#!/usr/bin/env bash
# Installs into an empty folder and uses what is there as an outsider would: the program, an
# example through pkg-config, the shared library, a plugin against the installed header, the page.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
make -s install B="$build" PREFIX="$prefix" >/dev/null
cd "$prefix"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib
bin/gibbs list >/dev/null
cc -o step "$OLDPWD/examples/01_step.c" $(pkg-config --cflags --libs gibbs)
./step | diff - "$OLDPWD/examples/01_step.txt"
# the library's types seen from outside are its own
cat >type.c <<'END'
#include <mdp_env.h>
int main(void) {
    gb_env env;
    gb_err err;
    return gb_env_init(&env, &gb_env_mdp, &err) || gb_env_open(&env, &err) || !gb_mdp_env_mdp(&env);
}
END
cc -o type type.c $(pkg-config --cflags --libs gibbs)
./type || { echo "install: a type's address is another in the library" >&2; exit 1; }
cc -O2 -shared -fPIC -DGB_PLUGIN -Iinclude/gibbs "$OLDPWD/examples/plugin/point_mass.c" -o my_env.so -lm
bin/gibbs train sac ./my_env.so --steps 200 --quiet
GIBBS_PLUGIN_PATH=$prefix bin/gibbs rollout my_env --steps 2 >/dev/null
# each command's options stand on the page, and no others
page_words() { # of one command, from its name in the synopsis to the next
    awk -v verb="$1" '{ gsub(/\\f[BIR]/, ""); gsub(/\\-/, "-") }
        /^\.SH DESCRIPTION/ { exit }
        /^\.B gibbs / { on = $3 == verb; found += on } /^\.br/ { on = 0 } on
        END { exit !found }' share/man/man1/gibbs.1
}
option_words() { grep -oE -- '--[a-zA-Z.-]+' | sort -u || true; }
for verb in $(bin/gibbs help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
    page_words "$verb" >words || { echo "install: the page lacks gibbs $verb" >&2; exit 1; }
    bin/gibbs help "$verb" | sed -n 's/^usage: //p' | option_words >used
    option_words <words | diff used - >differ ||
        { echo "install: gibbs $verb: options of its usage (<) and of the page (>) differ" >&2; cat differ >&2; exit 1; }
done
echo "install: program, libraries, headers, pkg-config and manual page work"
